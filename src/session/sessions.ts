/**
 * Sessions as entries that expire.
 *
 * Owns: what a session is in the keyspace, and when it ends. session-store.ts gives this the callbacks of
 * express-session.
 *
 * Layout: the key is the id of the session as text, the value its JSON. The entry expires with the session.
 *
 * Invariants:
 *   sessions/touch-writes-no-data: a touch keeps the data that is stored, and moves the end alone. Example: one request
 *       stores a name while another one, which read the session before, only touches it. The name stays.
 *   sessions/touch-makes-none: a touch never brings a destroyed session back. It reads and writes in one transaction.
 *
 * Suspension: as the calls of Varve do.
 */
import { types } from 'node:util';
import {
  type Database,
  type ExpiryOptions,
  InvalidArgumentError,
  type Keyspace,
} from '../index.ts';

/** A database, whatever its own keys and values are. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the store uses keyspaces of its own alone
export type SessionDatabase = Database<any, any>;

/** Data of a session, with the cookie, which says when the session ends. */
export interface SessionRecord {
  /** `expires` is a Date, or one as text; without it `maxAge` counts, in milliseconds. */
  readonly cookie?: { readonly expires?: unknown; readonly maxAge?: unknown } | undefined;
}

/** What is the same for all sessions of a store. */
export interface SessionSettings {
  readonly ttlMs: number;
  readonly touchAfterMs: number;
}

/** The sessions of one keyspace. */
export class Sessions {
  readonly #database: SessionDatabase;
  readonly #keyspace: Keyspace<string, SessionRecord>;
  readonly #settings: SessionSettings;

  constructor(
    database: SessionDatabase,
    keyspace: Keyspace<string, SessionRecord>,
    settings: SessionSettings,
  ) {
    this.#database = database;
    this.#keyspace = keyspace;
    this.#settings = settings;
  }

  async get(id: string): Promise<SessionRecord | null> {
    return (await this.#keyspace.get(id)) ?? null;
  }

  async set(id: string, session: SessionRecord): Promise<void> {
    await this.#keyspace.put(id, session, this.#endOf(session));
  }

  async touch(id: string, { cookie }: SessionRecord): Promise<void> {
    const end = this.#endOf({ cookie });
    await this.#database.transaction(async (tx) => {
      const sessions = tx.in(this.#keyspace);
      const stored = await sessions.get(id);
      if (stored === undefined) return;
      if (this.#isSoonEnough(await sessions.expiresAt(id), end)) return;
      sessions.put(id, { ...stored, cookie }, end);
    });
  }

  async destroy(id: string): Promise<void> {
    await this.#keyspace.del(id);
  }

  async clear(): Promise<void> {
    await this.#keyspace.clear();
  }

  async length(): Promise<number> {
    return this.#keyspace.count();
  }

  async all(): Promise<(SessionRecord & { readonly id: string })[]> {
    const entries = await this.#keyspace.entries().all();
    return entries.map(([id, session]) => ({ ...session, id }));
  }

  /** A cookie without an end is one that the browser keeps while it runs: `ttlMs` says how long its session lives. */
  #endOf({ cookie }: SessionRecord): ExpiryOptions {
    const { expires, maxAge } = cookie ?? {};
    const isTime = types.isDate(expires) || typeof expires === 'string';
    const timeMs = isTime ? new Date(expires).getTime() : NaN;
    if (!Number.isNaN(timeMs)) return { expiresAt: Math.max(timeMs, 0) };
    const hasAge = typeof maxAge === 'number' && maxAge > 0;
    return { ttlMs: hasAge ? Math.ceil(maxAge) : this.#settings.ttlMs };
  }

  /** Whether the stored end may stay. Only a time is compared: an end by `ttlMs` moves with each touch. */
  #isSoonEnough(storedMs: number | undefined, end: ExpiryOptions): boolean {
    const { touchAfterMs } = this.#settings;
    if (storedMs === undefined || typeof end.expiresAt !== 'number') return false;
    const movedMs = end.expiresAt - storedMs;
    return movedMs === 0 || (movedMs > 0 && movedMs < touchAfterMs);
  }
}

/** Throws InvalidArgumentError. */
export function mustSettings(ttlMs: number, touchAfterMs: number): SessionSettings {
  if (!Number.isSafeInteger(ttlMs) || ttlMs <= 0) {
    throw new InvalidArgumentError(
      `Option ttlMs of a session store must be a whole number above 0: found=${String(ttlMs)}`,
    );
  }
  if (!Number.isSafeInteger(touchAfterMs) || touchAfterMs < 0) {
    throw new InvalidArgumentError(
      `Option touchAfterMs of a session store must be a whole number from 0 on: ` +
        `found=${String(touchAfterMs)}`,
    );
  }
  return { ttlMs, touchAfterMs };
}
