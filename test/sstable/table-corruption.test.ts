/** Damage to a table is reported, or provably changed nothing; it never shows other data or another kind of error. */
import { describe, expect, it } from 'vitest';
import { CorruptionError, IncompatibleFormatError } from '../../src/base/errors.ts';
import { ALL_VERSIONS } from '../../src/iterator/internal-iterator.ts';
import { HAS_EQUAL_RECORDS } from '../../src/sstable/block-format.ts';
import { sealBlock, TRAILER_SIZE_BYTES } from '../../src/sstable/block-trailer.ts';
import { decodeFooter, FOOTER_SIZE_BYTES } from '../../src/sstable/footer.ts';
import type { TableReader } from '../../src/sstable/table-reader.ts';
import { TableSalvager } from '../../src/sstable/table-salvager.ts';
import { TableIndex } from '../../src/sstable/table-index.ts';
import { entry, type Entry, showEntry } from '../support/array-iterator.ts';
import { currentEntry, settleSync } from '../support/iterator-contract.ts';
import { makeRandom } from '../support/prng.ts';
import { buildTable, fileOf, lookUp, openTable, showTombstones } from './table-helpers.ts';

const ENTRIES: readonly Entry[] = [
  entry('apple', 7, 'red red red red red red red red red'),
  entry('apple', 3),
  entry('banana', 5, 'yellow'),
  entry('bandana', 6, ''),
  entry('cherry', 2, 'cherry cherry cherry cherry'),
];
/** Blocks of equal records. */
const EQUAL_ENTRIES: readonly Entry[] = Array.from({ length: 12 }, (_, i) =>
  entry(`account/${String(i * 37).padStart(4, '0')}/eur`, 4, `balance ${1000 + i}`),
);
const TOMBSTONES = [
  { start: 'c', end: 'd', sequence: 9 },
  { start: 'cc', end: 'x', sequence: 4 },
];

/** Every entry, as verified tables show them. */
function scanVerified(reader: TableReader): string[] {
  reader.verify();
  return scanForward(reader);
}

function scanForward(reader: TableReader): string[] {
  const lines: string[] = [];
  const forward = reader.iterator(ALL_VERSIONS, { fillCache: false, readaheadBytes: 100 });
  for (let s = settleSync(forward, forward.seekFirst()); s === 1;) {
    lines.push(showEntry(currentEntry(forward)));
    s = settleSync(forward, forward.next());
  }
  return lines;
}

/** Everything that can be read out of a table, by every way. */
function readAll(reader: TableReader, entries = ENTRIES): string[] {
  const lines = [...showTombstones(reader.rangeTombstones), ...scanForward(reader)];
  const backward = reader.iterator(6, { fillCache: false });
  for (let s = settleSync(backward, backward.seekLast()); s === 1;) {
    lines.push(showEntry(currentEntry(backward)));
    s = settleSync(backward, backward.prev());
  }
  for (const { key } of entries) {
    const found = lookUp(reader, key, 6);
    lines.push(found === undefined ? 'absent' : showEntry(found));
  }
  return lines;
}

function isExpectedError(error: unknown): boolean {
  return error instanceof CorruptionError || error instanceof IncompatibleFormatError;
}

/** What `read` answers, or the error, which must be one that damage may cause. */
function outcome(bytes: Uint8Array, what: string, read: (reader: TableReader) => string[]): string {
  try {
    return read(openTable(bytes)).join('\n');
  } catch (error) {
    expect(isExpectedError(error), `${what}: ${String(error)}`).toBe(true);
    return 'refused';
  }
}

function verified(reader: TableReader): string[] {
  reader.verify();
  return readAll(reader);
}

describe.each(['none', 'snappy'] as const)('a damaged table, compression %s', (compression) => {
  const { bytes } = buildTable(ENTRIES, { blockSizeBytes: 50, compression }, TOMBSTONES);

  it('is refused at every single flipped bit, by reading and by verify (block-trailer/checked-first, footer/no-gaps, block-source/checked-first, table-reader/checked-first)', () => {
    expect(readAll(openTable(bytes)).length).toBe(TOMBSTONES.length + 5 + 4 + 5);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      expect(outcome(damaged, `bit=${bit}`, readAll)).toBe('refused');
      expect(outcome(damaged, `bit=${bit}`, verified)).toBe('refused');
    }
  });

  it('is refused at every shorter length, and with bytes added at the end (footer/no-gaps)', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(outcome(bytes.subarray(0, length), `length=${length}`, readAll)).toBe('refused');
    }
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    expect(outcome(longer, 'one more byte', readAll)).toBe('refused');
    const doubled = Uint8Array.from([...bytes, ...bytes]);
    expect(outcome(doubled, 'twice', readAll)).toBe('refused');
  });

  it('with two runs of noise is refused', () => {
    const random = makeRandom(5);
    for (let i = 0; i < 300; i++) {
      const damaged = bytes.slice();
      for (let run = 0; run < 2; run++) {
        damaged.set(random.bytes(8), random.below(bytes.length - 8));
      }
      expect(outcome(damaged, `i=${i}`, readAll)).toBe('refused');
    }
  });

  it('that is nothing but noise is refused', () => {
    const random = makeRandom(6);
    for (let i = 0; i < 300; i++) {
      expect(outcome(random.bytes(random.below(400)), `i=${i}`, readAll)).toBe('refused');
    }
  });

  it('says which file and where', () => {
    const damaged = bytes.slice();
    damaged[3]! ^= 1;
    try {
      readAll(openTable(damaged));
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ file: '/000007.sst', offset: 0 });
    }
  });
});

