/** What the threads of pool.test.ts serve. */
import process from 'node:process';
import { threadId } from 'node:worker_threads';
import { InvalidArgumentError } from '../../src/base/errors.ts';
import { type Database, servePool } from '../../src/worker/index.ts';

type Texts = Database<string, string>;

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
    /** Waits for the key, which the owner puts. */
    async wait(db: Texts, key: string) {
      while (db.getSync(key) === undefined) await new Promise((resolve) => setImmediate(resolve));
      return threadId;
    },
  },
  { keyEncoding: 'utf8', valueEncoding: 'utf8' },
);
