/** The table format is what docs/formats/table.md says, to the byte. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { getUint32, putUint32 } from '../../src/bytes/coding.ts';
import { maskedCrc32 } from '../../src/bytes/crc32.ts';
import { CorruptionError, IncompatibleFormatError } from '../../src/base/errors.ts';
import { sequenceNumber } from '../../src/base/ids.ts';
import { ALL_VERSIONS } from '../../src/iterator/internal-iterator.ts';
import { Block, BlockEntry } from '../../src/sstable/block.ts';
import { BlockBuilder } from '../../src/sstable/block-builder.ts';
import { inlineKey } from '../../src/bytes/inline-key.ts';
import {
  CODEC_NONE,
  CODEC_SNAPPY,
  maybeCompress,
  openBlock,
  sealBlock,
  TRAILER_SIZE_BYTES,
} from '../../src/sstable/block-trailer.ts';
import {
  decodeFooter,
  encodeFooter,
  type Footer,
  FOOTER_SIZE_BYTES,
  TABLE_FORMAT_VERSION,
} from '../../src/sstable/footer.ts';
import {
  decodeProperties,
  encodeProperties,
  ENGINE_VERSION,
} from '../../src/sstable/table-properties.ts';
import { decodeTombstones } from '../../src/sstable/tombstone-block.ts';
import { stampSequence, type UnsequencedTable } from '../../src/sstable/sequence-base.ts';
import { TableBuilder } from '../../src/sstable/table-builder.ts';
import { TableSalvager } from '../../src/sstable/table-salvager.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import type { VfsFile } from '../../src/vfs/vfs.ts';
import { TableIndex } from '../../src/sstable/table-index.ts';
import { entry, expiringEntry, showEntry } from '../support/array-iterator.ts';
import { collect } from '../support/iterator-contract.ts';
import { hexExample } from '../support/doc-hex.ts';
import { makeRandom } from '../support/prng.ts';
import {
  addEntry,
  buildTable,
  fileOf,
  lookUp,
  openTable,
  PLAIN_OPTIONS,
  showTombstones,
} from './table-helpers.ts';

const EXAMPLE = hexExample('table.md', 'table');
const EXAMPLE_ENTRIES = [
  entry('apple', 7, 'red'),
  entry('apple', 3),
  entry('banana', 5, 'yellow'),
  entry('bandana', 6, ''),
];
const FOOTER_OFFSET = EXAMPLE.length - FOOTER_SIZE_BYTES;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('the example in table.md', () => {
  const footer = decodeFooter(EXAMPLE.subarray(FOOTER_OFFSET), 'example', FOOTER_OFFSET);
  const { offset, length } = footer.properties;

  it('decodes to what it says (block-trailer/payload-length)', async () => {
    const reader = openTable(EXAMPLE);
    reader.verify();
    const cursor = reader.iterator(ALL_VERSIONS, { fillCache: true });
    const found = await collect(cursor, cursor.seekFirst(), 'next');
    expect(found.map(showEntry)).toEqual(EXAMPLE_ENTRIES.map(showEntry));
    expect(showTombstones(reader.rangeTombstones)).toEqual(['c-cc@4', 'c-cc@9', 'cc-d@9']);
    expect(reader.properties.engineVersion).toBe('0.1.0');
  });

  it('encodes to the same bytes', () => {
    const { bytes } = buildTable(EXAMPLE_ENTRIES, { blockSizeBytes: 48 }, [
      { start: 'cc', end: 'd', sequence: 9 },
      { start: 'c', end: 'cc', sequence: 4 },
      { start: 'c', end: 'cc', sequence: 9 },
    ]);
    // Up to the properties, which name the release; the rest part by part.
    expect(hex(bytes.subarray(0, offset))).toBe(hex(EXAMPLE.subarray(0, offset)));
    const payload = EXAMPLE.subarray(offset, offset + length);
    expect(hex(encodeProperties(decodeProperties(payload, 'example', offset)))).toBe(hex(payload));
    const indexAndTrailer = footer.index.length + TRAILER_SIZE_BYTES;
    const ownIndex = bytes.length - FOOTER_SIZE_BYTES - indexAndTrailer;
    expect(hex(bytes.subarray(ownIndex, ownIndex + indexAndTrailer))).toBe(
      hex(EXAMPLE.subarray(footer.index.offset, FOOTER_OFFSET)),
    );
    const encoded = new Uint8Array(FOOTER_SIZE_BYTES);
    encodeFooter(footer, encoded, 0);
    expect(hex(encoded)).toBe(hex(EXAMPLE.subarray(FOOTER_OFFSET)));
  });
});

describe('the example of entries that expire in table.md', () => {
  const firstMs = 1_700_000_000_000;
  const entries = [
    expiringEntry('carol', 4, firstMs, 'hi'),
    entry('dave', 5, 'stays'),
    expiringEntry('erin', 6, firstMs + 3_600_000, ''),
    expiringEntry('frank', 7, firstMs + 86_400_000, 'x'),
  ];
  const { bytes, properties } = buildTable(entries);

  it('is the data block that is written, and is read as it says', async () => {
    const payload = hexExample('table.md', 'expiring');
    expect(hex(bytes.subarray(0, payload.length))).toBe(hex(payload));
    expect(properties.dataSizeBytes).toBe(payload.length + TRAILER_SIZE_BYTES);
    expect(Block.of(payload, 'f', 0).entryCount).toBe(entries.length);
    const cursor = openTable(bytes).iterator(ALL_VERSIONS, { fillCache: true });
    const found = await collect(cursor, cursor.seekFirst(), 'next');
    expect(found.map(showEntry)).toEqual(entries.map(showEntry));
  });

  it('has the properties that are written', () => {
    const payload = hexExample('table.md', 'expiring-properties');
    const decoded = decodeProperties(payload, 'f', 0);
    expect(decoded).toEqual({ ...properties, engineVersion: '0.1.0' });
    expect(hex(encodeProperties(decoded))).toBe(hex(payload));
  });
});

describe('a range-tombstone block', () => {
  const payload = hexExample('table.md', 'overlapping');
  const tombstones = [
    { start: 'c', end: 'd', sequence: 9 },
    { start: 'c', end: 'cc', sequence: 4 },
  ];

  it('of ranges that overlap is as table.md says (tombstone-block/ranges-ascend)', () => {
    const reader = openTable(buildTable([], {}, tombstones).bytes);
    reader.verify();
    expect(showTombstones(reader.rangeTombstones)).toEqual(['c-cc@4', 'c-d@9']);
    expect(showTombstones(decodeTombstones(payload, 'f', 0))).toEqual(['c-cc@4', 'c-d@9']);
    const { bytes } = buildTable([], {}, tombstones);
    expect(hex(bytes.subarray(0, payload.length))).toBe(hex(payload));
  });

  it('has its ranges in order (tombstone-block/ranges-ascend)', () => {
    const swapped = payload.slice();
    swapped.set(payload.subarray(8), 1);
    swapped.set(payload.subarray(1, 8), 7);
    expect(() => decodeTombstones(swapped, 'f', 0)).toThrow(CorruptionError);
  });

  it('counts ranges that adjoin or are equal, by their sequences', () => {
    const { bytes } = buildTable([], {}, [
      { start: 'a', end: 'c', sequence: 4 },
      { start: 'c', end: 'd', sequence: 9 },
      { start: 'c', end: 'd', sequence: 2 },
    ]);
    expect(openTable(bytes).properties.rangeTombstoneCount).toBe(3);
  });
});

describe('footer', () => {
  const refused = [
    ['a newer version', TABLE_FORMAT_VERSION + 1, /newer format: .*version=3 supported=2/],
    ['a version that was never released', 1, /never released, export .*version=1 supported=2/],
    ['a transform', TABLE_FORMAT_VERSION + 0x050000, /unknown transform: .*transform=5/],
  ] as const;

  it.each(refused)(
    'of %s is refused as incompatible, not as damage (footer/told-from-damage, footer/unknown-transform-refused)',
    (_, word, message) => {
      const bytes = EXAMPLE.slice();
      const footer = bytes.subarray(FOOTER_OFFSET);
      putUint32(footer, 48, word);
      expect(() => openTable(bytes)).toThrow(CorruptionError);
      putUint32(footer, 52, maskedCrc32(footer, 0, 52));
      expect(() => openTable(bytes)).toThrow(IncompatibleFormatError);
      expect(() => openTable(bytes)).toThrow(message);
      expect(() => new TableSalvager(fileOf(bytes))).toThrow(message);
    },
  );

  it('with a byte that has no meaning is corruption', () => {
    const bytes = EXAMPLE.slice();
    const footer = bytes.subarray(FOOTER_OFFSET);
    footer[51] = 1;
    putUint32(footer, 52, maskedCrc32(footer, 0, 52));
    expect(() => openTable(bytes)).toThrow(CorruptionError);
  });

  it('names blocks that fill the file; any other is corruption (footer/no-gaps)', () => {
    for (let field = 0; field < 48; field += 4) {
      for (const delta of [-1, 1, 0x7fffffff]) {
        const bytes = EXAMPLE.slice();
        const footer = bytes.subarray(FOOTER_OFFSET);
        putUint32(footer, field, getUint32(footer, field) + delta);
        putUint32(footer, 52, maskedCrc32(footer, 0, 52));
        expect(() => openTable(bytes), `field=${field} delta=${delta}`).toThrow(CorruptionError);
      }
    }
  });

  it('decodeFooter() refuses gaps and overlaps by itself, before any block is read (footer/no-gaps)', () => {
    const empty = { offset: 0, length: 0 };
    const decode = (footer: Footer): Footer => {
      const bytes = new Uint8Array(FOOTER_SIZE_BYTES);
      encodeFooter(footer, bytes, 0);
      return decodeFooter(bytes, 'f', 300);
    };
    const right: Footer = {
      filter: { offset: 100, length: 15 },
      rangeTombstones: empty,
      properties: { offset: 120, length: 25 },
      index: { offset: 150, length: 145 },
    };
    expect(decode(right)).toEqual(right);
    for (const wrong of [
      { filter: { offset: 100, length: 14 } },
      { filter: { offset: 100, length: 16 } },
      { rangeTombstones: { offset: 110, length: 5 } },
      { properties: empty },
      { index: { offset: 150, length: 144 } },
      { index: { offset: 151, length: 144 } },
      { index: { offset: 151, length: 145 } },
      { properties: { offset: 119, length: 25 } },
      { index: { offset: 149, length: 146 } },
    ]) {
      expect(() => decode({ ...right, ...wrong }), JSON.stringify(wrong)).toThrow(CorruptionError);
    }
  });
});

describe('index', () => {
  const footer = decodeFooter(EXAMPLE.subarray(FOOTER_OFFSET), 'example', FOOTER_OFFSET);
  const { offset, length } = footer.index;

  /** The example with one byte of its index payload changed, under a right checksum. */
  function withIndexByte(index: number, value: number): Uint8Array {
    const bytes = EXAMPLE.slice();
    bytes[offset + index] = value;
    sealBlock(bytes, offset, offset + length, CODEC_NONE);
    return bytes;
  }

  it('covers the data blocks, neither less nor more (table-index/blocks-end-to-end)', () => {
    const payload = EXAMPLE.subarray(offset, offset + length);
    const make = (dataEnd: number): TableIndex => new TableIndex(payload, dataEnd, 'f', 0);
    expect(make(108).blockCount).toBe(2);
    for (const dataEnd of [0, 68, 107, 109, 1000]) {
      expect(() => make(dataEnd)).toThrow(CorruptionError);
    }
  });

  it('is checked when it is unpacked later, and each handle before that (table-index/within-the-data)', () => {
    const payload = EXAMPLE.subarray(offset, offset + length);
    const make = (dataEnd: number): TableIndex => new TableIndex(payload, dataEnd, 'f', 0, 'later');
    const handlesOf = (index: TableIndex): number[][] =>
      [0, 1].map((block) => [index.blockOffset(block), index.blockLength(block)]);
    const index = make(108);
    const handles = handlesOf(index);
    index.unpack();
    expect(handlesOf(index)).toEqual(handles);
    for (const dataEnd of [0, 68, 107, 109, 1000]) {
      expect(() => make(dataEnd).unpack()).toThrow(CorruptionError);
    }
    for (const dataEnd of [0, 68, 107]) {
      expect(() => handlesOf(make(dataEnd))).toThrow(CorruptionError);
    }
  });

  it('has handles that follow one another (table-index/blocks-end-to-end)', () => {
    expect(length).toBe(43);
    for (const [index, value] of [
      [37, 1], // the first offset: 0
      [38, 0x3e], // the first length: 0x3f
      [41, 0x45], // the second offset: 0x44
      [42, 0x24], // the second length: 0x23
    ] as const) {
      expect(EXAMPLE[offset + index]).not.toBe(value);
      expect(() => openTable(withIndexByte(index, value)), `index=${index}`).toThrow(
        CorruptionError,
      );
    }
  });

  it('has separators that ascend, and that verify holds against the keys (table-index/separators-ascend, table-builder/separators)', () => {
    expect(EXAMPLE[offset + 23]).toBe('b'.charCodeAt(0) ^ 0x80);
    expect(() => openTable(withIndexByte(23, 'e'.charCodeAt(0) ^ 0x80))).toThrow('ascend');
    const low = openTable(withIndexByte(23, 'a'.charCodeAt(0) ^ 0x80)); // "bana" is below "banana"
    expect(() => low.verify()).toThrow('separators');
    openTable(withIndexByte(23, 'c'.charCodeAt(0) ^ 0x80)).verify(); // "banc": as good
  });
});

