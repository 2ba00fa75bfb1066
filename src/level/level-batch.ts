/**
 * Writes of Level as writes of Varve.
 *
 * Owns: what `sync` means, the operations of a batch, and the chained batch.
 *
 * Invariants:
 *   level-batch/copied-at-the-call: a chained batch keeps copies of the bytes that it is given, so the caller may use its
 *       memory again before `write`.
 *
 * Suspension: everything here is synchronous, but for `_write`.
 */
import { AbstractChainedBatch } from 'abstract-level';
import type { BatchOperation, ExpiryOptions, PutOptions, WriteOptions } from '../index.ts';
import { bytesOf, type Formatted } from './formats.ts';

/** What every write of Level may say beside its encodings. */
export interface SyncOption {
  /**
   * True: the write is on the disk when its promise resolves, and survives a power cut. False: it survives the end of the
   * process. Without it the write is as the option `durability` of the database says.
   */
  readonly sync?: boolean | undefined;
}

/** An operation of a batch as abstract-level hands it down. */
export interface LevelOperation extends ExpiryOptions {
  readonly type: 'put' | 'del';
  readonly key: Formatted;
  readonly value?: Formatted;
}

const SYNC: WriteOptions = { durability: 'sync' };
const NO_SYNC: WriteOptions = { durability: 'os' };

/** The options of a write; undefined when it leaves everything to the database. */
export function writeOptions({ sync }: SyncOption): WriteOptions | undefined {
  if (sync === undefined || sync === null) return undefined;
  return sync ? SYNC : NO_SYNC;
}

/** The same of a put, which may also say when its entry expires. */
export function putOptions(options: SyncOption & ExpiryOptions): PutOptions | undefined {
  const { ttlMs, expiresAt } = options;
  if (ttlMs === undefined && expiresAt === undefined) return writeOptions(options);
  return { ...writeOptions(options), ...expiryIn(options) };
}

export function operationOf(operation: LevelOperation): BatchOperation<Uint8Array, Uint8Array> {
  const { type, key, value = '' } = operation;
  if (type === 'del') return { type, key: bytesOf(key) };
  return { type, key: bytesOf(key), value: bytesOf(value), ...expiryIn(operation) };
}

function expiryIn({ ttlMs, expiresAt }: ExpiryOptions): ExpiryOptions {
  return {
    ...(ttlMs !== undefined && { ttlMs }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

type Operation = BatchOperation<Uint8Array, Uint8Array>;

export class ChainedBatch extends AbstractChainedBatch<object, unknown, unknown> {
  readonly #commit: (operations: readonly Operation[], options: SyncOption) => Promise<void>;
  #operations: Operation[] = [];

  constructor(
    db: object,
    commit: (operations: readonly Operation[], options: SyncOption) => Promise<void>,
  ) {
    super(db);
    this.#commit = commit;
  }

  _put(key: Formatted, value: Formatted, options: ExpiryOptions): void {
    this.#operations.push({
      type: 'put',
      key: kept(key),
      value: kept(value),
      ...expiryIn(options),
    });
  }

  _del(key: Formatted): void {
    this.#operations.push({ type: 'del', key: kept(key) });
  }

  _clear(): void {
    this.#operations = [];
  }

  _write(options: SyncOption): Promise<void> {
    return this.#commit(this.#operations, options);
  }
}

/** Keeps level-batch/copied-at-the-call. */
function kept(value: Formatted): Uint8Array {
  return typeof value === 'string' ? bytesOf(value) : new Uint8Array(value);
}
