/** Power cuts and faults at each step of a backup to a directory, and of a restore from one. */
import { describe, expect, it } from 'vitest';

import { listBackups, pruneBackups, restore, verifyBackups } from '../../src/backup/backups.ts';
import { CorruptionError, StorageError } from '../../src/base/errors.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { CRASH_MODES, CrashVfs } from '../support/crash-vfs.ts';
import { FaultVfs } from '../support/fault-vfs.ts';
import { contentAt, contentOf, fill, openText, SOURCE } from '../support/text-database.ts';
import { MemoryStore } from './fixture.ts';

const STORE = '/backups';

describe('a power cut', () => {
  it('anywhere in a backup leaves the backups that counted before, or the new one too, each whole (directory-store/synced-then-named, make-backup/record-last)', async () => {
    const vfs = new CrashVfs();
    const db = await openText(vfs);
    await fill(db, 0, 60);
    await db.flush();
    const first = await contentOf(db);
    await db.backup(STORE, { name: 'first' });
    await fill(db, 40, 80, (index) => `second-${index}`);
    const second = await contentOf(db);
    const moments: CrashVfs[] = [];
    vfs.beforeOperation = ({ path }) => {
      if (path.startsWith(STORE)) moments.push(vfs.kill());
    };
    await db.backup(STORE, { name: 'second' });
    vfs.beforeOperation = undefined;
    moments.push(vfs.kill());
    await db.close();
    expect(moments.length).toBeGreaterThan(15);
    let newCount = 0;
    for (const [seed, disk] of moments.entries()) {
      for (const mode of CRASH_MODES) {
        const place = `mode=${mode} seed=${seed}`;
        const crashed = disk.crash({ seed, mode });
        const names = (await listBackups(STORE, { vfs: crashed })).map(({ name }) => name);
        expect(names[0], place).toBe('first');
        if (seed === moments.length - 1) expect(names, place).toEqual(['first', 'second']);
        newCount += names.length - 1;
        expect((await verifyBackups(STORE, { vfs: crashed })).problems, place).toEqual([]);
        await restore(STORE, '/r', { vfs: crashed });
        expect(await contentAt(crashed, '/r'), place).toEqual(names.length === 1 ? first : second);
        // What the cut has left goes, and no backup with it.
        await pruneBackups(STORE, { vfs: crashed, abandonedMs: 0 });
        expect((await verifyBackups(STORE, { vfs: crashed })).problems, place).toEqual([]);
        expect(crashed.list(`${STORE}/incoming`), place).toEqual([]);
        expect(crashed.list(`${STORE}/leases`), place).toEqual([]);
      }
    }
    expect(newCount).toBeGreaterThan(0);
  });

  it.each(['as it is', 'followed by an archive'])(
    'anywhere in a restore of a backup %s leaves the whole database, or none that opens (new-directory/current-last)',
    async (kind) => {
      const store = new MemoryStore();
      const source = new MemoryVfs();
      const db = await openText(source);
      await fill(db, 0, 60);
      await db.flush();
      await fill(db, 50, 70);
      if (kind === 'as it is') await db.backup(store);
      else {
        const archive = await db.archive(store);
        await fill(db, 60, 90);
        await archive.ship();
      }
      const expected = await contentOf(db);
      await db.close();
      const vfs = new CrashVfs();
      const moments: CrashVfs[] = [];
      vfs.beforeOperation = ({ path }) => {
        if (path.startsWith('/data')) moments.push(vfs.kill());
      };
      await restore(store, '/data/r', { vfs });
      vfs.beforeOperation = undefined;
      moments.push(vfs.kill());
      let wholeCount = 0;
      let refusedCount = 0;
      for (const [seed, disk] of moments.entries()) {
        for (const mode of CRASH_MODES) {
          const place = `mode=${mode} seed=${seed}`;
          const crashed = disk.crash({ seed, mode });
          try {
            const opened = await openText(crashed, '/data/r');
            const content = await contentOf(opened);
            await opened.close();
            if (content.length > 0) expect(content, place).toEqual(expected);
            if (content.length > 0) wholeCount++;
          } catch (error) {
            expect(error, place).toBeInstanceOf(CorruptionError);
            refusedCount++;
          }
        }
      }
      expect(wholeCount).toBeGreaterThan(0);
      expect(refusedCount).toBeGreaterThan(5);
    },
  );
});

