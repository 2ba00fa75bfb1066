/**
 * The end of the log, and of what commits have left of their tries.
 *
 * Owns: how long the log and the tries are kept. Every client cuts at intervals. A cut is one transaction with a range deletion of each, however many keys they hold. The versions of FoundationDB are the clock
 * (versions.ts), so the clocks of clients do not matter.
 *
 * What a death of the client or the cluster leaves: the cut is one transaction, log and horizon together.
 *
 * Invariants:
 *   foundationdb-cutter/horizon-with-log: the horizon moves in the transaction that cuts the log, and never back. So a stream
 *       whose next commits are gone is told.
 *   foundationdb-cutter/keeps-tries: what became of a try is kept for an hour, far longer than a call may last.
 *
 * Suspension: `cut` suspends for the servers.
 */
import { LogUpkeep } from '../adapters/commit-log.ts';
import type { Cluster } from './cluster.ts';
import type { Layout } from './layout.ts';
import { versionBefore, versionBytes, versionOf } from './versions.ts';

const ID_KEPT_MS = 3_600_000;

/** Tries at a state before this version may be forgotten (foundationdb-cutter/keeps-tries). */
export function idsKeptFrom(version: number): number {
  return versionBefore(version, ID_KEPT_MS);
}

export class Cutter {
  readonly #cluster: Cluster;
  readonly #layout: Layout;
  readonly #historyMs: number;
  readonly #upkeep: LogUpkeep;

  constructor(cluster: Cluster, layout: Layout, historyMs: number) {
    this.#cluster = cluster;
    this.#layout = layout;
    this.#historyMs = historyMs;
    this.#upkeep = new LogUpkeep(historyMs, () => this.cut());
  }

  /** Takes away what is old. */
  async cut(signal?: AbortSignal): Promise<void> {
    const layout = this.#layout;
    const use = { ...(signal === undefined ? {} : { signal }) };
    await this.#cluster.read(async (transaction) => {
      const now = versionOf(await transaction.getReadVersion());
      const oldest = versionBefore(now, this.#historyMs);
      transaction.clearRange(layout.log, layout.logAfter(oldest));
      transaction.byteMax(layout.horizon, versionBytes(oldest));
      transaction.clearRange(layout.ids, layout.idsBefore(idsKeptFrom(now)));
      await transaction.rawCommit(); // done twice it does no harm
    }, use);
  }

  close(): void {
    this.#upkeep.close();
  }
}
