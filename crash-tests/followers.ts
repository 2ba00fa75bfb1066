/**
 * Readers in another process than the writer, which is killed and started again and again: `make followers`.
 *
 * Owns: the parent, which reads, and the writing process, which it starts as a copy of itself. ROUNDS is how often (60), SEED
 * the seed.
 *
 * Commit n of the writer follows from n alone: it puts n and the number of its process under one key, a row beside, and now
 * and then deletes all rows as a range, drops a keyspace, flushes or compacts. So a reader that shows n can be held against
 * all that commit n left. What must hold:
 *   - a follower shows whole states, never an older one than before, and after a refresh every commit that was acknowledged;
 *   - what it has shown of a process that was killed, the next one has recovered;
 *   - a snapshot stays as it was; a stream of changes has every commit once, in order;
 *   - beside a writer that was killed, an open that reads shows what the next writer recovers, and leaves every byte, name and
 *     time of the directory as it was.
 *
 * Suspension: everything here suspends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import {
  type Database,
  HistoryGoneError,
  open,
  type Snapshot,
  type TuningOptions,
} from '../src/index.ts';
import { makeRandom, type Random } from '../test/support/prng.ts';
import { printProof } from '../test/support/proof-line.ts';

type Texts = Database<string, string>;

const TEXT = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;
const TUNING: TuningOptions = {
  memtableSizeBytes: 256 * 1024,
  level1SizeBytes: 512 * 1024,
  targetFileSizeBytes: 64 * 1024,
  level0CompactionTrigger: 2,
};
const COUNT_KEY = '!';
const ROW_COUNT = 50;
const DELETE_EACH = 97;
const DROP_EACH = 211;
const STDOUT = 1;

/** What commit n leaves, but for the number of the process. */
function rowsAfter(n: number): Map<string, string> {
  const rows = new Map<string, string>();
  const first = n - (n % DELETE_EACH);
  for (let i = Math.max(first, 1, n - ROW_COUNT + 1); i <= n; i++) {
    if (i % DELETE_EACH !== 0) rows.set(rowKey(i), rowValue(i));
  }
  return rows;
}

function rowKey(n: number): string {
  return `row${n % ROW_COUNT}`;
}

function rowValue(n: number): string {
  return `${n} ${'x'.repeat((n * 7919) % 3000)}`;
}

/** Writes until it is killed, or told to end; a line `a n` for each acknowledged commit, `r n` for what it has recovered. */
async function write(directory: string, number: number, seed: number): Promise<void> {
  const random = makeRandom(seed);
  const isInline = random.chance(0.5);
  const history = { keepMs: 3_600_000, keepBytes: 1 << 20 };
  const db = await open(directory, {
    ...TEXT,
    ...TUNING,
    history,
    background: isInline ? 'inline' : 'worker',
  });
  let n = Number((await db.get(COUNT_KEY))?.split(':')[0] ?? 0);
  writeSync(STDOUT, `r ${n}\n`);
  let isEnding = false;
  process.once('SIGTERM', () => (isEnding = true));
  while (!isEnding) {
    const burst = 1 + random.below(8);
    const durability = random.chance(0.5) ? 'sync' : 'os';
    const commits: Promise<void>[] = [];
    for (let i = 0; i < burst; i++) {
      const own = ++n;
      const count = { type: 'put', key: COUNT_KEY, value: `${own}:${number}` } as const;
      const row = { type: 'put', key: rowKey(own), value: rowValue(own) } as const;
      const rows = { type: 'delRange', gte: 'row', lt: 'rox' } as const;
      const commit = db.batch(own % DELETE_EACH === 0 ? [rows, count] : [row, count], {
        durability,
      });
      commits.push(commit.then(() => void writeSync(STDOUT, `a ${own}\n`)));
    }
    await Promise.all(commits);
    if (n % DROP_EACH < burst) await useKeyspace(db, n);
    if (random.chance(0.03)) await db.flush();
    if (random.chance(0.01)) await db.compact();
    if (random.chance(0.3)) await new Promise((resolve) => setTimeout(resolve, random.below(5)));
  }
  await db.close();
}

async function useKeyspace(db: Texts, n: number): Promise<void> {
  const keyspaces = await db.keyspaces();
  if (keyspaces.some(({ name }) => name === 'side')) await db.dropKeyspace('side');
  const side = await db.keyspace('side', TEXT);
  for (let i = 0; i < 20; i++) await side.put(`${i}`, `${n}`, { durability: 'os' });
}

/** What a reader has found. */
interface Found {
  readonly n: number;
  readonly process: number;
}

