/**
 * The trailer that follows every block in a table file.
 *
 * Owns: the five bytes after a block's payload, the rule for trusting them, and the codecs.
 *
 * Layout (little-endian; normative text and a worked example in docs/formats/table.md):
 *
 *      payload                   | codec | checksum |
 *      |<------- n bytes ------->|<- 1 ->|<-- 4 --->|
 *
 * The lower four bits of the codec byte are the codec. The upper four are the transform: what was done to the payload
 * after it was compressed: 0 nothing, 1 encryption (block-encryption.ts).
 *
 * Invariants:
 *   block-trailer/checked-first: no byte of a payload is interpreted before its checksum, over payload and codec, has
 *       matched.
 *   block-trailer/payload-length: a handle's length counts the payload alone; a reader adds TRAILER_SIZE_BYTES.
 *   block-trailer/compression-pays: a compressed block is at least an eighth smaller than it was raw. A smaller gain
 *       is not worth the time of every reader.
 *   block-trailer/unknown-refused: a block with a codec or a transform that the reader does not know is refused as
 *       incompatible.
 *   block-trailer/transform-of-the-table: blocks of an encrypted table are encrypted, and those of any other are not.
 *       Anything else is refused.
 *   block-trailer/bounded-growth: the length that a compressed payload declares is at most 32 times its own. The
 *       format's real limit is below 22. So no payload makes a reader allocate memory out of proportion.
 *
 * Suspension: every function here is synchronous and keeps no reference to its arguments.
 */
import { type BytesView, viewOf } from '../bytes/bytes.ts';
import { getUint32, putUint32, varintAt, varintLength } from '../bytes/coding.ts';
import { maskedCrc32 } from '../bytes/crc32.ts';
import { CorruptionError, IncompatibleFormatError } from '../base/errors.ts';
import { unknownTransform } from '../base/format-refusals.ts';
import { type FileCipher, TRANSFORM_ENCRYPTED, TRANSFORM_NONE } from '../encryption/file-cipher.ts';
import { keyMissing, plainRefused } from '../encryption/file-keys.ts';
import { ENCRYPTED_BITS, openProperties, openStored, sealProperties } from './block-encryption.ts';
import { decodeSnappy } from './snappy-decoder.ts';
import { loadSnappy } from './snappy-package.ts';

export const TRAILER_SIZE_BYTES = 5;

/** Codecs. Persisted. Never renumber; append only. */
export const CODEC_NONE = 0;
export const CODEC_SNAPPY = 1;

const SNAPPY_EXPANSION_MAX = 32;
/** Own memory for the result: the default, memory of the addon's, makes each call two to three times slower. */
const SNAPPY_OPTIONS = { copyOutputData: true };

/** Writes the trailer at `target[end, +5)` for the payload `target[start, end)`. */
export function sealBlock(target: Uint8Array, start: number, end: number, codec: number): void {
  target[end] = codec;
  putUint32(target, end + 1, maskedCrc32(target, start, end + 1));
}

/**
 * The compressed form of `source[start, end)`, or undefined when that saves too little
 * (block-trailer/compression-pays).
 */
export function maybeCompress(
  source: Uint8Array,
  start: number,
  end: number,
): Uint8Array | undefined {
  const size = end - start;
  const compressed = loadSnappy().compressSync(source.subarray(start, end), SNAPPY_OPTIONS);
  return compressed.length <= size - (size >>> 3) ? compressed : undefined;
}

/**
 * Checks the trailer at `bytes[length, +5)` of the payload `bytes[0, length)` and returns its codec. `path` and `offset`
 * are for the error. The payload is encrypted, by the caller's cipher, if `isEncrypted`.
 */
export function checkTrailer(
  bytes: Uint8Array,
  length: number,
  path: string,
  offset: number,
  isEncrypted = false,
): typeof CODEC_NONE | typeof CODEC_SNAPPY {
  if (bytes.length < length + TRAILER_SIZE_BYTES) {
    throw new CorruptionError('Block is cut short', { file: path, offset });
  }
  if (maskedCrc32(bytes, 0, length + 1) !== getUint32(bytes, length + 1)) {
    throw new CorruptionError('Block checksum mismatch', { file: path, offset });
  }
  const codecByte = bytes[length]!; // below bytes.length, as just checked
  if (codecByte === CODEC_NONE && !isEncrypted) return CODEC_NONE;
  mustHaveTransform(codecByte >>> 4, isEncrypted, path, offset);
  const codec = codecByte & 0xf;
  if (codec === CODEC_SNAPPY) return CODEC_SNAPPY;
  if (codec === CODEC_NONE) return CODEC_NONE;
  throw new IncompatibleFormatError(
    `Unknown block codec: file=${path} offset=${offset} codec=${codec}`,
  );
}

