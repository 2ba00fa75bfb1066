/**
 * The store of a thread that has attached to a database.
 *
 * Owns: the way from the contract to shared memory, for reads, and to the owner, for everything else.
 *
 * Reads take the published state from shared memory (attached-states.ts). A commit goes to the owner as bytes, with its
 * conditions, and joins the groups there. Functions of the caller's run here (optimistic.ts). The owner keeps the catalog
 * and the indexes, so what a commit changes in an index is computed there, in its step.
 *
 * Invariants:
 *   thread-store/owner-keeps: the owner looks at each commit of a thread as at its own: keyspaces that were dropped, indexes,
 *       locks and conflicts.
 *
 * Suspension: as the contract says.
 */
import { MessagePort } from 'node:worker_threads';
import { type Clock, systemClock } from '../base/clock.ts';
import { describe } from '../base/describe.ts';
import {
  ClosedError,
  DatabaseFailedError,
  InvalidArgumentError,
  OwnerOnlyError,
} from '../base/errors.ts';
import { Latencies } from '../base/latency.ts';
import type { Durability } from '../base/options.ts';
import { FileKeys } from '../encryption/file-keys.ts';
import { CommitBatch } from '../batch/commit-batch.ts';
import type { OneOperation } from '../batch/operation-encoder.ts';
import type { BoundedRange, KeyRange } from '../bytes/key-range.ts';
import { BlockCache } from '../cache/block-cache.ts';
import { LoadChoice } from '../cache/load-choice.ts';
import type { CheckpointReport } from '../engine/copy/checkpoint.ts';
import type { VerifyReport } from '../engine/check/verify.ts';
import { CommitIds } from '../engine/commit/commit-ids.ts';
import { approximateSizeOf } from '../engine/read/approximate-size.ts';
import { AttachedStates } from '../engine/read/attached-states.ts';
import { CommitsSince } from '../engine/read/commits-since.ts';
import { SharedWords } from '../engine/read/shared-words.ts';
import type { RecordedEncodings } from '../engine/recovery/recorded-encodings.ts';
import type { PastPlace } from '../engine/state/past.ts';
import { type RangeStats, rangeStatsOf } from '../engine/upkeep/range-releases.ts';
import { SharedLookups } from '../sstable/shared-lookups.ts';
import { TableCache } from '../sstable/table-cache.ts';
import type {
  CatalogKeeper,
  CommitIdRecord,
  Store,
  StoreSnapshot,
  StoreView,
} from '../store/contract.ts';
import { type ComputedCommit, OptimisticCommits } from '../store/optimistic.ts';
import type { ThreadSettings } from '../store/thread-access.ts';
import type { StoreUpkeep } from '../store/upkeep.ts';
import type { CommitRequest, PublishedChange, WriteConditions } from '../txn/commit-request.ts';
import { keyedVfs } from '../vfs/keyed-vfs.ts';
import type { Vfs } from '../vfs/vfs.ts';
import { NodeVfs } from '../vfs/node-vfs.ts';
import { OpenFiles } from '../vfs/open-files.ts';
import { type CatalogCall, type DatabaseHandle, type SentCommit, sentReads } from './messages.ts';
import { ThreadIdRecord } from './thread-id-record.ts';
import { ThreadLink } from './thread-link.ts';
import { ThreadLocks } from './thread-locks.ts';
import { HeldPlace, ThreadPlace } from './thread-place.ts';

/** A handle whose parts were checked. */
interface KnownHandle {
  readonly port: MessagePort;
  readonly settings: ThreadSettings;
}

/** Attaches to the database of a handle. Rejects with ClosedError when it is closed, or has no room for another thread. */
export async function attachStore(handle: DatabaseHandle): Promise<ThreadStore> {
  const store = new ThreadStore(mustKnow(handle));
  await store.attached();
  return store;
}

