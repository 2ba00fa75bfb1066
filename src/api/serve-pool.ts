/**
 * The side of a pool that runs in its threads.
 *
 * Owns: the public `servePool`: a module that `db.pool` runs calls it once, with its functions.
 *
 * Invariants:
 *   serve-pool/in-order: calls run one after the other, and the end comes after them.
 *   serve-pool/always-answers: each call is answered once, whatever its function throws or returns.
 *   serve-pool/snapshots-end: the snapshots of a call are closed before its answer is sent, because the owner holds their
 *       places no longer than that. What reads at one later gets ClosedError.
 *
 * Suspension: `servePool` is synchronous; calls suspend as their functions do.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { InvalidArgumentError } from '../base/errors.ts';
import type { DatabaseHandle } from '../threads/messages.ts';
import {
  errorAnswer,
  POOL_HANDLE,
  type PoolAnswer,
  type PoolCall,
  type PoolRequest,
  type SentSnapshot,
} from '../threads/thread-pool.ts';
import type { ThreadStore } from '../threads/thread-store.ts';
import { type AttachOptions, attachTo } from './attach.ts';
import type { Database } from './database.ts';
import type { EncodingsFor } from './encoding-types.ts';
import { spaceOf } from './keyspace.ts';
import { makeSnapshot, type Snapshot } from './snapshot.ts';

/**
 * Functions that a pool runs. The database comes first, then what `pool.run` was given after the name. A snapshot among that
 * is one of this database, which shows the state of the caller's until the function has returned.
 */
export type PoolFunctions<K, V> = Readonly<
  Record<string, (db: Database<K, V>, ...args: never[]) => unknown>
>;

/**
 * Serves the functions to the pool of `db.pool` that has started this thread. Their results and arguments are sent as
 * `postMessage` sends values. Call it once, at the top of the module. `options` are those of `attach`.
 *
 * Throws InvalidArgumentError where no pool has started the thread.
 *
 * @example
 * import { servePool } from 'varve/worker';
 *
 * const encodings = { keyEncoding: 'utf8', valueEncoding: 'json' };
 *
 * async function total(db, name, snapshot) {
 *   const accounts = await db.keyspace(name, encodings);
 *   let sum = 0;
 *   for await (const { balance } of accounts.values({ snapshot })) sum += balance;
 *   return sum;
 * }
 *
 * servePool({ total }, encodings);
 */
export function servePool<K = Uint8Array, V = Uint8Array>(
  functions: PoolFunctions<K, V>,
  options?: AttachOptions & Partial<EncodingsFor<K, V>>,
): void {
  const handle = handleOfPool();
  const port = parentPort;
  if (handle === undefined || port === null) {
    throw new InvalidArgumentError('servePool is for a module that db.pool has started');
  }
  const opening = attachTo(handle, options);
  opening.catch(() => undefined); // told by each call
  const run = async ({ name, args, snapshots }: PoolCall): Promise<PoolAnswer> => {
    const taken: Snapshot[] = [];
    try {
      if (!Object.hasOwn(functions, name)) {
        throw new InvalidArgumentError(
          `Module of the pool serves no such function: name=${name} known=${Object.keys(functions).join()}`,
        );
      }
      const { db, store } = await opening;
      const given = [...args];
      for (const each of snapshots) taken.push((given[each.index] = snapshotHere(db, store, each)));
      const value: unknown = await functions[name]!(db as Database<K, V>, ...(given as never[])); // its own, as just looked
      return { value };
    } catch (error) {
      return errorAnswer(error);
    } finally {
      for (const each of taken) each.close(); // serve-pool/snapshots-end
    }
  };
  const answer = (given: PoolAnswer): void => {
    try {
      port.postMessage(given);
    } catch (cause) {
      const message =
        'Result of a function of a pool cannot be sent: it holds a function, for example';
      port.postMessage(errorAnswer(new InvalidArgumentError(message, { cause })));
    }
  };
  let last: Promise<void> = Promise.resolve(); // serve-pool/in-order
  port.on('message', (request: PoolRequest) => {
    last = last.then(async () => {
      if (request.kind === 'run') {
        answer(await run(request)); // serve-pool/always-answers
        return;
      }
      port.close();
      await opening.then(({ db }) => db.close()).catch(() => undefined); // the owner may be closed
    });
  });
}

/** A snapshot of the caller, as one of the database of this thread. */
function snapshotHere(
  db: Database<unknown, unknown>,
  store: ThreadStore,
  at: SentSnapshot,
): Snapshot {
  return makeSnapshot(spaceOf(db)!.share, store.heldPlace(at)); // a database is a keyspace
}

function handleOfPool(): DatabaseHandle | undefined {
  const data: unknown = workerData;
  if (typeof data !== 'object' || data === null) return undefined;
  return Reflect.get(data, POOL_HANDLE) as DatabaseHandle | undefined; // attach looks at it
}
