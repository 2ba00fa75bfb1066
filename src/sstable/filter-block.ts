/**
 * The filter block: a key filter as stored.
 *
 * Layout (little-endian; docs/formats/table.md):
 *
 *      | layout u8 | probeCount u8 | zero u16 | lineCount u32 | bits: 64 bytes x lineCount |
 *
 * Owns: the eight bytes before the bits. The bits are not copied: the filter reads them where they were loaded.
 *
 * Suspension: every function here is synchronous.
 */
import { getUint32, putUint32 } from '../bytes/coding.ts';
import { CorruptionError, IncompatibleFormatError } from '../base/errors.ts';
import { FILTER_LINE_SIZE_BYTES, KeyFilter } from './key-filter.ts';

const HEADER_SIZE_BYTES = 8;
const PROBE_COUNT_MAX = 32;

/** Probing in 512-bit lines, as in key-filter.ts. Persisted. Never renumber; append only. */
const LAYOUT_LINES = 1;

export function filterBlockSize(filter: KeyFilter): number {
  return HEADER_SIZE_BYTES + filter.bits.length;
}

/** Writes `filterBlockSize(filter)` bytes at `target[start...]` and returns the offset after them. */
export function encodeFilterBlock(filter: KeyFilter, target: Uint8Array, start: number): number {
  target[start] = LAYOUT_LINES;
  target[start + 1] = filter.probeCount;
  target[start + 2] = 0;
  target[start + 3] = 0;
  putUint32(target, start + 4, filter.lineCount);
  target.set(filter.bits, start + HEADER_SIZE_BYTES);
  return start + HEADER_SIZE_BYTES + filter.bits.length;
}

/** The filter in a verified payload, over the same bytes. */
export function decodeFilterBlock(payload: Uint8Array, path: string, offset: number): KeyFilter {
  const layout = payload[0];
  if (layout !== undefined && layout !== LAYOUT_LINES) {
    throw new IncompatibleFormatError(
      `Unknown filter layout: file=${path} offset=${offset} layout=${layout}`,
    );
  }
  const bits = payload.subarray(HEADER_SIZE_BYTES);
  const probeCount = payload[1] ?? 0;
  const isWhole = payload.length >= HEADER_SIZE_BYTES + FILTER_LINE_SIZE_BYTES;
  if (
    !isWhole ||
    bits.length !== getUint32(payload, 4) * FILTER_LINE_SIZE_BYTES ||
    probeCount < 1 ||
    probeCount > PROBE_COUNT_MAX ||
    payload[2] !== 0 ||
    payload[3] !== 0
  ) {
    throw new CorruptionError('Filter block breaks its layout', { file: path, offset });
  }
  return new KeyFilter(bits, probeCount);
}
