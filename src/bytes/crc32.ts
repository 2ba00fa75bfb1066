/**
 * Checksum of a byte range: CRC-32 (IEEE 802.3, reflected, polynomial 0xedb88320), as zlib computes it.
 *
 * Owns: the one checksum of every format. Node's native `zlib.crc32` above a crossover, a slicing-by-16 table below
 * (M. Kounavis and F. Berry, "A Systematic Approach to Building High Performance, Software-based, CRC Generators").
 *
 * Stored checksums are masked: a file that was zeroed ahead never holds the checksum of eight zero bytes, or of bytes
 * that hold their own checksum.
 */
// By namespace: a Node.js without `crc32` must get as far as base/runtime.ts, which says so.
import * as zlib from 'node:zlib';

const POLYNOMIAL = 0xedb88320;
/** Below this many bytes the call into zlib costs more than the table does. */
const NATIVE_MIN_BYTES = 400;

const TABLE = buildTable();

function buildTable(): Int32Array {
  const table = new Int32Array(16 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    table[byte] = crc;
  }
  for (let slice = 1; slice < 16; slice++) {
    for (let byte = 0; byte < 256; byte++) {
      const previous = table[(slice - 1) * 256 + byte]!;
      table[slice * 256 + byte] = (previous >>> 8) ^ table[previous & 0xff]!;
    }
  }
  return table;
}

/** CRC-32 of `bytes[start, end)` as an unsigned number. `seed` continues an earlier checksum. */
export function crc32(bytes: Uint8Array, start = 0, end: number = bytes.length, seed = 0): number {
  if (end - start >= NATIVE_MIN_BYTES) return zlib.crc32(bytes.subarray(start, end), seed);
  return tableCrc32(bytes, start, end, seed);
}

/** The table form, exported so that a test can hold the two against each other. */
export function tableCrc32(bytes: Uint8Array, start: number, end: number, seed: number): number {
  const t = TABLE;
  let crc = ~seed;
  let i = start;
  // The sixteen bytes of each step are within [start, end); every table index is below 4096.
  for (; i + 16 <= end; i += 16) {
    crc =
      t[0xf00 + ((bytes[i]! ^ crc) & 0xff)]! ^
      t[0xe00 + ((bytes[i + 1]! ^ (crc >>> 8)) & 0xff)]! ^
      t[0xd00 + ((bytes[i + 2]! ^ (crc >>> 16)) & 0xff)]! ^
      t[0xc00 + (bytes[i + 3]! ^ (crc >>> 24))]! ^
      t[0xb00 + bytes[i + 4]!]! ^
      t[0xa00 + bytes[i + 5]!]! ^
      t[0x900 + bytes[i + 6]!]! ^
      t[0x800 + bytes[i + 7]!]! ^
      t[0x700 + bytes[i + 8]!]! ^
      t[0x600 + bytes[i + 9]!]! ^
      t[0x500 + bytes[i + 10]!]! ^
      t[0x400 + bytes[i + 11]!]! ^
      t[0x300 + bytes[i + 12]!]! ^
      t[0x200 + bytes[i + 13]!]! ^
      t[0x100 + bytes[i + 14]!]! ^
      t[bytes[i + 15]!]!;
  }
  for (; i < end; i++) crc = (crc >>> 8) ^ t[(crc ^ bytes[i]!) & 0xff]!;
  return ~crc >>> 0;
}

const MASK_DELTA = 0xa282ead8;

/** The stored form of a checksum: rotated and offset, so that it is not itself a plausible checksum. */
export function maskedCrc32(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  return maskCrc32(crc32(bytes, start, end));
}

/** The stored form of a checksum that was computed piece by piece. */
export function maskCrc32(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}
