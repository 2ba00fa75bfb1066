/**
 * The books: the bank's data as it lies in a database.
 *
 * Owns: opening a database as a bank, creating the accounts, reading everything for an audit from one snapshot, and
 * folding audited records into the checkpoint. Folding keeps a run of any length as fast as its first round.
 *
 * Invariants:
 *   books/nothing-else: a database that holds something else is refused before anything is written to it. One that is
 *       taken for an empty bank would be audited as one.
 *   books/created-whole: accounts and first checkpoint are written in one batch: a bank exists whole or not at all. A
 *       kill before it leaves the keyspaces empty, or some of them. On servers, which take few writes at once, the
 *       checkpoint comes last.
 *   books/folded-whole: a fold clears the records and stores what they added up to in the same batch. It runs only
 *       after an audit that passed, in the process that remembers the checkpoint. On servers nothing is folded.
 */
import { inspect } from 'node:util';

import type { TuningOptions } from '../../base/options.ts';
import type { Database } from '../../api/database.ts';
import type { Keyspace } from '../../api/keyspace.ts';
import { schemeOf } from '../../api/backend-entries.ts';
import { open } from '../../api/open.ts';
import { UsageError } from '../outcome.ts';
import { Auditor, type AuditProblem, type AuditReport } from './audit.ts';
import {
  type Bank,
  type Checkpoint,
  CHECKPOINT_KEY,
  decodeBalance,
  decodeCheckpoint,
  decodeOrder,
  encodeCheckpoint,
  parseAccountKey,
  parseTransferKey,
} from './transfer.ts';

const TUPLES = { keyEncoding: 'tuple', valueEncoding: 'json' } as const;
const TEXTS = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;
const KEYSPACES = { accounts: TUPLES, transfers: TUPLES, checkpoints: TEXTS } as const;
/** The key of the checkpoint in a bank from before its keyspaces: it lay among the keys of the database itself. */
const PREFIXED_CHECKPOINT_KEY = Buffer.from('checkpoint');

/** Accounts of one commit on servers. */
const SERVER_LOT_COUNT = 64;

/** Whether a bank lies on the servers of a connection string. */
export function isOnServers(location: string): boolean {
  return schemeOf(location) !== undefined;
}

type BankOptions = TuningOptions & { readonly createIfMissing?: boolean };

/**
 * Opens a database as a bank. Throws UsageError when it holds something else (books/nothing-else), and what `open`
 * throws.
 */
export async function openBank(
  directory: string,
  { createIfMissing = true, ...tuning }: BankOptions,
): Promise<Bank> {
  const db = await open(directory, isOnServers(directory) ? {} : { ...tuning, createIfMissing });
  try {
    await refuseAnythingElse(db);
    return {
      db,
      accounts: await db.keyspace('accounts', { ...KEYSPACES.accounts, createIfMissing }),
      transfers: await db.keyspace('transfers', { ...KEYSPACES.transfers, createIfMissing }),
      checkpoints: await db.keyspace('checkpoints', { ...KEYSPACES.checkpoints, createIfMissing }),
    };
  } catch (error) {
    await db.close();
    throw error;
  }
}

/** Throws UsageError when the database holds no bank but something else. What lies beside a bank is left alone. */
async function refuseAnythingElse(db: Database): Promise<void> {
  if (await db.has(PREFIXED_CHECKPOINT_KEY)) {
    throw new UsageError(
      'The bank here was made by an earlier version, which kept no keyspaces: ' +
        `remove the directory, or name another one: ${db.location}`,
    );
  }
  const [, ...named] = await db.keyspaces(); // the first is that of the database's own keys
  for (const [name, wanted] of Object.entries(KEYSPACES)) {
    const found = named.find((each) => each.name === name);
    if (found === undefined) continue;
    const { keyEncoding, valueEncoding } = found;
    const isSame = keyEncoding === wanted.keyEncoding && valueEncoding === wanted.valueEncoding;
    if (!isSame) throw noBank(db.location);
  }
  if (named.some(({ name }) => name === 'checkpoints')) return;
  const hasOthers = named.some(({ name }) => !Object.hasOwn(KEYSPACES, name));
  if (hasOthers || !(await isEmpty(db))) throw noBank(db.location);
}

export function noBank(directory: string): UsageError {
  return new UsageError(`The database holds something else than a bank: ${directory}`);
}

