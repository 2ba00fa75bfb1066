/** db.verify() and verifyDirectory(): everything that is wrong is told, with its place, and nothing is changed. */
import { beforeEach, describe, expect, it } from 'vitest';

import { AbortedError, InvalidArgumentError, LockedError } from '../../../src/base/errors.ts';
import { verifyDirectory } from '../../../src/inspect/verify-directory.ts';
import { MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import { CrashVfs } from '../../support/crash-vfs.ts';
import {
  bytesOf,
  contentOf,
  damage,
  filesOf,
  fill,
  fillMixed,
  imageOf,
  liveLog,
  openText,
  SOURCE,
  truncate,
  type TextDatabase,
} from '../../support/text-database.ts';
import { makeRandom } from '../../support/prng.ts';
import { turns } from '../../support/settle.ts';

/** Damages `path` while `run` looks, then takes the damage back. */
async function whileDamaged(
  vfs: MemoryVfs,
  path: string,
  offset: number,
  run: () => Promise<void>,
): Promise<void> {
  damage(vfs, path, offset);
  try {
    await run();
  } finally {
    damage(vfs, path, offset);
  }
}

describe('verify() of an open database', () => {
  let vfs: MemoryVfs;
  let db: TextDatabase;

  beforeEach(async () => {
    vfs = new MemoryVfs();
    db = await openText(vfs);
    await fillMixed(db);
  });

  it('finds nothing wrong with a sound one, counts what it read, and changes nothing', async () => {
    await turns(10); // a log states what is durable when it has been idle
    const image = imageOf(vfs, SOURCE);
    const report = await db.verify();
    expect(report).toMatchObject({ isSound: true, problems: [], tableCount: 2, logCount: 1 });
    expect(report.entryCount).toBe(251);
    expect(imageOf(vfs, SOURCE)).toEqual(image);
    await db.close();
  });

  it('finds nothing wrong while commits, flushes and compactions go on (verify/one-moment)', async () => {
    let isDone = false;
    const writing = (async () => {
      for (let i = 0; !isDone; i++) {
        await fill(db, (i * 50) % 500, ((i * 50) % 500) + 50, () => `w${i}-${'y'.repeat(500)}`);
        if (i % 7 === 0) await db.flush();
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let round = 0; round < 10; round++) {
      expect((await db.verify()).problems).toEqual([]);
    }
    isDone = true;
    await writing;
    await db.close();
  });

  it('tells any one damaged byte of a table, with its file', async () => {
    const random = makeRandom(7);
    for (const path of filesOf(vfs, SOURCE, 'table')) {
      const size = bytesOf(vfs, path).length;
      for (let i = 0; i < 60; i++) {
        const offset = random.below(size);
        await whileDamaged(vfs, path, offset, async () => {
          const { isSound, problems } = await db.verify();
          expect(isSound, `path=${path} offset=${offset}`).toBe(false);
          expect(problems[0]).toMatchObject({ file: path, code: 'CORRUPTION' });
          expect(problems[0]?.offset, `path=${path} offset=${offset}`).toBeLessThanOrEqual(offset);
        });
      }
    }
    expect((await db.verify()).isSound).toBe(true);
    await db.close();
  });

  it('tells every damaged block, not only the first, in every table', async () => {
    const tables = filesOf(vfs, SOURCE, 'table');
    const [larger, smaller] = tables;
    for (const offset of [100, 3000]) damage(vfs, larger!, offset);
    for (const offset of [100, 1100]) damage(vfs, smaller!, offset); // data and filter
    const { problems } = await db.verify();
    expect(problems.map(({ file }) => file)).toEqual([
      ...[tables[1], tables[1]], // level 0 is read from new to old
      ...[tables[0], tables[0]],
    ]);
    expect(new Set(problems.map(({ offset }) => offset)).size).toBeGreaterThan(1);
    await db.close();
  });

  it('tells a damaged index together with the blocks that are damaged as well', async () => {
    const [path] = filesOf(vfs, SOURCE, 'table');
    damage(vfs, path!, -100); // the index lies before the footer
    const { problems } = await db.verify();
    expect(problems.length).toBe(1);
    damage(vfs, path!, 3000);
    expect((await db.verify()).problems.length).toBe(2);
    await db.close();
  });

  it('tells a missing table, one of another size, and one that was put in its place', async () => {
    const [first, second] = filesOf(vfs, SOURCE, 'table');
    const size = bytesOf(vfs, first!).length;
    truncate(vfs, first!, size - 1);
    expect((await db.verify()).problems[0]?.message).toContain('wrong size');
    truncate(vfs, first!, size + 1);
    expect((await db.verify()).problems[0]?.message).toContain('wrong size');
    vfs.unlink(first!);
    expect((await db.verify()).problems[0]).toMatchObject({ file: first, code: 'CORRUPTION' });
    vfs.link(second!, first!);
    expect((await db.verify()).isSound).toBe(false);
    await db.close();
  });

  it('tells damage of a log, of the manifest and of CURRENT', async () => {
    const log = liveLog(vfs);
    const [manifest] = filesOf(vfs, SOURCE, 'manifest');
    const current = `${SOURCE}/CURRENT`;
    for (const [path, offset] of [
      [log, 60],
      [log, 5],
      [manifest!, 50],
      [current, 3],
    ] as const) {
      await whileDamaged(vfs, path, offset, async () => {
        const { problems } = await db.verify();
        expect(problems[0], `path=${path}`).toMatchObject({ file: path, code: 'CORRUPTION' });
      });
    }
    expect((await db.verify()).isSound).toBe(true);
    await db.close();
  });

  it('tells every damaged stretch of a log', async () => {
    const log = liveLog(vfs);
    damage(vfs, log, 100);
    damage(vfs, log, 900);
    const { problems } = await db.verify();
    expect(problems.filter(({ file }) => file === log).length).toBe(2);
    await db.close();
  });

  it('ends with AbortedError at its signal, and with the database', async () => {
    await expect(db.verify({ signal: AbortSignal.abort() })).rejects.toThrow(AbortedError);
    const controller = new AbortController();
    const aborted = expect(db.verify({ signal: controller.signal })).rejects.toThrow(AbortedError);
    controller.abort();
    await aborted;
    const ended = expect(db.verify()).rejects.toMatchObject({ code: 'CLOSED' });
    await db.close();
    await ended;
  });
});

describe('verifyDirectory()', () => {
  let vfs: MemoryVfs;

  beforeEach(async () => {
    vfs = new MemoryVfs();
    const db = await openText(vfs);
    await fillMixed(db);
    await db.close();
  });

  it('finds nothing wrong with a sound database, changes nothing, and lets go of it', async () => {
    const image = imageOf(vfs, SOURCE);
    const report = await verifyDirectory(vfs, SOURCE);
    expect(report).toMatchObject({ isSound: true, problems: [], tableCount: 2, entryCount: 251 });
    expect(imageOf(vfs, SOURCE)).toEqual(image);
    const db = await openText(vfs);
    expect((await contentOf(db)).length).toBeGreaterThan(150);
    await expect(verifyDirectory(vfs, SOURCE)).rejects.toThrow(LockedError);
    await db.close();
  });

  it('finds nothing wrong with what a crash leaves, torn tail and orphans included', async () => {
    const disk = new CrashVfs();
    const db = await openText(disk);
    await fillMixed(db);
    await db.put('torn', 'x'.repeat(3000), { durability: 'os' });
    for (let seed = 0; seed < 10; seed++) {
      const crashed = disk.crash({ seed, mode: 'torn' });
      expect((await verifyDirectory(crashed, SOURCE)).problems, `seed=${seed}`).toEqual([]);
    }
    await db.close();
  });

  it('tells everything that is wrong at once: manifest, logs and tables', async () => {
    const tables = filesOf(vfs, SOURCE, 'table');
    const [manifest] = filesOf(vfs, SOURCE, 'manifest');
    const log = liveLog(vfs);
    for (const path of [...tables, log]) damage(vfs, path, 200);
    damage(vfs, manifest!, 50);
    const image = imageOf(vfs, SOURCE);
    const report = await verifyDirectory(vfs, SOURCE);
    expect(new Set(report.problems.map(({ file }) => file))).toEqual(
      new Set([manifest, log, ...tables]),
    );
    for (const { code, offset } of report.problems) {
      expect(code).toBe('CORRUPTION');
      expect(offset).toBeTypeOf('number');
    }
    expect(imageOf(vfs, SOURCE)).toEqual(image);
  });

  it('tells a lost CURRENT, and still reads the rest by the newest manifest', async () => {
    vfs.unlink(`${SOURCE}/CURRENT`);
    const report = await verifyDirectory(vfs, SOURCE);
    expect(report).toMatchObject({ isSound: false, tableCount: 2, entryCount: 251 });
    expect(report.problems).toMatchObject([{ file: `${SOURCE}/CURRENT` }]);
  });

  it('tells missing tables and missing logs', async () => {
    const [table] = filesOf(vfs, SOURCE, 'table');
    const logs = filesOf(vfs, SOURCE, 'log');
    vfs.unlink(table!);
    for (const log of logs) vfs.unlink(log);
    const { problems } = await verifyDirectory(vfs, SOURCE);
    expect(problems.map(({ file }) => file).sort()).toEqual([...logs, table].sort());
  });

  it('refuses what is no database', async () => {
    vfs.makeDirectory('/empty');
    await expect(verifyDirectory(vfs, '/empty')).rejects.toThrow(InvalidArgumentError);
    await expect(verifyDirectory(vfs, '/absent')).rejects.toThrow(InvalidArgumentError);
  });
});
