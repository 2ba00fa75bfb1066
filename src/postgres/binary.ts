/**
 * Arrays of byte strings as PostgreSQL takes them in binary.
 *
 * Owns: the encoding of parameters of the type `bytea[]`. As text each byte would take two characters, and a pass over them
 * on both sides.
 *
 * Layout (big-endian): dimensions u32 = 1 | has nulls u32 | type of the elements u32 = 17 | count u32 | first index u32 = 1 |
 * then for each element its length i32, -1 for null, and its bytes. Without an element there is no dimension, and the first
 * three alone.
 *
 * Suspension: every function here is synchronous.
 */
const BYTEA = 17;
const HEAD_SIZE_BYTES = 20;
const EMPTY_HEAD_SIZE_BYTES = 12;

/** The array as a parameter; undefined is null. */
export function byteaArray(elements: readonly (Uint8Array | undefined)[]): Buffer {
  let sizeBytes = elements.length === 0 ? EMPTY_HEAD_SIZE_BYTES : HEAD_SIZE_BYTES;
  for (const element of elements) sizeBytes += 4 + (element?.length ?? 0);
  const array = Buffer.alloc(sizeBytes);
  array.writeUInt32BE(elements.length === 0 ? 0 : 1, 0);
  array.writeUInt32BE(elements.includes(undefined) ? 1 : 0, 4);
  array.writeUInt32BE(BYTEA, 8);
  if (elements.length === 0) return array;
  array.writeUInt32BE(elements.length, 12);
  array.writeUInt32BE(1, 16);
  let at = HEAD_SIZE_BYTES;
  for (const element of elements) {
    array.writeInt32BE(element?.length ?? -1, at);
    at += 4;
    if (element === undefined) continue;
    array.set(element, at);
    at += element.length;
  }
  return array;
}

/** A `bytea` as the package gives it, as a plain byte string. */
export function bytesOf(value: unknown): Uint8Array {
  const { buffer, byteOffset, length } = value as Buffer; // of a column of this type
  return new Uint8Array(buffer, byteOffset, length);
}
