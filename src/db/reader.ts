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
import {
  compareBytes,
  copyRange,
  EMPTY_BYTES,
  equalRanges,
  KEY_CEILING,
  keySuccessor,
  prefixSuccessor,
} from '../base/bytes.ts';
import { type Codec, EncodedBytes } from '../base/encoding.ts';
import { ClosedError, InvalidArgumentError } from '../base/errors.ts';
import { hashKey } from '../base/hash.ts';
import type { SequenceNumber } from '../base/ids.ts';
import {
  FOUND,
  type InternalIterator,
  LookupResult,
  NEEDS_BLOCK,
} from '../base/internal-iterator.ts';
import { describe } from '../base/describe.ts';
import { checkBoolean, checkOptionNames } from '../base/options.ts';
import { TurnBudget } from '../base/turn-budget.ts';
import { Scan } from '../iterator/scan.ts';
import { PinnedBlocks } from '../sstable/pinned-blocks.ts';
import { Pin } from '../txn/pin-list.ts';
import type { ReadSet } from '../txn/read-set.ts';
import { NOT_OWN, type RangeOptions, type ScanOptions } from '../txn/transaction.ts';
import { DeadStretches, ScanStretches } from './dead-stretches.ts';
import type { Engine } from './engine.ts';
import { PackedKeys } from './packed-keys.ts';
import { lookUp, openScan, type Overlay, type ScanBounds } from './read-path.ts';
import type { ReadState } from './read-state.ts';

export const KEY_SIZE_BYTES_MAX: number = 64 * 1024;
export const VALUE_SIZE_BYTES_MAX: number = 512 * 1024 * 1024;

const RANGE_OPTION_NAMES = ['gt', 'gte', 'lt', 'lte', 'prefix'];
const RANGE_OPERATION_NAMES = [...RANGE_OPTION_NAMES, 'type'];
const TRANSACTION_SCAN_OPTION_NAMES = [...RANGE_OPTION_NAMES, 'reverse', 'limit'];
const SCAN_OPTION_NAMES = [...TRANSACTION_SCAN_OPTION_NAMES, 'snapshot'];

/** What a scan looks at. */
export interface ScanView {
  /** A transaction scans its own snapshot and takes no other. */
  readonly isTransaction: boolean;
  readonly sequence: SequenceNumber;
  /** A transaction's own writes. */
  readonly overlay?: Overlay | undefined;
  /** Where a serializable transaction keeps what it has read. */
  readonly reads?: ReadSet | undefined;
}

type Row<T> = (cursor: InternalIterator) => T;

interface KeyRange {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

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
  readonly #takesReserved: boolean;
  readonly #keyCodec: Codec<K>;
  readonly #valueCodec: Codec<V>;
  readonly #key = new EncodedBytes();
  readonly #value = new EncodedBytes();
  readonly #result = new LookupResult();
  readonly #pins = new PinnedBlocks();
  readonly #turns: TurnBudget;
  readonly #scans = new Set<{ close(error?: Error): void }>();
  readonly #stretches = new DeadStretches();
  readonly #entryRow: Row<[K, V]>;
  readonly #keyRow: Row<K>;
  readonly #valueRow: Row<V>;
  /** Lookups that wait for a block; close waits for them. */
  #pendingCount = 0;
  #onSettled: (() => void) | undefined = undefined;

