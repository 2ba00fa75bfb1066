/** A block of equal records says of its entries what any block would, in fewer bytes, and is refused when damaged. */
import { describe, expect, it } from 'vitest';
import { compareBytes } from '../../src/bytes/bytes.ts';
import { getUint32, putUint32 } from '../../src/bytes/coding.ts';
import { CorruptionError, IncompatibleFormatError } from '../../src/base/errors.ts';
import { LookupResult } from '../../src/iterator/internal-iterator.ts';
import { DELETION, VALUE } from '../../src/base/value-type.ts';
import { Block, BlockEntry } from '../../src/sstable/block.ts';
import { BlockBuilder } from '../../src/sstable/block-builder.ts';
import {
  BLOCK_HEADER_SIZE_BYTES,
  HAS_EQUAL_RECORDS,
  HAS_ONE_SEQUENCE,
  HAS_VALUES_ONLY,
  HAS_WIDE_OFFSETS,
  KNOWN_BLOCK_FLAGS,
} from '../../src/sstable/block-format.ts';
import { TableSalvager } from '../../src/sstable/table-salvager.ts';
import { type Entry, entry, showEntry } from '../support/array-iterator.ts';
import { hexExample } from '../support/doc-hex.ts';
import { equalRuns } from '../support/iterator-contract.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { buildTable, fileOf } from './table-helpers.ts';

const FLAGS_OFFSET = 16;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const flagsOf = (payload: Uint8Array): number => getUint32(payload, FLAGS_OFFSET);

function builderOf(entries: readonly Entry[]): BlockBuilder {
  const builder = new BlockBuilder();
  let previous: Uint8Array | undefined;
  for (const { key, sequence, type, value } of entries) {
    const isSameKey = previous !== undefined && compareBytes(previous, key) === 0;
    builder.add(key, 0, key.length, isSameKey, sequence, type, value, 0, value.length);
    previous = key;
  }
  return builder;
}

/** The payload, out of the middle of a larger buffer. */
function encoded(entries: readonly Entry[]): Uint8Array {
  const builder = builderOf(entries);
  const sizeMax = builder.encodedSizeMax;
  const target = new Uint8Array(sizeMax + 10).fill(0xee);
  const end = builder.encode(target, 5);
  expect(end - 5).toBeLessThanOrEqual(sizeMax); // block-builder/size-bound
  expect(hex(target.subarray(end))).toMatch(/^(ee)+$/);
  return target.slice(5, end);
}

/** Distinct keys of one length after a common prefix, values of one length, one sequence. */
function equalEntries(
  random: Random,
  count: number,
  suffixLength: number,
  valueLength: number,
): Entry[] {
  const prefix = random.bytes(random.pick([0, 1, 13]));
  const sequence = random.pick([0, 7, 2 ** 40]);
  return Array.from({ length: count }, (_, i): Entry => {
    const suffix = random.bytes(suffixLength);
    for (let at = 0, rest = i; at < suffixLength && at < 3; at++, rest >>>= 8) {
      suffix[Math.min(suffixLength, 3) - 1 - at] = rest; // most keys share their inline bytes
    }
    if (suffixLength > 4) suffix[3] = 0;
    const key = Uint8Array.from([...prefix, ...suffix]);
    return { key, sequence, type: VALUE, value: random.bytes(valueLength) };
  });
}

type Change = (entries: Entry[], at: number, random: Random) => void;

/** What makes a block another one, by one entry. */
const CHANGES: Record<string, Change> = {
  'a longer key': (entries, at) => {
    entries[at] = { ...entries[at]!, key: Uint8Array.from([...entries[at]!.key, 0]) };
  },
  'a longer value': (entries, at) => {
    entries[at] = { ...entries[at]!, value: Uint8Array.from([...entries[at]!.value, 9]) };
  },
  'a deletion': (entries, at) => {
    entries[at] = { ...entries[at]!, type: DELETION, value: new Uint8Array(0) };
  },
  'a newer sequence': (entries, at) => {
    entries[at] = { ...entries[at]!, sequence: entries[at]!.sequence + 300 };
  },
};

