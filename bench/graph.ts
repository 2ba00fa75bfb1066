/**
 * A social graph on Varve beside one on SQLite: `node scripts/run-ts.mjs bench/graph.ts [nodes] [edges]`, 10,000 and 100,000
 * by default.
 *
 * Owns: the same people and friendships in `varve/graph` and in two tables of better-sqlite3 with indexes over both ends of
 * an edge and over a property, and the same questions to both. Rounds alternate between the two; a figure is the median.
 *
 *   load                a bulk load against one transaction of prepared inserts, a record
 *   insert, durable     a person with an edge, in a commit that a kill or a power cut leaves
 *   lookup, property    a person with all properties, and one property alone
 *   range               people by an indexed property, up to 100 of them
 *   2-hop               the people within two edges, against a recursive query
 *   path                the fewest edges between two people, up to six, against a recursive query
 *   index over scan     people by a property with the index, against the same without: here it must be ten times
 *
 * A ratio above 1 is how many times as long SQLite takes; of the last row, the scan.
 */
import { join } from 'node:path';
import process from 'node:process';
import { type Database, open } from '../src/index.ts';
import { type Graph, graph } from '../src/graph/index.ts';
import { describeMachine, machineLine } from '../src/programs/bench/suite.ts';
import { formatCount, formatTable } from '../src/programs/figures.ts';
import { makeRandom } from '../test/support/prng.ts';
import { loadPeer, versionOf } from './adapters/peer-package.ts';
import { inScratch } from './harness/scratch.ts';

const ROUND_COUNT = 5;
const DEPTH_MAX = 6;
const RANGE_COUNT = 100;
const AGE_COUNT = 5000;
const SCAN_RATIO_MIN = 10;

interface Statement {
  run(...parameters: unknown[]): { lastInsertRowid: number | bigint };
  get(...parameters: unknown[]): unknown;
  all(...parameters: unknown[]): unknown[];
  pluck(): Statement;
}

interface Sqlite {
  prepare(sql: string): Statement;
  pragma(text: string): unknown;
  exec(sql: string): void;
  transaction<T>(work: () => T): () => T;
  close(): void;
}

/** One workload: `count` operations by each of the two, whose results are compared when they have one. */
interface Workload {
  readonly name: string;
  readonly count: number;
  varve(i: number): unknown;
  sqlite(i: number): unknown;
}

interface Person {
  readonly name: string;
  readonly age: number;
}

const nodeCount = Number(process.argv[2] ?? 10_000);
const edgeCount = Number(process.argv[3] ?? 10 * nodeCount);

/** Friends are near, mostly, and a few people have many. */
function* friendships(): Generator<[number, number]> {
  const random = makeRandom(1);
  for (let i = 0; i < edgeCount; i++) {
    const from = random.below(nodeCount);
    const isFar = random.chance(0.3);
    const to = isFar ? random.below(nodeCount) : (from + 1 + random.below(50)) % nodeCount;
    yield [from, random.chance(0.05) ? Math.floor(to / 100) : to];
  }
}

const personOf = (i: number): Person => ({ name: `Person ${i}`, age: (i * 7919) % AGE_COUNT });

await inScratch('graph', async (folder) => {
  console.log(machineLine(describeMachine()));
  console.log(`better-sqlite3 ${versionOf('better-sqlite3')}, WAL`);
  console.log(`${formatCount(nodeCount)} people, ${formatCount(edgeCount)} friendships\n`);
  const db = await open(join(folder, 'varve'), { blockCacheSizeBytes: 256 * 1024 * 1024 });
  const g = await graph(db, 'social');
  const sqlite = openSqlite(join(folder, 'peer.sqlite'));
  const loaded = await load(g, sqlite);
  const rows: string[][] = [loaded];
  const ids = await g.findNodesByLabel('Person').all();
  for (const workload of workloadsOf(db, g, sqlite, ids)) rows.push(await measured(workload));
  rows.push(await indexOverScan(db, g));
  console.log(formatTable(['', 'varve us', 'sqlite us', 'ratio'], rows));
  sqlite.close();
  await db.close();
});

