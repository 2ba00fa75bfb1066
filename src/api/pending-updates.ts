/**
 * Pending updates: those of a batch or a transaction whose keys it does not know the values of.
 *
 * Owns: the updates by key, and their way into the commit as late operations: each is applied to the newest value of
 * its key. So they conflict with no other commit.
 *
 * Invariants:
 *   pending-updates/apart: a key has either pending updates or a write of the batch or transaction itself, never both.
 *       Example: a put drops the pending updates of its key, and an update after it is applied to the value put.
 *   pending-updates/rolled-back: after `rollbackTo(mark)` the updates are those that there were when `mark()` gave it.
 *
 * Suspension: every method is synchronous, up to the promise that `readAhead` returns.
 */
import { DELETION } from '../base/value-type.ts';
import type { CommitBatch } from '../batch/commit-batch.ts';
import { type ByteSlice, equalRanges, EMPTY_SLICE, sliceOf } from '../bytes/bytes.ts';
import { type BoundedRange, isInRange } from '../bytes/key-range.ts';
import { LookupResult } from '../iterator/internal-iterator.ts';
import { allOf, type LateOperations, readKeyAhead, type TurnView } from '../txn/late-operations.ts';
import type { Space } from './space.ts';
import { type PendingUpdate, runUpdate, runUpdates, type Update } from './update.ts';

/** What an update counts for in the budget of a transaction, beside its key. */
const UPDATE_SIZE_BYTES = 64;

/** The entry of a key before a change. Kept only once there is a mark to roll back to. */
interface Change {
  readonly key: Uint8Array;
  readonly hash: number;
  readonly before: PendingUpdate | undefined;
}

const NONE: readonly PendingUpdate[] = [];

export class PendingUpdates implements LateOperations {
  /** Mostly one for a hash. */
  readonly #byHash = new Map<number, readonly PendingUpdate[]>();
  #keyCount = 0;
  readonly #result = new LookupResult();
  #keySizeBytes = 0;
  #updateCount = 0;
  #changes: Change[] | undefined = undefined;

  get isEmpty(): boolean {
    return this.#keyCount === 0;
  }

