/**
 * The store of a database on a backend.
 *
 * Owns: the way from the contract of a store to the four verbs of a backend. Reads go to snapshots (remote-view.ts). A commit
 * becomes one request: what it writes, each key once, and what must be unchanged since the snapshot of its transaction.
 * Functions of the caller's run here (optimistic.ts). The catalog is read from a copy (catalog-copy.ts).
 *
 * Invariants:
 *   remote-store/own-order: a commit is sent after the snapshots that were asked for before it are known. So a snapshot never
 *       shows a commit of its own process that began after it.
 *   remote-store/one-snapshot: a commit is checked against one snapshot, that of its transaction. Late operations are computed
 *       there too.
 *   remote-store/key-order: commits that depend on nothing, and write the same key, are applied in the order of their calls,
 *       also when they are not awaited.
 *   remote-store/told-before: what the backend cannot do, or hold, is refused before anything is sent.
 *
 * Suspension: as the contract says. What is said to be done in a turn is, but for reads: they wait for the backend.
 */
import { randomBytes } from 'node:crypto';
import { abortedBy } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { ClosedError, ConflictError } from '../base/errors.ts';
import type { Durability, Isolation } from '../base/options.ts';
import { CommitBatch } from '../batch/commit-batch.ts';
import type { OneOperation } from '../batch/operation-encoder.ts';
import { EMPTY_BYTES, equalBytes, keySuccessor } from '../bytes/bytes.ts';
import type { BoundedRange, KeyRange } from '../bytes/key-range.ts';
import { CATALOG_KIND, systemRange } from '../bytes/keyspace-number.ts';
import type { StreamStart } from '../engine/history/commit-stream.ts';
import type { RecordedEncodings } from '../engine/recovery/recorded-encodings.ts';
import { ExpiryClock } from '../engine/state/expiry-clock.ts';
import type { PastPlace } from '../engine/state/past.ts';
import type { Store, StoreSnapshot, StoreView } from '../store/contract.ts';
import { type ComputedCommit, OptimisticCommits } from '../store/optimistic.ts';
import type { CommitFeed, StoreUpkeep } from '../store/upkeep.ts';
import type {
  CommitRequest,
  Contender,
  PublishedChange,
  WriteConditions,
} from '../txn/commit-request.ts';
import { LockTable } from '../txn/lock-table.ts';
import type { ReadSet } from '../txn/read-set.ts';
import type { Backend, BackendOutcome, BackendRange, BackendRow, BackendWrite } from './backend.ts';
import { RemoteCatalog } from './catalog-copy.ts';
import { FoldedWrites } from './folded-writes.ts';
import { KeyOrder } from './key-order.ts';
import { RemoteChanges } from './remote-changes.ts';
import { RemoteIdRecord } from './remote-id-record.ts';
import { CATALOG_NUMBER_KEY, MARK_KEY } from './remote-records.ts';
import type { RemoteState } from './remote-state.ts';
import { deleteExpired, deleteRows } from './remote-sweep.ts';
import { RemoteUpkeep } from './remote-upkeep.ts';
import { BorrowedPlace, RemotePlace, type ViewHost, viewOfNewest } from './remote-view.ts';

const CATALOG = systemRange(CATALOG_KIND);

/** How a store is made. */
export interface RemoteStoreOptions {
  readonly clock: Clock;
  readonly durability: Durability;
  readonly transactionSizeBytesMax: number;
  readonly commitIdRetentionMs: number;
  readonly encodings: RecordedEncodings;
}

/** One request to the backend, but for what every one has. */
interface Request {
  readonly state: RemoteState | undefined;
  readonly reads: readonly BackendRange[];
  readonly folded: FoldedWrites;
  readonly durability: Durability;
  readonly signal: AbortSignal | undefined;
}

