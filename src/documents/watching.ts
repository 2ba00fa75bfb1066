/**
 * Live queries.
 *
 * Owns: when a query is run again, and whether its result is another.
 *
 * Invariants:
 *   watching/latest: after the last commit to the collection its result is given, sooner or later. Commits meanwhile are one
 *       run. So a consumer that is slow skips results, and never the last one.
 *   watching/bounded: between two results it holds one result, as text, and one flag.
 *
 * Suspension: waits for commits.
 */
import { AbortedError } from '../index.ts';
import { encodeDocument } from './document-encoding.ts';

/** What a watch listens to. Each function returned ends the listening. */
export interface Watched<T> {
  readonly run: () => Promise<readonly T[]>;
  readonly onCommit: (listener: () => void) => () => void;
  readonly onClose: (listener: () => void) => () => void;
}

/** The result, and each one after it that differs. Ends by `return`; rejects when the signal aborts, and as `run` does. */
export async function* watching<T>(
  { run, onCommit, onClose }: Watched<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly T[], undefined> {
  let isDirty = true;
  let wake: () => void = () => undefined;
  const notice = (): void => {
    isDirty = true;
    wake();
  };
  const ends = [onCommit(notice), onClose(notice)];
  signal?.addEventListener('abort', notice);
  let last: string | undefined;
  try {
    for (;;) {
      if (signal?.aborted === true) {
        throw new AbortedError('Watch was aborted', { cause: signal.reason });
      }
      if (!isDirty) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      isDirty = false;
      const documents = await run();
      const text = textOf(documents);
      if (text === last) continue;
      last = text;
      yield documents;
    }
  } finally {
    signal?.removeEventListener('abort', notice);
    for (const end of ends) end();
  }
}

function textOf(documents: readonly unknown[]): string {
  return Buffer.from(encodeDocument(documents, 0)).toString('latin1');
}
