/**
 * Power cuts, kills and faults in the life of a database that keeps history.
 *
 * history-script.ts has the life and what must be found afterwards. A seeded share of the operations is tried, all with
 * VARVE_HISTORY_CUTS=all; SEED draws others.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { CRASH_MODES, CrashVfs } from '../support/crash-vfs.ts';
import { byExtent, drawCases } from '../support/extent.ts';
import { type FaultKind, FaultVfs } from '../support/fault-vfs.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { makeRandom } from '../support/prng.ts';
import { printTestProof } from '../support/proof-line.ts';
import { NoSyncVfs } from '../support/no-sync-vfs.ts';
import { WrappedVfs } from '../support/wrapped-vfs.ts';
import { settled, turns } from '../support/settle.ts';
import {
  checkHistory,
  HistoryLife,
  type Notes,
  openAt,
  type TextDatabase,
  textOf,
} from './history-script.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const STEP_COUNT = 60;
const LIFE_COUNT = byExtent('VARVE_HISTORY_CUTS', { all: 12, sample: 1, quick: 1 });

const proof = { 'crash states': 0, faults: 0 };

afterAll(() => printTestProof('history', proof));

interface Moment {
  readonly before: string;
  readonly disk: CrashVfs;
  readonly notes: Notes;
}

/** A copy: the life goes on. */
function noted(notes: Notes): Notes {
  return { ...notes, begun: [...notes.begun], shown: [...notes.shown] };
}

type Wrap = (disk: CrashVfs) => WrappedVfs | CrashVfs;

async function momentsOf(
  seed: number,
  isTaken: (nth: number) => boolean,
  wrap: Wrap = (disk) => disk,
): Promise<Moment[]> {
  const disk = new CrashVfs();
  const clock = new ManualClock();
  const life = new HistoryLife(wrap(disk), clock, seed);
  const moments: Moment[] = [];
  let nth = 0;
  disk.beforeOperation = ({ operation, path }) => {
    if (!isTaken(++nth) && operation !== 'truncate') return; // all ends of logs
    const before = `${life.what}: operation ${nth}, ${operation} ${path}`;
    moments.push({ before, disk: disk.kill(), notes: noted(life.notes) });
  };
  await life.run(STEP_COUNT);
  return moments;
}

async function checkMoments(seed: number, moments: readonly Moment[]): Promise<number[]> {
  let resumed = 0;
  let gone = 0;
  for (const [i, { before, disk, notes }] of moments.entries()) {
    const mode = CRASH_MODES[i % CRASH_MODES.length]!; // under the length
    const crashes = [
      [`power cut, ${mode}`, disk.crash({ seed: seed * 1009 + i, mode })],
      ['power cut, all lost', disk.crash({ seed: i, mode: 'synced-only' })],
      ['kill', disk.kill()],
    ] as const;
    for (const [how, image] of crashes) {
      const checked = checkHistory(image, notes, new ManualClock());
      const { resumedCount, goneCount } = await checked.catch((cause: unknown) => {
        throw new Error(`seed=${seed} ${before}: ${how}: ${String(cause)}`, { cause });
      });
      resumed += resumedCount;
      gone += goneCount;
      proof['crash states']++;
    }
  }
  return [resumed, gone];
}

describe('a database with history', () => {
  it(`shows again, and goes on from, whatever a stream has shown before a power cut or a kill, seed=${SEED} (commit-stream/durable-only, commit-stream/whole-and-gapless, log-history/ended-first)`, async () => {
    let shownCount = 0;
    const counts = [0, 0];
    for (let i = 0; i < LIFE_COUNT; i++) {
      const seed = SEED * 100 + i;
      const isTaken = drawCases('VARVE_HISTORY_CUTS', seed, { sample: 0.02, quick: 0.002 });
      const moments = await momentsOf(seed, isTaken);
      const [resumed = 0, gone = 0] = await checkMoments(seed, moments);
      counts[0]! += resumed;
      counts[1]! += gone;
      shownCount += moments.at(-1)?.notes.shown.length ?? 0;
    }
    expect(shownCount).toBeGreaterThan(10 * LIFE_COUNT);
    expect(counts[0]).toBeGreaterThan(10);
    expect(counts[1]).toBeGreaterThan(0);
  });
});