export class RemoteStore extends RemoteUpkeep implements Store, StoreUpkeep {
  readonly isReadOnly: boolean = false;
  readonly isInTurn: boolean = false;
  readonly isRemote: boolean = true;
  readonly keeper: undefined = undefined;
  readonly clock: Clock;
  readonly durability: Durability;
  readonly transactionSizeBytesMax: number;
  readonly commitOperationCountMax: number;
  readonly encodings: RecordedEncodings;
  readonly catalogCopy: RemoteCatalog;
  readonly locks: Store['locks'];
  protected readonly backendName: string;
  readonly #backend: Backend;
  readonly #commitIdRetentionMs: number;
  readonly #expiryClock: ExpiryClock;
  readonly #viewHost: ViewHost;
  readonly #optimistic: OptimisticCommits;
  readonly #changes: RemoteChanges;
  readonly #lockTable: LockTable;
  /** Snapshots that were asked for and are not known yet (remote-store/own-order). */
  readonly #pending = new Set<Promise<unknown>>();
  readonly #inOrder = new KeyOrder();
  /** Commits under way. */
  readonly #commits = new Set<Promise<void>>();
  #newest = 0;
  #isRefusing = false;
  #closing: Promise<void> | undefined = undefined;

  constructor(backend: Backend, options: RemoteStoreOptions) {
    super();
    const { clock, durability, encodings } = options;
    const { capabilities } = backend;
    this.#backend = backend;
    this.backendName = backend.name;
    this.clock = clock;
    this.durability = durability;
    this.encodings = encodings;
    this.transactionSizeBytesMax = Math.min(
      options.transactionSizeBytesMax,
      capabilities.commitSizeBytesMax,
    );
    this.commitOperationCountMax = capabilities.commitWriteCountMax;
    this.#commitIdRetentionMs = options.commitIdRetentionMs;
    this.#expiryClock = new ExpiryClock(clock, { lastMs: 0 });
    this.catalogCopy = new RemoteCatalog(backend, (version) => this.#noteVersion(version));
    this.#viewHost = this.#makeViewHost();
    this.#lockTable = new LockTable(clock);
    this.locks = this.#makeLocks();
    this.#optimistic = new OptimisticCommits({
      locks: this.locks,
      begin: (request) => this.#beginStep(request),
      step: (place, run) => (place as BorrowedPlace).state.step(run), // of #beginStep
      send: (request, computed) => this.#send(request, computed),
      noteRetry: () => this.noteRetry(),
    });
    this.#changes = this.#makeChanges();
  }

  /** Reads the catalog. Called once, before anything else. */
  async start(): Promise<void> {
    await this.catalogCopy.refresh();
    if (!this.#backend.capabilities.canWatch) return;
    const range = { lower: CATALOG_NUMBER_KEY, upper: keySuccessor(CATALOG_NUMBER_KEY) };
    this.watch(range, () => {
      this.catalogCopy.refresh().catch(() => undefined); // the next commit finds out
    });
  }

  get location(): string {
    return this.#backend.location;
  }

  get wallMs(): number {
    return this.#expiryClock.now();
  }

  get horizons(): StoreUpkeep['horizons'] {
    const newest = this.#newest;
    return { assigned: newest, published: newest, durable: newest };
  }

  view(): StoreView {
    return viewOfNewest(this.#viewHost);
  }

  viewAt(): StoreView {
    throw this.unsupported('at', 'hold a snapshot from then');
  }

  snapshot(at?: PastPlace): StoreSnapshot {
    if (at !== undefined) this.viewAt();
    return new RemotePlace(this.#viewHost, { isolation: 'snapshot', isReadOnly: true });
  }

  begin(kind: 'read-only' | 'writing', isolation: Isolation = 'snapshot'): StoreSnapshot {
    return new RemotePlace(this.#viewHost, { isolation, isReadOnly: kind === 'read-only' });
  }

  batch(): CommitBatch {
    return new CommitBatch();
  }

  commit(request: CommitRequest): Promise<void> {
    this.#optimistic.mustNotBeInStep();
    this.#mustTakeCommits();
    return this.#tracked(this.#commit(request));
  }

  commitOne({ type, key, value }: OneOperation, conditions: WriteConditions): Promise<void> {
    const batch = this.batch();
    batch.add(type, key, value);
    return this.commit({ batch, ...conditions });
  }

  published(_sequence: number, contender?: Contender): Promise<void> | undefined {
    const place = contender?.place;
    const isCommitted =
      this.#backend.capabilities.mustCommitReads &&
      place instanceof RemotePlace &&
      place.isolation === 'serializable' &&
      !place.isReadOnly &&
      place.state.isUsed;
    if (!isCommitted) return undefined;
    return this.#tracked(this.#commitReads(place.state, contender?.reads));
  }

  commitIdRecord(id: string): RemoteIdRecord {
    return new RemoteIdRecord(id);
  }

  hasCommitted(id: string): Promise<boolean> {
    return new RemoteIdRecord(id).isIn(this.view());
  }

  noteRetry(): void {
    // Nothing is counted.
  }

  watch(range: KeyRange, listener: (change: PublishedChange) => void): () => void {
    return this.#changes.watch(range, listener);
  }

  refuseCommits(): void {
    this.#isRefusing = true;
    this.#lockTable.close(new ClosedError('Database is closed'));
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.refuseCommits();
    await Promise.allSettled([...this.#commits]);
    await this.#changes.close();
    await Promise.allSettled([...this.#pending]);
    await this.#backend.close();
  }

  // Upkeep.

  /** Reads show the newest state anyway; the catalog is read again. */
  async refresh(): Promise<void> {
    await this.catalogCopy.refresh();
  }

  /** Deletes what has expired, and lets the backend give back what deletions have left. */
  async compact({ lower, upper }: KeyRange, signal: AbortSignal | undefined): Promise<void> {
    const range = { start: lower ?? EMPTY_BYTES, end: upper };
    await deleteExpired(this.#sweepHost, range, signal);
    await this.#backend.tidy?.(range, signal);
  }

  /** Deletes what a dropped keyspace has left. */
  async releaseRange(range: BoundedRange): Promise<boolean> {
    try {
      await deleteRows(this.#sweepHost, range);
      return true;
    } catch (error) {
      if (error instanceof ClosedError) return false; // the next open goes on
      throw error;
    }
  }

  commits(start: StreamStart | undefined): CommitFeed {
    return this.#changes.feed(start);
  }

  // Commits.

  async #commit(request: CommitRequest): Promise<void> {
    const { signal, late, derived, guard } = request;
    if (signal?.aborted === true) throw abortedBy(signal, 'Commit was aborted');
    for (;;) {
      // The guard is asked anew each time: the catalog may have changed.
      if (late !== undefined || derived !== undefined || guard?.() !== undefined) {
        await this.#optimistic.commit(request);
        return;
      }
      if (await this.#send(request, undefined)) return;
    }
  }

  /** Where late operations read: at the place of their transaction, or at a new one (remote-store/one-snapshot). */
  #beginStep({ contender }: CommitRequest): BorrowedPlace {
    const own = placeOf(contender);
    const place =
      own ?? new RemotePlace(this.#viewHost, { isolation: 'serializable', isReadOnly: false });
    return new BorrowedPlace(place, own === undefined);
  }

  /** Resolves with false when the commit must be made anew: what it was computed from has changed, or the catalog. */
  async #send(request: CommitRequest, computed: ComputedCommit | undefined): Promise<boolean> {
    this.#mustTakeCommits();
    const { contender, durability, signal } = request;
    if (contender?.isUnnoted === true) {
      contender.lostTo = EMPTY_BYTES; // it runs again, and notes what it reads
      return true;
    }
    const folded = new FoldedWrites(computed?.batch ?? request.batch);
    const rider = contender?.rider;
    if (rider instanceof RemoteIdRecord) {
      folded.put(rider.key, rider.row(this.wallMs + this.#commitIdRetentionMs));
    }
    const place = placeOf(contender) ?? (computed?.place as BorrowedPlace | undefined); // of #beginStep
    const reads = [...readsOf(contender?.reads), ...readsOf(computed?.reads)];
    const sent = { state: place?.state, reads, folded, durability, signal };
    const outcome = await this.#withRanges(sent);
    if (outcome.isCommitted) {
      request.onSequenced?.();
      return true;
    }
    return this.#lose(request, folded, outcome.key);
  }

  /** What becomes of a commit that has lost: as `#send` says. */
  async #lose(
    { contender }: CommitRequest,
    folded: FoldedWrites,
    key: Uint8Array | undefined,
  ): Promise<boolean> {
    if (folded.touches(CATALOG)) throw new ConflictError('Another process has changed the catalog');
    const isOfCatalog = key === undefined || equalBytes(key, CATALOG_NUMBER_KEY);
    if (isOfCatalog) await this.catalogCopy.refresh();
    if (contender === undefined) return false;
    const idKey = contender.rider?.key;
    const isOfId = key !== undefined && idKey !== undefined && equalBytes(key, idKey);
    contender.lostTo = isOfId ? idKey : (key ?? EMPTY_BYTES);
    return true;
  }

  /** Sends a request, once its range deletions are known. */
  async #withRanges(request: Request): Promise<BackendOutcome> {
    const { folded } = request;
    if (folded.touches(CATALOG)) {
      folded.leaveKeyspaces();
      folded.put(CATALOG_NUMBER_KEY, RemoteCatalog.newNumber());
    }
    if (!folded.hasRanges) return this.#request(request);
    const use = { isolation: 'serializable', isReadOnly: false } as const;
    const own = request.state === undefined ? new RemotePlace(this.#viewHost, use) : undefined;
    const state = request.state ?? own?.state;
    try {
      if (state !== undefined) await folded.fillRanges(state, this.commitOperationCountMax);
      return await this.#request({ ...request, state, reads: [...request.reads, ...folded.reads] });
    } finally {
      own?.close();
    }
  }

  async #request({ state, reads, folded, durability, signal }: Request): Promise<BackendOutcome> {
    const writes = folded.inOrder(this.#backend.capabilities);
    const isUsed = state?.isUsed === true;
    if (!isUsed) state?.letBe();
    while (this.#pending.size > 0) await Promise.allSettled([...this.#pending]); // remote-store/own-order
    const snapshot = isUsed ? await state.snapshot() : undefined;
    if (writes.length === 0 && reads.length === 0) {
      return { isCommitted: true, version: this.#newest };
    }
    const send = async (): Promise<BackendOutcome> => {
      const outcome = await this.#backend.commit({
        snapshot,
        reads: snapshot === undefined ? [] : reads,
        writes,
        guards: [this.catalogCopy.guard],
        id: randomBytes(16),
        durability,
        wallMs: this.wallMs,
        signal,
      });
      if (outcome.isCommitted) this.#take(outcome.version, writes);
      return outcome;
    };
    return snapshot === undefined ? this.#inOrder.run(writes, send) : send();
  }

  #take(version: number, writes: readonly BackendWrite[]): void {
    this.#noteVersion(version);
    const number = writes.find(({ key }) => equalBytes(key, CATALOG_NUMBER_KEY))?.value;
    if (number !== undefined) this.catalogCopy.take(writes, number, version);
  }

  async #commitReads(state: RemoteState, reads: ReadSet | undefined): Promise<void> {
    const folded = new FoldedWrites(this.batch());
    const { durability } = this;
    const request = { state, reads: readsOf(reads), folded, durability, signal: undefined };
    const outcome = await this.#request(request);
    if (outcome.isCommitted) return;
    if (outcome.key === undefined) await this.catalogCopy.refresh();
    throw new ConflictError('What the transaction has read was changed by another commit');
  }

  #tracked(commit: Promise<void>): Promise<void> {
    const tracked = commit.finally(() => this.#commits.delete(tracked));
    this.#commits.add(tracked);
    return tracked;
  }

  #mustTakeCommits(): void {
    if (this.#isRefusing) throw new ClosedError('Database is closed');
  }

  #noteVersion(version: number): void {
    if (version > this.#newest) this.#newest = version;
  }

  // Parts.

  #makeViewHost(): ViewHost {
    const newest = (): number => this.#newest;
    const wallMs = (): number => this.wallMs;
    const rows = (): readonly BackendRow[] => this.catalogCopy.rows;
    return {
      backend: this.#backend,
      mustBeOpen: () => {
        if (this.#closing !== undefined) throw new ClosedError('Database is closed');
      },
      get newest(): number {
        return newest();
      },
      get wallMs(): number {
        return wallMs();
      },
      get catalogRows(): readonly BackendRow[] {
        return rows();
      },
      noteVersion: (version) => this.#noteVersion(version),
      notePending: (snapshot) => {
        this.#pending.add(snapshot);
        void snapshot.finally(() => this.#pending.delete(snapshot));
      },
    };
  }

  /** They keep callers of this process apart, not those of others. */
  #makeLocks(): Store['locks'] {
    const table = this.#lockTable;
    return {
      areHeld: false,
      acquire: (owner, request, limits) => {
        this.#optimistic.mustNotBeInStep();
        return table.acquire(owner, request, limits);
      },
      isHeldBy: () => false,
      isRangeHeldBy: () => false,
      writtenSince: () => undefined,
      release: (owner) => table.release(owner),
    };
  }

  #makeChanges(): RemoteChanges {
    const host = this.#viewHost;
    return new RemoteChanges({
      backend: this.#backend,
      clock: this.clock,
      get newest() {
        return host.newest;
      },
      noteVersion: (version) => this.#noteVersion(version),
      askNewest: async () => {
        const place = new RemotePlace(host, { isolation: 'snapshot', isReadOnly: true });
        try {
          return (await place.state.snapshot()).version;
        } finally {
          place.close();
        }
      },
      commitMark: async () => {
        const folded = new FoldedWrites(this.batch());
        folded.put(MARK_KEY, RemoteCatalog.newNumber());
        return this.#apply(folded, undefined);
      },
    });
  }

  get #sweepHost(): Parameters<typeof deleteRows>[0] {
    return {
      wallMs: this.wallMs,
      writeCountMax: this.commitOperationCountMax,
      newPlace: () => new RemotePlace(this.#viewHost, { isolation: 'snapshot', isReadOnly: false }),
      apply: async (folded, state) => void (await this.#apply(folded, state)),
    };
  }

  /** Commits what depends on nothing but the state, until it is there. Resolves with its version. */
  async #apply(folded: FoldedWrites, state: RemoteState | undefined): Promise<number> {
    for (;;) {
      this.#mustTakeCommits();
      const request = { state, reads: [], folded, durability: this.durability, signal: undefined };
      const outcome = await this.#request(request);
      if (outcome.isCommitted) return outcome.version;
      await this.catalogCopy.refresh();
      if (state !== undefined) throw new ConflictError('Rows were written meanwhile');
    }
  }
}

function placeOf(contender: Contender | undefined): RemotePlace | undefined {
  return contender?.place instanceof RemotePlace ? contender.place : undefined;
}

/** What must be unchanged. */
function readsOf(reads: ReadSet | undefined): BackendRange[] {
  if (reads === undefined) return [];
  const ranges: BackendRange[] = [];
  const { keys } = reads;
  for (let slot = 0; slot < keys.count; slot++) {
    const start = keys.keyOf(slot);
    ranges.push({ start, end: keySuccessor(start) });
  }
  for (const { lower, upper } of reads.ranges()) {
    ranges.push({ start: lower ?? EMPTY_BYTES, end: upper });
  }
  return ranges;
}
