/**
 * Fuzz targets of the table file and its parts.
 *
 * Owns: valid tables and blocks, and what must be true of whatever is decoded. Parts are given to their decoders as
 * they are behind their checksums; whole tables are damaged block by block and sealed again.
 *
 * Suspension: everything here is synchronous.
 */
import { isDeepStrictEqual } from 'node:util';
import { getUint32, putUint32 } from '../../src/bytes/coding.ts';
import { maskedCrc32 } from '../../src/bytes/crc32.ts';
import { ALL_VERSIONS, LookupResult, READY } from '../../src/iterator/internal-iterator.ts';
import { Block, BlockEntry } from '../../src/sstable/block.ts';
import { HAS_EQUAL_RECORDS } from '../../src/sstable/block-format.ts';
import type { BlockHandle } from '../../src/sstable/block-handle.ts';
import {
  CODEC_NONE,
  CODEC_SNAPPY,
  maybeCompress,
  openBlock,
  sealBlock,
  TRAILER_SIZE_BYTES,
} from '../../src/sstable/block-trailer.ts';
import {
  decodeFilterBlock,
  encodeFilterBlock,
  filterBlockSize,
} from '../../src/sstable/filter-block.ts';
import { dataEnd, decodeFooter, type Footer, FOOTER_SIZE_BYTES } from '../../src/sstable/footer.ts';
import { TableIndex } from '../../src/sstable/table-index.ts';
import { decodeProperties, encodeProperties } from '../../src/sstable/table-properties.ts';
import type { TableReader } from '../../src/sstable/table-reader.ts';
import { decodeTombstones, encodeTombstones } from '../../src/sstable/tombstone-block.ts';
import {
  buildTable,
  lookUp,
  openTable,
  showTombstones,
  type Tombstone,
} from '../sstable/table-helpers.ts';
import { type Entry, entry, expiringEntry } from '../support/array-iterator.ts';
import { currentEntry, settleSync } from '../support/iterator-contract.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { type FuzzTarget, type Input, WrongResult } from './fuzzer.ts';
import { changed, joined } from './mutate.ts';

const FILE = '/000007.sst';

function makeEntries(): Entry[] {
  const random = makeRandom(23);
  const entries: Entry[] = [entry('', 3, 'value of the empty key')];
  for (let i = 0; i < 60; i++) {
    const key = `customer/${String(i).padStart(3, '0')}${'x'.repeat(random.below(12))}`;
    for (let sequence = 100 - i, count = 1 + random.below(3); count > 0; count--, sequence -= 7) {
      entries.push(
        random.chance(0.2)
          ? entry(key, sequence)
          : entry(key, sequence, 'v'.repeat(random.below(40)) + i),
      );
    }
  }
  return entries;
}

const ENTRIES = makeEntries();
const TOMBSTONES: readonly Tombstone[] = [
  { start: 'c', end: 'customer/030', sequence: 120 },
  { start: 'customer/020', end: 'x', sequence: 95 },
];

interface ValidTable {
  readonly bytes: Uint8Array;
  readonly footer: Footer;
  readonly index: TableIndex;
  readonly blocks: readonly BlockHandle[];
}

function validTable(bytes: Uint8Array): ValidTable {
  const offset = bytes.length - FOOTER_SIZE_BYTES;
  const footer = decodeFooter(bytes.subarray(offset), FILE, offset);
  const index = new TableIndex(payloadOf(bytes, footer.index), dataEnd(footer), FILE, 0);
  const data = Array.from({ length: index.blockCount }, (_, i) => ({
    offset: index.blockOffset(i),
    length: index.blockLength(i),
  }));
  const others = [footer.filter, footer.rangeTombstones, footer.properties, footer.index];
  const blocks = [...data, ...others.filter(({ length }) => length > 0)];
  return { bytes, footer, index, blocks };
}

function payloadOf(bytes: Uint8Array, { offset, length }: BlockHandle): Uint8Array {
  return openBlock(bytes.subarray(offset), length, FILE, offset).slice();
}

/** Of equal records. The keys are those that are looked up. */
const EQUAL_ENTRIES: readonly Entry[] = Array.from({ length: 40 }, (_, i) =>
  entry(`customer/${String(2 * i).padStart(3, '0')}`, 50, `balance ${1000 + 7 * i}`),
);

