/**
 * Threads that read and write while the owner does everything that an owner can do (shared-states/kept-while-used,
 * shared-states/parts-first, shared-states/cell-or-number, attached-states/one-state, attached-states/never-back,
 * attached-states/cell-while-read, memtable/read-beside), thread-store/owner-keeps, optimistic/as-if-newest.
 *
 * THREAD_ROUNDS is the length: 12 rounds by default; `make stress-threads` runs an hour's worth.
 */
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, expect, it, vi } from 'vitest';

import { SharedStates } from '../../src/engine/read/shared-states.ts';
import { SharedWords, STATE_WORD } from '../../src/engine/read/shared-words.ts';
import { type Database, open } from '../../src/index.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { GROUP_COUNT, GROUP_SIZE, keyOf } from './groups.ts';
import { startThread, type ThreadTask } from './program.ts';

const ROUND_COUNT = Number(process.env['THREAD_ROUNDS'] ?? 12);
/** What a reader says when it finds a fault. */
const FOUND = /torn|back|changed|missing|shared-states|attached-states|memtable|File|ENOENT/;
const directories: string[] = [];

afterEach(() => {
  vi.restoreAllMocks();
  for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true });
});

type Owner = Database<string, string>;

async function openOwner(): Promise<Owner> {
  const path = mkdtempSync(join(tmpdir(), 'varve-stress-'));
  directories.push(path);
  return open(join(path, 'db'), {
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
    memtableSizeBytes: 256 * 1024,
    blockCacheSizeBytes: 1024 * 1024,
    targetFileSizeBytes: 128 * 1024,
    background: 'inline',
  });
}

interface Thread {
  readonly worker: Worker;
  /** What it has counted at its end; rejects with what it threw. */
  readonly done: Promise<number>;
}

async function start(owner: Owner, task: ThreadTask): Promise<Thread> {
  const worker = await startThread(owner.share(), task);
  const failed = new Promise<never>((_, reject) => worker.on('error', reject));
  await Promise.race([once(worker, 'message'), failed]);
  const done = Promise.race([once(worker, 'message').then(([count]) => count as number), failed]);
  done.catch(() => undefined); // looked at in the end
  return { worker, done };
}

/** The owner's work: commits with growing numbers, and everything that changes its read state. */
class Work {
  readonly #db: Owner;
  readonly #random: Random;
  #number = 0;

  constructor(db: Owner, random: Random) {
    this.#db = db;
    this.#random = random;
  }

  async round(): Promise<void> {
    const random = this.#random;
    for (let i = 0; i < 60; i++) await this.#commit();
    const choice = random.below(8);
    if (choice === 0) await this.#db.flush();
    else if (choice === 1) await this.#db.compact();
    else if (choice === 2) await this.#dropKeyspace();
  }

  async #commit(): Promise<void> {
    const db = this.#db;
    const number = ++this.#number;
    const group = this.#random.below(GROUP_COUNT);
    const value = `${number}:${'x'.repeat(this.#random.below(1200))}`;
    const puts = Array.from({ length: GROUP_SIZE }, (_, i) => keyOf(group, i));
    await db.batch([
      { type: 'put', key: 'first', value },
      ...(this.#random.chance(0.2)
        ? [{ type: 'delRange' as const, gte: keyOf(group, 0), lt: keyOf(group + 1, 0) }]
        : []),
      ...(this.#random.chance(0.1) ? [] : puts).map((key) => ({
        type: 'put' as const,
        key,
        value,
      })),
      ...(this.#random.chance(0.1) ? puts.map((key) => ({ type: 'del' as const, key })) : []),
      { type: 'put', key: 'last', value },
    ]);
  }

  async #dropKeyspace(): Promise<void> {
    const name = `k${this.#random.below(1000)}`;
    const keyspace = await this.#db.keyspace(name, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
    for (let i = 0; i < 20; i++) await keyspace.put(`a${i}`, 'y'.repeat(1000));
    await this.#db.flush();
    await this.#db.dropKeyspace(name);
  }
}

function stopOf(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}

/** Runs readers beside the owner's work; rejects with what a reader finds. */
async function readBeside(roundCount: number, seed: number): Promise<number[]> {
  const owner = await openOwner();
  const stop = stopOf();
  const threads: Thread[] = [];
  try {
    for (let i = 0; i < 2; i++) {
      threads.push(await start(owner, { kind: 'read', seed: seed + i, stop }));
    }
    const work = new Work(owner, makeRandom(seed));
    for (let round = 0; round < roundCount; round++) {
      await work.round();
      await Promise.race([...threads.map(({ done }) => done), new Promise(setImmediate)]);
    }
    Atomics.store(stop, 0, 1);
    return await Promise.all(threads.map(({ done }) => done));
  } finally {
    Atomics.store(stop, 0, 1);
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
    await owner.close();
  }
}

