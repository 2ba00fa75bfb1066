/**
 * The store contract: a store keeps entries in one order of commits. The public API stands on it.
 *
 * Owns: the contract between the API and a store, and its guarantees. Keys and values are bytes here. The API adds what
 * is the same over every store: encodings, a transaction's own writes, retries, the shape of scans. The embedded engine
 * is one store (local-store.ts). test/store/conformance.ts is the suite that each store must pass.
 *
 * Four verbs:
 *   snapshot   a pinned place in the commit order;
 *   commit     a batch, all of it or nothing, under the conditions that it names;
 *   watch      hear when commits touch a range;
 *   close      the end: what was acknowledged is kept.
 *
 * Guarantees:
 *   store/one-order: commits are in one order. A commit is visible whole, and everything before it is visible with it.
 *   store/view-fixed: a view shows the state at one place of that order while it may be used. Later commits do not
 *       change it.
 *   store/own-commits: when a commit's promise has resolved, every later view shows it.
 *   store/first-committer: a contender loses when another commit after its place wrote a key that it writes or has
 *       read. Then nothing of it is written.
 *   store/outcome-told: the error of a rejected commit says whether the commit may be there all the same.
 *   store/watch-after: a listener is called after its commits are visible, in commit order, and never within a call of
 *       the store.
 *   store/close-is-last: after `close` no call has an effect; commits that have their place are finished by it.
 *
 * Suspension: a call that returns no promise is done in the same turn.
 */
import type { CommitBatch } from '../batch/commit-batch.ts';
import type { OneOperation } from '../batch/operation-encoder.ts';
import type { KeyRange } from '../bytes/key-range.ts';
import type { Clock } from '../base/clock.ts';
import type { Durability, Isolation } from '../base/options.ts';
import type { PastPlace } from '../engine/state/past.ts';
import type {
  CommitRequest,
  Contender,
  PublishedChange,
  WriteConditions,
} from '../txn/commit-request.ts';
import type { CommitRider } from '../txn/commit-rider.ts';
import type { TurnView } from '../txn/late-operations.ts';
import type { LockOwner, LockRequest } from '../txn/lock-request.ts';

/**
 * A read view as a value: what every read takes. It may be used in the turn in which it was asked for; longer between
 * `hold` and `release`. What has expired by its clock is absent: by the clock of its snapshot or, without one, of the
 * read.
 */
export interface StoreView extends TurnView {
  /** The same as of now, for several reads: its clock does not move on. */
  fixed(): StoreView;
  hold(): void;
  release(): void;
}

/** A pinned place in the commit order: what it sees is kept until it is closed. */
export interface StoreSnapshot {
  readonly sequence: number;
  /** Its clock: what has expired by it is absent. Milliseconds since 1970. */
  readonly wallMs: number;
  /** True when commits that it may have read were taken back for lack of space: a commit from here can only lose. */
  readonly isDoomed: boolean;
  /** The state at this place, as a value. */
  view(): StoreView;
  /**
   * Runs what reads at this place within one turn, and gives what it returns. Only where such reads may lack something:
   * undefined where each is answered. `ahead` asks for what `run` is known to read, undefined when that is in memory. What
   * `run` lacks all the same is read, and it runs again: until its last read it must have had no effect. A promise unless all
   * was in memory.
   */
  inStep?<T>(
    ahead: (view: StoreView) => Promise<unknown> | undefined,
    run: (view: StoreView) => T,
  ): T | Promise<T>;
  /** Moves it to the newest state, unless it is doomed. Only for the place of a transaction that may write. */
  advance(): void;
  /** Idempotent. */
  close(): void;
}

/** Locks of pessimistic transactions. What is locked by others makes a commit wait. */
export interface StoreLocks {
  /**
   * False: commits do not wait for locks, so there are no pessimistic transactions. `acquire` keeps other callers of
   * `acquire` in this process off the keys, and nobody else.
   */
  readonly areHeld: boolean;
  acquire(
    owner: LockOwner,
    request: LockRequest,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
  ): Promise<void>;
  isHeldBy(owner: LockOwner, key: Uint8Array): boolean;
  isRangeHeldBy(owner: LockOwner, range: LockRequest['ranges'][number]): boolean;
  /** A key of the request that was committed after the sequence, or undefined. */
  writtenSince(request: LockRequest, sequence: number): Uint8Array | undefined;
  /** Releases all locks of the owner. Idempotent. */
  release(owner: LockOwner): void;
}

