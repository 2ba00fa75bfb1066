/**
 * Reads in the caller's types.
 *
 * Owns: the way from a key of the caller's to a value of the caller's, at any read sequence: encoding, lookup, loading
 * what is not in memory, decoding. Database, snapshots and transactions all read through here.
 *
 * Invariants:
 *   Q1. The synchronous part of a lookup sees one state; a lookup that waits for a block holds its state referenced, so
 *       its memtables and files stay.
 *   Q2. A returned key or value is the caller's own.
 *
 * Suspension: `get` and `getMany` suspend when a block is not in memory, and when the event loop has not turned for a
 * few milliseconds (base/turn-budget.ts); `getSync` never.
 */
import { type ByteSlice, copyRange, KEY_CEILING } from '../bytes/bytes.ts';
import type { KeyRange } from '../bytes/key-range.ts';
import { ClosedError, InvalidArgumentError } from '../base/errors.ts';
import { hashKey } from '../bytes/hash.ts';
import type { SequenceNumber } from '../base/ids.ts';
import {
  FOUND,
  type InternalIterator,
  LookupResult,
  NEEDS_BLOCK,
} from '../iterator/internal-iterator.ts';
import { describe } from '../base/describe.ts';
import { checkBoolean, type Taken } from '../base/options.ts';
import { TurnBudget } from '../base/turn-budget.ts';
import { endScan, makeScan, type Scan } from './scan.ts';
import { PinnedBlocks } from '../sstable/pinned-blocks.ts';
import { Pin } from '../engine/state/pin-list.ts';
import type { ReadSet } from '../txn/read-set.ts';
import { NOT_OWN } from './transaction-core.ts';
import type { ScanOptions } from './ranges.ts';
import { DeadStretches, ScanStretches } from '../engine/read/dead-stretches.ts';
import type { Engine } from '../engine/engine.ts';
import { PackedKeys } from './packed-keys.ts';
import { lookUp, openScan, type Overlay } from '../engine/read/read-path.ts';
import type { ReadState } from '../engine/state/read-state.ts';
import type { Translator } from './translator.ts';

/** What a scan looks at. */
export interface ScanView {
  readonly sequence: SequenceNumber;
  /** A transaction's own writes. */
  readonly overlay?: Overlay | undefined;
  /** Told the bounds; says where a serializable transaction keeps what it reads within them. */
  readonly readsIn?: (bounds: KeyRange) => ReadSet | undefined;
}

/** Asked when no more code of the caller's runs before the scan is there. Throws ClosedError. */
export type ScanViewSource = () => ScanView;

type Row<T> = (cursor: InternalIterator) => T;

/** What `getMany` has found so far. */
class ManyValues<V> {
  readonly values: (V | undefined)[];
  /** Lookups that wait for a block. */
  readonly loading: Promise<void>[] = [];
  /** Keys that the first turn had no time for. */
  later: PackedKeys | undefined = undefined;

  constructor(count: number) {
    this.values = new Array<V | undefined>(count).fill(undefined);
  }
}

function ownsNothing(): typeof NOT_OWN {
  return NOT_OWN;
}

export class Reader<K, V> {
  readonly #engine: Engine;
  readonly #translator: Translator<K, V>;
  readonly #result = new LookupResult();
  readonly #pins = new PinnedBlocks();
  readonly #turns: TurnBudget;
  readonly #scans = new Set<Scan<K, unknown>>();
  readonly #stretches = new DeadStretches();
  readonly #entryRow: Row<[K, V]>;
  readonly #keyRow: Row<K>;
  readonly #valueRow: Row<V>;
  /** Lookups that wait for a block; close waits for them. */
  #pendingCount = 0;
  #onSettled: (() => void) | undefined = undefined;

