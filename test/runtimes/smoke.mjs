/**
 * One small program over varve, to be bundled and run where people run: `smoke.mjs <directory> <worker|inline> <snappy|none>`.
 *
 * Owns: what it takes to believe that the engine works there: durable puts side by side, a transaction, flushes in the
 * background and by call, compactions down to level 2, where blocks are compressed, a scan, a verify, a close and a reopen.
 * Prints SMOKE OK at the end, or SMOKE FAILED with the error and ends with status 1. No await at the top level: CommonJS.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { open } from 'varve';

const ENTRY_COUNT = 3000;
const VALUE = 'a value that compresses well; '.repeat(16);

const key = (i) => `key:${String(i).padStart(6, '0')}`;
const sizeOfTables = (directory) =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.sst'))
    .reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);

function check(isRight, claim) {
  if (!isRight) throw new Error(`Not so: ${claim}`);
}

async function fill(db) {
  await Promise.all(Array.from({ length: 40 }, (_, i) => db.put(`durable:${i}`, 'v')));
  await db.transaction(async (tx) => {
    tx.put('tx', String((await tx.get('durable:7')) === 'v'));
  });
  for (let i = 0; i < ENTRY_COUNT; i++) await db.put(key(i), VALUE, { durability: 'os' });
  await db.batch([
    { type: 'del', key: key(7) },
    { type: 'delRange', gte: key(100), lt: key(200) },
  ]);
  await db.flush();
  await db.compact();
  await db.put('after', 'the compaction');
}

async function readBack(db) {
  check((await db.get('tx')) === 'true', 'the transaction is there');
  check(db.getSync('after') === 'the compaction', 'the last put is there');
  check(db.getSync(key(7)) === undefined, 'the deleted key is gone');
  let count = 0;
  for await (const [, value] of db.entries({ prefix: 'key:' })) count += Number(value === VALUE);
  check(count === ENTRY_COUNT - 101, `a scan finds what was put: found=${count}`);
  const { problems } = await db.verify();
  check(problems.length === 0, `verify finds nothing: ${JSON.stringify(problems)}`);
}

async function main([directory, background, compression]) {
  const options = {
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
    memtableSizeBytes: 256 * 1024,
    level1SizeBytes: 256 * 1024,
    background,
    compression,
  };
  const db = await open(directory, options);
  const second = await open(directory, options).catch((error) => error);
  check(second.code === 'LOCKED', 'a second open is refused');
  await fill(db);
  await readBack(db);
  await db.close();
  const isCompressed = sizeOfTables(directory) < (ENTRY_COUNT * VALUE.length) / 2;
  check(isCompressed === (compression === 'snappy'), `tables are compressed: ${isCompressed}`);
  const again = await open(directory, options);
  await readBack(again);
  await again.put('reopened', 'v');
  await again.close();
  console.log('SMOKE OK');
}

main(process.argv.slice(-3)).catch((error) => {
  console.log('SMOKE FAILED', error?.code, error, error?.cause);
  process.exitCode = 1;
});
