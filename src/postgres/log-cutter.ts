/**
 * The end of the log: commits that were kept long enough.
 *
 * Owns: up to where the log is cut. Every client does so, now and then; who finds another at it goes on.
 *
 * What a death of the server leaves: the cut is one transaction, rows and horizon together.
 *
 * Invariants:
 *   log-cutter/newest-stays: the newest commit stays, because its version is the newest one.
 *   log-cutter/horizon-with-rows: the horizon moves in the transaction that removes the rows. So a commit that needs what is
 *       gone is told, and never judged by half of it.
 *
 * Suspension: `cut` suspends.
 */
import { LogUpkeep } from '../adapters/commit-log.ts';
import type { Pool } from './connections.ts';
import type { Statements } from './statements.ts';
import { Deadline } from '../adapters/time.ts';

const VERSION_COUNT_MAX = 2000;
const WAIT_MS = 5000;

export class LogCutter {
  readonly #pool: Pool;
  readonly #statements: Statements;
  readonly #historyMs: number;
  readonly #upkeep: LogUpkeep;

  constructor(pool: Pool, statements: Statements, historyMs: number) {
    this.#pool = pool;
    this.#statements = statements;
    this.#historyMs = historyMs;
    this.#upkeep = new LogUpkeep(historyMs, async () => {
      if (pool.hasRoom) await this.cut(); // readers come first
    });
  }

  /** Removes what is old, a part at a time. Resolves with how many commits. */
  async cut(): Promise<number> {
    let total = 0;
    for (;;) {
      const count = await this.#cutPart();
      total += count;
      if (count < VERSION_COUNT_MAX) return total;
    }
  }

  close(): void {
    this.#upkeep.close();
  }

  async #cutPart(): Promise<number> {
    const { lockHorizon, old, cut, moveHorizon } = this.#statements;
    const session = await this.#pool.acquire(new Deadline(WAIT_MS));
    try {
      const [horizon] = await session.run(lockHorizon);
      const found =
        horizon === undefined
          ? []
          : await session.rows(old, [horizon[0], this.#historyMs, VERSION_COUNT_MAX]);
      const last = found.at(-1)?.[0];
      if (last !== undefined) {
        await session.rows(cut, [last]);
        await session.rows(moveHorizon, [last]);
      }
      await session.commit();
      return found.length;
    } catch (error) {
      session.discard();
      throw error;
    } finally {
      this.#pool.release(session);
    }
  }
}
