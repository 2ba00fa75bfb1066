/**
 * examples/jobs: a queue with leases, over random workers, and killed. The processes run the built package.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Lease, LeaseLostError, Queue, type QueueOptions } from '../../examples/jobs/queue.ts';
import { type Database, type Keyspace, MemoryVfs, open } from '../../src/index.ts';
import { builtFile } from '../support/built.ts';
import { ROOT } from '../support/packed-package.ts';
import { makeRandom } from '../support/prng.ts';

const RUN = join(ROOT, 'scripts', 'run-ts.mjs');
const KILL_COUNT = Number(process.env['VARVE_JOB_KILLS'] ?? 2);

let db: Database<unknown, unknown>;
let done: Keyspace<string, number>;
let now = 0;

const JSON_TYPES = { keyEncoding: 'json', valueEncoding: 'json' } as const;

beforeEach(async () => {
  now = 1_000_000;
  db = await open<unknown, unknown>('/jobs', { vfs: new MemoryVfs(), ...JSON_TYPES });
  done = await db.keyspace<string, number>('done', { keyEncoding: 'utf8', valueEncoding: 'json' });
});

afterEach(() => db.close());

const queueOf = (options: QueueOptions = {}): Promise<Queue> =>
  Queue.open(db, { now: () => now, leaseMs: 100, ...options });

describe('a queue', () => {
  it('hands out what is due, first what is due first, to one worker each', async () => {
    const queue = await queueOf();
    const late = await queue.add('k', 'late', { delayMs: 50 });
    const first = await queue.add('k', 'first');
    now += 1;
    const [a, b] = await Promise.all([queue.take(), queue.take()]);
    expect([a?.id, b?.id].filter((id) => id !== undefined)).toEqual([first]);
    now += 50;
    expect((await queue.take())?.id).toBe(late);
    expect(await queue.take()).toBeUndefined();
  });

  it('gives the job to another when a lease ends, and refuses what the first one brings then (J2)', async () => {
    const queue = await queueOf();
    await queue.add('k', 1, { id: 'j' });
    const slow = (await queue.take())!;
    const longer = await queue.extend(slow);
    now += 101;
    const quick = (await queue.take())!;
    expect(quick.attemptCount).toBe(2);
    const count = (lease: Lease): Promise<void> =>
      queue.complete(lease, (tx) => tx.in(done).update(lease.id, (n = 0) => n + 1));
    await expect(count(slow)).rejects.toThrow(LeaseLostError);
    await expect(queue.fail(longer, 'late')).rejects.toThrow(LeaseLostError);
    await count(quick);
    await expect(count(quick)).rejects.toThrow(LeaseLostError);
    expect(await done.get('j')).toBe(1);
    expect(await queue.counts()).toEqual({ waiting: 0, givenUp: 0 });
  });

  it('tries again later and later, and gives up in the end, also when workers die (J3)', async () => {
    const queue = await queueOf({ attemptCountMax: 3, retryDelayMs: 10 });
    await queue.add('k', 1, { id: 'fails' });
    for (const delay of [10, 20, 0]) {
      await queue.fail((await queue.take())!, 'no');
      expect(await queue.take()).toBeUndefined();
      now += delay;
    }
    await queue.add('k', 1, { id: 'kills' });
    for (let i = 0; i < 3; i++) {
      expect((await queue.take())?.id).toBe('kills');
      now += 101;
    }
    expect(await queue.take()).toBeUndefined();
    expect((await queue.givenUp()).map(([id, { lastError }]) => [id, lastError])).toEqual([
      ['fails', 'no'],
      ['kills', undefined],
    ]);
  });

  it('has a job if the transaction that adds it commits', async () => {
    const queue = await queueOf();
    const tx = db.begin();
    await queue.add('k', 1, { tx });
    tx.rollback();
    await db.transaction((tx) => queue.add('k', 2, { tx }));
    expect((await queue.take())?.payload).toBe(2);
    expect(await queue.counts()).toEqual({ waiting: 1, givenUp: 0 });
  });

  it('completes each job once, whatever random workers do (J1, J2)', async () => {
    const seed = 11;
    const random = makeRandom(seed);
    const queue = await queueOf({ attemptCountMax: 1e6, retryDelayMs: 1 });
    for (let i = 0; i < 40; i++) await queue.add('k', i, { id: `j${i}` });
    const leases: Lease[] = [];
    for (let step = 0; (await queue.counts()).waiting > 0; step++) {
      if (step > 20_000) throw new Error(`Jobs are left: seed=${seed}`);
      now += random.below(60);
      const lease =
        random.chance(0.5) || leases.length === 0 ? await queue.take() : random.pick(leases);
      if (lease === undefined) continue;
      leases.push(lease);
      const tried = random.chance(0.6)
        ? queue.complete(lease, (tx) => tx.in(done).update(lease.id, (n = 0) => n + 1))
        : random.chance(0.5)
          ? queue.fail(lease, 'no')
          : queue.extend(lease);
      await tried.catch((error: unknown) => {
        if (!(error instanceof LeaseLostError)) throw error;
      });
    }
    const counts = await done.values().all();
    expect([counts.length, counts.filter((count) => count !== 1)], `seed ${seed}`).toEqual([
      40,
      [],
    ]);
  });
});

describe('processes', () => {
  let directory = '';

  beforeEach(() => {
    builtFile('index.js'); // refuses a stale build
    directory = mkdtempSync(join(tmpdir(), 'varve-jobs-'));
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('show a queue', () => {
    const args = [RUN, 'examples/jobs/main.ts'];
    const { stdout, status } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
    expect([stdout, status]).toEqual(['2 sent\ngiven up: Error: no such mailbox, attempt 5\n', 0]);
  });

  it(`lose no job and complete none twice, after ${KILL_COUNT} kills (J1, J2)`, async () => {
    const added: string[] = [];
    for (let kill = 0; kill < KILL_COUNT; kill++) {
      const args = [RUN, 'examples/jobs/load.ts', directory, String(kill)];
      const child = spawn(process.execPath, args, {
        cwd: ROOT,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(child, 'exit');
      let lineCount = 0;
      for await (const line of createInterface(child.stdout)) {
        added.push(line.replace('added ', ''));
        if (++lineCount === 60 + 70 * kill) child.kill('SIGKILL');
      }
      expect(((await ended) as unknown[])[1]).toBe('SIGKILL');
    }
    const killed = await open<unknown, unknown>(directory, JSON_TYPES);
    const queue = await Queue.open(killed, { leaseMs: 0 });
    const finished = await killed.keyspace<string, number>('done', {
      keyEncoding: 'utf8',
      valueEncoding: 'json',
    });
    const jobs = await killed.keyspace('jobs', { keyEncoding: 'utf8', valueEncoding: 'json' });
    const twice = (await finished.entries().all()).filter(([, count]) => count !== 1);
    const places = await Promise.all(
      added.map(async (id) => Number(await finished.has(id)) + Number(await jobs.has(id))),
    );
    const { givenUp } = await queue.counts();
    await killed.close();
    expect({ twice, givenUp }).toEqual({ twice: [], givenUp: 0 });
    expect(added.filter((_, i) => places[i] !== 1)).toEqual([]);
    expect(added.length).toBeGreaterThan(100);
  });
});
