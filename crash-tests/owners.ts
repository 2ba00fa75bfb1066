/**
 * One writer, really: `make crash`.
 *
 * Owns: two parts, ROUNDS kills and as many moves, SEED the seed.
 *
 *   race   Two processes, each in pid and network namespaces of its own, want one directory all the time. The one that
 *   has it
 *          commits until it is killed or closes. Every commit is recorded, once acknowledged, in one file that both
 *          append to. Then the commits of one holder must follow each other without another's in between, and the
 *          database must hold them all.
 *   moves  A process writes, flushes and compacts, while its directory is renamed, and its link switched to another
 *          database. Then the directory must hold every acknowledged commit, wherever it is, and the other database
 *          must be as it was.
 *
 * A canary runs the race without a lock, and must be noticed. Without the right to make namespaces the race runs in
 * plain processes, and says so.
 *
 * Suspension: everything here suspends.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { LockedError } from '../src/base/errors.ts';
import { open } from '../src/api/open.ts';
import { NodeVfs } from '../src/vfs/node-vfs.ts';
import type { VfsLock } from '../src/vfs/vfs.ts';
import { makeRandom } from '../test/support/prng.ts';
import { printProof } from '../test/support/proof-line.ts';

interface ChildSettings {
  readonly name: string;
  readonly directory: string;
  readonly records: string;
  readonly hasLock: boolean;
  /** Commits after which it closes and begins anew; 0 for never. */
  readonly commitCount: number;
}

const TUNING = {
  memtableSizeBytes: 256 * 1024,
  keyEncoding: 'utf8',
  valueEncoding: 'utf8',
} as const;
const NAMESPACES = ['-n', '--pid', '--fork', '--mount-proc', '--kill-child'];
const VALUE = 'x'.repeat(2000);

/** The canary: every opener is given the directory. */
class UnlockedVfs extends NodeVfs {
  override async lock(): Promise<VfsLock> {
    return Promise.resolve({ release: () => Promise.resolve() });
  }
}

const childSettings = process.argv[2];
if (childSettings !== undefined) await runChild(JSON.parse(childSettings) as ChildSettings);
else await runParent();

async function runChild({ name, directory, records, ...settings }: ChildSettings): Promise<void> {
  const options = settings.hasLock ? TUNING : { ...TUNING, vfs: new UnlockedVfs() };
  for (let turn = 0; ; turn++) {
    const db = await open(directory, options).catch((error: unknown) => {
      if (error instanceof LockedError) return undefined;
      throw error;
    });
    if (db === undefined) {
      await sleep(1);
      continue;
    }
    for (let i = 0; settings.commitCount === 0 || i < settings.commitCount; i++) {
      const key = `${name}-${process.hrtime.bigint()}-${turn}-${i}`;
      await db.put(key, VALUE);
      appendFileSync(records, `${name}-${turn} ${key}\n`);
      if (i % 100 === 99) await db.flush();
    }
    await db.close();
  }
}

async function runParent(): Promise<void> {
  const roundCount = Math.max(4, Math.floor(Number(process.env['ROUNDS'] ?? 200) / 5));
  const seed = Number(process.env['SEED'] ?? 1);
  const startMs = performance.now();
  const hasNamespaces = spawnSync('unshare', [...NAMESPACES, 'true']).status === 0;
  if (!hasNamespaces) {
    console.log('SKIPPED: no right to make namespaces here. The race runs in plain processes.');
  }
  const raced = await race(roundCount, seed, true, hasNamespaces);
  const canary = await race(4, seed, false, hasNamespaces).then(
    () => 'silent',
    () => 'noticed',
  );
  if (canary === 'silent') throw new Error('Two owners at once were not noticed');
  const moved = await moves(roundCount, seed);
  const seconds = (performance.now() - startMs) / 1000;
  console.log(
    `owners: ${roundCount} kills of two that want one directory, ${raced} commits; ` +
      `${roundCount} moves under load, ${moved} commits. One writer at a time, and nothing lost.`,
  );
  const count = { 'owner rounds': 2 * roundCount, commits: raced + moved };
  printProof({ part: 'owners', count, failures: 0, seconds });
}

