/**
 * What the calls of a database take beside their arguments.
 *
 * Owns: the public names of these options, and which names there are.
 */
import type { Durability, Template } from '../base/options.ts';
import { RANGE_OPTIONS, type ScanOptions } from './ranges.ts';
import type { Snapshot } from './snapshot.ts';

/** What a read takes. */
export interface ReadOptions {
  /** Reads what this snapshot sees; the newest published state otherwise. */
  readonly snapshot?: Snapshot;
}

/** What a write takes. */
export interface WriteOptions {
  /** `'sync'` or `'os'`; the database's default otherwise. */
  readonly durability?: Durability;
  /** Gives up waiting for room, with AbortedError. A commit that has begun is not undone. */
  readonly signal?: AbortSignal;
}

/** What `verify` takes. */
export interface VerifyOptions {
  /** Ends the call with AbortedError. */
  readonly signal?: AbortSignal;
}

/** What `flush` takes. */
export interface FlushOptions {
  /** Ends the wait with AbortedError; a flush that has begun goes on. */
  readonly signal?: AbortSignal;
}

/** What `compact` takes beside its range. */
export interface CompactOptions {
  /** Ends the call with AbortedError; a step that has begun goes on, and what was compacted stays so. */
  readonly signal?: AbortSignal;
}

/** What a scan of the database takes. */
export interface DatabaseScanOptions<K> extends ScanOptions<K>, ReadOptions {}

export const READ_OPTIONS: Template<ReadOptions> = { snapshot: undefined };
export const WRITE_OPTIONS: Template<WriteOptions> = { durability: undefined, signal: undefined };
export const LONG_CALL_OPTIONS: Template<VerifyOptions> = { signal: undefined };
export const SCAN_OPTIONS: Template<DatabaseScanOptions<unknown>> = {
  ...RANGE_OPTIONS,
  reverse: undefined,
  limit: undefined,
  snapshot: undefined,
};
