/**
 * Micro benchmark of one table in memory: build, open, point lookups, scans.
 *
 * `node scripts/run-ts.mjs bench/micro/table.ts [entryCount]`: 16-byte keys (decimal digits, or hashed), 100-byte
 * values. Prints entries per second; compare runs of two revisions, interleaved, not numbers of two machines.
 */
import { hashKey } from '../../src/bytes/hash.ts';
import { LookupResult, NEEDS_BLOCK, READY } from '../../src/iterator/internal-iterator.ts';
import { VALUE } from '../../src/base/value-type.ts';
import { BlockCache } from '../../src/cache/block-cache.ts';
import { PinnedBlocks } from '../../src/sstable/pinned-blocks.ts';
import { TableBuilder } from '../../src/sstable/table-builder.ts';
import type { TableIterator } from '../../src/sstable/table-iterator.ts';
import { TableReader } from '../../src/sstable/table-reader.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import type { VfsFile } from '../../src/vfs/vfs.ts';

const ENTRY_COUNT = Number(process.argv[2] ?? 500_000);
const KEY_SIZE = 16;
const VALUE_SIZE = 100;
const ROUNDS = 3;

type KeyKind = 'decimal' | 'hashed';

/** All keys of one kind, end to end and sorted; odd ones are left for lookups that miss. */
function makeKeys(kind: KeyKind): Uint8Array {
  const numbers = Array.from({ length: ENTRY_COUNT * 2 }, (_, i) =>
    kind === 'decimal'
      ? String(i).padStart(KEY_SIZE, '0')
      : mixed(i).toString(16).padStart(8, '0') +
        mixed(i + 77)
          .toString(16)
          .padStart(8, '0'),
  );
  if (kind === 'hashed') numbers.sort();
  return Buffer.from(numbers.join(''), 'latin1');
}

function mixed(value: number): number {
  let x = Math.imul(value ^ 0x5bd1e995, 0x9e3779b1);
  x = Math.imul(x ^ (x >>> 15), 0x85ebca6b);
  return (x ^ (x >>> 13)) >>> 0;
}

function perSecond(count: number, run: () => void): string {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    run();
    best = Math.min(best, Number(process.hrtime.bigint() - start));
  }
  return `${((count / best) * 1e3).toFixed(2)} M/s (${(best / count).toFixed(0)} ns)`;
}

function scan(cursor: TableIterator, isForward: boolean): number {
  let count = 0;
  let status = isForward ? cursor.seekFirst() : cursor.seekLast();
  while (true) {
    if (status === READY) {
      count += cursor.valueEnd > 0 ? 1 : 0;
      status = isForward ? cursor.next() : cursor.prev();
    } else if (status === NEEDS_BLOCK) {
      cursor.loadSync();
      status = cursor.resume();
    } else {
      return count;
    }
  }
}

/** Takes everything and keeps nothing, so that only the builder is timed. */
function makeSink(vfs: MemoryVfs): VfsFile {
  const file = vfs.open('/bench/sink', 'create');
  file.writeSync = (_source, _offset, length): number => length;
  return file;
}

function build(
  file: VfsFile,
  keys: Uint8Array,
  compression: 'none' | 'snappy',
  isVersioned: boolean,
): number {
  const builder = new TableBuilder(file, {
    blockSizeBytes: 4096,
    compression,
    filterBitsPerKey: 10,
  });
  const value = new Uint8Array(VALUE_SIZE);
  for (let i = 0; i < 60; i++) value[i] = 97 + (i % 7);
  for (let i = 0; i < ENTRY_COUNT; i++) {
    const start = 2 * i * KEY_SIZE;
    for (let j = 60; j < VALUE_SIZE; j++) value[j] = i * j;
    const sequence = isVersioned ? 1_000_000 + (mixed(i) % 1000) : 0;
    builder.add(keys, start, start + KEY_SIZE, sequence, VALUE, value, 0, VALUE_SIZE);
  }
  builder.finish();
  return builder.sizeBytes;
}

function lookUpAll(reader: TableReader, keys: Uint8Array, isHit: boolean): number {
  const result = new LookupResult();
  const pins = new PinnedBlocks('call');
  let found = 0;
  for (let i = 0; i < ENTRY_COUNT; i++) {
    const start = (2 * (mixed(i) % ENTRY_COUNT) + (isHit ? 0 : 1)) * KEY_SIZE;
    const end = start + KEY_SIZE;
    const hash = hashKey(keys, start, end);
    found += reader.get({ bytes: keys, start, end }, hash, 2e9, result, pins);
  }
  return found;
}

function run(kind: KeyKind, compression: 'none' | 'snappy', isVersioned: boolean): void {
  const vfs = new MemoryVfs();
  vfs.makeDirectory('/bench');
  const keys = makeKeys(kind);
  const path = '/bench/table';
  const sink = makeSink(vfs);
  const print = (name: string, text: string): void => console.log(`  ${name.padEnd(22)}${text}`);
  console.log(`${kind} keys, ${compression}, ${isVersioned ? 'sequences' : 'bottom level'}`);
  print(
    'build',
    perSecond(ENTRY_COUNT, () => build(sink, keys, compression, isVersioned)),
  );
  const file = vfs.open(path, 'create');
  const size = build(file, keys, compression, isVersioned);
  print('bytes per entry', (size / ENTRY_COUNT).toFixed(1));
  const openTime = perSecond(ENTRY_COUNT, () =>
    TableReader.open(vfs.open(path, 'read'), 1, undefined).close(),
  );
  print('open, per entry', openTime);
  const cold = TableReader.open(vfs.open(path, 'read'), 1, undefined);
  const cache = new BlockCache(4e9);
  const reader = TableReader.open(vfs.open(path, 'read'), 2, cache);
  print('index + filter', `${(reader.memoryBytes / ENTRY_COUNT).toFixed(2)} bytes per entry`);
  print(
    'get hit, no cache',
    perSecond(ENTRY_COUNT, () => lookUpAll(cold, keys, true)),
  );
  const cursor = reader.iterator(2e9, { fillCache: true });
  scan(cursor, true);
  print(
    'get hit, cached',
    perSecond(ENTRY_COUNT, () => lookUpAll(reader, keys, true)),
  );
  print(
    'get miss',
    perSecond(ENTRY_COUNT, () => lookUpAll(reader, keys, false)),
  );
  print(
    'scan forward, cached',
    perSecond(ENTRY_COUNT, () => scan(cursor, true)),
  );
  print(
    'scan backward, cached',
    perSecond(ENTRY_COUNT, () => scan(cursor, false)),
  );
  const readahead = cold.iterator(2e9, { fillCache: false, readaheadBytes: 256 * 1024 });
  print(
    'scan, 256 KiB reads',
    perSecond(ENTRY_COUNT, () => scan(readahead, true)),
  );
}

console.log(`Node ${process.version}, ${ENTRY_COUNT} entries, best of ${ROUNDS}`);
for (const kind of ['decimal', 'hashed'] as const) {
  run(kind, 'none', true);
  run(kind, 'none', false);
  run(kind, 'snappy', false);
}