describe('block trailer', () => {
  it('openBlock() rejects a block with any one bit flipped (block-trailer/checked-first)', () => {
    const bytes = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, ...new Array<number>(5).fill(0)]);
    sealBlock(bytes, 0, 7, CODEC_NONE);
    expect(hex(openBlock(bytes, 7, 'f', 0))).toBe('01020304050607');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      expect(() => openBlock(damaged, 7, 'f', 0), `bit=${bit}`).toThrow(CorruptionError);
    }
  });

  it('an unknown codec or transform is incompatible, and a false snappy payload corruption (block-trailer/bounded-growth, block-trailer/unknown-refused)', () => {
    const sealed = (payload: readonly number[], codec: number): Uint8Array => {
      const bytes = Uint8Array.from([...payload, 0, 0, 0, 0, 0]);
      sealBlock(bytes, 0, payload.length, codec);
      return bytes;
    };
    for (const [codec, message] of [
      [9, /codec: .*codec=9/],
      [0x20, /transform: .*transform=2/],
      [0x30 + CODEC_SNAPPY, /transform: .*transform=3/],
    ] as const) {
      expect(() => openBlock(sealed([1, 2], codec), 2, 'f', 0)).toThrow(IncompatibleFormatError);
      expect(() => openBlock(sealed([1, 2], codec), 2, 'f', 0)).toThrow(message);
    }
    const random = makeRandom(3);
    for (let i = 0; i < 300; i++) {
      const payload = [...random.bytes(random.below(40))];
      const bytes = sealed(payload, CODEC_SNAPPY);
      try {
        openBlock(bytes, payload.length, 'f', 0); // some noise is a valid payload
      } catch (error) {
        expect(error).toBeInstanceOf(CorruptionError);
      }
    }
    const bomb = sealed([0xff, 0xff, 0xff, 0xff, 0x0f, 0], CODEC_SNAPPY);
    expect(() => openBlock(bomb, 6, 'f', 0)).toThrow('impossible length');
  });

  it('maybeCompress() gives nothing when it saves under an eighth (block-trailer/compression-pays)', () => {
    const random = makeRandom(4);
    const half = new Uint8Array(1000);
    half.set(random.bytes(500));
    expect(maybeCompress(random.bytes(1000), 0, 1000)).toBeUndefined();
    expect(maybeCompress(half, 0, 1000)?.length).toBeLessThan(600);
    const nearly = new Uint8Array(1000);
    nearly.set(random.bytes(920));
    expect(maybeCompress(nearly, 0, 1000)).toBeUndefined();
  });
});

