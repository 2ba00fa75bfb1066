/**
 * Commits that are applied once.
 *
 * Owns: the slots, keys in etcd of one client each, through which its commits go, and the transactions of etcd that commits
 * become.
 *
 * A commit takes a slot that no other one of this client is in. It writes the slot, and demands that the slot is as the commit
 * before has left it. So the same request is applied once, however often it is sent: the first time changes the slot. A
 * request that is answered late, by whichever member, finds the slot changed. The slot then has the id of the commit.
 *
 * Invariants:
 *   etcd-commit/once: a request that is sent again is applied once, also when an earlier try arrives after the answer.
 *   etcd-commit/not-reused: a slot whose state is not known is not used again.
 *   etcd-commit/changed-since: a commit loses when a key that it writes, or a range that it has read, has a key that was
 *       written after its snapshot. The compares and the writes are one step of etcd.
 *   etcd-commit/horizon: a commit from before the horizon loses: tombstones that it would have to see may be gone (tidy.ts).
 *   etcd-commit/ranges-fit: reads that are more than a transaction may compare are merged into wider ranges: then more commits
 *       lose, never fewer.
 *
 * Suspension: `commit` suspends for the servers.
 */
import { randomBytes } from 'node:crypto';

import {
  AbortedError,
  type BackendCommit,
  type BackendOutcome,
  type BackendRange,
  InvalidArgumentError,
} from '../index.ts';
import { type Layout, slotValue, TOMBSTONE } from './layout.ts';
import type { Members } from './members.ts';
import { mergedRanges } from './merged-ranges.ts';
import {
  COMPARE,
  type Compare,
  type KeyValue,
  type RequestOp,
  TARGET,
  type TxnRequest,
  type TxnResponse,
} from './protocol.ts';

/** A key of this client that tells of its last commit. */
interface Slot {
  readonly key: Buffer;
  /** Of the last commit that went through it; 0 before the first. */
  revision: number;
}

/** Compares of each commit beside its own: its slot, and the horizon. */
const OWN_COMPARE_COUNT = 2;
/** Keys that a lost commit asks for, to name the one that it lost over. */
const ASKED_COUNT_MAX = 16;
/** Bytes of a request beside its keys and values, for each of them and in all. */
const ENTRY_SIZE_BYTES = 40;
const REQUEST_SIZE_BYTES = 1024;

export interface CommitLimits {
  readonly txnOperationCountMax: number;
  readonly requestSizeBytesMax: number;
}

export class CommitSlots {
  readonly #members: Members;
  readonly #layout: Layout;
  readonly #limits: CommitLimits;
  readonly #client = randomBytes(16);
  readonly #free: Slot[] = [];
  #slotCount = 0;

  constructor(members: Members, layout: Layout, limits: CommitLimits) {
    this.#members = members;
    this.#layout = layout;
    this.#limits = limits;
  }

  async commit(commit: BackendCommit): Promise<BackendOutcome> {
    const { signal } = commit;
    if (signal?.aborted === true) {
      throw new AbortedError('Commit was aborted', { cause: signal.reason });
    }
    const slot = this.#free.pop() ?? this.#newSlot();
    const asked = askedKeys(commit);
    const request = this.#requestOf(commit, slot, asked);
    const response = await this.#members.commit(request); // a slot of unknown state is dropped (etcd-commit/not-reused)
    const outcome = outcomeOf(response, slot, commit, asked);
    this.#free.push(slot);
    return outcome;
  }

  /** The keys of the slots, to be deleted when no commit is under way any more. */
  get keys(): readonly Buffer[] {
    return this.#free.filter(({ revision }) => revision > 0).map(({ key }) => key);
  }

  #newSlot(): Slot {
    return { key: this.#layout.slotKey(this.#client, this.#slotCount++), revision: 0 };
  }

  #requestOf(commit: BackendCommit, slot: Slot, asked: readonly Uint8Array[]): TxnRequest {
    const layout = this.#layout;
    const success: RequestOp[] = commit.writes.map(({ key, value }) => ({
      request_put: { key: layout.dataKey(key), value: value ?? TOMBSTONE },
    }));
    const value = slotValue(commit.wallMs, commit.id);
    success.push({ request_put: { key: slot.key, value } });
    const read = (key: Buffer): RequestOp => ({ request_range: { key } });
    const failure = [
      read(slot.key),
      ...commit.guards.map(({ key }) => read(layout.dataKey(key))),
      ...asked.map((key) => ({ request_range: { key: layout.dataKey(key), keys_only: true } })),
    ];
    const request = { compare: this.#comparesOf(commit, slot), success, failure };
    this.#mustFit(request);
    return request;
  }

