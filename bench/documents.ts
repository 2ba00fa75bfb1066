/**
 * Documents beside better-sqlite3 and PouchDB: `node scripts/run-ts.mjs bench/documents.ts [documents]`, 20,000 by default.
 *
 * Owns: the same documents in a collection of `varve/documents`, in a table of SQLite with a column of JSON and indexes over
 * its properties, and in PouchDB over leveldb (collections/); all with a unique index, a composite one, and one over the
 * elements of an array. SQLite keeps the last one as a table of its own, with triggers. PouchDB checks no uniqueness. It takes
 * part with SMALL_COUNT documents, beside varve with as many.
 *
 *   insert          one call after the other, acknowledged by the operating system
 *   insert 100      100 documents a commit, the same
 *   durable 1, 32   synced inserts, by one caller and by 32 at once, which may share a sync
 *   get             by id; a tenth of them is missing
 *   unique          by the email
 *   range           50 documents of a country in the order of their age, from a random age on
 *   element         all documents with a tag, some 20
 *   patch           one number of a document is incremented
 *   index           documents whose entries the first query of each index adds, where inserts do not
 *
 * Operations a second; the median of the runs, which take turns. Every answer is a document that was parsed, and its count is
 * checked. A ratio above 1 says that varve is ahead. A dash stands for what a side does not do, and a line says which one is
 * not installed.
 */
import { WrongResultError } from '../src/programs/bench/measuring.ts';
import { describeMachine, machineLine } from '../src/programs/bench/suite.ts';
import { formatCount, formatTable } from '../src/programs/figures.ts';
import { versionOf } from './adapters/peer-package.ts';
import { openPouchDb } from './collections/pouchdb.ts';
import { openSqlite } from './collections/sqlite.ts';
import {
  AGE_COUNT,
  COUNTRY_COUNT,
  emailOf,
  idOf,
  RANGE_LIMIT,
  type Side,
  type Stored,
  userOf,
} from './collections/users.ts';
import { openVarve } from './collections/varve.ts';
import { inScratch } from './harness/scratch.ts';

const DOCUMENT_COUNT = 20_000;
/** Of the comparison with PouchDB, which takes a minute for a run of full size. */
const SMALL_COUNT = 5000;
const SMALL_READ_COUNT = 400;
const READ_COUNT = 4000;
const DURABLE_COUNT = 320;
const BATCH_COUNT = 100;
const CLIENT_COUNT = 32;
const RUN_COUNT = 3;
const USAGE_STATUS = 2;
const DASH = '-';
/** A prime: steps of this size go through all documents in an order of their own. */
const STEP = 7_368_787;

/** Opens a side in an empty directory. Throws when its package is missing. */
type Opener = (directory: string) => Promise<Side> | Side;

interface Peer {
  readonly package: string;
  readonly open: Opener;
}

type Figures = Record<string, number>;

interface Size {
  readonly documentCount: number;
  readonly readCount: number;
}

/** Operations a second. */
async function rate(count: number, work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (count * 1000) / (performance.now() - start);
}

function mustBe(what: string, found: number, expected: number): void {
  if (found !== expected)
    throw new WrongResultError(`${what}: found=${found} expected=${expected}`);
}

async function inserts(side: Side, count: number): Promise<Figures> {
  const half = Math.floor(count / 2);
  const userAt = (i: number): Stored => userOf(i, count);
  const figures: Figures = {};
  figures['insert'] = await rate(half, async () => {
    for (let i = 0; i < half; i++) await side.insert([userAt(i)], false);
  });
  figures['insert 100'] = await rate(count - half, async () => {
    for (let i = half; i < count; i += BATCH_COUNT) {
      const size = Math.min(BATCH_COUNT, count - i);
      await side.insert(
        Array.from({ length: size }, (_, j) => userAt(i + j)),
        false,
      );
    }
  });
  if (side.isDurable) Object.assign(figures, await durableInserts(side, count));
  if (side.index !== undefined) figures['index'] = await rate(count, side.index);
  return figures;
}

async function durableInserts(side: Side, count: number): Promise<Figures> {
  const durable = (i: number): Stored => ({ ...userOf(i, count), country: 'durable', tags: [] });
  const figures: Figures = {};
  figures['durable 1'] = await rate(DURABLE_COUNT, async () => {
    for (let i = 0; i < DURABLE_COUNT; i++) await side.insert([durable(count + i)], true);
  });
  figures['durable 32'] = await rate(DURABLE_COUNT, async () => {
    for (let i = 0; i < DURABLE_COUNT; i += CLIENT_COUNT) {
      const start = count + DURABLE_COUNT + i;
      await together(
        side,
        Array.from({ length: CLIENT_COUNT }, (_, j) => durable(start + j)),
      );
    }
  });
  return figures;
}