export class ThreadStore implements Store, StoreUpkeep {
  readonly clock: Clock = systemClock;
  readonly isReadOnly: boolean = false;
  readonly isInTurn: boolean = false;
  readonly isRemote: boolean = false;
  readonly latencies: Latencies;
  readonly vfs: Vfs;
  /** The owner makes copies and archives. */
  readonly incarnation: string = '';
  readonly databaseId: string = '';
  readonly keyGeneration: undefined;
  readonly oldestLog: undefined;
  readonly durability: Durability;
  readonly transactionSizeBytesMax: number;
  readonly location: string;
  readonly encodings: RecordedEncodings;
  readonly locks: ThreadLocks;
  readonly keeper: CatalogKeeper | undefined;
  readonly catalogCopy: undefined = undefined;
  readonly commitOperationCountMax: number = Infinity;
  readonly #link: ThreadLink;
  readonly #states: AttachedStates;
  readonly #tables: TableCache;
  readonly #commitIds: CommitIds;
  readonly #optimistic: OptimisticCommits;
  readonly #catalogListeners: (() => void)[] = [];
  readonly #walked = { walkedCount: 0 };
  #isRefusing = false;

  constructor({ port, settings }: KnownHandle) {
    this.durability = settings.durability;
    this.transactionSizeBytesMax = settings.transactionSizeBytesMax;
    this.location = settings.location;
    this.encodings = settings.encodings;
    this.vfs = keyedVfs(new NodeVfs(), settings.keys && new FileKeys(settings.keys));
    const lookups = new SharedLookups(settings.openTableCountMax);
    lookups.onAdded((parts) => this.#link.post({ kind: 'lookup', parts }));
    this.#tables = new TableCache({
      vfs: this.vfs,
      directory: settings.location,
      blockCache: new BlockCache(
        settings.blockCacheSizeBytes,
        new LoadChoice(() => this.clock.nowMs()),
      ),
      openTableCountMax: settings.openTableCountMax,
      files: new OpenFiles(settings.descriptorCountMax),
      lookups,
    });
    this.#link = new ThreadLink(port, {
      onState: (parts) => this.#states.take(parts),
      onTurn: () => this.#states.moveOn(),
      onCatalog: () => {
        for (const listener of this.#catalogListeners) listener();
      },
      onLookups: (all) => {
        for (const parts of all) {
          lookups.replace(parts);
          this.#tables.useShared(parts);
        }
      },
      onClosed: () => this.#letGo(false),
    });
    const shared = new SharedWords(settings.words);
    this.latencies = new Latencies(shared.readNumbers(settings.slot));
    this.#states = new AttachedStates({
      shared,
      slot: settings.slot,
      tables: this.#tables,
      clock: this.clock,
      lastMs: settings.lastMs,
      drain: () => this.#link.drain(),
    });
    this.#optimistic = new OptimisticCommits({
      locks: {
        acquire: (owner, request, limits) => this.locks.acquire(owner, request, limits),
        release: (owner) => this.locks.release(owner),
      },
      begin: () => this.begin('writing'),
      step: (_place, run) => void run(), // a block is read within the step
      send: (request, computed) => this.#send(request, computed),
      noteRetry: () => this.noteRetry(),
    });
    this.locks = new ThreadLocks(
      this.#link,
      (sequence) =>
        new CommitsSince(this.#states.view().state, this.#tables, sequence, this.#walked),
      () => this.#optimistic.mustNotBeInStep(),
    );
    this.keeper = settings.hasCatalog ? this.#keeper() : undefined;
    this.#commitIds = this.#makeCommitIds(settings.commitIdRetentionMs);
  }

  /** Tells the owner that this thread reads from now on. */
  async attached(): Promise<void> {
    await this.#link.call('attach', undefined);
    this.#states.view();
  }

  get wallMs(): number {
    return this.#states.expiryClock.now();
  }

  view(): StoreView {
    return this.#states.view();
  }

  viewAt(): StoreView {
    throw ownerOnly('get or entries with at');
  }

  snapshot(at?: PastPlace): StoreSnapshot {
    if (at !== undefined) throw ownerOnly('snapshot with at');
    return new ThreadPlace(this.#states, false);
  }

  /** A place that the owner holds for this thread, until the call ends that reads there. */
  heldPlace(at: { readonly sequence: number; readonly wallMs: number }): StoreSnapshot {
    return new HeldPlace(this.#states, at);
  }

  begin(kind: 'read-only' | 'writing'): StoreSnapshot {
    return new ThreadPlace(this.#states, kind === 'writing');
  }

  batch(): CommitBatch {
    return new CommitBatch();
  }

  commit(request: CommitRequest): Promise<void> {
    this.#optimistic.mustNotBeInStep();
    this.#mustTakeCommits();
    if (this.keeper !== undefined) return this.#commit(withoutDerived(request));
    return this.#commit(request);
  }

  async #commit(request: CommitRequest): Promise<void> {
    if (request.late !== undefined || request.derived !== undefined || request.guard?.()) {
      await this.#optimistic.commit(request);
    } else {
      await this.#send(request, undefined);
    }
  }

  commitOne({ type, key, value }: OneOperation, conditions: WriteConditions): Promise<void> {
    const batch = this.batch();
    batch.add(type, key, value);
    return this.commit({ batch, ...conditions });
  }

  get horizons(): StoreUpkeep['horizons'] {
    const { sequence } = this.#states.view();
    return { assigned: sequence, published: sequence, durable: sequence };
  }

  published(sequence: number): Promise<void> | undefined {
    void sequence; // a place of this thread is at what is published
    return undefined;
  }

  commitIdRecord(id: string): CommitIdRecord {
    return new ThreadIdRecord(id, this.#commitIds.recordOf(id));
  }

  hasCommitted(id: string): boolean {
    return this.#commitIds.has(id, this.#states.view().sequence);
  }

  noteRetry(): void {
    this.#link.post({ kind: 'retry' });
  }

  watch(range: KeyRange, listener: (change: PublishedChange) => void): () => void {
    return this.#link.watch(range, listener);
  }

  refuseCommits(): void {
    this.#isRefusing = true;
  }

  async close(): Promise<void> {
    this.refuseCommits();
    await this.#link.settled();
    await this.#states.source.settled();
    this.#letGo(!this.#link.isClosed); // before the owner hears of it (attached-states/own-slot)
    this.#link.close();
  }

  // Upkeep.

  async flush(signal: AbortSignal | undefined): Promise<void> {
    await this.#link.call('flush', undefined, signal);
  }

  async compact(range: KeyRange, signal: AbortSignal | undefined): Promise<void> {
    await this.#link.call('compact', range, signal);
  }

  async verify(signal: AbortSignal | undefined): Promise<VerifyReport> {
    return (await this.#link.call('verify', undefined, signal)) as VerifyReport; // of the owner's store
  }

  async checkpoint(directory: string, signal: AbortSignal | undefined): Promise<CheckpointReport> {
    return (await this.#link.call('checkpoint', directory, signal)) as CheckpointReport; // of the owner's store
  }

  setKeyspaceOptions(): void {
    // The owner writes the tables.
  }

  /** The owner does so, for every drop. */
  releaseRange(): Promise<boolean> {
    return Promise.resolve(false);
  }

  rangeStats(range: BoundedRange): RangeStats {
    return rangeStatsOf(this.#states.version, range);
  }

  approximateSize(range: BoundedRange): number {
    return approximateSizeOf(this.#states.version, this.#tables, range);
  }

  ingest(): Promise<never> {
    return Promise.reject(ownerOnly('ingest'));
  }

  rotateKey(): Promise<never> {
    return Promise.reject(ownerOnly('rotateKey'));
  }

  capture(): Promise<never> {
    return Promise.reject(ownerOnly('backup'));
  }

  logs(): never {
    throw ownerOnly('archive');
  }

  /** A thread sees what is published. */
  refresh(): Promise<void> {
    return Promise.resolve();
  }

  get isHistoryKept(): boolean {
    throw ownerOnly('consumer');
  }

  consumers(): Promise<never> {
    return Promise.reject(ownerOnly('consumers'));
  }

  commits(): never {
    throw ownerOnly('changes');
  }

  threadAccess(): never {
    throw ownerOnly('share');
  }

  stats(): never {
    throw ownerOnly('stats');
  }

  on(): never {
    throw ownerOnly('on');
  }

  off(): void {
    // `on` has begun nothing.
  }

  endLongCalls(): Promise<void> {
    return Promise.resolve();
  }

  /** Resolves with false when what the late operations have read has changed. */
  async #send(request: CommitRequest, computed: ComputedCommit | undefined): Promise<boolean> {
    this.#mustTakeCommits();
    const { contender, signal } = request;
    const answer = await this.#link.call('commit', this.#sent(request, computed), signal);
    if (answer.outcome === 'late') return false;
    if (contender !== undefined) {
      contender.lostTo = answer.outcome === 'lost' ? answer.key : undefined;
      const { rider } = contender;
      if (rider instanceof ThreadIdRecord && answer.outcome === 'lost') {
        rider.isKnownToOwner ||= answer.isById;
      }
    }
    if (answer.outcome === 'committed') request.onSequenced?.();
    return true;
  }

  #sent(request: CommitRequest, computed: ComputedCommit | undefined): SentCommit {
    const { batch, contender, durability, owner } = request;
    if (contender?.isDoomed === true) {
      throw new DatabaseFailedError('Place of a thread is never taken back', 'not-applied');
    }
    return {
      own: operationsOf(batch),
      late: computed && {
        bytes: computed.batch.encodedFrom(computed.mark),
        operationCount: computed.batch.operationCount - computed.mark.operationCount,
        sizeBytes: computed.batch.sizeBytes - computed.mark.sizeBytes,
        sequence: computed.place.sequence,
        reads: sentReads(computed.reads),
      },
      durability,
      contender: contender && {
        sequence: contender.sequence,
        isUnnoted: contender.isUnnoted,
        reads: contender.reads && sentReads(contender.reads),
        commitId: contender.rider instanceof ThreadIdRecord ? contender.rider.id : undefined,
      },
      locks: owner && { owner: this.locks.numberOf(owner), timeoutMs: owner.timeoutMs },
    };
  }

  #mustTakeCommits(): void {
    if (this.#isRefusing || this.#link.isClosed) throw new ClosedError('Database is closed');
  }

  #keeper(): CatalogKeeper {
    const change = async (takes: CatalogCall): Promise<void> => {
      await this.#link.call('catalog', takes);
    };
    return {
      open: (name, request) => change({ change: 'open', name, request }),
      rename: (name, to) => change({ change: 'rename', name, to }),
      drop: (name) => change({ change: 'drop', name }),
      dropIndex: (number, index) => change({ change: 'drop-index', number, index }),
      ready: (number) => change({ change: 'ready', number }),
      onChanged: (listener) => void this.#catalogListeners.push(listener),
    };
  }

  #makeCommitIds(retentionMs: number): CommitIds {
    const states = this.#states;
    return new CommitIds({
      clock: this.clock,
      horizons: {
        get assigned() {
          return states.view().sequence;
        },
      },
      retentionMs,
      viewAt: () => states.view(),
      scan: (bounds) => states.view().scan(bounds),
    });
  }

  #letGo(hasSlot: boolean): void {
    this.#isRefusing = true;
    this.#states.close(hasSlot);
    this.#tables.close();
  }
}

/** Throws InvalidArgumentError for anything but a handle that was posted with its port. */
function mustKnow(handle: DatabaseHandle): KnownHandle {
  const { port, settings } = (handle ?? {}) as Partial<DatabaseHandle>; // of any type at run time
  const isKnown =
    port instanceof MessagePort &&
    typeof settings === 'object' &&
    settings !== null &&
    'words' in settings;
  if (isKnown) return { port, settings: settings as ThreadSettings };
  throw new InvalidArgumentError(
    `Handle must be one that db.share() has made, posted with [handle.port] as what is transferred: found=${describe(handle)}`,
  );
}

/** The owner adds what indexes need (thread-store/owner-keeps); the guard is asked for what it throws. */
function withoutDerived(request: CommitRequest): CommitRequest {
  const { guard } = request;
  return {
    ...request,
    derived: undefined,
    guard: guard && (() => void guard()),
  };
}

function operationsOf(batch: CommitBatch): SentCommit['own'] {
  const { operationCount, sizeBytes } = batch;
  return { bytes: batch.encodedFrom(), operationCount, sizeBytes };
}

function ownerOnly(call: string): OwnerOnlyError {
  return new OwnerOnlyError(
    `Call ${call} is one of the thread that has opened the database: make it there, and post what comes of it`,
  );
}
