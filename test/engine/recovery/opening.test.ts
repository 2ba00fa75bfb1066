/** What `open` accepts and refuses, and that a refusal changes nothing. */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { maskedCrc32 } from '../../../src/bytes/crc32.ts';
import {
  CorruptionError,
  IncompatibleFormatError,
  InvalidArgumentError,
  IoError,
  LockedError,
} from '../../../src/base/errors.ts';
import type { Database } from '../../../src/api/database.ts';
import { open } from '../../../src/api/open.ts';
import { LOG_FORMAT_VERSION, LOG_HEADER_SIZE_BYTES } from '../../../src/log/frame-format.ts';
import { FOOTER_SIZE_BYTES, TABLE_FORMAT_VERSION } from '../../../src/sstable/footer.ts';
import { fileName } from '../../../src/vfs/filenames.ts';
import { MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import type { Vfs, VfsFile } from '../../../src/vfs/vfs.ts';
import { builtFile } from '../../support/built.ts';
import { CrashVfs } from '../../support/crash-vfs.ts';
import { GateVfs } from '../../support/gate-vfs.ts';
import { bytesOf, imageOf } from '../../support/text-database.ts';
import { WrappedFile, WrappedVfs } from '../../support/wrapped-vfs.ts';
import {
  closeLater,
  DIRECTORY,
  errorOf,
  makeDirectory,
  openMemory,
  TINY,
  turns,
} from '../../api/fixture.ts';

function write(vfs: MemoryVfs, name: string, bytes: Uint8Array, position = 0): void {
  const path = join(DIRECTORY, name);
  const file = vfs.open(path, vfs.exists(path) ? 'modify' : 'create');
  file.writeSync(bytes, 0, bytes.length, position);
  file.closeSync();
}

/** A closed database with a table, a manifest and a log that holds something. */
async function makeDatabase(): Promise<MemoryVfs> {
  const vfs = new MemoryVfs();
  const db = await openMemory({ vfs });
  await db.put('a', '1');
  await db.flush();
  await db.put('b', '2');
  await db.close();
  return vfs;
}

const nameLike = (vfs: MemoryVfs, pattern: RegExp): string => {
  const name = vfs
    .list(DIRECTORY)
    .sort()
    .findLast((each) => pattern.test(each));
  if (name === undefined)
    throw new Error(`No file like ${String(pattern)}: ${vfs.list(DIRECTORY).join()}`);
  return name;
};

describe('open()', () => {
  it('creates the directory with its parents, and finds everything again', async () => {
    const vfs = await makeDatabase();
    const db = await openMemory({ vfs, errorIfExists: false, createIfMissing: false });
    expect(await db.entries().all()).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    expect(db.location).toBe(DIRECTORY);
    expect(db.stats().recovery).toMatchObject({ isNew: false, cutBytes: 0, lastSequence: 2 });
  });

  it('with createIfMissing false refuses what is not there, and creates nothing', async () => {
    const vfs = new MemoryVfs();
    const error = await errorOf(() => open(DIRECTORY, { vfs, createIfMissing: false }));
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(vfs.list('/')).toEqual([]);
  });

  it('with errorIfExists refuses what is there, and changes nothing', async () => {
    const vfs = await makeDatabase();
    const before = imageOf(vfs, DIRECTORY);
    const error = await errorOf(() => open(DIRECTORY, { vfs, errorIfExists: true }));
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(imageOf(vfs, DIRECTORY)).toEqual(before);
    const db = await openMemory({ vfs: new MemoryVfs(), errorIfExists: true });
    expect(db.stats().recovery.isNew).toBe(true);
  });

  it('refuses a directory of other files, and leaves it alone', async () => {
    const vfs = new MemoryVfs();
    vfs.makeDirectory(DIRECTORY);
    write(vfs, 'notes.txt', Buffer.from('mine'));
    const error = await errorOf(() => open(DIRECTORY, { vfs }));
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(vfs.list(DIRECTORY)).toEqual(['notes.txt']);
  });

  it('refuses a path that is a file, or below one', async () => {
    const file = join(makeDirectory(), 'file');
    writeFileSync(file, 'mine');
    expect(await errorOf(() => open(file))).toBeInstanceOf(InvalidArgumentError);
    const below = await errorOf(() => open(join(file, 'db')));
    expect([InvalidArgumentError, IoError].some((type) => below instanceof type)).toBe(true);
    const vfs = new MemoryVfs();
    vfs.open('/test', 'create').closeSync();
    expect(await errorOf(() => open('/test', { vfs }))).toBeInstanceOf(InvalidArgumentError);
  });

  it('refuses a directory that cannot be written, before it touches anything', async () => {
    const inner = await makeDatabase();
    const before = imageOf(inner, DIRECTORY);
    class ReadOnlyVfs extends GateVfs {
      override isWritable(): boolean {
        return false;
      }
    }
    const error = await errorOf(() => open(DIRECTORY, { vfs: new ReadOnlyVfs(inner) }));
    expect(error).toBeInstanceOf(IoError);
    expect((error as IoError).path).toBe(DIRECTORY);
    expect(imageOf(inner, DIRECTORY)).toEqual(before);
  });

  it('a refused open gives the lock back', async () => {
    const vfs = await makeDatabase();
    await errorOf(() => open(DIRECTORY, { vfs, errorIfExists: true }));
    const manifest = nameLike(vfs, /^MANIFEST/i);
    const whole = bytesOf(vfs, join(DIRECTORY, manifest));
    write(vfs, manifest, Uint8Array.of(0xff), 40);
    expect(await errorOf(() => open(DIRECTORY, { vfs }))).toBeInstanceOf(CorruptionError);
    write(vfs, manifest, whole);
    const db = await openMemory({ vfs });
    expect(db.getSync('b')).toBe('2');
  });
});

describe('a database in use', () => {
  it('is refused to a second open of this process with LockedError, and stays usable', async () => {
    const vfs = new MemoryVfs();
    const db = await openMemory({ vfs });
    expect(await errorOf(() => open(DIRECTORY, { vfs }))).toBeInstanceOf(LockedError);
    await db.put('k', 'v');
    await db.close();
    expect((await openMemory({ vfs })).getSync('k')).toBe('v');
  });

  it('of two that open at once one wins', async () => {
    const directory = makeDirectory();
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => open(directory)));
    const winners = outcomes.filter((outcome) => outcome.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(LockedError);
      else closeLater(outcome.value);
    }
  });

  it('by another process is refused while that lives, and opens once it was killed', async () => {
    const directory = makeDirectory();
    const child = spawn(process.execPath, ['--input-type=module', '-e', HOLDER(), directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    try {
      await new Promise((resolve, reject) => {
        child.stdout.once('data', resolve);
        child.once('exit', () => reject(new Error('The child ended early')));
      });
      expect(await errorOf(() => open(directory))).toBeInstanceOf(LockedError);
    } finally {
      child.kill('SIGKILL');
      await exited;
    }
    const db = closeLater(await open(directory, { keyEncoding: 'utf8', valueEncoding: 'utf8' }));
    expect(db.getSync('held')).toBe('yes');
  });
});

/** Opens the database through the built package, says so, and stays. */
const HOLDER = (): string => `
  import { open } from ${JSON.stringify(pathToFileURL(builtFile('index.js')).href)};
  const db = await open(process.argv[1], { keyEncoding: 'utf8', valueEncoding: 'utf8' });
  await db.put('held', 'yes');
  console.log('open');
  setInterval(() => db, 1000);
`;

describe('a newer format', () => {
  /** Raises the version in a header or footer and makes its checksum right again. */
  function raise(
    vfs: MemoryVfs,
    name: string,
    unit: { start: number; versionAt: number; checksumAt: number; version: number },
  ): void {
    const bytes = bytesOf(vfs, join(DIRECTORY, name));
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    expect(view.getUint32(unit.start + unit.versionAt, true)).toBe(unit.version);
    view.setUint32(unit.start + unit.versionAt, unit.version + 1, true);
    const checksum = maskedCrc32(bytes, unit.start, unit.start + unit.checksumAt);
    view.setUint32(unit.start + unit.checksumAt, checksum, true);
    write(vfs, name, bytes);
  }

  const LOG_HEADER = { start: 0, versionAt: 8, checksumAt: 28, version: LOG_FORMAT_VERSION };

  it.each([
    ['manifest', /^MANIFEST/i],
    ['log', /\.log$/],
  ] as const)(
    'of the %s is IncompatibleFormatError at open, and nothing is changed (recovery/refused-unchanged)',
    async (_, pattern) => {
      const vfs = await makeDatabase();
      raise(vfs, nameLike(vfs, pattern), LOG_HEADER);
      const before = imageOf(vfs, DIRECTORY);
      expect(await errorOf(() => open(DIRECTORY, { vfs }))).toBeInstanceOf(IncompatibleFormatError);
      expect(imageOf(vfs, DIRECTORY)).toEqual(before);
    },
  );

  it('of a table is IncompatibleFormatError where it is read, and verify() names the file', async () => {
    const vfs = await makeDatabase();
    const name = nameLike(vfs, /\.sst$/);
    const start = bytesOf(vfs, join(DIRECTORY, name)).length - FOOTER_SIZE_BYTES;
    const place = { start, versionAt: 48, checksumAt: 52 };
    raise(vfs, name, { ...place, version: TABLE_FORMAT_VERSION });
    const outcome = await open(DIRECTORY, { vfs, keyEncoding: 'utf8', valueEncoding: 'utf8' }).then(
      (db) => closeLater(db),
      (error: Error) => error,
    );
    if (outcome instanceof Error) {
      expect(outcome).toBeInstanceOf(IncompatibleFormatError);
      return;
    }
    expect(await errorOf(() => outcome.get('a'))).toBeInstanceOf(IncompatibleFormatError);
    expect(await errorOf(() => outcome.getSync('a'))).toBeInstanceOf(IncompatibleFormatError);
    const report = await outcome.verify();
    expect(report.isSound).toBe(false);
    expect(report.problems.map((problem) => problem.code)).toContain('INCOMPATIBLE_FORMAT');
  });
});

describe('the log for the next memtable', () => {
  const logsIn = (vfs: MemoryVfs): number =>
    vfs.list(DIRECTORY).filter((name) => name.endsWith('.log')).length;

  it('is made with the first commit, not for those who only read', async () => {
    const vfs = await makeDatabase();
    const db = await openMemory({ vfs });
    expect(await db.get('a')).toBeDefined();
    await turns();
    const before = logsIn(vfs);
    await db.put('z', 'written');
    await turns();
    expect(logsIn(vfs)).toBe(before + 1);
    await db.put('z', 'again');
    await turns();
    expect(logsIn(vfs)).toBe(before + 1);
  });

  it('has no zeros once the database is closed, nor has the one of a memtable without a commit', async () => {
    const vfs = new MemoryVfs();
    const db = await openMemory({ vfs });
    await db.put('a', 'written');
    await db.compact(); // an empty memtable with a new log, and the spare one
    await turns();
    await db.close();
    const logs = vfs.list(DIRECTORY).filter((name) => name.endsWith('.log'));
    expect(logs.length).toBeGreaterThan(1);
    for (const name of logs)
      expect(bytesOf(vfs, join(DIRECTORY, name)).length).toBe(LOG_HEADER_SIZE_BYTES);
    const again = closeLater(await openMemory({ vfs }));
    expect(await again.get('a')).toBe('written');
  });

  it('is not left behind where nothing was committed', async () => {
    const vfs = new MemoryVfs();
    for (let i = 0; i < 3; i++) {
      const db = await openMemory({ vfs });
      await turns();
      await db.close();
      expect(logsIn(vfs)).toBe(1);
    }
  });
});

describe('full memtables that were replayed', () => {
  const count = 60_000; // of which each takes several steps to put in order
  const keyOf = (i: number): string => `key ${(i * 617) % count}`;
  const entries = Array.from({ length: count }, (_, i) => [keyOf(i), `${i}`]);
  entries.sort(([a = ''], [b = '']) => (a < b ? -1 : 1));

  it.each(['at once', 'a turn later', 'after their flush'])(
    'are read in order %s',
    async (when) => {
      const disk = new CrashVfs();
      const killed = closeLater(await openMemory({ vfs: disk, durability: 'os' }));
      for (let i = 0; i < count; i += 1000) {
        const puts = Array.from({ length: 1000 }, (_, j) => killed.put(keyOf(i + j), `${i + j}`));
        await Promise.all(puts);
      }
      const db = await openMemory({
        vfs: disk.kill(),
        ...TINY,
        memtableSizeBytes: 2 * 1024 * 1024,
      });
      if (when === 'a turn later') await turns(1);
      if (when === 'after their flush') await db.flush();
      expect(db.getSync(keyOf(7))).toBe('7');
      expect([...db.entries()]).toEqual(entries);
      expect([...db.entries({ reverse: true })]).toEqual(entries.toReversed());
    },
  );
});

describe('files that no manifest names', () => {
  const foreign = ['notes.txt', '900.sst', '000900.sst.bak', 'MANIFEST-000902~'];
  const isLeft = (vfs: MemoryVfs, name: string): boolean =>
    Buffer.from(bytesOf(vfs, join(DIRECTORY, name))).toString() === 'left behind';

  const makeLittered = async (names: readonly string[]): Promise<MemoryVfs> => {
    const vfs = await makeDatabase();
    for (const name of names) write(vfs, name, Buffer.from('left behind'));
    return vfs;
  };

  const openWhole = async (vfs: Vfs): Promise<Database<string, string>> => {
    const db = await openMemory({ vfs });
    expect([...db.entries()]).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    expect((await db.verify()).problems).toEqual([]);
    return db;
  };

  it('are removed where the engine could have made them; others stay as they are', async () => {
    const orphans = ['000900.sst', '000901.log', 'MANIFEST-000902', 'CURRENT.tmp'];
    const vfs = await makeLittered([...orphans, ...foreign]);
    const db = await openWhole(vfs);
    const left = vfs.list(DIRECTORY);
    expect(left.filter((name) => orphans.includes(name))).toEqual([]);
    expect(left.filter((name) => /^MANIFEST-\d+$/.test(name))).toHaveLength(1);
    expect(db.stats().recovery.orphanCount).toBe(orphans.length);
    expect(foreign.filter((name) => isLeft(vfs, name))).toEqual(foreign);
  });

  it('are removed after the sync of the manifest that does not name them (recovery/durable-before-removed)', async () => {
    const calls: string[] = [];
    class OrderVfs extends WrappedVfs {
      override wrap(file: VfsFile): VfsFile {
        return new OrderFile(file);
      }
      override async syncDirectory(path: string): Promise<void> {
        await super.syncDirectory(path);
        calls.push('sync of the directory');
      }
      override unlink(path: string): void {
        if (path.endsWith('.sst')) calls.push('removal');
        super.unlink(path);
      }
    }
    class OrderFile extends WrappedFile {
      override async sync(): Promise<void> {
        await super.sync();
        if (this.path.includes('MANIFEST')) calls.push('sync of the manifest');
      }
    }
    await openWhole(new OrderVfs(await makeLittered(['000900.sst'])));
    expect(calls).toEqual(['sync of the manifest', 'sync of the directory', 'removal']);
  });

  it('and cannot be removed do no harm: their numbers are not used', async () => {
    class KeepingVfs extends WrappedVfs {
      override unlink(path: string): void {
        if (stuck.some((name) => path.endsWith(name))) throw new IoError('refused', { path });
        super.unlink(path);
      }
    }
    const tables = (await makeDatabase()).list(DIRECTORY).filter((name) => name.endsWith('.sst'));
    const first = Number.parseInt(tables[0]!, 10) + 1; // of the numbers that were not given out
    const stuck = Array.from({ length: 20 }, (_, i) => fileName('table', first + 2 + i));
    const vfs = await makeLittered(stuck);
    const db = await openWhole(new KeepingVfs(vfs));
    for (const value of ['3', '4', '5', '2']) {
      await db.put('b', value);
      await db.flush();
    }
    await db.close();
    expect(stuck.filter((name) => isLeft(vfs, name))).toEqual(stuck);
    const again = await openWhole(vfs);
    expect(again.stats().recovery.orphanCount).toBeGreaterThanOrEqual(stuck.length);
    expect(vfs.list(DIRECTORY).filter((name) => stuck.includes(name))).toEqual([]);
  });
});

describe('a large log that is replayed', () => {
  const value = 'v'.repeat(100_000);
  const makeKilled = async (count: number): Promise<CrashVfs> => {
    const vfs = new CrashVfs();
    const db = closeLater(await openMemory({ vfs, durability: 'os' }));
    for (let i = 0; i < count; i++) await db.put(`key ${i}`, value);
    return vfs.kill();
  };

  it('is synced meanwhile: the open is done when both are', async () => {
    const vfs = new GateVfs(await makeKilled(12));
    const openGate = vfs.shut('sync', /\.log$/, 1);
    let isOpen = false;
    const opening = openMemory({ vfs });
    void opening.then(() => (isOpen = true));
    await turns();
    expect(vfs.waiterCount).toBe(1);
    expect(isOpen).toBe(false);
    openGate();
    expect(await (await opening).get('key 11')).toBe(value);
  });

  it.each([
    ['in the first sync, while it is replayed', 12, 0],
    ['in the second', 12, 1],
    ['in the only one, when it is small', 3, 0],
  ])('that fails %s refuses the open, which can be tried again', async (_, count, passCount) => {
    const disk = await makeKilled(count);
    let syncCount = 0;
    class FailingFile extends WrappedFile {
      override async sync(): Promise<void> {
        if (this.path.endsWith('.log') && syncCount++ === passCount) {
          throw new IoError('sync failed', { path: this.path });
        }
        return super.sync();
      }
    }
    class FailingVfs extends WrappedVfs {
      override wrap(file: VfsFile): VfsFile {
        return new FailingFile(file);
      }
    }
    expect(await errorOf(() => openMemory({ vfs: new FailingVfs(disk) }))).toMatchObject({
      message: 'sync failed',
    });
    const db = await openMemory({ vfs: disk });
    expect(await db.get(`key ${count - 1}`)).toBe(value);
  });
});

describe('a log of which some is in tables', () => {
  it('is replayed from there on', async () => {
    const first = new CrashVfs();
    const count = 150;
    const db = closeLater(await openMemory({ vfs: first, durability: 'os' }));
    for (let i = 0; i < count; i++) await db.put(`key ${i}`, 'v'.repeat(3000));
    // With smaller memtables the log fills several, and stays until the last of them is flushed.
    const second = first.kill();
    const again = closeLater(await openMemory({ vfs: second, ...TINY }));
    expect(again.stats().recovery.operationCount).toBe(count);
    while (again.stats().background.flushCount === 0) await turns(1);
    const third = second.kill();
    const last = closeLater(await openMemory({ vfs: third, ...TINY }));
    const { recovery, levels } = last.stats();
    const flushedCount = levels.reduce((sum, level) => sum + level.entryCount, 0);
    expect(flushedCount).toBeGreaterThan(0);
    expect(recovery.logBytes).toBeGreaterThan(count * 3000);
    expect(recovery.operationCount).toBe(count - flushedCount);
    for (let i = 0; i < count; i++) expect(await last.has(`key ${i}`)).toBe(true);
  });
});

describe('relative locations', () => {
  it('are resolved once, so that a later change of directory changes nothing', async () => {
    const root = makeDirectory();
    mkdirSync(join(root, 'elsewhere'));
    const before = process.cwd();
    process.chdir(root);
    try {
      const db = closeLater(await open('db', { keyEncoding: 'utf8', valueEncoding: 'utf8' }));
      process.chdir(join(root, 'elsewhere'));
      await db.put('k', 'v');
      await db.compact();
      expect(db.location).toBe(join(root, 'db'));
      expect(readdirSync('.')).toEqual([]);
      expect(db.getSync('k')).toBe('v');
    } finally {
      process.chdir(before);
    }
  });
});