const FAULTS: readonly (readonly [FaultKind, string, RegExp, boolean])[] = [
  ['open', 'EMFILE', /\.log$/, true],
  ['open', 'EIO', /\.log$/, false],
  ['read', 'EIO', /\.log$/, false],
  ['truncate', 'EIO', /\.log$/, false],
  ['truncate', 'ENOSPC', /\.log$/, true],
  ['sync', 'EIO', /\.log$/, false],
  ['write', 'ENOSPC', /MANIFEST/, false],
  ['write', 'EIO', /MANIFEST/, false],
  ['sync', 'EIO', /MANIFEST/, false],
  ['unlink', 'EIO', /\.log$/, true],
  ['create', 'ENOSPC', /\.log$/, false],
];

/** Resolves with false when nothing was left to fail. */
async function runFaulty(
  [kind, code, path, sticky]: (typeof FAULTS)[number],
  nth: number,
  seed: number,
): Promise<boolean> {
  const disk = new CrashVfs();
  const faults = new FaultVfs(disk);
  const clock = new ManualClock();
  const life = new HistoryLife(faults, clock, seed);
  const inject = (): void => faults.inject({ kinds: [kind], code, path, sticky, nth });
  await life.runFaulty(STEP_COUNT, inject, () => faults.heal());
  for (const image of [disk.crash({ seed: nth, mode: 'synced-only' }), disk.kill()]) {
    await checkHistory(image, life.notes, new ManualClock());
  }
  return faults.firedCount > 0;
}

describe('a database with history', () => {
  it.each(FAULTS)(
    `tells, and keeps what it has shown, when %s fails with %s: %s, sticky: %s, seed=${SEED} (log-history/upkeep-only)`,
    async (...fault) => {
      const isTaken = drawCases('VARVE_HISTORY_CUTS', SEED, { sample: 0.03, quick: 0.004 });
      let count = 0;
      for (let nth = 1; nth < 2000; nth++) {
        if (!isTaken(nth)) continue;
        const isFired = await runFaulty(fault, nth, SEED).catch((cause: unknown) => {
          throw new Error(`seed=${SEED} ${fault.join(' ')} number ${nth}: ${String(cause)}`, {
            cause,
          });
        });
        if (!isFired) break;
        count++;
        proof.faults++;
      }
      expect(count).toBeGreaterThanOrEqual(1);
    },
  );
});

/** With a log that goes, the newest one goes too. */
class TooManyVfs extends WrappedVfs {
  override unlink(path: string): void {
    if (!this.inner.exists(path)) return;
    super.unlink(path);
    const directory = path.slice(0, path.lastIndexOf('/'));
    const newest = this.list(directory)
      .filter((name) => name.endsWith('.log'))
      .sort()
      .at(-2);
    if (path.endsWith('.log') && newest !== undefined) super.unlink(`${directory}/${newest}`);
  }
}

describe('the check finds', () => {
  it.each<[string, Wrap]>([
    ['a stream that shows what is not durable', (disk) => new NoSyncVfs(disk, /\.log$/)],
    [
      'a log that is removed before the edit that drops it is durable',
      (disk) => new NoSyncVfs(disk, /MANIFEST/),
    ],
    ['a log that goes though recovery needs it', (disk) => new TooManyVfs(disk)],
  ])('%s', async (_, wrap) => {
    const failures: unknown[] = [];
    for (let seed = 1; seed <= 4 && failures.length === 0; seed++) {
      const isTaken = drawCases('VARVE_HISTORY_CUTS', seed, { sample: 0.04, quick: 0.01 });
      const checked = momentsOf(seed, isTaken, wrap).then((moments) => checkMoments(seed, moments));
      await checked.catch((error: unknown) => failures.push(error));
    }
    expect(failures).toHaveLength(1);
  });
});

