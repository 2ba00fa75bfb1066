/**
 * A random history of transactions over lists, by clients of two handles of one database.
 *
 * Owns: the run. Clients and checker are those of test/isolation. Here clients overlap as the servers let them, so a seed
 * gives the same transactions and not the same history.
 */
import type { Isolation } from '../../src/index.ts';
import type { History, TransactionRecord } from '../isolation/history.ts';
import {
  readEverything,
  runClient,
  type Stored,
  type Target,
  type Workplace,
} from '../isolation/list-client.ts';
import { makeRandom } from '../support/prng.ts';
import type { AnyDatabase, Pair } from './database-contract.ts';

export interface ListHistoryOptions {
  readonly pair: Pair;
  readonly isolation: Isolation;
  readonly seed: number;
  readonly transactionCount: number;
  readonly clientCount?: number;
}

export async function runListHistory({
  pair,
  isolation,
  seed,
  transactionCount,
  clientCount = 6,
}: ListHistoryOptions): Promise<History> {
  const random = makeRandom(seed);
  const records: TransactionRecord[] = [];
  const keys = Array.from({ length: 6 }, (_, i) => `k${i}`);
  let [eventCount, elementCount, workLeft] = [0, 0, transactionCount];
  const place: Workplace = {
    random,
    isolation,
    durabilities: ['sync'],
    paddings: ['', 'x'.repeat(100)],
    keys,
    hasDeletions: true,
    isInTurn: false,
    records,
    now: () => ++eventCount,
    nextElement: () => ++elementCount,
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    hasWork: () => workLeft-- > 0,
  };
  const client = async (db: AnyDatabase): Promise<void> => {
    while (workLeft > 0) {
      try {
        await runClient(targetOf(db), place);
      } catch (error) {
        if (!isOpen(error)) throw error; // the record says that its outcome is unknown
      }
    }
  };
  await Promise.all(
    Array.from({ length: clientCount }, (_, i) => client(pair[i % 2 === 0 ? 0 : 1])),
  );
  await readEverything(targetOf(pair[0]), place);
  return { keys, transactions: records };
}

function targetOf(db: AnyDatabase): Target {
  return db as Database<Stored> as unknown as Target;
}

type Database<V> = AnyDatabase & { readonly value?: V };

function isOpen(error: unknown): boolean {
  return (error as { code?: string }).code === 'UNAVAILABLE';
}
