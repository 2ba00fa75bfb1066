/**
 * The known anomalies, each as one explicit interleaving.
 *
 * Owns: what each anomaly looks like to its clients, by the names of Adya's thesis (G0 to G2), of Berenson et al. (P4)
 * and of the Hermitage suite (OTV, PMP), and which isolation level allows it. docs/isolation.md has the same table.
 *
 * Every scenario starts from k1 = 10 and k2 = 20, and answers whether a client could see the anomaly. What it must not
 * do is to depend on which of two conflicting commits fails.
 *
 * Suspension: scenarios await every call, so that the interleaving is the one that is written.
 */
import { ConflictError } from '../../src/base/errors.ts';
import type { Database } from '../../src/db/database.ts';
import type { Isolation, ScanOptions, Transaction } from '../../src/txn/transaction.ts';

export type Db = Database<string, number>;
export type Tx = Transaction<string, number>;

export class Interleaving {
  readonly db: Db;
  readonly #isolation: Isolation;
  conflictCount = 0;

  constructor(db: Db, isolation: Isolation) {
    this.db = db;
    this.#isolation = isolation;
  }

  begin(): Tx {
    return this.db.begin({ isolation: this.#isolation });
  }

  beginReadOnly(): Tx {
    return this.db.begin({ isolation: this.#isolation, readOnly: true });
  }

  get(tx: Tx, key: string): Promise<number | undefined> {
    return this.db.getTx(tx, key);
  }

  put(tx: Tx, key: string, value: number): void {
    this.db.putTx(tx, key, value);
  }

  del(tx: Tx, key: string): void {
    this.db.delTx(tx, key);
  }

  /** True when it committed; false when it lost to another. */
  async commit(tx: Tx): Promise<boolean> {
    try {
      await this.db.commit(tx);
      return true;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      this.conflictCount++;
      return false;
    }
  }

  /** True when both commit. The second does not wait for the first: commits on their way to the disk count as done. */
  async commitBoth(first: Tx, second: Tx): Promise<boolean> {
    const areCommitted = await Promise.all([this.commit(first), this.commit(second)]);
    return areCommitted.every(Boolean);
  }

  /** Keys whose value fulfils a predicate: a read of the whole range, as a query without an index is. */
  async where(
    tx: Tx,
    isWanted: (value: number) => boolean,
    options: ScanOptions<string> = {},
  ): Promise<string[]> {
    const keys: string[] = [];
    for await (const [key, value] of tx.entries(options)) if (isWanted(value)) keys.push(key);
    return keys;
  }

  async finalValues(): Promise<Record<string, number>> {
    return Object.fromEntries(await this.db.entries().all());
  }
}

export interface Anomaly {
  readonly name: string;
  readonly isAllowedBySnapshot: boolean;
  /** Resolves with whether the anomaly could be seen. */
  readonly run: (at: Interleaving) => Promise<boolean>;
}

const isDivisibleBy =
  (divisor: number) =>
  (value: number): boolean =>
    value % divisor === 0;

async function dirtyWrite(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  at.put(t1, 'k1', 11);
  at.put(t2, 'k1', 12);
  at.put(t1, 'k2', 21);
  const first = await at.commit(t1);
  at.put(t2, 'k2', 22);
  const second = await at.commit(t2);
  const { k1, k2 } = await at.finalValues();
  // Without a dirty write both keys are of one transaction; and of two that overlapped, only one may have written.
  return (k1 === 11) !== (k2 === 21) || (first && second);
}

async function abortedRead(at: Interleaving): Promise<boolean> {
  const seen: (number | undefined)[] = [];
  const [t1, t2] = [at.begin(), at.begin()];
  at.put(t1, 'k1', 101);
  seen.push(await at.get(t2, 'k1'), await at.db.get('k1'));
  at.db.rollback(t1);
  seen.push(await at.get(t2, 'k1'), await at.db.get('k1'), at.db.getSync('k1'));
  // The same with a transaction that is refused at its commit.
  const [loser, winner] = [at.begin(), at.begin()];
  at.put(loser, 'k1', 101);
  at.put(loser, 'k3', 101);
  at.put(winner, 'k1', 10);
  await at.commit(winner);
  const isRefused = !(await at.commit(loser));
  const t3 = at.begin();
  seen.push(...Object.values(await at.finalValues()), await at.get(t3, 'k1'));
  await at.commit(t2);
  await at.commit(t3);
  return !isRefused || seen.includes(101);
}

async function intermediateRead(at: Interleaving): Promise<boolean> {
  const seen: (number | undefined)[] = [];
  const [t1, t2] = [at.begin(), at.begin()];
  at.put(t1, 'k1', 101);
  seen.push(await at.get(t2, 'k1'), await at.db.get('k1'));
  at.put(t1, 'k1', 11);
  const committing = at.commit(t1);
  const t3 = at.begin(); // while the commit is on its way
  seen.push(await at.get(t3, 'k1'), at.db.getSync('k1'));
  await committing;
  seen.push(await at.get(t2, 'k1'), await at.db.get('k1'));
  await at.commit(t2);
  await at.commit(t3);
  return seen.includes(101);
}

async function circularInformationFlow(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  at.put(t1, 'k1', 11);
  at.put(t2, 'k2', 22);
  const seenByT1 = await at.get(t1, 'k2');
  const seenByT2 = await at.get(t2, 'k1');
  await at.commit(t1);
  await at.commit(t2);
  return seenByT1 === 22 || seenByT2 === 11;
}

async function observedTransactionVanishes(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  at.put(t1, 'k1', 11);
  at.put(t1, 'k2', 19);
  at.put(t2, 'k1', 12);
  await at.commit(t1);
  const t3 = at.begin();
  const k1 = await at.get(t3, 'k1');
  at.put(t2, 'k2', 18);
  const k2 = await at.get(t3, 'k2');
  await at.commit(t2);
  const hasVanished = (await at.get(t3, 'k1')) !== k1 || (await at.get(t3, 'k2')) !== k2;
  await at.commit(t3);
  return hasVanished || k1 !== 11 || k2 !== 19;
}

async function predicateManyPrecedersRead(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  const before = await at.where(t1, isDivisibleBy(3));
  at.put(t2, 'k3', 30);
  await at.commit(t2);
  const after = await at.where(t1, isDivisibleBy(3));
  const backward = await at.where(t1, isDivisibleBy(3), { reverse: true });
  await at.commit(t1);
  return before.length + after.length + backward.length > 0;
}

async function predicateManyPrecedersWrite(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  for (const [key, value] of await t1.entries().all()) at.put(t1, key, value + 10);
  await at.commit(t1);
  // By now no value is 20 but that of k1, which was 10 when t2 began.
  for (const key of await at.where(t2, (value) => value === 20)) at.del(t2, key);
  const isCommitted = await at.commit(t2);
  return isCommitted || (await at.finalValues())['k2'] !== 30;
}

async function lostUpdate(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  at.put(t1, 'k1', ((await at.get(t1, 'k1')) ?? 0) + 1);
  at.put(t2, 'k1', ((await at.get(t2, 'k1')) ?? 0) + 1);
  const isBoth = await at.commitBoth(t1, t2);
  return isBoth || (await at.db.get('k1')) !== 11;
}

async function lostUpdateOfPlainWrites(at: Interleaving): Promise<boolean> {
  const { db } = at;
  const writes: (() => Promise<void>)[] = [
    () => db.put('k1', 50),
    () => db.del('k1'),
    () => db.batch([{ type: 'put', key: 'k1', value: 51 }]),
    () => db.delRange({ gte: 'k0', lt: 'k2' }),
  ];
  let lostCount = 0;
  for (const write of writes) {
    await db.put('k1', 10);
    const tx = at.begin();
    at.put(tx, 'k1', ((await at.get(tx, 'k1')) ?? 0) + 1);
    await write();
    if (await at.commit(tx)) lostCount++;
  }
  return lostCount > 0;
}

async function lostUpdateOfAbsentKey(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  if ((await at.get(t1, 'k9')) === undefined) at.put(t1, 'k9', 1);
  if ((await at.get(t2, 'k9')) === undefined) at.put(t2, 'k9', 2);
  return at.commitBoth(t1, t2);
}

async function readSkew(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  const k1 = await at.get(t1, 'k1');
  at.put(t2, 'k1', 12);
  at.put(t2, 'k2', 18);
  await at.commit(t2);
  const seen = [await at.get(t1, 'k2'), t1.getSync('k2'), ...(await t1.getMany(['k2']))];
  seen.push((await t1.values({ reverse: true, limit: 1 }).all())[0], [...t1.values()][1]);
  await at.commit(t1);
  return k1 !== 10 || seen.some((value) => value !== 20);
}

async function readSkewThroughPredicates(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  const fives = await at.where(t1, isDivisibleBy(5));
  at.put(t2, 'k1', 12);
  at.del(t2, 'k2');
  await at.commit(t2);
  const threes = await at.where(t1, isDivisibleBy(3));
  const rest = await at.where(t1, isDivisibleBy(5), { gt: 'k1' });
  await at.commit(t1);
  return fives.length !== 2 || threes.length > 0 || rest.length !== 1;
}

async function readSkewThroughWritePredicates(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  await at.get(t1, 'k1');
  at.put(t2, 'k1', 12);
  at.put(t2, 'k2', 18);
  await at.commit(t2);
  for (const key of await at.where(t1, (value) => value === 20)) at.del(t1, key);
  const isCommitted = await at.commit(t1);
  return isCommitted || (await at.db.get('k2')) !== 18;
}

async function readSkewThroughDeletedRanges(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  await at.get(t1, 'k1');
  at.put(t2, 'k1', 12);
  at.put(t2, 'k15', 18);
  await at.commit(t2);
  t1.delRange({ gt: 'k1', lt: 'k2' }); // t1 sees nothing in it, t2 has just written there
  return (await at.commit(t1)) || (await at.db.get('k15')) !== 18;
}

async function writeSkew(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  const sum1 = ((await at.get(t1, 'k1')) ?? 0) + ((await at.get(t1, 'k2')) ?? 0);
  const sum2 = ((await at.get(t2, 'k1')) ?? 0) + ((await at.get(t2, 'k2')) ?? 0);
  // Each alone would leave a sum of 0.
  at.put(t1, 'k1', 10 - sum1);
  at.put(t2, 'k2', 20 - sum2);
  const isBoth = await at.commitBoth(t1, t2);
  const { k1 = 0, k2 = 0 } = await at.finalValues();
  return isBoth && k1 + k2 === -30;
}

async function writeSkewOnAbsentKeys(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  if (!(await t1.has('k9'))) at.put(t1, 'k8', 1);
  if (!(await t2.has('k8'))) at.put(t2, 'k9', 1);
  return at.commitBoth(t1, t2);
}

function phantoms(
  options: ScanOptions<string>,
  newKeys: readonly [string, string],
): Anomaly['run'] {
  return async (at) => {
    const [t1, t2] = [at.begin(), at.begin()];
    const found1 = await at.where(t1, isDivisibleBy(3), options);
    const found2 = await at.where(t2, isDivisibleBy(3), options);
    if (found1.length === 0) at.put(t1, newKeys[0], 30);
    if (found2.length === 0) at.put(t2, newKeys[1], 42);
    return at.commitBoth(t1, t2);
  };
}

async function phantomsByDeletion(at: Interleaving): Promise<boolean> {
  // One of the two must stay: each deletes its own when it sees the other.
  const [t1, t2] = [at.begin(), at.begin()];
  if ((await t1.keys({ prefix: 'k' }).all()).length === 2) t1.delRange({ gte: 'k1', lt: 'k2' });
  if ((await t2.keys({ prefix: 'k' }).all()).length === 2) at.del(t2, 'k2');
  await at.commit(t1);
  await at.commit(t2);
  return Object.keys(await at.finalValues()).length === 0;
}

async function cycleOfThree(at: Interleaving): Promise<boolean> {
  const [t1, t2, t3] = [at.begin(), at.begin(), at.begin()];
  const seen = [await at.get(t1, 'k2'), await at.get(t2, 'k3'), await at.get(t3, 'k1')];
  at.put(t1, 'k1', 11);
  at.put(t2, 'k2', 22);
  at.put(t3, 'k3', 33);
  const commits = [at.commit(t3), at.commit(t1), at.commit(t2)];
  const isEach = (await Promise.all(commits)).every(Boolean);
  return isEach && seen.join() === '20,,10';
}

function readOnlyAnomaly(begin: (at: Interleaving) => Tx): Anomaly['run'] {
  return async (at) => {
    await at.db.batch([
      { type: 'put', key: 'checking', value: 0 },
      { type: 'put', key: 'savings', value: 0 },
    ]);
    const withdrawal = at.begin();
    const total =
      ((await at.get(withdrawal, 'checking')) ?? 0) + ((await at.get(withdrawal, 'savings')) ?? 0);
    const deposit = at.begin();
    at.put(deposit, 'savings', ((await at.get(deposit, 'savings')) ?? 0) + 20);
    await at.commit(deposit);
    const report = begin(at);
    const seen = [await at.get(report, 'checking'), await at.get(report, 'savings')];
    await at.commit(report);
    // A penalty of 1, since the withdrawal saw no money; yet the report shows 20 before it.
    at.put(withdrawal, 'checking', total >= 10 ? -10 : -11);
    const isCommitted = await at.commit(withdrawal);
    return isCommitted && seen.join() === '0,20' && (await at.db.get('checking')) === -11;
  };
}

function forbidden(name: string, run: Anomaly['run']): Anomaly {
  return { name, isAllowedBySnapshot: false, run };
}

function serializableOnly(name: string, run: Anomaly['run']): Anomaly {
  return { name, isAllowedBySnapshot: true, run };
}

export const ANOMALIES: readonly Anomaly[] = [
  forbidden('dirty write (G0)', dirtyWrite),
  forbidden('aborted read (G1a)', abortedRead),
  forbidden('intermediate read (G1b)', intermediateRead),
  forbidden('circular information flow (G1c)', circularInformationFlow),
  forbidden('observed transaction vanishes (OTV)', observedTransactionVanishes),
  forbidden('predicate-many-preceders (PMP)', predicateManyPrecedersRead),
  forbidden('predicate-many-preceders on a write predicate (PMP)', predicateManyPrecedersWrite),
  forbidden('lost update (P4)', lostUpdate),
  forbidden('lost update of a plain write (P4)', lostUpdateOfPlainWrites),
  forbidden('lost update of an absent key (P4)', lostUpdateOfAbsentKey),
  forbidden('read skew (G-single)', readSkew),
  forbidden('read skew through predicates (G-single)', readSkewThroughPredicates),
  forbidden('read skew through a write predicate (G-single)', readSkewThroughWritePredicates),
  forbidden('read skew through a deleted range (G-single)', readSkewThroughDeletedRanges),
  serializableOnly('write skew (G2-item)', writeSkew),
  serializableOnly('write skew on absent keys (G2-item)', writeSkewOnAbsentKeys),
  serializableOnly('phantoms (G2)', phantoms({}, ['k3', 'k4'])),
  serializableOnly('phantoms of a scan backward (G2)', phantoms({ reverse: true }, ['k3', 'k0'])),
  serializableOnly(
    'phantoms of an empty range (G2)',
    phantoms({ gt: 'k3', lt: 'k6' }, ['k4', 'k5']),
  ),
  serializableOnly(
    'phantoms before the last row of a limit (G2)',
    phantoms({ limit: 2 }, ['k0', 'k15']),
  ),
  serializableOnly(
    'phantoms before the last row of a limit, backward (G2)',
    phantoms({ reverse: true, limit: 1 }, ['k3', 'k4']),
  ),
  serializableOnly('phantoms by deletion (G2)', phantomsByDeletion),
  serializableOnly('anti-dependency cycle of three (G2)', cycleOfThree),
  serializableOnly(
    'read-only anomaly (Fekete 2004)',
    readOnlyAnomaly((at) => at.begin()),
  ),
  serializableOnly(
    'read-only anomaly of a declared reader (Fekete 2004)',
    readOnlyAnomaly((at) => at.beginReadOnly()),
  ),
];
