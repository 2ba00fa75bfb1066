/**
 * Late operations for a store that is elsewhere: in the owner's thread, or behind a network.
 *
 * Owns: how a commit with late operations becomes one without. Functions of the caller's cannot be sent. So they run here,
 * at a place in the commit order, and what they have read goes along. The store commits when that is unchanged. Otherwise
 * they run again, at a newer place.
 *
 * Invariants:
 *   optimistic/as-if-newest: late operations that are committed were computed from values that nobody has changed up to
 *       the place of the commit. So the outcome is that of computing them in the step of the commit.
 *   optimistic/again-locked: the first try of each commit runs beside others. One that has lost locks what it has read and
 *       tries again. So it wins then, however fast others write these keys: they wait for the lock.
 *   optimistic/writes-nothing-else: as late-operations/writes-nothing-else.
 *
 * Suspension: `commit` suspends for blocks, for the store and for locks. The functions run in one turn each time.
 */
import { abortedBy } from '../base/abort.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import type { SequenceNumber } from '../base/ids.ts';
import { type BatchMark, CommitBatch } from '../batch/commit-batch.ts';
import { type ByteSlice, copyRange } from '../bytes/bytes.ts';
import type { KeyRange } from '../bytes/key-range.ts';
import {
  type LookupResult,
  type LookupStatus,
  NEEDS_BLOCK,
} from '../iterator/internal-iterator.ts';
import type { OpenScan, Overlay } from '../iterator/overlay.ts';
import type { CommitRequest } from '../txn/commit-request.ts';
import type { LateOperations, TurnView } from '../txn/late-operations.ts';
import { ReadSet } from '../txn/read-set.ts';
import { LOCK_TIMEOUT_MS_DEFAULT } from '../txn/lock-table.ts';
import type { StoreLocks, StoreSnapshot } from './contract.ts';

/** A commit that is ready to be sent. */
export interface ComputedCommit {
  /** The operations of the request, then the late ones. */
  readonly batch: CommitBatch;
  /** Where the late ones begin: the store validates the contender for those before. */
  readonly mark: BatchMark;
  /** Where they were computed. It is closed when `send` has settled. */
  readonly place: StoreSnapshot;
  /** What they have read there: it must be unchanged. */
  readonly reads: ReadSet;
}

/** The store as this file needs it. */
export interface OptimisticHost {
  readonly locks: Pick<StoreLocks, 'acquire' | 'release'>;
  /** A place of a transaction that may write, for this request; the caller closes it. */
  begin(request: CommitRequest): StoreSnapshot;
  /**
   * Runs a step that reads at the place. Undefined when the step is done. Otherwise it has asked for what is not in memory:
   * the promise brings that there, and the step runs again.
   */
  step(place: StoreSnapshot, run: () => void): Promise<unknown> | undefined;
  /** Commits it. Resolves with false when something that the late operations have read has changed. */
  send(request: CommitRequest, computed: ComputedCommit): Promise<boolean>;
  noteRetry(): void;
}

export class OptimisticCommits {
  readonly #host: OptimisticHost;
  /** True while functions of the caller's run. */
  #isInStep = false;
  /** True when a call from within them was refused. */
  #hasRefused = false;

  constructor(host: OptimisticHost) {
    this.#host = host;
  }

  /** Throws InvalidArgumentError for a call from within late operations (optimistic/writes-nothing-else). */
  mustNotBeInStep(): void {
    if (!this.#isInStep) return;
    this.#hasRefused = true;
    throw writesWithin();
  }

  /** Commits a request with late operations, or with a guard that demands some. The batch is kept until it is over. */
  async commit(request: CommitRequest): Promise<void> {
    const { locks } = this.#host;
    let lost = await this.#try(request);
    if (lost === undefined) return;
    const owner = request.owner ?? { cost: Infinity, timeoutMs: LOCK_TIMEOUT_MS_DEFAULT };
    try {
      while (lost !== undefined) {
        this.#host.noteRetry();
        const { keys } = lost;
        const read = Array.from({ length: keys.count }, (_, slot) => keys.keyOf(slot));
        const wait = { timeoutMs: owner.timeoutMs, signal: request.signal };
        await locks.acquire(owner, { keys: read, ranges: [] }, wait); // optimistic/again-locked
        lost = await this.#try({ ...request, owner });
      }
    } finally {
      if (request.owner === undefined) locks.release(owner);
    }
  }

  /** Resolves with what the late operations have read when that has changed. */
  async #try(request: CommitRequest): Promise<ReadSet | undefined> {
    const { signal, late, derived, batch: own } = request;
    if (signal?.aborted === true) throw abortedBy(signal, 'Commit was aborted');
    const place = this.#host.begin(request);
    try {
      const view = place.view();
      await late?.readAhead(view, own);
      await derived?.readAhead(view, own);
      const computed = await this.#compute(request, place);
      const { batch, reads } = computed;
      if (batch.operationCount === 0 && request.contender === undefined) return undefined;
      return (await this.#host.send(request, computed)) ? undefined : reads;
    } finally {
      place.close();
    }
  }

  async #compute(request: CommitRequest, place: StoreSnapshot): Promise<ComputedCommit> {
    for (;;) {
      const reads = new ReadSet();
      const batch = new CommitBatch();
      batch.addAll(request.batch);
      const mark = batch.mark();
      const view = new NotedView(place.view(), reads);
      const loading = this.#host.step(place, () => this.#fill(request, batch, view));
      if (loading === undefined) return { batch, mark, place, reads };
      await loading;
    }
  }

  #fill({ guard, late }: CommitRequest, batch: CommitBatch, view: TurnView): void {
    this.#isInStep = true;
    this.#hasRefused = false;
    try {
      const derived: LateOperations | undefined = guard?.();
      late?.addTo(batch, view);
      derived?.addTo(batch, view);
    } finally {
      this.#isInStep = false;
    }
    if (this.#hasRefused) throw writesWithin(); // also when the function has caught it
  }
}

function writesWithin(): InvalidArgumentError {
  return new InvalidArgumentError('A function that computes a write must not write or lock itself');
}

/** A view that notes what it is asked for. */
class NotedView implements TurnView {
  readonly #view: TurnView;
  readonly #reads: ReadSet;

  constructor(view: TurnView, reads: ReadSet) {
    this.#view = view;
    this.#reads = reads;
  }

  get sequence(): SequenceNumber {
    return this.#view.sequence;
  }

  find(key: ByteSlice, hash: number, result: LookupResult): LookupStatus {
    const status = this.#view.find(key, hash, result);
    if (status !== NEEDS_BLOCK) this.#note(key, hash);
    return status;
  }

  findSync(key: ByteSlice, hash: number, result: LookupResult): boolean {
    this.#note(key, hash);
    return this.#view.findSync(key, hash, result);
  }

  findLater<T>(
    key: Uint8Array,
    hash: number,
    take: (result: LookupResult) => T,
  ): Promise<T | undefined> {
    this.#reads.addKey(hash, key, 0, key.length);
    return this.#view.findLater(key, hash, take);
  }

  /** The whole range counts as read. */
  scan(range: KeyRange, overlay?: Overlay): OpenScan {
    const observer = this.#reads.addScan(range, false);
    observer.positioned(range.lower && copyRange(range.lower, 0, range.lower.length));
    observer.exhausted();
    return this.#view.scan(range, overlay);
  }

  withExpired(): TurnView {
    return new NotedView(this.#view.withExpired(), this.#reads);
  }

  #note({ bytes, start, end }: ByteSlice, hash: number): void {
    this.#reads.addKey(hash, bytes, start, end);
  }
}
