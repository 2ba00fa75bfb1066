/**
 * How much room the entries of a range take, about.
 *
 * Owns: the estimate: tables that lie in the range count whole, those at its ends by the blocks that lie in it.
 *
 * What is in memtables and in logs counts as nothing. A table at an end of the range is opened when it is not open: that
 * reads its index and no data.
 *
 * Suspension: everything here is synchronous.
 */
import { type BoundedRange, isWithin, overlapsRange } from '../../bytes/key-range.ts';
import type { TableCache } from '../../sstable/table-cache.ts';
import type { Version } from '../../version/version.ts';

/** Bytes of tables. Throws what opening a table throws. */
export function approximateSizeOf(
  { levels }: Version,
  tables: TableCache,
  range: BoundedRange,
): number {
  let sizeBytes = 0;
  for (const file of levels.flat()) {
    if (!overlapsRange(file, { lower: range.start, upper: range.end })) continue;
    sizeBytes += isWithin(file, range)
      ? file.sizeBytes
      : tables.get(file.number).sizeBetween(range.start, range.end);
  }
  return sizeBytes;
}
