/**
 * Commits that are applied once.
 *
 * Owns: the tries of a commit, and finding out what became of a try whose answer is open.
 *
 * Each try has a key of its own, which it names as read and which it writes. An open try may even be applied after its error
 * has come: FoundationDB says so of timeouts. So its fate is made certain before anything else happens. A transaction reads
 * the key of the try:
 *
 *      it is there     the try was applied, at the version that the key has
 *      it is absent    the transaction writes a mark there, and commits. When it has, the try cannot be applied any more:
 *                      it would find that a key which it has read was written since
 *
 * What a death of the client leaves: the keys of its last tries, until the cutter takes them (cutter.ts).
 *
 * Invariants:
 *   foundationdb-commits/once: another try is made only when the ones before it were not applied, and cannot be any more.
 *   foundationdb-commits/lost-is-final: a commit is said to have lost only by a try whose own answer says so. That a commit
 *       has lost to another cannot be seen in a newer state: the other may not be visible yet.
 *   foundationdb-commits/not-forgotten: a fate is asked for only while the cutter keeps the keys of such tries. Later it is
 *       unknown.
 *
 * Suspension: `commit` suspends for the servers.
 */
import {
  AbortedError,
  type BackendCommit,
  type BackendOutcome,
  InvalidArgumentError,
  UnavailableError,
} from '../index.ts';
import { type ClientTransaction, CONFLICTING_KEYS } from './client.ts';
import { type Cluster, gone, Patience, refused, unanswered } from './cluster.ts';
import { applyPlan, type CommitPlan, planOf } from './commit-plan.ts';
import { idsKeptFrom } from './cutter.ts';
import { codeOf, describe, failureOf } from './failures.ts';
import type { Layout } from './layout.ts';
import { STAMP_SIZE_BYTES, versionBytes, versionOf } from './versions.ts';

/** Shorter than a stamp. */
const MARK = Buffer.from('x');
/** Keys of earlier tries that a commit takes away. It leaves one itself. */
const SPENT_COUNT_MAX = 4;
/** Ranges that a lost commit looks at for the one that it names. */
const CONFLICTING_COUNT_MAX = 64;
const CONFLICTING_KEYS_END = Buffer.concat([CONFLICTING_KEYS, Buffer.of(0xff)]);
const STARTS = '1';

/** A try: where it says that it was applied, and the state that it was made at. */
interface Try {
  readonly key: Buffer;
  readonly version: number;
}

type Ending =
  | { readonly kind: 'settled'; readonly outcome: BackendOutcome }
  /** Not applied. */
  | { readonly kind: 'again'; readonly cause: unknown }
  | { readonly kind: 'open'; readonly attempt: Try; readonly cause: unknown };

export class Commits {
  readonly #cluster: Cluster;
  readonly #layout: Layout;
  /** Keys of tries whose outcome is known. */
  readonly #spent: Buffer[] = [];

  constructor(cluster: Cluster, layout: Layout) {
    this.#cluster = cluster;
    this.#layout = layout;
  }

  async commit(commit: BackendCommit): Promise<BackendOutcome> {
    this.#cluster.mustBeOpen();
    mustWait(commit);
    const plan = planOf(commit, this.#layout);
    const patience = new Patience(this.#cluster.timeoutMs);
    for (let number = 0; ; number++) {
      const ending = await this.#try(plan, number, patience);
      if (ending.kind === 'settled') return ending.outcome;
      if (ending.kind === 'open') {
        const version = await this.#fateOf(ending.attempt, patience, ending.cause);
        this.#spent.push(ending.attempt.key);
        if (version !== undefined) return { isCommitted: true, version };
      }
      this.#cluster.mustBeOpen();
      if (patience.isOver) throw unanswered(ending.cause, 'commit');
      await patience.rest(this.#cluster.closing);
      mustWait(commit);
    }
  }

  async #try(plan: CommitPlan, number: number, patience: Patience): Promise<Ending> {
    const { commit } = plan;
    const options = { timeout: patience.tryMs, report_conflicting_keys: true } as const;
    let attempt: Try | undefined = undefined as Try | undefined;
    const spent = this.#spent.splice(0, SPENT_COUNT_MAX);
    const keep = (): void => void this.#spent.push(...spent);
    try {
      return await this.#cluster.run(options, async (transaction): Promise<Ending> => {
        const stop = abortable(transaction, commit.signal);
        try {
          const version = await begin(transaction, commit);
          const broken = await this.#brokenGuard(transaction, commit);
          mustWait(commit);
          if (broken !== undefined) {
            keep();
            return { kind: 'settled', outcome: { isCommitted: false, key: broken } };
          }
          const key = this.#layout.idKey(version, commit.id, number);
          this.#fill(transaction, plan, { key, spent });
          attempt = { key, version };
        } finally {
          stop();
        }
        try {
          await transaction.rawCommit();
        } catch (error) {
          if (failureOf(error) !== 'conflict') throw error;
          keep();
          const key = await this.#lostKey(transaction, commit);
          return { kind: 'settled', outcome: { isCommitted: false, key } };
        }
        const version = versionOf(transaction.getCommittedVersion());
        this.#spent.push(attempt.key);
        return { kind: 'settled', outcome: { isCommitted: true, version } };
      });
    } catch (error) {
      keep(); // to take one away twice does no harm
      return this.#endingOf(error, commit, attempt);
    }
  }

