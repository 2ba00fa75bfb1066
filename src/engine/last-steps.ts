/**
 * The last steps of a close, once everything is synced.
 *
 * Owns: the record of how far the logs reach, and cutting logs that hold nothing. Both are best effort: without them the
 * next open knows less, or reads more.
 *
 * What a power cut leaves: the logs whole, with the record or without it; a log with its zeros or without them.
 *
 * Suspension: `recordEnd` suspends for the manifest; `trimLogs` is synchronous.
 */
import type { SequenceNumber } from '../base/ids.ts';
import type { VersionSet } from '../version/version-set.ts';

/** Records the end of the logs: one that is cut later, even between two frames, is then told from one that never held more. */
export async function recordEnd(versions: VersionSet, published: SequenceNumber): Promise<void> {
  if (!versions.isWriting) return;
  const { flushedSequence, closedSequence } = versions.current;
  if (published <= flushedSequence || published === closedSequence) return;
  await versions.apply({ closedSequence: published }).catch(() => undefined);
}

/** Logs without a frame, which the next open drops, need not keep their zeros, nor be read for them. */
export function trimLogs(logs: readonly ({ trim(): void } | undefined)[]): void {
  try {
    for (const log of logs) log?.trim();
  } catch {
    // They do no harm.
  }
}
