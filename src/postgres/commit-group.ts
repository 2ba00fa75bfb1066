/**
 * Commits that go to the server in one transaction.
 *
 * Owns: which waiting commits may share a transaction. The server judges each of a group by what was committed before the
 * group. So none may depend on another one of it.
 *
 * Invariants:
 *   commit-group/first-come: a group is the first commits that wait. One that may not join ends it, so no commit overtakes one
 *       that came before.
 *   commit-group/independent: no commit with a snapshot joins one that writes what it writes or has read. None
 *       joins one that writes the key of its guard.
 *   commit-group/last-wins: commits without a snapshot that write the same key may be in one group; the last of them counts.
 *
 * Suspension: every function here is synchronous.
 */
import type { BackendCommit, BackendOutcome, BackendRange } from '../index.ts';
import type { Deadline } from '../adapters/time.ts';

/** A commit on its way. */
export interface Pending {
  readonly commit: BackendCommit;
  /** Keys that must be unchanged, and ranges. Empty for a commit without a snapshot. */
  readonly points: readonly Uint8Array[];
  readonly ranges: readonly BackendRange[];
  readonly sizeBytes: number;
  readonly deadline: Deadline;
  /** What is older than this must not have been cut from the log; later commits are compared. It moves up (commit-lane.ts). */
  floor: number;
  /** True when an attempt may have been applied. */
  isUnsure: boolean;
  settle(outcome: BackendOutcome): void;
  fail(error: unknown): void;
}

const COMMIT_COUNT_MAX = 512;
const SIZE_BYTES_MAX = 8 * 1024 * 1024;
/** Comparisons of ranges with keys; a group that needs more is ended. */
const COMPARISON_COUNT_MAX = 100_000;

/** Splits what a commit has read into single keys and ranges, and adds what it writes. */
export function conditionsOf(commit: BackendCommit): Pick<Pending, 'points' | 'ranges'> {
  if (commit.snapshot === undefined) return { points: [], ranges: [] };
  const points = commit.writes.map(({ key }) => key);
  const ranges: BackendRange[] = [];
  for (const range of commit.reads) {
    if (isSingle(range)) points.push(range.start);
    else ranges.push(range);
  }
  return { points, ranges };
}

/** Takes the next group off the line, which is not empty. */
export function takeGroup(line: Pending[]): Pending[] {
  const written = new Map<string, Uint8Array>();
  let sizeBytes = 0;
  let count = 0;
  for (const pending of line) {
    sizeBytes += pending.sizeBytes;
    if (count > 0) {
      if (count === COMMIT_COUNT_MAX || sizeBytes > SIZE_BYTES_MAX) break;
      if (depends(pending, written)) break;
    }
    for (const { key } of pending.commit.writes) written.set(nameOf(key), key);
    count++;
  }
  return line.splice(0, count);
}

function depends(pending: Pending, written: ReadonlyMap<string, Uint8Array>): boolean {
  if (written.size === 0) return false;
  const { commit, points, ranges } = pending;
  if (commit.guards.some(({ key }) => written.has(nameOf(key)))) return true;
  if (points.some((key) => written.has(nameOf(key)))) return true;
  if (ranges.length * written.size > COMPARISON_COUNT_MAX) return true;
  return ranges.some((range) => {
    for (const key of written.values()) if (isIn(range, key)) return true;
    return false;
  });
}

function isSingle({ start, end }: BackendRange): boolean {
  if (end?.length !== start.length + 1 || end[start.length] !== 0) return false;
  return Buffer.compare(end.subarray(0, start.length), start) === 0;
}

function isIn({ start, end }: BackendRange, key: Uint8Array): boolean {
  return Buffer.compare(key, start) >= 0 && (end === undefined || Buffer.compare(key, end) < 0);
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
}