function openSqlite(path: string): Sqlite {
  const Constructor = loadPeer<new (path: string) => Sqlite>('better-sqlite3');
  const sqlite = new Constructor(path);
  sqlite.pragma('journal_mode = WAL');
  sqlite.pragma('cache_size = -262144');
  sqlite.exec(`
    CREATE TABLE nodes (id INTEGER PRIMARY KEY, name TEXT, age INTEGER);
    CREATE TABLE edges (id INTEGER PRIMARY KEY, source INTEGER, target INTEGER, type TEXT);`);
  return sqlite;
}

/** Both graphs, indexes included. */
async function load(g: Graph, sqlite: Sqlite): Promise<string[]> {
  await g.createPropertyIndex('Person', 'age');
  const varveMs = await timed(async () => {
    const people = Array.from({ length: nodeCount }, (_, i) => i);
    await g.load({
      nodes: people.map((key) => ({ key, labels: ['Person'], properties: { ...personOf(key) } })),
      edges: mapped(friendships(), ([from, to]) => ({ from, to, type: 'KNOWS' })),
    });
  });
  const sqliteMs = await timed(() => {
    const node = sqlite.prepare('INSERT INTO nodes VALUES (?, ?, ?)');
    const edge = sqlite.prepare('INSERT INTO edges (source, target, type) VALUES (?, ?, ?)');
    sqlite.transaction(() => {
      for (let i = 0; i < nodeCount; i++) node.run(i, personOf(i).name, personOf(i).age);
      for (const [from, to] of friendships()) edge.run(from, to, 'KNOWS');
    })();
    sqlite.exec(`
      CREATE INDEX edges_out ON edges (source, type, target);
      CREATE INDEX edges_in ON edges (target, type, source);
      CREATE INDEX nodes_age ON nodes (age); ANALYZE;`);
  });
  return rowOf('load', varveMs / (nodeCount + edgeCount), sqliteMs / (nodeCount + edgeCount));
}

function workloadsOf(db: Database, g: Graph, sqlite: Sqlite, ids: readonly number[]): Workload[] {
  const pick = (i: number): number => (i * 7_368_787) % nodeCount;
  const node = sqlite.prepare('INSERT INTO nodes (name, age) VALUES (?, ?)');
  const edge = sqlite.prepare('INSERT INTO edges (source, target, type) VALUES (?, ?, ?)');
  const insert = sqlite.transaction.bind(sqlite);
  const person = sqlite.prepare('SELECT * FROM nodes WHERE id = ?');
  const property = sqlite.prepare('SELECT age FROM nodes WHERE id = ?').pluck();
  const range = sqlite
    .prepare('SELECT id FROM nodes WHERE age >= ? AND age < ? ORDER BY age, id LIMIT ?')
    .pluck();
  const hops = sqlite
    .prepare(
      `
    WITH RECURSIVE near(node, depth) AS (
      VALUES (?, 0) UNION
      SELECT target, depth + 1 FROM near JOIN edges ON source = node AND type = 'KNOWS' WHERE depth < 2)
    SELECT count(DISTINCT node) - 1 FROM near`,
    )
    .pluck();
  const path = sqlite
    .prepare(
      `
    WITH RECURSIVE near(node, depth) AS (
      VALUES (?, 0) UNION
      SELECT target, depth + 1 FROM near JOIN edges ON source = node AND type = 'KNOWS' WHERE depth < ${DEPTH_MAX})
    SELECT depth FROM near WHERE node = ? LIMIT 1`,
    )
    .pluck();
  const inserted = (isDurable: boolean, count: number): Workload => ({
    name: isDurable ? 'durable insert' : 'insert',
    count,
    varve: (i) =>
      db.transaction(
        async (tx) => {
          const inTx = g.in(tx);
          const made = await inTx.createNode({
            labels: ['Person'],
            properties: { name: 'New', age: AGE_COUNT + i },
          });
          await inTx.createEdge({ from: made, to: ids[pick(i)]!, type: 'MET' });
        },
        { durability: isDurable ? 'sync' : 'os' },
      ),
    sqlite: (i) => {
      if (i === 0) sqlite.pragma(`synchronous = ${isDurable ? 'FULL' : 'NORMAL'}`);
      insert(() => edge.run(node.run('New', AGE_COUNT + i).lastInsertRowid, pick(i), 'MET'))();
    },
  });
  return [
    {
      name: 'lookup',
      count: 5000,
      varve: async (i) => (await g.getNode(ids[pick(i)]!))?.properties['age'],
      sqlite: (i) => (person.get(pick(i)) as Person).age,
    },
    {
      name: 'property',
      count: 5000,
      varve: (i) => g.getNodeProperty(ids[pick(i)]!, 'age'),
      sqlite: (i) => property.get(pick(i)),
    },
    {
      name: 'range',
      count: 300,
      varve: async (i) => {
        const condition = { gte: i, lt: i + AGE_COUNT / 2 };
        const options = { limit: RANGE_COUNT };
        return (await g.findNodesByProperty('Person', 'age', condition, options).all()).length;
      },
      sqlite: (i) => range.all(i, i + AGE_COUNT / 2, RANGE_COUNT).length,
    },
    {
      name: '2-hop',
      count: 500,
      varve: async (i) => (await g.kHop(ids[pick(i)]!, 2, { type: 'KNOWS' }).all()).length,
      sqlite: (i) => hops.get(pick(i)),
    },
    {
      name: 'path',
      count: nodeCount < 100_000 ? 20 : 3, // the recursive query takes seconds
      varve: async (i) => {
        const options = { type: 'KNOWS', depthMax: DEPTH_MAX };
        return (await g.shortestPath(ids[pick(i)]!, ids[pick(i + 999)]!, options))?.cost;
      },
      sqlite: (i) => path.get(pick(i), pick(i + 999)),
    },
    inserted(false, 500),
    inserted(true, 50),
  ];
}

