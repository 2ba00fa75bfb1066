/**
 * The reader of a keyspace: reads in the caller's types.
 *
 * Owns: the way from a caller's key to a caller's value, in any view: encoding, lookup, loading of blocks, decoding.
 * Database, snapshots and transactions all read through here.
 *
 * Invariants:
 *   reader/callers-own: a returned key or value is the caller's own.
 *
 * Suspension: `get` and `getMany` suspend when a block is not in memory, and when the event loop has not turned for a
 * few milliseconds (base/turn-budget.ts); `getSync` never.
 */
import { type ByteSlice, copyRange, sliceOf } from '../bytes/bytes.ts';
import type { BoundedRange } from '../bytes/key-range.ts';
import { ClosedError, InvalidArgumentError } from '../base/errors.ts';
import { hashKey } from '../bytes/hash.ts';
import {
  FOUND,
  type InternalIterator,
  LookupResult,
  NEEDS_BLOCK,
} from '../iterator/internal-iterator.ts';
import { describe } from '../base/describe.ts';
import { checkBoolean, type Taken } from '../base/options.ts';
import type { Latencies } from '../base/latency.ts';
import type { TurnBudget } from '../base/turn-budget.ts';
import { endScan, makeScan, type Scan } from './scan.ts';
import type { ReadSet } from '../txn/read-set.ts';
import type { ScanOptions } from './ranges.ts';
import { PackedKeys } from './packed-keys.ts';
import type { Overlay } from '../iterator/overlay.ts';
import type { StoreView } from '../store/contract.ts';
import type { Translator } from './translator.ts';

/** The view and the overlay of a scan. */
export interface ScanView {
  readonly view: StoreView;
  /** A transaction's own writes. */
  readonly overlay?: Overlay | undefined;
  /** Takes the bounds; returns the read set of a serializable transaction for them. */
  readonly readsIn?: (bounds: BoundedRange) => ReadSet | undefined;
}

/** Called with the bounds, after the last code of the caller's that the making of a scan runs. Throws ClosedError. */
export type ScanViewSource = (bounds: BoundedRange) => ScanView;

type Row<T> = (cursor: InternalIterator) => T;

/** A transaction has not written the key: what its snapshot shows counts. */
export const NOT_OWN: unique symbol = Symbol('not own');

/** A value that a transaction has written itself, and that has to be read first. */
export class LaterValue<V> {
  readonly value: Promise<V | undefined>;

  constructor(value: Promise<V | undefined>) {
    this.value = value;
  }
}

/** What a transaction has to say about a key before its snapshot is asked. */
export type OwnValue<V> = V | undefined | LaterValue<V> | typeof NOT_OWN;

/** What the readers of one database share. */
export interface ReaderShare {
  readonly turns: TurnBudget;
  readonly latencies: Latencies;
  /** The open scans. */
  readonly scans: Set<Scan<never, unknown>>;
}

/** The values that `getMany` has found so far. */
class ManyValues<V> {
  readonly values: (V | undefined)[];
  /** Lookups that wait for a block. */
  readonly loading: Promise<void>[] = [];
  /** Keys that the first turn had no time for. */
  later: PackedKeys | undefined = undefined;

  constructor(count: number) {
    this.values = new Array<V | undefined>(count).fill(undefined);
  }

  take(index: number, value: V | undefined | LaterValue<V>): void {
    if (value instanceof LaterValue) this.takeLater(index, value.value);
    else this.values[index] = value;
  }

  takeLater(index: number, value: Promise<V | undefined>): void {
    const taken = value.then((loaded) => void (this.values[index] = loaded));
    taken.catch(() => undefined); // it may fail before the end of the keys, where all are waited for
    this.loading.push(taken);
  }
}

function ownsNothing(): typeof NOT_OWN {
  return NOT_OWN;
}

export class Reader<K, V> {
  readonly #translator: Translator<K, V>;
  readonly #result = new LookupResult();
  readonly #turns: TurnBudget;
  readonly #latencies: Latencies;
  readonly #scans: Set<Scan<never, unknown>>;
  readonly #entryRow: Row<[K, V]>;
  readonly #keyRow: Row<K>;
  readonly #valueRow: Row<V>;

