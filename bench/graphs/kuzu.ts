/**
 * The social graph in kuzu, by its query language. It has no index over a property, and each of its commits is synced. It
 * takes 540 MB, so it is not installed with the other peers: `npm install --no-save kuzu@0.11.3` in bench brings it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPeer, versionOf } from '../adapters/peer-package.ts';
import {
  AGE_COUNT,
  DEPTH_MAX,
  friendships,
  type GraphSide,
  personOf,
  RANGE_COUNT,
  type Size,
} from './social.ts';

type Row = Readonly<Record<string, unknown>>;

interface Result {
  getAll(): Promise<Row[]>;
  close(): void;
}

type Statement = object;

interface Connection {
  query(text: string): Promise<Result>;
  prepare(text: string): Promise<Statement>;
  execute(statement: Statement, parameters: Row): Promise<Result>;
  close(): Promise<void>;
}

interface Kuzu {
  readonly Database: new (path: string, bufferSizeBytes: number) => { close(): Promise<void> };
  readonly Connection: new (db: object) => Connection;
}

const CACHE_SIZE_BYTES = 1024 * 1024 * 1024;

export async function openKuzu(directory: string): Promise<GraphSide> {
  const kuzu = loadPeer<Kuzu>('kuzu');
  const db = new kuzu.Database(join(directory, 'kuzu'), CACHE_SIZE_BYTES);
  const connection = new kuzu.Connection(db);
  for (const text of [
    'CREATE NODE TABLE Person (id INT64 PRIMARY KEY, name STRING, age INT64)',
    'CREATE REL TABLE KNOWS (FROM Person TO Person)',
    'CREATE REL TABLE MET (FROM Person TO Person)',
  ]) {
    (await connection.query(text)).close();
  }
  const asked = async (text: string): Promise<(parameters: Row) => Promise<Row[]>> => {
    const statement = await connection.prepare(text);
    return async (parameters) => {
      const result = await connection.execute(statement, parameters);
      const rows = await result.getAll();
      result.close();
      return rows;
    };
  };
  const person = await asked('MATCH (p:Person {id: $id}) RETURN p.id, p.name, p.age');
  const age = await asked('MATCH (p:Person {id: $id}) RETURN p.age');
  const range = await asked(
    `MATCH (p:Person) WHERE p.age >= $first AND p.age < $until
     RETURN p.id ORDER BY p.age, p.id LIMIT ${RANGE_COUNT}`,
  );
  const near = await asked(
    `MATCH (a:Person {id: $id})-[:KNOWS*1..2]->(b:Person) WHERE b.id <> $id
     RETURN count(DISTINCT b.id) AS count`,
  );
  const path = await asked(
    `MATCH (a:Person {id: $a})-[r:KNOWS* SHORTEST 1..${DEPTH_MAX}]->(b:Person {id: $b})
     RETURN length(r) AS length`,
  );
  const insert = await asked(
    `MATCH (b:Person {id: $friend}) CREATE (a:Person {id: $id, name: 'New', age: $age})-[:MET]->(b)`,
  );
  let nextId = 1_000_000_000;
  return {
    name: `kuzu ${versionOf('kuzu')}`,
    load: (size) => load(connection, directory, size),
    lookup: async (id) => (await person({ id }))[0]?.['p.age'],
    property: async (id) => (await age({ id }))[0]?.['p.age'],
    range: async (first, end) => (await range({ first, until: end })).length,
    near: async (id) => Number((await near({ id }))[0]?.['count']),
    path: async (a, b) => {
      if (a === b) return 0;
      const [found] = await path({ a, b });
      return found && Number(found['length']);
    },
    insert: undefined,
    durableInsert: (i, friend) => insert({ id: nextId++, age: AGE_COUNT + i, friend }),
    close: async () => {
      await connection.close();
      await db.close();
    },
  };
}

/** By its import of CSV, which is its fast way. */
async function load(connection: Connection, directory: string, size: Size): Promise<void> {
  const people = Array.from({ length: size.nodeCount }, (_, i) => {
    const { name, age } = personOf(i);
    return `${i},${name},${age}`;
  });
  const edges = Array.from(friendships(size), ([from, to]) => `${from},${to}`);
  for (const [table, lines] of [
    ['Person', people],
    ['KNOWS', edges],
  ] as const) {
    const path = join(directory, `${table}.csv`);
    writeFileSync(path, `${lines.join('\n')}\n`);
    (await connection.query(`COPY ${table} FROM '${path}' (HEADER=false)`)).close();
  }
}