/** Keeps block-trailer/transform-of-the-table. */
function mustHaveTransform(
  transform: number,
  isEncrypted: boolean,
  path: string,
  offset: number,
): void {
  if (transform === (isEncrypted ? TRANSFORM_ENCRYPTED : TRANSFORM_NONE)) return;
  if (transform === TRANSFORM_NONE) throw plainRefused('Block', path, offset);
  if (transform === TRANSFORM_ENCRYPTED) throw keyMissing(path);
  throw unknownTransform('Block', transform, path, offset);
}

/** The raw length of the compressed payload `bytes[0, length)` (block-trailer/bounded-growth). */
export function rawLengthOf(
  bytes: Uint8Array,
  length: number,
  path: string,
  offset: number,
): number {
  const declared = varintAt(bytes, 0, length);
  if (declared < 0 || declared > length * SNAPPY_EXPANSION_MAX) {
    throw new CorruptionError('Compressed block declares an impossible length', {
      file: path,
      offset,
    });
  }
  return declared;
}

/**
 * Decompresses the payload `source[0, length)` to `target[start, start + rawLength)`. Throws CorruptionError for one
 * that does not fill it.
 */
export function decompressTo(
  target: BytesView,
  start: number,
  rawLength: number,
  source: BytesView,
  length: number,
  { path, offset }: { readonly path: string; readonly offset: number },
): void {
  const elementsStart = varintLength(rawLength);
  if (decodeSnappy(source, elementsStart, length, target, start, start + rawLength)) return;
  throw new CorruptionError('Compressed block cannot be decoded', { file: path, offset });
}

/**
 * Checks the trailer at `bytes[length, +5)` and returns the raw payload: a view of `bytes`, or fresh memory when the
 * block was compressed or encrypted.
 */
export function openBlock(
  bytes: Uint8Array,
  length: number,
  path: string,
  offset: number,
  cipher?: FileCipher,
): Uint8Array {
  const codec = checkTrailer(bytes, length, path, offset, cipher !== undefined);
  const payload =
    cipher === undefined ? bytes.subarray(0, length) : openStored(cipher, bytes, length, offset);
  return codec === CODEC_NONE ? payload : decompressed(payload, path, offset);
}

/** As `openBlock`, of the properties: they are encrypted in a way of their own (block-encryption/written-once). */
export function openPropertiesBlock(
  bytes: Uint8Array,
  length: number,
  path: string,
  offset: number,
  cipher: FileCipher | undefined,
): Uint8Array {
  if (cipher === undefined) return openBlock(bytes, length, path, offset);
  checkTrailer(bytes, length, path, offset, true);
  return openProperties(cipher, bytes, length, offset);
}

/** The properties block, trailer included, for that offset in the file. `base` is the sequence base, 0 for none. */
export function propertiesBlockOf(
  payload: Uint8Array,
  base: number,
  offset: number,
  cipher: FileCipher | undefined,
): Uint8Array {
  const stored = cipher === undefined ? payload : sealProperties(cipher, payload, base, offset);
  const block = new Uint8Array(stored.length + TRAILER_SIZE_BYTES);
  block.set(stored);
  sealBlock(
    block,
    0,
    stored.length,
    cipher === undefined ? CODEC_NONE : CODEC_NONE | ENCRYPTED_BITS,
  );
  return block;
}

function decompressed(bytes: Uint8Array, path: string, offset: number): Uint8Array {
  const { length } = bytes;
  const rawLength = rawLengthOf(bytes, length, path, offset);
  const raw = new Uint8Array(rawLength);
  const target = { bytes: raw, view: viewOf(raw) };
  const source = { bytes, view: viewOf(bytes) };
  decompressTo(target, 0, rawLength, source, length, { path, offset });
  return raw;
}
