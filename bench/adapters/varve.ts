/**
 * Varve as a peer among peers: the public surface of the built package, nothing else.
 */
import { readFileSync } from 'node:fs';

import { open } from '../../src/index.ts';
import type { Adapter, Found, Store } from './store.ts';

export const varve: Adapter = {
  name: 'varve',
  idioms: [
    'put and batch, awaited; concurrent callers share a sync',
    'getSync, getMany and scans stepped synchronously; values pooled',
    'db.transaction with a body that does not wait, for read-modify-write',
  ],
  version: () => {
    const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    return String((JSON.parse(manifest) as { version?: unknown }).version);
  },
  open: async (settings): Promise<Store> => {
    const { durability } = settings;
    const db = await open(settings.directory, {
      keyEncoding: 'utf8',
      valueEncoding: 'pooled',
      durability,
      blockCacheSizeBytes: settings.cacheSizeBytes,
      memtableSizeBytes: settings.writeBufferSizeBytes,
    });
    return {
      put: (key, value) => db.put(key, value),
      batch: (entries) =>
        db.batch(entries.map(({ key, value }) => ({ type: 'put' as const, key, value }))),
      getSync: (key) => db.getSync(key),
      get: (key) => db.get(key),
      getMany: (keys) => db.getMany(keys),
      scan: (range, visit) => {
        for (const [key, value] of db.entries(range)) visit(key, value);
        return Promise.resolve();
      },
      update: (keys, change) =>
        db.transaction(
          (tx) => {
            const values = change(keys.map((key): Found => tx.getSync(key)));
            values?.forEach((value, i) => tx.put(keys[i]!, value)); // as many values as keys
          },
          { durability },
        ),
      compact: () => db.compact(),
      background: () => db.stats().background,
      close: () => db.close(),
    };
  },
};
