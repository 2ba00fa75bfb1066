/**
 * The commits after a version, as they come.
 *
 * Owns: the place of each stream in the log, the connection of all streams of a client, and what wakes them.
 *
 * A notification only wakes: what a stream gives, it reads from the log. So a notification that is lost with its connection
 * loses no commit. Where the server knows no notifications, streams look again after a while.
 *
 * Invariants:
 *   log-feed/whole: a commit is given when all of its rows were read. The log is read in parts, and a part may end within one.
 *   log-feed/gapless: commits become visible in the order of their versions (statements/one-lock), so nothing appears later
 *       behind the place of a stream.
 *   log-feed/gone-is-told: a stream whose place was cut from the log ends with HistoryGoneError, and skips nothing.
 *
 * Suspension: `commits` suspends for each part of the log, and until something happens.
 */
import {
  type BackendWrite,
  ClosedError,
  HistoryGoneError,
  type WatchedCommit,
  type WatchRequest,
} from '../index.ts';
import {
  LOOK_MS,
  LOOK_UNTOLD_MS,
  LOT_ROW_COUNT_MAX,
  LOT_SIZE_BYTES_MAX,
} from '../adapters/commit-log.ts';
import { bytesOf } from './binary.ts';
import type { Connector } from './connections.ts';
import { isLoss, stateOf } from './failures.ts';
import type { Row, Session } from './session.ts';
import type { Statements } from './statements.ts';
import { Deadline, startTimeout, stopTimeout } from '../adapters/time.ts';

/** Greater than the number of any row of a commit. */
const ALL_ROWS = 2 ** 31 - 1;

export interface FeedSource {
  readonly connector: Connector;
  readonly statements: Statements;
  readonly timeoutMs: number;
}

/** A place in the log: behind a row. */
interface Place {
  version: number;
  i: number;
}

export class LogFeed {
  readonly #source: FeedSource;
  readonly #sleepers = new Set<() => void>();
  #session: Promise<Session> | undefined;
  #isTold = true;
  /** Counts what may have brought something new. */
  #wakeCount = 0;
  #isClosed = false;

  constructor(source: FeedSource) {
    this.#source = source;
  }

  async *commits({ start, end, after, signal }: WatchRequest): AsyncGenerator<WatchedCommit, void> {
    const place: Place = { version: after, i: ALL_ROWS };
    let open: Row[] = [];
    while (!signal.aborted) {
      if (this.#isClosed) throw new ClosedError('Database is closed');
      const seen = this.#wakeCount;
      const part = await this.#read(place, start, end);
      if (part === undefined) continue; // the connection was lost
      mustHave(place.version, part);
      open.push(...part.rows);
      const lastVersion = part.isLast ? Infinity : Number(open.at(-1)?.[0]);
      const whole = open.filter(([version]) => Number(version) < lastVersion);
      open = open.slice(whole.length);
      for (const commit of grouped(whole)) {
        if (signal.aborted) return;
        yield commit;
      }
      if (part.isLast) {
        place.version = Math.max(place.version, part.newest);
        place.i = ALL_ROWS;
        await this.#untilWoken(seen, signal);
      } else {
        const [version, i] = part.rows.at(-1)!; // a part that is not the last has rows
        place.version = Number(version);
        place.i = Number(i);
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wakeAll();
    const session = await this.#session?.catch(() => undefined);
    session?.discard();
  }

  /** The rows behind a place, as far as one part goes; undefined when the connection was lost. */
  async #read(
    place: Place,
    start: Uint8Array,
    end: Uint8Array | undefined,
  ): Promise<Part | undefined> {
    const session = await this.#connected();
    const values = [place.version, place.i, start, end, LOT_ROW_COUNT_MAX, LOT_SIZE_BYTES_MAX];
    try {
      return partOf(await session.rows(this.#source.statements.log, values));
    } catch (error) {
      if (!isLoss(error)) throw error;
      session.discard();
      return undefined;
    }
  }

  #connected(): Promise<Session> {
    this.#session ??= this.#connect();
    return this.#session;
  }

  async #connect(): Promise<Session> {
    const { connector, statements, timeoutMs } = this.#source;
    try {
      const session = await connector.connect(new Deadline(timeoutMs));
      session.onNotification(() => {
        this.#wakeAll();
      });
      try {
        await session.run(statements.listen);
      } catch (error) {
        if (stateOf(error) === undefined) {
          session.discard(); // its connection was lost at once: the next one says whether servers are there
          return await this.#connect();
        }
        this.#isTold = false;
      }
      session.rest(); // a program that waits for a stream is kept alive by its call
      session.onEnd(() => {
        this.#session = undefined;
        this.#wakeAll();
      });
      return session;
    } catch (error) {
      this.#session = undefined;
      throw error;
    }
  }

  #wakeAll(): void {
    this.#wakeCount++;
    for (const wake of this.#sleepers) wake();
    this.#sleepers.clear();
  }

  /** Resolves when something happened since that count, or after a while. */
  #untilWoken(seen: number, signal: AbortSignal): Promise<void> {
    if (this.#wakeCount !== seen || this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        stopTimeout(timeout);
        signal.removeEventListener('abort', wake);
        this.#sleepers.delete(wake);
        resolve();
      };
      const timeout = startTimeout(wake, this.#isTold ? LOOK_MS : LOOK_UNTOLD_MS);
      this.#sleepers.add(wake);
      signal.addEventListener('abort', wake, { once: true });
      if (signal.aborted) wake();
    });
  }
}

interface Part {
  readonly horizon: number;
  readonly newest: number;
  /** version, i, wall_ms, k, v */
  readonly rows: readonly Row[];
  /** True when no row lies behind these. */
  readonly isLast: boolean;
}

function partOf(found: readonly Row[]): Part {
  const [[horizon, newest] = []] = found;
  const rows = found.filter(([, , version]) => version !== null).map((row) => row.slice(2));
  let sizeBytes = 0;
  for (const [, , , k, v] of rows) {
    sizeBytes += bytesOf(k).length + (v === null ? 0 : bytesOf(v).length);
  }
  const isLast = rows.length < LOT_ROW_COUNT_MAX && sizeBytes < LOT_SIZE_BYTES_MAX;
  return { horizon: Number(horizon), newest: Number(newest), rows, isLast };
}

/** log-feed/gone-is-told. */
function mustHave(version: number, { horizon, newest }: Part): void {
  if (version < horizon) {
    throw new HistoryGoneError(
      `Commits were removed from the log: after=${version} horizon=${horizon}, set history_ms= in the location to keep more`,
      horizon + 1,
    );
  }
  if (version > newest) {
    throw new HistoryGoneError(
      `Server has not got the commit that a stream has come to: after=${version} newest=${newest}; a failover has lost commits`,
      newest,
    );
  }
}

function* grouped(rows: readonly Row[]): Generator<WatchedCommit, void> {
  for (let at = 0; at < rows.length;) {
    const [version, , wallMs] = rows[at]!; // below the length
    const writes: BackendWrite[] = [];
    for (; at < rows.length && rows[at]![0] === version; at++) {
      const [, , , k, v] = rows[at]!; // below the length
      writes.push({ key: bytesOf(k), value: v === null ? undefined : bytesOf(v) });
    }
    yield { version: Number(version), wallMs: Number(wallMs), writes };
  }
}
