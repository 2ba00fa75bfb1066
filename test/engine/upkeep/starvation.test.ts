/**
 * Every call that waits for the background, or reads all there is, ends while writes never pause.
 */
import { describe, expect, it } from 'vitest';
import { AbortedError, ClosedError } from '../../../src/base/errors.ts';
import { InlineJobRunner } from '../../../src/compaction/job-runner.ts';
import type { Database } from '../../../src/api/database.ts';
import { MemoryVfs, open } from '../../../src/index.ts';
import type { FileMetadata } from '../../../src/version/file-metadata.ts';
import { endsUnderLoad, spreadPut, StarvedError } from '../../support/starvation.ts';
import {
  closeLater,
  errorOf,
  makeDirectory,
  openMemory,
  openOnRunner,
  TINY,
  turns,
} from '../../api/fixture.ts';

/** Level 0 always asks for a compaction. */
const PRESSED = {
  ...TINY,
  durability: 'os',
  level0CompactionTrigger: 2,
  level0SlowdownTrigger: 900,
  level0StopTrigger: 950,
} as const;

/** compact() takes 16,000 commits of eight writers inline; 59,000 when others always come first. */
const commitCountMax = 40_000;
/** How much is written while a thread of its own compacts depends on the machine: this is for calls that never end. */
const COMMIT_COUNT_MAX_WORKER = 400_000;

type TextDatabase = Database<string, string>;

async function openPressed(isInline: boolean): Promise<TextDatabase> {
  const tuning = { ...PRESSED, level0SlowdownTrigger: 6, level0StopTrigger: 10 };
  const db = isInline
    ? await openMemory(tuning)
    : closeLater(
        await open<string, string>(makeDirectory(), {
          ...tuning,
          keyEncoding: 'utf8',
          valueEncoding: 'utf8',
        }),
      );
  const put = spreadPut(db);
  for (let i = 0; i < 5000; i += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, j) => put(i + j + 500_000)));
  }
  return db;
}

it('the check itself finds a call that never settles', async () => {
  const db = await openMemory();
  const never = endsUnderLoad('nothing', () => new Promise(() => undefined), {
    db,
    commitCountMax: 200,
  });
  expect(await errorOf(() => never)).toBeInstanceOf(StarvedError);
});

describe.each([
  ['inline', true],
  ['in a worker', false],
])('under writes that never pause, %s,', (_, isInline) => {
  const countMax = isInline ? commitCountMax : COMMIT_COUNT_MAX_WORKER;

  it('compact() ends, and has moved what was there to the bottom (range-compaction/ends, compaction-turns/all-get-on)', async () => {
    const db = await openPressed(isInline);
    await endsUnderLoad('compact', () => db.compact(), { db, commitCountMax: countMax });
  });

  it('several compact() calls at a time end, of ranges and of all, with a snapshot open', async () => {
    const db = await openPressed(isInline);
    const snapshot = db.snapshot();
    const calls = (): Promise<unknown> =>
      Promise.all([
        db.compact(),
        db.compact({ gte: '000000100000', lt: '000000500000' }),
        db.compact({ prefix: '0000009' }),
        db.compact({ gte: 'x' }),
      ]);
    await endsUnderLoad('four compactions', calls, { db, commitCountMax: countMax });
    snapshot.close();
  });
});

describe('under writes that never pause', () => {
  it.each([
    ['flush', (db: TextDatabase) => db.flush()],
    ['verify', async (db: TextDatabase) => expect((await db.verify()).problems).toEqual([])],
    ['checkpoint', (db: TextDatabase) => db.checkpoint('/test/copy')],
    [
      'ingest',
      (db: TextDatabase) =>
        db.ingest(Array.from({ length: 500 }, (_, i) => [`i${String(i).padStart(4, '0')}`, 'v'])),
    ],
    [
      'a snapshot and its end',
      async (db: TextDatabase) => {
        const snapshot = db.snapshot();
        await db.flush();
        snapshot.close();
      },
    ],
  ])('%s ends', async (what, call) => {
    const db = await openPressed(true);
    await endsUnderLoad(what, () => call(db), { db, commitCountMax });
  });

  it('a lock that many pass from one to the other is got by one more', async () => {
    const db = await openMemory(PRESSED);
    const take = (): Promise<void> =>
      db.transaction(
        async (tx) => {
          const count = Number((await tx.getForUpdate('mutex')) ?? 0);
          tx.put('mutex', String(count + 1));
        },
        { mode: 'pessimistic', lockTimeoutMs: 3_600_000 },
      );
    await endsUnderLoad('lock', take, { db, commit: take, commitCountMax: 2000 });
  });

  it('what only saves space is done as well: deleted ranges give their tables back', async () => {
    const vfs = new MemoryVfs();
    const runner = new InlineJobRunner(vfs);
    const { db, engine } = await openOnRunner({ directory: '/test/db', vfs, runner }, PRESSED);
    await db.ingest(
      Array.from({ length: 2000 }, (_, i) => [`old${String(i).padStart(5, '0')}`, 'v'.repeat(500)]),
    );
    await db.compact();
    await db.delRange({ prefix: 'old' });
    await db.flush();
    const isHeld = ({ smallest }: FileMetadata): boolean =>
      Buffer.from(smallest).toString().startsWith('old');
    const freed = async (): Promise<void> => {
      while (engine.state.version.levels.flat().some(isHeld)) await turns(1);
    };
    await endsUnderLoad('reclaim', freed, { db, commitCountMax });
  });
});

describe('compact()', () => {
  it('gives up for its signal, before and while it waits, and so does flush()', async () => {
    const db = await openPressed(true);
    const signal = AbortSignal.abort('no more');
    for (const call of [() => db.compact({}, { signal }), () => db.flush({ signal })]) {
      expect(await errorOf(call)).toBeInstanceOf(AbortedError);
    }
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const waiting = [db.compact({}, options), db.compact({ gte: '5' }, options), db.flush(options)];
    controller.abort('enough');
    for (const call of waiting) {
      const error = await errorOf(() => call);
      expect(error).toBeInstanceOf(AbortedError);
      expect(error.cause).toBe('enough');
    }
    expect(await errorOf(() => db.flush({ signal: 1 as never }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    await db.compact(); // what was given up is in nobody's way
  });

  it('rejects with ClosedError when the database closes under it', async () => {
    const db = await openPressed(true);
    const calls = [db.compact(), db.compact({ gte: '5' })];
    const errors = calls.map((call) => errorOf(() => call));
    await db.close();
    for (const error of await Promise.all(errors)) expect(error).toBeInstanceOf(ClosedError);
  });

  it('of an empty database, or a range without anything, resolves at once', async () => {
    const vfs = new MemoryVfs();
    const db = await openMemory({ vfs });
    await Promise.all([db.compact(), db.compact({ gte: 'a' })]);
    expect(db.stats().background.compactionCount).toBe(0);
  });
});