/** Everything that `payload` can be asked, held against the entries. */
function expectEntries(payload: Uint8Array, entries: readonly Entry[], random: Random): void {
  const block = Block.of(payload, 'f', 0);
  const found = new BlockEntry();
  const result = new LookupResult();
  expect(block.entryCount).toBe(entries.length);
  const searchedShare = Math.ceil(entries.length / 200);
  let offset = block.recordsStart;
  for (const [i, expected] of entries.entries()) {
    expect(block.recordOffset(i)).toBe(offset); // block-format/end-to-end
    block.decode(offset, found);
    const { sequence, type } = found;
    const value = payload.subarray(found.valueStart, found.valueEnd);
    const key = block.keyAt(i);
    expect(showEntry({ key, sequence, type, value })).toBe(showEntry(expected));
    expect(key.length - block.prefixLength).toBe(found.suffixLength);
    offset = found.valueEnd;
    if (i % searchedShare !== 0) continue;
    expect(block.search(key, 0, key.length, sequence)).toBe(~i);
    expect(block.lookup(key, 0, key.length, sequence, result)).toBe(i);
    expect([result.sequence, result.type]).toEqual([sequence, type]);
    expect(hex(result.value.subarray(result.valueStart, result.valueEnd))).toBe(hex(value));
    expect(block.lookup(key, 0, key.length, sequence - 1, result)).toBe(-1);
  }
  expect(offset).toBe(payload.length);
  for (let i = 0; i < 8; i++) {
    const near = Uint8Array.from(random.pick(entries).key);
    const key = random.chance(0.5) ? near.subarray(0, random.below(near.length + 1)) : near;
    if (key.length > 0) key[random.below(key.length)]! ^= 1 << random.below(8);
    const at = block.search(key, 0, key.length, 2 ** 52);
    const first = entries.findIndex((each) => compareBytes(each.key, key) >= 0);
    expect(at < 0 ? ~at : at).toBe(first < 0 ? entries.length : first);
  }
}

describe('a block of equal records', () => {
  it('keeps every entry, and nothing but keys and values for each (block-format/end-to-end, block-format/equal-record-flags)', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = makeRandom(seed);
      const suffixLength = random.pick([1, 2, 3, 4, 5, 9, 200]);
      const valueLength = random.pick([0, 1, 100, 127, 128]);
      const count = 2 + random.below(60);
      const entries = equalEntries(random, count, suffixLength, valueLength);
      try {
        const sizeBytes = builderOf(entries).sizeBytes;
        const payload = encoded(entries);
        expect(flagsOf(payload)).toBe(KNOWN_BLOCK_FLAGS & ~HAS_WIDE_OFFSETS);
        const prefixLength = getUint32(payload, 4);
        const suffix = entries[0]!.key.length - prefixLength; // shorter, where bytes agree by chance
        expect(payload.length).toBe(
          28 + prefixLength + count * (Math.max(4, suffix) + valueLength),
        );
        expect(sizeBytes).toBe(payload.length);
        expectEntries(payload, entries, random);
      } catch (cause) {
        throw new Error(`seed=${seed}`, { cause });
      }
    }
  });

  it('of more than 64 KiB has no offsets either', () => {
    const random = makeRandom(5);
    for (const [count, valueLength] of [
      [40, 3000],
      [10_000, 3],
    ] as const) {
      const entries = equalEntries(random, count, 3, valueLength);
      const payload = encoded(entries);
      expect(payload.length).toBeGreaterThan(65_536);
      expect(flagsOf(payload)).toBe(KNOWN_BLOCK_FLAGS & ~HAS_WIDE_OFFSETS);
      expectEntries(payload, entries, random);
    }
  });

  it('of one key, as an index may have, has suffixes of no bytes', () => {
    const handles = ['a0', 'a1', 'a2'];
    const payload = encoded(handles.map((handle) => entry('separator', 0, handle)));
    expect(flagsOf(payload)).toBe(HAS_EQUAL_RECORDS | HAS_VALUES_ONLY | HAS_ONE_SEQUENCE);
    const block = Block.of(payload, 'f', 0);
    const found = new BlockEntry();
    for (const [i, handle] of handles.entries()) {
      block.decode(block.recordOffset(i), found);
      expect(found.suffixLength).toBe(0);
      expect(Buffer.from(block.keyAt(i)).toString()).toBe('separator');
      expect(hex(payload.subarray(found.valueStart, found.valueEnd))).toBe(
        hex(Buffer.from(handle)),
      );
    }
    expect(block.search(Buffer.from('separator'), 0, 9, 0)).toBe(~0);
    expect(block.search(Buffer.from('separator0'), 0, 10, 0)).toBe(3);
  });

  it('is entered after, and before, one of another layout by the same object', () => {
    const random = makeRandom(8);
    const equal = encoded(equalEntries(random, 20, 9, 30));
    const unequal = encoded([entry('a', 1, 'x'), entry('bcdefgh', 2, 'yy'), entry('c', 3)]);
    const origin = { path: 'f', sequenceBase: 0, blockOffset: (): number => 0 };
    const block = new Block();
    for (const payload of [equal, unequal, equal]) {
      const { buffer, byteOffset, length } = payload;
      block.enter(payload, new DataView(buffer, byteOffset, length), 0, length, origin, 0);
      const alone = Block.of(payload, 'f', 0);
      for (let i = 0; i < alone.entryCount; i++) {
        expect(hex(block.keyAt(i))).toBe(hex(alone.keyAt(i)));
        expect(block.recordOffset(i)).toBe(alone.recordOffset(i));
      }
    }
  });
});

