/**
 * Connections to the server that takes writes, and the pool of those for reads.
 *
 * Owns: which of several hosts is asked, how long, and how many connections there are.
 *
 * Invariants:
 *   connections/primary-only: a session is given out when its server has said that it takes writes. A standby may be behind.
 *   connections/bounded: there are at most `connections` sessions for reads. Who needs one more waits, in turn, and is told
 *       after `timeout_ms` that all are in use.
 *
 * Suspension: `connect` and `acquire` suspend.
 */
import { AbortedError, ClosedError, InvalidArgumentError, UnavailableError } from '../index.ts';
import { isHopeless, stateOf } from './failures.ts';
import { Session } from './session.ts';
import type { Settings } from './settings.ts';
import { type Deadline, sleep, startTimeout, stopTimeout } from '../adapters/time.ts';

const PAUSE_MIN_MS = 20;
const PAUSE_MAX_MS = 500;

/** Finds the primary among the hosts. */
export class Connector {
  readonly #settings: Settings;
  readonly #closing = new AbortController();
  /** The host that took the last connection is asked first. */
  #first = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /**
   * Connects to the server that takes writes. Rejects with UnavailableError when none does in time, with
   * InvalidArgumentError when a server says that no try can succeed, and with ClosedError after `close`.
   */
  async connect(deadline: Deadline): Promise<Session> {
    const { servers } = this.#settings;
    let cause: unknown;
    for (let pauseMs = PAUSE_MIN_MS; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MAX_MS)) {
      for (let i = 0; i < servers.length; i++) {
        this.#mustBeOpen();
        const index = (this.#first + i) % servers.length;
        try {
          const session = await this.#open(index, deadline);
          this.#first = index;
          return session;
        } catch (error) {
          if (isHopeless(error)) throw this.#refused(error);
          cause = error;
        }
      }
      if (deadline.leftMs <= pauseMs) break;
      await sleep(pauseMs, this.signal);
    }
    this.#mustBeOpen();
    const names = servers.map(({ name }) => name).join(',');
    throw new UnavailableError(
      `No server of PostgreSQL takes writes, see whether one runs there and is no standby: servers=${names} reason=${reasonOf(cause)}`,
      { cause },
    );
  }

  close(): void {
    this.#closing.abort();
  }

  async #open(index: number, deadline: Deadline): Promise<Session> {
    const server = this.#settings.servers[index]!; // of an index below their count
    const session = await Session.open(server, deadline);
    try {
      const [row] = await session.run('show transaction_read_only');
      if (row?.[0] !== 'off') throw new Error(`Server takes no writes: server=${server.name}`);
      this.#mustBeOpen();
      return session;
    } catch (error) {
      session.discard();
      throw error;
    }
  }

  #mustBeOpen(): void {
    if (this.signal.aborted) throw new ClosedError('Database is closed');
  }

  #refused(cause: unknown): InvalidArgumentError {
    const message = cause instanceof Error ? cause.message : '';
    return new InvalidArgumentError(
      `Server refused the connection: location=${this.#settings.shown} sqlstate=${stateOf(cause)} reason=${message}`,
      { cause },
    );
  }
}

/** What a connection failed with. Of several addresses of one name Node gives an error without a message. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'none was tried in time';
  return cause.message === '' ? String(Reflect.get(cause, 'code')) : cause.message;
}

interface Waiter {
  readonly take: (session: Session | undefined) => void;
}

/** The sessions for reads. */
export class Pool {
  readonly #settings: Settings;
  readonly #connector: Connector;
  readonly #idle: Session[] = [];
  readonly #used = new Set<Session>();
  readonly #waiters = new Set<Waiter>();
  /** Sessions, and those on their way. */
  #count = 0;

  constructor(settings: Settings, connector: Connector) {
    this.#settings = settings;
    this.#connector = connector;
  }

  /** True when a session can be had without waiting for somebody to give one back. */
  get hasRoom(): boolean {
    return this.#idle.length > 0 || this.#count < this.#settings.connectionCountMax;
  }

  /** A session, which `release` takes back. Rejects as `connect`, and with AbortedError. */
  async acquire(deadline: Deadline, signal?: AbortSignal): Promise<Session> {
    if (this.#connector.signal.aborted) throw new ClosedError('Database is closed');
    const session = this.#idle.pop() ?? (await this.#next(deadline, signal));
    session.wake();
    this.#used.add(session);
    return session;
  }

  /** Takes a session back. One that is lost makes room for another. */
  release(session: Session): void {
    if (!this.#used.delete(session)) return;
    if (this.#connector.signal.aborted) session.discard();
    if (session.isLost) {
      this.#leave();
      return;
    }
    const [waiter] = this.#waiters;
    if (waiter !== undefined) {
      this.#waiters.delete(waiter);
      waiter.take(session);
      return;
    }
    session.rest();
    this.#idle.push(session);
  }

  /** Breaks all connections. Who waits for one is told. */
  async close(): Promise<void> {
    for (const session of this.#used) session.discard();
    for (const waiter of this.#waiters) waiter.take(undefined);
    this.#waiters.clear();
    await Promise.all(
      this.#idle.splice(0).map(async (session) => {
        session.wake();
        await session.end();
      }),
    );
  }

  async #next(deadline: Deadline, signal: AbortSignal | undefined): Promise<Session> {
    if (this.#count >= this.#settings.connectionCountMax) {
      const session = await this.#wait(deadline, signal);
      if (session !== undefined) return session;
    } else {
      this.#count++;
    }
    try {
      const session = await this.#connector.connect(deadline);
      session.onEnd(() => this.#forget(session));
      return session;
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  /** Resolves with a session that was given back, or with undefined when the place of a lost one is free. */
  #wait(deadline: Deadline, signal: AbortSignal | undefined): Promise<Session | undefined> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        stopTimeout(timeout);
        signal?.removeEventListener('abort', abort);
        this.#waiters.delete(waiter);
      };
      const abort = (): void => {
        finish();
        reject(new AbortedError('Call was aborted', { cause: signal?.reason }));
      };
      const waiter: Waiter = {
        take: (session) => {
          finish();
          if (this.#connector.signal.aborted) reject(new ClosedError('Database is closed'));
          else resolve(session);
        },
      };
      const timeout = startTimeout(() => {
        finish();
        const { connectionCountMax, timeoutMs } = this.#settings;
        reject(
          new UnavailableError(
            `All connections for reads are in use: close snapshots and transactions, or set connections= in the location: connections=${connectionCountMax} timeoutMs=${timeoutMs}`,
          ),
        );
      }, deadline.leftMs);
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiters.add(waiter);
      if (signal?.aborted === true) abort();
    });
  }

  /** An idle session has broken. One in use is counted until it is released. */
  #forget(session: Session): void {
    const at = this.#idle.indexOf(session);
    if (at < 0) return;
    this.#idle.splice(at, 1);
    this.#leave();
  }

  /** A place is free: the first who waits connects in it. */
  #leave(): void {
    const [waiter] = this.#waiters;
    if (waiter === undefined) this.#count--;
    else waiter.take(undefined);
  }
}
