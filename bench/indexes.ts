/**
 * Secondary indexes: what they cost a write, and what they save a read: `node scripts/run-ts.mjs bench/indexes.ts [rows]`,
 * a million rows by default.
 *
 * Owns: the same rows in a keyspace with no index and in one with three: a unique one, a composite one, and one over an
 * array of two. Each keyspace is measured in a process of its own.
 *
 *   put, change, same, del   processor time a row, threads included, in windows of 1000: new rows; a tenth of them again
 *                            with another value in one index; with no other value in any; the deletion of a tenth
 *   open                     after a clean close, until the first row is read
 *   scan                     a row by `entries` of the keyspace; of the composite and the unique index; their `keys`
 *   find                     one row by the unique index, against a scan that looks at every row
 *   drop                     of the whole keyspace, and the space that its files take before and after
 *
 * Open and drop are wall time. The ratio is to the keyspace without indexes, or to its plain scan.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, type Keyspace, open } from '../src/index.ts';
import { WrongResultError } from '../src/programs/bench/measuring.ts';
import { describeMachine, machineLine } from '../src/programs/bench/suite.ts';
import { formatBytes, formatCount, formatTable } from '../src/programs/figures.ts';
import { check, inWindows } from './harness/measure.ts';
import { inScratch } from './harness/scratch.ts';

const ROW_COUNT = 1_000_000;
/** Where an index must be ten times faster than a scan. */
const SMALL_COUNT = 10_000;
const FIND_COUNT = 2000;
const WARM_COUNT = 5000;
const CITY_COUNT = 1000;
const TAG_COUNT = 500;
/** A prime: steps of this size go through all rows in an order of their own. */
const STEP = 7_368_787;
const USAGE_STATUS = 2;

type Row = Readonly<Record<string, unknown>>;
type Rows = Keyspace<string, Row>;
type Figures = Record<string, number>;
type Scanned = (limit: { readonly limit?: number }) => AsyncIterable<unknown>;

const INDEXES = {
  byEmail: { on: ['email'], unique: true },
  byPlace: { on: ['country', 'city'] },
  byTag: { on: ['tags[]'] },
} as const;

const keyOf = (i: number): string => `user${String(i).padStart(9, '0')}`;
const emailOf = (i: number): string => `${(i * STEP) % 1_000_003}-${i}@example.org`;