/** Among others; all; and with a tombstone. */
const EXPIRING_ENTRIES: readonly Entry[] = Array.from({ length: 30 }, (_, i) => {
  const key = `customer/${String(3 * i).padStart(3, '0')}`;
  if (i % 4 === 0) return entry(key, 60, 'stays');
  return i % 7 === 0 ? entry(key, 60) : expiringEntry(key, 60 + i, 1000 * i, 'v'.repeat(i % 9));
});

const TABLES: readonly ValidTable[] = [
  buildTable(EXPIRING_ENTRIES, { blockSizeBytes: 250 }),
  buildTable(EXPIRING_ENTRIES, { blockSizeBytes: 600, compression: 'snappy' }, TOMBSTONES),
  buildTable([expiringEntry('a', 7, 2 ** 48 - 1, ''), expiringEntry('b', 9, 5, 'x')]),
  buildTable(ENTRIES, { blockSizeBytes: 300 }, TOMBSTONES),
  buildTable(ENTRIES, { blockSizeBytes: 700, compression: 'snappy' }, TOMBSTONES),
  buildTable(ENTRIES.slice(0, 3), { filterBitsPerKey: 0 }),
  buildTable([], {}, TOMBSTONES),
  buildTable([entry('a', 1, 'x'.repeat(70_000)), entry('b', 1, 'y')]),
  buildTable(EQUAL_ENTRIES, { blockSizeBytes: 200 }),
  buildTable(EQUAL_ENTRIES, { blockSizeBytes: 600, compression: 'snappy' }, TOMBSTONES),
  // Three blocks with handles of one length, so that the index is of equal records too.
  buildTable([entry('a', 1, 'x'), entry('b', 1, 'x'), entry('c', 1, 'x')], { blockSizeBytes: 1 }),
].map(({ bytes }) => validTable(bytes));

/** How many of the blocks that mutations start from are of equal records. */
export function equalBlockCounts(): { data: number; index: number } {
  const isEqual = (payload: Uint8Array): boolean =>
    (getUint32(payload, 16) & HAS_EQUAL_RECORDS) !== 0;
  return {
    data: dataBlock.valid.filter(isEqual).length,
    index: index.valid.filter((bytes) => isEqual(bytes.subarray(4))).length,
  };
}

const withUint32 = (value: number, bytes: Uint8Array): Uint8Array => {
  const head = new Uint8Array(4);
  putUint32(head, 0, value);
  return joined(head, bytes);
};

const keyOf = (random: Random): Uint8Array =>
  random.chance(0.7)
    ? Buffer.from(`customer/${String(random.below(70)).padStart(3, '0')}`)
    : random.bytes(random.below(12));

const dataBlock: FuzzTarget = {
  name: 'block',
  valid: TABLES.flatMap(({ bytes, index, blocks }) =>
    blocks.slice(0, Math.min(index.blockCount, 6)).map((handle) => payloadOf(bytes, handle)),
  ),
  run: ({ bytes, random }) => {
    const block = Block.of(bytes, FILE, 0);
    const found = new BlockEntry();
    const result = new LookupResult();
    const isEqual = (getUint32(bytes, 16) & HAS_EQUAL_RECORDS) !== 0;
    let recordsEnd = block.recordsStart;
    for (let i = 0; i < block.entryCount; i++) {
      block.decode(block.recordOffset(i), found);
      const { restStart, valueStart, valueEnd } = found;
      if (isEqual && restStart !== recordsEnd)
        throw new WrongResult('A gap between records (block-format/end-to-end)');
      recordsEnd = valueEnd;
      if (!(restStart <= valueStart && valueStart <= valueEnd && valueEnd <= bytes.length)) {
        throw new WrongResult('A record outside its block (block/in-bounds)');
      }
      // Prefix and rest each lie in the block; damaged ones may overlap. Four bytes are inline.
      if (block.keyAt(i).length > 2 * bytes.length + 4)
        throw new WrongResult('A key longer than its parts');
    }
    if (isEqual && recordsEnd !== bytes.length) throw new WrongResult('Bytes behind the records');
    for (let i = 0; i < 5; i++) {
      const key = keyOf(random);
      const at = block.search(key, 0, key.length, random.below(130));
      const index = at < 0 ? ~at : at;
      if (!(index >= 0 && index <= block.entryCount)) throw new WrongResult('Found at no entry');
      if (block.lookup(key, 0, key.length, 90, result) >= 0 && result.valueEnd > bytes.length) {
        throw new WrongResult('A value outside its block');
      }
    }
  },
};

