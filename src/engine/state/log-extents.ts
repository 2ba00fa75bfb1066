/**
 * How much of each log counts at this moment.
 *
 * Owns: the list of logs that hold what is not in the tables of a read state, each with the offset up to which whole
 * frames were written.
 *
 * Invariants:
 *   log-extents/prefix: taken in one step with the version, the frames below these offsets are a prefix of the commit
 *       order that begins where the tables end. The prefix holds every published commit: a commit is published after
 *       its frame was appended, and a log gets its first frame after the one before it got its last.
 *   log-extents/bytes-stay: the bytes below these offsets never change (log-writer/written-once).
 *
 * The prefix may hold one group that is written and not yet published; it is whole, and comes after all that is.
 *
 * Suspension: synchronous. Logs may be flushed and removed after the next await.
 */
import type { FileNumber } from '../../base/ids.ts';
import type { LogWriter } from '../../log/log-writer.ts';
import type { ReadState } from './read-state.ts';

export interface LogExtent {
  readonly number: FileNumber;
  /** Undefined for a log of an earlier process: it was cut to its frames, and is read to its end. */
  readonly sizeBytes: number | undefined;
}

/** Ascending by number, which is the order of recovery. */
export function logExtentsOf(state: ReadState): LogExtent[] {
  const writers = new Map<number, LogWriter>();
  const numbers = new Set<FileNumber>();
  for (const slot of state.slots) {
    if (slot.writer !== undefined) writers.set(slot.writer.number, slot.writer);
    for (const number of slot.logNumbers) numbers.add(number);
  }
  return [...numbers]
    .sort((a, b) => a - b)
    .map((number) => ({ number, sizeBytes: writers.get(number)?.position }));
}