  /** etcd-commit/changed-since. */
  #comparesOf({ snapshot, guards, writes, reads }: BackendCommit, slot: Slot): Compare[] {
    const layout = this.#layout;
    const compares: Compare[] = [
      { result: COMPARE.EQUAL, target: TARGET.MOD, key: slot.key, mod_revision: slot.revision },
    ];
    for (const { key, value } of guards) {
      const guarded = layout.dataKey(key);
      compares.push(
        value === undefined
          ? { result: COMPARE.EQUAL, target: TARGET.VERSION, key: guarded, version: 0 }
          : { result: COMPARE.EQUAL, target: TARGET.VALUE, key: guarded, value },
      );
    }
    if (snapshot === undefined) return compares;
    const unchanged = {
      result: COMPARE.LESS,
      target: TARGET.MOD,
      mod_revision: snapshot.version + 1,
    };
    compares.push({ ...unchanged, key: layout.horizon });
    const written: BackendRange[] = writes.map(({ key }) => single(key));
    const room = this.#limits.txnOperationCountMax - OWN_COMPARE_COUNT - guards.length;
    for (const { start, end } of mergedRanges([...written, ...reads], room)) {
      const key = layout.dataKey(start);
      const isOne = end !== undefined && isSuccessor(end, start);
      compares.push({
        ...unchanged,
        key,
        ...(isOne ? {} : { range_end: layout.dataEnd(end) }),
      });
    }
    return compares;
  }

  #mustFit({ compare, success }: TxnRequest): void {
    const { txnOperationCountMax, requestSizeBytesMax } = this.#limits;
    if (success.length > txnOperationCountMax) {
      throw new InvalidArgumentError(
        `Commit writes more keys than etcd takes: count=${success.length - 1} max=${txnOperationCountMax - 1}; raise --max-txn-ops there and txnOperationCountMax here`,
      );
    }
    let sizeBytes = REQUEST_SIZE_BYTES;
    for (const each of compare) {
      sizeBytes += each.key.length + (each.range_end?.length ?? 0) + ENTRY_SIZE_BYTES;
    }
    for (const each of success) {
      if (!('request_put' in each)) continue;
      sizeBytes += each.request_put.key.length + each.request_put.value.length + ENTRY_SIZE_BYTES;
    }
    if (sizeBytes <= requestSizeBytesMax) return;
    throw new InvalidArgumentError(
      `Commit is larger than etcd takes: size=${sizeBytes} max=${requestSizeBytesMax}; raise --max-request-bytes there and requestSizeBytesMax here`,
    );
  }
}

function outcomeOf(
  { succeeded, header, responses }: TxnResponse,
  slot: Slot,
  { snapshot, guards, reads }: BackendCommit,
  asked: readonly Uint8Array[],
): BackendOutcome {
  if (succeeded) {
    slot.revision = header.revision;
    return { isCommitted: true, version: header.revision };
  }
  const found = responses.map(({ response_range: range }): KeyValue | undefined => range?.kvs[0]);
  const changedAt = found[0]?.mod_revision ?? 0;
  if (changedAt !== slot.revision) {
    slot.revision = changedAt; // etcd-commit/once: an earlier try was applied
    return { isCommitted: true, version: changedAt };
  }
  const broken = guards.find(({ value }, i) => !isSame(found[1 + i]?.value, value));
  if (broken !== undefined) return { isCommitted: false, key: broken.key };
  const after = snapshot?.version ?? 0;
  const lost = asked.find((_, i) => (found[1 + guards.length + i]?.mod_revision ?? 0) > after);
  const range = reads.find(({ start, end }) => end === undefined || !isSuccessor(end, start));
  return { isCommitted: false, key: lost ?? range?.start };
}

/** Keys of which a lost commit asks whether they have changed. */
function askedKeys({ snapshot, writes, reads }: BackendCommit): Uint8Array[] {
  if (snapshot === undefined) return [];
  const keys = writes.slice(0, ASKED_COUNT_MAX).map(({ key }) => key);
  for (const { start, end } of reads) {
    if (keys.length >= ASKED_COUNT_MAX) break;
    if (end !== undefined && isSuccessor(end, start)) keys.push(start);
  }
  return keys;
}

function isSame(found: Buffer | undefined, value: Uint8Array | undefined): boolean {
  if (found === undefined || value === undefined) return found === value;
  return found.equals(value);
}

function single(key: Uint8Array): BackendRange {
  return { start: key, end: Buffer.concat([key, Buffer.of(0)]) };
}

/** Whether the range from `start` to `end` is one key. */
export function isSuccessor(end: Uint8Array, start: Uint8Array): boolean {
  return (
    end.length === start.length + 1 &&
    end[start.length] === 0 &&
    Buffer.compare(end.subarray(0, start.length), start) === 0
  );
}
