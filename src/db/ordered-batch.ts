/**
 * The operations of a batch, encoded, in the order in which they were given.
 *
 * Owns: a copy of their bytes and where each key and value lies in it. It exists because a commit must know its size
 * before it begins, and the caller's encoder must have run, and have failed if it fails, by then.
 *
 * Suspension: every method is synchronous. Bytes given are copied.
 */
import { copyInto } from '../base/bytes.ts';
import type { ValueType } from '../base/value-type.ts';
import { DELETION, RANGE_DELETION, VALUE } from '../base/value-type.ts';

const FIELD_COUNT = 4;
const CAPACITY_BYTES_INITIAL = 4096;
/** What one huge batch grew is let go at the next `clear`. */
const CAPACITY_BYTES_KEPT_MAX = 8 * 1024 * 1024;

export type OperationVisitor = (
  type: ValueType,
  bytes: Uint8Array,
  keyStart: number,
  keyEnd: number,
  valueStart: number,
  valueEnd: number,
) => void;

export class OrderedBatch {
  #bytes = new Uint8Array(CAPACITY_BYTES_INITIAL);
  #length = 0;
  /** Per operation: type, start of the key, start of the value, end of the value. */
  #fields = new Int32Array(FIELD_COUNT * 64);
  #count = 0;

  get operationCount(): number {
    return this.#count;
  }

  /** Bytes of all keys and values. */
  get sizeBytes(): number {
    return this.#length;
  }

  add(
    type: ValueType,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    const keyLength = keyEnd - keyStart;
    const start = this.#length;
    const end = start + keyLength + (valueEnd - valueStart);
    this.#reserve(end);
    copyInto(this.#bytes, start, key, keyStart, keyEnd);
    copyInto(this.#bytes, start + keyLength, value, valueStart, valueEnd);
    this.#length = end;
    const base = this.#count * FIELD_COUNT;
    this.#fields[base] = type;
    this.#fields[base + 1] = start;
    this.#fields[base + 2] = start + keyLength;
    this.#fields[base + 3] = end;
    this.#count++;
  }

  forEach(visit: OperationVisitor): void {
    const bytes = this.#bytes;
    const fields = this.#fields;
    for (let base = 0; base < this.#count * FIELD_COUNT; base += FIELD_COUNT) {
      const valueStart = fields[base + 2]!; // base + 3 < count * FIELD_COUNT
      visit(
        typeOf(fields[base]!),
        bytes,
        fields[base + 1]!,
        valueStart,
        valueStart,
        fields[base + 3]!,
      );
    }
  }

  /** A batch of its own with the same operations. */
  copy(): OrderedBatch {
    const copy = new OrderedBatch();
    copy.#bytes = this.#bytes.slice(0, this.#length);
    copy.#length = this.#length;
    copy.#fields = this.#fields.slice(0, this.#count * FIELD_COUNT);
    copy.#count = this.#count;
    return copy;
  }

  clear(): void {
    if (this.#bytes.length > CAPACITY_BYTES_KEPT_MAX) {
      this.#bytes = new Uint8Array(CAPACITY_BYTES_INITIAL);
      this.#fields = new Int32Array(FIELD_COUNT * 64);
    }
    this.#length = 0;
    this.#count = 0;
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

function typeOf(type: number): ValueType {
  return type === VALUE ? VALUE : type === DELETION ? DELETION : RANGE_DELETION;
}
