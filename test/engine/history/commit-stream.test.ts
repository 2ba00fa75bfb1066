/** Where a stream begins, and what it tells where the logs have nothing. */
import { describe, expect, it } from 'vitest';
import type { Database } from '../../../src/api/database.ts';
import { HistoryGoneError } from '../../../src/base/errors.ts';
import { MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import { GateVfs } from '../../support/gate-vfs.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { errorOf, isSettled, openMemory, turns } from '../../api/fixture.ts';

const KEPT = { history: { keepMs: 3_600_000, keepBytes: 1 << 30 } } as const;

async function sequencesOf(db: Database<string, string>, since: number | Date): Promise<number[]> {
  const sequences: number[] = [];
  for await (const { sequence } of db.changes({ since, follow: false })) sequences.push(sequence);
  return sequences;
}

describe('a bulk load', () => {
  it('is told by each of several, one after the other (commit-stream/whole-and-gapless)', async () => {
    const db = await openMemory(KEPT);
    await db.put('a', '1');
    await db.ingest([['b', '2']]);
    await db.ingest([['c', '3']]);
    expect(await errorOf(() => sequencesOf(db, 0))).toMatchObject({ oldestSequence: 4 });
    expect(await errorOf(() => sequencesOf(db, 1))).toBeInstanceOf(HistoryGoneError);
    expect(await errorOf(() => sequencesOf(db, 2))).toBeInstanceOf(HistoryGoneError);
    expect(await sequencesOf(db, 3)).toEqual([]);
  });

  it('is told after a reopen too, with nothing behind it', async () => {
    const vfs = new MemoryVfs();
    const db = await openMemory({ vfs, ...KEPT });
    await db.put('a', '1');
    await db.ingest([['b', '2']]);
    await db.close();
    const again = await openMemory({ vfs });
    const error = await errorOf(() => sequencesOf(again, 1));
    expect(error).toBeInstanceOf(HistoryGoneError);
    await again.put('c', '1');
    expect(await sequencesOf(again, 2)).toEqual([3]);
  });

  it.each([0, 1, 2, 3])('takes its place while a stream asks for a sync: stage %i', async (due) => {
    const clock = new ManualClock();
    const vfs = new GateVfs(new MemoryVfs());
    const db = await openMemory({ vfs, environment: { clock } });
    const changes = db.changes();
    const step = changes.next();
    step.catch(() => undefined);
    await db.put('a', '1', { durability: 'os' });
    await turns(2);
    let open = vfs.shut('sync', /\.sst$/, 1);
    const loaded = db.ingest([['b', '2']]);
    loaded.catch(() => undefined);
    for (let stage = 0; stage < 4; stage++) {
      await turns(20);
      const goOn = open;
      open = vfs.shut('sync', /\.sst$/, 1);
      const openLog = vfs.shut('sync', /\.log$/);
      if (stage === due) clock.advance(20); // the time for a sync of os commits
      await turns(2);
      goOn();
      await turns(20);
      openLog();
    }
    open();
    expect(await loaded).toMatchObject({ entryCount: 1 });
    await db.put('c', '1');
    changes.close();
  });
});

describe('a start at a time', () => {
  it('before the first commit of a new database is the beginning', async () => {
    const db = await openMemory();
    expect(await sequencesOf(db, new Date(0))).toEqual([]);
    await db.put('a', '1');
    expect(await sequencesOf(db, new Date(0))).toEqual([1]);
  });

  it('after the last commit is there without any log', async () => {
    const clock = new ManualClock();
    const db = await openMemory({ environment: { clock } });
    await db.put('a', '1');
    await db.flush();
    expect(await errorOf(() => sequencesOf(db, new Date(clock.wallMs())))).toBeInstanceOf(
      HistoryGoneError,
    );
    clock.advance(1);
    const changes = db.changes({ since: new Date(clock.wallMs()) });
    const next = changes.next();
    expect(await isSettled(next)).toBe(false);
    await db.put('b', '1');
    expect(await next).toMatchObject({ sequence: 2 });
    changes.close();
  });
});

describe('a log that goes while a stream looks for it', () => {
  it('is history that is gone, and no error of a file', async () => {
    const vfs = new GateVfs(new MemoryVfs());
    const db = await openMemory({ vfs });
    await db.put('a', '1');
    await db.put('b', '1');
    const open = vfs.shut('read', /\.log$/, 1);
    const changes = db.changes({ since: 0 });
    const next = errorOf(() => changes.next());
    await turns(2);
    expect(vfs.waiterCount).toBe(1);
    await db.flush(); // no history is kept
    await db.put('c', '1'); // ends the log
    await turns(20);
    open();
    expect(await next).toBeInstanceOf(HistoryGoneError);
  });
});
