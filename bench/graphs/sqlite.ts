/** The social graph in two tables of better-sqlite3, with indexes over both ends of an edge and over the age. */
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

interface Statement {
  run(...parameters: unknown[]): { readonly lastInsertRowid: number | bigint };
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

/** People within some friendships of one, by a recursive query. */
const nearOf = (depthMax: number, select: string): string => `
  WITH RECURSIVE near(node, depth) AS (
    VALUES (?, 0) UNION
    SELECT target, depth + 1 FROM near JOIN edges ON source = node AND type = 'KNOWS'
    WHERE depth < ${depthMax})
  ${select}`;

export function openSqlite(path: string): GraphSide {
  const Constructor = loadPeer<new (path: string) => Sqlite>('better-sqlite3');
  const sqlite = new Constructor(path);
  sqlite.pragma('journal_mode = WAL');
  sqlite.pragma('cache_size = -262144');
  sqlite.exec(`
    CREATE TABLE nodes (id INTEGER PRIMARY KEY, name TEXT, age INTEGER);
    CREATE TABLE edges (id INTEGER PRIMARY KEY, source INTEGER, target INTEGER, type TEXT);`);
  const node = sqlite.prepare('INSERT INTO nodes (name, age) VALUES (?, ?)');
  const edge = sqlite.prepare('INSERT INTO edges (source, target, type) VALUES (?, ?, ?)');
  const person = sqlite.prepare('SELECT * FROM nodes WHERE id = ?');
  const property = sqlite.prepare('SELECT age FROM nodes WHERE id = ?').pluck();
  const range = sqlite
    .prepare('SELECT id FROM nodes WHERE age >= ? AND age < ? ORDER BY age, id LIMIT ?')
    .pluck();
  const near = sqlite.prepare(nearOf(2, 'SELECT count(DISTINCT node) - 1 FROM near')).pluck();
  const path_ = sqlite
    .prepare(nearOf(DEPTH_MAX, 'SELECT depth FROM near WHERE node = ? LIMIT 1'))
    .pluck();
  let synchronous = '';
  const inserts =
    (level: string) =>
    (i: number, friend: number): void => {
      if (synchronous !== level) sqlite.pragma(`synchronous = ${level}`);
      synchronous = level;
      sqlite.transaction(() =>
        edge.run(node.run('New', AGE_COUNT + i).lastInsertRowid, friend, 'MET'),
      )();
    };
  return {
    name: `better-sqlite3 ${versionOf('better-sqlite3')}`,
    load: (size) => {
      load(sqlite, size);
    },
    lookup: (i) => (person.get(i) as { readonly age: number }).age,
    property: (i) => property.get(i),
    range: (first, end) => range.all(first, end, RANGE_COUNT).length,
    near: (i) => near.get(i),
    path: (from, to) => path_.get(from, to),
    insert: inserts('NORMAL'),
    durableInsert: inserts('FULL'),
    close: () => {
      sqlite.close();
    },
  };
}

function load(sqlite: Sqlite, size: Size): void {
  const node = sqlite.prepare('INSERT INTO nodes VALUES (?, ?, ?)');
  const edge = sqlite.prepare('INSERT INTO edges (source, target, type) VALUES (?, ?, ?)');
  sqlite.transaction(() => {
    for (let i = 0; i < size.nodeCount; i++) node.run(i, personOf(i).name, personOf(i).age);
    for (const [from, to] of friendships(size)) edge.run(from, to, 'KNOWS');
  })();
  sqlite.exec(`
    CREATE INDEX edges_out ON edges (source, type, target);
    CREATE INDEX edges_in ON edges (target, type, source);
    CREATE INDEX nodes_age ON nodes (age); ANALYZE;`);
}