describe('block', () => {
  it('inlineKey() orders as the bytes do, and pads with zeros (block-format/zero-padding)', () => {
    const keys = [
      '',
      '\x00',
      'a',
      'a\x00',
      'a\x01',
      'ab',
      'abcd',
      '\x7f',
      '\x80',
      '\xff\xff\xff\xff',
    ];
    const words = keys.map((key) => inlineKey(Buffer.from(key, 'latin1'), 0, key.length));
    expect(words).toEqual(words.toSorted((a, b) => a - b));
    expect(words[0]).toBe(-0x80000000);
    expect(words.at(-1)).toBe(0x7fffffff);
    expect(inlineKey(Buffer.from('xabcdy'), 1, 5)).toBe(0x61626364 ^ -0x80000000);
  });

  it('uses wide offsets when it needs them, and decodes the same (block-builder/size-bound)', () => {
    for (const count of [10, 3000]) {
      const builder = new BlockBuilder();
      const value = Buffer.from('some value');
      for (let i = 0; i < count; i++) {
        const key = Buffer.from(String(10_000 + i));
        builder.add(key, 0, 5, false, i + 1, 1, value, 0, value.length);
      }
      const sizeMax = builder.encodedSizeMax;
      const target = new Uint8Array(sizeMax + 3);
      const end = builder.encode(target, 3);
      expect(end - 3).toBeLessThanOrEqual(sizeMax);
      const block = Block.of(target.subarray(3, end), 'f', 0);
      expect(block.entryCount).toBe(count);
      expect(block.view.getUint32(16, true) & 1).toBe(count > 1000 ? 1 : 0);
      for (let i = 0; i < count; i++) {
        const key = Buffer.from(String(10_000 + i));
        expect(hex(block.keyAt(i))).toBe(hex(key));
        expect(block.search(key, 0, 5, i + 1)).toBe(~i);
      }
    }
  });

  it('refuses a record that runs past the end of the payload (block/in-bounds)', () => {
    const builder = new BlockBuilder();
    for (const key of ['a', 'bcdefgh']) {
      const bytes = Buffer.from(key);
      builder.add(bytes, 0, bytes.length, false, 1, 1, bytes, 0, bytes.length);
    }
    const target = new Uint8Array(builder.encodedSizeMax);
    const payload = target.subarray(0, builder.encode(target, 0));
    expect(hex(Block.of(payload, 'f', 0).keyAt(1))).toBe(hex(Buffer.from('bcdefgh')));
    for (let cut = 1; cut <= 12; cut++) {
      const block = Block.of(payload.subarray(0, payload.length - cut), 'f', 0);
      expect(() => block.keyAt(1), `cut=${cut}`).toThrow(CorruptionError);
    }
  });

  it('is never written to by a search or a decoded entry (block/read-only)', () => {
    const builder = new BlockBuilder();
    for (let i = 0; i < 100; i++) {
      const key = Buffer.from(`key-${1000 + i}`);
      builder.add(key, 0, key.length, false, i + 1, 1, key, 0, i % 8);
    }
    const around = new Uint8Array(builder.encodedSizeMax + 10).fill(0xee);
    const payload = around.subarray(5, builder.encode(around, 5));
    const before = hex(around);
    const block = Block.of(payload, 'f', 0);
    const decoded = new BlockEntry();
    for (let i = 0; i < block.entryCount; i++) {
      const key = block.keyAt(i);
      expect(block.search(key, 0, key.length, i + 1)).toBe(~i);
      block.decode(block.recordOffset(i), decoded);
    }
    expect(hex(around)).toBe(before);
  });

  it('of any noise ends in an error of the taxonomy, never in another (block/in-bounds)', () => {
    const random = makeRandom(11);
    for (let i = 0; i < 3000; i++) {
      const payload = random.bytes(random.below(120));
      if (payload.length > 20) {
        payload.fill(0, 0, 20);
        payload[0] = random.below(12);
        payload[4] = random.below(6);
        payload[16] = random.below(32);
      }
      try {
        const block = Block.of(payload, 'f', 0);
        for (let at = 0; at < block.entryCount; at++) block.keyAt(at);
        block.search(random.bytes(random.below(8)), 0, 0, 5);
        block.search(random.bytes(8), 0, 8, 5);
      } catch (error) {
        const isExpected =
          error instanceof CorruptionError || error instanceof IncompatibleFormatError;
        expect(isExpected, `i=${i} ${String(error)}`).toBe(true);
      }
    }
  });
});

