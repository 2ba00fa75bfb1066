/**
 * A job queue with leases.
 *
 * Owns: the jobs, who works on which of them and until when, and what becomes of a job that fails.
 *
 * A worker takes a job for a time, its lease. When the worker dies, the lease ends and another worker gets the job. A worker
 * that was only slow finds out: what it does with an ended lease is refused. So what a job writes to the database belongs into
 * the transaction that completes it, and then happens once. What it does elsewhere, such as a mail, may happen twice.
 *
 * Layout: a job is one entry. `dueAt` is when it may be taken: the time it is for, or the end of the lease that somebody has.
 *
 * Invariants:
 *   J1. A job that was added is there until it is completed or given up, whatever is killed.
 *   J2. At any time at most one lease of a job counts: that of its last taking. Only with it the job is completed, once.
 *   J3. A job is taken at most `attemptCountMax` times. Then it lies among those that were given up.
 *
 * Suspension: everything waits for the database. What has resolved is durable.
 */
import { randomUUID } from 'node:crypto';
import type { Database, Keyspace, Transaction } from 'varve';

export interface Job {
  readonly kind: string;
  readonly payload: unknown;
  /** Milliseconds since 1970. */
  readonly dueAt: number;
  /** How often it was taken. */
  readonly attemptCount: number;
  /** Why it failed the last time. */
  readonly lastError?: string;
}

/** A job that a worker has. */
export interface Lease extends Job {
  readonly id: string;
}

export interface QueueOptions {
  readonly leaseMs?: number;
  readonly attemptCountMax?: number;
  /** The wait after the first failure; it doubles with each. */
  readonly retryDelayMs?: number;
  readonly now?: () => number;
}

