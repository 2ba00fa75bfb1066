/**
 * A store of express-session over a keyspace.
 *
 * Owns: the methods as express-session calls them, with callbacks.
 *
 * Invariants:
 *   session-store/calls-back-once: each callback is called once, after the promise behind it has settled. What a callback
 *       throws is an uncaught exception, and no second call.
 *   session-store/no-silence: without a callback, an error is the event `error` of the store.
 *
 * Suspension: no method waits; each starts a call of Varve, and calls back later.
 */
import type { EventEmitter } from 'node:events';
import { callbackify } from 'node:util';
import { InvalidArgumentError } from '../index.ts';
import { mustSettings, type SessionDatabase, type SessionRecord, Sessions } from './sessions.ts';

export type { SessionDatabase, SessionRecord } from './sessions.ts';

/** The package `express-session`, of which a store needs the base class. */
export interface SessionModule<S> {
  /** Base class of all stores. */
  readonly Store: abstract new (...args: never[]) => S;
}

/** Options of `sessionStore`. */
export interface SessionStoreOptions {
  /** An open database. The store does not close it. */
  readonly database: SessionDatabase;
  /** Name of the keyspace; it is created when it is missing. Default `'sessions'`. */
  readonly keyspace?: string;
  /**
   * How long a session lives whose cookie has no `maxAge` and no `expires`, in milliseconds from its last request on.
   * A whole number above 0. Default 86,400,000: a day.
   */
  readonly ttlMs?: number;
  /**
   * A touch that moves the end of a session by less writes nothing. The session may then end that many milliseconds
   * earlier than its cookie: keep it well below `maxAge`. A session without `maxAge` is written by each touch. Default 0.
   */
  readonly touchAfterMs?: number;
}

type Done<T> = (error: unknown, result?: T) => void;

/** What a store of Varve has beside the methods that express-session itself gives to each store. */
export interface SessionStoreCalls {
  /**
   * The sessions that have not ended, each with its `id`. All of them are in memory at once.
   *
   * @example
   * visitors.all((error, sessions) => {
   *   console.log(sessions.map(({ id, name }) => `${id} ${name}`)); // => [ 's1 Ada', 's2 Bob' ]
   * });
   */
  all(
    callback: (error: unknown, sessions?: (SessionRecord & { readonly id: string })[]) => void,
  ): void;
  /**
   * How many sessions have not ended. Takes the time of a scan.
   *
   * @example
   * visitors.length((error, count) => {
   *   console.log(count); // => 2
   * });
   */
  length(callback: (error: unknown, length?: number) => void): void;
  /**
   * Ends all sessions.
   *
   * @example
   * visitors.clear(() => {
   *   visitors.length((error, count) => {
   *     console.log(count); // => 0
   *   });
   * });
   */
  clear(callback?: (error?: unknown) => void): void;
  /**
   * Moves the end of a session, and leaves its data. Writes the whole entry again, unless `touchAfterMs` spares it.
   *
   * @example
   * visitors.touch('s1', { cookie: { maxAge: 3_600_000 } }, () => {
   *   visitors.get('s1', (error, data) => {
   *     console.log(data.name); // => Ada
   *   });
   * });
   */
  touch(id: string, session: SessionRecord, callback?: (error?: unknown) => void): void;
}

/**
 * A store for the option `store` of express-session. A session is an entry that expires when the session ends, so nothing
 * has to look for old ones. Each write is as durable as the database has it.
 *
 * Callbacks get what the calls of Varve reject with, such as ClosedError. Without a callback the store emits `error`.
 * Rejects with InvalidArgumentError for a wrong option, and as `db.keyspace` does.
 *
 * @example
 * const sessions = await sessionStore(session, { database: db, touchAfterMs: 60_000 });
 * const middleware = session({ store: sessions, secret: 'known to the server', resave: false, saveUninitialized: false });
 * // app.use(middleware);
 */
export async function sessionStore<S>(
  session: SessionModule<S>,
  options: SessionStoreOptions,
): Promise<S & SessionStoreCalls> {
  if (typeof (session as Partial<SessionModule<S>> | undefined)?.Store !== 'function') {
    throw new InvalidArgumentError(
      'Session module has no Store: hand over what `import session from "express-session"` gives',
    );
  }
  if (
    typeof (options as Partial<SessionStoreOptions> | undefined)?.database?.keyspace !== 'function'
  ) {
    throw new InvalidArgumentError(
      'Option database of a session store must be an open database: `{ database: await open(...) }`',
    );
  }
  const { database, keyspace = 'sessions', ttlMs = 86_400_000, touchAfterMs = 0 } = options;
  const settings = mustSettings(ttlMs, touchAfterMs);
  const space = await database.keyspace<string, SessionRecord>(keyspace, {
    keyEncoding: 'utf8',
    valueEncoding: 'json',
  });
  const sessions = new Sessions(database, space, settings);
  const Base = session.Store as unknown as new () => EventEmitter;
  return storeOver(Base, sessions) as unknown as S & SessionStoreCalls;
}

/** The class is made here, because its base comes from the program. */
function storeOver(Store: new () => EventEmitter, sessions: Sessions): EventEmitter {
  class VarveStore extends Store {
    get(id: string, done?: Done<SessionRecord | null>): void {
      this.#answer(() => sessions.get(id), done);
    }

    set(id: string, session: SessionRecord, done?: Done<void>): void {
      this.#answer(() => sessions.set(id, session), done);
    }

    touch(id: string, session: SessionRecord, done?: Done<void>): void {
      this.#answer(() => sessions.touch(id, session), done);
    }

    destroy(id: string, done?: Done<void>): void {
      this.#answer(() => sessions.destroy(id), done);
    }

    clear(done?: Done<void>): void {
      this.#answer(() => sessions.clear(), done);
    }

    length(done?: Done<number>): void {
      this.#answer(() => sessions.length(), done);
    }

    all(done?: Done<object[]>): void {
      this.#answer(() => sessions.all(), done);
    }

    /** `callbackify` calls back outside of the promise: what the callback throws must not become a rejection. */
    #answer<T>(call: () => Promise<T>, done: Done<T> | undefined): void {
      callbackify(call)((error: unknown, result: T) => {
        if (done !== undefined) done(error, result);
        else if (error !== null) this.emit('error', error);
      });
    }
  }
  return new VarveStore();
}
