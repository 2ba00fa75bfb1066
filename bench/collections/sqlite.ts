/**
 * The users in a table of better-sqlite3 with a column of JSON and indexes over its properties. Tags lie in a table of their
 * own, with a trigger.
 */
import { loadPeer } from '../adapters/peer-package.ts';
import { RANGE_LIMIT, type Side, type Stored } from './users.ts';

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
export function openSqlite(directory: string): Side {
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
    isDurable: true,
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
