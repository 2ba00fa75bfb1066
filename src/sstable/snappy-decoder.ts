/**
 * Decompression of snappy, into memory that the caller has.
 *
 * Owns: the reading side of the raw snappy format (google/snappy, format_description.txt). The writing side is the
 * package's (snappy-package.ts).
 *
 * A block that is not in memory is decompressed by the call that waits for it, so the price of this function is most of
 * the price of a miss. Written in JavaScript it needs no memory of its own and no call into native code: 4 KiB of
 * half-random values take 1.8 us, of JSON 4.8; the package takes 4.5 to 5, and then its result is still to be copied into
 * the cache (docs/adr/0045-misses.md).
 *
 * A compressed payload is its raw length as a varint, then elements. The lower two bits of an element's tag tell its kind:
 *
 *      0   literal   length - 1 in the upper six bits; from 60 on they tell that 1 to 4 bytes of length - 1 follow
 *      1   copy      length - 4 in three bits, offset in the upper three and one byte more
 *      2   copy      length - 1 in the upper six bits, offset in two bytes
 *      3   copy      length - 1 in the upper six bits, offset in four bytes
 *
 * Invariants:
 *   snappy-decoder/in-bounds: nothing outside of the payload is interpreted, and nothing outside of the target is
 *       written, whatever the payload holds. A payload that does not fill the target exactly is refused.
 *
 * Suspension: every function here is synchronous and keeps no reference to its arguments.
 */
import type { BytesView } from '../bytes/bytes.ts';

const LITERAL = 0;
const SHORT_COPY = 1;
const COPY = 2;
/** Lengths of literals from here on are in bytes of their own. */
const LITERAL_LENGTH_INLINE_MAX = 60;
/** A literal longer than this is copied faster by the system. */
const WORD_COPY_MAX_BYTES = 256;

/**
 * Decompresses the elements in `source[start, end)`, which follow the raw length, and fills `target[to, targetEnd)`.
 * False: they are damaged. What the target holds then means nothing.
 */
export function decodeSnappy(
  source: BytesView,
  start: number,
  end: number,
  target: BytesView,
  targetStart: number,
  targetEnd: number,
): boolean {
  const from = source.bytes;
  const fromView = source.view;
  const into = target.bytes;
  const intoView = target.view;
  let at = start;
  let to = targetStart;
  while (at < end) {
    const tag = from[at++]!; // at < end
    const kind = tag & 3;
    if (kind === LITERAL) {
      let length = (tag >>> 2) + 1;
      if (length > LITERAL_LENGTH_INLINE_MAX) {
        const lengthSize = length - LITERAL_LENGTH_INLINE_MAX;
        if (at + lengthSize > end) return false;
        length = littleEndian(from, at, lengthSize) + 1;
        at += lengthSize;
      }
      if (at + length > end || to + length > targetEnd) return false;
      if (length > WORD_COPY_MAX_BYTES) into.set(from.subarray(at, at + length), to);
      else copyForward(intoView, to, fromView, at, length);
      at += length;
      to += length;
      continue;
    }
    const offsetSize = kind === SHORT_COPY ? 1 : kind === COPY ? 2 : 4;
    if (at + offsetSize > end) return false;
    const offset =
      kind === SHORT_COPY
        ? ((tag >>> 5) << 8) | from[at]! // at + offsetSize <= end, here and below
        : kind === COPY
          ? from[at]! | (from[at + 1]! << 8)
          : fromView.getUint32(at, true);
    const length = kind === SHORT_COPY ? 4 + ((tag >>> 2) & 7) : (tag >>> 2) + 1;
    at += offsetSize;
    if (offset === 0 || offset > to - targetStart || to + length > targetEnd) return false;
    if (offset === 1) fill(into, intoView, to, length);
    else if (offset < 4) repeat(into, to, offset, length);
    else copyForward(intoView, to, intoView, to - offset, length);
    to += length;
  }
  return to === targetEnd;
}

/** The bytes of a length, at most four. */
function littleEndian(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + bytes[at + i]!; // within the payload
  return value;
}

/** Words first, then bytes. Right for a copy of what was just written, at least four bytes back. */
function copyForward(
  target: DataView,
  to: number,
  source: DataView,
  from: number,
  length: number,
): void {
  const end = to + length;
  for (; to + 16 <= end; to += 16, from += 16) {
    target.setInt32(to, source.getInt32(from, true), true);
    target.setInt32(to + 4, source.getInt32(from + 4, true), true);
    target.setInt32(to + 8, source.getInt32(from + 8, true), true);
    target.setInt32(to + 12, source.getInt32(from + 12, true), true);
  }
  for (; to + 4 <= end; to += 4, from += 4) target.setInt32(to, source.getInt32(from, true), true);
  for (; to < end; to++, from++) target.setUint8(to, source.getUint8(from));
}

/** Repeats the byte before `to`. */
function fill(bytes: Uint8Array, view: DataView, to: number, length: number): void {
  const byte = bytes[to - 1]!; // the offset was checked
  const word = byte * 0x01010101;
  const end = to + length;
  for (; to + 4 <= end; to += 4) view.setUint32(to, word, true);
  for (; to < end; to++) bytes[to] = byte;
}

function repeat(bytes: Uint8Array, to: number, offset: number, length: number): void {
  for (let i = 0; i < length; i++) bytes[to + i] = bytes[to + i - offset]!; // as above
}
