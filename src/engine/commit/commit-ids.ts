/**
 * Commit ids: commits that carry an id are applied once.
 *
 * Owns: the lookup of an id, the records that a commit adds to be known by its id, and the database's own time, by
 * which ids grow old. The records are part of the commit that they stand for, and so survive, or not, together with it.
 *
 * One lookup finds an id, at any time. A record grows old by the *age* of the database: the milliseconds
 * for which it has been open, by the clock that never goes back. An open continues the age from the largest one on
 * record, so unrecorded time before a crash or a close counts as no time. The wall clock does not count: set ahead, set
 * back, or at 1970, it forgets nothing (docs/adr/0032-commit-ids.md).
 *
 * Invariants:
 *   commit-ids/applied-once: a commit is refused when the newest state, commits in flight included, remembers its id.
 *       The step that numbers the commit looks that up. So the second of two commits with one id is refused, even
 *       when its snapshot does not show the first.
 *   commit-ids/at-least: an id is remembered for at least the retention now in force. The option at its commit does
 *       not count. A record has the age of the step that numbered its commit, and only time that is on record passes.
 *   commit-ids/apart: different ids never conflict and never wait for each other. Records and removals are neither
 *       locked nor validated.
 *   commit-ids/bounded: a commit that records an id removes up to SWEEP_COUNT_MAX that are over, more than it adds.
 *
 * Suspension: every method is synchronous.
 */
import type { CommitBatch } from '../../batch/commit-batch.ts';
import { copyRange, EMPTY_SLICE, sliceOf } from '../../bytes/bytes.ts';
import { hashKey } from '../../bytes/hash.ts';
import type { KeyRange } from '../../bytes/key-range.ts';
import type { Clock } from '../../base/clock.ts';
import { EXHAUSTED, loadedSync, LookupResult } from '../../iterator/internal-iterator.ts';
import { DELETION, VALUE } from '../../base/value-type.ts';
import type { CommitRider } from '../../txn/commit-rider.ts';
import type { TurnView } from '../../txn/late-operations.ts';
import {
  AGE_KEYS,
  AGE_SIZE_BYTES,
  ageBytes,
  ageIn,
  ageKeyOf,
  checkedId,
  idKeyOf,
  parseAgeKey,
} from './commit-id-keys.ts';
import type { Horizons } from '../state/horizons.ts';
import { type AgedId, type Allowance, ExpiredIds } from './expired-ids.ts';
import type { OpenScan } from '../../iterator/overlay.ts';

/** Expired ids that one commit removes: a backlog shrinks, and the commit stays small. */
const SWEEP_COUNT_MAX = 16;
const NO_ALLOWANCE: Allowance = { operationCount: 0, sizeBytes: 0 };

/** The parts of the database that commit ids need. */
export interface CommitIdsHost {
  readonly clock: Clock;
  readonly horizons: Pick<Horizons, 'assigned'>;
  readonly retentionMs: number;
  /** What the sequence sees. */
  viewAt(sequence: number): Pick<TurnView, 'findSync'>;
  /** A cursor over the newest state, commits in flight included; used and closed in one turn. */
  scan(bounds: KeyRange): OpenScan;
}

export class CommitIds {
  readonly expired: ExpiredIds;
  readonly #host: CommitIdsHost;
  readonly #result = new LookupResult();
  readonly #openedAtMs: number;
  /** The largest age that was recorded before this open; undefined until it is asked for. */
  #startMs: number | undefined = undefined;
  #lastMs = 0;

  constructor(host: CommitIdsHost) {
    this.#host = host;
    this.#openedAtMs = host.clock.nowMs();
    const index = {
      visitFrom: (lower: Uint8Array, visit: (found: AgedId) => boolean) =>
        this.#visitFrom(lower, visit),
      recordedMs: (idKey: Uint8Array) => this.#recordedMs(idKey, this.assigned),
    };
    this.expired = new ExpiredIds(index, host.retentionMs);
  }

  /** The last sequence that was given out. */
  get assigned(): number {
    return this.#host.horizons.assigned;
  }

  /** True when a commit up to the sequence has this id. Throws InvalidArgumentError for a bad id. */
  has(id: string, sequence: number): boolean {
    return this.isRemembered(idKeyOf(checkedId(id)), sequence);
  }

  /** The record that a commit carries to be known by this id. Throws InvalidArgumentError for a bad id. */
  recordOf(id: string): IdRecord {
    return new IdRecord(this, checkedId(id));
  }