const indexTarget = (unpacked: 'later' | undefined): FuzzTarget => ({
  name: unpacked === undefined ? 'index' : 'index, unpacked later',
  valid: TABLES.map(({ bytes, footer }) =>
    withUint32(dataEnd(footer), payloadOf(bytes, footer.index)),
  ),
  run: ({ bytes, random }) => {
    const end = bytes.length < 4 ? 0 : getUint32(bytes, 0);
    const decoded = new TableIndex(bytes.subarray(4), end, FILE, 0, unpacked);
    const { blockCount } = decoded;
    for (let i = 0; i < blockCount; i++) {
      const isInside = decoded.blockLength(i) >= 0 && decoded.blockOffset(i) < end;
      if (!isInside)
        throw new WrongResult('A block outside the data (table-index/within-the-data)');
      decoded.separator(i);
    }
    for (let i = 0; i < 5; i++) {
      const key = keyOf(random);
      const at = decoded.find(key, 0, key.length);
      if (!(at >= 0 && at <= blockCount)) throw new WrongResult('Found at no block');
      if (at < blockCount) decoded.isSeparator(at, key, 0, key.length);
    }
  },
});

const index = indexTarget(undefined);

const filter: FuzzTarget = {
  name: 'filter',
  valid: TABLES.filter(({ footer }) => footer.filter.length > 0).map(({ bytes, footer }) =>
    payloadOf(bytes, footer.filter),
  ),
  run: ({ bytes, random }) => {
    const decoded = decodeFilterBlock(bytes, FILE, 0);
    for (let i = 0; i < 20; i++) decoded.mayContainHash(random.next() | 0);
    const again = new Uint8Array(filterBlockSize(decoded));
    encodeFilterBlock(decoded, again, 0);
    if (!isDeepStrictEqual(again, new Uint8Array(bytes))) throw new WrongResult('Another filter');
  },
};

/** The file's size and its footer, which keeps its length; sealed again or not. */
const footer: FuzzTarget = {
  name: 'footer',
  valid: TABLES.map(({ bytes }) =>
    withUint32(bytes.length, bytes.subarray(bytes.length - FOOTER_SIZE_BYTES)),
  ),
  mutate: (random, valid) => {
    const bytes = random.pick(valid).slice();
    for (let count = 1 + random.below(4); count > 0; count--) changed(random, bytes);
    if (random.chance(0.8)) putUint32(bytes, 4 + 52, maskedCrc32(bytes, 4, 4 + 52));
    return bytes;
  },
  run: ({ bytes }) => {
    const offset = getUint32(bytes, 0) - FOOTER_SIZE_BYTES;
    const decoded = decodeFooter(bytes.subarray(4), FILE, offset);
    const handles = [decoded.filter, decoded.rangeTombstones, decoded.properties, decoded.index];
    for (const handle of handles) {
      if (handle.length > 0 && handle.offset + handle.length > offset) {
        throw new WrongResult('A block outside the file (footer/no-gaps)');
      }
    }
    if (!(dataEnd(decoded) >= 0 && dataEnd(decoded) <= offset))
      throw new WrongResult('No end of data');
  },
};

const properties: FuzzTarget = {
  name: 'properties',
  valid: TABLES.map(({ bytes, footer: { properties: handle } }) => payloadOf(bytes, handle)),
  run: ({ bytes }) => {
    const decoded = decodeProperties(bytes, FILE, 0);
    const again = decodeProperties(encodeProperties(decoded), FILE, 0);
    if (!isDeepStrictEqual(again, decoded)) throw new WrongResult('Other properties');
    const { expiry } = decoded;
    if (expiry !== undefined && !(expiry.earliestMs <= expiry.latestMs)) {
      throw new WrongResult('Times out of order (table-expiry/times-in-order)');
    }
  },
};

const tombstones: FuzzTarget = {
  name: 'range tombstones',
  valid: TABLES.filter(
    ({
      footer: {
        rangeTombstones: { length },
      },
    }) => length > 0,
  ).map(({ bytes, footer: { rangeTombstones } }) => payloadOf(bytes, rangeTombstones)),
  run: ({ bytes, random }) => {
    const decoded = decodeTombstones(bytes, FILE, 0);
    const { payload } = encodeTombstones([...decoded.all()]);
    const again = decodeTombstones(payload, FILE, 0);
    if (!isDeepStrictEqual(showTombstones(again), showTombstones(decoded))) {
      throw new WrongResult('Other tombstones');
    }
    const key = keyOf(random);
    decoded.newestCovering(key, 0, key.length, random.below(200));
  },
};

