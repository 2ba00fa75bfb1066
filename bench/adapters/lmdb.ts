/**
 * LMDB through lmdb-js.
 *
 * Owns: the settings that make its promises mean what the comparison asks. With overlappingSync, its default on Linux,
 * a put resolves when it is committed and only `flushed` says that it is on disk; without it the promise of a put comes
 * after the sync, and that was the faster way to wait for it. 'os' is noSync, its fastest: a killed process
 * loses nothing, but a power cut may leave a broken file where the other engines leave a prefix.
 */
import { loadPeer, versionOf } from './peer-package.ts';
import type { Adapter, Found, Store } from './store.ts';

interface LmdbDatabase {
  put(key: string, value: Uint8Array): Promise<boolean>;
  putSync(key: string, value: Uint8Array): void;
  get(key: string): Found;
  getRange(options: object): Iterable<{ key: string; value: Uint8Array }>;
  transaction<T>(action: () => T): Promise<T>;
  transactionSync<T>(action: () => T): T;
  close(): Promise<void>;
}

interface Lmdb {
  open(options: object): LmdbDatabase;
}

/** Address space, not memory: the file grows as it is written. */
const MAP_SIZE_BYTES = 64 * 1024 ** 3;
/** Sorts after every key of the workloads. */
const LAST_KEY = '\x7f';

export const lmdb: Adapter = {
  name: 'lmdb',
  idioms: [
    'put and transaction, awaited: concurrent callers are batched; putSync and transactionSync for one caller',
    'synchronous get and getRange; values as Buffers',
    'sync: overlappingSync off; os: noSync, which a power cut may corrupt',
  ],
  version: () => {
    loadPeer<Lmdb>('lmdb');
    return versionOf('lmdb');
  },
  open: ({ directory, durability, clientCount }): Promise<Store> => {
    const db = loadPeer<Lmdb>('lmdb').open({
      path: directory,
      encoding: 'binary',
      mapSize: MAP_SIZE_BYTES,
      noSubdir: false,
      overlappingSync: false,
      noSync: durability === 'os',
    });
    const isAlone = clientCount === 1;
    const putSync = (key: string, value: Uint8Array): Promise<void> => {
      db.putSync(key, value);
      return Promise.resolve();
    };
    const scan: Store['scan'] = ({ gte, limit, reverse = false }, visit) => {
      // In reverse, lmdb-js starts at the upper end.
      const start = reverse ? LAST_KEY : gte;
      const options = { reverse, ...(start && { start }), ...(limit && { limit }) };
      for (const { key, value } of db.getRange(options)) visit(key, value);
      return Promise.resolve();
    };
    return Promise.resolve({
      put: isAlone ? putSync : (key, value) => db.put(key, value),
      batch: (entries) => {
        db.transactionSync(() => {
          for (const { key, value } of entries) db.putSync(key, value);
        });
        return Promise.resolve();
      },
      getSync: (key) => db.get(key),
      get: (key) => Promise.resolve(db.get(key)),
      getMany: (keys) => Promise.resolve(keys.map((key) => db.get(key))),
      scan,
      update: (keys, change) => {
        const action = (): void => {
          const values = change(keys.map((key) => db.get(key)));
          values?.forEach((value, i) => db.putSync(keys[i]!, value)); // as many values as keys
        };
        return isAlone ? Promise.resolve(db.transactionSync(action)) : db.transaction(action);
      },
      compact: () => Promise.resolve(), // pages are reused in place
      close: () => db.close(),
    });
  },
};