export function initialCheckpoint(accountCount: number, initialBalance: number): Checkpoint {
  return {
    balances: new Array<number>(accountCount).fill(initialBalance),
    sequences: new Map(),
  };
}

/** Writes the accounts, durably, unless the bank exists (books/created-whole). */
export async function createBankIfMissing(bank: Bank, initial: Checkpoint): Promise<void> {
  const { db, accounts, checkpoints } = bank;
  if (await checkpoints.has(CHECKPOINT_KEY)) return;
  const value = encodeCheckpoint(initial);
  const puts = initial.balances.map((balance, account) => ({
    type: 'put' as const,
    key: [account],
    value: { balance },
  }));
  while (isOnServers(db.location) && puts.length > 0) {
    await accounts.batch(puts.splice(0, SERVER_LOT_COUNT), { durability: 'sync' });
  }
  await accounts.batch([{ type: 'put', in: checkpoints, key: CHECKPOINT_KEY, value }, ...puts], {
    durability: 'sync',
  });
}

/** The stored checkpoint; undefined in a database that holds no bank. */
export async function readCheckpoint({ checkpoints }: Bank): Promise<Checkpoint | undefined> {
  return decodeCheckpoint(await checkpoints.get(CHECKPOINT_KEY));
}

/** The number of the last transfer that the client committed, 0 before the first. */
export async function lastSequenceOf(
  { transfers }: Bank,
  client: number,
  checkpoint: Checkpoint,
): Promise<number> {
  const [key] = await transfers.keys({ prefix: [client], reverse: true, limit: 1 }).all();
  const [, sequence] = (key && parseTransferKey(key)) ?? [];
  return sequence ?? checkpoint.sequences.get(client) ?? 0;
}

/** Reads the whole bank from one snapshot and audits it. */
export async function auditBank(
  { db, accounts, transfers, checkpoints }: Bank,
  base: Checkpoint,
  acknowledged: ReadonlyMap<number, number> | undefined,
): Promise<AuditReport> {
  const auditor = new Auditor(base, acknowledged);
  const snapshot = db.snapshot();
  try {
    const stored = await checkpoints.get(CHECKPOINT_KEY, { snapshot });
    auditor.addStoredCheckpoint(decodeCheckpoint(stored));
    for await (const [key, value] of accounts.entries({ snapshot })) {
      const place = parseAccountKey(key);
      const balance = decodeBalance(value);
      if (place === undefined || balance === undefined) {
        auditor.addMalformed(`account ${inspect(key)}`, value);
      } else auditor.addBalance(place[0], balance);
    }
    for await (const [key, value] of transfers.entries({ snapshot })) {
      const place = parseTransferKey(key);
      const order = decodeOrder(value);
      if (place === undefined || order === undefined) {
        auditor.addMalformed(`transfer ${inspect(key)}`, value);
      } else auditor.addTransfer(place[0], place[1], order);
    }
  } finally {
    snapshot.close();
  }
  return auditor.finish();
}

/** Replaces the audited records by their sum (books/folded-whole). No client may be writing meanwhile. */
export async function foldTransfers(bank: Bank, checkpoint: Checkpoint): Promise<void> {
  const { transfers, checkpoints } = bank;
  const value = encodeCheckpoint(checkpoint);
  await transfers.batch(
    [{ type: 'clear' }, { type: 'put', in: checkpoints, key: CHECKPOINT_KEY, value }],
    { durability: 'sync' },
  );
}

export async function isEmptyBank({ accounts, transfers, checkpoints }: Bank): Promise<boolean> {
  return (await isEmpty(accounts)) && (await isEmpty(transfers)) && (await isEmpty(checkpoints));
}

async function isEmpty<K, V>(keyspace: Keyspace<K, V>): Promise<boolean> {
  return (await keyspace.keys({ limit: 1 }).all()).length === 0;
}

/** Checks every stored byte once the rounds are over; returns what is wrong. */
export async function verifyBank(
  directory: string,
  tuning: TuningOptions,
): Promise<readonly AuditProblem[]> {
  const { db } = await openBank(directory, { ...tuning, createIfMissing: false });
  try {
    const { problems } = await db.verify();
    return problems.map(({ message }) => ({ kind: 'storage', message }));
  } finally {
    await db.close();
  }
}