class Watched {
  readonly db: Texts;
  shown: Found = { n: 0, process: 0 };
  checkCount = 0;
  readonly #snapshots: { readonly snapshot: Snapshot; readonly found: Found }[] = [];

  constructor(db: Texts) {
    this.db = db;
  }

  async check(): Promise<Found> {
    const snapshot = this.db.snapshot();
    const found = await this.#found(snapshot);
    must(found.n >= this.shown.n, `went back from ${this.shown.n} to ${found.n}`);
    this.shown = found;
    this.#snapshots.push({ snapshot, found });
    if (this.#snapshots.length > 8) this.#snapshots.shift()?.snapshot.close();
    const [oldest] = this.#snapshots;
    if (oldest !== undefined) {
      const again = await this.#found(oldest.snapshot);
      must(again.n === oldest.found.n, `a snapshot changed from ${oldest.found.n} to ${again.n}`);
    }
    this.checkCount++;
    return found;
  }

  async #found(snapshot: Snapshot): Promise<Found> {
    const rows = new Map<string, string>();
    for await (const [key, value] of this.db.entries({ snapshot })) rows.set(key, value);
    const [n = 0, number = 0] = (rows.get(COUNT_KEY) ?? '0:0').split(':').map(Number);
    rows.delete(COUNT_KEY);
    const expected = rowsAfter(n);
    must(rows.size === expected.size, `commit ${n}: ${rows.size} rows, not ${expected.size}`);
    for (const [key, value] of expected) {
      must(rows.get(key) === value, `commit ${n}: ${key} is ${String(rows.get(key)).slice(0, 20)}`);
      must(this.db.getSync(key, { snapshot }) === value, `commit ${n}: ${key} by a get`);
    }
    return { n, process: number };
  }
}

function must(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}

/** Numbers of commits as a stream shows them: each once, in order, unless history is gone. */
class Streamed {
  last = 0;
  count = 0;
  goneCount = 0;
  readonly #ended = new AbortController();
  readonly #running: Promise<void>;
  failure: Error | undefined = undefined;

  constructor(db: Texts) {
    this.#running = this.#run(db).catch((error: unknown) => {
      if (this.#ended.signal.aborted) return;
      this.failure = error instanceof Error ? error : new Error(String(error));
    });
  }

  async end(): Promise<void> {
    this.#ended.abort();
    await this.#running;
    if (this.failure !== undefined) throw this.failure;
  }

  async #run(db: Texts): Promise<void> {
    for (;;) {
      try {
        for await (const { operations } of db.changes({ signal: this.#ended.signal })) {
          const count = operations.find((each) => each.type === 'put' && each.key === COUNT_KEY);
          if (count?.type !== 'put') continue;
          const n = Number(String(count.value).split(':')[0]);
          must(this.last === 0 || n === this.last + 1, `a stream came from ${this.last} to ${n}`);
          this.last = n;
          this.count++;
        }
      } catch (error) {
        if (!(error instanceof HistoryGoneError)) throw error;
        this.last = 0;
        this.goneCount++;
      }
    }
  }
}

/** The writing process, and what it has said. */
class Writer {
  readonly #child: ChildProcess;
  readonly #path: string;
  readonly #file: number;
  readonly ended: Promise<void>;

