/**
 * What readers may still ask for: sequences and clocks.
 *
 * Owns: the pins of snapshots and transactions as one answer, with the places of other threads and the retention of old
 * versions. Flushes and compactions drop what none of them sees.
 *
 * Suspension: every method is synchronous.
 */
import type { JobReaders } from '../../compaction/compaction.ts';
import type { ExpiryClock } from './expiry-clock.ts';
import {
  livePinSequences,
  mergedSequences,
  oldestPinSequence,
  type PastPins,
  type PinQueue,
} from './pin-list.ts';
import type { Retention } from './retention.ts';

/** Who reads. */
export interface ReaderHost {
  readonly snapshots: PinQueue;
  readonly transactions: PinQueue;
  readonly pastSnapshots: PastPins;
  readonly retention: Retention | undefined;
  /** Of other threads; undefined where none has attached. */
  readonly sharedStates: { places(): number[] } | undefined;
  readonly expiryClock: Pick<ExpiryClock, 'now'>;
}

export class ReaderHorizon {
  readonly #host: ReaderHost;

  constructor(host: ReaderHost) {
    this.#host = host;
  }

  /** For a job that begins now. Readers that come later read at or above the published horizon, or at a retained place. */
  forJob(): JobReaders {
    const { snapshots, transactions, pastSnapshots, retention, sharedStates } = this.#host;
    retention?.advance();
    const own = livePinSequences(snapshots, transactions);
    const others = [...(sharedStates?.places() ?? []), ...pastSnapshots.sequences()];
    const live = mergedSequences(own, others);
    const expiredMs = this.oldestWallMs;
    if (retention === undefined) return { snapshots: live, isRetaining: false, expiredMs };
    const { sequence } = retention.from;
    const below = live.filter((each) => each < sequence);
    return { snapshots: [...below, sequence], isRetaining: true, expiredMs };
  }

  /** The oldest sequence that a reader may still read at; Infinity when there is none. */
  get oldestSequence(): number {
    const { snapshots, transactions, pastSnapshots, retention, sharedStates } = this.#host;
    let oldest = oldestPinSequence(snapshots, transactions);
    for (const sequence of sharedStates?.places() ?? []) oldest = Math.min(oldest, sequence);
    for (const sequence of pastSnapshots.sequences()) oldest = Math.min(oldest, sequence);
    return retention === undefined ? oldest : Math.min(oldest, retention.from.sequence);
  }

  /** What has expired by it has expired for every reader, those to come included. */
  get oldestWallMs(): number {
    const { snapshots, transactions, pastSnapshots, retention, expiryClock } = this.#host;
    const now = retention?.from.wallMs ?? expiryClock.now();
    const pinned = Math.min(snapshots.oldestWallMs, transactions.oldestWallMs);
    return Math.min(now, pinned, pastSnapshots.oldestWallMs);
  }
}