  get keys(): readonly Uint8Array[] {
    return [...this.#all()].map(({ key }) => key);
  }

  get operationCount(): number {
    return this.#keyCount;
  }

  get sizeBytes(): number {
    return this.#keySizeBytes;
  }

  /** Bytes held, for the budget of a transaction. */
  get heldSizeBytes(): number {
    return this.#keySizeBytes + this.#updateCount * UPDATE_SIZE_BYTES;
  }

  of(key: ByteSlice, hash: number): PendingUpdate | undefined {
    for (const pending of this.#byHash.get(hash) ?? NONE) {
      if (isKeyOf(pending, key)) return pending;
    }
    return undefined;
  }

  /** Those of the keys in the range. */
  inRange(range: BoundedRange): PendingUpdate[] {
    return [...this.#all()].filter(({ key }) => isInRange(range, key));
  }

  /** Adds an update after those of its key. `key` is kept. */
  add(
    space: Space<unknown, unknown>,
    key: Uint8Array,
    hash: number,
    update: Update<unknown>,
  ): void {
    const before = this.of(sliceOf(key), hash);
    const updates = before === undefined ? [update] : [...before.updates, update];
    this.#set(key, hash, { space, key, hash, updates });
  }

  /** Drops the updates of a key, which is written. */
  drop(key: ByteSlice, hash: number): void {
    const pending = this.of(key, hash);
    if (pending !== undefined) this.#set(pending.key, hash, undefined);
  }

  dropRange(range: BoundedRange): void {
    for (const { key, hash } of this.inRange(range)) this.#set(key, hash, undefined);
  }

  /** A mark for `rollbackTo`. */
  mark(): number {
    this.#changes ??= [];
    return this.#changes.length;
  }

  /** Undoes every change since the mark (pending-updates/rolled-back). */
  rollbackTo(mark: number): void {
    const undone = this.#changes?.splice(mark) ?? [];
    const changes = this.#changes;
    this.#changes = undefined; // an undone change is none
    for (const { key, hash, before } of undone.reverse()) this.#set(key, hash, before);
    this.#changes = changes;
  }

  readAhead(view: TurnView): Promise<unknown> | undefined {
    const loading: (Promise<unknown> | undefined)[] = [];
    for (const { key, hash } of this.#all()) {
      loading.push(readKeyAhead(view, sliceOf(key), hash, this.#result));
    }
    return allOf(loading);
  }

  addTo(batch: CommitBatch, view: TurnView): void {
    const result = this.#result;
    for (const pending of this.#all()) {
      const { space, key } = pending;
      const isThere = view.findSync(sliceOf(key), pending.hash, result);
      const current = isThere ? decoded(space, key, result) : undefined;
      const expiresAtMs = isThere ? result.expiresAtMs : space.expiryOf(undefined);
      const next = runUpdates(pending, current, expiresAtMs);
      if (next !== undefined) batch.add(next.type, sliceOf(key), next.value);
      else if (isThere) batch.add(DELETION, sliceOf(key), EMPTY_SLICE);
    }
  }

  *#all(): Generator<PendingUpdate> {
    for (const each of this.#byHash.values()) yield* each;
  }

  #set(key: Uint8Array, hash: number, pending: PendingUpdate | undefined): void {
    const slice = sliceOf(key);
    const before = this.of(slice, hash);
    this.#changes?.push({ key, hash, before });
    this.#keySizeBytes += (pending?.key.length ?? 0) - (before?.key.length ?? 0);
    this.#updateCount += (pending?.updates.length ?? 0) - (before?.updates.length ?? 0);
    this.#keyCount += (pending === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
    const others = (this.#byHash.get(hash) ?? NONE).filter((each) => !isKeyOf(each, slice));
    if (pending !== undefined) others.push(pending);
    if (others.length > 0) this.#byHash.set(hash, others);
    else this.#byHash.delete(hash);
  }
}

/** One update of one key, and the value that it wrote. */
export class OneUpdate<V> implements LateOperations {
  readonly operationCount = 1;
  readonly #space: Space<unknown, V>;
  readonly #key: Uint8Array;
  readonly #hash: number;
  readonly #update: Update<V>;
  readonly #result = new LookupResult();
  /** What the last run returned. */
  value: V | undefined = undefined;

  constructor(space: Space<unknown, V>, key: Uint8Array, hash: number, update: Update<V>) {
    this.#space = space;
    this.#key = key;
    this.#hash = hash;
    this.#update = update;
  }

  get keys(): readonly Uint8Array[] {
    return [this.#key];
  }

  get sizeBytes(): number {
    return this.#key.length;
  }

  readAhead(view: TurnView): Promise<unknown> | undefined {
    return readKeyAhead(view, sliceOf(this.#key), this.#hash, this.#result);
  }

  addTo(batch: CommitBatch, view: TurnView): void {
    const key = sliceOf(this.#key);
    const space = this.#space;
    const isThere = view.findSync(key, this.#hash, this.#result);
    const expiresAtMs = isThere ? this.#result.expiresAtMs : space.expiryOf(undefined);
    const current = isThere ? decoded(space, this.#key, this.#result) : undefined;
    const next = runUpdate(this.#update, current);
    this.value = next;
    if (next !== undefined) {
      const { type, value } = space.translator.encodeValue(next, expiresAtMs);
      batch.add(type, key, value);
    } else if (isThere) batch.add(DELETION, key, EMPTY_SLICE);
  }
}

function decoded<V>(space: Space<unknown, V>, key: Uint8Array, found: LookupResult): V {
  const { value, valueStart, valueEnd } = found;
  return space.translator.decodeValue(value, valueStart, valueEnd, key, 0, key.length);
}

function isKeyOf({ key }: PendingUpdate, { bytes, start, end }: ByteSlice): boolean {
  return key.length === end - start && equalRanges(key, 0, bytes, start, key.length);
}