/** A place that keeps the catalog of keyspaces for a store elsewhere: one for all who use the database. */
export interface CatalogKeeper {
  /** Opens or creates a keyspace; `request` is one that can be sent. */
  open(name: string, request: unknown): Promise<void>;
  rename(name: string, to: string): Promise<void>;
  drop(name: string): Promise<void>;
  dropIndex(number: number, index: string): Promise<void>;
  /** Resolves when the index of this number is built. */
  ready(number: number): Promise<void>;
  /** The listener hears, in a turn of its own, that the catalog has changed. */
  onChanged(listener: () => void): void;
}

/** The copy of the catalog that a store keeps where others change the catalog too. */
export interface CatalogCopy {
  /** The listener hears, in a turn of its own, that the catalog has changed. */
  onChanged(listener: () => void): void;
  /** Takes what others have made of the catalog. */
  refresh(): Promise<void>;
}

/** The record of a commit id, on its way into one commit. */
export interface CommitIdRecord extends CommitRider {
  /** The same as `isKnown`, for a store that has to ask: the place is that of the transaction. */
  readonly isKnownAt?: (place: StoreSnapshot) => Promise<boolean>;
  /** True when a commit up to the sequence has the id. */
  isKnown(sequence: number): boolean;
  /** The commit was refused. */
  onRefused(): void;
}

export interface Store {
  /** True when nothing can be written: what would write fails with ReadOnlyError, and has done nothing. */
  readonly isReadOnly: boolean;
  readonly clock: Clock;
  /** The durability of commits that name none. */
  readonly durability: Durability;
  /** Bytes that one transaction may write. */
  readonly transactionSizeBytesMax: number;
  /** The time by which entries expire, now: milliseconds since 1970. */
  readonly wallMs: number;
  readonly locks: StoreLocks;
  /**
   * True when a commit has its place in the turn of its call, and late operations are computed in that step. Otherwise they
   * are computed before, and again when others came first (optimistic.ts): of commits that are not awaited, those with
   * late operations have no order.
   */
  readonly isInTurn: boolean;
  /** True when it lies on servers: what was not read before cannot be read within a turn. */
  readonly isRemote: boolean;
  /** Keeps the catalog, and indexes beside their rows, for this store. Undefined: who uses the store does so itself. */
  readonly keeper: CatalogKeeper | undefined;
  /** Undefined: nobody else changes the catalog. */
  readonly catalogCopy: CatalogCopy | undefined;
  /** Operations that one commit may have. */
  readonly commitOperationCountMax: number;

  /** The published state, for one read in this turn: it pins nothing. */
  view(): StoreView;
  /**
   * The state at a place of the past, for one read in this turn. Throws HistoryGoneError where old versions are not kept that
   * long, InvalidArgumentError for the future, OwnerOnlyError in another thread than the owner's.
   */
  viewAt(at: PastPlace): StoreView;
  /** A place at the published state, or at one of the past; throws as `viewAt`. */
  snapshot(at?: PastPlace): StoreSnapshot;
  /**
   * A place for a transaction. One that may write is at the newest state, commits on their way included: its commit is
   * acknowledged after them. One that only reads is at what is published.
   */
  begin(kind: 'read-only' | 'writing', isolation?: Isolation): StoreSnapshot;

  /** An empty batch, to be filled and given to `commit`. One that is never given is forgotten. */
  batch(): CommitBatch;
  /**
   * Commits the batch, or what its rider brings. Resolves when it is as durable as asked, and visible; also when its
   * contender has lost, which `lostTo` tells. Rejects as `Database` documents for writes.
   */
  commit(request: CommitRequest): Promise<void>;
  /** As `commit` of a batch with one operation that depends on nothing. Its bytes are needed during the call alone. */
  commitOne(operation: OneOperation, conditions: WriteConditions): Promise<void>;
  /**
   * Resolves when everything that has its place up to the sequence is visible; undefined when it is. `contender`: a
   * transaction that ends here and has written nothing. Rejects with ConflictError where what it has read does not count.
   */
  published(sequence: number, contender?: Contender): Promise<void> | undefined;
  /** The record of a commit id. Throws InvalidArgumentError for a bad id. */
  commitIdRecord(id: string): CommitIdRecord;
  hasCommitted(id: string): boolean | Promise<boolean>;
  /** A body runs again because its commit lost: for the statistics. */
  noteRetry(): void;

  /**
   * Calls `listener` when published commits have touched the range, once for all that were published together. Returns
   * a function that ends the watch. An error of the listener becomes a process warning.
   */
  watch(range: KeyRange, listener: (change: PublishedChange) => void): () => void;

  /** The first step of a close: no commit begins, and none waits. */
  refuseCommits(): void;
  /** Ends everything, when no view is held any more. Idempotent. After it no view, snapshot or scan is used. */
  close(): Promise<void>;
}
