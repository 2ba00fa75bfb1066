/** What a table says of its entries that expire. */
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../src/bytes/coding.ts';
import {
  ExpiryCollector,
  getTableExpiry,
  isPossibleExpiry,
  putTableExpiry,
  type TableExpiry,
} from '../../src/sstable/table-expiry.ts';
import { CODEC_NONE, sealBlock } from '../../src/sstable/block-trailer.ts';
import { decodeFooter, FOOTER_SIZE_BYTES } from '../../src/sstable/footer.ts';
import { decodeProperties, encodeProperties } from '../../src/sstable/table-properties.ts';
import { entry, expiringEntry } from '../support/array-iterator.ts';
import { makeRandom } from '../support/prng.ts';
import { buildTable, openTable } from './table-helpers.ts';

function collected(times: readonly number[], entryCount: number, deletionCount: number) {
  const collector = new ExpiryCollector();
  for (const time of times) collector.add(time);
  return collector.finish(entryCount, deletionCount);
}

describe('the expiry of a table', () => {
  it('has its first, its last, and the time at which half of the table is gone (table-expiry/times-in-order)', () => {
    expect(collected([], 5, 2)).toBe(undefined);
    const times = [30, 10, 20];
    const expiry = { count: 3, earliestMs: 10, latestMs: 30 };
    expect(collected(times, 3, 0)).toEqual({ ...expiry, mostlyMs: 20 });
    expect(collected(times, 6, 0)).toEqual({ ...expiry, mostlyMs: 30 });
    expect(collected(times, 7, 0)).toEqual({ ...expiry, mostlyMs: 0 });
    expect(collected(times, 7, 1)).toEqual({ ...expiry, mostlyMs: 30 });
    expect(collected(times, 20, 17)).toEqual({ ...expiry, mostlyMs: 10 });
  });

  it('agrees with a count, for random tables', () => {
    const random = makeRandom(7);
    for (let round = 0; round < 300; round++) {
      const times = Array.from({ length: 1 + random.below(600) }, () => 1 + random.below(1000));
      const deletionCount = random.below(100);
      const entryCount = times.length + deletionCount + random.below(800);
      const found = collected(times, entryCount, deletionCount)!; // there are times
      const goneAt = (time: number): number =>
        deletionCount + times.filter((each) => each <= time).length;
      expect(isPossibleExpiry(found, entryCount - deletionCount)).toBe(true);
      if (found.mostlyMs === 0) expect(2 * goneAt(found.latestMs)).toBeLessThan(entryCount);
      else {
        expect(2 * goneAt(found.mostlyMs)).toBeGreaterThanOrEqual(entryCount);
        const isFirst = found.mostlyMs === found.earliestMs;
        if (!isFirst) expect(2 * goneAt(found.mostlyMs - 1)).toBeLessThan(entryCount);
      }
    }
  });

  it('is the same after writing and reading, and is refused where it is impossible', () => {
    const expiry: TableExpiry = {
      count: 3,
      earliestMs: 10,
      mostlyMs: 2 ** 47,
      latestMs: 2 ** 48 - 1,
    };
    const writer = new ByteWriter();
    putTableExpiry(writer, expiry);
    expect(getTableExpiry(new ByteReader(writer.finish()))).toEqual(expiry);
    expect(isPossibleExpiry(expiry, 3)).toBe(true);
    const wrong: Partial<TableExpiry>[] = [
      ...[{ count: 0 }, { count: 4 }, { earliestMs: 2 ** 48 }],
      ...[{ mostlyMs: 9 }, { mostlyMs: 2 ** 48 }],
    ];
    for (const part of wrong) expect(isPossibleExpiry({ ...expiry, ...part }, 3)).toBe(false);
  });
});

describe('a table that says something wrong of its entries that expire', () => {
  const expiring = ['a', 'b', 'c'].map((key, i) => expiringEntry(key, 5, 1000 + i, 'v'));
  const { bytes, properties } = buildTable([...expiring, entry('d', 6, 'stays')]);
  const offset = bytes.length - FOOTER_SIZE_BYTES;
  const { properties: handle } = decodeFooter(bytes.subarray(offset), 'f', offset);
  const end = handle.offset + handle.length;
  const expiry = properties.expiry!; // three of its entries expire

  it.each([
    { count: 2 },
    { earliestMs: 1001 },
    { mostlyMs: 1002 },
    { mostlyMs: 1000 },
    { latestMs: 1003 },
  ])('is refused by verify: %j', (wrong) => {
    const decoded = decodeProperties(bytes.subarray(handle.offset, end), 'f', 0);
    expect(decoded.expiry).toEqual(expiry);
    const damaged = bytes.slice();
    damaged.set(encodeProperties({ ...decoded, expiry: { ...expiry, ...wrong } }), handle.offset);
    sealBlock(damaged, handle.offset, end, CODEC_NONE);
    expect(() => openTable(damaged).verify()).toThrow('Properties do not match the entries');
    expect(() => openTable(bytes).verify()).not.toThrow();
  });
});
