/**
 * The read set: the keys and ranges that a serializable transaction has read.
 *
 * Owns: the keys asked for, absent ones included, and the ranges that its scans have covered so far. The commit is
 * refused when a part of the set was written since the snapshot. Otherwise everything read is still true, and the
 * transaction is as if it had run whole at its commit (backward validation; H. T. Kung and J. T. Robinson, "On
 * Optimistic Methods for Concurrency Control", 1981).
 *
 * Invariants:
 *   read-set/delivered-rows: a scan counts up to the last row that it delivered, in its direction, and to its bound
 *       once it has found the end. Example: a scan from a that stopped at c covers a to c. A new key b conflicts, d
 *       does not.
 *   read-set/bounded: memory is bounded. Past the budget, one range that holds all keys, or all ranges, replaces them:
 *       then more commits may conflict, never fewer.
 *
 * Suspension: every method is synchronous. Keys given are copied.
 */
import { copyRange, keySuccessor } from '../bytes/bytes.ts';
import { hullOfRanges, type KeyRange } from '../bytes/key-range.ts';
import { KeyTable } from './key-table.ts';

const KEYS_SIZE_BYTES_MAX = 8 * 1024 * 1024;
const RANGE_COUNT_MAX = 4096;

/** Hears how far a scan has come. */
export interface ScanObserver {
  /** The scan starts, or starts again, at `from`: inclusive forward, exclusive backward; undefined for the end. */
  positioned(from: Uint8Array | undefined): void;
  /** The row with the key `key[start, end)` is delivered. The bytes are only lent. */
  took(key: Uint8Array, start: number, end: number): void;
  /** There is no further row within the bounds. */
  exhausted(): void;
}

export class ReadSet {
  readonly #keys = new KeyTable();
  #scans: ScanRead[] = [];
  /** The one range that replaces keys and scans beyond the budget (read-set/bounded). */
  #coarse: KeyRange | undefined = undefined;

  /** Bytes of the keys and of the bounds of scans. */
  get sizeBytes(): number {
    let size = this.#keys.sizeBytes;
    for (const { lower, upper } of this.ranges()) {
      size += (lower?.length ?? 0) + (upper?.length ?? 0);
    }
    return size;
  }

  get keys(): KeyTable {
    return this.#keys;
  }

  addKey(hash: number, bytes: Uint8Array, start: number, end: number): void {
    this.#keys.add(hash, bytes, start, end);
    if (this.#keys.sizeBytes > KEYS_SIZE_BYTES_MAX) this.#coarsenKeys();
  }

  /** The observer of one scan over the bounds. */
  addScan(bounds: KeyRange, isReverse: boolean): ScanObserver {
    const scan = new ScanRead(bounds, isReverse);
    this.#scans.push(scan);
    if (this.#scans.length > RANGE_COUNT_MAX) this.#coarsenScans(scan);
    return scan;
  }

  /** The ranges covered so far. */
  *ranges(): Generator<KeyRange> {
    if (this.#coarse !== undefined) yield this.#coarse;
    for (const scan of this.#scans) yield* scan.ranges();
  }

  clear(): void {
    this.#keys.clear();
    this.#scans = [];
    this.#coarse = undefined;
  }

  #coarsenKeys(): void {
    for (let slot = 0; slot < this.#keys.count; slot++) {
      const lower = this.#keys.keyOf(slot);
      this.#coarse = hullOfRanges(this.#coarse, { lower, upper: keySuccessor(lower) });
    }
    this.#keys.clear();
  }

  /** Counts every scan but the newest with the whole of its bounds: it may still run. */
  #coarsenScans(newest: ScanRead): void {
    for (const scan of this.#scans) {
      if (scan !== newest) this.#coarse = hullOfRanges(this.#coarse, scan.bounds);
    }
    this.#scans = [newest];
  }
}

/**
 * The part of the keys that one scan has covered: a finished part for each seek before the last, and the current one.
 */
class ScanRead implements ScanObserver {
  readonly bounds: KeyRange;
  readonly #isReverse: boolean;
  readonly #finished: KeyRange[] = [];
  /** Where the current part began; undefined before the first seek. */
  #start: { readonly key: Uint8Array | undefined } | undefined = undefined;
  /** The last row's key, in a buffer that grows; undefined before the first row. */
  #last: Uint8Array | undefined = undefined;
  #lastLength = 0;
  #isExhausted = false;

  constructor(bounds: KeyRange, isReverse: boolean) {
    this.bounds = bounds;
    this.#isReverse = isReverse;
  }

  positioned(from: Uint8Array | undefined): void {
    const part = this.#part();
    if (part !== undefined) this.#finished.push(part);
    this.#start = { key: from };
    this.#last = undefined;
    this.#isExhausted = false;
  }

  took(key: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (this.#last === undefined || this.#last.length < length) {
      this.#last = new Uint8Array(Math.max(64, 2 * length));
    }
    this.#last.set(key.subarray(start, end));
    this.#lastLength = length;
  }

  exhausted(): void {
    this.#isExhausted = true;
  }

  *ranges(): Generator<KeyRange> {
    yield* this.#finished;
    const part = this.#part();
    if (part !== undefined) yield part;
  }

  /** The current part (read-set/delivered-rows); undefined before the first row. */
  #part(): KeyRange | undefined {
    const start = this.#start;
    if (start === undefined) return undefined;
    const { lower, upper } = this.bounds;
    if (this.#isExhausted) {
      return this.#isReverse ? { lower, upper: start.key } : { lower: start.key, upper };
    }
    if (this.#last === undefined) return undefined;
    const last = copyRange(this.#last, 0, this.#lastLength);
    return this.#isReverse
      ? { lower: last, upper: start.key }
      : { lower: start.key, upper: keySuccessor(last) };
  }
}
