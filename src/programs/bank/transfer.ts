/**
 * The bank: what it stores and how money moves.
 *
 * Owns: the keyspaces with their keys and values, and the one commit that a client makes, in three ways.
 *
 *      keyspace        key             value
 *      accounts        [42]            { balance: 1000 }
 *      transfers       [7, 123]        { from: 42, to: 7, amount: 12 }     client 7, its 123rd transfer
 *      checkpoints     'newest'        { balances: [...], sequences: [[client, sequence], ...] }
 *
 * Invariants:
 *   transfer/record-with-money: the record of a transfer is written in the commit that moves the money.
 *   transfer/one-in-flight: a client numbers its transfers 1, 2, 3... and starts one only after the last was
 *       acknowledged. So at most one of each client is in flight.
 *   transfer/checkpoint-adds-up: the checkpoint is what the records before it added up to. It holds the balances
 *       before the first record that is still stored, and the number of each client's last record that is not.
 *   transfer/keys-in-order: keys are tuples of numbers, so records lie in the order of client and sequence.
 */
import { unreachable } from '../../base/assert.ts';
import type { Durability } from '../../base/options.ts';
import type { Random } from '../../base/random.ts';
import type { Tuple } from '../../bytes/tuple.ts';
import type { Database } from '../../api/database.ts';
import type { Keyspace } from '../../api/keyspace.ts';
import type { Transaction } from '../../api/transaction.ts';
import type { Isolation } from '../../api/transaction-options.ts';

/** An open database and the keyspaces of the bank in it. Types say only what the engine checks: an audit trusts nothing. */
export interface Bank {
  readonly db: Database;
  readonly accounts: Keyspace<Tuple, unknown>;
  readonly transfers: Keyspace<Tuple, unknown>;
  readonly checkpoints: Keyspace<string, unknown>;
}

type BankTransaction = Transaction<Uint8Array, Uint8Array>;

export type AccountKey = readonly [account: number];
export type TransferKey = readonly [client: number, sequence: number];

export interface TransferOrder {
  readonly from: number;
  readonly to: number;
  readonly amount: number;
}

export interface Checkpoint {
  /** By account. */
  readonly balances: readonly number[];
  /** By client; absent is 0. */
  readonly sequences: ReadonlyMap<number, number>;
}

/**
 * How a transfer is made: by a body that awaits its reads, by one that does not wait and so runs alone, or by two updates
 * and a put in a batch.
 */
export const TRANSFER_WAYS = ['await', 'sync', 'updates'] as const;
export type TransferWay = (typeof TRANSFER_WAYS)[number];

export interface TransferOptions {
  readonly way: TransferWay;
  readonly durability: Durability;
  readonly isolation: Isolation;
}

/** The only key of the checkpoints. */
export const CHECKPOINT_KEY = 'newest';

export const ACCOUNT_COUNT_MAX = 100_000_000;
export const CLIENT_COUNT_MAX = 100_000;
const AMOUNT_MAX = 100;
/** Far more than a fair queue of retries needs; a client that still loses counts it and moves on. */
export const RETRY_COUNT_MAX = 1000;

/** A key of `accounts` as the bank writes it, or undefined. */
export function parseAccountKey(key: Tuple): AccountKey | undefined {
  const [account] = key;
  return key.length === 1 && isCount(account) ? [account] : undefined;
}

/** A key of `transfers` as the bank writes it, or undefined. */
export function parseTransferKey(key: Tuple): TransferKey | undefined {
  const [client, sequence] = key;
  return key.length === 2 && isCount(client) && isCount(sequence) ? [client, sequence] : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** A balance as stored, or undefined when the value is none. */
export function decodeBalance(value: unknown): number | undefined {
  return integerField(value, 'balance');
}

export function decodeOrder(value: unknown): TransferOrder | undefined {
  const from = integerField(value, 'from');
  const to = integerField(value, 'to');
  const amount = integerField(value, 'amount');
  if (from === undefined || to === undefined || amount === undefined) return undefined;
  return { from, to, amount };
}

export function encodeCheckpoint(checkpoint: Checkpoint): unknown {
  return { balances: checkpoint.balances, sequences: [...checkpoint.sequences] };
}

export function decodeCheckpoint(value: unknown): Checkpoint | undefined {
  const balances = field(value, 'balances');
  const sequences = field(value, 'sequences');
  if (!isIntegerArray(balances) || !Array.isArray(sequences)) return undefined;
  const byClient = new Map<number, number>();
  for (const pair of sequences) {
    if (!isIntegerArray(pair) || pair.length !== 2) return undefined;
    byClient.set(pair[0]!, pair[1]!); // length 2
  }
  return { balances, sequences: byClient };
}

function isIntegerArray(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each));
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function integerField(value: unknown, name: string): number | undefined {
  const found = field(value, name);
  return typeof found === 'number' && Number.isSafeInteger(found) ? found : undefined;
}

