/**
 * kill -9, again and again: `make crash`.
 *
 * Owns: the parent, which starts a writing process, kills it, and compares what the files hold with
 * what the process had said. kill9-child.ts is the process. ROUNDS is how often (200), SEED the seed.
 *
 * The child writes a record before each commit and after each acknowledgement into a file of the
 * parent's; a write() that has returned survives the process. So after every kill must hold:
 *   - the database opens, and its state is one after some prefix of the commits, whole commits only;
 *   - the prefix has every acknowledged commit, of either durability, and none that was not begun;
 *   - scans and verify() agree.
 *
 * Every other round is checked on a copy, so that the next child recovers from the kill itself.
 *
 * Suspension: everything here suspends.
 */
import { spawn } from 'node:child_process';
import { closeSync, cpSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { open } from '../src/api/open.ts';
import { CommitOracle, type OracleOperation } from '../test/support/commit-oracle.ts';
import { makeRandom } from '../test/support/prng.ts';
import { printProof } from '../test/support/proof-line.ts';
import {
  type ChildSettings,
  KILL_POINTS,
  type KillPoint,
  operationsOf,
  runChild,
  TUNING,
} from './kill9-child.ts';

/** How often a process may pass its point before it dies there; of `closing` the unit is 40 ms. */
const PASS_COUNT_MAX: Record<KillPoint, number> = {
  random: 1,
  recovered: 1,
  begun: 2000,
  acknowledged: 2000,
  'flush-finished': 12,
  'compaction-finished': 8,
  closing: 10,
};

interface Round {
  readonly oracle: CommitOracle;
  readonly floor: number;
  readonly acknowledgedCount: number;
}

const childSettings = process.argv[2];
if (childSettings !== undefined) await runChild(JSON.parse(childSettings) as ChildSettings);
else await runParent();

async function runParent(): Promise<void> {
  const roundCount = Number(process.env['ROUNDS'] ?? 200);
  const seed = Number(process.env['SEED'] ?? 1);
  const random = makeRandom(seed);
  const root = mkdtempSync(join(tmpdir(), 'varve-kill9-'));
  const startMs = performance.now();
  const killCounts = new Map<KillPoint, number>();
  let base: OracleOperation[] = [];
  let commitCount = 0;
  let acknowledgedCount = 0;
  try {
    for (let number = 0; number < roundCount; number++) {
      const killPoint = random.pick(KILL_POINTS);
      const settings: ChildSettings = {
        directory: join(root, 'db'),
        seed: random.next(),
        killPoint,
        killAfter: 1 + random.below(PASS_COUNT_MAX[killPoint]),
        isInline: random.chance(0.3),
      };
      const story = `round ${number}, seed ${seed}, ${killPoint}`;
      const records = await runUntilKilled(root, settings, random.below(800));
      const round = roundOf(records, base);
      killCounts.set(killPoint, (killCounts.get(killPoint) ?? 0) + 1);
      commitCount += round.oracle.count - 1;
      acknowledgedCount += round.acknowledgedCount;
      base = await check(root, round, random.chance(0.5), story);
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  const seconds = (performance.now() - startMs) / 1000;
  const points = [...killCounts].map(([point, count]) => `${point} ${count}`).join(', ');
  console.log(
    `kill -9: ${roundCount} kills in ${seconds.toFixed(0)} s (${points}), ${commitCount} commits begun, ` +
      `${acknowledgedCount} acknowledged. No promise was broken.`,
  );
  // A broken promise has thrown.
  printProof({
    part: 'kill9',
    count: { 'kill rounds': roundCount, commits: commitCount },
    failures: 0,
    seconds,
  });
}

/** The records of the child until it died. */
async function runUntilKilled(
  root: string,
  settings: ChildSettings,
  delayMs: number,
): Promise<string[]> {
  const path = join(root, 'records');
  const descriptor = openSync(path, 'w');
  const program = process.argv[1] ?? '';
  const child = spawn(process.execPath, [program, JSON.stringify(settings)], {
    stdio: ['ignore', descriptor, 'inherit'],
  });
  closeSync(descriptor);
  // All kinds of points are followed by a kill from outside, should the child never get there.
  const killAfterMs = settings.killPoint === 'random' ? 60 + delayMs : 3000;
  const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  const end = await new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal ?? `exit ${code ?? ''}`));
  });
  clearTimeout(timer);
  if (end !== 'SIGKILL') throw new Error(`The child ended by itself: ${end}`);
  const lines = readFileSync(path, 'utf8').split('\n');
  lines.pop(); // what follows the last newline was not written whole
  return lines;
}

function roundOf(records: readonly string[], base: readonly OracleOperation[]): Round {
  const oracle = new CommitOracle();
  oracle.begin(base);
  let floor = 1;
  let acknowledgedCount = 0;
  for (const record of records) {
    const [kind, text = ''] = [record.slice(0, 1), record.slice(2)];
    if (kind === 'b') oracle.begin(operationsOf(text));
    else if (kind === 'a') {
      floor = Math.max(floor, 2 + Number(text)); // the base comes first
      acknowledgedCount++;
    } else throw new Error(`Unknown record: ${record}`);
  }
  return { oracle, floor, acknowledgedCount };
}

/** Opens what is left and compares; the operations that make the state found. */
async function check(
  root: string,
  { oracle, floor }: Round,
  isCopied: boolean,
  story: string,
): Promise<OracleOperation[]> {
  let directory = join(root, 'db');
  if (isCopied) {
    const copy = join(root, 'copy');
    rmSync(copy, { recursive: true, force: true });
    cpSync(directory, copy, { recursive: true, filter: (path) => !/LOCK/.test(path) });
    directory = copy;
  }
  try {
    const db = await open(directory, { ...TUNING, keyEncoding: 'utf8', valueEncoding: 'view' });
    const entries = await db.entries().all();
    const reverse = await db.entries({ reverse: true }).all();
    const report = await db.verify();
    await db.close();
    const found = new Map(entries);
    const counts = oracle.countsOf(found);
    if (counts.length === 0) throw new Error('The state is no prefix of the commits');
    if (!counts.some((count) => count >= floor)) {
      throw new Error(`Found ${counts.join(' or ')} commits, acknowledged ${floor}`);
    }
    if (reverse.length !== entries.length) throw new Error('Scans disagree');
    if (!report.isSound) throw new Error(`verify: ${JSON.stringify(report.problems)}`);
    return entries.map(([key, value]) => ({ type: 'put', key, value }));
  } catch (error) {
    throw new Error(`A promise is broken in ${story}: ${String(error)}`, { cause: error });
  }
}
