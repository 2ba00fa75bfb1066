/**
 * What may be true of a run over a backend, and what may not.
 *
 * Owns: the record of a run, and the search for what breaks the guarantees of src/remote/backend.ts. It knows what each client
 * saw, and nothing of the backend.
 *
 * The record has an event for the begin and the end of each call, numbered through: what ended before something else began
 * was before it for everybody.
 *
 * Suspension: every function here is synchronous.
 */

export interface SeenCommit {
  readonly startedAt: number;
  readonly endedAt: number;
  /** Undefined: it depends on nothing. */
  readonly snapshotVersion: number | undefined;
  readonly reads: readonly (readonly [start: string, end: string | undefined])[];
  readonly writes: ReadonlyMap<string, string | undefined>;
  /** Undefined: it lost. */
  readonly version: number | undefined;
}

export interface SeenSnapshot {
  readonly startedAt: number;
  readonly version: number;
  readonly rows: readonly (readonly [key: string, value: string])[];
}

export interface SeenChange {
  readonly version: number;
  readonly writes: ReadonlyMap<string, string | undefined>;
}

export interface BackendRun {
  readonly commits: readonly SeenCommit[];
  readonly snapshots: readonly SeenSnapshot[];
  /** All commits from the begin of the run on, as a watch gave them. */
  readonly changes: readonly SeenChange[];
}

/** One sentence about the first guarantee that the run breaks; undefined when it breaks none. */
export function findBackendFault(
  run: BackendRun,
  { sharesVersions = false } = {},
): string | undefined {
  const winners = run.commits
    .filter(({ version, writes }) => version !== undefined && writes.size > 0)
    .sort((a, b) => placeOf(a) - placeOf(b));
  const visible = sharesVersions ? joinedByVersion(winners, run.changes) : winners;
  return (
    faultOfOrder(winners, sharesVersions) ??
    faultOfSnapshots(run.snapshots, visible) ??
    faultOfConflicts(run.commits, winners) ??
    faultOfChanges(run.changes, visible)
  );
}

/** Commits of one version as one. Where they wrote the same key, the watch says which was the last. */
function joinedByVersion(
  winners: readonly SeenCommit[],
  changes: readonly SeenChange[],
): SeenCommit[] {
  const joined: SeenCommit[] = [];
  for (const winner of winners) {
    const last = joined.at(-1);
    if (last === undefined || last.version !== winner.version) {
      joined.push(winner);
      continue;
    }
    const change = changes.find(({ version }) => version === winner.version);
    const writes = new Map(last.writes);
    for (const [key, value] of winner.writes) {
      const isOlder = writes.has(key) && change?.writes.get(key) === writes.get(key);
      if (!isOlder) writes.set(key, value);
    }
    joined[joined.length - 1] = {
      ...last,
      endedAt: Math.min(last.endedAt, winner.endedAt),
      writes: new Map([...writes].sort(([a], [b]) => (a < b ? -1 : 1))),
    };
  }
  return joined;
}

const placeOf = ({ version }: SeenCommit): number => version ?? NaN;

/** backend/one-order: versions are those of one commit each, and grow with time. */
function faultOfOrder(winners: readonly SeenCommit[], sharesVersions: boolean): string | undefined {
  for (const [i, winner] of winners.entries()) {
    for (let j = i + 1; winners[j]?.version === winner.version; j++) {
      if (!sharesVersions) return `two commits have version ${winner.version}`;
      const other = winners[j]!; // below the length
      // One of them was first: the other must not depend on what it wrote.
      if (dependsOn(winner, other) && dependsOn(other, winner)) {
        return `two commits of version ${winner.version} have passed over each other`;
      }
    }
  }
  let latest = winners.at(-1);
  for (const winner of [...winners].reverse()) {
    if (
      latest !== undefined &&
      latest.endedAt < winner.startedAt &&
      placeOf(latest) >= placeOf(winner)
    ) {
      return `version ${winner.version} began after ${latest.version} had ended`;
    }
    if (latest === undefined || winner.endedAt < latest.endedAt) latest = winner;
  }
  return undefined;
}

/** backend/snapshot-fixed: a snapshot shows the commits up to its version, and each that had ended before it began. */
function faultOfSnapshots(
  snapshots: readonly SeenSnapshot[],
  winners: readonly SeenCommit[],
): string | undefined {
  for (const { startedAt, version, rows } of snapshots) {
    const missing = winners.find((each) => each.endedAt < startedAt && placeOf(each) > version);
    if (missing !== undefined) return `snapshot ${version} lacks the earlier ${missing.version}`;
    const state = new Map<string, string>();
    for (const winner of winners.filter((each) => placeOf(each) <= version)) {
      for (const [key, value] of winner.writes) {
        if (value === undefined) state.delete(key);
        else state.set(key, value);
      }
    }
    const expected = [...state].sort(([a], [b]) => (a < b ? -1 : 1));
    if (JSON.stringify(expected) !== JSON.stringify(rows)) {
      return `snapshot ${version} shows ${JSON.stringify(rows)}, not ${JSON.stringify(expected)}`;
    }
  }
  return undefined;
}

/** backend/first-committer: a commit is lost when, and only when, another came between that it may not have missed. */
function faultOfConflicts(
  commits: readonly SeenCommit[],
  winners: readonly SeenCommit[],
): string | undefined {
  for (const commit of commits) {
    const { snapshotVersion, version } = commit;
    if (snapshotVersion === undefined) {
      if (version === undefined) return 'a commit that depends on nothing has lost';
      continue;
    }
    const other = winners.find(
      (each) =>
        each !== commit &&
        placeOf(each) > snapshotVersion &&
        placeOf(each) < (version ?? Infinity) &&
        [...each.writes.keys()].some((key) => concerns(commit, key)),
    );
    if (version !== undefined && commit.writes.size > 0 && other !== undefined) {
      return `version ${version} of snapshot ${snapshotVersion} passed over ${other.version}`;
    }
    if (version === undefined && other === undefined) {
      return `a commit of snapshot ${snapshotVersion} lost to nobody`;
    }
  }
  return undefined;
}

function dependsOn(commit: SeenCommit, { writes }: SeenCommit): boolean {
  if (commit.snapshotVersion === undefined) return false;
  return [...writes.keys()].some((key) => concerns(commit, key));
}

function concerns({ writes, reads }: SeenCommit, key: string): boolean {
  if (writes.has(key)) return true;
  return reads.some(([start, end]) => key >= start && (end === undefined || key < end));
}

/** backend/watch-whole. */
function faultOfChanges(
  changes: readonly SeenChange[],
  winners: readonly SeenCommit[],
): string | undefined {
  for (const [i, winner] of winners.entries()) {
    const change = changes[i];
    const expected = JSON.stringify([winner.version, [...winner.writes]]);
    const found = change && JSON.stringify([change.version, [...change.writes]]);
    if (found !== expected) return `watch gives ${found} where ${expected} was committed`;
  }
  const more = changes[winners.length];
  return more && `watch gives ${more.version}, which nobody committed`;
}