  constructor(engine: Engine, translator: Translator<K, V>) {
    this.#engine = engine;
    this.#turns = new TurnBudget(engine.parts.clock);
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

  get openScanCount(): number {
    return this.#scans.size;
  }

  getSync(key: ByteSlice, hash: number, sequence: number): V | undefined {
    const { bytes, start, end } = key;
    if (!this.#findSync(bytes, start, end, hash, sequence)) return undefined;
    return this.#decoded(this.#result, bytes, start, end);
  }

  /** The value of a key, both in bytes; a copy. */
  bytesSync(key: Uint8Array, sequence: number): Uint8Array | undefined {
    const hash = hashKey(key, 0, key.length);
    if (!this.#findSync(key, 0, key.length, hash, sequence)) return undefined;
    const { value, valueStart, valueEnd } = this.#result;
    return copyRange(value, valueStart, valueEnd);
  }

  /** Leaves the value in `#result`. */
  #findSync(key: Uint8Array, start: number, end: number, hash: number, sequence: number): boolean {
    const result = this.#result;
    const pins = this.#pins;
    const { state, parts } = this.#engine;
    let status = lookUp(state, parts.tables, key, start, end, hash, sequence, result, pins);
    if (status !== NEEDS_BLOCK) return status === FOUND;
    try {
      while (status === NEEDS_BLOCK) {
        pins.loadSync();
        status = lookUp(state, parts.tables, key, start, end, hash, sequence, result, pins);
      }
      return status === FOUND;
    } finally {
      pins.clear();
    }
  }

  /** The fast path answers in the same turn; otherwise the key is copied and the state pinned. */
  get(key: ByteSlice, hash: number, sequence: number): Promise<V | undefined> {
    const result = this.#result;
    const { state, parts } = this.#engine;
    const { bytes, start, end } = key;
    const status = lookUp(
      state,
      parts.tables,
      bytes,
      start,
      end,
      hash,
      sequence,
      result,
      this.#pins,
    );
    if (status === FOUND) {
      return this.answer(this.#decoded(result, bytes, start, end));
    }
    if (status !== NEEDS_BLOCK) return this.answer(undefined);
    this.#pins.clear(); // shared with the next caller: the slow path asks again with its own
    return this.#getLoading(state, copyRange(bytes, start, end), hash, sequence);
  }

  /** A promise of what is known: settled, or for the loop's next turn when it has not turned for too long. */
  answer<T>(value: T): Promise<T> {
    return this.#turns.spend() ? this.#turns.afterTurn(value) : Promise.resolve(value);
  }

  /**
   * The values of several keys as of one moment. What is in memory costs no promise. Every key is encoded in this turn,
   * and shown to `own`: a value that it gives is taken instead of what the tree holds. The state is held meanwhile, since
   * encoders and decoders may write.
   */
  async getMany(
    keys: readonly K[],
    sequence: number,
    own: (key: ByteSlice, hash: number) => V | undefined | typeof NOT_OWN = ownsNothing,
  ): Promise<(V | undefined)[]> {
    const keyCount = keys.length;
    const many = new ManyValues<V>(keyCount);
    const { state } = this.#engine;
    state.ref();
    try {
      for (let i = 0; i < keyCount; i++) {
        const encoded = this.#translator.encodeKey(keys[i] as K); // undefined is refused
        const hash = hashKey(encoded.bytes, encoded.start, encoded.end);
        const value = own(encoded, hash);
        if (value !== NOT_OWN) many.values[i] = value;
        else if (many.later !== undefined) many.later.add(i, hash, encoded);
        else this.#getInto(many, i, state, encoded, hash, sequence);
        if (this.#turns.spend()) many.later ??= new PackedKeys(keyCount - i - 1);
      }
      if (many.later !== undefined) await this.#getLater(many, many.later, state, sequence);
    } catch (error) {
      await Promise.allSettled(many.loading); // an error of theirs is nobody's
      throw error;
    } finally {
      state.unref();
    }
    if (many.loading.length > 0) await Promise.all(many.loading);
    return many.values;
  }

  /** The keys that a turn had no time for; `state` shows what the first ones saw. */
  async #getLater(
    many: ManyValues<V>,
    keys: PackedKeys,
    state: ReadState,
    sequence: number,
  ): Promise<void> {
    const key = { bytes: keys.bytes, start: 0, end: 0 };
    this.#hold(state);
    try {
      for (let i = 0; i < keys.count; i++) {
        if (this.#turns.spend()) await this.#turns.turn();
        key.start = keys.start(i);
        key.end = keys.end(i);
        this.#getInto(many, keys.index(i), state, key, keys.hashes[i]!, sequence); // i < count
      }
    } finally {
      this.#letGo(state);
    }
  }

  /** Finds a value at once, or lets it be loaded. */
  #getInto(
    { values, loading }: ManyValues<V>,
    index: number,
    state: ReadState,
    { bytes, start, end }: ByteSlice,
    hash: number,
    sequence: number,
  ): void {
    const result = this.#result;
    const pins = this.#pins;
    const { tables } = this.#engine.parts;
    const status = lookUp(state, tables, bytes, start, end, hash, sequence, result, pins);
    if (status === FOUND) {
      values[index] = this.#decoded(result, bytes, start, end);
    } else if (status === NEEDS_BLOCK) {
      pins.clear();
      const value = this.#getLoading(state, copyRange(bytes, start, end), hash, sequence);
      loading.push(value.then((loaded) => void (values[index] = loaded)));
    }
  }

  async #getLoading(
    state: ReadState,
    key: Uint8Array,
    hash: number,
    sequence: number,
  ): Promise<V | undefined> {
    const { parts } = this.#engine;
    const pins = new PinnedBlocks();
    const result = new LookupResult();
    this.#hold(state);
    try {
      for (;;) {
        const status = lookUp(
          state,
          parts.tables,
          key,
          0,
          key.length,
          hash,
          sequence,
          result,
          pins,
        );
        if (status === NEEDS_BLOCK) {
          await pins.load();
          continue;
        }
        if (status !== FOUND) return undefined;
        return this.#decoded(result, key, 0, key.length);
      }
    } finally {
      pins.clear();
      this.#letGo(state);
    }
  }

  /** Keeps what a lookup sees while it waits (Q1); `close` waits for `#letGo`. */
  #hold(state: ReadState): void {
    state.ref();
    this.#pendingCount++;
  }

  #letGo(state: ReadState): void {
    state.unref();
    this.#pendingCount--;
    if (this.#pendingCount === 0) this.#onSettled?.();
  }

  #decoded(result: LookupResult, key: Uint8Array, keyStart: number, keyEnd: number): V {
    const { value, valueStart, valueEnd } = result;
    return this.#translator.decodeValue(value, valueStart, valueEnd, key, keyStart, keyEnd);
  }