/** Both in turn, several times; what they answer must be the same. */
async function measured({ name, count, varve, sqlite }: Workload): Promise<string[]> {
  const times: { varve: number[]; sqlite: number[] } = { varve: [], sqlite: [] };
  for (let round = 0; round <= ROUND_COUNT; round++) {
    const answers: unknown[][] = [[], []];
    const varveMs = await timed(async () => {
      for (let i = 0; i < count; i++) answers[0]!.push(await varve(i));
    });
    const sqliteMs = await timed(() => {
      for (let i = 0; i < count; i++) answers[1]!.push(sqlite(i));
    });
    const different = answers[0]!.findIndex((answer, i) => answer !== answers[1]![i]);
    if (different >= 0) throw new Error(`Answers differ: workload=${name} i=${different}`);
    if (round === 0) continue; // it warms up
    times.varve.push(varveMs / count);
    times.sqlite.push(sqliteMs / count);
  }
  return rowOf(name, median(times.varve), median(times.sqlite));
}

/** The same condition, with the index and without: without, all people are looked at. */
async function indexOverScan(db: Database, g: Graph): Promise<string[]> {
  const find = (): Promise<number[]> =>
    g.findNodesByProperty('Person', 'age', { gte: 100, lt: 110 }).all();
  const indexed: number[] = [];
  const scanned: number[] = [];
  for (let round = 0; round < ROUND_COUNT; round++) indexed.push(await timed(find));
  const before = await find();
  await g.dropPropertyIndex('Person', 'age');
  for (let round = 0; round < 3; round++) scanned.push(await timed(find));
  if (String(before) !== String(await find())) throw new Error('Index and scan answer differently');
  const ratio = median(scanned) / median(indexed);
  if (ratio < SCAN_RATIO_MIN && nodeCount >= 100_000) {
    throw new Error(`Index is only ${ratio.toFixed(1)} times as fast as the scan`);
  }
  await db.flush();
  return rowOf('index over scan', median(indexed), median(scanned));
}

async function timed(work: () => unknown): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >>> 1]!;
}

function rowOf(name: string, varveMs: number, sqliteMs: number): string[] {
  const us = (ms: number): string => (ms * 1000).toFixed(1);
  return [name, us(varveMs), us(sqliteMs), (sqliteMs / varveMs).toFixed(2)];
}

function* mapped<T, U>(source: Iterable<T>, map: (each: T) => U): Generator<U> {
  for (const each of source) yield map(each);
}
