/** db.backup and restore: whole, incremental, online, into a directory and into a store of four verbs. */
import { describe, expect, it } from 'vitest';

import { listBackups, restore, verifyBackups } from '../../src/backup/backups.ts';
import { checkBackupStore } from '../../src/backup/check-store.ts';
import { DirectoryStore } from '../../src/backup/directory-store.ts';
import type { BackupProgress } from '../../src/backup/meter.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { ManualClock } from '../support/manual-clock.ts';
import {
  bytesOf,
  contentAt,
  contentOf,
  fill,
  fillMixed,
  filesOf,
  imageOf,
  keyOf,
  liveLog,
  openText,
  SOURCE,
  truncate,
} from '../support/text-database.ts';
import { type OpenMode, type VfsFile } from '../../src/vfs/vfs.ts';
import { WrappedFile, WrappedVfs } from '../support/wrapped-vfs.ts';
import { MemoryStore } from './fixture.ts';

const STORE = '/backups';

/** Notes which files are opened. */
class NotingVfs extends WrappedVfs {
  opened: string[] = [];

  override open(path: string, mode: OpenMode): VfsFile {
    this.opened.push(path);
    return super.open(path, mode);
  }
}

describe('a backup', () => {
  it('holds every acknowledged commit, and is restored as the same database (capture/only-read, make-backup/record-last, restore/same-database)', async () => {
    const vfs = new MemoryVfs();
    const db = await openText(vfs);
    await fillMixed(db);
    await db.put('last', 'os', { durability: 'os' });
    const expected = await contentOf(db);
    const image = imageOf(vfs, SOURCE);
    const report = await db.backup(STORE, { name: 'first' });
    expect(imageOf(vfs, SOURCE)).toEqual(image);
    expect(report).toMatchObject({
      name: 'first',
      files: 4,
      sequence: db.stats().sequence.published,
    });
    expect(report.bytesNew).toBe(report.bytes);
    await db.put('only', 'in the original');
    const { databaseId } = db.stats();
    await db.close();

    const restored = await restore(STORE, '/restored', { vfs });
    expect(restored).toMatchObject({
      location: '/restored',
      backup: 'first',
      sequence: report.sequence,
      files: 4,
      bytes: report.bytes,
    });
    const copy = await openText(vfs, '/restored', { createIfMissing: false });
    expect(await contentOf(copy)).toEqual(expected);
    expect(copy.stats().databaseId).toBe(databaseId);
    expect(copy.stats().recovery).toMatchObject({ cutBytes: 0, orphanCount: 0 });
    expect(await copy.verify()).toMatchObject({ isSound: true, problems: [] });
    await copy.put('goes', 'on');
    await copy.close();
  });

  it('of an empty database is one', async () => {
    const vfs = new MemoryVfs();
    const db = await openText(vfs);
    await db.backup(STORE);
    await db.close();
    await restore(STORE, '/restored', { vfs });
    expect(await contentAt(vfs, '/restored')).toEqual([]);
  });

  it('moves only what the store lacks, and reads no table that the last backup has (make-backup/by-content, make-backup/known-by-identity)', async () => {
    const vfs = new NotingVfs(new MemoryVfs());
    const db = await openText(vfs);
    await fill(db, 0, 400);
    await db.flush();
    const first = await db.backup(STORE);
    await fill(db, 100, 110, () => 'changed');
    vfs.opened = [];
    const second = await db.backup(STORE);
    const { opened } = vfs;
    vfs.opened = [];
    expect(second.bytes).toBeGreaterThan(first.bytes);
    expect(second.filesNew).toBeLessThanOrEqual(2); // a log, and the manifest where a frame has a later time
    expect(second.bytesNew).toBeLessThan(first.bytesNew / 4);
    expect(opened.filter((path) => path.startsWith(SOURCE) && path.endsWith('.sst'))).toEqual([]);
    const expected = await contentOf(db);
    await db.close();
    expect((await listBackups(STORE, { vfs })).map(({ name }) => name)).toEqual([
      first.name,
      second.name,
    ]);
    await restore(STORE, '/restored', { vfs });
    expect(await contentAt(vfs, '/restored')).toEqual(expected);
    const older = await restore(STORE, '/older', { vfs, name: first.name });
    expect(older.sequence).toBe(first.sequence);
    expect((await contentAt(vfs, '/older')).length).toBe(400);
  });

  it('takes a table for another one when two copies of a database made it under the same number and size (make-backup/known-by-identity)', async () => {
    const vfs = new MemoryVfs();
    const db = await openText(vfs);
    await fill(db, 0, 100);
    await db.flush();
    await db.backup(STORE, { name: 'base' });
    await db.close();
    await restore(STORE, '/one', { vfs });
    await restore(STORE, '/two', { vfs });
    const expected = new Map<string, [string, string][]>();
    const numbers: string[][] = [];
    for (const directory of ['/one', '/two']) {
      const copy = await openText(vfs, directory);
      await fill(copy, 50, 100, (index) => `${directory}-${index}`);
      await copy.flush();
      numbers.push(
        filesOf(vfs, directory, 'table').map(
          (path) => `${path.slice(path.lastIndexOf('/'))} ${bytesOf(vfs, path).length}`,
        ),
      );
      await copy.backup(STORE, { name: directory.slice(1) });
      expected.set(directory, await contentOf(copy));
      await copy.close();
    }
    expect(numbers[0]).toEqual(numbers[1]); // so numbers and sizes would have told nothing
    for (const directory of ['/one', '/two']) {
      await restore(STORE, `${directory}-again`, { vfs, name: directory.slice(1) });
      expect(await contentAt(vfs, `${directory}-again`)).toEqual(expected.get(directory));
    }
  });

  it('stays whole while compactions and flushes take its files away (capture/files-stay, capture/whole-prefix)', async () => {
    const vfs = new MemoryVfs();
    const db = await openText(vfs);
    await fill(db, 0, 200);
    await db.flush();
    await fill(db, 100, 300, (index) => `second-${index}`);
    const expected = await contentOf(db);
    const store = new MemoryStore();
    let isDone = false;
    store.before = async (verb, name) => {
      if (isDone || verb !== 'put' || !name.startsWith('objects/')) return;
      isDone = true;
      await fill(db, 0, 300, (index) => `third-${index}`);
      await db.compact();
    };
    const tables = filesOf(vfs, SOURCE, 'table');
    await db.backup(store);
    expect(isDone).toBe(true);
    await db.put('a', 'commit'); // the first step after it collects
    await db.flush();
    expect(filesOf(vfs, SOURCE, 'table').filter((path) => tables.includes(path))).toEqual([]);
    await db.close();
    await restore(store, '/restored', { vfs });
    expect(await contentAt(vfs, '/restored')).toEqual(expected);
  });

  it.each(['table', 'log'] as const)(
    'of a database with a damaged %s is refused (make-backup/source-checked)',
    async (kind) => {
      const vfs = new MemoryVfs();
      const db = await openText(vfs);
      await fill(db, 0, 200);
      await db.flush();
      await fill(db, 0, 20, (index) => `logged-${index}`);
      const path = kind === 'log' ? liveLog(vfs) : filesOf(vfs, SOURCE, 'table')[0]!; // it was flushed
      const file = vfs.open(path, 'modify');
      file.writeSync(Uint8Array.of(1, 2, 3), 0, 3, 150);
      file.closeSync();
      const store = new MemoryStore();
      await expect(db.backup(store)).rejects.toMatchObject({ code: 'CORRUPTION', file: path });
      expect(store.names('backups/')).toEqual([]);
      expect(store.names('leases/')).toEqual([]);
      await db.close();
    },
  );

  it('of a table that gives other bytes the second time is refused, and leaves no object of it (make-backup/same-bytes)', async () => {
    let readCount = 0;
    let isFailing = false;
    class ForgetfulFile extends WrappedFile {
      override async read(
        target: Uint8Array,
        offset: number,
        length: number,
        position: number,
      ): Promise<number> {
        const count = await super.read(target, offset, length, position);
        if (isFailing && position === 0 && ++readCount === 2) target[offset + 9]! ^= 1;
        return count;
      }
    }
    class ForgetfulVfs extends WrappedVfs {
      override wrap(file: VfsFile): VfsFile {
        return file.path.endsWith('.sst') ? new ForgetfulFile(file) : file;
      }
    }
    const vfs = new ForgetfulVfs(new MemoryVfs());
    const options = { compression: 'none', memtableSizeBytes: 64 * 1024 * 1024 } as const;
    const db = await openText(vfs, SOURCE, { ...options, targetFileSizeBytes: 32 * 1024 * 1024 });
    for (let i = 0; i < 5; i++) await db.put(keyOf(i), String(i).repeat(1024 * 1024));
    await db.flush();
    const store = new MemoryStore();
    isFailing = true;
    await expect(db.backup(store)).rejects.toMatchObject({
      code: 'CORRUPTION',
      message: expect.stringContaining('other bytes') as string,
    });
    expect(readCount).toBe(2);
    expect(store.names('objects/')).toEqual([]);
    expect(store.names('backups/')).toEqual([]);
    await db.close();
  });

  it('that is cut short by its signal is none, and the next one takes what is there', async () => {
    const vfs = new MemoryVfs();
    const db = await openText(vfs);
    await fillMixed(db);
    const store = new MemoryStore();
    const controller = new AbortController();
    store.before = (verb, name) => {
      if (verb === 'put' && name.startsWith('objects/') && store.names('objects/').length === 2) {
        controller.abort(new Error('enough'));
      }
    };
    const cut = db.backup(store, { signal: controller.signal });
    await expect(cut).rejects.toMatchObject({ code: 'ABORTED' });
    expect(store.names('backups/')).toEqual([]);
    store.before = () => undefined;
    const report = await db.backup(store);
    expect(report.filesNew).toBe(report.files - 2);
    await db.close();
  });

  it('ends with the close of its database, also when the store hangs', async () => {
    const db = await openText(new MemoryVfs());
    await fill(db, 0, 20);
    const store = new MemoryStore();
    let isHanging: () => void = () => undefined;
    const hangs = new Promise<void>((resolve) => (isHanging = resolve));
    store.before = (verb) => {
      if (verb !== 'put') return undefined;
      isHanging();
      return new Promise(() => undefined);
    };
    const backup = db.backup(store);
    const outcome = expect(backup).rejects.toMatchObject({
      code: expect.stringMatching(/CLOSED|ABORTED/) as string,
    });
    await hangs;
    store.before = () => undefined;
    await db.close();
    await outcome;
  });

  it('keeps to its rate, and tells how far it is (meter/within-the-rate, meter/listener-harmless)', async () => {
    const clock = new ManualClock();
    const vfs = new MemoryVfs();
    const db = await openText(vfs, SOURCE, { environment: { clock } });
    for (let i = 0; i < 10; i++) {
      await fill(db, i * 100, i * 100 + 100);
      await db.flush();
    }
    const steps: BackupProgress[] = [];
    const startMs = clock.nowMs();
    let isDone = false;
    const backup = db
      .backup(STORE, {
        bytesPerSecond: 10_000,
        onProgress: (progress) => steps.push(progress),
      })
      .finally(() => (isDone = true));
    let passedMs = 0;
    for (; !isDone; passedMs += 100) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(100);
    }
    const { bytesNew } = await backup;
    expect(clock.nowMs() - startMs).toBeGreaterThan(((bytesNew * 0.7) / 10_000) * 1000);
    const last = steps.at(-1)!;
    expect(last).toMatchObject({ phase: 'moving', bytesDone: last.bytes, filesDone: last.files });
    const moved = steps.filter(({ phase }) => phase === 'moving').map(({ bytesDone }) => bytesDone);
    expect(moved).toEqual([...moved].sort((a, b) => a - b));
    await db.close();
  });

  it.each<[string, unknown, object]>([
    ['a number', 5, {}],
    ['no target', '', {}],
    ['a store without verbs', {}, {}],
    ['its own directory', SOURCE, {}],
    ['a folder in its own directory', `${SOURCE}/backups`, {}],
    ['a bad name', STORE, { name: 'a/b' }],
    ['an unknown option', STORE, { nme: 'a' }],
    ['a rate of nothing', STORE, { bytesPerSecond: 0 }],
    ['a listener that is none', STORE, { onProgress: 'x' }],
  ])('refuses %s, and writes nothing', async (_, target, options) => {
    const vfs = new MemoryVfs();
    const db = await openText(vfs);
    await expect(db.backup(target as string, options)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    expect(vfs.exists(STORE)).toBe(false);
    await db.close();
  });

  it('has a name of its own in the store', async () => {
    const db = await openText(new MemoryVfs());
    await db.backup(STORE, { name: 'monday' });
    await expect(db.backup(STORE, { name: 'monday' })).rejects.toMatchObject({
      code: 'BACKUP_EXISTS',
    });
    await db.close();
  });
});