describe('a fault', () => {
  it.each(['fail', 'after', 'torn'] as const)(
    '(%s) at any step of a backup ends it with an error or leaves it whole, and the next one works',
    async (effect) => {
      let failedCount = 0;
      for (let nth = 1; ; nth++) {
        const vfs = new FaultVfs(new CrashVfs());
        const db = await openText(vfs);
        await fill(db, 0, 30);
        await db.flush();
        await fill(db, 20, 40);
        const expected = await contentOf(db);
        vfs.inject({ nth, effect, path: /^\/backups/ });
        const failure: unknown = await db.backup(STORE, { name: 'a' }).then(
          () => undefined,
          (error: unknown) => error,
        );
        const isOver = vfs.firedCount === 0;
        vfs.heal();
        const place = `nth=${nth}`;
        if (failure !== undefined) {
          failedCount++;
          expect(failure, place).toBeInstanceOf(StorageError);
        }
        expect(await verifyBackups(STORE, { vfs }), place).toMatchObject({ isSound: true });
        await db.backup(STORE, { name: 'b' });
        await db.close();
        await restore(STORE, '/r', { vfs, name: 'b' });
        expect(await contentAt(vfs, '/r'), place).toEqual(expected);
        if (isOver) break;
      }
      expect(failedCount).toBeGreaterThan(10);
    },
  );

  it('at any step of a restore removes what was made', async () => {
    const store = new MemoryStore();
    const db = await openText(new MemoryVfs());
    await fill(db, 0, 30);
    await db.flush();
    const archive = await db.archive(store);
    await fill(db, 20, 40);
    await archive.ship();
    const expected = await contentOf(db);
    await db.close();
    let failedCount = 0;
    for (let nth = 1; ; nth++) {
      const vfs = new FaultVfs(new MemoryVfs());
      vfs.inject({ nth, path: /^\/data/ });
      const failure: unknown = await restore(store, '/data/r', { vfs }).then(
        () => undefined,
        (error: unknown) => error,
      );
      const isOver = vfs.firedCount === 0;
      vfs.heal();
      if (failure === undefined) {
        expect(await contentAt(vfs, '/data/r'), `nth=${nth}`).toEqual(expected);
      } else {
        failedCount++;
        expect(failure).toBeInstanceOf(StorageError);
        if (vfs.exists('/data/r')) expect(vfs.exists('/data/r/CURRENT'), `nth=${nth}`).toBe(false);
      }
      if (isOver) break;
    }
    expect(failedCount).toBeGreaterThan(10);
  });

  it('of a store at any of its calls ends a backup with BACKUP_STORE, and never leaves half of one', async () => {
    for (let nth = 1; ; nth++) {
      const store = new MemoryStore();
      const vfs = new MemoryVfs();
      const db = await openText(vfs);
      await fill(db, 0, 30);
      await db.flush();
      await fill(db, 20, 40);
      let count = 0;
      store.before = (verb) => {
        if (++count === nth) throw new Error(`no ${verb}`);
      };
      const failure: unknown = await db.backup(store).then(
        () => undefined,
        (error: unknown) => error,
      );
      const isOver = count < nth;
      store.before = () => undefined;
      if (failure !== undefined) expect(failure).toMatchObject({ code: 'BACKUP_STORE' });
      expect(await verifyBackups(store)).toMatchObject({ isSound: true });
      await db.close();
      if (isOver) break;
    }
  });
});

it.each([
  ['objects/', 'BACKUP_DAMAGED'],
  ['backups/', 'BACKUP_DAMAGED'],
  ['archive/', 'BACKUP_DAMAGED'],
])(
  'damage of any object under %s is told by name, and nothing is restored (restore/hash-checked, read-backup/hash-checked, read-backup/own-record, record/whole-or-refused, segment/own-record)',
  async (prefix, code) => {
    const store = new MemoryStore();
    const db = await openText(new MemoryVfs());
    await fill(db, 0, 30);
    await db.flush();
    const archive = await db.archive(store);
    await fill(db, 20, 40);
    await archive.ship();
    await db.close();
    const names = store.names(prefix);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const bytes = store.objects.get(name)!;
      const harms: readonly ((at: number) => Uint8Array | undefined)[] = [
        () => undefined,
        () => new Uint8Array(0),
        (at) => bytes.slice(0, at),
        (at) => bytes.map((byte, index) => (index === at ? byte ^ 0x10 : byte)),
        () => Buffer.concat([bytes, Buffer.from('x')]),
      ];
      for (const [index, harm] of harms.entries()) {
        for (const at of [0, 5, bytes.length >> 1, bytes.length - 1]) {
          const harmed = harm(at);
          if (harmed === undefined) store.objects.delete(name);
          else store.objects.set(name, harmed);
          if (harmed === undefined && !name.startsWith('objects/')) continue; // a backup or a segment less
          const vfs = new MemoryVfs();
          await expect(
            restore(store, '/r', { vfs }),
            `${name} ${index} ${at}`,
          ).rejects.toMatchObject({ code, object: name });
          expect(vfs.exists('/r')).toBe(false);
          store.objects.set(name, bytes);
        }
        store.objects.set(name, bytes);
      }
    }
  },
);

it('a record under another name, one of another kind, and one that names a file elsewhere are refused (record/names-are-files)', async () => {
  const { encodeRecord, decodeRecord } = await import('../../src/backup/record.ts');
  const store = new MemoryStore();
  const db = await openText(new MemoryVfs(), SOURCE);
  await db.backup(store, { name: 'a' });
  await db.close();
  const [name] = store.names('backups/');
  const bytes = store.objects.get(name!)!;
  const fields = decodeRecord<{ files: readonly object[] }>('backup', bytes, name!);
  const evil = { ...fields, files: [...fields.files, { name: '../../etc/passwd', parts: [] }] };
  const variants = [
    encodeRecord('backup', evil),
    encodeRecord('lease', fields),
    encodeRecord('backup', { ...fields, sequence: 77 }),
    encodeRecord('backup', { ...fields, files: 5 }),
  ];
  for (const variant of variants) {
    store.objects.set(name!, variant);
    const vfs = new MemoryVfs();
    await expect(restore(store, '/r', { vfs })).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
  }
  store.objects.set(name!, encodeRecord('backup', { ...fields, format: 2 }));
  await expect(restore(store, '/r', { vfs: new MemoryVfs() })).rejects.toMatchObject({
    code: 'INCOMPATIBLE_FORMAT',
  });
});
