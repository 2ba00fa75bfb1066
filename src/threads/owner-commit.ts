/**
 * A commit of a thread, as the owner makes it.
 *
 * Owns: the request that the store of the owner gets, made of what the thread has sent, and the answer.
 *
 * Invariants:
 *   owner-commit/unchanged-in-step: late operations that the thread has computed are added in the step that gives the commit
 *       its place, if nothing that they follow from was written since. Otherwise the commit is refused there.
 *   owner-commit/answer-when-seen: the answer of a commit that has lost comes when the commits before it are visible. So the
 *       thread's next try sees the winner.
 *
 * Suspension: `commitSent` suspends for the commit.
 */
import { ALL_KEYS, type BoundedRange, type KeyRange } from '../bytes/key-range.ts';
import { EMPTY_BYTES } from '../bytes/bytes.ts';
import { hashKey } from '../bytes/hash.ts';
import { keyspaceOf, WHOLE_TREE } from '../bytes/keyspace-number.ts';
import { BatchReader } from '../batch/batch-reader.ts';
import type { CommitBatch } from '../batch/commit-batch.ts';
import type { CommitIdRecord, Store } from '../store/contract.ts';
import type { CommitRequest, Contender } from '../txn/commit-request.ts';
import type { LateOperations } from '../txn/late-operations.ts';
import type { LockOwner } from '../txn/lock-request.ts';
import { ReadSet } from '../txn/read-set.ts';
import { type CommitAnswer, keysOf, type SentCommit, type SentReads } from './messages.ts';

/** What keyspaces demand of a commit that has come from a thread; one function for each look. */
export interface KeyspaceGuard {
  /**
   * Throws ClosedError when one of these keyspaces is gone. Returns what their indexes need. Called in the step of the
   * commit, and before it.
   */
  demand(keyspaces: ReadonlySet<number>): LateOperations | undefined;
}

export interface OwnerCommitHost {
  readonly store: Store;
  /** Undefined for a store without keyspaces. */
  readonly keyspaces: KeyspaceGuard | undefined;
}

/** What the late operations of a thread follow from has changed. Never leaves this file. */
const CHANGED: Error = new Error('what late operations have read has changed');

/** Rejects as a commit of the owner does. */
export async function commitSent(
  { store, keyspaces }: OwnerCommitHost,
  sent: SentCommit,
  owner: (LockOwner & { readonly timeoutMs: number }) | undefined,
  signal: AbortSignal | undefined,
): Promise<CommitAnswer> {
  const batch = store.batch();
  const { own, late: sentLate } = sent;
  batch.addEncoded(own.bytes, [0, own.bytes.length], own);
  const record = recordOf(store, sent);
  const contender = sent.contender && contenderOf(sent.contender, record);
  const late = sentLate && new SentLate(store, sentLate);
  const numbers = keyspaces && keyspacesIn(batch, sentLate);
  const demand = numbers && ((): LateOperations | undefined => keyspaces.demand(numbers));
  const request: CommitRequest = {
    batch,
    durability: sent.durability,
    signal,
    late,
    owner,
    guard: demand,
    derived: derivedNow(demand),
    ...(contender === undefined ? {} : { contender }),
  };
  try {
    await store.commit(request);
  } catch (error) {
    record?.onRefused();
    if (error !== CHANGED) throw error;
    await store.published(Infinity); // owner-commit/answer-when-seen
    return { outcome: 'late' };
  }
  const lostTo = contender?.lostTo;
  if (lostTo === undefined) return { outcome: 'committed' };
  record?.onRefused();
  await store.published(Infinity);
  return { outcome: 'lost', key: lostTo.slice(), isById: lostTo === record?.key };
}

/** What is asked for now is read ahead; a keyspace that is gone is told in the step. */
function derivedNow(
  demand: (() => LateOperations | undefined) | undefined,
): LateOperations | undefined {
  try {
    return demand?.();
  } catch {
    return undefined;
  }
}

function recordOf(store: Store, { contender }: SentCommit): CommitIdRecord | undefined {
  if (contender?.commitId === undefined) return undefined;
  const record = store.commitIdRecord(contender.commitId);
  record.reserve();
  return record;
}

function contenderOf(
  { sequence, isUnnoted, reads }: NonNullable<SentCommit['contender']>,
  rider: CommitIdRecord | undefined,
): Contender {
  return {
    sequence,
    isDoomed: false,
    reads: reads && readSetOf(reads),
    isUnnoted,
    rider,
    lostTo: undefined,
  };
}

function readSetOf(sent: SentReads): ReadSet {
  const reads = new ReadSet();
  for (const key of keysOf(sent)) {
    reads.addKey(hashKey(key, 0, key.length), key, 0, key.length);
  }
  for (const range of sent.ranges) {
    const observer = reads.addScan(range, false);
    observer.positioned(range.lower);
    observer.exhausted();
  }
  return reads;
}

/** The keyspaces that the commit writes to. */
function keyspacesIn(batch: CommitBatch, late: SentCommit['late']): Set<number> {
  const numbers = new Set<number>();
  const reader = new BatchReader();
  const whole = new (batch.constructor as new () => CommitBatch)();
  whole.addAll(batch);
  if (late !== undefined) whole.addEncoded(late.bytes, [0, late.bytes.length], late);
  if (whole.operationCount === 0) return numbers;
  reader.resetToBatch(whole);
  while (reader.next()) numbers.add(keyspaceOf(reader.bytes, reader.keyStart, reader.keyEnd));
  return numbers;
}

/** Late operations that a thread has computed (owner-commit/unchanged-in-step). */
class SentLate implements LateOperations {
  readonly keys: readonly Uint8Array[];
  readonly operationCount: number;
  readonly sizeBytes: number;
  readonly #store: Store;
  readonly #sent: NonNullable<SentCommit['late']>;
  readonly #reads: readonly Uint8Array[];
  readonly #ranges: readonly BoundedRange[];

  constructor(store: Store, sent: NonNullable<SentCommit['late']>) {
    this.#store = store;
    this.#sent = sent;
    this.#reads = keysOf(sent.reads);
    this.#ranges = sent.reads.ranges.map(boundedOf);
    this.operationCount = sent.operationCount;
    this.sizeBytes = sent.sizeBytes;
    this.keys = this.#reads;
  }

  readAhead(): undefined {
    return undefined;
  }

  addTo(batch: CommitBatch): void {
    const { bytes, sequence } = this.#sent;
    const request = { keys: this.#reads, ranges: this.#ranges };
    if (this.#store.locks.writtenSince(request, sequence) !== undefined) throw CHANGED;
    batch.addEncoded(bytes, [0, bytes.length], this.#sent);
  }
}

function boundedOf({ lower, upper }: KeyRange = ALL_KEYS): BoundedRange {
  return { start: lower ?? EMPTY_BYTES, end: upper ?? WHOLE_TREE.end };
}