  entries(options: Taken<ScanOptions<K>>, view: ScanViewSource): Scan<K, [K, V]> {
    return this.#scan(options, view, this.#entryRow);
  }

  keys(options: Taken<ScanOptions<K>>, view: ScanViewSource): Scan<K, K> {
    return this.#scan(options, view, this.#keyRow);
  }

  values(options: Taken<ScanOptions<K>>, view: ScanViewSource): Scan<K, V> {
    return this.#scan(options, view, this.#valueRow);
  }

  /** Ends every scan, and resolves when no lookup is under way. Later steps of the scans throw ClosedError. */
  async close(): Promise<void> {
    const closed = new ClosedError('Database is closed');
    for (const scan of [...this.#scans]) endScan(scan, closed);
    if (this.#pendingCount > 0) {
      await new Promise<void>((resolve) => (this.#onSettled = resolve));
    }
  }

  #scan<T>(options: Taken<ScanOptions<K>>, source: ScanViewSource, row: Row<T>): Scan<K, T> {
    const isReverse = checkBoolean('reverse', options.reverse ?? false);
    const limit = checkLimit(options.limit);
    const range = this.#translator.boundsOf(options);
    const bounds = { lower: range.lower, upper: range.upper ?? KEY_CEILING }; // reserved keys stay unseen
    const { sequence, overlay, readsIn } = source(); // all code of the caller's has run
    const { state, parts, readers, horizons } = this.#engine;
    const isPublished = sequence <= horizons.published;
    const runs =
      overlay === undefined && isPublished
        ? new ScanStretches(this.#stretches, state, sequence)
        : undefined;
    const { cursor, close } = openScan(state, parts.tables, sequence, bounds, { overlay, runs });
    state.ref();
    const pin = new Pin('scan', sequence, parts.clock.nowMs());
    readers.add(pin);
    const scan: Scan<K, T> = makeScan({
      cursor,
      ...bounds,
      isReverse,
      limit,
      row,
      encodeKey: (key) => this.#translator.keyBytes(key),
      observer: readsIn?.(bounds)?.addScan(bounds, isReverse),
      turns: this.#turns,
      onClose: () => {
        this.#scans.delete(scan);
        close();
        readers.remove(pin);
        state.unref();
      },
    });
    this.#scans.add(scan);
    return scan;
  }
}

function checkLimit(limit: number | undefined): number {
  if (limit === undefined || limit === -1 || limit === Infinity) return Infinity;
  if (Number.isInteger(limit) && limit >= 0) return limit;
  throw new InvalidArgumentError(
    `Option limit must be a whole number, -1 for none: found=${describe(limit)}`,
  );
}
