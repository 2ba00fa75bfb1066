/**
 * Runs the examples of the reference in one process, each on a database of its own: `reference-stage.mjs <examples.json>`.
 *
 * Owns: what the examples find. `db` has keys of text and values of JSON, and the entry `visits`. `accounts`, `users` and
 * `ledger` are keyspaces of it: alice and bob with a balance; ada, bob and cyd with two indexes; an entry that cannot change.
 * `notes` is a collection of two documents. `g` is a graph: `ada` knows `bob`, who knows `cyd`. `store` is a store of
 * backups. `animals` is a VarveLevel with an ant and a cat, `cached` a store for Keyv with two pages, `visitors` one for
 * sessions with two of them. An `S3Client` has a small server on this machine. The database lies in memory, and in a
 * directory of its own where an example names a path.
 *
 * Prints one JSON object for each example: its name, and the lines that it printed, or its error.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { format, inspect } from 'node:util';
import { Worker } from 'node:worker_threads';
import * as varve from 'varve';
import { collection } from 'varve/documents';
import { edge, graph, node } from 'varve/graph';
import { varveFastify } from 'varve/fastify';
import { keyvStore } from 'varve/keyv';
import { verifyExtension, verifyProof } from 'varve/ledger';
import { observeMetrics, prometheusContentType, prometheusText, traceEvents } from 'varve/metrics';
import { sessionStore } from 'varve/session';

const TEXT = { keyEncoding: 'utf8', valueEncoding: 'json' };
const INDEXES = { byEmail: { on: ['email'], unique: true }, byCity: { on: ['city'] } };
const LEDGER = { ...TEXT, mode: 'append-only', verifiable: true };
const ENTRIES = { collection, edge, graph, node, verifyExtension, verifyProof };
const METRICS = { observeMetrics, prometheusContentType, prometheusText, traceEvents };
const FRAMEWORKS = { keyvStore, sessionStore, varveFastify };
const TOOLS = { ...varve, ...ENTRIES, ...METRICS, ...FRAMEWORKS, randomBytes, once, Worker };
const BUCKET = 'my-backups';

const list = resolve(process.argv[2]);
const home = dirname(list);

/** What the examples have begun and left, and what ends at the end. */
const realConsole = { ...console };
const begun = [];
const ends = [];

/** The four verbs, over a map. */
function memoryStore() {
  const objects = new Map();
  return {
    async put(name, content) {
      const pieces = [];
      for await (const piece of content) pieces.push(piece);
      objects.set(name, Buffer.concat(pieces));
    },
    async get(name) {
      const found = objects.get(name);
      return found && (async function* () { yield new Uint8Array(found); })(); // prettier-ignore
    },
    async *list(prefix) {
      for (const [name, { length: sizeBytes }] of [...objects].sort()) {
        if (name.startsWith(prefix)) yield { name, sizeBytes };
      }
    },
    async delete(name) {
      objects.delete(name);
    },
  };
}

/** What an example with this text may name. */
async function openStage(text, hasFiles) {
  const where = hasFiles ? {} : { vfs: new varve.MemoryVfs() };
  const times = { history: {}, versionRetentionMs: 3_600_000 };
  const settings = { ...TEXT, ...times, ...where, background: 'inline', durability: 'os' };
  const db = await varve.open(hasFiles ? './database' : '/database', settings);
  await db.put('visits', 3);
  const stage = { db };
  for (const [name, make] of Object.entries(PARTS)) {
    if (new RegExp(`\\b${name}\\b`).test(text)) Object.assign(stage, await make(db));
  }
  return stage;
}

