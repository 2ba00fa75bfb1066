/** A database stays in the directory that it opened, and stops when that is not its own any more. */
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { Database } from '../../src/api/database.ts';
import { open } from '../../src/api/open.ts';
import { mustBeOwned } from '../../src/vfs/directory-lock-anchor.ts';
import { NodeVfs } from '../../src/vfs/node-vfs.ts';

const TEXT = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;
const VALUE = 'x'.repeat(1000);
const isLinux = process.platform === 'linux';

let root: string;
const opened: Database<string, string>[] = [];

beforeEach(() => {
  root = fs.mkdtempSync(join(fs.realpathSync(os.tmpdir()), 'varve-lost-'));
});
afterEach(async () => {
  for (const db of opened.splice(0)) await db.close().catch(() => undefined);
  fs.rmSync(root, { recursive: true, force: true });
});

async function openAt(
  name: string,
  background: 'inline' | 'worker' = 'inline',
): Promise<Database<string, string>> {
  const db = await open(join(root, name), { ...TEXT, background });
  opened.push(db);
  return db;
}

async function fill(db: Database<string, string>, prefix: string): Promise<void> {
  for (let i = 0; i < 50; i++) await db.put(`${prefix}-${i}`, VALUE, { durability: 'os' });
}

async function countAt(name: string, prefix: string): Promise<number> {
  const db = await openAt(name);
  const count = (await db.keys({ prefix }).all()).length;
  await db.close();
  return count;
}

/** Every file but those of the lock, with its content. */
function contentOf(name: string): string[] {
  const names = fs.readdirSync(join(root, name)).filter((file) => !file.startsWith('LOCK'));
  return names.sort().map((file) => `${file} ${fs.readFileSync(join(root, name, file), 'hex')}`);
}

async function mustBeLost(call: Promise<unknown>, words: string): Promise<void> {
  await expect(call).rejects.toMatchObject({ code: 'FAILED', cause: { code: 'DIRECTORY_LOST' } });
  await call.catch((error: Error) => expect(error.message).toContain(words));
}

describe.runIf(isLinux).each(['inline', 'worker'] as const)('with %s jobs', (background) => {
  test('a link that is switched leads later openers elsewhere, and the database nowhere (node-vfs/stays-in-the-directory)', async () => {
    for (const name of ['old', 'new']) fs.mkdirSync(join(root, name));
    fs.symlinkSync(join(root, 'old'), join(root, 'current'));
    const first = await openAt('current', background);
    await fill(first, 'first');
    fs.unlinkSync(join(root, 'current'));
    fs.symlinkSync(join(root, 'new'), join(root, 'current'));
    const second = await openAt('current', background);
    await fill(second, 'second');
    await first.flush();
    await fill(first, 'more');
    await first.compact();
    await first.close();
    await second.close();
    expect(await countAt('old', 'first')).toBe(50);
    expect(await countAt('old', 'more')).toBe(50);
    expect(await countAt('new', 'second')).toBe(50);
    expect(await countAt('new', 'first')).toBe(0);
  });

  test('a directory that is renamed takes the database along', async () => {
    const first = await openAt('db', background);
    await fill(first, 'first');
    fs.renameSync(join(root, 'db'), join(root, 'moved'));
    await fill(first, 'moved');
    await first.flush();
    const second = await openAt('db', background);
    await fill(second, 'second');
    await second.flush();
    const before = contentOf('db');
    await fill(first, 'more');
    await first.compact();
    expect(contentOf('db')).toEqual(before);
    expect(first.location).toBe(join(root, 'db'));
    await expect(openAt('moved')).rejects.toMatchObject({ code: 'LOCKED' });
    await first.close();
    await second.close();
    for (const prefix of ['first', 'moved', 'more']) {
      expect(await countAt('moved', prefix)).toBe(50);
    }
    expect(await countAt('db', 'second')).toBe(50);
  });
});