describe('a block', () => {
  it.each(Object.entries(CHANGES))(
    'of equal records but for %s is laid out as any',
    (_, change) => {
      for (let seed = 1; seed <= 100; seed++) {
        const random = makeRandom(seed);
        const entries = equalEntries(
          random,
          2 + random.below(40),
          random.pick([1, 2, 3, 4, 5, 9]),
          random.pick([0, 1, 100, 130]),
        );
        change(entries, random.pick([0, entries.length - 1, random.below(entries.length)]), random);
        try {
          const payload = encoded(entries);
          expect(flagsOf(payload) & HAS_EQUAL_RECORDS).toBe(0);
          expectEntries(payload, entries, random);
        } catch (cause) {
          throw new Error(`seed=${seed}`, { cause });
        }
      }
    },
  );

  it('of any entries is decoded to them, whatever was in the builder before (block-builder/prefix-of-the-ends)', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = makeRandom(seed);
      const builder = new BlockBuilder();
      for (let round = 0; round < 4; round++) {
        const entries = equalEntries(random, 1 + random.below(9), 4, random.pick([0, 3]));
        const names = Object.keys(CHANGES);
        if (random.chance(0.5)) CHANGES[random.pick(names)]!(entries, 0, random);
        for (const { key, sequence, type, value } of entries) {
          builder.add(key, 0, key.length, false, sequence, type, value, 0, value.length);
        }
        const target = new Uint8Array(builder.encodedSizeMax);
        const payload = target.slice(0, builder.encode(target, 0));
        expect(hex(payload), `seed=${seed}`).toBe(hex(encoded(entries)));
        expectEntries(payload, entries, random);
      }
    }
  });

  it('of one entry keeps its own lengths, which are the shorter', () => {
    const payload = encoded([entry('alone', 0, 'v'.repeat(5000))]);
    expect(flagsOf(payload) & HAS_EQUAL_RECORDS).toBe(0);
    expectEntries(payload, [entry('alone', 0, 'v'.repeat(5000))], makeRandom(1));
  });
});