it('shows threads whole commits in their order, and snapshots that never change', async () => {
  const seed = Number(process.env['THREAD_SEED'] ?? 1);
  console.log(`seed=${seed} rounds=${ROUND_COUNT}`);
  const counts = await readBeside(ROUND_COUNT, seed);
  for (const count of counts) expect(count).toBeGreaterThan(0);
}, 0);

it('ends the reads of threads with ClosedError when the owner closes under them', async () => {
  const owner = await openOwner();
  const threads: Thread[] = [];
  for (let i = 0; i < 2; i++) {
    threads.push(await start(owner, { kind: 'read', seed: i, stop: stopOf() }));
  }
  const work = new Work(owner, makeRandom(3));
  for (let round = 0; round < 5; round++) await work.round();
  await owner.close();
  for (const { done, worker } of threads) {
    expect(await done).toBeGreaterThanOrEqual(0);
    await worker.terminate();
  }
}, 0);

it('counts every write of several threads once, whatever way it takes (optimistic/again-locked, transaction-run/wins-in-the-end)', async () => {
  const owner = await openOwner();
  const stop = stopOf();
  const threads: Thread[] = [];
  for (let i = 0; i < 4; i++) threads.push(await start(owner, { kind: 'write', seed: i, stop }));
  for (let i = 0; i < 200; i++) await owner.update('common', (n) => String(Number(n ?? 0) + 1));
  Atomics.store(stop, 0, 1);
  const counts = await Promise.all(threads.map(({ done }) => done));
  const total = counts.reduce((sum, count) => sum + count, 0);
  expect(owner.getSync('common')).toBe(String(200 + 4 * total));
  counts.forEach((count, i) => {
    expect(owner.getSync(`own${i}`)).toBe(count === 0 ? undefined : String(count));
    expect(owner.getSync(`plain${i}`)).toBe(count === 0 ? undefined : String(count));
  });
  await owner.close();
  await Promise.all(threads.map(({ worker }) => worker.terminate()));
}, 0);

it('gives everything back that a terminated thread has had (shared-states/kept-while-used)', async () => {
  const owner = await openOwner();
  const work = new Work(owner, makeRandom(5));
  await work.round();
  const cacheBytes = owner.stats().shared.blockCacheBytesMax;
  const descriptorCount = (): number => readdirSync('/proc/self/fd').length;
  let level = 0;
  const killCount = Number(process.env['THREAD_KILLS'] ?? 8);
  for (let kill = 0; kill < killCount; kill++) {
    const { worker } = await start(owner, { kind: 'hold', seed: kill, stop: stopOf() });
    await work.round();
    expect(owner.stats().threads.count).toBe(1);
    expect(owner.stats().locks.heldKeyCount).toBe(1);
    await worker.terminate();
    await owner.flush();
    await owner.compact();
    await vi.waitFor(() => expect(owner.stats().threads.count).toBe(0), 60_000);
    const { threads, locks, shared } = owner.stats();
    expect(threads.waitingStateCount).toBe(0);
    expect(locks.heldKeyCount).toBe(0);
    expect(shared.blockCacheBytesMax).toBe(cacheBytes);
    await vi.waitFor(() => {
      const files = readdirSync(owner.location).filter((name) => name.endsWith('.sst'));
      expect(files).toHaveLength(owner.stats().tables.count);
    }, 60_000);
    if (kill === 1) level = descriptorCount();
  }
  if (process.platform === 'linux') expect(descriptorCount()).toBeLessThanOrEqual(level + 4);
  await owner.close();
}, 0);

it.each<[string, () => void]>([
  [
    'a state is let go under its readers',
    () => {
      vi.spyOn(SharedWords.prototype, 'cell').mockReturnValue(0);
    },
  ],
  [
    'a state is published before its parts',
    () => {
      const { publish } = SharedStates.prototype;
      vi.spyOn(SharedStates.prototype, 'publish').mockImplementation(function (
        this: SharedStates,
        state,
        published,
      ) {
        const words: Int32Array = this.shared.words;
        const number = Atomics.load(words, STATE_WORD);
        if (number > 0) Atomics.store(words, STATE_WORD, number + 1);
        for (let i = 0; i < 2_000_000 && number > 0; i++) Atomics.load(words, STATE_WORD);
        publish.call(this, state, published);
      });
    },
  ],
  [
    'a sequence is published before its commit is whole',
    () => {
      const { published } = SharedStates.prototype;
      vi.spyOn(SharedStates.prototype, 'published').mockImplementation(function (
        this: SharedStates,
        sequence,
      ) {
        published.call(this, sequence + 4);
      });
    },
  ],
])(
  'finds the planted fault: %s',
  async (_, plant) => {
    plant();
    await expect(readBeside(400, 11)).rejects.toThrow(FOUND);
  },
  0,
);