  constructor(root: string, directory: string, number: number, seed: number) {
    this.#path = join(root, `said-${number}`);
    this.#file = openSync(this.#path, 'a');
    const args = [process.argv[1]!, 'writer', directory, String(number), String(seed)];
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', this.#file, 'inherit'] });
    this.ended = new Promise((resolve) => this.#child.once('exit', () => resolve()));
  }

  /** What it had recovered, and the last commit that it has acknowledged; undefined before. */
  said(): { readonly recovered: number; readonly acknowledged: number } | undefined {
    const lines = readFileSync(this.#path, 'utf8').split('\n');
    const recovered = lines.find((line) => line.startsWith('r '));
    if (recovered === undefined || lines.length < 2) return undefined;
    lines.pop(); // the last may be half a line
    const last = lines.findLast((line) => line.startsWith('a '));
    const start = Number(recovered.slice(2));
    return { recovered: start, acknowledged: last === undefined ? start : Number(last.slice(2)) };
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#child.kill(signal);
    await this.ended;
    closeSync(this.#file);
  }
}

async function read(): Promise<void> {
  const roundCount = Number(process.env['ROUNDS'] ?? 60);
  const seed = Number(process.env['SEED'] ?? 1);
  const random = makeRandom(seed);
  const root = mkdtempSync(join(tmpdir(), 'varve-followers-'));
  const directory = join(root, 'db');
  const startMs = performance.now();
  let killCount = 0;
  let follower: Watched | undefined;
  let polling: Watched | undefined;
  let stream: Streamed | undefined;
  let behindMsMax = 0;
  let resting = 0;
  try {
    for (let number = 1; number <= roundCount; number++) {
      const writer = new Writer(root, directory, number, random.next());
      try {
        while (writer.said() === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
        const { recovered } = writer.said()!; // just looked
        must(
          recovered === resting,
          `round ${number}: recovered ${recovered}, shown was ${resting}`,
        );
        for (const reader of [follower, polling]) {
          const { shown = { n: 0, process: 0 } } = reader ?? {};
          const isLost = shown.process < number && shown.n > recovered;
          must(!isLost, `round ${number}: showed ${shown.n}, and ${recovered} was recovered`);
        }
        follower ??= new Watched(await open(directory, { ...TEXT, follow: true }));
        polling ??= new Watched(await open(directory, { ...TEXT, follow: true }));
        stream ??= new Streamed(polling.db);
        const endMs = performance.now() + 200 + random.below(600);
        while (performance.now() < endMs) {
          await lookAt(directory, writer, follower, polling, random);
          behindMsMax = Math.max(behindMsMax, polling.db.stats().follower?.behindMs ?? 0);
        }
      } finally {
        const isKilled = random.chance(0.7);
        if (isKilled) killCount++;
        await writer.end(isKilled ? 'SIGKILL' : 'SIGTERM');
      }
      if (random.chance(0.5)) await follower.db.refresh();
      await follower.check();
      resting = await mustBeUntouched(directory);
    }
    await stream?.end();
    const checks = (follower?.checkCount ?? 0) + (polling?.checkCount ?? 0);
    console.log(
      `followers: ${roundCount} rounds, ${killCount} kills, ${follower?.shown.n} commits, ${checks} states checked, ` +
        `${stream?.count} commits streamed (history gone ${stream?.goneCount} times), ` +
        `at most ${behindMsMax.toFixed(0)} ms behind, ${((performance.now() - startMs) / 1000).toFixed(0)} s, ` +
        `seed ${seed}. No promise was broken.`,
    );
    const count = { 'writer rounds': roundCount, kills: killCount, 'states checked': checks };
    const seconds = (performance.now() - startMs) / 1000;
    printProof({ part: 'followers', count, failures: 0, seconds });
  } catch (error) {
    console.error(`followers: seed ${seed}`);
    throw error;
  } finally {
    await follower?.db.close();
    await polling?.db.close();
    rmSync(root, { recursive: true, force: true });
  }
}

async function lookAt(
  directory: string,
  writer: Writer,
  follower: Watched,
  polling: Watched,
  random: Random,
): Promise<void> {
  const { acknowledged } = writer.said()!; // it has said something before
  await follower.db.refresh();
  const { n } = await follower.check();
  must(n >= acknowledged, `after a refresh: shows ${n}, acknowledged was ${acknowledged}`);
  await polling.check();
  if (!random.chance(0.2)) return;
  const reader = await open(directory, { ...TEXT, readOnly: true });
  try {
    const found = await new Watched(reader).check();
    must(found.n >= acknowledged, `an open shows ${found.n}, acknowledged was ${acknowledged}`);
    const { problems } = await reader.verify();
    must(problems.length === 0, JSON.stringify(problems));
  } finally {
    await reader.close();
  }
}

/** Readers leave a directory that nobody writes as it is. Returns what they show: the next writer recovers the same. */
async function mustBeUntouched(directory: string): Promise<number> {
  const before = digestOf(directory);
  const reader = await open(directory, { ...TEXT, readOnly: true });
  const { n } = await new Watched(reader).check();
  await reader.refresh();
  must((await reader.verify()).isSound, 'verify found damage');
  await reader.close();
  must(digestOf(directory) === before, 'a reader has changed the directory');
  return n;
}

/** Of names, bytes, modes and times. */
function digestOf(directory: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(directory).sort()) {
    const path = join(directory, name);
    const { ino, mode, size, mtimeMs, ctimeMs, nlink } = lstatSync(path);
    hash.update(JSON.stringify([name, ino, mode, size, mtimeMs, ctimeMs, nlink]));
    if (lstatSync(path).isFile()) hash.update(readFileSync(path));
  }
  const { mtimeMs, ctimeMs } = lstatSync(directory);
  return hash.update(JSON.stringify([mtimeMs, ctimeMs])).digest('hex');
}

const [, , role, directoryOfChild, processNumber, childSeed] = process.argv;
if (role === 'writer') await write(directoryOfChild!, Number(processNumber), Number(childSeed));
else await read();
