/**
 * Seeded histories of a writer and of readers beside it, in one process.
 *
 * Every commit of the writer puts its own number under one key, so a reader tells which prefix of the commits it shows. What
 * it shows must be exactly that prefix, never less than before, and never more than the writer's own readers see. After a
 * refresh it is everything that the writer had acknowledged.
 *
 * VARVE_FOLLOW_RUNS=how many, SEED=the first.
 */
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { type Database, type Keyspace, MemoryVfs, type Snapshot } from '../../../src/index.ts';
import type { VfsFile } from '../../../src/vfs/vfs.ts';
import { openMemory, TINY, turns } from '../../api/fixture.ts';
import { makeRandom, type Random } from '../../support/prng.ts';
import { WrappedFile, WrappedVfs } from '../../support/wrapped-vfs.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const RUNS = Number(process.env['VARVE_FOLLOW_RUNS'] ?? 6);
const STEP_COUNT = 120;
const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
/** Below all keys that are deleted as a range. */
const COUNT_KEY = '!';
/** Two of them fill a good part of the memtable. */
const LARGE = 60_000;

/** Syncs take some turns of the loop: what is written is not published meanwhile. */
class SlowSyncVfs extends WrappedVfs {
  readonly #random: Random;

  constructor(inner: MemoryVfs, random: Random) {
    super(inner);
    this.#random = random;
  }

  owner(directory: string): ReturnType<MemoryVfs['owner']> {
    return (this.inner as MemoryVfs).owner(directory);
  }

  override wrap(file: VfsFile): VfsFile {
    return new SlowSyncFile(file, this.#random);
  }
}

class SlowSyncFile extends WrappedFile {
  readonly #random: Random;

  constructor(inner: VfsFile, random: Random) {
    super(inner);
    this.#random = random;
  }

  override async sync(): Promise<void> {
    await turns(this.#random.below(6));
    return super.sync();
  }
}

type Content = ReadonlyMap<string, string>;
type Texts = Database<string, string>;

/** What the database holds after each commit; the own keys, and those of the other keyspace with a slash before. */
class Model {
  readonly states: Content[] = [new Map()];

  get count(): number {
    return this.states.length - 1;
  }

  /** The next commit; returns its number. */
  commit(change: (content: Map<string, string>) => void): number {
    const content = new Map(this.states.at(-1));
    change(content);
    const number = this.states.length;
    content.set(COUNT_KEY, String(number));
    this.states.push(content);
    return number;
  }
}

class History {
  readonly model = new Model();
  readonly #random: Random;
  readonly #vfs: SlowSyncVfs;
  readonly #options: object;
  #writer!: Texts;
  #side: Keyspace<string, string> | undefined;
  /** Commits that have begun and are not acknowledged. */
  readonly #pending = new Set<Promise<void>>();
  acknowledged = 0;

  constructor(seed: number) {
    this.#random = makeRandom(seed);
    this.#vfs = new SlowSyncVfs(new MemoryVfs(), this.#random);
    this.#options = { ...TINY, vfs: this.#vfs, level0CompactionTrigger: 2 };
  }

  get writer(): Texts {
    return this.#writer;
  }

  async open(): Promise<void> {
    this.#writer = await openMemory(this.#options);
    this.#side = undefined;
  }

  reader(options: object): Promise<Texts> {
    return openMemory({ ...TINY, vfs: this.#vfs, ...options });
  }

  async step(): Promise<void> {
    const random = this.#random;
    const kind = random.below(100);
    if (kind < 40) this.#put(1 + random.below(3));
    else if (kind < 50) this.#putLarge();
    else if (kind < 60) this.#deleteRange();
    else if (kind < 66) await this.#useSide();
    else if (kind < 69) await this.#dropSide();
    else if (kind < 75) await this.settle();
    else if (kind < 82) await this.#writer.flush();
    else if (kind < 88) await this.#writer.compact();
    else if (kind < 92) await this.#load();
    else if (kind < 95) await this.#reopen();
    else await turns(random.below(4));
  }

  async settle(): Promise<void> {
    await Promise.all(this.#pending);
  }

  #run(number: number, operations: readonly object[]): void {
    const count = { type: 'put', key: COUNT_KEY, value: String(number) };
    const durability = this.#random.chance(0.5) ? 'sync' : 'os';
    const all = [...operations, count] as Parameters<Texts['batch']>[0];
    const commit = this.#writer.batch(all, { durability }).then(() => {
      this.acknowledged = Math.max(this.acknowledged, number);
      this.#pending.delete(commit);
    });
    this.#pending.add(commit);
  }

  #put(count: number): void {
    const puts = Array.from({ length: count }, () => ({
      key: this.#random.pick(KEYS),
      value: `v${this.#random.below(1000)}`,
    }));
    const number = this.model.commit((content) => {
      for (const { key, value } of puts) content.set(key, value);
    });
    this.#run(
      number,
      puts.map((put) => ({ type: 'put', ...put })),
    );
  }

  #putLarge(): void {
    const key = this.#random.pick(KEYS);
    const value = String.fromCharCode(97 + this.#random.below(26)).repeat(LARGE);
    const number = this.model.commit((content) => content.set(key, value));
    this.#run(number, [{ type: 'put', key, value }]);
  }

