/**
 * Value types that this engine does not know: each decoder refuses them, and takes none for another type.
 *
 * A table or a log with such a type was written by a newer engine; memory with one was overwritten.
 */
import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../src/base/assert.ts';
import { CorruptionError, IncompatibleFormatError } from '../../src/base/errors.ts';
import { sequenceNumber } from '../../src/base/ids.ts';
import { DELETION, EXPIRING_VALUE, RANGE_DELETION, VALUE } from '../../src/base/value-type.ts';
import { ALL_VERSIONS, LookupResult } from '../../src/iterator/internal-iterator.ts';
import { hashKey } from '../../src/bytes/hash.ts';
import { insertEntry } from '../support/operations.ts';
import { BatchReader } from '../../src/batch/batch-reader.ts';
import { LOG_KIND_WAL } from '../../src/log/frame-format.ts';
import { readLog } from '../../src/log/log-reader.ts';
import { ArenaPool } from '../../src/memtable/arena-pool.ts';
import { copyThrough } from '../../src/memtable/copy-through.ts';
import { RELATIVE, VALUE_LENGTH, VALUE_TYPE } from '../../src/memtable/key-node.ts';
import { Block, BlockEntry } from '../../src/sstable/block.ts';
import { BlockBuilder } from '../../src/sstable/block-builder.ts';
import { makeMemoryVfs, NUMBER, PATH, writeLog } from '../log/log-fixture.ts';
import { ModelTable, ONE_MIB } from '../memtable/memtable-fixture.ts';

const KEY = Buffer.from('key');
/** Found again in the memory of a memtable by its length. */
const VALUE_SIZE = 77;
const UNKNOWN_TYPES = [4, 7, 255];

describe('an unknown value type', () => {
  it.each([RANGE_DELETION, ...UNKNOWN_TYPES, -1])(
    'in a memtable fails an assertion: %d',
    (unknown) => {
      const { table } = new ModelTable();
      const hash = hashKey(KEY, 0, KEY.length);
      const value = new Uint8Array(VALUE_SIZE);
      const sequence = sequenceNumber(1);
      insertEntry(table, { type: VALUE, sequence, key: KEY, value });
      const words = new Int32Array(table.shared().buffer);
      const version = words.findIndex(
        (_, i) =>
          words[i + RELATIVE] === 1 &&
          words[i + VALUE_LENGTH] === VALUE_SIZE &&
          words[i + VALUE_TYPE] === VALUE,
      );
      expect(version).toBeGreaterThan(0);
      words[version + VALUE_TYPE] = unknown;

      const get = (): unknown => table.get(KEY, 0, KEY.length, hash, 1, new LookupResult());
      expect(get).toThrow(AssertionError);
      expect(() => table.iterator(1).seekFirst()).toThrow(AssertionError);
      expect(() => table.iterator(ALL_VERSIONS).seekFirst()).toThrow(AssertionError);
      const pool = new ArenaPool(ONE_MIB);
      expect(() => copyThrough(table, sequence, pool)).toThrow(AssertionError);
    },
  );

  it.each(UNKNOWN_TYPES)('in a log is refused with its place: %d', async (unknown) => {
    const vfs = makeMemoryVfs();
    const payload = (type: number): string => String.fromCharCode(1, type, 1, 0x61);
    await writeLog(vfs, [
      { payload: payload(DELETION), first: 1, count: 1, durable: 0 },
      { payload: payload(unknown), first: 2, count: 1, durable: 1 },
    ]);
    const cursor = new BatchReader();
    const offsets: number[] = [];
    const read = readLog(vfs, PATH, LOG_KIND_WAL, NUMBER, (frame) => {
      offsets.push(frame.offset);
      cursor.reset(frame);
      while (cursor.next());
    });
    await expect(read).rejects.toThrow(IncompatibleFormatError);
    await expect(read).rejects.toThrow(`type=${unknown} file=${PATH} offset=${offsets[1]}`);
  });

  // The entry has no value, and so no time.
  it.each([RANGE_DELETION, EXPIRING_VALUE, ...UNKNOWN_TYPES])(
    'in a table is refused with its place: %d',
    (type) => {
      const builder = new BlockBuilder();
      builder.add(KEY, 0, KEY.length, false, 5, DELETION, KEY, 0, 0);
      const bytes = new Uint8Array(builder.encodedSizeMax);
      const payload = bytes.subarray(0, builder.encode(bytes, 0));
      const block = Block.of(payload, 'f', 4096);
      const entry = new BlockEntry();
      const at = block.recordOffset(0) + 2; // after two lengths
      block.decode(block.recordOffset(0), entry);
      expect([entry.type, payload[at]]).toEqual([DELETION, DELETION]);
      payload[at] = type;
      const decode = (): void => block.decode(block.recordOffset(0), entry);
      const isUnknown = UNKNOWN_TYPES.includes(type);
      expect(decode).toThrow(isUnknown ? IncompatibleFormatError : CorruptionError);
      expect(decode).toThrow('file=f offset=4096');
    },
  );
});