/** Two different accounts of the first `accountCount` and an amount. Needs at least two accounts. */
export function drawOrder(random: Random, accountCount: number): TransferOrder {
  const from = drawBelow(random, accountCount);
  const step = 1 + drawBelow(random, accountCount - 1);
  return { from, to: (from + step) % accountCount, amount: 1 + drawBelow(random, AMOUNT_MAX) };
}

function drawBelow(random: Random, limit: number): number {
  return Math.floor(random.nextFraction() * limit);
}

export interface TransferOutcome {
  /** False when the account did not hold enough: nothing was written. */
  readonly isDone: boolean;
  /**
   * How often the body ran again, because another commit came first: after its reads, or while its commit waited for room.
   * A body that does not wait knows the second alone.
   */
  readonly rerunCount: number;
}

/**
 * Moves money between two accounts, all or nothing, and writes its record beside it (transfer/record-with-money).
 * Resolves when the commit is acknowledged.
 */
export function transfer(
  bank: Bank,
  order: TransferOrder,
  recordKey: TransferKey | undefined,
  { way, ...options }: TransferOptions,
): Promise<TransferOutcome> {
  switch (way) {
    case 'await':
    case 'sync':
      return transferByBody(bank, order, recordKey, { way, ...options });
    case 'updates':
      return transferByUpdates(bank, order, recordKey, options.durability);
    default:
      return unreachable(way);
  }
}

async function transferByBody(
  bank: Bank,
  order: TransferOrder,
  recordKey: TransferKey | undefined,
  { way, durability, isolation }: TransferOptions,
): Promise<TransferOutcome> {
  const source: AccountKey = [order.from];
  const target: AccountKey = [order.to];
  let runCount = 0;
  const move = (tx: BankTransaction, sourceValue: unknown, targetValue: unknown): boolean => {
    const sourceBalance = mustBalance(source, sourceValue);
    const targetBalance = mustBalance(target, targetValue);
    if (sourceBalance < order.amount) return false;
    const accounts = tx.in(bank.accounts);
    accounts.put(source, { balance: sourceBalance - order.amount });
    accounts.put(target, { balance: targetBalance + order.amount });
    if (recordKey !== undefined) tx.in(bank.transfers).put(recordKey, order);
    return true;
  };
  const waiting = async (tx: BankTransaction): Promise<boolean> => {
    runCount++;
    const accounts = tx.in(bank.accounts);
    return move(tx, await accounts.get(source), await accounts.get(target));
  };
  const alone = (tx: BankTransaction): boolean => {
    runCount++;
    const accounts = tx.in(bank.accounts);
    return move(tx, accounts.getSync(source), accounts.getSync(target));
  };
  const isDone = await bank.db.transaction(way === 'sync' ? alone : waiting, {
    durability,
    isolation,
    retryCountMax: RETRY_COUNT_MAX,
  });
  return { isDone, rerunCount: runCount - 1 };
}

/** The source does not hold enough. */
class InsufficientFunds extends Error {}

async function transferByUpdates(
  { accounts, transfers }: Bank,
  { from, to, amount }: TransferOrder,
  recordKey: TransferKey | undefined,
  durability: Durability,
): Promise<TransferOutcome> {
  const source: AccountKey = [from];
  const target: AccountKey = [to];
  const take = (value: unknown): unknown => {
    const balance = mustBalance(source, value);
    if (balance < amount) throw new InsufficientFunds();
    return { balance: balance - amount };
  };
  const give = (value: unknown): unknown => ({ balance: mustBalance(target, value) + amount });
  try {
    await accounts.batch(
      [
        { type: 'update', key: source, update: take },
        { type: 'update', key: target, update: give },
        ...(recordKey === undefined
          ? []
          : [{ type: 'put' as const, in: transfers, key: recordKey, value: { from, to, amount } }]),
      ],
      { durability },
    );
  } catch (error) {
    if (!(error instanceof InsufficientFunds)) throw error;
    return { isDone: false, rerunCount: 0 };
  }
  return { isDone: true, rerunCount: 0 };
}

function mustBalance([account]: AccountKey, value: unknown): number {
  const balance = decodeBalance(value);
  if (balance === undefined) {
    throw new Error(`An account has no balance: account=${account} found=${JSON.stringify(value)}`);
  }
  return balance;
}
