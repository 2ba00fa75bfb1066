/** repair(): what is sound is saved, what is lost is told, and the original is left alone. */
import { beforeEach, describe, expect, it } from 'vitest';

import {
  AbortedError,
  InvalidArgumentError,
  LockedError,
  StorageError,
} from '../../src/base/errors.ts';
import { DEFAULT_KEYSPACE, keyspaceHead } from '../../src/bytes/keyspace-number.ts';
import { open } from '../../src/api/open.ts';
import { repair } from '../../src/inspect/repair.ts';
import { describeLoss, type RepairReport } from '../../src/inspect/repair-report.ts';
import { encodeLogHeader, LOG_KIND_WAL } from '../../src/log/frame-format.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { CrashVfs } from '../support/crash-vfs.ts';
import {
  bytesOf,
  contentAt,
  contentOf,
  damage,
  filesOf,
  fill,
  fillMixed,
  imageOf,
  keyOf,
  liveLog,
  openText,
  SOURCE,
  truncate,
} from '../support/text-database.ts';
import { FaultVfs } from '../support/fault-vfs.ts';
import { makeRandom } from '../support/prng.ts';
import { turns } from '../support/settle.ts';

const TARGET = '/data/repaired';

let vfs: MemoryVfs;
let expected: Map<string, string>;
/** What a key held at first. */
const FIRST = (index: number): string => `value-${index}-${'x'.repeat(60)}`;

beforeEach(async () => {
  vfs = new MemoryVfs();
  const db = await openText(vfs);
  await fillMixed(db);
  expected = new Map(await contentOf(db));
  await db.close();
});

/**
 * Repairs, and checks what holds for every repair: the source is untouched (repair/source-is-only-read), the target is
 * sound and says the same.
 */
async function repaired(): Promise<{ report: RepairReport; content: Map<string, string> }> {
  const image = imageOf(vfs, SOURCE);
  const report = await repair(SOURCE, TARGET, { vfs });
  expect(imageOf(vfs, SOURCE)).toEqual(image);
  expect(vfs.exists(`${TARGET}.partial`)).toBe(false);
  const db = await openText(vfs, TARGET, { createIfMissing: false });
  const content = new Map(await contentOf(db));
  expect((await db.verify()).problems).toEqual([]);
  await db.close();
  expect(content.size).toBe(report.entryCount);
  expect(report.isComplete).toBe(report.losses.length === 0);
  for (const loss of report.losses) expect(describeLoss(loss)).toContain(loss.kind);
  return { report, content };
}

/** An intact log without a frame. */
function foreignLog(path: string): string {
  const number = 999_999;
  const file = vfs.open(path, 'create');
  const header = encodeLogHeader(LOG_KIND_WAL, number);
  file.writeSync(header, 0, header.length, 0);
  file.closeSync();
  return path;
}

/** Nothing that was never written: each value is one that its key had at some time. */
function expectOnlyOwnValues(content: ReadonlyMap<string, string>): void {
  for (const [key, value] of content) {
    const index = Number(key.slice(4));
    expect([FIRST(index), `newer-${index}`, `logged-${index}`], key).toContain(value);
  }
}

/** Keys of the original that the copy lacks or has otherwise, and keys that came back. */
function differences(content: ReadonlyMap<string, string>): string[] {
  const keys = new Set([...expected.keys(), ...content.keys()]);
  return [...keys].filter((key) => expected.get(key) !== content.get(key)).sort();
}

function within(report: RepairReport, key: string): boolean {
  const bytes = Buffer.concat([keyspaceHead(DEFAULT_KEYSPACE), Buffer.from(key)]);
  return report.losses.some(
    ({ lower, upper }) =>
      (lower === undefined || Buffer.compare(lower, bytes) <= 0) &&
      (upper === undefined || Buffer.compare(bytes, upper) <= 0),
  );
}

