/**
 * The three formats in which Level hands keys and values over: text, Buffer and Uint8Array.
 *
 * Owns: the way from each of them to bytes, and back.
 *
 * Invariants:
 *   formats/own-memory: bytes that are handed out share memory with no others. Varve's encoding `pooled` lays small results
 *       side by side, which is the cheapest for text; for the other two formats they are copied out of there.
 *
 * Suspension: everything here is synchronous.
 */

/** A format of Level. Encodings of its users are laid on one of them. */
export type Format = 'utf8' | 'buffer' | 'view';

/** A key or a value in a format. */
export type Formatted = string | Uint8Array;

/** Results of the encoding `pooled` that are longer have memory of their own. */
const POOLED_SIZE_BYTES_MAX = 4096;

/** The bytes of a key or value: those of the caller, or of text as UTF-8. */
export function bytesOf(value: Formatted): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
}

/** Bytes as Varve has read them, in a format. */
export function formatted(bytes: Uint8Array, format: Format): Formatted {
  if (format === 'view') return hasOwnMemory(bytes) ? bytes : new Uint8Array(bytes);
  if (format === 'utf8') return bufferOver(bytes).toString('utf8');
  if (hasOwnMemory(bytes)) return bufferOver(bytes);
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}

function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Looks at the length first: to read `buffer` of a small array costs more than a copy of it. */
function hasOwnMemory(bytes: Uint8Array): boolean {
  if (bytes.length <= POOLED_SIZE_BYTES_MAX) return false;
  return bytes.buffer.byteLength === bytes.length;
}