describe('a table that got its sequence after it was written', () => {
  const write = (): { file: VfsFile; table: UnsequencedTable } => {
    const file = new MemoryVfs().open('/t.sst', 'create');
    const builder = new TableBuilder(file, { ...PLAIN_OPTIONS, blockSizeBytes: 48 });
    for (const name of ['apple', 'banana', 'bandana', 'cherry']) {
      addEntry(builder, entry(name, 0, `value of ${name}`));
    }
    return { file, table: builder.finishUnsequenced() };
  };
  const bytesIn = (file: VfsFile): Uint8Array => {
    const bytes = new Uint8Array(file.sizeSync());
    file.readSync(bytes, 0, bytes.length, 0);
    return bytes;
  };

  it('is read at that sequence, whole, and no older (table-properties/base-stands-last)', async () => {
    const { file, table } = write();
    const size = file.sizeSync();
    const before = bytesIn(file);
    const properties = stampSequence(file, table, sequenceNumber(2 ** 40));
    const bytes = bytesIn(file);
    expect(bytes.length).toBe(size);
    const { offset, length } = table.propertiesHandle;
    const end = offset + length + TRAILER_SIZE_BYTES;
    expect(hex(bytes.subarray(0, offset))).toBe(hex(before.subarray(0, offset)));
    expect(hex(bytes.subarray(end))).toBe(hex(before.subarray(end)));
    const reader = openTable(bytes);
    reader.verify();
    expect(reader.properties).toEqual(properties);
    expect(properties).toMatchObject({
      sequenceBase: 2 ** 40,
      smallestSequence: 2 ** 40,
      largestSequence: 2 ** 40,
    });
    expect(lookUp(reader, Buffer.from('banana'), 2 ** 40)?.sequence).toBe(2 ** 40);
    expect(lookUp(reader, Buffer.from('banana'), 2 ** 40 - 1)).toBeUndefined();
    for (const [sequence, count] of [
      [ALL_VERSIONS, 4],
      [2 ** 40, 4],
      [2 ** 40 - 1, 0],
    ] as const) {
      const cursor = reader.iterator(sequence, { fillCache: false });
      const found = await collect(cursor, cursor.seekFirst(), 'next');
      expect(found.map((each) => each.sequence)).toEqual(
        Array.from({ length: count }, () => 2 ** 40),
      );
    }
  });

  it('is corrupt as long as it has none, and with range tombstones (table-properties/base-stands-last)', () => {
    const { file, table } = write();
    expect(() => openTable(bytesIn(file))).toThrow(/never got its sequence/);
    stampSequence(file, table, sequenceNumber(7));
    const { properties } = openTable(bytesIn(file));
    const payload = encodeProperties({ ...properties, rangeTombstoneCount: 1 });
    expect(() => decodeProperties(payload, 'f', 0)).toThrow(CorruptionError);
  });

  it('with any bit of its properties flipped is corrupt', () => {
    const { file, table } = write();
    stampSequence(file, table, sequenceNumber(7));
    const bytes = bytesIn(file);
    const { offset, length } = table.propertiesHandle;
    for (let bit = 0; bit < (length + TRAILER_SIZE_BYTES) * 8; bit++) {
      const damaged = bytes.slice();
      damaged[offset + (bit >> 3)]! ^= 1 << (bit & 7);
      expect(() => openTable(damaged), `bit ${bit}`).toThrow(CorruptionError);
    }
  });

  it('is salvaged with its sequence from itself or from the manifest, and says when both are lost', () => {
    const { file, table } = write();
    expect(new TableSalvager(fileOf(bytesIn(file))).isUnsequenced).toBe(true);
    stampSequence(file, table, sequenceNumber(7));
    const sequenceIn = (salvager: TableSalvager): number => {
      const found = new BlockEntry();
      const block = salvager.readBlock(0);
      block.decode(block.recordOffset(0), found);
      return found.sequence;
    };
    const whole = new TableSalvager(fileOf(bytesIn(file)));
    expect([sequenceIn(whole), whole.isSequenceLost, whole.isUnsequenced]).toEqual([
      7,
      false,
      false,
    ]);
    const damaged = bytesIn(file);
    damaged[table.propertiesHandle.offset]! ^= 1;
    const known = new TableSalvager(fileOf(damaged), 7);
    expect([sequenceIn(known), known.isSequenceLost]).toEqual([7, false]);
    const none = new TableSalvager(fileOf(damaged), 0);
    expect([sequenceIn(none), none.isSequenceLost]).toEqual([0, false]);
    const lost = new TableSalvager(fileOf(damaged));
    expect([sequenceIn(lost), lost.isSequenceLost]).toEqual([0, true]);
  });
});