function rowOf(i: number, move = 0): Row {
  const city = (i * 31 + move) % CITY_COUNT;
  return {
    email: emailOf(i),
    country: `C${city % 50}`,
    city: `City of ${city}`,
    tags: [`t${i % TAG_COUNT}`, `u${(i * 7) % TAG_COUNT}`],
    name: `Ada the ${i}th`,
    seen: 1_700_000_000_000 + i,
  };
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Processor time, in microseconds for each of `count`. */
async function cost(count: number, work: () => Promise<unknown>): Promise<number> {
  const start = cpuUs();
  await work();
  return (cpuUs() - start) / count;
}

async function wallMs(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function openRows(db: Database, isIndexed: boolean): Promise<Rows> {
  const options = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;
  return db.keyspace(
    'users',
    isIndexed ? { ...options, indexes: INDEXES } : options,
  ) as Promise<Rows>;
}

async function countOf(scan: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of scan) count++;
  return count;
}

function sizeOf(directory: string): number {
  if (!existsSync(directory)) return 0;
  return readdirSync(directory).reduce((sum, name) => {
    const status = statSync(join(directory, name), { throwIfNoEntry: false });
    return sum + (status?.isFile() === true ? status.size : 0);
  }, 0);
}

async function writes(users: Rows, rowCount: number): Promise<Figures> {
  const tenth = Math.ceil(rowCount / 10);
  const some = (i: number): number => (i * STEP) % rowCount;
  const put = (i: number, move?: number): Promise<void> => users.put(keyOf(i), rowOf(i, move));
  return {
    put: await cost(rowCount, () => inWindows(rowCount, (i) => put(some(i)))),
    change: await cost(tenth, () => inWindows(tenth, (i) => put(some(i), 1))),
    same: await cost(tenth, () => inWindows(tenth, (i) => put(some(i), 1))),
    del: await cost(tenth, () => inWindows(tenth, (i) => users.del(keyOf(some(i + tenth))))),
  };
}

async function scans(users: Rows, rowCount: number, isIndexed: boolean): Promise<Figures> {
  const leftCount = rowCount - Math.ceil(rowCount / 10);
  const each = async (name: string, scan: Scanned): Promise<number> => {
    for (let i = 0; i < 2; i++) await countOf(scan({ limit: WARM_COUNT })); // compiled code is measured
    return cost(leftCount, async () => check(name, await countOf(scan({})), leftCount));
  };
  const figures: Figures = { 'scan plain': await each('plain', (limit) => users.entries(limit)) };
  if (!isIndexed) return figures;
  for (const name of ['byPlace', 'byEmail']) {
    const index = users.index(name);
    figures[`scan ${name}`] = await each(name, (limit) => index.entries(limit));
    figures[`keys ${name}`] = await each(name, (limit) => index.keys(limit));
  }
  check('byTag', await users.index('byTag').count(), 2 * leftCount);
  return figures;
}

async function finds(users: Rows, rowCount: number): Promise<Figures> {
  const tenth = Math.ceil(rowCount / 10);
  const wanted = (i: number): number => (((i % tenth) + 2 * tenth) * STEP) % rowCount; // none of the deleted
  const index = users.index('byEmail');
  const byIndex = await cost(FIND_COUNT, async () => {
    for (let i = 0; i < FIND_COUNT; i++) {
      const found = await index.get([emailOf(wanted(i))]);
      check('find', found?.key === keyOf(wanted(i)) ? 1 : 0, 1);
    }
  });
  const byScan = await cost(1, async () => {
    let count = 0;
    const email = emailOf(wanted(1));
    for (const [, row] of users.entries()) if (row['email'] === email) count++;
    check('scan', count, 1);
  });
  return { 'find by index': byIndex, 'find by scan': byScan };
}

async function measure(directory: string, rowCount: number, isIndexed: boolean): Promise<Figures> {
  const options = { durability: 'os' } as const;
  let db = await open(directory, options);
  const figures: Figures = await writes(await openRows(db, isIndexed), rowCount);
  await db.flush();
  await db.close();
  figures['open'] = await wallMs(async () => {
    db = await open(directory, options);
    await (await openRows(db, isIndexed)).get(keyOf(0));
  });
  const users = await openRows(db, isIndexed);
  Object.assign(figures, await scans(users, rowCount, isIndexed));
  if (isIndexed) Object.assign(figures, await finds(users, rowCount));
  const report = await db.verify();
  if (!report.isSound) throw new WrongResultError(JSON.stringify(report.problems.slice(0, 3)));
  figures['size before'] = sizeOf(directory);
  figures['drop'] = await wallMs(() => db.dropKeyspace('users'));
  await db.close();
  db = await open(directory, options); // goes on with the removal
  await db.compact();
  await db.close();
  figures['size after'] = sizeOf(directory);
  return figures;
}

/** In a process of its own: no measurement finds memory or code that another has left. */
function measureApart(rowCount: number, isIndexed: boolean): Figures {
  const [script = ''] = process.argv.slice(1);
  const args = [script, String(rowCount), isIndexed ? 'indexed' : 'plain'];
  const { stdout, status } = spawnSync(process.execPath, [...process.execArgv, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`Measurement failed: args=${args.slice(1).join(' ')}`);
  return JSON.parse(stdout) as Figures;
}

function shown(name: string, value: number | undefined): string {
  if (value === undefined) return '';
  if (name.startsWith('size')) return formatBytes(value);
  return `${value.toFixed(value < 10 ? 2 : 1)} ${name === 'open' || name === 'drop' ? 'ms' : 'us'}`;
}

function printSize(rowCount: number): void {
  const plain = measureApart(rowCount, false);
  const indexed = measureApart(rowCount, true);
  const rows = Object.entries(indexed).map(([name, value]) => {
    const isScan = name.startsWith('scan by') || name.startsWith('keys by');
    const base = isScan ? indexed['scan plain'] : plain[name];
    const other = name === 'find by scan' ? indexed['find by index'] : base;
    const ratio = other === undefined || other === 0 ? '' : (value / other).toFixed(2);
    return [name, shown(name, plain[name]), shown(name, value), ratio];
  });
  console.log(`${formatCount(rowCount)} rows`);
  console.log(`${formatTable(['', 'no index', 'three indexes', 'ratio'], rows)}\n`);
}

const rowCount = Number(process.argv[2] ?? ROW_COUNT);
const kind = process.argv[3];
if (!Number.isSafeInteger(rowCount) || rowCount < 100) {
  console.error('usage: bench/indexes.ts [rows, from 100 on]');
  process.exitCode = USAGE_STATUS;
} else if (kind !== undefined) {
  const figures = await inScratch('indexes', (directory) =>
    measure(directory, rowCount, kind === 'indexed'),
  );
  console.log(JSON.stringify(figures));
} else {
  console.log(`${machineLine(describeMachine())}\n`);
  for (const count of new Set([SMALL_COUNT, Math.ceil(rowCount / 10), rowCount])) printSize(count);
}
