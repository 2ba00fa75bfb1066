/**
 * A backend: a replicated engine that others run, as Varve sees it.
 *
 * Owns: the seam between the store over a network and the engines that it can stand on. It has four verbs: `snapshot`,
 * `commit`, `watch`, `close`. What is the same on every backend lies above, in remote-store.ts and the API: a transaction's
 * own writes, merging, read ranges, retries, encodings, keyspaces, expiry, updates, indexes and commit ids. What differs is
 * told by capabilities. A call that a backend cannot do is refused by name before anything happens.
 *
 * Guarantees of every backend:
 *   backend/one-order: commits are in one order, and versions grow along it. A commit is visible whole. Commits that become
 *       visible together, so that no snapshot is between them, may share a version.
 *   backend/snapshot-fixed: a snapshot shows the state at one place of that order until it is closed. It shows every commit
 *       that was acknowledged before the call of `snapshot`, by whichever client.
 *   backend/first-committer: a commit with a snapshot loses when another commit after that snapshot wrote, or deleted, a key
 *       that it writes, deletes or names in `reads`. Then nothing of it is written. A key that was absent counts: who read
 *       that there is no key 'b' loses to who put it.
 *   backend/once: a commit is applied at most once, whatever breaks on the way. An adapter that sends it again, or finds out
 *       on another server what became of it, does so by its `id`.
 *   backend/acknowledged-stays: a commit that was acknowledged survives the loss of any minority of the servers.
 *   backend/watch-whole: a watch gives each commit once, whole, in their order, without a gap. Those that share a version it
 *       gives as one, with the last value of each key.
 *
 * Errors, beside those that a call names: UnavailableError when no server answers in time, and ClosedError after `close`.
 *
 * Bytes that are given to a backend stay as they are until the promise of the call settles. Bytes that a backend gives are
 * the caller's. Keys are compared as unsigned bytes. No key is empty, and no value is: a backend may keep an empty value for
 * marks of its own.
 *
 * Suspension: every call that returns a promise suspends.
 */
import type { Durability, Isolation } from '../base/options.ts';

/** A range of keys: from `start`, inclusive, to `end`, exclusive; undefined: without end. */
export interface BackendRange {
  /** The first key that may be in it. */
  readonly start: Uint8Array;
  /** The first key above it; undefined: there is none. */
  readonly end: Uint8Array | undefined;
}

/** A key and its value. */
export interface BackendRow {
  /** At least one byte. */
  readonly key: Uint8Array;
  /** At least one byte. */
  readonly value: Uint8Array;
}

/** A part of a range, asked of a snapshot. */
export interface PageRequest extends BackendRange {
  /** True: from the end of the range to its start. */
  readonly isReverse: boolean;
  /** Rows that may come at most; at least 1. */
  readonly rowCountMax: number;
  /** Bytes of keys and values after which the page may end. A page has at least one row, if there is any. */
  readonly sizeBytesMax: number;
}

/** The first rows of the part, in the direction asked for. */
export interface Page {
  /** In the direction asked for. */
  readonly rows: readonly BackendRow[];
  /** True when rows may follow. Then `rows` is not empty. */
  readonly hasMore: boolean;
}

/** One state of the data, for reads. Calls may overlap. */
export interface BackendSnapshot {
  /**
   * Its place in the commit order: a whole number up to 2^53. A later state has no smaller one, and one that shows more
   * commits has a greater one. It is compared, kept, and given back to `watch`; nothing is added to it.
   */
  readonly version: number;
  /**
   * The value of a key; undefined when it is absent. Rejects with StateGoneError when the backend does not keep this state
   * any longer: so do the two below.
   */
  get(key: Uint8Array): Promise<Uint8Array | undefined>;
  /** The values of several keys, in their order. */
  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]>;
  /** The rows at the begin of a part of a range. */
  page(request: PageRequest): Promise<Page>;
  /** Gives back what it holds. Idempotent. A commit that names this snapshot comes before. */
  close(): void;
}

/** What a snapshot is for: some backends must know when they make it. */
export interface SnapshotRequest {
  /** `serializable`: a commit from it names what it has read. */
  readonly isolation: Isolation;
  /** True when no commit will name it. */
  readonly isReadOnly: boolean;
  /** The key that is read first, where that is known: a backend may read it in the same round trip. */
  readonly firstKey: Uint8Array | undefined;
  /** Ends waiting for a server. */
  readonly signal: AbortSignal | undefined;
}

/** A write of one key; undefined deletes it. */
export interface BackendWrite {
  /** At least one byte. */
  readonly key: Uint8Array;
  /** At least one byte; undefined deletes. */
  readonly value: Uint8Array | undefined;
}

/** A key that must have a value when a commit is applied; undefined: it must be absent. */
export interface BackendGuard {
  /** One that is never deleted. */
  readonly key: Uint8Array;
  /** The value that it must have. */
  readonly value: Uint8Array | undefined;
}