describe('properties', () => {
  it('with a flag or a codec that is not known are incompatible', () => {
    const { properties } = buildTable(EXAMPLE_ENTRIES);
    const payload = encodeProperties(properties);
    const flagsAt = 9; // every field before it is below 128
    expect([...payload.subarray(flagsAt, flagsAt + 3)]).toEqual([0, 0, 5]);
    for (const at of [flagsAt, flagsAt + 1]) {
      const other = payload.slice();
      other[at] = 8;
      expect(() => decodeProperties(other, 'f', 0)).toThrow(IncompatibleFormatError);
      expect(() => decodeProperties(other, 'f', 0)).toThrow(at === flagsAt ? 'flags=8' : 'codec=8');
    }
  });

  it('name the release of package.json', () => {
    const url = new URL('../../package.json', import.meta.url);
    expect(JSON.parse(readFileSync(url, 'utf8'))).toMatchObject({ version: ENGINE_VERSION });
  });

  it('that are cut short, too long or contradict each other are corruption (table-properties/bounds-cover-all, table-properties/not-empty)', () => {
    const { properties } = buildTable(EXAMPLE_ENTRIES);
    const payload = encodeProperties(properties);
    expect(decodeProperties(payload, 'f', 0)).toEqual(properties);
    for (let length = 0; length < payload.length; length++) {
      expect(() => decodeProperties(payload.subarray(0, length), 'f', 0)).toThrow(CorruptionError);
    }
    const longer = Uint8Array.from([...payload, 0]);
    expect(() => decodeProperties(longer, 'f', 0)).toThrow(CorruptionError);
    for (const wrong of [
      { entryCount: 0, dataBlockCount: 0 },
      { deletionCount: 5 },
      { dataBlockCount: 0 },
      { smallestSequence: 8 },
      { largestSequence: 2 ** 52 },
      { smallestKey: Buffer.from('z') },
      { smallestKey: Buffer.from('bandana'), isLargestExclusive: true },
    ]) {
      const bytes = encodeProperties({ ...properties, ...wrong });
      expect(() => decodeProperties(bytes, 'f', 0), JSON.stringify(wrong)).toThrow(CorruptionError);
    }
  });
});
