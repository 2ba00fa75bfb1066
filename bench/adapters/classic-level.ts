/**
 * LevelDB through classic-level.
 *
 * Owns: its settings, and the locks that read-modify-write needs over it.
 */
import { KeyLocks } from './key-locks.ts';
import { loadPeer, versionOf } from './peer-package.ts';
import type { Adapter, Found, Store } from './store.ts';

interface ChainedBatch {
  put(key: string, value: Uint8Array): ChainedBatch;
  write(options: object): Promise<void>;
}

interface EntryIterator {
  nextv(size: number): Promise<[string, Uint8Array][]>;
  close(): Promise<void>;
}

interface Level {
  open(options: object): Promise<void>;
  put(key: string, value: Uint8Array, options: object): Promise<void>;
  get(key: string): Promise<Found>;
  getSync(key: string): Found;
  getMany(keys: readonly string[]): Promise<Found[]>;
  batch(): ChainedBatch;
  iterator(options: object): EntryIterator;
  compactRange(start: string, end: string): Promise<void>;
  close(): Promise<void>;
}

interface ClassicLevel {
  readonly ClassicLevel: new (location: string, options: object) => Level;
}

const CHUNK_COUNT = 1000;
/** Above the default of 16 KiB, which would end chunks of 1000 early. */
const READ_AHEAD_BYTES = 1024 * 1024;
const LAST_KEY = '\x7f';

export const classicLevel: Adapter = {
  name: 'classic-level',
  idioms: [
    'put and chained batch, awaited, with sync: true where durable; a pool of 64 threads, for its group commit',
    'getSync, getMany, iterator.nextv(1000)',
    'read-modify-write: locks of the application and a batch',
  ],
  environment: { UV_THREADPOOL_SIZE: '64' },
  version: () => {
    loadPeer<ClassicLevel>('classic-level');
    return versionOf('classic-level');
  },
  open: async (settings): Promise<Store> => {
    const { ClassicLevel } = loadPeer<ClassicLevel>('classic-level');
    const db = new ClassicLevel(settings.directory, { keyEncoding: 'utf8', valueEncoding: 'view' });
    await db.open({
      cacheSize: settings.cacheSizeBytes,
      writeBufferSize: settings.writeBufferSizeBytes,
      compression: true,
    });
    const options = { sync: settings.durability === 'sync' };
    const locks = new KeyLocks();
    return {
      put: (key, value) => db.put(key, value, options),
      batch: (entries) => {
        const batch = db.batch();
        for (const { key, value } of entries) batch.put(key, value);
        return batch.write(options);
      },
      getSync: (key) => db.getSync(key),
      get: (key) => db.get(key),
      getMany: (keys) => db.getMany(keys),
      scan: async (range, visit) => {
        const iterator = db.iterator({ ...range, highWaterMarkBytes: READ_AHEAD_BYTES });
        const size = Math.min(range.limit ?? CHUNK_COUNT, CHUNK_COUNT);
        // A chunk may be shorter than asked for; only an empty one is the end.
        for (;;) {
          const entries = await iterator.nextv(size);
          if (entries.length === 0) break;
          for (const [key, value] of entries) visit(key, value);
          if (entries.length === range.limit) break;
        }
        await iterator.close();
      },
      update: (keys, change) =>
        locks.hold(keys, async () => {
          const values = change(keys.map((key) => db.getSync(key)));
          if (values === undefined) return;
          const batch = db.batch();
          values.forEach((value, i) => batch.put(keys[i]!, value)); // as many values as keys
          await batch.write(options);
        }),
      compact: () => db.compactRange('', LAST_KEY),
      close: () => db.close(),
    };
  },
};
