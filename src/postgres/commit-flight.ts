/**
 * One transaction that commits a group, sent in one piece.
 *
 * Owns: the statements of that transaction, their parameters, and what their answers say.
 *
 * The statements are sent together, the commit with them. So a client that stops for a while, or dies, cannot hold up the
 * others: the server has all it needs to go on. The transaction takes the lock of commits, judges the commits by the log, and
 * applies the winners.
 *
 * What a death of the server leaves after each statement: nothing before the commit; all of it after. A commit on its way may
 * be either, so its group is sent again: the server knows those that it has by their ids.
 *
 * Invariants:
 *   commit-flight/once: a commit whose id is in the log is not applied again. Its version is answered instead.
 *   commit-flight/all-or-none: an error of any statement rolls back the whole group.
 *
 * Suspension: `fly` suspends until the server has answered, or the connection is given up.
 */
import { randomInt } from 'node:crypto';
import { byteaArray, bytesOf } from './binary.ts';
import type { Pending } from './commit-group.ts';
import type { Row, Session } from './session.ts';
import type { Statements } from './statements.ts';
import { startTimeout, stopTimeout } from '../adapters/time.ts';

/** What the server says of one commit. */
export interface Verdict {
  /** Undefined: it has lost, or its log is gone, or it writes nothing. */
  readonly version: number | undefined;
  /** A key over which it lost. */
  readonly lostTo: Uint8Array | undefined;
  /** The log was cut behind its floor: whether it may commit cannot be told. */
  readonly isGone: boolean;
  /** The newest version before the group. */
  readonly newest: number;
}

const ATTEMPT_MAX = 2 ** 47;

/** What a flight needs beside the group. */
export interface Flight {
  readonly statements: Statements;
  readonly canNotify: boolean;
  /** After so long without an answer the connection is given up. */
  readonly answerMs: number;
}

/** Rejects with the first error of a statement. The verdicts are in the order of the group. */
export async function fly(
  session: Session,
  group: readonly Pending[],
  { statements, canNotify, answerMs }: Flight,
): Promise<Verdict[]> {
  const attempt = randomInt(ATTEMPT_MAX);
  const hasDeletes = group.some(({ commit }) =>
    commit.writes.some(({ value }) => value === undefined),
  );
  const timeout = startTimeout(() => {
    session.discard();
  }, answerMs);
  const final = [group.length, attempt];
  const locked = session.run(statements.beginCommit(canNotify));
  const verdicts = session.rows(statements.judge, parametersOf(group, attempt));
  const steps: Promise<unknown>[] = [locked, verdicts, session.rows(statements.put, final)];
  if (hasDeletes) steps.push(session.rows(statements.del, final));
  const end = session.commit();
  try {
    const results = await Promise.allSettled([...steps, end]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    if (!(await end)) throw new Error('Server has rolled back');
    return (await verdicts).map(verdictOf);
  } finally {
    stopTimeout(timeout);
  }
}

/** The parameters of the statement `judge`. */
function parametersOf(group: readonly Pending[], attempt: number): unknown[] {
  const writes = group.flatMap(({ commit }, n) =>
    commit.writes.map(({ key, value }, i) => ({ n: n + 1, i, key, value })),
  );
  const points = group.flatMap((pending, n) => pending.points.map((key) => ({ n: n + 1, key })));
  const ranges = group.flatMap((pending, n) =>
    pending.ranges.map(({ start, end }) => ({ n: n + 1, start, end })),
  );
  const guards = group.flatMap(({ commit }, n) =>
    commit.guards.map(({ key, value }) => ({ n: n + 1, key, value })),
  );
  const compared = group.filter(({ commit }) => commit.snapshot !== undefined);
  return [
    group.map(({ floor }) => floor),
    byteaArray(group.map(({ commit }) => commit.id)),
    group.map(({ commit }) => Math.trunc(commit.wallMs)),
    writes.map(({ n }) => n),
    writes.map(({ i }) => i),
    byteaArray(writes.map(({ key }) => key)),
    byteaArray(writes.map(({ value }) => value)),
    Math.min(...(compared.length > 0 ? compared : group).map(({ floor }) => floor)),
    points.map(({ n }) => n),
    byteaArray(points.map(({ key }) => key)),
    ranges.map(({ n }) => n),
    byteaArray(ranges.map(({ start }) => start)),
    byteaArray(ranges.map(({ end }) => end)),
    attempt,
    guards.map(({ n }) => n),
    byteaArray(guards.map(({ key }) => key)),
    byteaArray(guards.map(({ value }) => value)),
  ];
}

function verdictOf([version, lostTo, isGone, newest]: Row): Verdict {
  return {
    version: version === null ? undefined : Number(version),
    lostTo: lostTo === null ? undefined : bytesOf(lostTo),
    isGone: isGone === true,
    newest: Number(newest),
  };
}
