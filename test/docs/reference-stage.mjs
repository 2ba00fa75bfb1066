/**
 * Runs the examples of the reference in one process, each on a database of its own: `reference-stage.mjs <examples.json>`.
 *
 * Owns: what the examples find. `db` has keys of text and values of JSON, and the entry `visits`. `accounts`, `users` and
 * `ledger` are keyspaces of it: alice and bob with a balance; ada, bob and cyd with two indexes; an entry that cannot change.
 * `notes` is a collection of two documents. `g` is a graph: `ada` knows `bob`, who knows `cyd`. `store` is a store of
 * backups. The database lies in memory, and in a directory of its own where an example names a path.
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
import { verifyExtension, verifyProof } from 'varve/ledger';

const TEXT = { keyEncoding: 'utf8', valueEncoding: 'json' };
const INDEXES = { byEmail: { on: ['email'], unique: true }, byCity: { on: ['city'] } };
const LEDGER = { ...TEXT, mode: 'append-only', verifiable: true };
const ENTRIES = { collection, edge, graph, node, verifyExtension, verifyProof };
const TOOLS = { ...varve, ...ENTRIES, randomBytes, once, Worker };

const list = resolve(process.argv[2]);
const home = dirname(list);

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
};

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
  const console = { log: (...values) => print(format(...values)) };
  const show = (value) => print(inspect(value));
  Object.assign(globalThis, TOOLS, stage, { store: memoryStore(), console, show });
  try {
    await import(pathToFileURL(file).href);
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