/** The places of all blocks: payload offset and length. */
function blocksOf(bytes: Uint8Array): { offset: number; length: number }[] {
  const footerOffset = bytes.length - FOOTER_SIZE_BYTES;
  const footer = decodeFooter(bytes.subarray(footerOffset), 'f', footerOffset);
  const { offset, length } = footer.index;
  const payload = bytes.subarray(offset, offset + length);
  const index = new TableIndex(payload, footer.filter.offset, 'f', offset);
  const data = Array.from({ length: index.blockCount }, (_, i) => ({
    offset: index.blockOffset(i),
    length: index.blockLength(i),
  }));
  return [...data, footer.filter, footer.rangeTombstones, footer.properties, footer.index];
}

describe('a damaged table of equal records', () => {
  const { bytes } = buildTable(EQUAL_ENTRIES, { blockSizeBytes: 150 }, TOMBSTONES);

  it('is refused at every single flipped bit and every shorter length (block-trailer/checked-first, footer/no-gaps)', () => {
    const read = (reader: TableReader): string[] => readAll(reader, EQUAL_ENTRIES);
    expect(outcome(bytes, 'whole', read).split('\n').length).toBe(TOMBSTONES.length + 12 + 12 + 12);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      expect(outcome(damaged, `bit=${bit}`, read)).toBe('refused');
    }
    for (let length = 0; length < bytes.length; length++) {
      expect(outcome(bytes.subarray(0, length), `length=${length}`, read)).toBe('refused');
    }
  });

  it('is salvaged but for the block that was hit (table-salvager/checked-first)', () => {
    const whole = new TableSalvager(fileOf(bytes));
    expect(whole.problems).toEqual([]);
    const counts = Array.from({ length: whole.blockCount }, (_, i) => {
      const block = whole.readBlock(i);
      const flags = block.view.getUint32(block.start + 16, true);
      expect(flags & HAS_EQUAL_RECORDS).toBe(HAS_EQUAL_RECORDS);
      return block.entryCount;
    });
    expect(counts.reduce((sum, count) => sum + count)).toBe(EQUAL_ENTRIES.length);
    for (const isFooterLost of [false, true]) {
      const damaged = bytes.slice();
      damaged[whole.blockOffset(counts.length - 1) + 30]! ^= 1;
      if (isFooterLost) damaged[damaged.length - 1]! ^= 1;
      const salvager = new TableSalvager(fileOf(damaged));
      for (const [i, count] of counts.slice(0, -1).entries()) {
        expect(salvager.readBlock(i).entryCount).toBe(count);
      }
      if (isFooterLost) expect(salvager.blockCount).toBe(counts.length - 1);
      else expect(() => salvager.readBlock(counts.length - 1)).toThrow(CorruptionError);
    }
  });
});

describe.each([
  ['any', ENTRIES, 50],
  ['equal', EQUAL_ENTRIES, 150],
] as const)('a table of %s records whose writer was wrong', (_, ownEntries, blockSizeBytes) => {
  // Flipped bits under a matching checksum.
  const { bytes } = buildTable(ownEntries, { blockSizeBytes }, TOMBSTONES);

  it('ends, and in no other error, when it is read in any way (block/in-bounds)', () => {
    for (const { offset, length } of blocksOf(bytes)) {
      for (let bit = 0; bit < length * 8; bit++) {
        const damaged = bytes.slice();
        damaged[offset + (bit >>> 3)]! ^= 1 << (bit & 7);
        sealBlock(damaged, offset, offset + length, 0);
        outcome(damaged, `block=${offset} bit=${bit}`, (reader) => readAll(reader, ownEntries));
      }
    }
  });

  it('is refused by verify, unless what flipped is content that nothing else repeats', () => {
    let refusedCount = 0;
    let flipCount = 0;
    for (const { offset, length } of blocksOf(bytes)) {
      for (let bit = 0; bit < length * 8; bit++) {
        const damaged = bytes.slice();
        damaged[offset + (bit >>> 3)]! ^= 1 << (bit & 7);
        sealBlock(damaged, offset, offset + length, 0);
        flipCount++;
        const found = outcome(damaged, `block=${offset} bit=${bit}`, scanVerified);
        if (found === 'refused') refusedCount++;
        else expect(found.split('\n').length).toBe(ownEntries.length);
      }
    }
    expect(refusedCount).toBeGreaterThan(flipCount / 4);
  });
});

describe('a table whose writer was wrong', () => {
  it('is refused by verify when its blocks changed places', () => {
    const entries = ['a', 'b', 'c', 'd'].map((key) => entry(key, 1, 'x'.repeat(60)));
    const table = buildTable(entries, { blockSizeBytes: 50 });
    const [first, second] = [0, 1].map((i) => {
      const footerOffset = table.bytes.length - FOOTER_SIZE_BYTES;
      const footer = decodeFooter(table.bytes.subarray(footerOffset), 'f', footerOffset);
      const { offset, length } = footer.index;
      const index = new TableIndex(
        table.bytes.subarray(offset, offset + length),
        footer.filter.offset,
        'f',
        offset,
      );
      const start = index.blockOffset(i);
      return table.bytes.slice(start, start + index.blockLength(i) + TRAILER_SIZE_BYTES);
    });
    expect(first!.length).toBe(second!.length);
    const swapped = table.bytes.slice();
    swapped.set(second!, 0);
    swapped.set(first!, second!.length);
    expect(() => openTable(swapped).verify()).toThrow(CorruptionError);
    expect(() => openTable(table.bytes).verify()).not.toThrow();
  });
});