describe('restore()', () => {
  it('refuses a directory with anything in it, and leaves it alone (new-directory/empty-first, new-directory/no-file-name)', async () => {
    const vfs = new MemoryVfs();
    const db = await openText(vfs);
    await fill(db, 0, 10);
    await db.backup(STORE);
    await db.close();
    const expected = await contentAt(vfs, SOURCE);
    for (const directory of [SOURCE, '/elsewhere/CURRENT']) {
      await expect(restore(STORE, directory, { vfs })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    }
    expect(await contentAt(vfs, SOURCE)).toEqual(expected);
    expect(vfs.exists('/elsewhere')).toBe(false);
  });

  it('asks which database is meant where the store has several, and takes a time (layout/others-left-alone)', async () => {
    const vfs = new MemoryVfs();
    const store = new MemoryStore();
    store.objects.set('backups/readme', Uint8Array.of(1));
    const clock = new ManualClock();
    const ids: string[] = [];
    for (const directory of ['/a', '/b']) {
      const db = await openText(vfs, directory, { environment: { clock } });
      await fill(db, 0, 10, () => directory);
      await db.backup(store, { name: `${directory.slice(1)}1` });
      clock.advance(60_000);
      await fill(db, 10, 20, () => directory);
      await db.backup(store, { name: `${directory.slice(1)}2` });
      ids.push(db.stats().databaseId);
      await db.close();
    }
    await expect(restore(store, '/r', { vfs })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(ids[0]!) as string,
    });
    const [first] = await listBackups(store, { database: ids[0]! });
    const at = { time: new Date(first!.time.getTime() + 30_000) };
    expect(await restore(store, '/r', { vfs, at, database: ids[0]! })).toMatchObject({
      backup: 'a1',
    });
    expect((await contentAt(vfs, '/r')).map(([, value]) => value)).toEqual(Array(10).fill('/a'));
    const nothing = restore(store, '/q', { vfs, at: { time: 5 }, database: ids[0]! });
    await expect(nothing).rejects.toMatchObject({ code: 'BACKUP_NOT_FOUND' });
    await expect(restore(store, '/q', { vfs, name: 'c' })).rejects.toMatchObject({
      code: 'BACKUP_NOT_FOUND',
    });
    expect(vfs.exists('/q')).toBe(false);
  });

  it('goes to every sequence that the logs of a backup have, and to none before', async () => {
    const vfs = new MemoryVfs();
    const db = await openText(vfs);
    await fill(db, 0, 20);
    await db.flush();
    const states = new Map<number, [string, string][]>();
    const flushed = db.stats().sequence.published;
    states.set(flushed, await contentOf(db));
    await Promise.all(
      [0, 1, 2, 3, 4, 5].map((i) =>
        db.batch([
          { type: 'put', key: keyOf(i), value: `x${i}` },
          { type: 'del', key: keyOf(i + 10) },
        ]),
      ),
    ); // one frame of several commits
    const { sequence } = await db.backup(STORE);
    expect(sequence).toBe(flushed + 12);
    await db.close();
    const before = await contentAt(vfs, SOURCE);
    for (let at = flushed; at <= sequence; at++) {
      const directory = `/r${at}`;
      const report = await restore(STORE, directory, { vfs, at: { sequence: at } });
      const whole = at - ((at - flushed) % 2); // a commit of two operations is whole or not there
      expect(report.sequence).toBe(whole);
      const content = await contentAt(vfs, directory);
      const changed = content.filter(([, value]) => value.startsWith('x')).length;
      expect(changed).toBe((whole - flushed) / 2);
      if (at === sequence) expect(content).toEqual(before);
    }
    await expect(
      restore(STORE, '/r', { vfs, at: { sequence: flushed - 1 } }),
    ).rejects.toMatchObject({
      code: 'BACKUP_NOT_FOUND',
    });
    await expect(
      restore(STORE, '/r', { vfs, at: { sequence: sequence + 1 } }),
    ).rejects.toMatchObject({
      code: 'BACKUP_GAP',
      message: expect.stringContaining(`missing=${sequence + 1}`) as string,
    });
  });
});