  /** The same for the key of an id. */
  isRemembered(idKey: Uint8Array, sequence: number): boolean {
    const recordedMs = this.#recordedMs(idKey, sequence);
    return recordedMs !== undefined && this.ageMs() <= recordedMs + this.#host.retentionMs;
  }

  /** The time of the database (commit-ids/at-least). Looks for the largest recorded age at its first call. */
  ageMs(): number {
    this.#startMs ??= this.#largestRecordedMs();
    const ageMs = this.#startMs + Math.floor(this.#host.clock.nowMs() - this.#openedAtMs);
    if (ageMs > this.#lastMs) this.#lastMs = ageMs;
    return this.#lastMs;
  }

  /** The value of a key, a copy, as the sequence sees it. */
  #bytesAt(key: Uint8Array, sequence: number): Uint8Array | undefined {
    const result = this.#result;
    const hash = hashKey(key, 0, key.length);
    if (!this.#host.viewAt(sequence).findSync(sliceOf(key), hash, result)) return undefined;
    return copyRange(result.value, result.valueStart, result.valueEnd);
  }

  #recordedMs(idKey: Uint8Array, sequence: number): number | undefined {
    const value = this.#bytesAt(idKey, sequence);
    return value && ageIn(value);
  }

  #largestRecordedMs(): number {
    const { cursor, close } = this.#host.scan({ lower: AGE_KEYS.start, upper: AGE_KEYS.end });
    try {
      if (loadedSync(cursor, cursor.seekLast()) === EXHAUSTED) return 0;
      return parseAgeKey(cursor.key, cursor.keyStart, cursor.keyEnd).ageMs;
    } finally {
      close();
    }
  }

  #visitFrom(lower: Uint8Array, visit: (found: AgedId) => boolean): void {
    const { cursor, close } = this.#host.scan({ lower, upper: AGE_KEYS.end });
    try {
      let status = loadedSync(cursor, cursor.seekAtLeast(lower));
      while (status !== EXHAUSTED) {
        if (!visit(parseAgeKey(cursor.key, cursor.keyStart, cursor.keyEnd))) return;
        status = loadedSync(cursor, cursor.next());
      }
    } finally {
      close();
    }
  }
}

/** The record of one id, and the removals that go with it. Used by the runs of one transaction, one after the other. */
export class IdRecord implements CommitRider {
  readonly key: Uint8Array;
  readonly #id: Uint8Array;
  readonly #ids: CommitIds;
  /** The id was looked for in the commits up to here, and is not remembered of them. */
  #newThrough = -1;
  #allowance: Allowance = NO_ALLOWANCE;
  #hasRemoved = false;

  constructor(ids: CommitIds, id: Uint8Array) {
    this.#ids = ids;
    this.#id = id;
    this.key = idKeyOf(id);
  }

  get operationCount(): number {
    return 2 + this.#allowance.operationCount;
  }

  get sizeBytes(): number {
    return 2 * (this.key.length + AGE_SIZE_BYTES) + this.#allowance.sizeBytes;
  }

  /** True when a commit up to the sequence has the id. */
  isKnown(sequence: number): boolean {
    const isKnown = this.#ids.isRemembered(this.key, sequence);
    this.#newThrough = isKnown ? -1 : sequence;
    return isKnown;
  }

  reserve(): void {
    this.#allowance = this.#ids.expired.allowance(SWEEP_COUNT_MAX, this.#ids.ageMs());
  }

  // ATOMIC(commit-ids/applied-once): nothing is committed between the lookup and the commit.
  addTo(batch: CommitBatch): boolean {
    const { assigned } = this.#ids;
    if (assigned !== this.#newThrough && this.isKnown(assigned)) return false;
    const ageMs = this.#ids.ageMs();
    const removals = this.#ids.expired.take(this.#allowance, ageMs);
    this.#hasRemoved ||= removals.length > 0;
    for (const key of removals) batch.add(DELETION, sliceOf(key), EMPTY_SLICE); // first: this id may be among them
    batch.add(VALUE, sliceOf(this.key), sliceOf(ageBytes(ageMs)));
    batch.add(VALUE, sliceOf(ageKeyOf(ageMs, this.#id)), EMPTY_SLICE);
    return true;
  }
  // END ATOMIC

  /** The commit was refused: the ids that it was to remove are searched for again. */
  onRefused(): void {
    if (this.#hasRemoved) this.#ids.expired.startOver();
    this.#hasRemoved = false;
  }
}