/** A block with its trailer, sealed again: what snappy makes of damage. */
const trailer: FuzzTarget = {
  name: 'trailer and snappy',
  valid: TABLES.flatMap(({ bytes, blocks }) =>
    blocks.slice(0, 4).flatMap((handle) => {
      const payload = payloadOf(bytes, handle);
      const compressed = maybeCompress(payload, 0, payload.length);
      const raw = sealedBlock(payload, CODEC_NONE);
      return compressed === undefined ? [raw] : [raw, sealedBlock(compressed, CODEC_SNAPPY)];
    }),
  ),
  mutate: (random, valid) => {
    const bytes = random.pick(valid).slice();
    for (let count = 1 + random.below(4); count > 0; count--) {
      changed(random, bytes.subarray(0, -4));
    }
    const cut = random.chance(0.2) ? random.below(bytes.length - TRAILER_SIZE_BYTES) : 0;
    const block = bytes.subarray(cut);
    if (random.chance(0.95)) {
      const codec = random.chance(0.9) ? CODEC_SNAPPY : block.at(-TRAILER_SIZE_BYTES)!; // longer
      sealBlock(block, 0, block.length - TRAILER_SIZE_BYTES, codec);
    }
    return block;
  },
  run: ({ bytes }) => {
    const payload = openBlock(bytes, bytes.length - TRAILER_SIZE_BYTES, FILE, 0);
    if (payload.length > 32 * bytes.length)
      throw new WrongResult('Out of proportion (block-trailer/bounded-growth)');
  },
};

function sealedBlock(payload: Uint8Array, codec: number): Uint8Array {
  const block = joined(payload, new Uint8Array(TRAILER_SIZE_BYTES));
  sealBlock(block, 0, payload.length, codec);
  return block;
}

function damagedTable(random: Random): Uint8Array {
  const table = random.pick(TABLES);
  const bytes = table.bytes.slice();
  for (let count = 1 + random.below(2); count > 0; count--) {
    const { offset, length } = random.pick(table.blocks);
    const isSealed = random.chance(0.95);
    changed(random, bytes.subarray(offset, offset + length));
    const codec = bytes[offset + length]!; // the trailer of a block of this table
    if (isSealed) sealBlock(bytes, offset, offset + length, codec);
  }
  return bytes;
}

/** Every way to read a table; what is read is of no interest, only that reading ends, and how. */
function readTable({ bytes, random }: Input): void {
  const reader = openTable(bytes);
  try {
    if (random.chance(0.5)) reader.verify();
    walk(reader, random, bytes.length * 2);
    for (let i = 0; i < 5; i++) lookUp(reader, keyOf(random), random.below(130));
  } finally {
    reader.close();
  }
}

function walk(reader: TableReader, random: Random, stepCountMax: number): void {
  const sequence = random.chance(0.5) ? ALL_VERSIONS : random.below(130);
  const options = { fillCache: false, ...(random.chance(0.3) ? { readaheadBytes: 500 } : {}) };
  const iterator = reader.iterator(sequence, options);
  const isForward = sequence === ALL_VERSIONS || random.chance(0.5);
  try {
    const key = keyOf(random);
    let status = isForward
      ? random.chance(0.5)
        ? iterator.seekFirst()
        : iterator.seekAtLeast(key)
      : random.chance(0.5)
        ? iterator.seekLast()
        : iterator.seekBelow(key);
    for (let count = 0; settleSync(iterator, status) === READY; count++) {
      if (count > stepCountMax) throw new WrongResult('A walk without an end');
      currentEntry(iterator);
      status = isForward ? iterator.next() : iterator.prev();
    }
  } finally {
    iterator.close();
  }
}

const table: FuzzTarget = {
  name: 'table, resealed',
  valid: TABLES.map(({ bytes }) => bytes),
  mutate: damagedTable,
  run: readTable,
  cost: 5,
};

export const TABLE_TARGETS: readonly FuzzTarget[] = [
  dataBlock,
  index,
  indexTarget('later'),
  filter,
  footer,
  properties,
  tombstones,
  trailer,
  table,
];