describe('repair() of entries that expire', () => {
  it('keeps their times, and what has expired hides what is older there too', async () => {
    const options = { vfs, keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;
    const db = await open(SOURCE, options);
    const lateMs = Date.now() + 3_600_000;
    await db.put('in a table', 'v', { expiresAt: lateMs });
    await db.put(keyOf(1), 'gone', { expiresAt: 1 });
    await db.flush();
    await db.put('in the log', 'v', { expiresAt: lateMs + 1 });
    await db.put(keyOf(2), 'gone', { expiresAt: 1 });
    await db.close();
    const report = await repair(SOURCE, TARGET, { vfs });
    expect(report.isComplete).toBe(true);
    const copy = await open(TARGET, options);
    expect(await copy.expiresAt('in a table')).toBe(lateMs);
    expect(await copy.expiresAt('in the log')).toBe(lateMs + 1);
    expect(await copy.getMany([keyOf(1), keyOf(2)])).toEqual([undefined, undefined]);
    expect((await copy.verify()).problems).toEqual([]);
    await copy.close();
  });
});

describe('repair() of bulk loads', () => {
  const rows = (value: string): [string, string][] =>
    Array.from({ length: 5 }, (_, i) => [keyOf(i), `${value}-${i}`]);

  it.each(['with a manifest', 'without'])(
    'keeps their place among other commits, %s',
    async (how) => {
      const db = await openText(vfs);
      await db.ingest(rows('loaded'));
      await db.put(keyOf(1), 'later');
      await db.close();
      if (how === 'without') {
        for (const name of vfs.list(SOURCE)) {
          if (/^(CURRENT|MANIFEST)/.test(name)) vfs.unlink(`${SOURCE}/${name}`);
        }
      }
      const { content } = await repaired();
      expect(content.get(keyOf(0))).toBe('loaded-0');
      expect(content.get(keyOf(1))).toBe('later');
      expect(content.get(keyOf(4))).toBe('loaded-4');
    },
  );

  it('leaves out tables of one that was cut short, also where no manifest says so', async () => {
    const disk = new CrashVfs();
    const db = await openText(disk);
    await db.put(keyOf(0), 'only');
    let goOn = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (goOn = resolve));
    async function* source(): AsyncGenerator<[string, string]> {
      for (let i = 0; i < 60_000; i++) yield [keyOf(i), `never-${i}-${'y'.repeat(60)}`];
      await waiting;
    }
    const loading = db.ingest(source());
    const tables = (): string[] => disk.list(SOURCE).filter((name) => name.endsWith('.sst'));
    while (tables().length < 2) await turns(1);
    await turns(20);
    const killed = disk.kill();
    goOn();
    await loading;
    await db.close();
    for (const name of killed.list(SOURCE)) {
      if (/^(CURRENT|MANIFEST)/.test(name)) killed.unlink(`${SOURCE}/${name}`);
    }
    const report = await repair(SOURCE, TARGET, { vfs: killed });
    expect(report.entryCount).toBe(1);
    expect(report.notes.join()).toContain('never finished');
  });
});