/** Follows into a copy of its own, and notes its place. Ends with an error when its process is killed. */
async function consume(db: TextDatabase, copy: string[], clock: ManualClock): Promise<void> {
  const since = Number((await db.get('place')) ?? 0);
  const changes = db.changes({ since });
  for (;;) {
    const commit = await settled('next', changes.next(), clock);
    if (commit === undefined) return;
    const text = textOf(commit.operations);
    if (text.includes('place')) continue; // of its own transactions
    copy.push(text); // at least once: this is outside of the database
    await db.batch([
      { type: 'put', key: `done ${commit.sequence}`, value: text }, // exactly once: with the place
      { type: 'put', key: 'place', value: String(commit.sequence) },
    ]);
  }
}

/** The same with a place that the database keeps. */
async function consumeNamed(db: TextDatabase, copy: string[], clock: ManualClock): Promise<void> {
  const consumer = await db.consumer('copy', { since: 0 });
  const changes = consumer.changes();
  for (;;) {
    const commit = await settled('next', changes.next(), clock);
    if (commit === undefined) return;
    const { sequence } = commit;
    const text = textOf(commit.operations);
    if (text.includes('done ')) {
      await consumer.ack(sequence); // of its own transactions
      continue;
    }
    copy.push(text);
    await db.transaction((tx) => {
      tx.put(`done ${sequence}`, text);
      consumer.ackIn(tx, sequence);
    });
  }
}

describe('a consumer that is killed again and again', () => {
  it.each([
    ['its place in its own transaction', consume],
    ['a place that the database keeps (consumer/exactly-once, consumer/never-back)', consumeNamed],
  ])(
    `sees each commit at least once in order, and exactly once with %s, seed=${SEED}`,
    async (_, consumeIn) => {
      const killCount = byExtent('VARVE_HISTORY_CUTS', { all: 1000, sample: 20, quick: 2 });
      const random = makeRandom(SEED);
      let disk = new CrashVfs();
      const written: string[] = [];
      const copy: string[] = [];
      for (let kill = 0; kill <= killCount; kill++) {
        const clock = new ManualClock();
        const db = await openAt(disk, clock, { history: { keepMs: 3_600_000 } });
        const copied: string[] = [];
        const consumed = consumeIn(db, copied, clock).catch(() => undefined);
        const isLast = kill === killCount;
        const stopAt = disk.operationCount + random.below(60);
        if (!isLast) disk.stopAt = stopAt;
        try {
          for (let i = 0; i < 4 && !isLast; i++) {
            const value = `${kill}.${i}`;
            await db.put('k', value);
            written.push(`k=${value}`);
            if (random.chance(0.2)) await db.flush();
            await turns(random.below(6));
          }
        } catch {
          // Killed.
        }
        await turns(isLast ? 3000 : 30);
        disk.stop();
        await db.close().catch(() => undefined);
        await consumed;
        copy.push(...copied);
        disk = disk.kill();
      }
      const db = await openAt(disk, new ManualClock());
      const done = new Map(await db.entries({ prefix: 'done ' }).all());
      await db.close();
      const once = [...done].map(([key, text]) => [Number(key.slice(5)), text] as const);
      const texts = once.sort(([a], [b]) => a - b).map(([, text]) => text);
      expect(texts.length).toBeGreaterThanOrEqual(killCount);
      expect(new Set(texts).size).toBe(texts.length);
      expect(texts.filter((text) => written.includes(text))).toEqual(written);
      // At least once: what comes again is the last one before it, or what follows that.
      const firsts = copy.filter((text, i) => copy.indexOf(text) === i);
      expect(firsts).toEqual(texts);
    },
  );
});
