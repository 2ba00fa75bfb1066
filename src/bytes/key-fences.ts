/**
 * Search in a sorted list of keys that the caller keeps.
 *
 * Owns: the prefix that all keys share, and the next eight bytes of each key as two arrays of integers. A search
 * compares integers, and asks for a whole key only where all eight bytes agree.
 *
 * Invariants:
 *   key-fences/sorted-keys: the caller's keys ascend; equal keys are neighbours.
 *   key-fences/integers-agree: two keys whose integers differ have bytes that differ the same way. Past the end of a
 *       key the integers hold zeros.
 *
 * Suspension: every method is synchronous.
 */
import { compareRanges } from './bytes.ts';
import { inlineKey, INLINE_KEY_SIZE_BYTES } from './inline-key.ts';

/** The keeper of the keys. */
export interface FenceKeys {
  /**
   * True when key `index` is below `key[keyStart, keyEnd)`. Called only where both have the shared prefix and equal
   * integers.
   */
  isBelow(index: number, key: Uint8Array, keyStart: number, keyEnd: number): boolean;
}

/** The integers of the keys: the first four bytes after the prefix, and the next four. */
export interface FenceWords {
  readonly his: Int32Array;
  readonly los: Int32Array;
}

export class KeyFences {
  readonly #keys: FenceKeys;
  readonly #prefix: Uint8Array;
  readonly #count: number;
  readonly #hi: Int32Array;
  readonly #lo: Int32Array;

  /**
   * All `count` keys begin with `prefix`, of which the fences keep a copy. The caller gives each key to `set` before the first
   * search. With `words`, those of other fences over the same keys, it gives none.
   */
  constructor(keys: FenceKeys, prefix: Uint8Array, count: number, words?: FenceWords) {
    this.#keys = keys;
    this.#prefix = prefix.slice();
    this.#count = count;
    this.#hi = words?.his ?? new Int32Array(count);
    this.#lo = words?.los ?? new Int32Array(count);
  }

  get words(): FenceWords {
    return { his: this.#hi, los: this.#lo };
  }

  /** Key `index`, given as its first four bytes after the prefix and where the next four are. */
  set(index: number, hi: number, rest: Uint8Array, restStart: number, restEnd: number): void {
    this.#hi[index] = hi;
    this.#lo[index] = inlineKey(rest, restStart, restEnd);
  }

  /**
   * Below, at or above zero as the integers of key `index - 1` and of key `index` order; 0 says nothing
   * (key-fences/integers-agree).
   */
  compareWithPrevious(index: number): number {
    const hi = this.#hi[index]!; // 0 < index < count
    const lo = this.#lo[index]!;
    return this.#hi[index - 1]! - hi || this.#lo[index - 1]! - lo;
  }

  /** The first of the keys that is not below `key[keyStart, keyEnd)`; their count when there is none. */
  find(key: Uint8Array, keyStart: number, keyEnd: number): number {
    const prefix = this.#prefix;
    const prefixLength = prefix.length;
    const suffixStart = keyStart + prefixLength;
    if (prefixLength > 0) {
      const end = keyEnd < suffixStart ? keyEnd : suffixStart;
      const order = compareRanges(prefix, 0, prefixLength, key, keyStart, end);
      if (order !== 0) return order < 0 ? this.#count : 0;
    }
    const hi = inlineKey(key, suffixStart, keyEnd);
    const lo = inlineKey(key, suffixStart + INLINE_KEY_SIZE_BYTES, keyEnd);
    const his = this.#hi;
    const los = this.#lo;
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const hiOfMiddle = his[middle]!; // middle < count
      let isBelow = hiOfMiddle < hi;
      if (hiOfMiddle === hi) {
        const loOfMiddle = los[middle]!; // middle < count
        isBelow =
          loOfMiddle === lo ? this.#keys.isBelow(middle, key, keyStart, keyEnd) : loOfMiddle < lo;
      }
      if (isBelow) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
