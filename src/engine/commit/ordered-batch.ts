/**
 * The operations of a batch, encoded, in the order in which they were given.
 *
 * Owns: a copy of their keys, where each key and value lies, and the hashes. It exists because a commit must know its
 * size before it begins, and the caller's encoder must have run, and have failed if it fails, by then.
 *
 * Invariants:
 *   O1. Until `clear`, a value given as lasting is referred to, not copied: it is written to log and memtable anyway,
 *       and a copy costs as much as either. `copy` copies everything, for a batch that outlives its call.
 *
 * Suspension: every method is synchronous.
 */
import { copyInto } from '../../bytes/bytes.ts';
import { InvalidArgumentError } from '../../base/errors.ts';
import { hashKey } from '../../bytes/hash.ts';
import { mustBeValueType, type ValueType } from '../../base/value-type.ts';

const FIELD_COUNT = 6;
const TYPE = 0;
const HASH = 1;
const KEY_START = 2;
const KEY_END = 3;
const VALUE_START = 4;
const VALUE_END = 5;
const CAPACITY_BYTES_INITIAL = 4096;
/** What one huge batch grew is let go at the next `clear`. */
const CAPACITY_BYTES_KEPT_MAX = 8 * 1024 * 1024;

export class OrderedBatch {
  #bytes = new Uint8Array(CAPACITY_BYTES_INITIAL);
  #length = 0;
  /** Six numbers per operation. */
  #fields = new Int32Array(FIELD_COUNT * 64);
  /**
   * Where the value of each operation lies; undefined: in `#bytes`. Not shortened between batches, since each would grow
   * it anew.
   */
  readonly #values: (Uint8Array | undefined)[] = [];
  #count = 0;
  #sizeBytes = 0;

  get operationCount(): number {
    return this.#count;
  }

  /** Bytes of all keys and values. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Where all keys lie; replaced by `add`. */
  get keyBytes(): Uint8Array {
    return this.#bytes;
  }

  typeOf(index: number): ValueType {
    return mustBeValueType(this.#field(index, TYPE));
  }

  /** The `hashKey` of the key. */
  hashOf(index: number): number {
    return this.#field(index, HASH);
  }

  keyStart(index: number): number {
    return this.#field(index, KEY_START);
  }

  keyEnd(index: number): number {
    return this.#field(index, KEY_END);
  }

  /** Where the value lies; of a range deletion the exclusive end of the range. */
  valueBytes(index: number): Uint8Array {
    return this.#values[index] ?? this.#bytes;
  }

  valueStart(index: number): number {
    return this.#field(index, VALUE_START);
  }

  valueEnd(index: number): number {
    return this.#field(index, VALUE_END);
  }

  /** `isLasting`: the bytes of the value stay as they are until `clear` (O1). The key is copied. */
  add(
    type: ValueType,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
    isLasting: boolean,
  ): void {
    const start = this.#length;
    const end = start + (keyEnd - keyStart);
    this.#reserve(isLasting ? end : end + (valueEnd - valueStart));
    copyInto(this.#bytes, start, key, keyStart, keyEnd);
    if (!isLasting) copyInto(this.#bytes, end, value, valueStart, valueEnd);
    this.#length = isLasting ? end : end + (valueEnd - valueStart);
    this.#sizeBytes += end - start + (valueEnd - valueStart);
    const fields = this.#fields;
    const base = this.#count * FIELD_COUNT;
    fields[base + TYPE] = type;
    fields[base + HASH] = hashKey(key, keyStart, keyEnd);
    fields[base + KEY_START] = start;
    fields[base + KEY_END] = end;
    fields[base + VALUE_START] = isLasting ? valueStart : end;
    fields[base + VALUE_END] = isLasting ? valueEnd : this.#length;
    this.#values[this.#count] = isLasting ? value : undefined;
    this.#count++;
  }

  /**
   * Throws InvalidArgumentError when the memory of a value that is referred to has gone since it was added: code of the
   * caller's ran in between, for later operations.
   */
  mustBeWhole(): void {
    for (let i = 0; i < this.#count; i++) {
      const value = this.#values[i];
      if (value === undefined || value.length >= this.valueEnd(i)) continue;
      throw new InvalidArgumentError(`Value went away while the batch was read: position=${i}`);
    }
  }

  /** A batch of its own with the same operations, which refers to nothing of the caller's (O1). */
  copy(): OrderedBatch {
    const copy = new OrderedBatch();
    for (let i = 0; i < this.#count; i++) {
      copy.add(
        this.typeOf(i),
        this.#bytes,
        this.keyStart(i),
        this.keyEnd(i),
        this.valueBytes(i),
        this.valueStart(i),
        this.valueEnd(i),
        false,
      );
    }
    return copy;
  }

  clear(): void {
    if (this.#bytes.length > CAPACITY_BYTES_KEPT_MAX) {
      this.#bytes = new Uint8Array(CAPACITY_BYTES_INITIAL);
      this.#fields = new Int32Array(FIELD_COUNT * 64);
      this.#values.length = 0;
    }
    this.#length = 0;
    this.#values.fill(undefined, 0, this.#count); // lets go of the caller's (O1)
    this.#count = 0;
    this.#sizeBytes = 0;
  }

  #field(index: number, field: number): number {
    return this.#fields[index * FIELD_COUNT + field]!; // index < count
  }

  #reserve(end: number): void {
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    if ((this.#count + 1) * FIELD_COUNT > this.#fields.length) {
      const grown = new Int32Array(this.#fields.length * 2);
      grown.set(this.#fields);
      this.#fields = grown;
    }
  }
}
