/**
 * Opening a database.
 *
 * Owns: the public `open`, its options, and how the caller's types follow from the encodings.
 */
import { resolve } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { type Codec, codecOf, viewCodec } from './encoding.ts';
import { InvalidArgumentError, UnsupportedError } from '../base/errors.ts';
import { keepingAlive } from '../base/liveness.ts';
import { describe } from '../base/describe.ts';
import {
  checkBoolean,
  type EngineOptions,
  type Environment,
  hasMethods,
  resolveOptions,
  systemEnvironment,
  type Taken,
  takeOptions,
  type Template,
  TUNING_OPTIONS,
  type TuningOptions,
} from '../base/options.ts';
import { InlineJobRunner, type JobRunner } from '../compaction/job-runner.ts';
import { WorkerJobRunner } from '../compaction/worker-job-runner.ts';
import { assertWorkersAllowed } from '../compaction/worker-source.ts';
import { findSnappy, loadSnappy } from '../sstable/snappy-package.ts';
import { NodeVfs } from '../vfs/node-vfs.ts';
import { unlockedVfs } from '../version/database-keys.ts';
import type { Vfs } from '../vfs/vfs.ts';
import { connectBackend, schemeOf } from './backend-entries.ts';
import { type Database, makeDatabase } from './database.ts';
import { type EncryptionOptions, keySourceOf } from '../encryption/encryption-options.ts';
import { type HistoryOptions, historyBoundsOf, versionRetentionOf } from './history-options.ts';
import type { DecodedBy, EncodingOption, EncodingsFor } from './encoding-types.ts';
import { BACKEND_OPEN_OPTIONS, openBackend } from './open-backend.ts';
import type { EventObserver } from '../engine/state/events.ts';
import type { RecordedEncodings } from '../engine/recovery/recorded-encodings.ts';
import type { Store } from '../store/contract.ts';
import { openLocalStore } from '../store/local-store.ts';
import { openReadOnlyStore } from '../store/read-only-store.ts';
import type { StoreUpkeep } from '../store/upkeep.ts';

/** Options of `open`, which refuses an unknown or bad option with InvalidArgumentError. */
export interface OpenOptions extends TuningOptions {
  /** Default `'view'`: Uint8Array. */
  readonly keyEncoding?: EncodingOption;
  /** Default `'view'`: Uint8Array. */
  readonly valueEncoding?: EncodingOption;
  /** Default true. */
  readonly createIfMissing?: boolean;
  /** Default false. */
  readonly errorIfExists?: boolean;
  /**
   * How much of the log stays after its commits are in tables, for `db.changes`: within `keepMs` and `keepBytes`. It is
   * recorded in the database, and counts until another open gives another. `'off'`, as it is at first, keeps none.
   */
  readonly history?: HistoryOptions | 'off';
  /**
   * For how long every state of the database can be read again (`at`), in milliseconds, up to 10 years: old versions stay that
   * long. It is recorded in the database, and counts until another open gives another. 0, as it is at first, keeps none.
   */
  readonly versionRetentionMs?: number;
  /**
   * The key of an encrypted database. A new database is encrypted when it is given. A database that is there is opened
   * with the key that it has, or refused with EncryptionKeyError before a byte is written.
   */
  readonly encryption?: EncryptionOptions;
  /**
   * Opens a database to read it, beside the process that writes it or without one: what is there at the open, and what
   * `db.refresh()` brings. Takes no lock and changes no byte; what would write fails with ReadOnlyError. Default false.
   */
  readonly readOnly?: boolean;
  /** As `readOnly`, and keeps up with the writer by itself. Default false. */
  readonly follow?: boolean;
  /** Hears every event. `on` would miss the recovery of this open. */
  readonly onEvent?: EventObserver;
  /** Where files live; the operating system's by default. Implies inline background work when it is another. */
  readonly vfs?: Vfs;
  /** The clock, for tests. */
  readonly environment?: Environment;
}

const OPEN_OPTIONS: Template<OpenOptions> = {
  ...TUNING_OPTIONS,
  keyEncoding: undefined,
  valueEncoding: undefined,
  createIfMissing: undefined,
  errorIfExists: undefined,
  history: undefined,
  versionRetentionMs: undefined,
  encryption: undefined,
  readOnly: undefined,
  follow: undefined,
  onEvent: undefined,
  vfs: undefined,
  environment: undefined,
};