describe('a store', () => {
  it('in a directory, and one in memory, keep the contract (backup-store/put-whole, backup-store/put-fails-with-its-source, backup-store/replaces, backup-store/list-complete, backup-store/delete-idempotent)', async () => {
    const vfs = new MemoryVfs();
    await checkBackupStore(new DirectoryStore(vfs, STORE));
    await checkBackupStore(new MemoryStore());
    expect(vfs.list(`${STORE}/incoming`)).toEqual([]);
  });

  it.each([
    [
      'loses content',
      (store: MemoryStore, name: string) => store.objects.set(name, Uint8Array.of(1)),
    ],
    ['stores nothing', (store: MemoryStore, name: string) => store.objects.delete(name)],
  ])('that %s is told by the check', async (_, harm) => {
    const store = new MemoryStore();
    store.before = (verb, name) => {
      if (verb === 'get' && store.objects.has(name)) harm(store, name);
    };
    await expect(checkBackupStore(store)).rejects.toMatchObject({ code: 'BACKUP_STORE' });
  });

  it('in a directory leads nowhere else (directory-store/inside)', async () => {
    const store = new DirectoryStore(new MemoryVfs(), STORE);
    for (const name of ['../x', 'a/../b', '/x', '.x', 'a//b', '', 'a/.b', 'x'.repeat(251)]) {
      await expect(Promise.resolve().then(() => store.get(name))).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    }
  });
});

it('verifyBackups reads all, and tells each damaged object with its backups', async () => {
  const vfs = new MemoryVfs();
  const db = await openText(vfs);
  await fillMixed(db);
  await db.backup(STORE, { name: 'one' });
  await db.put('more', 'x');
  await db.backup(STORE, { name: 'two' });
  await db.close();
  const sound = await verifyBackups(STORE, { vfs });
  expect(sound).toMatchObject({ isSound: true, backups: 2, problems: [] });
  const [object] = [...vfs.list(`${STORE}/objects`)].sort();
  const folder = `${STORE}/objects/${object!}`;
  const path = `${folder}/${vfs.list(folder)[0]!}`;
  truncate(vfs, path, 10);
  const report = await verifyBackups(STORE, { vfs });
  expect(report.isSound).toBe(false);
  for (const problem of report.problems) {
    expect(problem).toMatchObject({ code: 'BACKUP_DAMAGED', object: path.slice(STORE.length + 1) });
  }
});
