/**
 * The messages between the owner of a database and a thread that has attached to it.
 *
 * Owns: their shapes. Each way has one queue: requests to the owner come in lists, answers singly or in lists. What the
 * owner has sent before an answer is in the queue of the thread before it.
 *
 * Suspension: nothing here runs but two conversions, which are synchronous.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Durability } from '../base/options.ts';
import type { KeyRange } from '../bytes/key-range.ts';
import type { StateParts } from '../engine/read/shared-states.ts';
import type { LookupParts } from '../sstable/shared-lookups.ts';
import type { ReadSet } from '../txn/read-set.ts';
import type { LockRequest } from '../txn/lock-request.ts';
import type { SentError } from './thread-errors.ts';

/** A database for one other thread, made by `db.share()`. Post it with `[handle.port]` as the list of what is transferred. */
export interface DatabaseHandle {
  /** The way to the owner; goes with the handle. */
  readonly port: MessagePort;
  /** What the thread is told; no concern of the program's. */
  readonly settings: unknown;
}

/** What was read, as a message. */
export interface SentReads {
  /** The keys, one behind the other, and where each ends. */
  readonly keys: Uint8Array;
  readonly ends: Int32Array;
  readonly ranges: readonly KeyRange[];
}

export interface SentContender {
  readonly sequence: number;
  readonly isUnnoted: boolean;
  readonly reads: SentReads | undefined;
  readonly commitId: string | undefined;
}

/** Operations as CommitBatch.addEncoded takes them. */
export interface SentOperations {
  readonly bytes: Uint8Array;
  readonly operationCount: number;
  readonly sizeBytes: number;
}

export interface SentCommit {
  readonly own: SentOperations;
  /** Late ones, and what they follow from. */
  readonly late:
    (SentOperations & { readonly sequence: number; readonly reads: SentReads }) | undefined;
  readonly durability: Durability;
  readonly contender: SentContender | undefined;
  /** The number of the owner of its locks, and its patience. */
  readonly locks: { readonly owner: number; readonly timeoutMs: number } | undefined;
}

/** How a commit has ended; `late`: what its late operations have read has changed. */
export type CommitAnswer =
  | { readonly outcome: 'committed' | 'late' }
  | { readonly outcome: 'lost'; readonly key: Uint8Array; readonly isById: boolean };

/** The calls that the owner answers, with what they take and give. */
export interface Calls {
  readonly attach: { takes: undefined; gives: undefined };
  readonly commit: { takes: SentCommit; gives: CommitAnswer };
  readonly acquire: {
    takes: { owner: number; cost: number; request: LockRequest; timeoutMs: number };
    gives: undefined;
  };
  readonly flush: { takes: undefined; gives: undefined };
  readonly compact: { takes: KeyRange; gives: undefined };
  readonly verify: { takes: undefined; gives: unknown };
  readonly checkpoint: { takes: string; gives: unknown };
  readonly catalog: { takes: CatalogCall; gives: undefined };
}

/** A change of the catalog of keyspaces, which the owner makes. */
export type CatalogCall =
  | { readonly change: 'open'; readonly name: string; readonly request: unknown }
  | { readonly change: 'rename'; readonly name: string; readonly to: string }
  | { readonly change: 'drop'; readonly name: string }
  | { readonly change: 'drop-index'; readonly number: number; readonly index: string }
  | { readonly change: 'ready'; readonly number: number };

export type CallName = keyof Calls;

export interface CallMessage<N extends CallName = CallName> {
  readonly kind: 'call';
  readonly id: number;
  readonly name: N;
  readonly takes: Calls[N]['takes'];
  /** True when an `abort` may follow. */
  readonly hasSignal: boolean;
}

export type ThreadMessage =
  | { [N in CallName]: CallMessage<N> }[CallName]
  | { readonly kind: 'abort'; readonly id: number; readonly reason: string }
  | { readonly kind: 'release'; readonly owner: number }
  | { readonly kind: 'watch'; readonly id: number; readonly range: KeyRange }
  | { readonly kind: 'unwatch'; readonly id: number }
  | { readonly kind: 'retry' }
  | { readonly kind: 'lookup'; readonly parts: LookupParts }
  | { readonly kind: 'detach' };

export type OwnerMessage =
  | { readonly kind: 'state'; readonly parts: StateParts }
  | { readonly kind: 'done'; readonly id: number; readonly gives: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: SentError }
  | { readonly kind: 'change'; readonly id: number; readonly sequence: number }
  | { readonly kind: 'catalog' }
  | { readonly kind: 'lookups'; readonly lookups: readonly LookupParts[] }
  | { readonly kind: 'closed' };

export function sentReads(reads: ReadSet): SentReads {
  const { keys } = reads;
  const ends = new Int32Array(keys.count);
  let length = 0;
  for (let slot = 0; slot < keys.count; slot++) {
    length += keys.keyEnd(slot) - keys.keyStart(slot);
    ends[slot] = length;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (let slot = 0; slot < keys.count; slot++) {
    bytes.set(keys.bytes.subarray(keys.keyStart(slot), keys.keyEnd(slot)), at);
    at = ends[slot]!; // slot < count
  }
  return { keys: bytes, ends, ranges: [...reads.ranges()] };
}

export function keysOf({ keys, ends }: SentReads): Uint8Array[] {
  return Array.from(ends, (end, i) => keys.subarray(i === 0 ? 0 : ends[i - 1], end));
}
