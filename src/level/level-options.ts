/**
 * Options of a VarveLevel, and what they ask of Varve.
 *
 * Owns: the public types of options, their defaults, and the way from them to an open database and keyspace.
 *
 * Suspension: `openFor` suspends for an open; all else is synchronous.
 */
import type {
  AbstractBatchOptions,
  AbstractChainedBatch,
  AbstractChainedBatchPutOptions,
  AbstractClearOptions,
  AbstractDatabaseOptions,
  AbstractDelOptions,
  AbstractOpenOptions,
  AbstractPutOptions,
  Transcoder,
} from 'abstract-level';
import {
  type Compression,
  type Database,
  type Durability,
  type ExpiryOptions,
  type Keyspace,
  open,
  type OpenOptions,
} from '../index.ts';
import type { SyncOption } from './level-batch.ts';
import { LevelError } from './level-error.ts';

/**
 * Options of `open`: those of Level, and those of Varve's own `open` but for its encodings. As Level has it, one that is
 * unknown means nothing here: it is for the hooks of a program.
 */
export interface LevelOpenOptions
  extends AbstractOpenOptions, Omit<OpenOptions, keyof AbstractOpenOptions | LevelHasItsOwn> {
  /** As Varve's, or as LevelDB's: true for `'snappy'`, false for `'none'`. */
  readonly compression?: boolean | Compression;
}

/** Options of Varve that Level has in another way. */
export type LevelHasItsOwn = 'keyEncoding' | 'valueEncoding' | 'compression';

/** Options of a VarveLevel that opens a directory. */
export interface LevelOptions<K, V>
  extends AbstractDatabaseOptions<K, V>, Omit<LevelOpenOptions, 'passive'> {
  /** The keyspace that it reads and writes, which is created when it is missing; the database's own keys by default. */
  readonly keyspace?: string;
}

/** Options of a VarveLevel over a database that is open. */
export interface LevelOverOptions<K, V> extends AbstractDatabaseOptions<K, V> {
  /** The keyspace that it reads and writes. Without it the database's own keys, which must be bytes then. */
  readonly keyspace?: string;
}

/** Options of a put. */
export interface LevelPutOptions<K, V>
  extends AbstractPutOptions<K, V>, SyncOption, ExpiryOptions {}

/** Options of a del. */
export interface LevelDelOptions<K> extends AbstractDelOptions<K>, SyncOption {}

/** Options of a batch. */
export interface LevelBatchOptions<K, V> extends AbstractBatchOptions<K, V>, SyncOption {}

/** Options of a clear. */
export interface LevelClearOptions<K> extends AbstractClearOptions<K>, SyncOption {}

/** Options of the write of a chained batch. */
export type LevelWriteOptions = SyncOption;

/** Options of `compactRange` and `approximateSize`. */
export interface LevelRangeOptions<K> {
  /** The encoding of the two keys; that of the database by default. */
  readonly keyEncoding?: string | Transcoder.PartialEncoder<K> | undefined;
}

/** Options of a put of a chained batch. */
export interface LevelChainedPutOptions<TDatabase, K, V>
  extends AbstractChainedBatchPutOptions<TDatabase, K, V>, ExpiryOptions {}

/** A chained batch, whose write may say `sync`. */
export interface LevelChainedBatch<TDatabase, KDefault, VDefault> extends AbstractChainedBatch<
  TDatabase,
  KDefault,
  VDefault
> {
  /**
   * Adds a put, which takes effect with `write`.
   *
   * @example
   * await animals.batch().put('dog', { legs: 4 }).put('eel', { legs: 0 }).del('cat').write();
   * await animals.keys().all(); // => [ 'ant', 'dog', 'eel' ]
   */
  put(key: KDefault, value: VDefault): this;
  put<K = KDefault, V = VDefault>(
    key: K,
    value: V,
    options: LevelChainedPutOptions<TDatabase, K, V>,
  ): this;
  /**
   * Commits the operations, all of them or none.
   *
   * @example
   * await animals.batch().put('owl', { legs: 2 }).write({ sync: true });
   * await animals.get('owl'); // => { legs: 2 }
   */
  write(options?: LevelWriteOptions): Promise<void>;
}

/** A database and the keyspace of it that a VarveLevel reads and writes. */
export interface Opened {
  readonly database: Database<unknown, unknown>;
  readonly keyspace: Keyspace;
  /** Closes what this open has opened. */
  close(): Promise<void>;
}

