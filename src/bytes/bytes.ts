/**
 * Byte strings and their order.
 *
 * Owns: the one order of keys (unsigned bytes, a prefix before its extensions) in every form that a hot path needs.
 *
 * Suspension: every function here is synchronous and keeps no reference to its arguments.
 */

/** The bytes `bytes[start, end)`, lent. */
export interface ByteSlice {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** The same memory, by bytes and by numbers. */
export interface BytesView {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

export const EMPTY_BYTES: Uint8Array = new Uint8Array(0);

export const EMPTY_SLICE: ByteSlice = { bytes: EMPTY_BYTES, start: 0, end: 0 };

/** The whole of an array as a slice. */
export function sliceOf(bytes: Uint8Array): ByteSlice {
  return { bytes, start: 0, end: bytes.length };
}

/** Above this many bytes the native compare wins over a loop (its call costs about 45 ns). */
const NATIVE_COMPARE_MIN_BYTES = 48;

/** Orders byte strings as unsigned bytes, a prefix before its extensions. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return compareRanges(a, 0, a.length, b, 0, b.length);
}

/** `compareBytes` of `a[aStart, aEnd)` and `b[bStart, bEnd)`, without making views. */
export function compareRanges(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  const aLength = aEnd - aStart;
  const bLength = bEnd - bStart;
  const shared = aLength < bLength ? aLength : bLength;
  if (shared >= NATIVE_COMPARE_MIN_BYTES) return compareLong(a, aStart, aEnd, b, bStart, bEnd);
  for (let i = 0; i < shared; i++) {
    const difference = a[aStart + i]! - b[bStart + i]!; // i < shared
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}

function compareLong(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  return Buffer.compare(a.subarray(aStart, aEnd), b.subarray(bStart, bEnd));
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && equalRanges(a, 0, b, 0, a.length);
}

/** True when `a[aStart, +length)` equals `b[bStart, +length)`. */
export function equalRanges(
  a: Uint8Array,
  aStart: number,
  b: Uint8Array,
  bStart: number,
  length: number,
): boolean {
  if (length >= NATIVE_COMPARE_MIN_BYTES) {
    return compareLong(a, aStart, aStart + length, b, bStart, bStart + length) === 0;
  }
  for (let i = 0; i < length; i++) {
    if (a[aStart + i] !== b[bStart + i]) return false;
  }
  return true;
}

/** How many leading bytes two byte strings share. */
export function sharedPrefixLength(a: Uint8Array, b: Uint8Array): number {
  const limit = a.length < b.length ? a.length : b.length;
  let length = 0;
  while (length < limit && a[length] === b[length]) length++;
  return length;
}

/** The caller's own copy of `bytes[start, end)`, a plain Uint8Array with memory of its own. */
export function copyRange(bytes: Uint8Array, start: number, end: number): Uint8Array {
  // `slice` fills no zeros first: 0.5 us for 100 bytes instead of 0.9. That of a subclass would make the subclass.
  if (end - start > LOOP_COPY_MAX_BYTES && bytes.constructor === Uint8Array) {
    return bytes.slice(start, end);
  }
  const copy = new Uint8Array(end - start);
  copyInto(copy, 0, bytes, start, end);
  return copy;
}

/** Below this many bytes a loop is faster than `set` with a view. */
const LOOP_COPY_MAX_BYTES = 32;

/** Copies `source[start, end)` to `target[offset...]`. The two may share memory only when they do not overlap. */
export function copyInto(
  target: Uint8Array,
  offset: number,
  source: Uint8Array,
  start: number,
  end: number,
): void {
  const length = end - start;
  if (length <= LOOP_COPY_MAX_BYTES) {
    for (let i = 0; i < length; i++) target[offset + i] = source[start + i]!; // within both ranges
  } else if (length === source.length) {
    target.set(source, offset);
  } else {
    target.set(viewInto(source, start, length), offset);
  }
}

/** The array that `viewInto` was asked about last, and its buffer once it was asked twice in a row. */
let lastSource: Uint8Array = EMPTY_BYTES;
let lastBuffer: ArrayBufferLike | undefined;
/** A larger one is not held on to. */
const LAST_SOURCE_SIZE_BYTES_MAX = 4 * 1024 * 1024;

/**
 * `source.subarray`, for a moment. The buffer of the last array is kept, because reading `buffer` of an array takes
 * most of 55 ns. A scan, which reads from one array many times, then takes 30 ns for a view.
 */
function viewInto(source: Uint8Array, start: number, length: number): Uint8Array {
  if (source !== lastSource) {
    lastSource = source.length > LAST_SOURCE_SIZE_BYTES_MAX ? EMPTY_BYTES : source;
    lastBuffer = undefined;
    return source.subarray(start, start + length);
  }
  lastBuffer ??= source.buffer;
  return new Uint8Array(lastBuffer, source.byteOffset + start, length);
}

/** A DataView over exactly these bytes. Always use this: `new DataView(bytes.buffer)` forgets the offset. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A Buffer over the same memory, for `latin1Slice` and its kind. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The smallest byte string above every string that starts with `prefix`, or undefined when there is none
 * (an empty prefix, or one of 0xff only).
 */
export function prefixSuccessor(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length--;
  if (length === 0) return undefined;
  const successor = prefix.slice(0, length);
  successor[length - 1]! += 1; // length > 0 and the byte is below 0xff
  return successor;
}

/** The smallest byte string above `key`: itself and a zero byte. */
export function keySuccessor(key: Uint8Array): Uint8Array {
  const successor = new Uint8Array(key.length + 1);
  successor.set(key);
  return successor;
}

/**
 * A short byte string `s` with `lower <= s < upper`, for the index of a table (LevelDB's FindShortestSeparator).
 * Needs `lower < upper`.
 */
export function shortestSeparator(lower: Uint8Array, upper: Uint8Array): Uint8Array {
  const shared = sharedPrefixLength(lower, upper);
  if (shared >= lower.length) return lower;
  const byte = lower[shared]!; // shared < lower.length
  if (byte < 0xff && byte + 1 < upper[shared]!) {
    // shared < upper.length, since lower < upper and lower is no prefix of upper
    const separator = lower.slice(0, shared + 1);
    separator[shared] = byte + 1;
    return separator;
  }
  return lower;
}

/** For messages: printable keys as text, others as hex; long ones are cut. */
export function describeKey(key: Uint8Array): string {
  const shown = key.subarray(0, 32);
  let isPrintable = true;
  for (const byte of shown) isPrintable &&= byte >= 0x20 && byte < 0x7f;
  const text = isPrintable
    ? `'${bufferOf(shown).toString('latin1')}'`
    : `0x${bufferOf(shown).toString('hex')}`;
  return shown.length < key.length ? `${text}... (${key.length} bytes)` : text;
}
