/**
 * A commit as a transaction of FoundationDB.
 *
 * Owns: which calls of a transaction a commit becomes, and whether all of it fits before anything is sent.
 *
 * FoundationDB checks what a transaction says that it has read. By itself it lets transactions that only write overlap. So a
 * commit with a snapshot says that it has read what it writes, beside what it has read, at both levels of isolation.
 *
 * Invariants:
 *   foundationdb-plan/first-committer: a commit with a snapshot is set to the version of the snapshot, and names each key that
 *       it writes and each range that it has read as read.
 *   foundationdb-plan/fits: a commit whose bytes are more than a transaction may have is refused by name, with the numbers.
 *
 * Suspension: everything here is synchronous.
 */
import { type BackendCommit, type BackendRange, InvalidArgumentError } from '../index.ts';
import type { ClientTransaction } from './client.ts';
import type { Layout } from './layout.ts';
import { encodeEntry } from './log-entry.ts';

/** Of a transaction: its writes, and the ranges that it has read and written. */
export const TRANSACTION_SIZE_BYTES_MAX = 10_000_000;
/** For the id, the bell and what the client adds to each call. */
const OWN_SIZE_BYTES = 4096;
const CALL_SIZE_BYTES = 16;
const PART_NUMBER_SIZE_BYTES = 2;
/** A stamp, and the offset behind it. */
const STAMPED_SIZE_BYTES = 14;

/** The steps of a commit, but for those of one try. */
export interface CommitPlan {
  readonly commit: BackendCommit;
  readonly logParts: readonly Buffer[];
}

/** Throws InvalidArgumentError (foundationdb-plan/fits). */
export function planOf(commit: BackendCommit, layout: Layout): CommitPlan {
  const logParts = commit.writes.length === 0 ? [] : encodeEntry(commit);
  const plan = { commit, logParts };
  const sizeBytes = sizeOf(plan, layout);
  if (sizeBytes <= TRANSACTION_SIZE_BYTES_MAX) return plan;
  throw new InvalidArgumentError(
    `Commit is larger than a transaction of FoundationDB may be, with its log and the ranges that it has read: size=${sizeBytes} max=${TRANSACTION_SIZE_BYTES_MAX} writes=${commit.writes.length} reads=${commit.reads.length}; write it in parts, or read less at serializable`,
  );
}

/** Says what it depends on, and writes. */
export function applyPlan(
  { commit, logParts }: CommitPlan,
  transaction: ClientTransaction,
  layout: Layout,
): void {
  const { snapshot, reads, writes } = commit;
  for (const { key, value } of writes) {
    const data = layout.dataKey(key);
    if (snapshot !== undefined) transaction.addReadConflictKey(data);
    if (value === undefined) transaction.clear(data);
    else transaction.set(data, Buffer.from(value));
  }
  if (snapshot !== undefined) {
    for (const { start, end } of reads) addRange(transaction, layout, { start, end });
  }
  for (const [number, part] of logParts.entries()) {
    transaction.setVersionstampSuffixedKey(layout.log, part, partNumber(number));
  }
  if (logParts.length > 0) transaction.setVersionstampPrefixedValue(layout.bell);
}

function addRange(
  transaction: ClientTransaction,
  layout: Layout,
  { start, end }: BackendRange,
): void {
  const [low, high] = [layout.dataKey(start), layout.dataEnd(end)];
  if (low.compare(high) < 0) transaction.addReadConflictRange(low, high);
}

function partNumber(number: number): Buffer {
  const bytes = Buffer.alloc(PART_NUMBER_SIZE_BYTES);
  bytes.writeUInt16BE(number);
  return bytes;
}

/** Rather too much than too little: a key counts in the write, and twice in each range of it. */
function sizeOf({ commit, logParts }: CommitPlan, layout: Layout): number {
  const { snapshot, reads, writes } = commit;
  const head = layout.headSizeBytes;
  const rangesOfWrite = snapshot === undefined ? 1 : 2;
  let sizeBytes = OWN_SIZE_BYTES;
  for (const { key, value } of writes) {
    const keySize = key.length + head + 1;
    const dataSize = value === undefined ? 2 * keySize : keySize + value.length;
    sizeBytes += dataSize + 2 * keySize * rangesOfWrite + CALL_SIZE_BYTES;
  }
  if (snapshot !== undefined) {
    for (const { start, end } of reads) {
      sizeBytes += start.length + (end?.length ?? 0) + 2 * head + CALL_SIZE_BYTES;
    }
  }
  const logKeySize = layout.log.length + STAMPED_SIZE_BYTES + PART_NUMBER_SIZE_BYTES;
  for (const part of logParts) sizeBytes += 3 * logKeySize + part.length + CALL_SIZE_BYTES;
  return sizeBytes;
}