/**
 * Opens the database in the directory `location`, creating it when it is missing, and recovers what a crash left. Or the
 * database on the servers of a connection string, `etcd://host:port,...`, `postgres://...` or `foundationdb://...`: the same
 * calls. Then options about files and memory are refused with UnsupportedError, and the package of the entry is needed, such
 * as `@grpc/grpc-js`.
 *
 * With `readOnly` or `follow` it is opened beside the process that writes it, and nothing is changed.
 *
 * Rejects with InvalidArgumentError (bad option, not a database), LockedError (open elsewhere), CorruptionError
 * (damage, with file and offset), TamperedError, EncryptionKeyError (of an encrypted database), IncompatibleFormatError
 * (written by a newer engine) or IoError; UnavailableError when no server answers. Then nothing was changed.
 *
 * @example
 * const shop = await open('./shop', { keyEncoding: 'utf8', valueEncoding: 'json' });
 * await shop.put('lamp', { price: 12 });
 * await shop.close();
 */
export function open<
  const KE extends EncodingOption = 'view',
  const VE extends EncodingOption = 'view',
>(
  location: string,
  options?: OpenOptions & { readonly keyEncoding?: KE; readonly valueEncoding?: VE },
): Promise<Database<DecodedBy<KE>, DecodedBy<VE>>>;
export function open<K, V>(
  location: string,
  options: OpenOptions & EncodingsFor<K, V>,
): Promise<Database<K, V>>;
export function open(location: string, options?: OpenOptions): Promise<Database<unknown, unknown>> {
  const scheme = typeof location === 'string' ? schemeOf(location) : undefined;
  return scheme === undefined
    ? openWith(location, options, undefined)
    : openServers(scheme, location, options);
}

/** The database on the servers of a connection string. */
async function openServers(
  scheme: string,
  location: string,
  given: OpenOptions | undefined,
): Promise<Database<unknown, unknown>> {
  const options = takeOptions('open', given, OPEN_OPTIONS);
  const taken: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (Object.hasOwn(BACKEND_OPEN_OPTIONS, name)) taken[name] = value;
    else if (value !== undefined && !(name === 'createIfMissing' && value === true)) {
      throw new UnsupportedError(
        `Option ${name} is of no use to a database on servers: they have options of their own`,
      );
    }
  }
  return keepingAlive(async () => openBackend(await connectBackend(scheme, location), taken));
}

/**
 * As `open`, for the target of a repair. Its keys are those of the tree, in bytes: each begins with the head of its
 * keyspace. So a repair writes all keyspaces, catalog and commit ids too. The database records the encodings of the
 * source.
 */
export function openForRepair(
  location: string,
  options: OpenOptions,
  recorded: RecordedEncodings,
): Promise<Database> {
  return openWith(location, options, recorded) as Promise<Database>; // without encodings
}

/** A database with its store, for what moves whole databases. */
export interface OpenedParts {
  /** Of bytes. */
  readonly db: Database;
  readonly store: Store & StoreUpkeep;
}

/** As `open` of a directory, of bytes. A database that is written records the encodings. */
export async function openParts(
  directory: string,
  options: OpenOptions,
  recorded: RecordedEncodings,
): Promise<OpenedParts> {
  const taken = takeOptions('open', options, OPEN_OPTIONS);
  const store = await startStore(resolve(directory), taken, recorded);
  const codecs = { keyCodec: viewCodec, valueCodec: viewCodec };
  return { db: await makeDatabase({ store, ...codecs, isRaw: false }), store };
}

async function openWith(
  location: string,
  given: OpenOptions | undefined,
  repaired: RecordedEncodings | undefined,
): Promise<Database<unknown, unknown>> {
  if (typeof location !== 'string' || location === '' || location.includes('\0')) {
    throw new InvalidArgumentError(
      `Location must be a path as text; of a URL that is fileURLToPath(url): found=${describe(location)}`,
    );
  }
  const options = takeOptions('open', given, OPEN_OPTIONS);
  const keyCodec: Codec<unknown> = codecOf('keyEncoding', options.keyEncoding);
  const valueCodec: Codec<unknown> = codecOf('valueEncoding', options.valueEncoding);
  if (options.onEvent !== undefined && typeof options.onEvent !== 'function') {
    throw new InvalidArgumentError(
      `Option onEvent must be a function: found=${describe(options.onEvent)}`,
    );
  }
  if (options.vfs !== undefined && !hasMethods(options.vfs, ['open', 'lock', 'syncDirectory'])) {
    throw new InvalidArgumentError(`Option vfs must be a Vfs: found=${describe(options.vfs)}`);
  }
  if (location === ':memory:' && options.vfs === undefined) {
    throw new InvalidArgumentError(
      'Location :memory: is a directory here: for a database in memory give vfs: new MemoryVfs(), and any path',
    );
  }
  checkEnvironment(options.environment);
  const encodings = repaired ?? { key: keyCodec.recordedName, value: valueCodec.recordedName };
  return keepingAlive(async () => {
    const store = await startStore(resolve(location), options, encodings);
    return makeDatabase({ store, keyCodec, valueCodec, isRaw: repaired !== undefined });
  });
}

