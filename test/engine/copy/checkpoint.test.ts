/** db.checkpoint(): whole copies, or none, while writes go on. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import {
  AbortedError,
  ClosedError,
  CorruptionError,
  InvalidArgumentError,
} from '../../../src/base/errors.ts';
import { repair } from '../../../src/inspect/repair.ts';
import { parseFileName } from '../../../src/vfs/filenames.ts';
import { MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import { NodeVfs } from '../../../src/vfs/node-vfs.ts';
import { CRASH_MODES, CrashVfs } from '../../support/crash-vfs.ts';
import {
  contentAt,
  contentOf,
  filesOf,
  fill,
  fillMixed,
  imageOf,
  keyOf,
  openText,
  SOURCE,
  truncate,
} from '../../support/text-database.ts';
import { FaultVfs } from '../../support/fault-vfs.ts';

const COPY = '/backups/today/copy';

describe('checkpoint()', () => {
  it('holds every acknowledged commit, of tables and logs, as a database of its own (checkpoint/whole-prefix)', async () => {
    const vfs = new MemoryVfs();
    const db = await openText(vfs);
    await fillMixed(db);
    await db.put('last', 'os', { durability: 'os' });
    const expected = await contentOf(db);
    const report = await db.checkpoint(COPY);
    expect(report).toMatchObject({ location: COPY, tableCount: 2, logCount: 1 });
    expect(report.sequence).toBe(db.stats().sequence.published);
    const numbers = vfs.list(COPY).flatMap((name) => parseFileName(name)?.number ?? []);
    expect(new Set(numbers).size, 'version-set/number-given-once').toBe(numbers.length);

    await db.put('only', 'in the original');
    await db.compact();
    const copy = await openText(vfs, COPY, { createIfMissing: false });
    expect(await contentOf(copy)).toEqual(expected);
    expect(copy.stats().databaseId).not.toBe(db.stats().databaseId);
    expect(copy.stats().recovery).toMatchObject({ cutBytes: 0, orphanCount: 0 });
    await copy.put('only', 'in the copy');
    await copy.compact();
    expect(await copy.verify()).toMatchObject({ isSound: true, problems: [] });
    expect(await db.get('only')).toBe('in the original');
    expect(await db.verify()).toMatchObject({ isSound: true, problems: [] });
    await copy.close();
    await db.close();
    expect((await contentAt(vfs, COPY)).length).toBe(expected.length + 1);
  });

  it.each([
    [
      'cut short',
      'Table has the wrong size',
      (vfs: MemoryVfs, path: string) => truncate(vfs, path, 500),
    ],
    [
      'grown',
      'Table has the wrong size',
      (vfs: MemoryVfs, path: string) => truncate(vfs, path, 1 << 20),
    ],
    ['gone', 'Table is missing', (vfs: MemoryVfs, path: string) => vfs.unlink(path)],
  ])(
    'tells a table that was %s, and leaves no copy (checkpoint/whole-tables)',
    async (_, message, harm) => {
      const vfs = new MemoryVfs();
      const db = await openText(vfs);
      await fillMixed(db);
      const [table] = filesOf(vfs, SOURCE, 'table');
      harm(vfs, table!); // fillMixed flushes
      await expect(db.checkpoint(COPY)).rejects.toMatchObject({
        code: 'CORRUPTION',
        file: table,
        message: expect.stringContaining(message) as string,
      });
      expect(vfs.exists('/backups')).toBe(false);
      await db.close();
    },
  );

  it.each(['', '/.', '/CURRENT.tmp', '/000099.log', '/LOCK.sock-1', '/../db'])(
    'refuses its own database%s as a target, and harms nothing (checkpoint/no-file-name)',
    async (rest) => {
      const vfs = new MemoryVfs();
      const db = await openText(vfs, '/data/db');
      await fill(db, 0, 30);
      const image = imageOf(vfs, '/data/db');
      const target = `/data/db${rest}`;
      await expect(db.checkpoint(target)).rejects.toThrow(InvalidArgumentError);
      expect(imageOf(vfs, '/data/db')).toEqual(image);
      await db.close();
      expect((await contentAt(vfs, '/data/db')).length).toBe(30);
    },
  );

  it.each(['CURRENT', 'CURRENT.tmp', 'LOCK', '000007.sst', 'MANIFEST-000003'])(
    'refuses the name %s, as open and repair do: it is one of a database file (checkpoint/no-file-name)',
    async (name) => {
      const vfs = new MemoryVfs();
      const db = await openText(vfs);
      await fill(db, 0, 30);
      const path = `/elsewhere/${name}`;
      await expect(db.checkpoint(path)).rejects.toThrow(InvalidArgumentError);
      await db.close();
      await expect(openText(vfs, path)).rejects.toThrow(InvalidArgumentError);
      await expect(repair(SOURCE, path, { vfs })).rejects.toThrow(InvalidArgumentError);
      expect(vfs.exists('/elsewhere')).toBe(false);
    },
  );

  it('of an empty database is an empty database, and of a recovered one has its old logs', async () => {
    const vfs = new CrashVfs();
    const db = await openText(vfs);
    await db.checkpoint('/empty');
    expect(await contentAt(vfs, '/empty')).toEqual([]);
    await fill(db, 0, 30);
    const killed = vfs.kill();
    const again = await openText(killed);
    await fill(again, 30, 40);
    const report = await again.checkpoint(COPY);
    expect(report.logCount).toBe(2);
    const expected = await contentOf(again);
    expect(expected.length).toBe(40);
    expect(await contentAt(killed, COPY)).toEqual(expected);
    await again.close();
    await db.close();
  });

  it('taken among concurrent commits holds a prefix of them, whole commits only (checkpoint/whole-prefix, log-extents/prefix, log-extents/bytes-stay)', async () => {
    const vfs = new CrashVfs();
    const db = await openText(vfs, SOURCE, { memtableSizeBytes: 256 * 1024 });
    let acknowledged = -1;
    let isDone = false;
    const filler = 'f'.repeat(2000);
    const writer = async (durability: 'sync' | 'os'): Promise<void> => {
      for (let i = 0; !isDone; i++) {
        const value = `${i}-${filler}`;
        await db.batch(
          [
            { type: 'put', key: `${durability}-left`, value },
            { type: 'put', key: `${durability}-right`, value },
            { type: 'put', key: `${durability}-${String(i % 100)}`, value },
          ],
          { durability },
        );
        if (durability === 'sync') acknowledged = i;
        if (i % 50 === 49) await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const writers = [writer('sync'), writer('os')];
    const before: number[] = [];
    for (let round = 0; round < 8; round++) {
      before.push(acknowledged);
      await db.checkpoint(`/copies/${round}`);
      for (let turn = 0; turn < 40; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    isDone = true;
    await Promise.all(writers);
    expect(db.stats().background.flushCount).toBeGreaterThan(1);
    await db.close();
    for (let round = 0; round < 8; round++) {
      const copy = new Map(await contentAt(vfs, `/copies/${round}`));
      for (const durability of ['sync', 'os']) {
        expect(copy.get(`${durability}-left`)).toBe(copy.get(`${durability}-right`));
      }
      const last = Number(copy.get('sync-left')?.split('-')[0] ?? -1);
      expect(last).toBeGreaterThanOrEqual(before[round]!);
    }
  });

  it('links tables, copies logs, and outlives what compaction removes (checkpoint/source-is-only-read)', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'varve-checkpoint-test-'));
    const vfs = new NodeVfs();
    const source = join(folder, 'db');
    const target = join(folder, 'copies', 'one');
    try {
      const db = await openText(vfs, source, { background: 'inline' });
      await fillMixed(db);
      const expected = await contentOf(db);
      await db.checkpoint(target);
      const inodeOf = (directory: string, path: string): number =>
        statSync(join(directory, path.slice(path.lastIndexOf('/') + 1))).ino;
      const tables = filesOf(vfs, target, 'table');
      expect(tables.length).toBe(2);
      for (const path of tables) expect(inodeOf(source, path)).toBe(inodeOf(target, path));
      for (const path of filesOf(vfs, target, 'log')) {
        expect(inodeOf(source, path)).not.toBe(inodeOf(target, path));
      }
      expect(filesOf(vfs, target, 'lock')).toEqual([]);
      await db.compact();
      await db.close();
      expect(await contentAt(vfs, target)).toEqual(expected);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('cut short by a crash anywhere leaves no database, or the whole one (checkpoint/current-last)', async () => {
    const vfs = new CrashVfs();
    const db = await openText(vfs);
    await fillMixed(db);
    const expected = await contentOf(db);
    const moments: { disk: CrashVfs; before: string }[] = [];
    vfs.beforeOperation = ({ operation, path }) => {
      if (path.startsWith('/backups') || path.includes('sst')) {
        moments.push({ disk: vfs.kill(), before: `${operation} ${path}` });
      }
    };
    await db.checkpoint(COPY);
    vfs.beforeOperation = undefined;
    moments.push({ disk: vfs.kill(), before: 'the end' });
    expect(moments.length).toBeGreaterThan(15);
    let refusedCount = 0;
    for (const [index, { disk, before }] of moments.entries()) {
      for (const mode of CRASH_MODES) {
        const place = `before=${before} mode=${mode} seed=${index}`;
        const crashed = disk.crash({ seed: index, mode });
        expect(await contentAt(crashed, SOURCE), place).toEqual(expected);
        let found: unknown;
        try {
          found = await contentAt(crashed.kill(), COPY);
        } catch (error) {
          found = error;
        }
        if (before === 'the end') expect(found, place).toEqual(expected);
        if (crashed.exists(`${COPY}/CURRENT`)) expect(found, place).toEqual(expected);
        if (found instanceof Error) {
          const isRefusal =
            found instanceof CorruptionError || found instanceof InvalidArgumentError;
          expect(isRefusal, `${place} ${String(found)}`).toBe(true);
          if (found instanceof CorruptionError) refusedCount++;
        } else {
          expect(found, place).toEqual(expected);
        }
        // Whoever insists on creating gets an empty database or a refusal, never half of one.
        try {
          const created = await openText(crashed, COPY);
          const content = await contentOf(created);
          if (content.length > 0) expect(content, place).toEqual(expected);
          await created.close();
        } catch (error) {
          expect(error, place).toBeInstanceOf(CorruptionError);
        }
      }
    }
    expect(refusedCount).toBeGreaterThan(10);
    // CURRENT may be there from its rename on, whichever other entries a power cut takes.
    const renamed = moments.at(-2)!;
    expect(renamed.before).toContain('syncDirectory');
    let wholeCount = 0;
    for (let seed = 0; seed < 40; seed++) {
      const crashed = renamed.disk.crash({ seed, mode: 'everything', entries: 'subset' });
      if (!crashed.exists(`${COPY}/CURRENT`)) continue;
      wholeCount++;
      expect(await contentAt(crashed, COPY), `seed=${seed}`).toEqual(expected);
    }
    expect(wholeCount).toBeGreaterThan(5);
    await db.close();
  });

  it.each(['fail', 'after', 'torn'] as const)(
    'that meets a failure (%s) rejects, removes what it made, and leaves the original alone',
    async (effect) => {
      let failedCount = 0;
      for (let nth = 1; ; nth++) {
        const vfs = new FaultVfs(new CrashVfs());
        const db = await openText(vfs);
        await fillMixed(db);
        const expected = await contentOf(db);
        vfs.inject({ nth, effect, path: /^\/backups|backups/ });
        const failure = await db.checkpoint(COPY).then(
          () => undefined,
          (error: unknown) => error,
        );
        const firedCount = vfs.firedCount;
        vfs.heal();
        if (failure !== undefined) {
          failedCount++;
          expect(failure, `nth=${nth}`).toMatchObject({ code: 'IO_ERROR' });
          if (nth > 5) expect(vfs.exists('/backups'), `nth=${nth} effect=${effect}`).toBe(false);
          await db.checkpoint('/second');
          expect(await contentAt(vfs, '/second')).toEqual(expected);
        }
        await db.put('after', 'all is well');
        expect(await db.verify()).toMatchObject({ isSound: true });
        await db.close();
        if (firedCount === 0) break;
      }
      expect(failedCount).toBeGreaterThan(8);
    },
  );

  it('ends with AbortedError at its signal, and with ClosedError on close, and leaves nothing', async () => {
    const vfs = new CrashVfs();
    const db = await openText(vfs);
    await fillMixed(db);
    await expect(db.checkpoint(COPY, { signal: AbortSignal.abort() })).rejects.toThrow(
      AbortedError,
    );
    expect(vfs.exists('/backups')).toBe(false);

    const controller = new AbortController();
    vfs.beforeOperation = ({ operation }) => {
      if (operation === 'link') controller.abort(new Error('enough'));
    };
    await expect(db.checkpoint(COPY, { signal: controller.signal })).rejects.toMatchObject({
      code: 'ABORTED',
      cause: { message: 'enough' },
    });
    vfs.beforeOperation = undefined;
    expect(vfs.exists('/backups')).toBe(false);

    const ended = expect(db.checkpoint(COPY)).rejects.toThrow(ClosedError);
    await db.close();
    await ended;
    expect(vfs.exists('/backups')).toBe(false);
  });

  it('refuses a directory that holds anything, the own one too, and wrong arguments', async () => {
    const vfs = new MemoryVfs();
    const db = await openText(vfs);
    await db.put('a', '1');
    vfs.makeDirectory('/full');
    vfs.open('/full/mine.txt', 'create').closeSync();
    const image = imageOf(vfs, SOURCE);
    await expect(db.checkpoint('/full')).rejects.toThrow(InvalidArgumentError);
    await expect(db.checkpoint('/full/mine.txt')).rejects.toThrow(InvalidArgumentError);
    await expect(db.checkpoint(SOURCE)).rejects.toThrow(InvalidArgumentError);
    await expect(db.checkpoint('')).rejects.toThrow(InvalidArgumentError);
    const wrong = { sygnal: undefined } as unknown as object;
    await expect(db.checkpoint('/x', wrong)).rejects.toThrow(InvalidArgumentError);
    expect(imageOf(vfs, SOURCE)).toEqual(image);
    expect(vfs.list('/full')).toEqual(['mine.txt']);
    vfs.makeDirectory('/empty');
    await db.checkpoint('/empty');
    await db.close();
    expect(await contentAt(vfs, '/empty')).toEqual([['a', '1']]);
  });

  it('of a failed database saves every published commit', async () => {
    const vfs = new FaultVfs(new CrashVfs());
    const db = await openText(vfs);
    await fillMixed(db);
    const expected = await contentOf(db);
    vfs.inject({ kinds: ['sync'], path: /\.log$/ });
    await expect(db.put('lost', 'x')).rejects.toThrow();
    vfs.heal();
    expect(db.stats().failure).toBeDefined();
    await db.checkpoint(COPY);
    await db.close();
    const copied = new Map(await contentAt(vfs, COPY));
    for (const [key, value] of expected) expect(copied.get(key)).toBe(value);
    expect(copied.has(keyOf(7))).toBe(false);
  });
});

describe.runIf(process.platform !== 'win32')('files of a private database', () => {
  const modeOf = (path: string): number => statSync(path).mode & 0o777;
  const publicFilesOf = (directory: string): string[] =>
    readdirSync(directory).filter((name) => (modeOf(join(directory, name)) & 0o077) !== 0);

  async function withPrivate(
    use: (base: string, db: Awaited<ReturnType<typeof openText>>) => Promise<void>,
  ): Promise<void> {
    const umask = process.umask(0o022);
    const base = mkdtempSync(join(tmpdir(), 'varve-modes-'));
    try {
      mkdirSync(join(base, 'db'), { mode: 0o700 });
      const db = await openText(new NodeVfs(), join(base, 'db'), { background: 'worker' });
      await fillMixed(db);
      await use(base, db);
      await db.close();
    } finally {
      process.umask(umask);
      rmSync(base, { recursive: true, force: true });
    }
  }

  it('are for their owner alone: logs, tables, manifests and locks (vfs/no-more-public)', () =>
    withPrivate(async (base, db) => {
      await db.compact();
      await db.put('later', 'x');
      expect(publicFilesOf(join(base, 'db'))).toEqual([]);
    }));

  it('follow a directory that became private while it was open (vfs/no-more-public)', () =>
    withPrivate(async (base) => {
      const directory = join(base, 'later');
      const db = await openText(new NodeVfs(), directory);
      expect(modeOf(directory)).toBe(0o755);
      chmodSync(directory, 0o700);
      const before = new Set(publicFilesOf(directory));
      await fillMixed(db);
      await db.close();
      expect(publicFilesOf(directory).filter((name) => !before.has(name))).toEqual([]);
    }));

  it('have copies as private: of a checkpoint, also in a directory that was there, and of a repair', () =>
    withPrivate(async (base, db) => {
      mkdirSync(join(base, 'there'), { mode: 0o755 });
      await db.checkpoint(join(base, 'made'));
      await db.checkpoint(join(base, 'there'));
      await repair(join(base, 'made'), join(base, 'repaired'));
      for (const name of ['made', 'there', 'repaired']) {
        expect(modeOf(join(base, name)), name).toBe(0o700);
        expect(publicFilesOf(join(base, name)), name).toEqual([]);
      }
    }));
});
