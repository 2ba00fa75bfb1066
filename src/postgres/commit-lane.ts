/**
 * The line of commits of one client.
 *
 * Owns: which commits wait, the one connection that takes them, and what becomes of a group whose answer did not come.
 *
 * One group is on its way at a time; meanwhile the next one gathers. So many callers share the cost of one commit on the
 * server: its flush, and the way to the standbys.
 *
 * Invariants:
 *   commit-lane/in-order: commits get their places in the order of their calls.
 *   commit-lane/asks-again: a group whose answer is lost is sent again, to whichever server takes writes, until it is answered
 *       or out of time (commit-flight/once).
 *   commit-lane/one-does-not-harm: when the server refuses a group, its commits go one by one: the error is that of its own.
 *   commit-lane/far-behind: a commit from an old snapshot is compared with most of the log before it takes the lock, so that
 *       others do not wait meanwhile.
 *
 * Suspension: `commit` suspends until its outcome is known.
 */
import {
  AbortedError,
  type BackendCommit,
  type BackendOutcome,
  ClosedError,
  InvalidArgumentError,
  StateGoneError,
  UnavailableError,
} from '../index.ts';
import { byteaArray } from './binary.ts';
import { fly, type Verdict } from './commit-flight.ts';
import { conditionsOf, type Pending, takeGroup } from './commit-group.ts';
import type { Connector } from './connections.ts';
import { isLoss, isRepeatable, isTooLarge, stateOf } from './failures.ts';
import type { Session } from './session.ts';
import type { Horizon } from './snapshot.ts';
import type { Statements } from './statements.ts';
import { Deadline, sleep } from '../adapters/time.ts';

/** Versions behind the newest from which on a commit is compared without the lock first. */
const FAR_BEHIND = 1000;
/** How long one attempt may take. A longer one goes on at the server, and the next attempt finds what it did. */
const ANSWER_MS = 15_000;
const PAUSE_MS = 5;

/** What the lane stands on. */
export interface LaneSource {
  readonly connector: Connector;
  readonly statements: Statements;
  readonly horizon: Horizon;
  readonly canNotify: boolean;
  readonly timeoutMs: number;
}

export class CommitLane {
  readonly #source: LaneSource;
  readonly #line: Pending[] = [];
  #session: Session | undefined;
  #isRunning = false;
  #isClosed = false;

  constructor(source: LaneSource) {
    this.#source = source;
  }

