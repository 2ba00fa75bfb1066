/**
 * Documents beside better-sqlite3: `node scripts/run-ts.mjs bench/documents.ts [documents]`, 20,000 by default.
 *
 * Owns: the same documents in a collection of `varve/documents` and in a table of SQLite with a column of JSON and indexes
 * over its properties; both with a unique index, a composite one, and one over the elements of an array. SQLite keeps the
 * last one as a table of its own, with triggers.
 *
 *   insert          one call after the other, acknowledged by the operating system
 *   insert 100      100 documents a commit, the same
 *   durable 1, 32   synced inserts, by one caller and by 32 at once, which may share a sync
 *   get             by id; a tenth of them is missing
 *   unique          by the email
 *   range           50 documents of a country in the order of their age, from a random age on
 *   element         all documents with a tag, some 20
 *   patch           one number of a document is incremented
 *
 * Operations a second; the median of the runs, which take turns. Every answer of both is a document that was parsed, and its
 * count is checked. A ratio above 1 says that varve is ahead.
 */
import { collection, type Collection } from '../src/documents/index.ts';
import { type Database, open } from '../src/index.ts';
import { WrongResultError } from '../src/programs/bench/measuring.ts';
import { describeMachine, machineLine } from '../src/programs/bench/suite.ts';
import { formatCount, formatTable } from '../src/programs/figures.ts';
import { loadPeer, versionOf } from './adapters/peer-package.ts';
import { inScratch } from './harness/scratch.ts';

const DOCUMENT_COUNT = 20_000;
const READ_COUNT = 4000;
const RANGE_COUNT = 400;
const DURABLE_COUNT = 320;
const BATCH_COUNT = 100;
const CLIENT_COUNT = 32;
const RANGE_LIMIT = 50;
const RUN_COUNT = 3;
const COUNTRY_COUNT = 20;
const AGE_COUNT = 90;
const USAGE_STATUS = 2;
/** A prime: steps of this size go through all documents in an order of their own. */
const STEP = 7_368_787;

interface User {
  readonly email: string;
  readonly country: string;
  readonly age: number;
  readonly tags: readonly string[];
  readonly name: string;
  readonly visits: number;
}
type Stored = User & { readonly id: string };

/** One side: every call resolves when it is done. */
interface Side {
  /** Callers at once each commit by themselves. */
  readonly isAsynchronous: boolean;
  insert(users: readonly Stored[], isDurable: boolean): Promise<void> | void;
  get(id: string): Promise<unknown>;
  byEmail(email: string): Promise<unknown>;
  range(country: string, age: number): Promise<readonly unknown[]>;
  byTag(tag: string): Promise<readonly unknown[]>;
  increment(id: string): Promise<void> | void;
  close(): Promise<void> | void;
}

type Figures = Record<string, number>;

const idOf = (i: number): string => `user${String(i).padStart(9, '0')}`;
const emailOf = (i: number): string => `${i}@example.org`;

function userOf(i: number, count: number): Stored {
  const tagCount = Math.ceil(count / 10);
  return {
    id: idOf(i),
    email: emailOf(i),
    country: `C${i % COUNTRY_COUNT}`,
    age: Math.floor(i / COUNTRY_COUNT) % AGE_COUNT,
    tags: [`t${i % tagCount}`, `u${(i * 7) % tagCount}`],
    name: `Ada the ${i}th of a long line of people`,
    visits: 0,
  };
}

async function openVarve(directory: string): Promise<Side> {
  const db = (await open(directory, { durability: 'os' })) as unknown as Database<unknown, unknown>;
  const users: Collection<User> = await collection<User>(db, 'users', {
    indexes: {
      byEmail: { on: ['email'], unique: true },
      byPlace: { on: ['country', 'age'] },
      byTag: { on: ['tags[]'] },
    },
  });
  return {
    isAsynchronous: true,
    insert: async (documents, isDurable) => {
      await users.insertMany(documents, { durability: isDurable ? 'sync' : 'os' });
    },
    get: (id) => users.get(id),
    byEmail: (email) => users.first({ where: { email } }),
    range: (country, age) =>
      users
        .find({ where: { country, age: { gte: age } }, orderBy: 'age', limit: RANGE_LIMIT })
        .all(),
    byTag: (tag) => users.find({ where: { tags: { contains: tag } } }).all(),
    increment: async (id) => {
      await users.patch(id, { increment: { visits: 1 } });
    },
    close: () => db.close(),
  };
}

interface Statement {
  run(...parameters: unknown[]): { readonly changes: number };
  pluck(): Statement;
  get(...parameters: unknown[]): string | undefined;
  all(...parameters: unknown[]): string[];
}
interface SqliteDatabase {
  pragma(text: string): unknown;
  exec(sql: string): void;
  prepare(sql: string): Statement;
  transaction<T>(work: (given: T) => void): (given: T) => void;
  close(): void;
}

const SCHEMA = `
  CREATE TABLE users (id TEXT PRIMARY KEY, doc TEXT NOT NULL) WITHOUT ROWID;
  CREATE UNIQUE INDEX by_email ON users (json_extract(doc, '$.email'));
  CREATE INDEX by_place ON users (json_extract(doc, '$.country'), json_extract(doc, '$.age'));
  CREATE TABLE tags (tag TEXT, id TEXT, PRIMARY KEY (tag, id)) WITHOUT ROWID;
  CREATE TRIGGER tags_of AFTER INSERT ON users BEGIN
    INSERT OR IGNORE INTO tags SELECT value, new.id FROM json_each(new.doc, '$.tags');
  END;`;

