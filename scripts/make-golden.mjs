/**
 * Writes a small database in the current formats: `make build`, then `node scripts/make-golden.mjs test/golden/<format>`.
 *
 * Run once for each released format. What lies in test/golden stays readable for ever (test/golden/golden.test.ts).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open } from '../dist/index.js';

const directory = process.argv[2];
if (directory === undefined) throw new Error('Name the directory to write');

const options = {
  keyEncoding: 'utf8',
  valueEncoding: 'utf8',
  background: 'inline',
  blockSizeBytes: 512,
};
let db = await open(join(directory, 'db'), { ...options, errorIfExists: true });
const padded = (i) => String(i).padStart(4, '0');
const name = (i) => `key:${padded(i)}`;

// Compressed tables at the bottom, entries that expire and an index among them, then tombstones of both kinds, bulk loads,
// a reopen, range tombstones that overlap, and a log.
await db.batch(
  Array.from({ length: 300 }, (_, i) => ({ type: 'put', key: name(i), value: 'v'.repeat(i % 40) })),
);
await db.batch(
  Array.from({ length: 80 }, (_, i) => ({
    type: 'put',
    key: `account:${padded(3 * i)}`,
    value: `balance ${padded(7 * i)}`, // equal records
  })),
);
await db.transaction((tx) => tx.put(name(3), 'from a transaction'), {
  commitId: 'golden in a table',
});
const kinds = await db.keyspace('kinds', { keyEncoding: 'tuple', valueEncoding: 'json' });
for (let i = 0; i < 50; i++) await kinds.put(['kind', i], { i });
await (
  await db.keyspace('renamed', { compression: 'none' })
).put(Uint8Array.of(255), Uint8Array.of(1));
await db.renameKeyspace('renamed', 'raw');
await (await db.keyspace('dropped')).put(Uint8Array.of(1), Uint8Array.of(1));
await db.dropKeyspace('dropped');
// Far beyond any clock, and before any.
const LATE_MS = Date.UTC(9999, 0);
await db.batch(
  Array.from({ length: 40 }, (_, i) => ({
    type: 'put',
    key: `session:${padded(i)}`,
    value: `late ${i}`,
    expiresAt: i % 3 === 0 ? Infinity : LATE_MS + i,
  })),
);
await db.keyspace('hours', { ttlMs: 3_600_000 });
const people = await db.keyspace('people', {
  keyEncoding: 'utf8',
  valueEncoding: 'json',
  indexes: { byEmail: { on: ['email'], unique: true }, byTag: { on: ['tags[]', 'age'] } },
});
await people.put('ada', { email: 'ada@x', tags: ['a', 'b'], age: 36 });
await people.put('bob', { tags: ['b'] });
await db.compact();
await people.update('ada', (now) => ({ ...now, age: 37 }));
await kinds.put(['kind', 7], { after: 'compaction' });
await db.batch([
  { type: 'delRange', gte: name(100), lt: name(150) },
  { type: 'del', key: name(7) },
  { type: 'put', key: name(120), value: 'after the range' },
  { type: 'put', key: '', value: 'the empty key' },
]);
await db.flush();
await db.ingest(Array.from({ length: 40 }, (_, i) => [name(400 + 2 * i), `loaded ${i}`]));
await db.ingest(Array.from({ length: 40 }, (_, i) => [name(20 + i), `loaded over ${i}`]));
await db.put(name(402), 'after the load');
await db.put(name(5), 'before the reopen');
await db.put('session:0003', 'gone', { expiresAt: 1 });
await db.close();
db = await open(join(directory, 'db'), { ...options, createIfMissing: false });
const held = db.snapshot(); // no compaction comes for what is deleted now
await db.delRange({ gte: name(420), lt: name(430) });
await db.delRange({ gte: name(425), lt: name(440) }); // overlaps the one before
await db.flush();
await db.transaction(
  (tx) => {
    tx.put(name(1), 'from the log');
    tx.del(name(2));
    tx.delRange({ gte: name(200), lt: name(210) });
  },
  { commitId: 'golden' },
);
await db.put('session:0004', 'later', { expiresAt: LATE_MS + 400 });
await db.put('session:0005', 'gone', { expiresAt: 1 });
const entries = await db.entries().all();
await db.close();
held.close();
writeFileSync(join(directory, 'entries.json'), `${JSON.stringify(entries, null, 1)}\n`);
