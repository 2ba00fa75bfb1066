/**
 * RocksDB through the rocksdb package, an abstract-leveldown: callbacks, and no synchronous reads.
 *
 * Owns: its settings, its callbacks as promises, and the locks that read-modify-write needs over it.
 */
import { KeyLocks } from './key-locks.ts';
import { loadPeer, versionOf } from './peer-package.ts';
import type { Adapter, Found, Store, StoreEntry } from './store.ts';

type Callback<T> = (error: Error | null | undefined, result?: T) => void;
type NextCallback = (error: Error | null | undefined, key?: Buffer, value?: Buffer) => void;

interface RocksIterator {
  next(callback: NextCallback): void;
  end(callback: Callback<void>): void;
}

interface RocksDatabase {
  open(options: object, callback: Callback<void>): void;
  put(key: string, value: Uint8Array, options: object, callback: Callback<void>): void;
  get(key: string, callback: Callback<Buffer>): void;
  getMany(keys: readonly string[], callback: Callback<Found[]>): void;
  batch(operations: readonly object[], options: object, callback: Callback<void>): void;
  iterator(options: object): RocksIterator;
  compactRange(start: string, end: string, callback: Callback<void>): void;
  close(callback: Callback<void>): void;
}

type Rocks = (location: string) => RocksDatabase;

const LAST_KEY = '\x7f';

function promised(start: (callback: Callback<void>) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error ? reject(error) : resolve()));
  });
}

export const rocksdb: Adapter = {
  name: 'rocksdb',
  idioms: [
    'put and batch by callback, with sync: true where durable; a pool of 64 threads, for its group commit',
    'asynchronous get, many at once; iterator.next, which prefetches',
    'read-modify-write: locks of the application and a batch',
  ],
  environment: { UV_THREADPOOL_SIZE: '64' },
  version: () => {
    loadPeer<Rocks>('rocksdb');
    return versionOf('rocksdb');
  },
  open: async (settings): Promise<Store> => {
    const db = loadPeer<Rocks>('rocksdb')(settings.directory);
    await promised((done) =>
      db.open(
        {
          cacheSize: settings.cacheSizeBytes,
          writeBufferSize: settings.writeBufferSizeBytes,
          compression: true,
        },
        done,
      ),
    );
    const options = { sync: settings.durability === 'sync' };
    const locks = new KeyLocks();
    const batch = (entries: readonly StoreEntry[]): Promise<void> => {
      const operations = entries.map(({ key, value }) => ({
        type: 'put',
        key,
        value: asBuffer(value),
      }));
      return promised((done) => db.batch(operations, options, done));
    };
    const get = (key: string): Promise<Found> =>
      new Promise((resolve, reject) => {
        db.get(key, (error, value) => {
          if (error && !/NotFound/i.test(error.message)) reject(error);
          else resolve(value);
        });
      });
    return {
      put: (key, value) => promised((done) => db.put(key, asBuffer(value), options, done)),
      batch,
      get,
      getMany: (keys) =>
        new Promise((resolve, reject) => {
          db.getMany(keys, (error, values) => (error ? reject(error) : resolve(values ?? [])));
        }),
      scan: ({ gte, limit, reverse }, visit) => {
        const iterator = db.iterator({
          ...(gte && { gte }),
          ...(limit && { limit }),
          reverse: reverse ?? false,
        });
        return scanAll(iterator, visit);
      },
      update: (keys, change) =>
        locks.hold(keys, async () => {
          const values = change(await Promise.all(keys.map(get)));
          if (values === undefined) return;
          await batch(values.map((value, i) => ({ key: keys[i]!, value }))); // as many values as keys
        }),
      compact: () => promised((done) => db.compactRange('0', LAST_KEY, done)),
      close: () => promised((done) => db.close(done)),
    };
  },
};

/** The binding takes Buffers; a view of the same bytes costs a few nanoseconds. */
function asBuffer(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.length);
}

async function scanAll(
  iterator: RocksIterator,
  visit: (key: string, value: Uint8Array) => void,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const step: NextCallback = (error, key, value) => {
      if (error) {
        reject(error);
      } else if (key === undefined || value === undefined) {
        resolve();
      } else {
        visit(key.toString('latin1'), value);
        iterator.next(step);
      }
    };
    iterator.next(step);
  });
  await promised((done) => iterator.end(done));
}
