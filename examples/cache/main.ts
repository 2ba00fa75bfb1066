/**
 * A cache in a new directory: `node scripts/run-ts.mjs examples/cache/main.ts`, after `make build`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'varve';
import { Cache } from './cache.ts';

const directory = await mkdtemp(join(tmpdir(), 'varve-cache-'));
const db = await open<unknown, unknown>(directory, { keyEncoding: 'json', valueEncoding: 'json' });
try {
  let now = 0;
  const cache = await Cache.open(db, { sizeBytesMax: 100, touchAfterMs: 0, now: () => ++now });
  const integrity = await cache.put('left-pad@1.0.0', new Uint8Array(40).fill(1), {
    from: 'a registry',
  });
  await cache.put('left-pad@latest', new Uint8Array(40).fill(1));
  console.log(integrity, await cache.sizeBytes()); // two keys, one content
  await cache.put('b', new Uint8Array(50).fill(2));
  await cache.get('left-pad@latest'); // used: `b` is the next to go
  await cache.put('c', new Uint8Array(50).fill(3));
  console.log((await cache.entries()).map(([key]) => key).join(' '), await cache.sizeBytes());
  console.log(`wrong: ${(await cache.audit()).length}`);
} finally {
  await db.close();
  await rm(directory, { recursive: true });
}
