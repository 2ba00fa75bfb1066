/**
 * Options of the calls of a database.
 *
 * Owns: the public names of these options, and the lists by which a call refuses other names.
 */
import type { Durability, Template } from '../base/options.ts';
import type { At } from '../store/at.ts';
import { EXPIRY_OPTIONS, type ExpiryOptions } from './expiry-options.ts';
import { RANGE_OPTIONS, type ScanOptions } from './ranges.ts';
import type { Snapshot } from './snapshot.ts';

/** Options of a read. */
export interface ReadOptions {
  /** Reads what this snapshot sees; the newest published state otherwise. */
  readonly snapshot?: Snapshot;
  /**
   * Reads a state of the past instead, within `versionRetentionMs`: `{ time }` or `{ sequence }`. Fails with
   * HistoryGoneError, which names the oldest one, where it is not kept any more.
   */
  readonly at?: At;
}

/** Options of `snapshot`. */
export interface SnapshotOptions {
  /** A state of the past, within `versionRetentionMs`: `{ time }` or `{ sequence }`. */
  readonly at?: At;
}

/** Options of a write. */
export interface WriteOptions {
  /** `'sync'` or `'os'`; the database's default otherwise. */
  readonly durability?: Durability;
  /** Gives up waiting for room, with AbortedError. A commit that has begun is not undone. */
  readonly signal?: AbortSignal;
}

/** Options of a put. */
export interface PutOptions extends WriteOptions, ExpiryOptions {}

/** Options of `verify`. */
export interface VerifyOptions {
  /** Ends the call with AbortedError. */
  readonly signal?: AbortSignal;
}

/** Options of `refresh`. */
export interface RefreshOptions {
  /** Ends the wait with AbortedError. */
  readonly signal?: AbortSignal;
}

/** Options of `flush`. */
export interface FlushOptions {
  /** Ends the wait with AbortedError; a flush that has begun goes on. */
  readonly signal?: AbortSignal;
}

/** Options of `compact`, beside its range. */
export interface CompactOptions {
  /** Ends the call with AbortedError; a step that has begun goes on, and what was compacted stays so. */
  readonly signal?: AbortSignal;
}

/** Options of a scan of the database. */
export interface DatabaseScanOptions<K> extends ScanOptions<K>, ReadOptions {}

export const READ_OPTIONS: Template<ReadOptions> = { snapshot: undefined, at: undefined };
export const SNAPSHOT_OPTIONS: Template<SnapshotOptions> = { at: undefined };
export const WRITE_OPTIONS: Template<WriteOptions> = { durability: undefined, signal: undefined };
export const PUT_OPTIONS: Template<PutOptions> = { ...WRITE_OPTIONS, ...EXPIRY_OPTIONS };
export const LONG_CALL_OPTIONS: Template<VerifyOptions> = { signal: undefined };
export const SCAN_OPTIONS: Template<DatabaseScanOptions<unknown>> = {
  ...RANGE_OPTIONS,
  reverse: undefined,
  limit: undefined,
  snapshot: undefined,
  at: undefined,
};

/** Ends a watch when it is called. Idempotent. */
export interface Watch {
  (): void;
  /** The same; for `using`. */
  [Symbol.dispose](): void;
}
