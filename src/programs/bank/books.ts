/**
 * The books: the bank's data as it lies in a database.
 *
 * Owns: creating the accounts, reading everything for an audit from one snapshot, and folding audited records into
 * the checkpoint. Folding keeps a run of any length as fast as its first round.
 *
 * Invariants:
 *   books/created-whole: accounts and first checkpoint are written in one batch: a bank exists whole or not at all.
 *   books/folded-whole: a fold removes the records with a range delete and stores what they added up to in the same
 *       batch. It runs only after an audit that passed, in the process that remembers the checkpoint.
 */
import type { TuningOptions } from '../../base/options.ts';
import { open } from '../../api/open.ts';
import { Auditor, type AuditProblem, type AuditReport } from './audit.ts';
import {
  ACCOUNT_PREFIX,
  accountKey,
  type BankDatabase,
  type Checkpoint,
  CHECKPOINT_KEY,
  clientPrefix,
  decodeBalance,
  decodeCheckpoint,
  decodeOrder,
  encodeCheckpoint,
  parseAccountKey,
  parseTransferKey,
  TRANSFER_PREFIX,
} from './transfer.ts';

export function openBank(
  directory: string,
  tuning: TuningOptions & { readonly createIfMissing?: boolean },
): Promise<BankDatabase> {
  return open<string, unknown>(directory, {
    ...tuning,
    keyEncoding: 'utf8',
    valueEncoding: 'json',
  });
}

export function initialCheckpoint(accountCount: number, initialBalance: number): Checkpoint {
  return {
    balances: new Array<number>(accountCount).fill(initialBalance),
    sequences: new Map(),
  };
}

/** Writes the accounts, durably, unless the bank exists (books/created-whole). */
export async function createBankIfMissing(db: BankDatabase, initial: Checkpoint): Promise<void> {
  if ((await db.get(CHECKPOINT_KEY)) !== undefined) return;
  await db.batch(
    [
      ...initial.balances.map((balance, account) => ({
        type: 'put' as const,
        key: accountKey(account),
        value: { balance },
      })),
      { type: 'put' as const, key: CHECKPOINT_KEY, value: encodeCheckpoint(initial) },
    ],
    { durability: 'sync' },
  );
}

/** The stored checkpoint; undefined in a database that holds no bank. */
export async function readCheckpoint(db: BankDatabase): Promise<Checkpoint | undefined> {
  return decodeCheckpoint(await db.get(CHECKPOINT_KEY));
}

/** The number of the last transfer that the client committed, 0 before the first. */
export async function lastSequenceOf(
  db: BankDatabase,
  client: number,
  checkpoint: Checkpoint,
): Promise<number> {
  for await (const key of db.keys({ prefix: clientPrefix(client), reverse: true, limit: 1 })) {
    const parsed = parseTransferKey(key);
    if (parsed !== undefined) return parsed.sequence;
  }
  return checkpoint.sequences.get(client) ?? 0;
}

/** Reads the whole bank from one snapshot and audits it. */
export async function auditBank(
  db: BankDatabase,
  base: Checkpoint,
  acknowledged: ReadonlyMap<number, number> | undefined,
): Promise<AuditReport> {
  const auditor = new Auditor(base, acknowledged);
  const snapshot = db.snapshot();
  try {
    auditor.addStoredCheckpoint(decodeCheckpoint(await db.get(CHECKPOINT_KEY, { snapshot })));
    for await (const [key, value] of db.entries({ prefix: ACCOUNT_PREFIX, snapshot })) {
      const account = parseAccountKey(key);
      const balance = decodeBalance(value);
      if (account === undefined || balance === undefined) auditor.addMalformed(key, value);
      else auditor.addBalance(account, balance);
    }
    for await (const [key, value] of db.entries({ prefix: TRANSFER_PREFIX, snapshot })) {
      const place = parseTransferKey(key);
      const order = decodeOrder(value);
      if (place === undefined || order === undefined) auditor.addMalformed(key, value);
      else auditor.addTransfer(place.client, place.sequence, order);
    }
  } finally {
    snapshot.close();
  }
  return auditor.finish();
}

/** Replaces the audited records by their sum (books/folded-whole). No client may be writing meanwhile. */
export async function foldTransfers(db: BankDatabase, checkpoint: Checkpoint): Promise<void> {
  await db.batch(
    [
      { type: 'delRange', prefix: TRANSFER_PREFIX },
      { type: 'put', key: CHECKPOINT_KEY, value: encodeCheckpoint(checkpoint) },
    ],
    { durability: 'sync' },
  );
}

export async function isEmptyDatabase(db: BankDatabase): Promise<boolean> {
  for await (const _key of db.keys({ limit: 1 })) return false;
  return true;
}

/** Checks every stored byte once the rounds are over; returns what is wrong. */
export async function verifyBank(
  directory: string,
  tuning: TuningOptions,
): Promise<readonly AuditProblem[]> {
  const db = await openBank(directory, { ...tuning, createIfMissing: false });
  try {
    const { problems } = await db.verify();
    return problems.map(({ message }) => ({ kind: 'storage', message }));
  } finally {
    await db.close();
  }
}