describe('repair()', () => {
  it('of a sound database gives the same content and reports no loss (repair/newest-entry, salvaged-tables/runs-ascend)', async () => {
    const { report, content } = await repaired();
    expect(content).toEqual(expected);
    expect(report).toMatchObject({
      source: SOURCE,
      target: TARGET,
      isComplete: true,
      losses: [],
      notes: [],
      tableCount: 2,
      damagedTableCount: 0,
      lostBlockCount: 0,
      damagedLogCount: 0,
      lostStretchCount: 0,
    });
    expect(report.manifest).toContain('MANIFEST');
    expect(report.frameCount).toBeGreaterThan(4);
  });

  it('passes over a damaged block, and tells the keys that it may have held (salvaged-tables/losses-are-told)', async () => {
    const [path] = filesOf(vfs, SOURCE, 'table');
    damage(vfs, path!, 3000);
    const { report, content } = await repaired();
    expect(report).toMatchObject({ isComplete: false, damagedTableCount: 1, lostBlockCount: 1 });
    expect(report.losses).toMatchObject([{ kind: 'block', file: path }]);
    const different = differences(content);
    expect(different.length).toBeGreaterThan(0);
    expect(different.length).toBeLessThan(40);
    for (const key of different) expect(within(report, key), key).toBe(true);
    expectOnlyOwnValues(content);
  });

  it('takes an older value where the newer is lost, and says in which range (repair/newest-entry)', async () => {
    const [, path] = filesOf(vfs, SOURCE, 'table');
    damage(vfs, path!, 100);
    const { report, content } = await repaired();
    expect(content.get(keyOf(120))).toBe(FIRST(120));
    expect(within(report, keyOf(120))).toBe(true);
    expect(content.has(keyOf(25))).toBe(false); // the range tombstone is sound
    expectOnlyOwnValues(content);
  });

  it('loses nothing with a filter, properties or the footer', async () => {
    const paths = filesOf(vfs, SOURCE, 'table');
    for (const path of paths) damage(vfs, path, -3); // the magic number
    const { report, content } = await repaired();
    expect(content).toEqual(expected);
    expect(report).toMatchObject({ isComplete: true, damagedTableCount: 2 });
    expect(report.notes.length).toBe(2);
  });

  it('finds the blocks of a table whose index is lost, up to the first damaged one (table-salvager/stops-before-the-index)', async () => {
    const [path] = filesOf(vfs, SOURCE, 'table');
    damage(vfs, path!, -100);
    const whole = await repaired();
    expect(whole.content).toEqual(expected);
    expect(whole.report.isComplete).toBe(true);
    for (const name of vfs.list(TARGET)) vfs.unlink(`${TARGET}/${name}`);

    damage(vfs, path!, 8000);
    const { report, content } = await repaired();
    expect(report.losses).toMatchObject([{ kind: 'table', file: path }]);
    expect(report.lostBlockCount).toBeGreaterThan(1);
    expect(content.get(keyOf(0))).toBe(FIRST(0));
    for (const key of differences(content)) expect(within(report, key), key).toBe(true);
  });

  it('tells lost range tombstones, whose keys come back (table-salvager/damage-is-named)', async () => {
    const [, path] = filesOf(vfs, SOURCE, 'table');
    const at = Buffer.from(bytesOf(vfs, path!)).indexOf(
      Buffer.from([1, 10, 1, ...Buffer.from('key-00020')]),
    );
    expect(at).toBeGreaterThan(0);
    damage(vfs, path!, at + 3);
    const { report, content } = await repaired();
    expect(report.losses).toMatchObject([{ kind: 'range-tombstones', file: path }]);
    expect(differences(content)).toEqual(Array.from({ length: 10 }, (_, i) => keyOf(20 + i)));
    expect(content.get(keyOf(20))).toBe(FIRST(20));
  });

  it('goes on without a table that is missing, and tells its keys and sequences', async () => {
    const [path] = filesOf(vfs, SOURCE, 'table');
    vfs.unlink(path!);
    const { report, content } = await repaired();
    expect(report.losses).toMatchObject([
      {
        kind: 'table',
        file: path,
        message: 'Table is missing',
        firstSequence: 1,
        lastSequence: 200,
      },
    ]);
    expect(content.get(keyOf(120))).toBe('newer-120');
    expect(content.get(keyOf(200))).toBe('logged-200');
    expect(content.has(keyOf(0))).toBe(false);
    for (const key of differences(content)) expect(within(report, key), key).toBe(true);
  });

  it('needs no CURRENT, and a manifest only where files were left behind (survey/which-manifest)', async () => {
    vfs.unlink(`${SOURCE}/CURRENT`);
    const first = await repaired();
    expect(first.content).toEqual(expected);
    expect(first.report.isComplete).toBe(true);
    expect(first.report.notes.join()).toContain('CURRENT');
    for (const name of vfs.list(TARGET)) vfs.unlink(`${TARGET}/${name}`);

    for (const path of filesOf(vfs, SOURCE, 'manifest')) vfs.unlink(path);
    const { report, content } = await repaired();
    expect(content).toEqual(expected);
    expect(report).toMatchObject({ manifest: undefined, tableCount: 2 });
    expect(report.losses).toMatchObject([{ kind: 'manifest' }]);
  });

  it('does not believe a torn manifest that names tables which are gone (survey/torn-and-missing)', async () => {
    const db = await openText(vfs);
    await db.compact();
    await db.close();
    const manifest = filesOf(vfs, SOURCE, 'manifest').at(-1)!;
    const whole = bytesOf(vfs, manifest);
    const verdicts = new Set<boolean>();
    for (let size = whole.length - 1; size > whole.length / 2; size -= 9) {
      truncate(vfs, manifest, size);
      const { report, content } = await repaired();
      verdicts.add(report.manifest !== undefined);
      const isMissing = report.losses.some(({ kind }) => kind === 'table');
      if (!isMissing) expect(content, `size=${size}`).toEqual(expected);
      for (const name of vfs.list(TARGET)) vfs.unlink(`${TARGET}/${name}`);
    }
    expect(verdicts).toEqual(new Set([true, false]));
  });

  it('takes all files when the manifest is damaged in its middle', async () => {
    const [manifest] = filesOf(vfs, SOURCE, 'manifest');
    damage(vfs, manifest!, 200);
    const { report, content } = await repaired();
    expect(report.manifest).toBeUndefined();
    expect(content).toEqual(expected);
  });

  it('passes over damage in the middle of a log, takes what follows, and tells the hole', async () => {
    const log = liveLog(vfs);
    damage(vfs, log, 400); // in the second frame
    const { report, content } = await repaired();
    expect(report).toMatchObject({ damagedLogCount: 1, lostStretchCount: 1 });
    expect(report.losses).toMatchObject([{ kind: 'commits', file: log }]);
    const [{ firstSequence, lastSequence } = { firstSequence: 0, lastSequence: 0 }] = report.losses;
    expect(lastSequence! - firstSequence! + 1).toBe(10);
    expect(differences(content)).toEqual(Array.from({ length: 10 }, (_, i) => keyOf(200 + i)));
    expect(content.get(keyOf(215))).toBe('logged-215');
    expect(content.has(keyOf(7))).toBe(false);
  });

  it('reads a log whose header is damaged, and goes on without one that is missing', async () => {
    const log = liveLog(vfs);
    damage(vfs, log, 3);
    const first = await repaired();
    expect(first.content).toEqual(expected);
    expect(first.report).toMatchObject({ isComplete: true, damagedLogCount: 1 });
    for (const name of vfs.list(TARGET)) vfs.unlink(`${TARGET}/${name}`);

    vfs.unlink(log);
    const { report, content } = await repaired();
    expect(report.losses).toMatchObject([{ kind: 'log', file: log, message: 'Log is missing' }]);
    expect(content.get(keyOf(195))).toBe(FIRST(195));
    expect(content.has(keyOf(210))).toBe(false);
  });

  it.each([
    ['emptied', (path: string) => truncate(vfs, path, 0)],
    ['cut within its header', (path: string) => truncate(vfs, path, 16)],
    [
      'zeroed',
      (path: string) => {
        const size = bytesOf(vfs, path).length;
        truncate(vfs, path, 0);
        truncate(vfs, path, size);
      },
    ],
    [
      'swapped for a log of another number',
      (path: string) => {
        const other = path.replace(/\d{6}\.log$/, '999999.log');
        vfs.unlink(path);
        vfs.link(foreignLog(other), path);
        vfs.unlink(other);
      },
    ],
  ])('tells the loss of a log that the manifest names and that was %s', async (_, harm) => {
    const log = liveLog(vfs);
    harm(log);
    const { report, content } = await repaired();
    expect(report).toMatchObject({ isComplete: false, damagedLogCount: 1 });
    expect(report.losses).toMatchObject([{ kind: 'log', file: log }]);
    expect(content.has(keyOf(210))).toBe(false);
  });

  it('takes no torn tail for a loss, and gives what recovery would', async () => {
    const disk = new CrashVfs();
    const db = await openText(disk);
    await fillMixed(db);
    await db.put('torn', 'x'.repeat(5000), { durability: 'os' });
    let tornCount = 0;
    for (let seed = 0; seed < 12; seed++) {
      const crashed = disk.crash({ seed, mode: 'torn' });
      const report = await repair(SOURCE, TARGET, { vfs: crashed });
      expect(report.losses, `seed=${seed}`).toEqual([]);
      if (report.notes.some((note) => note.includes('torn'))) tornCount++;
      expect(await contentAt(crashed, TARGET)).toEqual(await contentAt(crashed, SOURCE));
    }
    expect(tornCount).toBeGreaterThan(0);
    await db.close();
  });

  it('of any damage gives only values that were written, and names the file or loses nothing', async () => {
    const random = makeRandom(11);
    const paths = vfs.list(SOURCE).map((name) => `${SOURCE}/${name}`);
    for (let round = 0; round < 60; round++) {
      const path = random.pick(paths);
      const size = bytesOf(vfs, path).length;
      const offset = random.below(Math.min(size, 8000));
      const count = Math.min(1 + random.below(100), size - offset);
      const place = `round=${round} path=${path} offset=${offset} count=${count}`;
      damage(vfs, path, offset, count);
      const { report, content } = await repaired();
      expectOnlyOwnValues(content);
      if (report.isComplete) expect(content, place).toEqual(expected);
      damage(vfs, path, offset, count);
      for (const name of vfs.list(TARGET)) vfs.unlink(`${TARGET}/${name}`);
    }
  });

  it('saves what it can when everything is damaged, and nothing when nothing is left', async () => {
    for (const name of vfs.list(SOURCE)) {
      const size = bytesOf(vfs, `${SOURCE}/${name}`).length;
      for (let offset = 150; offset < size; offset += 5000)
        damage(vfs, `${SOURCE}/${name}`, offset);
    }
    const { report, content } = await repaired();
    expect(report.losses.length).toBeGreaterThan(2);
    expectOnlyOwnValues(content);
    expect(content.size).toBeGreaterThan(0);
    for (const name of vfs.list(TARGET)) vfs.unlink(`${TARGET}/${name}`);
    for (const name of vfs.list(SOURCE)) truncate(vfs, `${SOURCE}/${name}`, 0);
    const empty = await repaired();
    expect(empty.content.size).toBe(0);
    expect(empty.report.isComplete).toBe(false);
  });

  it('gives what compactions made, tombstones and old versions gone', async () => {
    const db = await openText(vfs);
    await fill(db, 50, 90, (index) => `newer-${index}`);
    await db.compact();
    await db.del(keyOf(60));
    await db.delRange({ gte: keyOf(70), lt: keyOf(75) });
    await db.flush();
    expected = new Map(await contentOf(db));
    await db.close();
    const { report, content } = await repaired();
    expect(report.losses).toEqual([]);
    expect(content).toEqual(expected);
  });

  it('takes nothing from a log that tables have outlived, whatever of the log is damaged', async () => {
    const disk = new CrashVfs();
    const db = await openText(disk, SOURCE, { memtableSizeBytes: 4 * 1024 * 1024 });
    const filler = 'f'.repeat(3000);
    await db.put('gone', 'long ago');
    for (let i = 0; i < 100; i++) await db.put(`a${i}`, filler);
    await db.batch([
      { type: 'del', key: 'gone' },
      { type: 'put', key: 'marker', value: 'deleted here' },
    ]);
    for (let i = 0; i < 148; i++) await db.put(`b${i}`, filler);
    // With smaller memtables the log fills several: it stays until the last of them is flushed.
    const killed = disk.kill();
    const again = await openText(killed, SOURCE, { level0CompactionTrigger: 2 });
    for (let i = 0; i < 2000 && again.stats().background.compactionCount === 0; i++) await turns(5);
    expect(again.stats().levels[0]?.tableCount).toBe(0);
    expect(again.stats().background.compactionCount).toBeGreaterThan(0);
    const left = new Map(await contentOf(again));
    const after = killed.kill();
    const log = filesOf(after, SOURCE, 'log').find((path) =>
      Buffer.from(bytesOf(after, path)).includes('deleted here'),
    );
    damage(after, log!, Buffer.from(bytesOf(after, log!)).indexOf('deleted here'));
    const report = await repair(SOURCE, TARGET, { vfs: after });
    expect(report).toMatchObject({ losses: [], damagedLogCount: 1 });
    expect(new Map(await contentAt(after, TARGET))).toEqual(left);
    expect(left.has('gone')).toBe(false);
    await again.close();
    await db.close();
  });

  it('refuses a database that is open, what is none, and a target that is taken', async () => {
    const db = await openText(vfs);
    await expect(repair(SOURCE, TARGET, { vfs })).rejects.toThrow(LockedError);
    await db.close();
    vfs.makeDirectory('/empty');
    await expect(repair('/empty', TARGET, { vfs })).rejects.toThrow(InvalidArgumentError);
    await expect(repair('/absent', TARGET, { vfs })).rejects.toThrow(InvalidArgumentError);
    await expect(repair(SOURCE, SOURCE, { vfs })).rejects.toThrow(InvalidArgumentError);
    await expect(repair(SOURCE, `${SOURCE}/in`, { vfs })).rejects.toThrow(InvalidArgumentError);
    vfs.makeDirectory('/full/of');
    await expect(repair(SOURCE, '/full', { vfs })).rejects.toThrow(InvalidArgumentError);
    vfs.makeDirectory(`${TARGET}.partial`);
    await expect(repair(SOURCE, TARGET, { vfs })).rejects.toThrow('earlier repair');
    vfs.removeDirectory(`${TARGET}.partial`);
    vfs.makeDirectory(TARGET);
    expect((await repaired()).content).toEqual(expected);
  });

  it('ends with AbortedError at its signal, and leaves nothing', async () => {
    const signal = AbortSignal.abort();
    await expect(repair(SOURCE, TARGET, { vfs, signal })).rejects.toThrow(AbortedError);
    expect(vfs.exists(TARGET) || vfs.exists(`${TARGET}.partial`)).toBe(false);
  });

  it('that cannot write its target rejects, and leaves no database under its name (repair/whole-or-absent)', async () => {
    let failedCount = 0;
    for (let nth = 1; ; nth++) {
      const faults = new FaultVfs(vfs);
      faults.inject({ nth, sticky: true, path: /repaired/, code: 'ENOSPC', kinds: WRITING });
      const failure = await repair(SOURCE, TARGET, { vfs: faults }).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure === undefined) break;
      failedCount++;
      if (!(failure instanceof StorageError)) throw new Error('Not ours', { cause: failure });
      expect(['IO_ERROR', 'FAILED'], `nth=${nth} ${failure.message}`).toContain(failure.code);
      expect(vfs.exists(TARGET), `nth=${nth}`).toBe(false);
      const partial = `${TARGET}.partial`;
      if (!vfs.exists(partial)) continue;
      for (const name of vfs.list(partial)) vfs.unlink(`${partial}/${name}`);
      vfs.removeDirectory(partial);
    }
    expect(failedCount).toBeGreaterThan(10);
    expect(new Map(await contentAt(vfs, TARGET))).toEqual(expected);
  });

  it('reads around blocks that the system cannot read', async () => {
    const faults = new FaultVfs(vfs);
    const [path] = filesOf(vfs, SOURCE, 'table');
    // The first read of the table's data in the merge, after the parts that are read twice.
    faults.inject({ kinds: ['readSync'], path: (read) => read === path, nth: 10 });
    const report = await repair(SOURCE, TARGET, { vfs: faults });
    expect(faults.firedCount).toBe(1);
    expect(report.losses).toMatchObject([{ kind: 'block', file: path }]);
    expectOnlyOwnValues(new Map(await contentAt(vfs, TARGET)));
  });
});

const WRITING = ['create', 'write', 'sync', 'rename'] as const;