  #deleteRange(): void {
    const gte = this.#random.pick(KEYS);
    const number = this.model.commit((content) => {
      for (const key of content.keys()) if (key >= gte && !key.startsWith('/')) content.delete(key);
    });
    this.#run(number, [{ type: 'delRange', gte }]);
  }

  async #useSide(): Promise<void> {
    if (this.#side === undefined) {
      await this.settle();
      this.#side = await this.#writer.keyspace('side', {
        keyEncoding: 'utf8',
        valueEncoding: 'utf8',
      });
    }
    const key = this.#random.pick(KEYS);
    const number = this.model.commit((content) => content.set(`/${key}`, 'side'));
    this.#run(number, [{ type: 'put', in: this.#side, key, value: 'side' }]);
  }

  async #dropSide(): Promise<void> {
    await this.settle();
    if ((await this.#writer.keyspaces()).length === 1) return;
    const number = this.model.commit((content) => {
      for (const key of content.keys()) if (key.startsWith('/')) content.delete(key);
    });
    await this.#writer.dropKeyspace('side');
    this.#side = undefined;
    this.#run(number, []);
  }

  async #load(): Promise<void> {
    await this.settle();
    const number = this.model.commit((content) => content.set('load', 'ed'));
    await this.#writer.ingest([
      [COUNT_KEY, String(number)],
      ['load', 'ed'],
    ]);
    this.acknowledged = number;
  }

  async #reopen(): Promise<void> {
    await this.settle();
    await this.#writer.close();
    await this.open();
  }
}

/** A reader, and what it has shown. */
class Watched {
  readonly db: Texts;
  readonly #history: History;
  readonly #snapshots: { readonly snapshot: Snapshot; readonly number: number }[] = [];
  shown = 0;

  constructor(db: Texts, history: History) {
    this.db = db;
    this.#history = history;
  }

  async check(story: string): Promise<void> {
    const snapshot = this.db.snapshot();
    const number = await this.#numberIn(snapshot, story);
    expect(number, `${story}: never backwards`).toBeGreaterThanOrEqual(this.shown);
    this.shown = number;
    this.#snapshots.push({ snapshot, number });
    if (this.#snapshots.length > 5) this.#snapshots.shift()?.snapshot.close();
    for (const old of this.#snapshots) {
      expect(await this.#numberIn(old.snapshot, story), `${story}: a snapshot stays`).toBe(
        old.number,
      );
    }
  }

  close(): Promise<void> {
    return this.db.close();
  }

  /** Compares everything that a snapshot sees with the model; returns the number of the commit. */
  async #numberIn(snapshot: Snapshot, story: string): Promise<number> {
    const found = new Map<string, string>();
    for await (const [key, value] of this.db.entries({ snapshot })) found.set(key, value);
    const number = Number(found.get(COUNT_KEY) ?? 0);
    const expected = this.#history.model.states[number];
    const own = [...(expected ?? [])].filter(([key]) => !key.startsWith('/')).sort();
    expect([...found], `${story}: commit ${number}, whole`).toEqual(own);
    return number;
  }
}

async function run(seed: number): Promise<void> {
  const random = makeRandom(seed ^ 0x5eed);
  const history = new History(seed);
  await history.open();
  const follower = new Watched(await history.reader({ follow: true }), history);
  let reader = new Watched(await history.reader({ readOnly: true }), history);
  for (let step = 0; step < STEP_COUNT; step++) {
    const story = `seed ${seed}, step ${step}`;
    await history.step();
    if (random.chance(0.3)) {
      const { acknowledged } = history;
      await follower.db.refresh();
      await follower.check(story);
      expect(follower.shown, `${story}: after a refresh`).toBeGreaterThanOrEqual(acknowledged);
    }
    // In one turn: what the reader shows is published by then.
    const shown = follower.db.stats().sequence.published;
    if (history.writer.isOpen) {
      const { published } = history.writer.stats().sequence;
      expect(shown, `${story}: never unpublished`).toBeLessThanOrEqual(published);
    }
    if (random.chance(0.2)) await follower.check(story);
    if (random.chance(0.1)) {
      await reader.close();
      const { acknowledged } = history;
      reader = new Watched(await history.reader({ readOnly: true }), history);
      await reader.check(`${story}, a new reader`);
      expect(reader.shown, `${story}: a new reader`).toBeGreaterThanOrEqual(acknowledged);
      expect((await reader.db.verify()).problems, story).toEqual([]);
    }
    if (random.chance(0.2)) await reader.check(`${story}, a reader`);
  }
  await history.settle();
  await history.writer.close();
  await follower.db.refresh();
  await follower.check(`seed ${seed}, at the end`);
  expect(follower.shown).toBe(history.model.count);
  await Promise.all([follower.close(), reader.close()]);
}

describe('readers beside a writer', () => {
  for (let seed = SEED; seed < SEED + RUNS; seed++) {
    it(`show prefixes of its commits, whole, in order, and none that it has not published; seed ${seed}`, async () => {
      await run(seed);
    });
  }
});