/** Calls of better-sqlite3 are synchronous: callers at once are one transaction, as one that is given many documents. */
function openSqlite(directory: string): Side {
  const Sqlite = loadPeer<new (path: string) => SqliteDatabase>('better-sqlite3');
  const db = new Sqlite(`${directory}/sqlite.db`);
  db.pragma('journal_mode = WAL');
  db.exec(SCHEMA);
  const put = db.prepare('INSERT INTO users VALUES (?, ?)');
  const get = db.prepare('SELECT doc FROM users WHERE id = ?').pluck();
  const byEmail = db
    .prepare(`SELECT doc FROM users WHERE json_extract(doc, '$.email') = ?`)
    .pluck();
  const range = db
    .prepare(
      `SELECT doc FROM users WHERE json_extract(doc, '$.country') = ? AND json_extract(doc, '$.age') >= ?
       ORDER BY json_extract(doc, '$.age') LIMIT ${RANGE_LIMIT}`,
    )
    .pluck();
  const byTag = db.prepare('SELECT doc FROM tags JOIN users USING (id) WHERE tag = ?').pluck();
  const increment = db.prepare(
    `UPDATE users SET doc = json_set(doc, '$.visits', json_extract(doc, '$.visits') + 1) WHERE id = ?`,
  );
  const putAll = db.transaction((documents: readonly Stored[]) => {
    for (const document of documents) put.run(document.id, JSON.stringify(document));
  });
  const parsed = (text: string | undefined): unknown =>
    text === undefined ? undefined : JSON.parse(text);
  let isSynced: boolean | undefined;
  return {
    isAsynchronous: false,
    insert: (documents, isDurable) => {
      if (isSynced !== isDurable) db.pragma(`synchronous = ${isDurable ? 'FULL' : 'NORMAL'}`);
      isSynced = isDurable;
      putAll(documents);
    },
    get: async (id) => parsed(get.get(id)),
    byEmail: async (email) => parsed(byEmail.get(email)),
    range: async (country, age) => range.all(country, age).map(parsed),
    byTag: async (tag) => byTag.all(tag).map(parsed),
    increment: (id) => void increment.run(id),
    close: () => db.close(),
  };
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
  const durable = (i: number): Stored => ({ ...userOf(i, count), country: 'durable', tags: [] });
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

async function reads(side: Side, count: number): Promise<Figures> {
  const some = (i: number): number => (i * STEP) % count;
  const figures: Figures = {};
  figures['get'] = await rate(READ_COUNT, async () => {
    let found = 0;
    for (let i = 0; i < READ_COUNT; i++) {
      const id = i % 10 === 0 ? `no${idOf(i)}` : idOf(some(i));
      if ((await side.get(id)) !== undefined) found++;
    }
    mustBe('get', found, (READ_COUNT / 10) * 9);
  });
  figures['unique'] = await rate(READ_COUNT, async () => {
    let found = 0;
    for (let i = 0; i < READ_COUNT; i++) {
      if ((await side.byEmail(emailOf(some(i)))) !== undefined) found++;
    }
    mustBe('unique', found, READ_COUNT);
  });
  figures['range'] = await rate(RANGE_COUNT, async () => {
    for (let i = 0; i < RANGE_COUNT; i++) {
      const found = await side.range(`C${i % COUNTRY_COUNT}`, (i * 31) % (AGE_COUNT / 2));
      mustBe('range', found.length, RANGE_LIMIT);
    }
  });
  figures['element'] = await rate(READ_COUNT, async () => {
    let found = 0;
    for (let i = 0; i < READ_COUNT; i++) found += (await side.byTag(`t${i % 100}`)).length;
    mustBe('element', found, READ_COUNT * 10);
  });
  figures['patch'] = await rate(READ_COUNT, async () => {
    for (let i = 0; i < READ_COUNT; i++) await side.increment(idOf(some(i)));
  });
  return figures;
}

async function measure(
  openSide: (directory: string) => Promise<Side> | Side,
  count: number,
): Promise<Figures> {
  return inScratch('documents', async (directory) => {
    const side = await openSide(directory);
    try {
      return { ...(await inserts(side, count)), ...(await reads(side, count)) };
    } finally {
      await side.close();
    }
  });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!; // one run at least
}

const documentCount = Number(process.argv[2] ?? DOCUMENT_COUNT);
if (!Number.isSafeInteger(documentCount) || documentCount < 10_000) {
  console.error('usage: bench/documents.ts [documents, from 10000 on]');
  process.exitCode = USAGE_STATUS;
} else {
  console.log(`${machineLine(describeMachine())}, better-sqlite3 ${versionOf('better-sqlite3')}`);
  console.log(`${formatCount(documentCount)} documents, the median of ${RUN_COUNT} runs\n`);
  const runs: [Figures, Figures][] = [];
  await measure(openVarve, documentCount); // compiled code is measured
  for (let i = 0; i < RUN_COUNT; i++) {
    runs.push([await measure(openVarve, documentCount), await measure(openSqlite, documentCount)]);
  }
  const names = Object.keys(runs[0]![0]); // RUN_COUNT is above 0
  const rows = names.map((name) => {
    const [varve, sqlite] = [0, 1].map((side) => median(runs.map((run) => run[side]![name] ?? 0)));
    return [
      name,
      `${formatCount(Math.round(varve!))}/s`,
      `${formatCount(Math.round(sqlite!))}/s`,
      (varve! / sqlite!).toFixed(2),
    ];
  });
  console.log(formatTable(['', 'varve/documents', 'better-sqlite3', 'ratio'], rows));
}