describe('a directory that is lost', () => {
  test('by removal acknowledges no sync, and is read on (log-writer/still-the-owners)', async () => {
    const db = await openAt('db');
    await db.put('a', 'kept in memory');
    fs.rmSync(join(root, 'db'), { recursive: true });
    await mustBeLost(db.put('b', VALUE), 'removed');
    await mustBeLost(db.flush(), 'removed');
    expect(await db.get('a')).toBe('kept in memory');
    fs.mkdirSync(join(root, 'db'));
    await db.close().catch(() => undefined);
    expect(fs.readdirSync(join(root, 'db'))).toEqual([]);
  });

  test.each([
    ['removed', (lock: string) => fs.rmSync(lock)],
    ['replaced', (lock: string) => fs.writeFileSync(lock, 'of another program')],
    [
      'another owner, pid=7 host=there',
      (lock: string) => {
        const owner = { pid: 7, startTime: 0, bootId: '', token: 'theirs', hostname: 'there' };
        fs.rmSync(lock);
        fs.writeFileSync(lock, JSON.stringify(owner));
      },
    ],
  ])(
    'with a LOCK that is %s is not changed any more (directory-lock/held)',
    async (words, change) => {
      const db = await openAt('db');
      await fill(db, 'a');
      change(join(root, 'db', 'LOCK'));
      const names = contentOf('db').map((line) => line.slice(0, line.indexOf(' ')));
      await mustBeLost(db.flush(), words);
      await db.close().catch(() => undefined);
      expect(contentOf('db').map((line) => line.slice(0, line.indexOf(' ')))).toEqual(names);
    },
  );

  test('to a backup laid over it deletes nothing of the backup (obsolete-files/still-ours)', async () => {
    const db = await openAt('db');
    await fill(db, 'a');
    await db.flush();
    await db.checkpoint(join(root, 'backup'));
    const reader = db.snapshot(); // pins the table that the compaction replaces
    await fill(db, 'b');
    await db.compact();
    fs.cpSync(join(root, 'backup'), join(root, 'db'), { recursive: true });
    const before = contentOf('db');
    reader.close();
    await mustBeLost(
      fill(db, 'c').then(() => db.flush()),
      'replaced',
    );
    await db.close().catch(() => undefined);
    for (const line of before) {
      if (!/\.log /.test(line)) expect(contentOf('db')).toContain(line);
    }
  });
});

test('reached by path, a directory that the path leaves is not changed (directory-anchor/looks-first, node-vfs/looks-before-a-change)', async () => {
  const directory = join(root, 'db');
  fs.mkdirSync(directory);
  const lock = await new NodeVfs().lock(directory);
  const anchor = { ...lock.anchor!, at: directory }; // as where there is no /proc
  const vfs = new NodeVfs([anchor]);
  vfs.open(join(directory, 'a'), 'create').closeSync();
  mustBeOwned(anchor);
  fs.utimesSync(join(directory, 'LOCK'), 1, 1); // touched, not changed
  mustBeOwned(anchor);
  fs.cpSync(directory, join(root, 'copy'), { recursive: true, filter: (p) => !/sock/.test(p) });
  fs.renameSync(directory, join(root, 'away'));
  fs.renameSync(join(root, 'copy'), directory);
  const lost = { code: 'DIRECTORY_LOST', path: directory };
  const calls: (() => unknown)[] = [
    () => vfs.open(join(directory, 'b'), 'create'),
    () => vfs.open(join(directory, 'a'), 'modify'),
    () => vfs.unlink(join(directory, 'a')),
    () => vfs.rename(join(directory, 'a'), join(directory, 'b')),
    () => vfs.link(join(directory, 'a'), join(directory, 'b')),
  ];
  for (const call of calls) expect(call).toThrow(expect.objectContaining(lost) as Error);
  await expect(vfs.unlinkAside(join(directory, 'a'))).rejects.toMatchObject(lost);
  expect(fs.readdirSync(directory).sort()).toEqual(['LOCK', 'a']);
  await lock.release();
});

test('errors in a locked directory show the path that the caller knows', async () => {
  const vfs = new NodeVfs();
  const lock = await vfs.lock(root);
  const path = join(root, 'absent');
  for (const call of [() => vfs.open(path, 'read'), () => vfs.unlink(path)]) {
    expect(call).toThrow(
      expect.objectContaining({ path, cause: expect.objectContaining({ path }) as Error }) as Error,
    );
  }
  await lock.release();
});
