/** Directories of other engines: told by product, and left as they are. Ours, however damaged, is never taken for one. */
import fs from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { CorruptionError, InvalidArgumentError } from '../../src/base/errors.ts';
import { open } from '../../src/api/open.ts';
import { repair } from '../../src/inspect/repair.ts';
import { verifyDirectory } from '../../src/inspect/verify-directory.ts';
import { foreignDatabaseIn } from '../../src/version/foreign-database.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { NodeVfs } from '../../src/vfs/node-vfs.ts';
import { DIRECTORY, errorOf, makeDirectory, openMemory } from '../api/fixture.ts';
import { writeText } from '../support/vfs-contract.ts';

type Files = Readonly<Record<string, Buffer | string>>;

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
/** A file of that size with these bytes at one place. */
function padded(bytes: Buffer, offset: number, sizeBytes = 4096): Buffer {
  const file = Buffer.alloc(sizeBytes);
  bytes.copy(file, offset < 0 ? sizeBytes + offset : offset);
  return file;
}

/** As LevelDB 1.20 wrote it: the key order, and the numbers of its files. */
const LEVEL_MANIFEST = hex(`
  56f9b8f8 1c00 01 01 1a 6c6576656c64622e4279746577697365436f6d70617261746f72
  a49c8bbe 0800 01 0203 0900 0304 0400`);
/** One put: `a`, `b`. */
const LEVEL_LOG = hex('d31c3ec7 1100 01 0100000000000000 01000000 01 0161 0162');
const LEVEL_TABLE = padded(hex('57fb808b247547db'), -8, 300);
const LEVEL: Files = {
  CURRENT: 'MANIFEST-000002\n',
  LOCK: '',
  LOG: '2026/01/01-00:00:00.000000 7fa20ebfe6c0 Delete type=3 #1\n',
  'MANIFEST-000002': LEVEL_MANIFEST,
  '000003.log': LEVEL_LOG,
};
const ROCKS_OPTIONS = '# This is a RocksDB option file.\n#\n[Version]\n  rocksdb_version=9.0.0\n';
const ROCKS_TABLE = padded(hex('f7cff485b741e288'), -8, 300);

function without(files: Files, ...names: string[]): Files {
  return Object.fromEntries(Object.entries(files).filter(([name]) => !names.includes(name)));
}

const CASES: readonly (readonly [product: string, what: string, files: Files])[] = [
  ['LevelDB', 'as it is made', LEVEL],
  ['LevelDB', 'with a table', { ...LEVEL, '000005.ldb': LEVEL_TABLE }],
  ['LevelDB', 'of an old version', { ...LEVEL, '000005.sst': LEVEL_TABLE }],
  ['LevelDB', 'without a CURRENT', without(LEVEL, 'CURRENT')],
  ['LevelDB', 'without CURRENT and manifest', { 'x.txt': '', '000005.sst': LEVEL_TABLE }],
  ['LevelDB', 'without its manifest', without(LEVEL, 'MANIFEST-000002')],
  ['LevelDB', 'with a damaged CURRENT', { ...LEVEL, CURRENT: 'MANIFEST' }],
  ['RocksDB', 'as it is made', { ...LEVEL, 'OPTIONS-000007': ROCKS_OPTIONS, IDENTITY: 'x' }],
  ['RocksDB', 'with a table', { ...LEVEL, '000009.sst': ROCKS_TABLE }],
  ['RocksDB', 'that lost CURRENT', { '000009.sst': ROCKS_TABLE, '000010.log': LEVEL_LOG }],
  ['Pebble', 'as it is made', { ...LEVEL, 'OPTIONS-000003': '[Version]\n  pebble_version=0.1\n' }],
  ['Pebble', 'that lost all but a table', { '000005.sst': padded(hex('f09faab3f09faab3'), -8) }],
  ['Badger', 'with a table', { MANIFEST: 'Bdgr\0\0\0\x08', '000001.sst': Buffer.alloc(100, 7) }],
  ['LMDB', 'of 64 bits', { 'data.mdb': padded(hex('dec0efbe01000000'), 16), 'lock.mdb': '' }],
  ['LMDB', 'of lmdb-js', { 'data.mdb': padded(hex('dec0efbe02000000'), 24), 'lock.mdb': '' }],
  ['LMDB', 'of 32 bits', { 'data.mdb': padded(hex('dec0efbe01000000'), 12), 'lock.mdb': '' }],
  [
    'SQLite',
    'in WAL mode',
    { 'app.db': 'SQLite format 3\0\x10', 'app.db-wal': 'x', 'app.db-shm': '' },
  ],
  ['WiredTiger', 'as it is made', { WiredTiger: 'WiredTiger\nWiredTiger 11.2.0\n', 'a.wt': 'x' }],
  ['Berkeley DB', 'B-tree', { 'users.db': padded(hex('62310500'), 12) }],
  ['Berkeley DB', 'hash of the other byte order', { 'users.db': padded(hex('00061561'), 12) }],
  ['DuckDB', 'as it is made', { 'a.duckdb': padded(Buffer.from('DUCK'), 8) }],
  ['Redis', 'snapshot', { 'dump.rdb': 'REDIS0011\xfa' }],
  ['Redis', 'log', { 'appendonly.aof': '*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n' }],
];