  commit(commit: BackendCommit): Promise<BackendOutcome> {
    const { signal, snapshot, writes } = commit;
    if (this.#isClosed) return Promise.reject(new ClosedError('Database is closed'));
    if (signal?.aborted === true) return Promise.reject(abortedBy(signal));
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        const at = this.#line.indexOf(pending);
        if (at < 0) return; // it was sent
        this.#line.splice(at, 1);
        reject(abortedBy(signal));
      };
      const done = (): void => {
        signal?.removeEventListener('abort', abort);
      };
      const pending: Pending = {
        commit,
        ...conditionsOf(commit),
        sizeBytes: writes.reduce(
          (sum, each) => sum + each.key.length + (each.value?.length ?? 0),
          0,
        ),
        deadline: new Deadline(this.#source.timeoutMs),
        floor: snapshot?.version ?? this.#source.horizon.newest,
        isUnsure: false,
        settle: (outcome) => {
          done();
          resolve(outcome);
        },
        fail: (error) => {
          done();
          reject(errorOf(error));
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#line.push(pending);
      if (!this.#isRunning) void this.#run();
    });
  }

  /** Commits that wait are refused; those on their way are broken off, and end as unknown. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const pending of this.#line.splice(0)) {
      pending.fail(new ClosedError('Database is closed'));
    }
    if (this.#isRunning) this.#session?.discard();
    else await this.#session?.end();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    await Promise.resolve(); // calls of this turn share a group
    while (this.#line.length > 0) {
      const group = takeGroup(this.#line);
      try {
        this.#session?.wake();
        await this.#send(group);
      } catch (error) {
        for (const pending of group) pending.fail(error);
      }
    }
    this.#session?.rest();
    this.#isRunning = false;
  }

  /** Settles each commit of the group. */
  async #send(group: readonly Pending[]): Promise<void> {
    for (;;) {
      let session: Session | undefined;
      let isSent = false;
      try {
        session = await this.#connected(group);
        for (const pending of group) await this.#catchUp(session, pending);
        const { statements, canNotify } = this.#source;
        isSent = true;
        const leftMs = Math.max(...group.map(({ deadline }) => deadline.leftMs));
        const answerMs = Math.min(ANSWER_MS, leftMs);
        const verdicts = await fly(session, group, { statements, canNotify, answerMs });
        await this.#settle(group, verdicts);
        return;
      } catch (error) {
        if (session === undefined) return failAll(group, error);
        if (isLoss(error)) {
          session.discard();
          for (const pending of group) pending.isUnsure ||= isSent;
        } else if (!isRepeatable(error)) {
          return this.#refused(group, error);
        }
        if (this.#isClosed || group.some(({ deadline }) => deadline.isOver)) {
          return failAll(
            group,
            new UnavailableError('Server did not answer in time', { cause: error }),
          );
        }
      }
      await sleep(PAUSE_MS, this.#source.connector.signal);
    }
  }

  async #connected(group: readonly Pending[]): Promise<Session> {
    if (this.#session !== undefined && !this.#session.isLost) return this.#session;
    const [{ deadline }] = group as [Pending]; // no group is empty
    this.#session = await this.#source.connector.connect(deadline);
    return this.#session;
  }

  /** commit-lane/far-behind: what is unchanged up to a newer version may be compared from there on. */
  async #catchUp(session: Session, pending: Pending): Promise<void> {
    const { points, ranges, floor } = pending;
    if (this.#source.horizon.newest - floor < FAR_BEHIND || points.length + ranges.length === 0)
      return;
    const [row] = await session.rows(this.#source.statements.precheck, [
      floor,
      byteaArray(points),
      byteaArray(ranges.map(({ start }) => start)),
      byteaArray(ranges.map(({ end }) => end)),
    ]);
    const [newest, cut, changed] = row ?? [];
    if (changed === null && Number(cut) <= floor) pending.floor = Number(newest);
  }

  async #settle(group: readonly Pending[], verdicts: readonly Verdict[]): Promise<void> {
    const { horizon } = this.#source;
    const retried: Pending[] = [];
    for (const [at, pending] of group.entries()) {
      const verdict = verdicts[at]!; // one for each
      const version = verdict.version ?? verdict.newest;
      horizon.newest = Math.max(horizon.newest, version);
      if (verdict.version !== undefined) {
        pending.settle({ isCommitted: true, version });
      } else if (verdict.isGone) {
        this.#onGone(pending, verdict, retried);
      } else if (verdict.lostTo !== undefined) {
        pending.settle({ isCommitted: false, key: verdict.lostTo });
      } else {
        pending.settle({ isCommitted: true, version }); // it writes nothing, and what it has read is unchanged
      }
    }
    if (retried.length > 0) await this.#send(retried);
  }

  /** A commit that depends on nothing has an old floor after a long rest: it takes the newest one. */
  #onGone(pending: Pending, { newest }: Verdict, retried: Pending[]): void {
    if (pending.commit.snapshot === undefined && !pending.isUnsure) {
      pending.floor = newest;
      retried.push(pending);
    } else if (pending.isUnsure) {
      pending.fail(
        new UnavailableError('Server does not keep the ids of commits that far back', {
          outcome: 'unknown',
        }),
      );
    } else {
      pending.fail(
        new StateGoneError(
          `Snapshot is older than the commits that the server keeps: version=${pending.floor}, set history_ms= in the location to keep more`,
        ),
      );
    }
  }

  /** commit-lane/one-does-not-harm. */
  async #refused(group: readonly Pending[], cause: unknown): Promise<void> {
    if (group.length > 1) {
      for (const pending of group) await this.#send([pending]);
      return;
    }
    const reason = cause instanceof Error ? cause.message : '';
    const message = `Server refused the commit: sqlstate=${stateOf(cause)} reason=${reason}`;
    const error = isTooLarge(cause)
      ? new InvalidArgumentError(message, { cause })
      : new UnavailableError(message, { cause });
    failAll(group, error);
  }
}

/** An earlier attempt may have been applied: then the outcome is unknown, whatever the last one said. */
function failAll(group: readonly Pending[], error: unknown): void {
  for (const pending of group) {
    const unknown = { cause: error, outcome: 'unknown' } as const;
    pending.fail(pending.isUnsure ? new UnavailableError(messageOf(error), unknown) : error);
  }
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error('Commit has failed', { cause: error });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'Server did not answer';
}

function abortedBy(signal: AbortSignal | undefined): AbortedError {
  return new AbortedError('Commit was aborted before it was sent', { cause: signal?.reason });
}
