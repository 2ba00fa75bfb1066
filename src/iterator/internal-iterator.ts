/**
 * The contract that every iterator below the public surface obeys.
 *
 * Owns: cursor stepping over entries, one user key at a time, as one read sequence sees them.
 *
 * A cursor is positioned by one of the seeks and then stepped in that seek's direction only: `seekFirst` and
 * `seekAtLeast` go forward with `next`, `seekLast` and `seekBelow` go backward with `prev`. Seeking again starts over.
 *
 * Which entries: with a read sequence, for each user key only its newest entry at or below that sequence, tombstones
 * included (`type` tells). With ALL_VERSIONS, every entry, by key and then from new to old; such a cursor only goes
 * forward. Range tombstones are no entries; they are read beside (range-tombstones.ts).
 *
 * Invariants:
 *   iterator/entry-stays: after READY the fields describe the current entry. The bytes that they point into stay as
 *       they are until the next seek, step or resume of the same cursor. After EXHAUSTED or NEEDS_BLOCK the fields mean
 *       nothing.
 *   iterator/load-then-resume: NEEDS_BLOCK changes nothing that can be seen. Call `load` (or `loadSync`) once, then
 *       `resume`, which finishes the interrupted seek or step and may say NEEDS_BLOCK again.
 *   iterator/memory-needs-no-load: a cursor over memory never says NEEDS_BLOCK.
 *
 * Suspension: only `load` suspends.
 */
import { EMPTY_BYTES } from '../bytes/bytes.ts';
import type { SequenceNumber } from '../base/ids.ts';
import { NEVER } from '../bytes/expiry.ts';
import { DELETION, type PointType } from '../base/value-type.ts';

export const EXHAUSTED = 0;
export const READY = 1;
export const NEEDS_BLOCK = 2;
export type StepResult = typeof EXHAUSTED | typeof READY | typeof NEEDS_BLOCK;

/** Passed as a read sequence: show every version. */
export const ALL_VERSIONS = -1;

export interface InternalIterator {
  /** The user key is `key[keyStart, keyEnd)`. */
  readonly key: Uint8Array;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly sequence: SequenceNumber;
  readonly type: PointType;
  /** The second bytes are `value[valueStart, valueEnd)`: the value, behind its time in an entry that expires. */
  readonly value: Uint8Array;
  readonly valueStart: number;
  readonly valueEnd: number;

  /** The smallest user key. */
  seekFirst(): StepResult;
  /** The smallest user key at or above `key`. Keeps no reference to `key` after READY or EXHAUSTED. */
  seekAtLeast(key: Uint8Array): StepResult;
  /** The largest user key. */
  seekLast(): StepResult;
  /** The largest user key below `key`. */
  seekBelow(key: Uint8Array): StepResult;
  next(): StepResult;
  prev(): StepResult;

  /** Brings in the block that the last NEEDS_BLOCK asked for. Throws CorruptionError or IoError. */
  load(): Promise<void>;
  loadSync(): void;
  resume(): StepResult;
}

/** The step when it is done: reads the blocks that it needs, each within the call. */
export function loadedSync(cursor: InternalIterator, step: StepResult): StepResult {
  let status = step;
  while (status === NEEDS_BLOCK) {
    cursor.loadSync();
    status = cursor.resume();
  }
  return status;
}

export const FOUND = 1;
export const ABSENT = 0;
/** FOUND: `result` holds the entry, which may be a tombstone. ABSENT: this source has no entry for the key. */
export type LookupStatus = typeof ABSENT | typeof FOUND | typeof NEEDS_BLOCK;

/** The result of a point lookup. Reused: nothing here outlives the next lookup. */
export class LookupResult {
  sequence: number = 0;
  type: PointType = DELETION;
  value: Uint8Array = EMPTY_BYTES;
  valueStart = 0;
  valueEnd = 0;
  /** When the value expires, in a result that a view gave: NEVER, or milliseconds since 1970. */
  expiresAtMs: number = NEVER;
}