/** Returns the number of commits; throws when two had the directory at once. */
async function race(
  roundCount: number,
  seed: number,
  hasLock: boolean,
  hasNamespaces: boolean,
): Promise<number> {
  const root = mkdtempSync(join(tmpdir(), 'varve-owners-'));
  const random = makeRandom(seed);
  const records = join(root, 'records');
  const directory = join(root, 'db');
  const children: ChildProcess[] = [];
  const begin = (slot: number, round: number): void => {
    const name = `${slot}.${round}`;
    const settings = { name, directory, records, hasLock, commitCount: 150 };
    children[slot] = startChild(settings, hasNamespaces);
  };
  try {
    for (const slot of [0, 1]) begin(slot, 0);
    for (let round = 1; round <= roundCount; round++) {
      await grown(records, children, 1 + random.below(60));
      const slot = random.below(2);
      await kill(children[slot]);
      begin(slot, round);
    }
    for (const child of children) await kill(child);
    return await checkRace(directory, records, `seed ${seed}`);
  } finally {
    for (const child of children) await kill(child);
    rmSync(root, { recursive: true, force: true });
  }
}

async function checkRace(directory: string, records: string, story: string): Promise<number> {
  const seen = new Set<string>();
  const keys: string[] = [];
  let holder = '';
  for (const line of linesOf(records)) {
    const [name = '', key = ''] = line.split(' ');
    keys.push(key);
    if (name === holder) continue;
    if (seen.has(name)) throw new Error(`Two owners at once: ${name} and ${holder}, ${story}`);
    holder = name;
    seen.add(name);
  }
  await mustHold(directory, keys, story);
  return keys.length;
}

/** Returns the number of commits. */
async function moves(moveCount: number, seed: number): Promise<number> {
  const root = mkdtempSync(join(tmpdir(), 'varve-moves-'));
  const random = makeRandom(seed);
  const records = join(root, 'records');
  const other = join(root, 'other');
  const link = join(root, 'current');
  const otherDatabase = await open(other, TUNING);
  await otherDatabase.put('theirs', VALUE);
  await otherDatabase.close();
  const otherFiles = readdirSync(other).join();
  let place = join(root, 'place-0');
  await (await open(place, TUNING)).close();
  symlinkSync(place, link);
  const settings = { name: 'mover', directory: link, records, hasLock: true, commitCount: 0 };
  const child = startChild(settings, false);
  try {
    for (let move = 1; move <= moveCount; move++) {
      await grown(records, [child], 1 + random.below(100));
      const next = join(root, `place-${move}`);
      renameSync(place, next);
      place = next;
      if (!random.chance(0.5)) continue;
      unlinkSync(link);
      symlinkSync(random.chance(0.5) ? other : place, link);
    }
    await kill(child);
    const keys = linesOf(records).map((line) => line.split(' ')[1] ?? '');
    await mustHold(place, keys, `moves, seed ${seed}`);
    if (readdirSync(other).join() !== otherFiles) throw new Error('Another database was changed');
    await mustHold(other, ['theirs'], `moves, seed ${seed}`);
    return keys.length;
  } finally {
    await kill(child);
    rmSync(root, { recursive: true, force: true });
  }
}

function startChild(settings: ChildSettings, hasNamespaces: boolean): ChildProcess {
  const program = [process.execPath, process.argv[1] ?? '', JSON.stringify(settings)];
  const [command = '', ...rest] = hasNamespaces ? ['unshare', ...NAMESPACES, ...program] : program;
  return spawn(command, rest, { stdio: ['ignore', 'inherit', 'pipe'] });
}

async function kill(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

/** Waits until some more commits were recorded. A child that ended by itself is a failure, and says why. */
async function grown(
  records: string,
  children: readonly ChildProcess[],
  count: number,
): Promise<void> {
  const target = linesOf(records).length + count;
  while (linesOf(records).length < target) {
    for (const child of children) {
      if (child.exitCode === null) continue;
      throw new Error(`A child ended by itself: ${String(child.stderr?.read() ?? '')}`);
    }
    await sleep(5);
  }
}

function linesOf(records: string): string[] {
  return existsSync(records) ? readFileSync(records, 'utf8').split('\n').slice(0, -1) : [];
}

async function mustHold(directory: string, keys: readonly string[], story: string): Promise<void> {
  const db = await open(directory, { ...TUNING, createIfMissing: false });
  try {
    const found = new Set(await db.keys().all());
    const lost = keys.filter((key) => !found.has(key));
    if (lost.length > 0) throw new Error(`${lost.length} commits lost, first ${lost[0]}: ${story}`);
    const { isSound } = await db.verify();
    if (!isSound) throw new Error(`verify: not sound, ${story}`);
  } finally {
    await db.close();
  }
}
