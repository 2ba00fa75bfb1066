/**
 * One small program over varve, to be bundled and run where people run: `smoke.mjs <directory> <worker|inline> <snappy|none>`.
 *
 * Owns: what it takes to believe that the engine works there: durable puts side by side, a transaction, flushes in the
 * background and by call, compactions down to level 2, where blocks are compressed, a scan, a verify, a close and a reopen.
 * With SMOKE_PARTS in the environment a second database, encrypted, has the other parts: keyspaces, an index, expiry, a stream, the past, a ledger, documents, a
 * graph, a thread that attaches, and a backup. The program runs itself in that thread; an executable has no file to run.
 * Prints SMOKE OK at the end, or SMOKE FAILED with the error and ends with status 1. No await at the top level: CommonJS.
 */
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { open, restore } from 'varve';
import { collection } from 'varve/documents';
import { edge, graph, node } from 'varve/graph';
import { verifyExtension, verifyProof } from 'varve/ledger';
import { attach } from 'varve/worker';

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

const PEOPLE = {
  keyEncoding: 'utf8',
  valueEncoding: 'json',
  indexes: { byEmail: { on: ['email'], unique: true }, byTag: { on: ['tags[]'] } },
};
const BOOKS = { keyEncoding: 'utf8', valueEncoding: 'json', mode: 'append-only', verifiable: true };
const SECRET = 'a sentence that no file may show';

/** Writes one of each part; what it returns is read again after flush and compaction, and after a restore. */
async function writeParts(db) {
  const people = await db.keyspace('people', PEOPLE);
  await people.put('ada', { email: 'ada@x', tags: ['maths', 'tea'], note: SECRET });
  await people.put('bob', { email: 'bob@x', tags: ['tea'] });
  const clash = await people.put('eve', { email: 'ada@x' }).catch((error) => error);
  check(clash.code === 'UNIQUE', `a unique index refuses: ${clash}`);
  await db.put('session', 'short', { expiresAt: Date.now() + 1 });
  await db.put('lasting', 'long', { ttlMs: 3_600_000 });
  const books = await db.keyspace('books', BOOKS);
  await books.put('rent', { amount: 60 });
  const change = await books.put('rent', { amount: 6 }).catch((error) => error);
  check(change.code === 'APPEND_ONLY', `an append-only keyspace refuses: ${change}`);
  const root = await books.root();
  await books.put('tea', { amount: 5 });
  const { published } = db.stats().sequence;
  await db.transaction(async (tx) => {
    const ada = await tx.in(people).get('ada');
    tx.in(people).put('ada', { ...ada, tags: ['maths'] });
    tx.put('moved', 'in one commit');
  });
  const notes = await collection(db, 'notes', { indexes: { byDay: { on: ['day'] } } });
  await notes.insert({ id: 'first', day: 1, at: new Date(0) });
  await notes.patch('first', { increment: { day: 1 } });
  const social = await graph(db, 'social');
  const [ada, bob] = await social.createNodes([
    { labels: ['Person'], properties: { name: 'Ada' } },
    { labels: ['Person'], properties: { name: 'Bob' } },
  ]);
  await social.createEdge({ from: ada, to: bob, type: 'KNOWS' });
  return { root, published, ada, bob };
}

async function readParts(db, { ada, bob }) {
  const people = await db.keyspace('people', PEOPLE);
  const tea = await people
    .index('byTag')
    .keys({ prefix: ['tea'] })
    .all();
  check(tea.join() === 'bob', `the index follows its rows: ${tea}`);
  check((await people.index('byEmail').get(['ada@x'])).key === 'ada', 'the unique index finds');
  check(db.getSync('session') === undefined, 'what has expired is absent');
  check((await db.get('lasting')) === 'long', 'what has not expired is there');
  check((await db.get('moved')) === 'in one commit', 'a transaction over two keyspaces is there');
  const notes = await collection(db, 'notes', { indexes: { byDay: { on: ['day'] } } });
  const note = await notes.first({ where: { day: 2 } });
  check(note?.id === 'first' && note.at.getTime() === 0, 'a query finds the document');
  const social = await graph(db, 'social');
  const { nodes } = await social.shortestPath(ada, bob);
  check(nodes.join() === `${ada},${bob}`, `a path in the graph: ${nodes}`);
  const pattern = social.match(node('a').where({ name: 'Ada' }), edge('KNOWS'), node('b'));
  const [row] = await pattern.select('b.name').all();
  check(row['b.name'] === 'Bob', 'a pattern finds its rows');
}

async function readPast(db, { root, published }) {
  const people = await db.keyspace('people', PEOPLE);
  const then = await people.get('ada', { at: { sequence: published } });
  check(then.tags.join() === 'maths,tea', `time travel: ${then.tags}`);
  const kept = [];
  for await (const { operations } of db.changes({ since: published, follow: false })) {
    kept.push(...operations);
  }
  check(kept[0]?.keyspace === 'people' && kept.length > 3, `changes are told: ${kept.length}`);
  const books = await db.keyspace('books', BOOKS);
  const asJson = (value) => JSON.parse(JSON.stringify(value));
  const newer = verifyExtension(asJson(await books.proveExtension(root)), root);
  const proved = verifyProof(asJson(await books.prove('rent')), newer);
  check(Buffer.from(proved.value).toString() === '{"amount":60}', 'a proof is right');
}

/** The program runs itself in a thread, which reads and writes this database. */
async function attachThread(db) {
  const [, program = ''] = process.argv;
  if (!/\.[cm]?[jt]s$/.test(program)) return; // an executable
  const handle = db.share();
  const worker = new Worker(program, { workerData: { handle }, transferList: [handle.port] });
  const [told] = await once(worker, 'message');
  check(told === 'long', `a thread reads: ${told}`);
  check((await db.get('by a thread')) === 'put', 'what a thread has put is there');
  await worker.terminate();
}

async function inThread() {
  const db = await attach(workerData.handle, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
  const value = await db.get('lasting');
  await db.put('by a thread', 'put');
  await db.close();
  parentPort.postMessage(value);
}

async function tryParts(directory, { background, compression }) {
  const options = {
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
    encryption: { key: new Uint8Array(32).fill(7) },
    history: {},
    versionRetentionMs: 3_600_000,
    background,
    compression,
  };
  const source = join(directory, 'source');
  const db = await open(source, options);
  const parts = await writeParts(db);
  await db.flush();
  await db.compact();
  await readParts(db, parts);
  await readPast(db, parts);
  await attachThread(db);
  await db.backup(join(directory, 'backups'));
  await db.close();
  const files = readdirSync(source).map((name) => readFileSync(join(source, name)));
  check(!files.some((bytes) => bytes.includes(SECRET)), 'no file shows what is encrypted');
  const copy = join(directory, 'copy');
  await restore(join(directory, 'backups'), copy, { encryption: options.encryption });
  const restored = await open(copy, options);
  await readParts(restored, parts);
  const { problems } = await restored.verify();
  check(problems.length === 0, `verify finds nothing in the copy: ${JSON.stringify(problems)}`);
  await restored.close();
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
  if (process.env.SMOKE_PARTS !== undefined) await tryParts(join(directory, 'parts'), options);
  console.log('SMOKE OK');
}

const running = isMainThread ? main(process.argv.slice(-3)) : inThread();
running.catch((error) => {
  console.log('SMOKE FAILED', error?.code, error, error?.cause);
  process.exitCode = 1;
});
