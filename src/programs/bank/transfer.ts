/**
 * The bank: what it stores and how money moves.
 *
 * Owns: the keys and values, and the one commit that a client makes, in three ways.
 *
 *      account:00000042                   { balance: 1000 }
 *      transfer:00007:000000000123        { from: 42, to: 7, amount: 12 }     client 7, its 123rd transfer
 *      checkpoint                         { balances: [...], sequences: [[client, sequence], ...] }
 *
 * Invariants:
 *   transfer/record-with-money: the record of a transfer is written in the commit that moves the money.
 *   transfer/one-in-flight: a client numbers its transfers 1, 2, 3... and starts one only after the last was
 *       acknowledged. So at most one of each client is in flight.
 *   transfer/checkpoint-adds-up: the checkpoint is what the records before it added up to. It holds the balances
 *       before the first record that is still stored, and the number of each client's last record that is not.
 *   transfer/padded-numbers: numbers in keys are padded, so that records lie in the order of client and sequence.
 */
import { unreachable } from '../../base/assert.ts';
import type { Durability } from '../../base/options.ts';
import type { Random } from '../../base/random.ts';
import type { Database } from '../../api/database.ts';
import type { Transaction } from '../../api/transaction.ts';
import type { Isolation } from '../../api/transaction-options.ts';

export type BankDatabase = Database<string, unknown>;
type BankTransaction = Transaction<string, unknown>;

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

export const CHECKPOINT_KEY = 'checkpoint';
export const ACCOUNT_PREFIX = 'account:';
export const TRANSFER_PREFIX = 'transfer:';

const ACCOUNT_DIGITS = 8;
const CLIENT_DIGITS = 5;
const SEQUENCE_DIGITS = 12;
const AMOUNT_MAX = 100;
/** Far more than a fair queue of retries needs; a client that still loses counts it and moves on. */
const RETRY_COUNT_MAX = 1000;

export const ACCOUNT_COUNT_MAX: number = 10 ** ACCOUNT_DIGITS;
export const CLIENT_COUNT_MAX: number = 10 ** CLIENT_DIGITS;

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');

export function accountKey(account: number): string {
  return ACCOUNT_PREFIX + pad(account, ACCOUNT_DIGITS);
}

export function clientPrefix(client: number): string {
  return `${TRANSFER_PREFIX}${pad(client, CLIENT_DIGITS)}:`;
}

export function transferKey(client: number, sequence: number): string {
  return clientPrefix(client) + pad(sequence, SEQUENCE_DIGITS);
}

/** The account of a key that `accountKey` made, or undefined. */
export function parseAccountKey(key: string): number | undefined {
  const match = /^account:(\d{8})$/.exec(key);
  return match === null ? undefined : Number(match[1]);
}

export function parseTransferKey(key: string): { client: number; sequence: number } | undefined {
  const match = /^transfer:(\d{5}):(\d{12})$/.exec(key);
  return match === null ? undefined : { client: Number(match[1]), sequence: Number(match[2]) };
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
  /** How often the transaction ran again since another one had won. */
  readonly retryCount: number;
}

/**
 * Moves money between two accounts, all or nothing, and writes `recordKey` beside it (transfer/record-with-money).
 * Resolves when the commit is acknowledged.
 */
export function transfer(
  db: BankDatabase,
  order: TransferOrder,
  recordKey: string | undefined,
  { way, ...options }: TransferOptions,
): Promise<TransferOutcome> {
  switch (way) {
    case 'await':
    case 'sync':
      return transferByBody(db, order, recordKey, { way, ...options });
    case 'updates':
      return transferByUpdates(db, order, recordKey, options.durability);
    default:
      return unreachable(way);
  }
}

async function transferByBody(
  db: BankDatabase,
  order: TransferOrder,
  recordKey: string | undefined,
  { way, durability, isolation }: TransferOptions,
): Promise<TransferOutcome> {
  const [source, target] = [accountKey(order.from), accountKey(order.to)];
  let runCount = 0;
  const move = (tx: BankTransaction, sourceValue: unknown, targetValue: unknown): boolean => {
    const sourceBalance = mustBalance(source, sourceValue);
    const targetBalance = mustBalance(target, targetValue);
    if (sourceBalance < order.amount) return false;
    tx.put(source, { balance: sourceBalance - order.amount });
    tx.put(target, { balance: targetBalance + order.amount });
    if (recordKey !== undefined) tx.put(recordKey, order);
    return true;
  };
  const waiting = async (tx: BankTransaction): Promise<boolean> => {
    runCount++;
    return move(tx, await tx.get(source), await tx.get(target));
  };
  const alone = (tx: BankTransaction): boolean => {
    runCount++;
    return move(tx, tx.getSync(source), tx.getSync(target));
  };
  const isDone = await db.transaction(way === 'sync' ? alone : waiting, {
    durability,
    isolation,
    retryCountMax: RETRY_COUNT_MAX,
  });
  return { isDone, retryCount: runCount - 1 };
}

/** The source does not hold enough. */
class InsufficientFunds extends Error {}

async function transferByUpdates(
  db: BankDatabase,
  { from, to, amount }: TransferOrder,
  recordKey: string | undefined,
  durability: Durability,
): Promise<TransferOutcome> {
  const [source, target] = [accountKey(from), accountKey(to)];
  const take = (value: unknown): unknown => {
    const balance = mustBalance(source, value);
    if (balance < amount) throw new InsufficientFunds();
    return { balance: balance - amount };
  };
  const give = (value: unknown): unknown => ({ balance: mustBalance(target, value) + amount });
  try {
    await db.batch(
      [
        { type: 'update', key: source, update: take },
        { type: 'update', key: target, update: give },
        ...(recordKey === undefined
          ? []
          : [{ type: 'put' as const, key: recordKey, value: { from, to, amount } }]),
      ],
      { durability },
    );
  } catch (error) {
    if (!(error instanceof InsufficientFunds)) throw error;
    return { isDone: false, retryCount: 0 };
  }
  return { isDone: true, retryCount: 0 };
}

function mustBalance(key: string, value: unknown): number {
  const balance = decodeBalance(value);
  if (balance === undefined) {
    throw new Error(`An account has no balance: key=${key} found=${JSON.stringify(value)}`);
  }
  return balance;
}