function imageOf(directory: string): Record<string, string> {
  const names = fs.readdirSync(directory).sort();
  return Object.fromEntries(
    names.map((name) => {
      const path = join(directory, name);
      return [name, `${fs.statSync(path).ino} ${fs.readFileSync(path).toString('base64')}`];
    }),
  );
}

describe('a directory of another engine', () => {
  it.each(CASES)(
    'is told by name and left alone: %s %s (foreign-database/by-content, database-directory/other-engines-first)',
    async (product, _what, files) => {
      const directory = makeDirectory();
      for (const [name, content] of Object.entries(files)) {
        fs.writeFileSync(join(directory, name), content, 'latin1');
      }
      const image = imageOf(directory);
      const vfs = new NodeVfs();
      const elsewhere = makeDirectory();
      const own = await open(join(elsewhere, 'own'), { background: 'inline' });
      const calls: readonly (() => Promise<unknown>)[] = [
        () => open(directory),
        () => open(directory, { createIfMissing: false }),
        () => open(directory, { errorIfExists: true }),
        () => verifyDirectory(vfs, directory),
        () => repair(directory, join(elsewhere, 'repaired')),
        () => repair(join(elsewhere, 'own'), directory),
        () => own.checkpoint(directory),
      ];
      for (const call of calls) {
        const error = await errorOf(call);
        expect(error).toBeInstanceOf(InvalidArgumentError);
        expect(error.message).toBe(
          `Directory holds a database of ${product}, not of Varve: path=${directory}`,
        );
        expect(imageOf(directory)).toEqual(image);
      }
      await own.close();
      expect(fs.readdirSync(elsewhere)).toEqual(['own']);
    },
  );
});

describe('a directory of ours', () => {
  async function makeDatabase(): Promise<MemoryVfs> {
    const vfs = new MemoryVfs();
    const db = await openMemory({ vfs });
    await db.put('a', '1');
    await db.flush();
    await db.put('b', '2');
    await db.close();
    return vfs;
  }

  function rewrite(vfs: MemoryVfs, name: string, content: string | Buffer): void {
    const path = join(DIRECTORY, name);
    if (vfs.exists(path)) vfs.unlink(path);
    const file = vfs.open(path, 'create');
    const bytes = Buffer.from(content as string, 'latin1');
    if (bytes.length > 0) file.writeSync(bytes, 0, bytes.length, 0);
    file.closeSync();
  }

  it.each(['', 'MANIFEST-000002\n', 'MANIFEST', '\0'.repeat(24), LEVEL_MANIFEST])(
    'whose CURRENT is damaged stays damaged: %j',
    async (content) => {
      const vfs = await makeDatabase();
      rewrite(vfs, 'CURRENT', content);
      expect(await errorOf(() => openMemory({ vfs }))).toBeInstanceOf(CorruptionError);
      expect((await verifyDirectory(vfs, DIRECTORY)).isSound).toBe(false);
      const report = await repair(DIRECTORY, '/repaired', { vfs });
      expect(report).toMatchObject({ isComplete: true, entryCount: 2 });
    },
  );

  it.each([/^CURRENT/, /^(CURRENT|MANIFEST)/, /^(CURRENT|MANIFEST|.*\.log)/])(
    'that lost %s stays damaged, whatever lies beside the rest (foreign-database/ours-first)',
    async (lost) => {
      const vfs = await makeDatabase();
      for (const name of vfs.list(DIRECTORY)) {
        if (lost.test(name)) vfs.unlink(join(DIRECTORY, name));
      }
      rewrite(vfs, 'app.db', 'SQLite format 3\0');
      rewrite(vfs, '000500.ldb', LEVEL_TABLE);
      expect(foreignDatabaseIn(vfs, DIRECTORY)).toBe(undefined);
      expect(await errorOf(() => openMemory({ vfs }))).toBeInstanceOf(CorruptionError);
      const report = await repair(DIRECTORY, '/repaired', { vfs });
      expect(report.entryCount).toBeGreaterThan(0);
    },
  );

  it.each([/^CURRENT/, /^MANIFEST/, /\.log$/, /\.sst$/])(
    'of which only %s is left is ours still (foreign-database/ours-first)',
    async (left) => {
      const vfs = await makeDatabase();
      for (const name of vfs.list(DIRECTORY)) {
        if (!left.test(name)) vfs.unlink(join(DIRECTORY, name));
      }
      expect(vfs.list(DIRECTORY)).not.toEqual([]);
      rewrite(vfs, '000500.ldb', LEVEL_TABLE);
      expect(foreignDatabaseIn(vfs, DIRECTORY)).toBe(undefined);
    },
  );

  it('of which nothing is whole any more is not explained by a file beside it (foreign-database/nothing-beside)', async () => {
    const vfs = await makeDatabase();
    for (const name of vfs.list(DIRECTORY)) rewrite(vfs, name, '\0'.repeat(100));
    writeText(vfs, join(DIRECTORY, 'app.db'), 'SQLite format 3\0');
    expect(await errorOf(() => openMemory({ vfs }))).toBeInstanceOf(CorruptionError);
    expect((await verifyDirectory(vfs, DIRECTORY)).isSound).toBe(false);
  });

  it('opens beside files of other engines', async () => {
    const vfs = await makeDatabase();
    writeText(vfs, join(DIRECTORY, 'app.db'), 'SQLite format 3\0');
    rewrite(vfs, 'OPTIONS-000007', ROCKS_OPTIONS);
    const db = await openMemory({ vfs });
    expect(await db.get('b')).toBe('2');
    await db.close();
  });
});
