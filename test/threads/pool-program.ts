/** What the threads of pool.test.ts serve. */
import process from 'node:process';
import { threadId } from 'node:worker_threads';
import { InvalidArgumentError } from '../../src/base/errors.ts';
import type { Snapshot } from '../../src/index.ts';
import { type Database, servePool } from '../../src/worker/index.ts';
import { allAt } from './all-at.ts';

type Texts = Database<string, string>;

/** What `keep` has been given. */
const kept: Snapshot[] = [];

servePool<string, string>(
  {
    async read(db: Texts, prefix: string) {
      return db.keys({ prefix }).all();
    },
    async write(db: Texts, key: string, value: string) {
      await db.put(key, value);
      return threadId;
    },
    refuse(_db: Texts, message: string) {
      throw new InvalidArgumentError(message);
    },
    give: () => () => 1,
    exit: () => process.exit(3),
    /** The different answers at a snapshot, until the owner puts `end`. */
    async observe(db: Texts, name: string, snapshot: Snapshot) {
      const answers = new Set([await allAt(db, snapshot)]);
      await db.put(`ready:${name}`, '');
      for (let isOver = false; !isOver;) {
        isOver = db.getSync('end') !== undefined;
        answers.add(await allAt(db, snapshot));
      }
      return [...answers];
    },
    all: (db: Texts, snapshot: Snapshot) => allAt(db, snapshot),
    nested: (db: Texts, { snapshot }: { snapshot: Snapshot }) => allAt(db, snapshot),
    sequences: (_db: Texts, first: Snapshot, _word: string, second: Snapshot) => [
      first.sequence,
      second.sequence,
    ],
    keep(_db: Texts, snapshot: Snapshot) {
      kept.push(snapshot);
    },
    readKept: (db: Texts) => db.get('k', { snapshot: kept[0]! }),
    /** Waits for the key, which the owner puts. */
    async wait(db: Texts, key: string) {
      while (db.getSync(key) === undefined) await new Promise((resolve) => setImmediate(resolve));
      return threadId;
    },
  },
  { keyEncoding: 'utf8', valueEncoding: 'utf8' },
);
