/**
 * The history of a database that does not fit in its memory: its writes, and its content afterwards.
 *
 * Owns: keys, values and the model. Everything follows from the seed and from the number of the operation, so that the
 * model costs four bytes a key and no value is kept: an expected value is made again and compared byte for byte, which
 * says more than a checksum would.
 *
 * Keys are 16 decimal digits. Even numbers are written, odd ones never: a missing key lies between stored ones. Values
 * are random bytes, which no codec makes smaller, of 0 to twice the mean size.
 *
 * Invariants:
 *   H1. `last[k]` is the number of the put that a read of key k must find, 0 when it must find nothing. It is set when
 *       the operation is made, and operations are handed to the database in the order in which they are made.
 *
 * Suspension: everything here is synchronous. Keys and values are handed out in scratch space that the next call
 * writes over, as a caller of the engine may do.
 */

export interface HistorySettings {
  readonly putCount: number;
  /** On average. */
  readonly valueSizeBytes: number;
  readonly seed: number;
  /** Keys that puts are drawn from; as many as puts when absent: then 63 % of them are written, the others never. */
  readonly keyCount?: number;
}

export interface HistoryOperation {
  readonly kind: 'put' | 'del';
  readonly key: Uint8Array;
  /** Empty for a deletion. */
  readonly value: Uint8Array;
}

export const KEY_SIZE_BYTES = 16;
const DIGIT_ZERO = 0x30;
/** One deletion comes after so many puts. */
const PUTS_PER_DELETION = 50;

export class History {
  readonly settings: HistorySettings;
  readonly keyCount: number;
  readonly #last: Int32Array;
  readonly #keyScratch = new Uint8Array(KEY_SIZE_BYTES);
  readonly #valueScratch: Int32Array;
  readonly #valueBytes: Uint8Array;
  #putCount = 0;
  #userSizeBytes = 0;

  constructor(settings: HistorySettings) {
    this.settings = settings;
    this.keyCount = settings.keyCount ?? settings.putCount;
    this.#last = new Int32Array(this.keyCount);
    this.#valueScratch = new Int32Array(Math.ceil((2 * settings.valueSizeBytes + 1) / 4) + 1);
    this.#valueBytes = new Uint8Array(this.#valueScratch.buffer);
  }

  get isFinished(): boolean {
    return this.#putCount === this.settings.putCount;
  }

  /** Bytes of keys and values that were put so far. */
  get userSizeBytes(): number {
    return this.#userSizeBytes;
  }

  /** Calls `apply` with the next put, and from time to time with a deletion before it. */
  next(apply: (operation: HistoryOperation) => void): void {
    this.#putCount++;
    const number = this.#putCount;
    if (number % PUTS_PER_DELETION === 0) {
      const index = this.#draw(-number);
      this.#last[index] = 0;
      apply({ kind: 'del', key: this.key(index), value: this.#valueBytes.subarray(0, 0) });
    }
    const index = this.#draw(number);
    this.#last[index] = number;
    const value = this.#makeValue(number);
    this.#userSizeBytes += KEY_SIZE_BYTES + value.length;
    apply({ kind: 'put', key: this.key(index), value });
  }

  /** The value that the key must have, or undefined. */
  expected(index: number): Uint8Array | undefined {
    const number = this.#last[index];
    return number === undefined || number === 0 ? undefined : this.#makeValue(number);
  }

  isPresent(index: number): boolean {
    return (this.#last[index] ?? 0) !== 0;
  }

  /** Keys that must be there, and the bytes of them and their values. */
  live(): { readonly count: number; readonly sizeBytes: number } {
    let count = 0;
    let sizeBytes = 0;
    for (const number of this.#last) {
      if (number === 0) continue;
      count++;
      sizeBytes += KEY_SIZE_BYTES + this.#valueLength(number);
    }
    return { count, sizeBytes };
  }

  key(index: number): Uint8Array {
    return writeKey(this.#keyScratch, 2 * index);
  }

  /** A key between stored ones, never written. */
  missingKey(index: number): Uint8Array {
    return writeKey(this.#keyScratch, 2 * index + 1);
  }

  /** The index of a key that may have been written; undefined for any other bytes. */
  indexOf(key: Uint8Array): number | undefined {
    if (key.length !== KEY_SIZE_BYTES) return undefined;
    let number = 0;
    for (const byte of key) {
      const digit = byte - DIGIT_ZERO;
      if (digit < 0 || digit > 9) return undefined;
      number = 10 * number + digit;
    }
    return number % 2 === 0 && number / 2 < this.keyCount ? number / 2 : undefined;
  }

  #draw(number: number): number {
    const mixed = mix(mix(number) ^ this.settings.seed);
    return Math.floor(((mixed >>> 0) / 2 ** 32) * this.keyCount);
  }

  #valueLength(number: number): number {
    const mixed = mix(number ^ mix(this.settings.seed + 1));
    return (mixed >>> 0) % (2 * this.settings.valueSizeBytes + 1);
  }

  #makeValue(number: number): Uint8Array {
    const length = this.#valueLength(number);
    const words = this.#valueScratch;
    let state = mix(number ^ mix(this.settings.seed + 2)) | 1; // xorshift never leaves zero
    for (let i = 0; i * 4 < length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      words[i] = state;
    }
    return this.#valueBytes.subarray(0, length);
  }
}

function writeKey(target: Uint8Array, number: number): Uint8Array {
  let rest = number;
  for (let i = KEY_SIZE_BYTES - 1; i >= 0; i--) {
    target[i] = DIGIT_ZERO + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  return target;
}

/** The finalizer of MurmurHash3: every bit of the input reaches every bit of the output. */
function mix(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