async function startStore(
  directory: string,
  options: Taken<OpenOptions>,
  encodings: RecordedEncodings,
): Promise<Store & StoreUpkeep> {
  const vfs = options.vfs ?? new NodeVfs();
  if (isReadOnly(options)) return startReader(directory, vfs, options, encodings);
  const engineOptions = resolveOptions(withBackground(options, vfs));
  const historyBounds = historyBoundsOf(options.history);
  const versionRetentionMs = versionRetentionOf(options.versionRetentionMs);
  const keySource = keySourceOf(options.encryption);
  const environment = options.environment ?? systemEnvironment();
  assertMeans(engineOptions, vfs);
  const runner = runnerOf(engineOptions, vfs, environment);
  try {
    return await openLocalStore({
      directory,
      vfs,
      options: engineOptions,
      environment,
      onEvent: options.onEvent,
      runner,
      encodings,
      historyBounds,
      versionRetentionMs,
      keySource,
      createIfMissing: checkBoolean('createIfMissing', options.createIfMissing ?? true),
      errorIfExists: checkBoolean('errorIfExists', options.errorIfExists ?? false),
    });
  } catch (error) {
    await runner.close();
    throw error;
  }
}

/** Throws InvalidArgumentError for options that contradict each other, or mean nothing to a reader. */
function isReadOnly(options: Taken<OpenOptions>): boolean {
  const isFollowing = checkBoolean('follow', options.follow ?? false);
  const isReader = checkBoolean('readOnly', options.readOnly ?? isFollowing);
  if (isFollowing && !isReader) throw new InvalidArgumentError('Option follow needs readOnly');
  if (!isReader) return false;
  for (const name of [
    'createIfMissing',
    'errorIfExists',
    'history',
    'versionRetentionMs',
  ] as const) {
    if (options[name] === undefined || options[name] === false) continue;
    throw new InvalidArgumentError(`Option ${name} is of no use to a database that is read only`);
  }
  return true;
}

async function startReader(
  directory: string,
  vfs: Vfs,
  options: Taken<OpenOptions>,
  encodings: RecordedEncodings,
): Promise<Store & StoreUpkeep> {
  const engineOptions = resolveOptions(options);
  const unlocked = await unlockedVfs(vfs, directory, keySourceOf(options.encryption));
  return openReadOnlyStore({
    directory,
    vfs: unlocked,
    options: engineOptions,
    environment: options.environment ?? systemEnvironment(),
    onEvent: options.onEvent,
    encodings,
    isFollowing: options.follow ?? false,
  });
}

function withBackground(options: Taken<OpenOptions>, vfs: Vfs): Taken<TuningOptions> {
  if (vfs.isNodeFileSystem) return options;
  if (options.background === 'worker') {
    throw new InvalidArgumentError('Option background must be inline with files of this kind');
  }
  return { ...options, background: options.background ?? 'inline' };
}

/**
 * Checks that workers and snappy can be used, if options ask for them: a background job would only find out later. Where
 * workers compress, this thread loads nothing that a look finds.
 */
function assertMeans(options: EngineOptions, vfs: Vfs): void {
  const isByWorker = options.background === 'worker';
  if (isByWorker) assertWorkersAllowed();
  if (options.compression === 'none') return;
  if (isByWorker && findSnappy((path) => isThere(vfs, path))) return;
  try {
    loadSnappy();
  } catch (cause) {
    throw new InvalidArgumentError(
      `Option compression must be none where package snappy cannot be loaded: place=${process.platform}-${process.arch}`,
      { cause },
    );
  }
}

/** False also where the process may not look. */
function isThere(vfs: Vfs, path: string): boolean {
  try {
    return vfs.exists(path);
  } catch {
    return false;
  }
}

function checkEnvironment(environment: Environment | undefined): void {
  if (environment === undefined) return;
  const clock: unknown = hasMethods(environment, []) ? environment.clock : undefined;
  if (isClock(clock)) return;
  throw new InvalidArgumentError(
    `Option environment must be { clock }: found=${describe(environment)}`,
  );
}

function isClock(value: unknown): boolean {
  if (!hasMethods(value, ['nowMs', 'wallMs', 'schedule'])) return false;
  const { loopIdleMs } = value as Partial<Clock>;
  return loopIdleMs === undefined || typeof loopIdleMs === 'function';
}

function runnerOf(options: EngineOptions, vfs: Vfs, { clock }: Environment): JobRunner {
  return options.background === 'worker' ? new WorkerJobRunner() : new InlineJobRunner(vfs, clock);
}
