/**
 * Finding calls that wait for ever while others write.
 *
 * Owns: a load that never pauses, and the verdict on a call beside it: the call must settle before the load has
 * committed so many times. Commits are counted and not milliseconds, so that a slow machine proves the same as a fast
 * one.
 *
 * Suspension: `endsUnderLoad` suspends until the call has settled or starved, and its writers have ended.
 */
import type { Database } from '../../src/api/database.ts';

export class StarvedError extends Error {}

export interface SteadyLoad {
  readonly db: Database<string, string>;
  /** How many writers await one commit after the other. */
  readonly writerCount?: number;
  readonly commitCountMax: number;
  /** One commit; the count of those before it is given. Default: a put of 200 bytes at a key from all over. */
  readonly commit?: (count: number) => Promise<unknown>;
}

/**
 * Runs `call` beside the load once that has begun, and resolves with how many commits it took to settle. Rejects as the
 * call does, and with StarvedError when it does not settle.
 */
export async function endsUnderLoad(
  what: string,
  call: () => Promise<unknown>,
  { db, writerCount = 8, commitCountMax, commit = spreadPut(db) }: SteadyLoad,
): Promise<number> {
  let count = 0;
  let isDone = false;
  const write = async (): Promise<void> => {
    while (!isDone && count < commitCountMax) await commit(count++);
  };
  const writers = Promise.all(Array.from({ length: writerCount }, write));
  while (count < writerCount * 4) await new Promise((resolve) => setImmediate(resolve));
  const before = count;
  const ended = call().finally(() => (isDone = true));
  const starved = writers.then(() => {
    if (!isDone) throw new StarvedError(`Starved: ${what} after ${count} commits`);
    return ended;
  });
  await Promise.race([ended, starved]);
  await writers;
  return count - before;
}

export function spreadPut(db: Database<string, string>): (count: number) => Promise<void> {
  return (count) =>
    db.put(String((count * 7919) % 1_000_003).padStart(12, '0'), 'v'.repeat(200), {
      durability: 'os',
    });
}