/** One commit: all of it or nothing. */
export interface BackendCommit {
  /** Where it stands in the commit order, for backend/first-committer. Undefined: its writes depend on nothing. */
  readonly snapshot: BackendSnapshot | undefined;
  /**
   * What must be unchanged since the snapshot; empty without one. A single key is the range from it to its successor, which
   * is the key with a zero byte behind it. Ranges may overlap and have no order. An adapter may merge them into wider ones.
   */
  readonly reads: readonly BackendRange[];
  /**
   * Checked against the state that the commit is applied to, with or without a snapshot: the commit loses unless all of them
   * hold. One, mostly, that few commits write: the number of the catalog. So a commit does not go past a catalog that has
   * changed, such as a new index.
   */
  readonly guards: readonly BackendGuard[];
  /** Each key once, in the order of keys. It may be empty: then the commit only asks whether `reads` are unchanged. */
  readonly writes: readonly BackendWrite[];
  /** Drawn for this call: 16 random bytes (backend/once). */
  readonly id: Uint8Array;
  /** A commit is at least as durable. */
  readonly durability: Durability;
  /** When it was made, by the clock of this client: milliseconds since 1970. Watches tell it. */
  readonly wallMs: number;
  /** Ends waiting before the commit is sent. From then on its outcome is waited for. */
  readonly signal: AbortSignal | undefined;
}

/** What became of a commit. */
export type BackendOutcome =
  | {
      /** It is durable and visible. */
      readonly isCommitted: true;
      /** Its place in the commit order. */
      readonly version: number;
    }
  | {
      /** Nothing of it was written. */
      readonly isCommitted: false;
      /**
       * A key over which it lost, or the start of a range; undefined when the backend does not tell. A guard that does not hold
       * goes before the rest, where the backend can tell.
       */
      readonly key: Uint8Array | undefined;
    };

/** A watch over a range. */
export interface WatchRequest extends BackendRange {
  /** Commits after this version are given. */
  readonly after: number;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/** A commit as a watch tells of it: those of its writes that lie in the range. */
export interface WatchedCommit {
  /** Its place in the commit order. */
  readonly version: number;
  /** As the commit said; undefined when that is not known. */
  readonly wallMs: number | undefined;
  /** Not empty, in the order of keys, each key once. */
  readonly writes: readonly BackendWrite[];
}

/** What a backend can do, and up to which size. What it lacks or exceeds is refused before anything is sent. */
export interface BackendCapabilities {
  /** The levels that it keeps. */
  readonly isolation: readonly Isolation[];
  /**
   * True: what a transaction has read counts only once a commit with its snapshot was acknowledged, be it without a write. So
   * a serializable transaction that may write is committed in any case.
   */
  readonly mustCommitReads: boolean;
  /** False: there are no changes, streams or watches. */
  readonly canWatch: boolean;
  /** Bytes of one key. */
  readonly keySizeBytesMax: number;
  /** Bytes of one value. */
  readonly valueSizeBytesMax: number;
  /** Bytes of the keys and values that one commit writes, together. */
  readonly commitSizeBytesMax: number;
  /** Keys that one commit writes. */
  readonly commitWriteCountMax: number;
}

/** A replicated engine, as the database on it needs it. Made by `connect` of an entry, such as `varve/etcd`. */
export interface Backend {
  /** One word for messages, such as `etcd`. */
  readonly name: string;
  /** The address that it was opened with, without a password. */
  readonly location: string;
  /** What it can do, and up to which size. */
  readonly capabilities: BackendCapabilities;

  /** The newest state (backend/snapshot-fixed). */
  snapshot(request: SnapshotRequest): Promise<BackendSnapshot>;

  /**
   * Commits. Resolves when it is durable and visible, or has lost. Rejects with UnavailableError: its `outcome` is
   * `not-applied`, or `unknown` when the backend could not be asked for too long. Rejects with InvalidArgumentError for a
   * commit that the servers refuse for its size, and with StateGoneError when its snapshot is too old to be checked.
   */
  commit(commit: BackendCommit): Promise<BackendOutcome>;

  /**
   * The commits after a version, as they come, until the signal is aborted: then it ends without an error. It goes on by
   * itself after a server is lost. Throws HistoryGoneError when the commits after the version are not kept any longer.
   */
  watch(request: WatchRequest): AsyncIterable<WatchedCommit>;

  /**
   * Gives back the space that deleted keys of a range still take, as far as the backend needs help with that. Undefined when
   * it needs none.
   */
  readonly tidy?: (range: BackendRange, signal: AbortSignal | undefined) => Promise<void>;

  /** Ends everything: watches, snapshots, connections. Calls under way reject with ClosedError. Idempotent. */
  close(): Promise<void>;
}
