/**
 * PostgreSQL as a backend.
 *
 * Owns: the wiring: tables, connections, commits, streams; and what this backend can do.
 *
 * Invariants:
 *   postgres-backend/format-known: tables of a newer format are refused by name, before anything is read or written.
 *
 * Suspension: as the contract of a backend says.
 */
import {
  type Backend,
  type BackendCapabilities,
  type BackendCommit,
  type BackendOutcome,
  type BackendSnapshot,
  IncompatibleFormatError,
  InvalidArgumentError,
  type SnapshotRequest,
  UnavailableError,
  type WatchedCommit,
  type WatchRequest,
} from '../index.ts';
import { CommitLane } from './commit-lane.ts';
import { Connector, Pool } from './connections.ts';
import { isHopeless, isRepeatable, isUndefined, stateOf } from './failures.ts';
import { LogCutter } from './log-cutter.ts';
import { LogFeed } from './log-feed.ts';
import type { Session } from './session.ts';
import { parseLocation, type Settings } from './settings.ts';
import { beginSnapshot, type Horizon } from './snapshot.ts';
import { FORMAT, type Statements, statementsFor } from './statements.ts';
import { Deadline } from '../adapters/time.ts';

const MIB = 1024 * 1024;

/** An index of the server takes no longer key: a third of a page, less its own bytes. */
const KEY_SIZE_BYTES_MAX = 2600;

const CAPABILITIES: BackendCapabilities = {
  isolation: ['snapshot', 'serializable'],
  mustCommitReads: false, // a snapshot shows a state that was there
  canWatch: true,
  keySizeBytesMax: KEY_SIZE_BYTES_MAX,
  valueSizeBytesMax: 64 * MIB,
  commitSizeBytesMax: 64 * MIB,
  commitWriteCountMax: 1_000_000,
};

/** Two clients that make the tables at once may meet in the catalog of the server. */
const SETUP_ATTEMPT_COUNT_MAX = 10;

/**
 * Connects to the servers of a connection string, and makes the tables when they are missing.
 *
 * Rejects with InvalidArgumentError for a wrong string and for what the server refuses, with IncompatibleFormatError for tables
 * of a newer version, and with UnavailableError when no server takes writes in time.
 *
 * @example
 * import { openBackend } from 'varve';
 * import { connect } from 'varve/postgres';
 *
 * const backend = await connect('postgres://varve@db-1,db-2/shop?table=orders');
 * const db = await openBackend(backend, { keyEncoding: 'utf8', valueEncoding: 'json' });
 * await db.put('o-1', { total: 12 });
 * await db.get('o-1'); // => { total: 12 }
 * await db.close(); // the backend too
 */
export async function connect(location: string): Promise<Backend> {
  const settings = parseLocation(location);
  const connector = new Connector(settings);
  const statements = statementsFor(settings.schema, settings.table);
  try {
    const session = await connector.connect(new Deadline(settings.timeoutMs));
    try {
      const source = { connector, statements, settings };
      const canNotify = await canListen(session, statements);
      const horizon = { newest: await prepare(session, source) };
      return new PostgresBackend({ ...source, canNotify, horizon });
    } finally {
      await session.end();
    }
  } catch (error) {
    connector.close();
    throw error;
  }
}

interface Source {
  readonly connector: Connector;
  readonly statements: Statements;
  readonly settings: Settings;
}

class PostgresBackend implements Backend {
  readonly name: string = 'postgres';
  readonly location: string;
  readonly capabilities: BackendCapabilities = CAPABILITIES;
  readonly #source: Source & { readonly horizon: Horizon; readonly timeoutMs: number };
  readonly #pool: Pool;
  readonly #lane: CommitLane;
  readonly #feed: LogFeed;
  readonly #cutter: LogCutter;

  constructor(source: Source & { readonly canNotify: boolean; readonly horizon: Horizon }) {
    const { settings, connector, statements } = source;
    const { timeoutMs } = settings;
    this.location = settings.shown;
    this.#source = { ...source, timeoutMs };
    this.#pool = new Pool(settings, connector);
    this.#lane = new CommitLane({ ...source, timeoutMs });
    this.#feed = new LogFeed({ connector, statements, timeoutMs });
    this.#cutter = new LogCutter(this.#pool, statements, settings.historyMs);
  }

  snapshot(request: SnapshotRequest): Promise<BackendSnapshot> {
    return beginSnapshot({ ...this.#source, pool: this.#pool }, request);
  }

  commit(commit: BackendCommit): Promise<BackendOutcome> {
    return this.#lane.commit(commit);
  }

  watch(request: WatchRequest): AsyncIterable<WatchedCommit> {
    return this.#feed.commits(request);
  }

  async close(): Promise<void> {
    this.#source.connector.close();
    this.#cutter.close();
    await Promise.all([this.#lane.close(), this.#feed.close(), this.#pool.close()]);
  }
}

async function canListen(session: Session, { listen }: Statements): Promise<boolean> {
  try {
    await session.run(listen);
    return true;
  } catch (error) {
    if (stateOf(error) === undefined) throw error;
    return false;
  }
}

/** Makes the tables when they are missing, and looks at their format. Resolves with the newest version. */
async function prepare(session: Session, { statements, settings }: Source): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      const [row] = await session.run(statements.format);
      if (row === undefined) throw undefinedFormat(settings);
      mustKnowFormat(Number(row[0]), settings);
      const [newest] = await session.rows(statements.newest, []);
      return Number(newest?.[0]);
    } catch (error) {
      if (!isUndefined(error)) throw refusedSetup(error, settings);
    }
    if (attempt > SETUP_ATTEMPT_COUNT_MAX) {
      throw new UnavailableError('Tables are made and removed at the same time by others');
    }
    for (const text of statements.create) await create(session, text, settings);
  }
}

async function create(session: Session, text: string, settings: Settings): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await session.run(text);
      return;
    } catch (error) {
      const isMet =
        isRepeatable(error) || ['42P06', '42P07', '42710'].includes(stateOf(error) ?? '');
      if (!isMet || attempt === SETUP_ATTEMPT_COUNT_MAX) throw refusedSetup(error, settings);
    }
  }
}

function mustKnowFormat(format: number, { shown }: Settings): void {
  if (format === FORMAT) return;
  throw new IncompatibleFormatError(
    `Tables have a format that this version does not know: format=${format} known=${FORMAT} location=${shown}`,
  );
}

function undefinedFormat({ shown }: Settings): IncompatibleFormatError {
  return new IncompatibleFormatError(
    `Tables name no format, and are not those of Varve: location=${shown}`,
  );
}

function refusedSetup(error: unknown, { shown }: Settings): unknown {
  if (!isHopeless(error)) return error;
  const reason = error instanceof Error ? error.message : '';
  return new InvalidArgumentError(
    `Server refused to make or read the tables: location=${shown} sqlstate=${stateOf(error)} reason=${reason}`,
    { cause: error },
  );
}
