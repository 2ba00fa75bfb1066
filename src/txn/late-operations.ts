/**
 * Late operations: writes that are known only in the step that gives their commit its place.
 *
 * Owns: the contract between what computes them from the newest state and the committer. Such a commit conflicts with
 * nothing over these keys: no other commit comes between what it reads and what it writes.
 *
 * Invariants:
 *   late-operations/newest: `addTo` sees every commit before its own, those in flight included.
 *   late-operations/derived-last: operations that the guard of a commit demands come behind those that the request has, and
 *       are given the batch with them.
 *   late-operations/again: `addTo` may be called more than once for one commit, when what it adds has to wait for room. Each
 *       call begins with the batch as it was before the first.
 *   late-operations/writes-nothing-else: code of the caller's that runs in the step cannot commit to the database or lock in
 *       it. It may read.
 *
 * Suspension: `addTo` is synchronous; the promise of `readAhead` is awaited before the step.
 */
import type { SequenceNumber } from '../base/ids.ts';
import type { CommitBatch } from '../batch/commit-batch.ts';
import { type ByteSlice, copyRange } from '../bytes/bytes.ts';
import type { KeyRange } from '../bytes/key-range.ts';
import {
  type LookupResult,
  type LookupStatus,
  NEEDS_BLOCK,
} from '../iterator/internal-iterator.ts';
import type { OpenScan, Overlay } from '../iterator/overlay.ts';

/** One place in the commit order, for reads in this turn. */
export interface TurnView {
  /** The last commit that it shows. */
  readonly sequence: SequenceNumber;
  /**
   * Looks a key up in memory. `hash` is its `hashKey`. FOUND: the value is in `result`, its bytes valid until the next
   * call. NEEDS_BLOCK: the answer is not in memory, and `findLater` or `findSync` may be asked.
   */
  find(key: ByteSlice, hash: number, result: LookupResult): LookupStatus;
  /** True when the key has a value, which is in `result` then; reads what is not in memory within the call. */
  findSync(key: ByteSlice, hash: number, result: LookupResult): boolean;
  /**
   * The same without stopping the event loop: `take` is given the value, the bytes of which are lent for that call.
   * Undefined when there is none. `key` is the callee's; the view is held meanwhile.
   */
  findLater<T>(
    key: Uint8Array,
    hash: number,
    take: (result: LookupResult) => T,
  ): Promise<T | undefined>;
  /** A cursor over what the view shows in the range. It holds the view until it is closed. */
  scan(range: KeyRange, overlay?: Overlay): OpenScan;
  /** The same place, with the entries that have expired and are still there. */
  withExpired(): TurnView;
}

/** Brings what a key shows into memory; undefined when it is there. `result` is overwritten. */
export function readKeyAhead(
  view: TurnView,
  key: ByteSlice,
  hash: number,
  result: LookupResult,
): Promise<unknown> | undefined {
  if (view.find(key, hash, result) !== NEEDS_BLOCK) return undefined;
  return view.findLater(copyRange(key.bytes, key.start, key.end), hash, () => undefined);
}

/** Resolves when all of them have; undefined when there is none. */
export function allOf(
  loading: readonly (Promise<unknown> | undefined)[],
): Promise<unknown> | undefined {
  const waiting = loading.filter((each) => each !== undefined);
  return waiting.length === 0 ? undefined : Promise.all(waiting);
}

export interface LateOperations {
  /** Every key that they may write, for the locks: asked for while any lock is held. */
  readonly keys: readonly Uint8Array[];
  /** How many they are, as far as that is known before. More are made room for when they are known. */
  readonly operationCount: number;
  /** Bytes of their keys and values, as far as that is known before. */
  readonly sizeBytes: number;
  /** Brings into memory what `addTo` will ask for, as far as the batch tells. Undefined when it is there; also when it is not worth a wait. */
  readAhead(view: TurnView, batch: CommitBatch): Promise<unknown> | undefined;
  /** Adds the operations to those that the batch has. What it throws refuses the commit. */
  addTo(batch: CommitBatch, view: TurnView): void;
}