/** As callers at once: in varve each commits by itself, and SQLite is given the best that it can do, one transaction. */
async function together(side: Side, users: readonly Stored[]): Promise<void> {
  if (side.isAsynchronous) {
    await Promise.all(users.map(async (user) => side.insert([user], true)));
  } else {
    await side.insert(users, true);
  }
}

async function reads(side: Side, { documentCount: count, readCount }: Size): Promise<Figures> {
  const some = (i: number): number => (i * STEP) % count;
  const figures: Figures = {};
  figures['get'] = await rate(readCount, async () => {
    let found = 0;
    for (let i = 0; i < readCount; i++) {
      const id = i % 10 === 0 ? `no${idOf(i)}` : idOf(some(i));
      if ((await side.get(id)) !== undefined) found++;
    }
    mustBe('get', found, (readCount / 10) * 9);
  });
  figures['unique'] = await rate(readCount, async () => {
    let found = 0;
    for (let i = 0; i < readCount; i++) {
      if ((await side.byEmail(emailOf(some(i)))) !== undefined) found++;
    }
    mustBe('unique', found, readCount);
  });
  figures['range'] = await rate(readCount / 10, async () => {
    for (let i = 0; i < readCount / 10; i++) {
      const found = await side.range(`C${i % COUNTRY_COUNT}`, (i * 31) % (AGE_COUNT / 2));
      mustBe('range', found.length, RANGE_LIMIT);
    }
  });
  figures['element'] = await rate(readCount, async () => {
    let found = 0;
    for (let i = 0; i < readCount; i++) found += (await side.byTag(`t${i % 100}`)).length;
    mustBe('element', found, readCount * 10);
  });
  figures['patch'] = await rate(readCount, async () => {
    for (let i = 0; i < readCount; i++) await side.increment(idOf(some(i)));
  });
  return figures;
}

async function measure(open: Opener, size: Size): Promise<Figures> {
  return inScratch('documents', async (directory) => {
    const side = await open(directory);
    try {
      return { ...(await inserts(side, size.documentCount)), ...(await reads(side, size)) };
    } finally {
      await side.close();
    }
  });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!; // one run at least
}

/** Varve beside a peer, in turns. */
async function compare({ package: name, open }: Peer, size: Size): Promise<void> {
  const { documentCount } = size;
  let version: string;
  try {
    version = versionOf(name);
    await inScratch('documents', async (directory) => (await open(directory)).close());
  } catch (error) {
    console.log(`${name}: MISSING: ${(error as Error).message.split('\n')[0]!}\n`);
    return;
  }
  console.log(
    `${formatCount(documentCount)} documents, ${name} ${version}, the median of ${RUN_COUNT} runs\n`,
  );
  const runs: [Figures, Figures][] = [];
  await measure(openVarve, size); // compiled code is measured
  for (let i = 0; i < RUN_COUNT; i++) {
    runs.push([await measure(openVarve, size), await measure(open, size)]);
  }
  const names = new Set(runs[0]!.flatMap((figures) => Object.keys(figures))); // RUN_COUNT is above 0
  const rows = [...names].map((row) => {
    const [varve, peer] = [0, 1].map((side) => {
      const found = runs.map((run) => run[side]![row]).filter((rate) => rate !== undefined);
      return found.length === 0 ? undefined : median(found);
    });
    const ratio = varve === undefined || peer === undefined ? DASH : (varve / peer).toFixed(2);
    return [row, shownRate(varve), shownRate(peer), ratio];
  });
  console.log(`${formatTable(['', 'varve/documents', name, 'ratio'], rows)}\n`);
}

function shownRate(rate: number | undefined): string {
  return rate === undefined ? DASH : `${formatCount(Math.round(rate))}/s`;
}

const documentCount = Number(process.argv[2] ?? DOCUMENT_COUNT);
if (!Number.isSafeInteger(documentCount) || documentCount < 10_000) {
  console.error('usage: bench/documents.ts [documents, from 10000 on]');
  process.exitCode = USAGE_STATUS;
} else {
  console.log(`${machineLine(describeMachine())}\n`);
  const full = { documentCount, readCount: READ_COUNT };
  await compare({ package: 'better-sqlite3', open: openSqlite }, full);
  const small = { documentCount: SMALL_COUNT, readCount: SMALL_READ_COUNT };
  await compare({ package: 'pouchdb', open: openPouchDb }, small);
}
