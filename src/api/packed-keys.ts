/**
 * Packed keys: keys that a call keeps for a later turn of the event loop.
 *
 * Owns: copies of encoded keys, one after the other in one array, with the hash and the place of each. The caller may
 * change its keys as soon as its call has returned; one array for all costs a third of an array for each.
 *
 * Suspension: every method is synchronous.
 */
import { type ByteSlice, copyInto } from '../bytes/bytes.ts';

const KEY_SIZE_BYTES_GUESS = 32;

export class PackedKeys {
  readonly hashes: Int32Array;
  /** Where key `i` ends; it starts where the one before it ends. */
  readonly #ends: Float64Array;
  /** The index of key `i` among the caller's keys. */
  readonly #indexes: Uint32Array;
  #bytes: Uint8Array;
  #length = 0;
  #count = 0;

  /** Room for `capacity` keys. */
  constructor(capacity: number) {
    this.hashes = new Int32Array(capacity);
    this.#ends = new Float64Array(capacity);
    this.#indexes = new Uint32Array(capacity);
    this.#bytes = new Uint8Array(Math.min(capacity, 65_536) * KEY_SIZE_BYTES_GUESS);
  }

  get count(): number {
    return this.#count;
  }

  /** The bytes of all keys; valid until the next `add`. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  start(position: number): number {
    return position === 0 ? 0 : this.#ends[position - 1]!; // position < count
  }

  end(position: number): number {
    return this.#ends[position]!; // position < count
  }

  index(position: number): number {
    return this.#indexes[position]!; // position < count
  }

  add(index: number, hash: number, { bytes, start, end }: ByteSlice): void {
    const length = this.#length + (end - start);
    if (length > this.#bytes.length) this.#grow(length);
    copyInto(this.#bytes, this.#length, bytes, start, end);
    this.#length = length;
    this.hashes[this.#count] = hash;
    this.#indexes[this.#count] = index;
    this.#ends[this.#count] = length;
    this.#count++;
  }

  #grow(length: number): void {
    const bytes = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }
}