  /** Throws what no other try can mend. */
  #endingOf(error: unknown, commit: BackendCommit, attempt: Try | undefined): Ending {
    if (error instanceof AbortedError) throw error;
    const failure = failureOf(error);
    if (failure === 'too-large') {
      throw new InvalidArgumentError(
        `Commit is larger than FoundationDB takes: ${describe(error)}`,
        { cause: error },
      );
    }
    if (failure === 'refused') throw refused(error);
    if (failure === 'too-old' && commit.snapshot !== undefined) throw gone(error);
    if (failure === 'open' && attempt !== undefined) return { kind: 'open', attempt, cause: error };
    this.#cluster.mustBeOpen();
    mustWait(commit);
    if (codeOf(error) === undefined) throw error;
    return { kind: 'again', cause: error };
  }

  /** foundationdb-plan/first-committer, and the key of the try. */
  #fill(
    transaction: ClientTransaction,
    plan: CommitPlan,
    { key, spent }: { readonly key: Buffer; readonly spent: readonly Buffer[] },
  ): void {
    applyPlan(plan, transaction, this.#layout);
    transaction.addReadConflictKey(key);
    transaction.setVersionstampPrefixedValue(key); // a write, also where the commit has none: else nothing is checked
    for (const each of spent) transaction.clear(each);
  }

  /** The key of the first guard that does not hold. To read them is to name them as read. */
  async #brokenGuard(
    transaction: ClientTransaction,
    { guards }: BackendCommit,
  ): Promise<Uint8Array | undefined> {
    const found = await Promise.all(
      guards.map(({ key }) => transaction.get(this.#layout.dataKey(key))),
    );
    return guards.find(({ value }, i) => !isSame(found[i], value))?.key;
  }

  /** What a lost transaction tells; a guard goes first. Undefined when it tells nothing. */
  async #lostKey(
    transaction: ClientTransaction,
    { guards }: BackendCommit,
  ): Promise<Uint8Array | undefined> {
    const keys: Uint8Array[] = [];
    try {
      const lots = transaction
        .snapshot()
        .getRangeBatch(CONFLICTING_KEYS, CONFLICTING_KEYS_END, { limit: CONFLICTING_COUNT_MAX });
      for await (const lot of lots) {
        for (const [name, what] of lot) {
          const key = name.subarray(CONFLICTING_KEYS.length);
          const isStart = what.toString('latin1') === STARTS && this.#layout.isData(key);
          if (isStart) keys.push(this.#layout.keyIn(key));
        }
      }
    } catch {
      // That it has lost is known; over what, another version of the servers may not tell.
    }
    const guard = guards.find((each) => keys.some((key) => Buffer.compare(key, each.key) === 0));
    return guard?.key ?? keys[0];
  }

  /** The version at which a try was applied; undefined: it was not, and cannot be any more. */
  async #fateOf(attempt: Try, patience: Patience, cause: unknown): Promise<number | undefined> {
    for (let last = cause; ;) {
      if (this.#cluster.closing.aborted) {
        throw new UnavailableError('Database was closed while a commit was under way', {
          cause: last,
          outcome: 'unknown',
        });
      }
      if (patience.isOver) throw unanswered(last, 'commit', 'unknown');
      try {
        const options = { timeout: patience.tryMs };
        return await this.#cluster.run(options, (transaction) => settle(transaction, attempt));
      } catch (error) {
        if (error instanceof UnavailableError) throw error;
        last = error;
      }
      await patience.rest(this.#cluster.closing);
    }
  }
}

/** Sets the state that a commit is tried at; resolves with its version. */
async function begin(transaction: ClientTransaction, { snapshot }: BackendCommit): Promise<number> {
  if (snapshot === undefined) return versionOf(await transaction.getReadVersion());
  transaction.setReadVersion(versionBytes(snapshot.version));
  return snapshot.version;
}

async function settle(
  transaction: ClientTransaction,
  { key, version }: Try,
): Promise<number | undefined> {
  const [now, found] = await Promise.all([transaction.getReadVersion(), transaction.get(key)]);
  if (version < idsKeptFrom(versionOf(now))) {
    throw new UnavailableError('Cluster does not keep what became of a commit for that long', {
      outcome: 'unknown', // foundationdb-commits/not-forgotten
    });
  }
  if (found !== undefined) {
    return found.length >= STAMP_SIZE_BYTES ? versionOf(found) : undefined; // a mark of an earlier call
  }
  transaction.set(key, MARK);
  await transaction.rawCommit();
  return undefined;
}

/** Until the call of what it gives, the signal ends the transaction. */
function abortable(transaction: ClientTransaction, signal: AbortSignal | undefined): () => void {
  const stop = (): void => transaction.rawCancel();
  signal?.addEventListener('abort', stop, { once: true });
  return () => signal?.removeEventListener('abort', stop);
}

function mustWait({ signal }: BackendCommit): void {
  if (signal?.aborted !== true) return;
  throw new AbortedError('Commit was aborted before it was sent', { cause: signal.reason });
}

function isSame(found: Buffer | undefined, value: Uint8Array | undefined): boolean {
  if (found === undefined || value === undefined) return found === value;
  return found.equals(value);
}
