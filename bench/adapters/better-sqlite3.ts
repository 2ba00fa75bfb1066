/**
 * SQLite through better-sqlite3.
 *
 * Owns: its settings, and the group of callers: its API is synchronous, so concurrent callers are queued and share one
 * transaction, started by setImmediate. One caller alone commits at once.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { loadPeer, versionOf } from './peer-package.ts';
import type { Adapter, Found, Store } from './store.ts';

interface Statement {
  run(...parameters: unknown[]): void;
  get(...parameters: unknown[]): [Uint8Array] | undefined;
  iterate(...parameters: unknown[]): Iterable<[string, Uint8Array]>;
  all(...parameters: unknown[]): [string, Uint8Array][];
  raw(isRaw: boolean): Statement;
}

interface SqliteDatabase {
  prepare(sql: string): Statement;
  pragma(text: string): unknown;
  exec(sql: string): void;
  transaction<T>(work: () => T): () => T;
  close(): void;
}

type Sqlite = new (path: string) => SqliteDatabase;

const KIB = 1024;

interface Waiter {
  readonly work: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Callers that wait for one transaction. */
class SharedTransaction {
  readonly #runInTransaction: (work: () => void) => void;
  #waiters: Waiter[] = [];

  constructor(runInTransaction: (work: () => void) => void) {
    this.#runInTransaction = runInTransaction;
  }

  join(work: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#waiters.push({ work, resolve, reject }) === 1) setImmediate(() => this.#commit());
    });
  }

  #commit(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    try {
      this.#runInTransaction(() => {
        for (const { work } of waiters) work();
      });
    } catch (error) {
      for (const { reject } of waiters) reject(error);
      return;
    }
    for (const { resolve } of waiters) resolve();
  }
}

export const betterSqlite3: Adapter = {
  name: 'better-sqlite3',
  idioms: [
    'prepared statements; a table without rowid; WAL; concurrent callers share a transaction, one a setImmediate',
    'sync: synchronous = FULL; os: synchronous = NORMAL',
    'a mapping of 1 GiB beside the cache',
  ],
  version: () => {
    new (loadPeer<Sqlite>('better-sqlite3'))(':memory:').close();
    return versionOf('better-sqlite3');
  },
  open: (settings): Promise<Store> => {
    mkdirSync(settings.directory, { recursive: true });
    const db = new (loadPeer<Sqlite>('better-sqlite3'))(join(settings.directory, 'data.sqlite'));
    db.pragma('journal_mode = WAL');
    db.pragma(`synchronous = ${settings.durability === 'sync' ? 'FULL' : 'NORMAL'}`);
    db.pragma(`cache_size = -${Math.ceil(settings.cacheSizeBytes / KIB)}`);
    db.pragma('mmap_size = 1073741824');
    db.exec(
      'CREATE TABLE IF NOT EXISTS entries (k TEXT PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID',
    );
    return Promise.resolve(storeOf(db, settings.clientCount === 1));
  },
};

function storeOf(db: SqliteDatabase, isAlone: boolean): Store {
  const put = db.prepare('INSERT OR REPLACE INTO entries (k, v) VALUES (?, ?)');
  const get = db.prepare('SELECT v FROM entries WHERE k = ?').raw(true);
  const forward = db.prepare('SELECT k, v FROM entries WHERE k >= ? ORDER BY k').raw(true);
  const backward = db.prepare('SELECT k, v FROM entries ORDER BY k DESC').raw(true);
  const first = db.prepare('SELECT k, v FROM entries WHERE k >= ? ORDER BY k LIMIT ?').raw(true);
  let pending: () => void = () => undefined;
  const inTransaction = db.transaction(() => pending());
  const runInTransaction = (work: () => void): void => {
    pending = work;
    inTransaction();
  };
  const shared = new SharedTransaction(runInTransaction);
  const commit = (work: () => void): Promise<void> => {
    if (!isAlone) return shared.join(work);
    runInTransaction(work);
    return Promise.resolve();
  };
  const getSync = (key: string): Found => get.get(key)?.[0];
  return {
    put: (key, value) => {
      if (!isAlone) return shared.join(() => put.run(key, value));
      put.run(key, value); // commits by itself
      return Promise.resolve();
    },
    batch: (entries) => {
      runInTransaction(() => {
        for (const { key, value } of entries) put.run(key, value);
      });
      return Promise.resolve();
    },
    getSync,
    get: (key) => Promise.resolve(getSync(key)),
    getMany: (keys) => Promise.resolve(keys.map(getSync)),
    scan: ({ gte = '', limit, reverse = false }, visit) => {
      if (limit !== undefined) for (const [key, value] of first.all(gte, limit)) visit(key, value);
      else if (reverse) for (const [key, value] of backward.iterate()) visit(key, value);
      else for (const [key, value] of forward.iterate(gte)) visit(key, value);
      return Promise.resolve();
    },
    update: (keys, change) =>
      commit(() => {
        const values = change(keys.map(getSync));
        values?.forEach((value, i) => put.run(keys[i]!, value)); // as many values as keys
      }),
    compact: () => {
      db.exec('VACUUM');
      db.pragma('wal_checkpoint(TRUNCATE)');
      return Promise.resolve();
    },
    close: () => Promise.resolve(db.close()),
  };
}
