/**
 * A snapshot: a transaction of the server that reads one state.
 *
 * Owns: the session of the snapshot, from its first statement to the end of its transaction.
 *
 * Invariants:
 *   postgres-snapshot/prefix: the state shows exactly the commits up to `version`, since commits become visible one after the
 *       other (statements/one-lock).
 *   postgres-snapshot/newest-known: it shows every commit that this client has heard of. A server that does not is an old
 *       primary, which nobody has stopped: its connection is given up.
 *
 * Suspension: reads suspend; `close` does not.
 */
import {
  type BackendSnapshot,
  ClosedError,
  type Page,
  type PageRequest,
  type SnapshotRequest,
  StateGoneError,
  UnavailableError,
} from '../index.ts';
import { bytesOf, byteaArray } from './binary.ts';
import type { Pool } from './connections.ts';
import { isLoss } from './failures.ts';
import type { Row, Session } from './session.ts';
import type { Statements } from './statements.ts';
import { Deadline, sleep } from '../adapters/time.ts';

const PAUSE_MS = 20;

/** The newest version that this client has seen. */
export interface Horizon {
  newest: number;
}

/** What a snapshot needs to begin. */
export interface SnapshotSource {
  readonly pool: Pool;
  readonly statements: Statements;
  readonly horizon: Horizon;
  readonly timeoutMs: number;
}

/** Begins one; asks another connection as long as there is time. */
export async function beginSnapshot(
  source: SnapshotSource,
  { firstKey, signal }: Pick<SnapshotRequest, 'firstKey' | 'signal'>,
): Promise<PostgresSnapshot> {
  const { pool, statements, horizon, timeoutMs } = source;
  const deadline = new Deadline(timeoutMs);
  const { newest } = horizon;
  let cause: unknown;
  do {
    const session = await pool.acquire(deadline, signal).catch((error: unknown) => {
      if (cause === undefined || signal?.aborted === true) throw error;
      throw gaveNone(cause); // says more than that time was over
    });
    try {
      const begun = session.run(statements.beginSnapshot);
      const first = firstKey && { key: firstKey, row: session.rows(statements.get, [firstKey]) };
      const [[row]] = await Promise.all([begun, first?.row]); // a first read that is lost is made again
      const version = Number(row?.[0]);
      if (version >= newest) {
        horizon.newest = Math.max(horizon.newest, version);
        return new PostgresSnapshot(source, session, { version, first });
      }
      cause = new Error(
        `Server is behind what this client has seen: server=${session.server} version=${version} seen=${newest}`,
      );
    } catch (error) {
      cause = error;
    }
    session.discard();
    pool.release(session);
    await sleep(PAUSE_MS, signal);
  } while (!deadline.isOver);
  throw gaveNone(cause);
}

function gaveNone(cause: unknown): UnavailableError {
  return new UnavailableError('No server of PostgreSQL gave the newest state', { cause });
}

/** The row of the key that is read first. */
interface FirstRead {
  readonly key: Uint8Array;
  readonly row: Promise<Row[]>;
}

export class PostgresSnapshot implements BackendSnapshot {
  readonly version: number;
  readonly #first: FirstRead | undefined;
  readonly #source: SnapshotSource;
  readonly #session: Session;
  #isClosed = false;

  constructor(
    source: SnapshotSource,
    session: Session,
    begun: { readonly version: number; readonly first: FirstRead | undefined },
  ) {
    this.version = begun.version;
    this.#first = begun.first;
    this.#source = source;
    this.#session = session;
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    const isFirst = this.#first !== undefined && Buffer.compare(this.#first.key, key) === 0;
    const [row] = await this.#rows(({ get }) => get, [key], isFirst ? this.#first?.row : undefined);
    return row && bytesOf(row[0]);
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    const rows = await this.#rows(({ getMany }) => getMany, [byteaArray(keys)]);
    const found = new Map(rows.map(([key, value]) => [nameOf(bytesOf(key)), bytesOf(value)]));
    return keys.map((key) => found.get(nameOf(key)));
  }

  async page(request: PageRequest): Promise<Page> {
    const { start, end, isReverse, rowCountMax, sizeBytesMax } = request;
    const values = [start, ...(end === undefined ? [] : [end]), rowCountMax, sizeBytesMax];
    const found = await this.#rows(({ page }) => page(isReverse, end !== undefined), values);
    let sizeBytes = 0;
    const rows = found.map(([k, v]) => {
      const [key, value] = [bytesOf(k), bytesOf(v)];
      sizeBytes += key.length + value.length;
      return { key, value };
    });
    const hasMore = rows.length === rowCountMax || sizeBytes >= sizeBytesMax;
    return { rows, hasMore: hasMore && rows.length > 0 };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // What follows on this session is behind it.
    this.#session.commit().catch(() => {
      this.#session.discard();
    });
    this.#source.pool.release(this.#session);
  }

  async #rows(
    pick: (statements: Statements) => Statements['get'],
    values: readonly unknown[],
    known?: Promise<Row[]>,
  ): Promise<Row[]> {
    if (this.#isClosed) throw new ClosedError('Snapshot is closed');
    try {
      return await (known ?? this.#session.rows(pick(this.#source.statements), values));
    } catch (cause) {
      if (isLoss(cause)) this.#session.discard();
      throw new StateGoneError(
        `Snapshot is gone with its connection: server=${this.#session.server} version=${this.version}`,
        { cause },
      );
    }
  }
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
}