const PARTS = {
  async accounts(db) {
    const accounts = await db.keyspace('accounts', TEXT);
    await accounts.put('alice', { balance: 100 });
    await accounts.put('bob', { balance: 20 });
    return { accounts };
  },

  async users(db) {
    const users = await db.keyspace('users', { ...TEXT, indexes: INDEXES });
    for (const [name, city] of Object.entries({ ada: 'Graz', bob: 'Linz', cyd: 'Graz' })) {
      await users.put(name, { email: `${name}@x`, city });
    }
    return { users };
  },

  async ledger(db) {
    const ledger = await db.keyspace('ledger', LEDGER);
    await ledger.put('rent', { amount: 60 });
    return { ledger };
  },

  async notes(db) {
    const notes = await collection(db, 'notes', { indexes: { byDay: { on: ['day'] } } });
    await notes.insert({ id: 'a', day: 1, text: 'one' });
    await notes.insert({ id: 'b', day: 2, text: 'two' });
    return { notes };
  },

  async g(db) {
    const g = await graph(db, 'social');
    const people = Object.entries({ Ada: 36, Bob: 30, Cyd: 41 });
    const [ada, bob, cyd] = await g.createNodes(
      people.map(([name, age]) => ({ labels: ['Person'], properties: { name, age } })),
    );
    await g.createEdge({ from: ada, to: bob, type: 'KNOWS', properties: { since: 2020 } });
    await g.createEdge({ from: bob, to: cyd, type: 'KNOWS' });
    return { g, ada, bob, cyd };
  },

  async VarveLevel() {
    const { VarveLevel } = await import('varve/level');
    return { VarveLevel };
  },

  async animals(db) {
    const { VarveLevel } = await import('varve/level');
    const animals = new VarveLevel(db, { keyspace: 'animals', valueEncoding: 'json' });
    await animals.open();
    await animals.batch().put('ant', { legs: 6 }).put('cat', { legs: 4 }).write();
    return { animals };
  },

  async Keyv() {
    const { Keyv } = await import('keyv');
    return { Keyv };
  },

  async cached(db) {
    const cached = await keyvStore({ database: db, keyspace: 'cached' });
    await cached.set('pages:home', 'Welcome');
    await cached.set('pages:news', 'Nothing new');
    return { cached };
  },

  async session() {
    const { default: session } = await import('express-session');
    return { session };
  },

  async visitors(db) {
    const { default: session } = await import('express-session');
    const visitors = await sessionStore(session, { database: db, keyspace: 'visitors' });
    for (const name of ['get', 'all', 'length', 'clear', 'touch']) noteCalls(visitors, name);
    for (const [id, name] of Object.entries({ s1: 'Ada', s2: 'Bob' })) {
      const data = { name, cookie: { maxAge: 60_000 } };
      await new Promise((resolve) => visitors.set(id, data, resolve));
    }
    return { visitors };
  },

  async fastify() {
    const { default: fastify } = await import('fastify');
    return { fastify };
  },

  async S3Client() {
    const { S3Client } = await import('@aws-sdk/client-s3');
    const { s3Store } = await import('varve/s3');
    const { default: S3rver } = await import('s3rver');
    const place = { directory: join(home, 's3'), configureBuckets: [{ name: BUCKET }] };
    const server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, ...place });
    const { port } = await server.run();
    ends.push(() => server.close());
    const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
    const here = { endpoint: `http://127.0.0.1:${port}`, forcePathStyle: true, credentials };
    class ClientOfHere extends S3Client {
      constructor(options) {
        super({ ...options, ...here });
      }
    }
    return { S3Client: ClientOfHere, s3Store };
  },
};

/** Keeps a promise of each call, which its callback settles. */
function noteCalls(store, name) {
  const call = store[name].bind(store);
  store[name] = (...given) => {
    const done = given.pop();
    const called = new Promise((resolve) => {
      call(...given, (...results) => {
        done(...results);
        resolve();
      });
    });
    begun.push(called);
  };
}

/** An example is a module. What it uses without an import are globals. */
async function runExample({ text, file, directory, modules, hasDamage }) {
  const lines = [];
  if (directory !== undefined) {
    mkdirSync(directory);
    process.chdir(directory);
    for (const module of modules) cpSync(join(home, module), join(directory, module));
  }
  const stage = await openStage(text, directory !== undefined);
  if (hasDamage) await stage.db.checkpoint('./damaged');
  const print = (text) => lines.push(...text.split('\n'));
  const console = { ...realConsole, log: (...values) => print(format(...values)) };
  const show = (value) => print(inspect(value));
  Object.assign(globalThis, TOOLS, stage, { store: memoryStore(), console, show });
  try {
    await import(pathToFileURL(file).href);
    while (begun.length > 0) await begun.shift();
    await nextTurn(); // listeners
    return { lines };
  } catch (error) {
    return { lines, error: inspect(error) };
  } finally {
    await stage.db.close();
    process.chdir(home);
  }
}

for (const { name, ...example } of JSON.parse(readFileSync(list, 'utf8'))) {
  process.stdout.write(`${JSON.stringify({ name, ...(await runExample(example)) })}\n`);
}
for (const end of ends) await end();