/** The lease has ended, and another worker may have the job. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

type AnyDatabase = Database<unknown, unknown>;
type AnyTransaction = Transaction<unknown, unknown>;

export class Queue {
  readonly #db: AnyDatabase;
  readonly #jobs: Keyspace<string, Job>;
  readonly #givenUp: Keyspace<string, Job>;
  readonly #options: Required<QueueOptions>;

  private constructor(
    db: AnyDatabase,
    jobs: Keyspace<string, Job>,
    givenUp: Keyspace<string, Job>,
    options: QueueOptions,
  ) {
    this.#db = db;
    this.#jobs = jobs;
    this.#givenUp = givenUp;
    this.#options = {
      leaseMs: 30_000,
      attemptCountMax: 5,
      retryDelayMs: 1000,
      now: Date.now,
      ...options,
    };
  }

  static async open(db: AnyDatabase, options: QueueOptions = {}): Promise<Queue> {
    const jobs = await db.keyspace<string, Job>('jobs', {
      keyEncoding: 'utf8',
      valueEncoding: 'json',
      indexes: { due: { on: ['dueAt'] } },
    });
    const givenUp = await db.keyspace<string, Job>('jobs given up', {
      keyEncoding: 'utf8',
      valueEncoding: 'json',
    });
    await jobs.index('due').ready();
    return new Queue(db, jobs, givenUp, options);
  }

  /** Adds a job. With a transaction it is there if that commits: the order and its mail, or neither. */
  async add(
    kind: string,
    payload: unknown,
    {
      id = randomUUID(),
      delayMs = 0,
      tx,
    }: { id?: string; delayMs?: number; tx?: AnyTransaction } = {},
  ): Promise<string> {
    const job: Job = { kind, payload, dueAt: this.#options.now() + delayMs, attemptCount: 0 };
    if (tx === undefined) await this.#jobs.put(id, job);
    else tx.in(this.#jobs).put(id, job);
    return id;
  }

  /** The job that is due first, for `leaseMs`; undefined when none is due. */
  take(): Promise<Lease | undefined> {
    // Two workers that take the same job conflict: one runs again and sees that it is taken (J2).
    return this.#db.transaction(async (tx) => {
      const jobs = tx.in(this.#jobs);
      for (;;) {
        const now = this.#options.now();
        const due = await jobs
          .index('due')
          .entries({ lte: [now] })
          .first();
        if (due === undefined) return undefined;
        const { key: id, value: job } = due;
        if (job.attemptCount >= this.#options.attemptCountMax) {
          jobs.del(id); // its last worker has died (J3)
          tx.in(this.#givenUp).put(id, job);
          continue;
        }
        const taken = {
          ...job,
          attemptCount: job.attemptCount + 1,
          dueAt: now + this.#options.leaseMs,
        };
        jobs.put(id, taken);
        return { id, ...taken };
      }
    });
  }

  /** Gives a worker that is still at it another `leaseMs`. Throws LeaseLostError. */
  extend(lease: Lease): Promise<Lease> {
    return this.#db.transaction(async (tx) => {
      const job = await this.#held(tx, lease);
      const longer = { ...job, dueAt: this.#options.now() + this.#options.leaseMs };
      tx.in(this.#jobs).put(lease.id, longer);
      return { id: lease.id, ...longer };
    });
  }

  /** The job is done. What `effect` writes is written in the same commit (J2). Throws LeaseLostError. */
  complete(lease: Lease, effect: (tx: AnyTransaction) => unknown = () => undefined): Promise<void> {
    return this.#db.transaction(async (tx) => {
      await this.#held(tx, lease);
      tx.in(this.#jobs).del(lease.id);
      await effect(tx);
    });
  }

  /** The job has failed: it is tried again later, or given up (J3). Throws LeaseLostError. */
  fail(lease: Lease, reason: unknown): Promise<void> {
    return this.#db.transaction(async (tx) => {
      const job = await this.#held(tx, lease);
      const failed = { ...job, lastError: String(reason) };
      if (job.attemptCount >= this.#options.attemptCountMax) {
        tx.in(this.#jobs).del(lease.id);
        tx.in(this.#givenUp).put(lease.id, failed);
        return;
      }
      const delayMs = this.#options.retryDelayMs * 2 ** (job.attemptCount - 1);
      tx.in(this.#jobs).put(lease.id, { ...failed, dueAt: this.#options.now() + delayMs });
    });
  }

  /** Works until the signal is aborted: one job after the other, and waits when none is due. */
  async work(
    handle: (lease: Lease) => Promise<((tx: AnyTransaction) => unknown) | void>,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      const lease = await this.take();
      if (lease === undefined) {
        await this.#nextDue(signal);
        continue;
      }
      try {
        const effect = await handle(lease);
        await this.complete(lease, effect ?? undefined);
      } catch (error) {
        if (error instanceof LeaseLostError) continue; // another has it
        await this.fail(lease, error).catch((later: unknown) => {
          if (!(later instanceof LeaseLostError)) throw later;
        });
      }
    }
  }

  /** Jobs that wait or are worked on, and those that were given up. */
  async counts(): Promise<{ waiting: number; givenUp: number }> {
    return { waiting: await this.#jobs.count(), givenUp: await this.#givenUp.count() };
  }

  /** The jobs that were given up, with why. */
  givenUp(): Promise<[string, Job][]> {
    return this.#givenUp.entries().all();
  }

  /** The job as it is stored, if the lease still counts (J2). */
  async #held(tx: AnyTransaction, lease: Lease): Promise<Job> {
    const job = await tx.in(this.#jobs).get(lease.id);
    const isMine = job?.attemptCount === lease.attemptCount && job.dueAt > this.#options.now();
    if (!isMine) throw new LeaseLostError(`Lease has ended: job=${lease.id}`);
    return job;
  }

  /** Resolves when a job may be due: jobs have changed, the first one's time has come, or the signal. */
  async #nextDue(signal: AbortSignal): Promise<void> {
    let wake = (): void => undefined;
    const woken = new Promise<void>((resolve) => (wake = resolve));
    using _watch = this.#jobs.watch({}, wake); // before the look at the first job, or a job between is missed
    const first = await this.#jobs.index('due').entries().first();
    const dueInMs = first === undefined ? 60_000 : first.value.dueAt - this.#options.now();
    const timer = setTimeout(wake, Math.min(Math.max(dueInMs, 0), 60_000));
    signal.addEventListener('abort', wake, { once: true });
    try {
      if (!signal.aborted) await woken;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
    }
  }
}
