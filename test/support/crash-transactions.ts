/**
 * Transactions of every kind, for the crash tests.
 *
 * Owns: how a transaction of a given shape comes to write the given operations, and no others.
 *
 * Suspension: reads and locks suspend.
 */
import { type Durability } from '../../src/base/options.ts';
import { LockingTransaction } from '../../src/api/locking-transaction.ts';
import type {
  Isolation,
  TransactionMode,
  TransactionOptions,
} from '../../src/api/transaction-options.ts';
import type { Transaction } from '../../src/api/transaction.ts';
import type { ExpiryOptions } from '../../src/api/expiry-options.ts';
import { type OracleExpiry, type OracleOperation } from './commit-oracle.ts';

export interface TransactionShape {
  /** Default 'sync'. */
  readonly durability?: Durability;
  readonly isolation?: Isolation;
  readonly mode?: TransactionMode;
  /** True when other writes are made first and taken back. */
  readonly isRolledBackFirst?: boolean;
  readonly commitId?: string;
}

type Write = Transaction<string, Uint8Array>;
type Locking = LockingTransaction<string, Uint8Array>;

export function beginOptions({
  durability,
  isolation,
  mode,
}: TransactionShape): TransactionOptions {
  return {
    durability: durability ?? 'sync',
    isolation: isolation ?? 'snapshot',
    mode: mode ?? 'optimistic',
  };
}

/**
 * Locks and reads as the shape has it, and writes the operations. Deleted ranges come first: a
 * transaction writes them before its keys, whatever the order of the calls.
 */
export async function fillTransaction(
  tx: Write,
  operations: readonly OracleOperation[],
  shape: TransactionShape,
  state: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  mustHaveRangesFirst(operations);
  if (tx instanceof LockingTransaction) await lockAll(tx as Locking, operations, state);
  if (shape.isolation === 'serializable') await readAround(tx, operations);
  if (shape.isRolledBackFirst === true) await writeAndTakeBack(tx, operations);
  for (const operation of operations) {
    if (operation.type === 'put') tx.put(operation.key, operation.value, expiryOf(operation));
    else if (operation.type === 'del') tx.del(operation.key);
    else tx.delRange({ gte: operation.gte, lt: operation.lt });
  }
}

/** The options of a put. */
export function expiryOf({ expiresAt }: { readonly expiresAt?: OracleExpiry }): ExpiryOptions {
  return expiresAt === undefined ? {} : { expiresAt };
}

/** Checks that a read under a lock shows the newest value. */
async function lockAll(
  tx: Locking,
  operations: readonly OracleOperation[],
  state: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  for (const operation of operations) {
    if (operation.type === 'delRange') {
      await tx.lockRange({ gte: operation.gte, lt: operation.lt });
      continue;
    }
    const { key } = operation;
    const value = await tx.getForUpdate(key);
    const expected = state.get(key);
    const isRight =
      value === undefined || expected === undefined
        ? value === expected
        : Buffer.compare(value, expected) === 0;
    if (!isRight) throw new Error(`getForUpdate() read what is not the newest: key=${key}`);
  }
}

/** Keys and ranges, present and absent, for the validation to look at. */
async function readAround(tx: Write, operations: readonly OracleOperation[]): Promise<void> {
  for (const operation of operations) {
    const key = operation.type === 'delRange' ? operation.gte : operation.key;
    await tx.get(key);
    await tx.entries({ gte: key, limit: 2 }).all();
    await tx.keys({ lt: key, limit: 2, reverse: true }).all();
  }
}

/** Writes of every kind, of other keys and of the same; nothing of them may be committed. */
async function writeAndTakeBack(tx: Write, operations: readonly OracleOperation[]): Promise<void> {
  const undone = new Uint8Array(Buffer.from('taken back'));
  const savepoint = tx.savepoint();
  for (let round = 0; round < 2; round++) {
    tx.put('taken-back', undone);
    tx.delRange({ gte: 'k00', lt: 'k99' });
    for (const operation of operations) {
      if (operation.type !== 'delRange') tx.put(operation.key, undone);
    }
    const inner = tx.transaction((nested) => {
      nested.del('k01');
      throw new Error('taken back');
    });
    await inner.catch(() => undefined);
    tx.rollbackTo(savepoint);
  }
}

function mustHaveRangesFirst(operations: readonly OracleOperation[]): void {
  const firstKey = operations.findIndex(({ type }) => type !== 'delRange');
  const isMixed =
    firstKey >= 0 && operations.slice(firstKey).some(({ type }) => type === 'delRange');
  if (isMixed) throw new Error('A script deletes ranges first');
}