  /** `takesReserved`: whether keys above KEY_CEILING may be written, as by a repair, which moves them as it finds them. */
  constructor(engine: Engine, keyCodec: Codec<K>, valueCodec: Codec<V>, takesReserved = false) {
    this.#engine = engine;
    this.#takesReserved = takesReserved;
    this.#turns = new TurnBudget(engine.parts.clock);
    this.#keyCodec = keyCodec;
    this.#valueCodec = valueCodec;
    this.#keyRow = (cursor) => keyCodec.decode(cursor.key, cursor.keyStart, cursor.keyEnd);
    this.#valueRow = (cursor) =>
      valueCodec.decode(cursor.value, cursor.valueStart, cursor.valueEnd);
    this.#entryRow = (cursor) => [
      keyCodec.decode(cursor.key, cursor.keyStart, cursor.keyEnd),
      valueCodec.decode(cursor.value, cursor.valueStart, cursor.valueEnd),
    ];
  }

  get openScanCount(): number {
    return this.#scans.size;
  }

  /** Valid until the next call. Throws InvalidArgumentError for what is no key or too long. */
  encodeKey(key: K): EncodedBytes {
    const encoded = this.#key;
    if (key === undefined || key === null) {
      throw new InvalidArgumentError(`Key must not be ${String(key)}`);
    }
    this.#keyCodec.encode(key, encoded);
    const length = encoded.end - encoded.start;
    if (length > KEY_SIZE_BYTES_MAX) {
      throw new InvalidArgumentError(`Key is too long: size=${length} max=${KEY_SIZE_BYTES_MAX}`);
    }
    if (length >= KEY_CEILING.length && startsWithCeiling(encoded) && !this.#takesReserved) {
      throw new InvalidArgumentError(
        `Keys must not begin with ${KEY_CEILING.length} bytes of 0xff: these are reserved`,
      );
    }
    return encoded;
  }

  /** Valid until the next call. Throws InvalidArgumentError for what is no value or too long. */
  encodeValue(value: V): EncodedBytes {
    const encoded = this.#value;
    if (value === undefined || value === null) {
      throw new InvalidArgumentError(`Value must not be ${String(value)}`);
    }
    this.#valueCodec.encode(value, encoded);
    const length = encoded.end - encoded.start;
    if (length > VALUE_SIZE_BYTES_MAX) {
      throw new InvalidArgumentError(
        `Value is too long: size=${length} max=${VALUE_SIZE_BYTES_MAX}`,
      );
    }
    return encoded;
  }

  decodeValue(bytes: Uint8Array, start: number, end: number): V {
    return this.#valueCodec.decode(bytes, start, end);
  }

  getSync(key: EncodedBytes, hash: number, sequence: number): V | undefined {
    const { bytes, start, end } = key;
    if (!this.#findSync(bytes, start, end, hash, sequence)) return undefined;
    const result = this.#result;
    return this.#valueCodec.decode(result.value, result.valueStart, result.valueEnd);
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
  get(key: EncodedBytes, hash: number, sequence: number): Promise<V | undefined> {
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
      return this.answer(this.#valueCodec.decode(result.value, result.valueStart, result.valueEnd));
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
   * and shown to `own`: a value that it gives is taken instead of what the tree holds.
   */
  async getMany(
    keys: readonly K[],
    sequence: number,
    own: (key: EncodedBytes, hash: number) => V | undefined | typeof NOT_OWN = ownsNothing,
  ): Promise<(V | undefined)[]> {
    const many = new ManyValues<V>(keys.length);
    const { state } = this.#engine;
    try {
      for (let i = 0; i < keys.length; i++) {
        const encoded = this.encodeKey(keys[i] as K); // undefined is refused
        const hash = hashKey(encoded.bytes, encoded.start, encoded.end);
        const value = own(encoded, hash);
        if (value !== NOT_OWN) many.values[i] = value;
        else if (many.later !== undefined) many.later.add(i, hash, encoded);
        else this.#getInto(many, i, state, encoded, hash, sequence);
        if (this.#turns.spend()) many.later ??= new PackedKeys(keys.length - i - 1);
      }
      if (many.later !== undefined) await this.#getLater(many, many.later, state, sequence);
    } catch (error) {
      await Promise.allSettled(many.loading); // an error of theirs is nobody's
      throw error;
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
    { bytes, start, end }: KeyRange,
    hash: number,
    sequence: number,
  ): void {
    const result = this.#result;
    const pins = this.#pins;
    const { tables } = this.#engine.parts;
    const status = lookUp(state, tables, bytes, start, end, hash, sequence, result, pins);
    if (status === FOUND) {
      values[index] = this.#valueCodec.decode(result.value, result.valueStart, result.valueEnd);
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
        return this.#valueCodec.decode(result.value, result.valueStart, result.valueEnd);
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

  entries(options: ScanOptions<K>, view: ScanView): Scan<K, [K, V]> {
    return this.#scan(options, view, this.#entryRow);
  }

  keys(options: ScanOptions<K>, view: ScanView): Scan<K, K> {
    return this.#scan(options, view, this.#keyRow);
  }

  values(options: ScanOptions<K>, view: ScanView): Scan<K, V> {
    return this.#scan(options, view, this.#valueRow);
  }

  /** The bytes of a range: lower inclusive, upper exclusive, the tighter bound of each side. */
  boundsOf(range: RangeOptions<K>): ScanBounds {
    const lowers: Uint8Array[] = [];
    const uppers: Uint8Array[] = [];
    if (range.gte !== undefined) lowers.push(this.#bytesOf(range.gte));
    if (range.gt !== undefined) lowers.push(keySuccessor(this.#bytesOf(range.gt)));
    if (range.lt !== undefined) uppers.push(this.#bytesOf(range.lt));
    if (range.lte !== undefined) uppers.push(keySuccessor(this.#bytesOf(range.lte)));
    if (range.prefix !== undefined) {
      const prefix = this.#bytesOf(range.prefix);
      lowers.push(prefix);
      const successor = prefixSuccessor(prefix);
      if (successor !== undefined) uppers.push(successor);
    }
    return {
      lower: lowers.sort(compareBytes).at(-1),
      upper: uppers.sort(compareBytes).at(0),
    };
  }

  /**
   * As `boundsOf`, closed at both ends as a range tombstone needs it; undefined when it holds no key. In a batch the
   * operation is its own range.
   */
  deletedRange(
    range: RangeOptions<K>,
    isOperation = false,
  ): { start: Uint8Array; end: Uint8Array } | undefined {
    if (typeof range !== 'object' || range === null) {
      throw new InvalidArgumentError(`Range must be an object: found=${describe(range)}`);
    }
    checkOptionNames('a range', range, isOperation ? RANGE_OPERATION_NAMES : RANGE_OPTION_NAMES);
    const { lower, upper } = this.boundsOf(range);
    const start = lower ?? EMPTY_BYTES;
    const end = upper ?? KEY_CEILING;
    return compareBytes(start, end) < 0 ? { start, end } : undefined;
  }

  /** Ends every scan, and resolves when no lookup is under way. Later steps of the scans throw ClosedError. */
  async close(): Promise<void> {
    const closed = new ClosedError('Database is closed');
    for (const scan of [...this.#scans]) scan.close(closed);
    if (this.#pendingCount > 0) {
      await new Promise<void>((resolve) => (this.#onSettled = resolve));
    }
  }

  #scan<T>(options: ScanOptions<K>, view: ScanView, row: Row<T>): Scan<K, T> {
    const { sequence, overlay } = view;
    const names = view.isTransaction ? TRANSACTION_SCAN_OPTION_NAMES : SCAN_OPTION_NAMES;
    checkOptionNames('a scan', options, names);
    const range = this.boundsOf(options);
    const bounds = { lower: range.lower, upper: range.upper ?? KEY_CEILING }; // reserved keys stay unseen
    const isReverse = checkBoolean('reverse', options.reverse ?? false);
    const limit = checkLimit(options.limit);
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
    const scan = new Scan<K, T>({
      cursor,
      ...bounds,
      isReverse,
      limit,
      row,
      encodeKey: (key) => this.#bytesOf(key),
      observer: view.reads?.addScan(bounds, isReverse),
      turns: this.#turns,
      onClose: (closed) => {
        this.#scans.delete(closed);
        close();
        readers.remove(pin);
        state.unref();
      },
    });
    this.#scans.add(scan);
    return scan;
  }

  #bytesOf(key: K): Uint8Array {
    const { bytes, start, end } = this.encodeKey(key);
    return copyRange(bytes, start, end);
  }
}

function startsWithCeiling({ bytes, start }: EncodedBytes): boolean {
  return bytes[start] === 0xff && equalRanges(bytes, start, KEY_CEILING, 0, KEY_CEILING.length);
}

function checkLimit(limit: number | undefined): number {
  if (limit === undefined || limit === -1 || limit === Infinity) return Infinity;
  if (Number.isInteger(limit) && limit >= 0) return limit;
  throw new InvalidArgumentError(
    `Option limit must be a whole number, -1 for none: found=${describe(limit)}`,
  );
}
