/** What the threads of threads.test.ts serve. */
import { graphFunctions } from '../../src/graph/index.ts';
import { type Database, servePool } from '../../src/worker/index.ts';

servePool({
  ...graphFunctions(),
  /** Waits for the key, which the owner puts. */
  async wait(db: Database, key: Uint8Array) {
    while (db.getSync(key) === undefined) await new Promise((resolve) => setImmediate(resolve));
  },
});