describe('a damaged block of equal records (block/in-bounds)', () => {
  // Two entries, so that a length too large by 2^31 is too much by 2^32, as 32-bit arithmetic would not notice.
  const random = makeRandom(3);
  const payload = encoded(equalEntries(random, 2, 9, 20));
  const lengthsAt = BLOCK_HEADER_SIZE_BYTES + 4 * 2;
  const opened = (change: (bytes: Uint8Array) => Uint8Array | undefined) => (): Block => {
    const bytes = payload.slice();
    return Block.of(change(bytes) ?? bytes, 'f', 0);
  };

  it.each([
    ['entry count', 0],
    ['prefix length', 4],
    ['suffix length', lengthsAt],
    ['value length', lengthsAt + 4],
  ])('is refused with any other %s', (_, at) => {
    const right = getUint32(payload, at);
    const wrongs = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fffc, 0xffff_ffff];
    for (let bit = 0; bit < 32; bit++) wrongs.push((right ^ (1 << bit)) >>> 0);
    wrongs.push(right - 1, right + 1, right + 2 ** 31);
    for (const wrong of wrongs) {
      if (wrong === right) continue;
      const open = opened((bytes) => void putUint32(bytes, at, wrong));
      expect(open, `${right} as ${wrong}`).toThrow(CorruptionError);
    }
  });

  it('is refused when two lengths are wrong together by a power of two', () => {
    const [suffixLength, valueLength] = [getUint32(payload, lengthsAt), 20];
    expect([suffixLength, getUint32(payload, lengthsAt + 4)]).toEqual([7, valueLength]);
    for (const [suffix, value] of [
      [2 ** 31, 2 ** 31],
      [2 ** 32 - 1, 2 ** 32 - 1],
      [2 ** 31 + suffixLength, 2 ** 31 + valueLength],
    ] as const) {
      const open = opened((bytes) => {
        putUint32(bytes, lengthsAt, suffix);
        putUint32(bytes, lengthsAt + 4, value);
        return bytes;
      });
      expect(open).toThrow(CorruptionError);
    }
  });

  it('is refused with one byte more, at any shorter length, and nothing behind its header', () => {
    expect(opened(() => Uint8Array.from([...payload, 0]))).toThrow(CorruptionError);
    for (let length = 0; length < payload.length; length++) {
      expect(
        opened((bytes) => bytes.subarray(0, length)),
        `length=${length}`,
      ).toThrow(CorruptionError);
    }
  });

  it('is refused when its flags contradict each other, and as incompatible with an unknown one', () => {
    const withFlags = (flags: number): (() => Block) =>
      opened((bytes) => void putUint32(bytes, FLAGS_OFFSET, flags));
    const flags = flagsOf(payload);
    for (const wrong of [
      flags & ~HAS_ONE_SEQUENCE,
      flags & ~HAS_VALUES_ONLY,
      flags | HAS_WIDE_OFFSETS,
      HAS_EQUAL_RECORDS,
    ]) {
      expect(withFlags(wrong), `flags=${wrong}`).toThrow('contradict');
    }
    expect(withFlags(flags | 32)).toThrow(IncompatibleFormatError);
    expect(withFlags((flags | 0x8000_0000) >>> 0)).toThrow(IncompatibleFormatError);
  });

  it('reads within itself, or is refused, after any bit flip', () => {
    const found = new BlockEntry();
    let acceptedCount = 0;
    for (let bit = 0; bit < payload.length * 8; bit++) {
      const bytes = payload.slice();
      bytes[bit >>> 3]! ^= 1 << (bit & 7);
      let block: Block;
      try {
        block = Block.of(bytes, 'f', 0);
      } catch (error) {
        expect(error instanceof CorruptionError || error instanceof IncompatibleFormatError).toBe(
          true,
        );
        continue;
      }
      acceptedCount++;
      try {
        for (let i = 0; i < block.entryCount; i++) {
          block.keyAt(i);
          block.decode(block.recordOffset(i), found);
          expect(found.valueStart).toBeGreaterThanOrEqual(found.restStart);
          expect(found.valueEnd).toBeGreaterThanOrEqual(found.valueStart);
          expect(found.valueEnd).toBeLessThanOrEqual(bytes.length);
        }
      } catch (error) {
        expect(error, `bit=${bit}`).toBeInstanceOf(CorruptionError);
      }
    }
    expect(acceptedCount).toBeGreaterThan(payload.length * 4); // contents
  });
});

describe('equalRuns(), which the iterators are tested with,', () => {
  it('makes blocks of either layout', () => {
    const counts = { equal: 0, other: 0 };
    for (let seed = 1; seed <= 60; seed++) {
      const entries = equalRuns(makeRandom(seed), 80);
      const { bytes } = buildTable(entries, { blockSizeBytes: 90 });
      const salvager = new TableSalvager(fileOf(bytes));
      for (let i = 0; i < salvager.blockCount; i++) {
        const { view, start } = salvager.readBlock(i);
        const flags = view.getUint32(start + FLAGS_OFFSET, true);
        counts[(flags & HAS_EQUAL_RECORDS) !== 0 ? 'equal' : 'other']++;
      }
    }
    expect(counts.equal).toBeGreaterThan(100);
    expect(counts.other).toBeGreaterThan(50);
  });
});

describe('the equal records in table.md', () => {
  const entries = ['04', '11', '17'].map((name) => entry(`acct:${name}:eur`, 0, name.repeat(2)));

  it('are what the builder writes, and decode to what they say', () => {
    const example = hexExample('table.md', 'equal-records');
    expect(hex(encoded(entries))).toBe(hex(example));
    expectEntries(example, entries, makeRandom(2));
  });
});