  constructor({ turns, latencies, scans }: ReaderShare, translator: Translator<K, V>) {
    this.#turns = turns;
    this.#latencies = latencies;
    this.#scans = scans;
    this.#translator = translator;
    this.#keyRow = (cursor) => translator.decodeKey(cursor.key, cursor.keyStart, cursor.keyEnd);
    this.#valueRow = (cursor) =>
      translator.decodeValue(
        cursor.value,
        cursor.valueStart,
        cursor.valueEnd,
        cursor.key,
        cursor.keyStart,
        cursor.keyEnd,
      );
    this.#entryRow = (cursor) => translator.decodeEntry(cursor);
  }

  getSync(key: ByteSlice, hash: number, view: StoreView): V | undefined {
    const { get } = this.#latencies;
    return get.takes()
      ? get.time(() => this.#getSync(key, hash, view))
      : this.#getSync(key, hash, view);
  }

  #getSync(key: ByteSlice, hash: number, view: StoreView): V | undefined {
    const result = this.#result;
    return view.findSync(key, hash, result) ? this.#decoded(result, key) : undefined;
  }

  /** The fast path answers in the same turn; otherwise the key is copied and the view held. */
  get(key: ByteSlice, hash: number, view: StoreView): Promise<V | undefined> {
    const { get } = this.#latencies;
    return get.takes()
      ? get.timeLater(() => this.#get(key, hash, view))
      : this.#get(key, hash, view);
  }

  #get(key: ByteSlice, hash: number, view: StoreView): Promise<V | undefined> {
    const result = this.#result;
    const status = view.find(key, hash, result);
    if (status === FOUND) return this.answer(this.#decoded(result, key));
    if (status !== NEEDS_BLOCK) return this.answer(undefined);
    return this.#getLater(view, key, hash);
  }

  /** When the entry of a key expires; NEVER for one that does not, undefined for an absent one. */
  expiresAt(key: ByteSlice, hash: number, view: StoreView): Promise<number | undefined> {
    const result = this.#result;
    const status = view.find(key, hash, result);
    if (status === FOUND) return this.answer(result.expiresAtMs);
    if (status !== NEEDS_BLOCK) return this.answer(undefined);
    const own = copyRange(key.bytes, key.start, key.end);
    return view.findLater(own, hash, ({ expiresAtMs }) => expiresAtMs);
  }

  /** The value of a key in the tree, whose bytes stay as they are; no get of the caller's. The view is held. */
  find(key: Uint8Array, view: StoreView): Promise<V | undefined> {
    return this.#get(sliceOf(key), hashKey(key, 0, key.length), view);
  }

  #getLater(
    view: StoreView,
    { bytes, start, end }: ByteSlice,
    hash: number,
  ): Promise<V | undefined> {
    const key = copyRange(bytes, start, end);
    return view.findLater(key, hash, (result) => this.#decoded(result, sliceOf(key)));
  }

  /** A promise of a known value: resolved, or for the next turn when the event loop has not turned for too long. */
  answer<T>(value: T): Promise<T> {
    return this.#turns.answer(value);
  }

  /**
   * The values of several keys as of one moment. A value in memory costs no promise. Every key is encoded in this turn
   * and shown to `own`, whose value goes before that of the store. The view is held meanwhile, since encoders and
   * decoders may write.
   */
  async getMany(
    keys: readonly K[],
    given: StoreView,
    own: (key: ByteSlice, hash: number) => OwnValue<V> = ownsNothing,
  ): Promise<(V | undefined)[]> {
    const keyCount = keys.length;
    const many = new ManyValues<V>(keyCount);
    const view = given.fixed();
    view.hold();
    try {
      for (let i = 0; i < keyCount; i++) {
        const encoded = this.#translator.encodeKey(keys[i] as K); // undefined is refused
        const hash = hashKey(encoded.bytes, encoded.start, encoded.end);
        const value = own(encoded, hash);
        if (value !== NOT_OWN) many.take(i, value);
        else if (many.later !== undefined) many.later.add(i, hash, encoded);
        else this.#getInto(many, i, view, encoded, hash);
        if (this.#turns.spend()) many.later ??= new PackedKeys(keyCount - i - 1);
      }
      if (many.later !== undefined) await this.#getRest(many, many.later, view);
    } catch (error) {
      await Promise.allSettled(many.loading); // the first error is rethrown; the errors of the other loads are ignored
      throw error;
    } finally {
      view.release();
    }
    if (many.loading.length > 0) await Promise.all(many.loading);
    return many.values;
  }

  /** As `getMany`, of keys in the tree; for rows that an index has found. */
  async rowsOf(
    keys: readonly Uint8Array[],
    view: StoreView,
    own: (key: ByteSlice, hash: number) => OwnValue<V> = ownsNothing,
  ): Promise<(V | undefined)[]> {
    const many = new ManyValues<V>(keys.length);
    const hashes = keys.map((key) => hashKey(key, 0, key.length));
    const owned = keys.map((key, i) => own(sliceOf(key), hashes[i]!)); // as long as keys, here and below
    for (const [i, value] of owned.entries()) if (value !== NOT_OWN) many.take(i, value);
    view.hold();
    try {
      for (let i = 0; i < keys.length; i++) {
        if (owned[i] === NOT_OWN) this.#getInto(many, i, view, sliceOf(keys[i]!), hashes[i]!);
        if (this.#turns.spend()) await this.#turns.turn();
      }
      if (many.loading.length > 0) await Promise.all(many.loading);
    } finally {
      await Promise.allSettled(many.loading);
      view.release();
    }
    return many.values;
  }

  /** The keys that a turn had no time for; `view` shows what the first ones saw. */
  async #getRest(many: ManyValues<V>, keys: PackedKeys, view: StoreView): Promise<void> {
    const key = { bytes: keys.bytes, start: 0, end: 0 };
    for (let i = 0; i < keys.count; i++) {
      if (this.#turns.spend()) await this.#turns.turn();
      key.start = keys.start(i);
      key.end = keys.end(i);
      this.#getInto(many, keys.index(i), view, key, keys.hashes[i]!); // i < count
    }
  }

  /** Finds a value at once, or lets it be loaded. */
  #getInto(
    many: ManyValues<V>,
    index: number,
    view: StoreView,
    key: ByteSlice,
    hash: number,
  ): void {
    const result = this.#result;
    const status = view.find(key, hash, result);
    if (status === FOUND) {
      many.values[index] = this.#decoded(result, key);
    } else if (status === NEEDS_BLOCK) {
      many.takeLater(index, this.#getLater(view, key, hash));
    }
  }

  #decoded({ value, valueStart, valueEnd }: LookupResult, key: ByteSlice): V {
    return this.#translator.decodeValue(value, valueStart, valueEnd, key.bytes, key.start, key.end);
  }

  entries(options: Taken<ScanOptions<K>>, view: ScanViewSource): Scan<K, [K, V]> {
    return this.scan(options, view, this.#entryRow);
  }

  keys(options: Taken<ScanOptions<K>>, view: ScanViewSource): Scan<K, K> {
    return this.scan(options, view, this.#keyRow);
  }

  values(options: Taken<ScanOptions<K>>, view: ScanViewSource): Scan<K, V> {
    return this.scan(options, view, this.#valueRow);
  }

  /** A scan whose rows are what `row` makes of the cursor, in memory of their own (reader/callers-own). */
  scan<T>(options: Taken<ScanOptions<K>>, source: ScanViewSource, row: Row<T>): Scan<K, T> {
    const isReverse = checkBoolean('reverse', options.reverse ?? false);
    const limit = checkLimit(options.limit);
    const range = this.#translator.boundsOf(options);
    const bounds = { lower: range.start, upper: range.end };
    const { view, overlay, readsIn } = source(range); // all code of the caller's has run
    const { cursor, close } = view.scan(bounds, overlay);
    const scan: Scan<K, T> = makeScan({
      cursor,
      ...bounds,
      isReverse,
      limit,
      row,
      encodeKey: (key) => this.#translator.keyBytes(key),
      observer: readsIn?.(range)?.addScan(bounds, isReverse),
      turns: this.#turns,
      latency: this.#latencies.scanStep,
      onClose: () => {
        this.#scans.delete(scan);
        close();
      },
    });
    this.#scans.add(scan);
    return scan;
  }
}

/** Ends every scan: later steps throw ClosedError. */
export function endScans(scans: ReadonlySet<Scan<never, unknown>>): void {
  const closed = new ClosedError('Database is closed');
  for (const scan of [...scans]) endScan(scan, closed);
}

function checkLimit(limit: number | undefined): number {
  if (limit === undefined || limit === -1 || limit === Infinity) return Infinity;
  if (Number.isInteger(limit) && limit >= 0) return limit;
  throw new InvalidArgumentError(
    `Option limit must be a whole number, -1 for none: found=${describe(limit)}`,
  );
}
