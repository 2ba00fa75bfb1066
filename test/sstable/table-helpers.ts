/**
 * Tables for tests.
 *
 * Owns: building a table in memory from entries and range tombstones, opening it in every manner, and reading it whole.
 */
import { sliceOf } from '../../src/bytes/bytes.ts';
import { hashKey } from '../../src/bytes/hash.ts';
import { FOUND, LookupResult } from '../../src/iterator/internal-iterator.ts';
import type { RangeTombstones } from '../../src/iterator/range-tombstones.ts';
import { VALUE, DELETION } from '../../src/base/value-type.ts';
import type { BlockCache } from '../../src/cache/block-cache.ts';
import { PinnedBlocks } from '../../src/sstable/pinned-blocks.ts';
import { TableBuilder, type TableBuilderOptions } from '../../src/sstable/table-builder.ts';
import type { TableProperties } from '../../src/sstable/table-properties.ts';
import { TableReader } from '../../src/sstable/table-reader.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import type { VfsFile } from '../../src/vfs/vfs.ts';
import type { Entry } from '../support/array-iterator.ts';

export const FILE_NUMBER = 7;
const PATH = '/000007.sst';

export interface BuiltTable {
  readonly bytes: Uint8Array;
  readonly properties: TableProperties;
}

/** `[start, end)` was deleted at `sequence`. */
export interface Tombstone {
  readonly start: string;
  readonly end: string;
  readonly sequence: number;
}

export const PLAIN_OPTIONS: TableBuilderOptions = {
  blockSizeBytes: 4096,
  compression: 'none',
  filterBitsPerKey: 10,
};

export function addEntry(builder: TableBuilder, entry: Entry): void {
  const { key, sequence, type, value } = entry;
  builder.add(key, 0, key.length, sequence, type, value, 0, value.length);
}

/** Builds a table and returns its file. */
export function buildTable(
  entries: readonly Entry[],
  options: Partial<TableBuilderOptions> = {},
  tombstones: readonly Tombstone[] = [],
): BuiltTable {
  const file = new MemoryVfs().open(PATH, 'create');
  const builder = new TableBuilder(file, { ...PLAIN_OPTIONS, ...options });
  for (const entry of entries) addEntry(builder, entry);
  for (const { start, end, sequence } of tombstones) {
    builder.addTombstone(Buffer.from(start), Buffer.from(end), sequence);
  }
  const properties = builder.finish();
  const bytes = new Uint8Array(file.sizeSync());
  file.readSync(bytes, 0, bytes.length, 0);
  return { bytes, properties };
}

/** A file with this content; counts closes. */
export function fileOf(bytes: Uint8Array): VfsFile {
  const vfs = new MemoryVfs();
  const file = vfs.open(PATH, 'create');
  if (bytes.length > 0) file.writeSync(bytes, 0, bytes.length, 0);
  return vfs.open(PATH, 'read');
}

export function openTable(bytes: Uint8Array, cache?: BlockCache): TableReader {
  return TableReader.open(fileOf(bytes), FILE_NUMBER, cache);
}

/** A point lookup that loads what it needs; undefined when there is no entry. */
export function lookUp(
  reader: TableReader,
  key: Uint8Array,
  sequence: number,
  hash: number = hashKey(key, 0, key.length),
): Entry | undefined {
  const pins = new PinnedBlocks('call');
  const result = new LookupResult();
  if (reader.get(sliceOf(key), hash, sequence, result, pins) !== FOUND) return undefined;
  return {
    key,
    sequence: result.sequence,
    type: result.type === VALUE ? VALUE : DELETION,
    value: result.value.slice(result.valueStart, result.valueEnd),
  };
}

/** Every range tombstone as `start-end@9`, in that order. */
export function showTombstones(tombstones: RangeTombstones): string[] {
  return Array.from(
    tombstones.all(),
    ({ start, end, sequence }) =>
      `${Buffer.from(start).toString()}-${Buffer.from(end).toString()}@${sequence}`,
  ).sort();
}