/** What abstract-level makes of the options of the constructor and of `open`. */
export type TakenOptions = Omit<LevelOpenOptions, 'createIfMissing' | 'errorIfExists'> & {
  readonly keyspace?: string;
  readonly createIfMissing: boolean;
  readonly errorIfExists: boolean;
};

/** As LevelDB has it: a write is acknowledged when the system has it. */
const DEFAULT_DURABILITY: Durability = 'os';

/** Results are decoded or copied at once, so they may share memory. */
const POOLED = { keyEncoding: 'pooled', valueEncoding: 'pooled' } as const;

/** The options that Varve's `open` takes as they are; the compiler misses none. */
const TAKEN_BY_VARVE: Readonly<
  Record<Exclude<keyof OpenOptions, keyof AbstractOpenOptions | LevelHasItsOwn>, true>
> = {
  durability: true,
  memtableSizeBytes: true,
  immutableMemtableCountMax: true,
  blockCacheSizeBytes: true,
  blockSizeBytes: true,
  filterBitsPerKey: true,
  targetFileSizeBytes: true,
  level0CompactionTrigger: true,
  level0SlowdownTrigger: true,
  level0StopTrigger: true,
  level1SizeBytes: true,
  levelSizeMultiplier: true,
  openTableCountMax: true,
  scrubBytesPerSecond: true,
  transactionSizeBytesMax: true,
  commitIdRetentionMs: true,
  pinWarningMs: true,
  background: true,
  history: true,
  versionRetentionMs: true,
  encryption: true,
  readOnly: true,
  follow: true,
  onEvent: true,
  vfs: true,
  environment: true,
};

function takenByVarve(options: TakenOptions): Omit<OpenOptions, 'keyEncoding' | 'valueEncoding'> {
  const known = Object.entries(options).filter(
    ([name, value]) => Object.hasOwn(TAKEN_BY_VARVE, name) && value !== undefined,
  );
  const { compression } = options;
  return {
    ...Object.fromEntries(known),
    ...(compression !== undefined && { compression: compressionOf(compression) }),
  };
}

function compressionOf(compression: boolean | Compression): Compression {
  if (typeof compression === 'string') return compression;
  return compression ? 'snappy' : 'none';
}

/** Opens a directory, or looks up the keyspace in a database that is open. Rejects as Varve does. */
export function openFor(
  source: string | Database<unknown, unknown>,
  options: TakenOptions,
): Promise<Opened> {
  return typeof source === 'string' ? openLocation(source, options) : openOver(source, options);
}

async function openLocation(location: string, options: TakenOptions): Promise<Opened> {
  const { keyspace: name, errorIfExists } = options;
  const isReader = options.readOnly === true || options.follow === true;
  const createIfMissing = !isReader && options.createIfMissing;
  const taken = { durability: DEFAULT_DURABILITY, ...takenByVarve(options) };
  const database = await open(location, { ...taken, ...POOLED, createIfMissing, errorIfExists });
  const close = (): Promise<void> => database.close();
  try {
    const keyspace =
      name === undefined ? database : await database.keyspace(name, { ...POOLED, createIfMissing });
    return { database, keyspace, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openOver(
  database: Database<unknown, unknown>,
  options: TakenOptions,
): Promise<Opened> {
  const { keyspace: name, createIfMissing, errorIfExists } = options;
  const [tooLate] = Object.keys(takenByVarve(options));
  if (tooLate !== undefined) {
    throw invalid(`Option is for a database that is not open yet: option=${tooLate}`);
  }
  const close = (): Promise<void> => Promise.resolve();
  const [own, ...named] = await database.keyspaces();
  if (errorIfExists && (name === undefined || named.some((info) => info.name === name))) {
    throw invalid(`Keyspace exists: name=${name ?? own?.name ?? ''}`);
  }
  if (name !== undefined) {
    const keyspace = await database.keyspace(name, { ...POOLED, createIfMissing });
    return { database, keyspace, close };
  }
  const encoding = own?.keyEncoding ?? own?.valueEncoding;
  if (encoding !== undefined) {
    throw invalid(
      `Keys and values of the database must be bytes, or a keyspace be named: encoding=${encoding}`,
    );
  }
  return { database, keyspace: database as Database, close };
}

function invalid(message: string): LevelError {
  return new LevelError('LEVEL_INVALID_ARGUMENT', message);
}
