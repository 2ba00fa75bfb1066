/**
 * The package `foundationdb`, as far as this entry uses it.
 *
 * Owns: the calls of version 2.0.1 of that package that this entry makes, as types, and how the package is loaded. The
 * program installs it, and the client library of FoundationDB that it stands on: neither comes from Varve.
 *
 * Keys and values are Buffers here, because the database is opened without a transformer.
 *
 * Suspension: `loadClient` suspends for the load.
 */
import { InvalidArgumentError } from '../index.ts';

/** What the package exports. */
export interface Client {
  /** Once in a process. Throws when the process has chosen another version, or the library does not know it. */
  setAPIVersion(version: number, headerVersion?: number): void;
  /** Undefined: the cluster file at the default place. It waits for no server. */
  open(clusterFile?: string): ClientDatabase;
}

export interface ClientDatabase {
  rawCreateTransaction(options?: ClientTransactionOptions): ClientTransaction;
  close(): void;
}

/** Named as the package names them. */
export interface ClientTransactionOptions {
  /** Milliseconds from the begin of the transaction, until all of its calls fail with 1031. */
  readonly timeout?: number;
  /** A lost commit tells what it has lost over, under CONFLICTING_KEYS. */
  readonly report_conflicting_keys?: true;
}

export interface ClientRangeOptions {
  /** 0: no limit. */
  readonly limit?: number;
  readonly reverse?: boolean;
}

/** One transaction. Errors have a `code`, a number of FoundationDB (failures.ts). */
export interface ClientTransaction {
  /** The same transaction, whose reads add no conflicts. */
  snapshot(): ClientTransaction;
  get(key: Buffer): Promise<Buffer | undefined>;
  /** From `start`, inclusive, to `end`, exclusive, in the lots that the servers send. */
  getRangeBatch(
    start: Buffer,
    end: Buffer,
    options?: ClientRangeOptions,
  ): AsyncIterable<[key: Buffer, value: Buffer][]>;
  set(key: Buffer, value: Buffer): void;
  clear(key: Buffer): void;
  clearRange(start: Buffer, end: Buffer): void;
  /** The greater of the value and what is there, as bytes. */
  byteMax(key: Buffer, value: Buffer): void;
  addReadConflictKey(key: Buffer): void;
  addReadConflictRange(start: Buffer, end: Buffer): void;
  /** Puts a value at `key`, the versionstamp of the commit, `suffix`. */
  setVersionstampSuffixedKey(key: Buffer, value: Buffer, suffix?: Buffer): void;
  /** Puts the versionstamp of the commit, and `value` behind it, at a key. */
  setVersionstampPrefixedValue(key: Buffer, value?: Buffer): void;
  /** 8 bytes, big-endian: so are those below. */
  setReadVersion(version: Buffer): void;
  getReadVersion(): Promise<Buffer>;
  /** After a commit that has written. */
  getCommittedVersion(): Buffer;
  /** Rings when the key has another value than this transaction sees, once this transaction is committed. */
  watch(key: Buffer): ClientWatch;
  rawCommit(): Promise<void>;
  /** What is under way, and every later call, fails with 1025. */
  rawCancel(): void;
}

export interface ClientWatch {
  cancel(): void;
  /** False when it was cancelled. */
  readonly promise: Promise<boolean>;
}

/** Where a transaction that has lost tells the ranges that it has lost over: their starts, with the value '1'. */
export const CONFLICTING_KEYS: Buffer = Buffer.concat([
  Buffer.of(0xff, 0xff),
  Buffer.from('/transaction/conflicting_keys/'),
]);

const PACKAGE = 'foundationdb';
/** As Node.js, and as loaders that replace its own, say it. */
const IS_MISSING = /(?:Cannot find (?:package|module)|Could not resolve) ['"]foundationdb/;

/** Rejects with InvalidArgumentError, which names what to install, when the package or its library is not there. */
export async function loadClient(
  load: () => Promise<unknown> = () => import(/* @vite-ignore */ PACKAGE),
): Promise<Client> {
  let loaded: unknown;
  try {
    loaded = await load();
  } catch (cause) {
    throw notLoaded(cause);
  }
  const { default: whole } = loaded as { default?: unknown };
  return (whole ?? loaded) as Client; // as version 2.0.1 exports
}

function notLoaded(cause: unknown): InvalidArgumentError {
  const { code } = cause as { code?: unknown };
  const reason = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
  const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  if (isMissing || IS_MISSING.test(reason ?? '')) {
    return new InvalidArgumentError(
      'Locations of this kind need a package that is not installed: first the client library of FoundationDB (libfdb_c), then npm install foundationdb',
      { cause },
    );
  }
  return new InvalidArgumentError(
    `Package foundationdb is there and cannot be loaded: install the client library of FoundationDB (libfdb_c) on this machine, of the version of the cluster: reason=${reason}`,
    { cause },
  );
}
