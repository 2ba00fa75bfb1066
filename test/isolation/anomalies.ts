/**
 * The known anomalies, each as one explicit interleaving.
 *
 * Owns: what each anomaly looks like to its clients, by the names of Adya's thesis (G0 to G2), of Berenson et al. (P4)
 * and of the Hermitage suite (OTV, PMP), which isolation level allows it, and what becomes of it among transactions
 * that lock. docs/isolation.md has the same table.
 *
 * Every script starts from k1 = 10 and k2 = 20, and answers whether a client could see the anomaly. Its steps are taken
 * in the order in which they are written, but for those of a client that waits for a lock (interleaving.ts). What it
 * must not do is to depend on which of two transactions is refused, or on who waits.
 *
 * Suspension: scripts await every step.
 */
import type { ScanOptions } from '../../src/api/ranges.ts';
import type { Client, Interleaving } from './interleaving.ts';

/** The outcome when all lock what they read and write: they never meet, one waits, or a circle is broken. */
export type Locked = 'apart' | 'waits' | 'deadlock' | 'conflict';

export interface Anomaly {
  readonly name: string;
  readonly isAllowedBySnapshot: boolean;
  readonly locked: Locked;
  /**
   * Snapshot isolation with transactions in turn optimistic and locking, the first of which is the one or the other.
   */
  readonly isAllowedWhenMixed: readonly [optimisticFirst: boolean, lockingFirst: boolean];
  /** Resolves with whether the anomaly could be seen. */
  readonly run: (at: Interleaving) => Promise<boolean>;
}

const isDivisibleBy =
  (divisor: number) =>
  (value: number): boolean =>
    value % divisor === 0;

const sumOf = (values: readonly (number | undefined)[]): number =>
  values.reduce<number>((sum, value) => sum + (value ?? 0), 0);

async function dirtyWrite(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  await t1.write('k1', () => 11);
  await t2.write('k1', () => 12);
  await t1.write('k2', () => 21);
  await t1.commit();
  await t2.write('k2', () => 22);
  await t2.commit();
  const { k1, k2 } = await at.finalValues();
  // Without a dirty write both keys are of one transaction; and of two that overlapped, only one may have written.
  const isBoth = t1.isCommitted && t2.isCommitted && at.waitCount === 0;
  return (k1 === 11) !== (k2 === 21) || isBoth;
}

async function abortedRead(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  await t1.write('k1', () => 101);
  await t2.read('k1');
  const seen = [await at.db.get('k1')];
  await t1.rollback();
  await t2.read('k1');
  seen.push(await at.db.get('k1'), await at.getNow('k1'));
  await t2.commit();
  return seen.includes(101) || t2.seen.includes(101);
}

async function abortedReadOfRefusedCommit(at: Interleaving): Promise<boolean> {
  const [loser, winner] = [at.begin(), at.begin()];
  // Written without locks, in every mode: only so is there a commit to refuse.
  loser.tx.put('k1', 101);
  loser.tx.put('k3', 101);
  winner.tx.put('k1', 10);
  await winner.commit();
  await loser.commit();
  const t3 = at.begin();
  await t3.read('k1');
  await t3.commit();
  const values = Object.values(await at.finalValues());
  return loser.isCommitted || t3.seen.includes(101) || values.includes(101);
}

async function intermediateRead(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  await t1.write('k1', () => 101);
  await t2.read('k1');
  const seen = [await at.db.get('k1')];
  await t1.write('k1', () => 11);
  t1.beginCommit();
  const t3 = at.begin(); // while the commit is on its way
  seen.push(await at.getNow('k1'));
  await t3.read('k1');
  await t2.read('k1');
  seen.push(await at.db.get('k1'));
  await t2.commit();
  await t3.commit();
  return [...seen, ...t2.seen, ...t3.seen].includes(101);
}

async function circularInformationFlow(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  await t1.write('k1', () => 11);
  await t2.write('k2', () => 22);
  await t1.read('k2');
  await t2.read('k1');
  await t1.commit();
  await t2.commit();
  return t1.seen.includes(22) || t2.seen.includes(11);
}

async function observedTransactionVanishes(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  await t1.write('k1', () => 11);
  await t1.write('k2', () => 19);
  await t2.write('k1', () => 12);
  await t1.commit();
  const t3 = at.begin();
  await t3.read('k1');
  await t2.write('k2', () => 18);
  await t3.read('k2');
  await t2.commit();
  await t3.read('k1');
  await t3.read('k2');
  await t3.commit();
  return !['10,20,10,20', '11,19,11,19', '12,18,12,18'].includes(t3.seen.join());
}

async function predicateManyPrecedersRead(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  const found: string[] = [];
  const query = (options: ScanOptions<string>): Promise<void> =>
    t1.step(async () => void found.push(...(await t1.where(isDivisibleBy(3), options))));
  await query({});
  await t2.write('k3', () => 30);
  await t2.commit();
  await query({});
  await query({ reverse: true });
  await t1.commit();
  return found.length > 0;
}

async function predicateManyPrecedersWrite(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  await t1.step(async () => {
    for (const [key, value] of await t1.rows()) await t1.put(key, value + 10);
  });
  await t1.commit();
  // By now no value is 20 but that of k1, which was 10 when t2 began.
  await t2.step(async () => {
    for (const key of await t2.where((value) => value === 20)) await t2.del(key);
  });
  await t2.commit();
  const { k1, k2 } = await at.finalValues();
  return k2 !== 30 || (t2.isCommitted && k1 !== undefined);
}

async function lostUpdate(at: Interleaving): Promise<boolean> {
  const clients = [at.begin(), at.begin()] as const;
  for (const client of clients) await client.read('k1');
  for (const client of clients) await client.write('k1', (seen) => sumOf(seen) + 1);
  await at.commitBoth(...clients);
  const committedCount = clients.filter(({ isCommitted }) => isCommitted).length;
  const { k1 } = await at.finalValues();
  return k1 !== 10 + committedCount || committedCount === 0;
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
    const client = at.begin();
    await client.read('k1');
    await client.write('k1', (seen) => sumOf(seen) + 1);
    await at.write(write); // waits behind the transaction, or is before it
    await client.commit();
    const { k1 } = await at.finalValues();
    if (k1 === 11) lostCount++;
  }
  return lostCount > 0;
}

async function lostUpdateOfAbsentKey(at: Interleaving): Promise<boolean> {
  const clients = [at.begin(), at.begin()] as const;
  let insertCount = 0;
  for (const client of clients) await client.read('k9');
  for (const client of clients) {
    await client.step(async () => {
      if (client.seen[0] === undefined) await client.put('k9', 1);
    });
  }
  await at.commitBoth(...clients);
  for (const { isCommitted, seen } of clients) {
    if (isCommitted && seen[0] === undefined) insertCount++;
  }
  return insertCount !== 1;
}

async function readSkew(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  await t1.read('k1');
  await t2.write('k1', () => 12);
  await t2.write('k2', () => 18);
  await t2.commit();
  await t1.read('k2');
  await t1.step(async ({ tx, seen }) => {
    seen.push(
      at.isOnServers ? await tx.get('k2') : tx.getSync('k2'),
      ...(await tx.getMany(['k2'])),
    );
    const values = at.isOnServers ? await tx.values().all() : [...tx.values()];
    seen.push((await tx.values({ reverse: true, limit: 1 }).all())[0], values[1]);
  });
  await t1.commit();
  await at.finalValues();
  return t1.seen.join() !== '10,20,20,20,20,20';
}

async function readSkewThroughPredicates(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  const found: string[][] = [];
  const query = (divisor: number, options: ScanOptions<string> = {}): Promise<void> =>
    t1.step(async () => void found.push(await t1.where(isDivisibleBy(divisor), options)));
  await query(5);
  await t2.write('k1', () => 12);
  await t2.step(() => t2.del('k2'));
  await t2.commit();
  await query(3);
  await query(5, { gt: 'k1' });
  await t1.commit();
  await at.finalValues();
  return found.map(({ length }) => length).join() !== '2,0,1';
}

async function readSkewThroughWritePredicates(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  await t1.read('k1');
  await t2.write('k1', () => 12);
  await t2.write('k2', () => 18);
  await t2.commit();
  await t1.step(async () => {
    for (const key of await t1.where((value) => value === 20)) await t1.del(key);
  });
  await t1.commit();
  const { k2 } = await at.finalValues();
  return t2.isCommitted && k2 !== 18;
}

async function readSkewThroughDeletedRanges(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  await t1.read('k1');
  await t2.write('k1', () => 12);
  await t2.write('k15', () => 18);
  await t2.commit();
  await t1.step(() => t1.delRange({ gt: 'k1', lt: 'k2' })); // t1 sees nothing in it, t2 writes there
  await t1.commit();
  const { k15 } = await at.finalValues();
  return t2.isCommitted && k15 !== 18;
}

async function writeSkew(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  await t1.read('k1');
  await t2.read('k2');
  await t1.read('k2');
  await t2.read('k1');
  // Each alone would leave a sum of 0.
  await t1.write('k1', (seen) => 10 - sumOf(seen));
  await t2.write('k2', (seen) => 20 - sumOf(seen));
  await at.commitBoth(t1, t2);
  const { k1 = 0, k2 = 0 } = await at.finalValues();
  return k1 + k2 === -30;
}

async function writeSkewOnAbsentKeys(at: Interleaving): Promise<boolean> {
  const [t1, t2] = [at.begin(), at.begin()];
  await t1.read('k9');
  await t2.read('k8');
  await t1.step(async () => {
    if (t1.seen[0] === undefined) await t1.put('k8', 1);
  });
  await t2.step(async () => {
    if (t2.seen[0] === undefined) await t2.put('k9', 1);
  });
  await at.commitBoth(t1, t2);
  const { k8, k9 } = await at.finalValues();
  return k8 !== undefined && k9 !== undefined;
}

function phantoms(
  options: ScanOptions<string>,
  newKeys: readonly [string, string],
): Anomaly['run'] {
  return async (at) => {
    const clients = [at.begin(), at.begin()] as const;
    const found = new Map<Client, number>();
    for (const client of clients) {
      await client.step(async () => {
        found.set(client, (await client.where(isDivisibleBy(3), options)).length);
      });
    }
    for (const [i, client] of clients.entries()) {
      await client.step(async () => {
        if (found.get(client) === 0) await client.put(newKeys[i]!, 30); // two keys, two clients
      });
    }
    await at.commitBoth(...clients);
    const values = await at.finalValues();
    return newKeys.every((key) => values[key] !== undefined);
  };
}

async function phantomsByDeletion(at: Interleaving): Promise<boolean> {
  // One of the two must stay: each deletes its own when it sees the other.
  const clients = [at.begin(), at.begin()] as const;
  const found = new Map<Client, number>();
  for (const client of clients) {
    await client.step(async () => {
      found.set(client, (await client.rows({ prefix: 'k' })).length);
    });
  }
  const [t1, t2] = clients;
  await t1.step(async () => {
    if (found.get(t1) === 2) await t1.delRange({ gte: 'k1', lt: 'k2' });
  });
  await t2.step(async () => {
    if (found.get(t2) === 2) await t2.del('k2');
  });
  await t1.commit();
  await t2.commit();
  return Object.keys(await at.finalValues()).length === 0;
}

async function cycleOfThree(at: Interleaving): Promise<boolean> {
  const clients = [at.begin(), at.begin(), at.begin()] as const;
  const [t1, t2, t3] = clients;
  await t1.read('k2');
  await t2.read('k3');
  await t3.read('k1');
  await t1.write('k1', () => 11);
  await t2.write('k2', () => 22);
  await t3.write('k3', () => 33);
  for (const client of [t3, t1, t2]) client.beginCommit();
  await at.rest();
  await at.finalValues();
  const isEach = clients.every(({ isCommitted }) => isCommitted);
  return isEach && clients.flatMap(({ seen }) => seen).join() === '20,,10';
}

function readOnlyAnomaly(begin: (at: Interleaving) => Client): Anomaly['run'] {
  return async (at) => {
    await at.db.batch([
      { type: 'put', key: 'checking', value: 0 },
      { type: 'put', key: 'savings', value: 0 },
    ]);
    const withdrawal = at.begin();
    await withdrawal.read('checking');
    await withdrawal.read('savings');
    const deposit = at.begin();
    await deposit.read('savings');
    await deposit.write('savings', (seen) => sumOf(seen) + 20);
    await deposit.commit();
    const report = begin(at);
    await report.read('checking');
    await report.read('savings');
    await report.commit();
    // A penalty of 1 when the withdrawal saw no money; yet the report shows 20 before it.
    await withdrawal.write('checking', (seen) => (sumOf(seen) >= 10 ? -10 : -11));
    await withdrawal.commit();
    const { checking } = await at.finalValues();
    return checking === -11 && report.seen.join() === '0,20';
  };
}

function forbidden(name: string, locked: Locked, run: Anomaly['run']): Anomaly {
  return { name, isAllowedBySnapshot: false, locked, isAllowedWhenMixed: [false, false], run };
}

function serializableOnly(
  name: string,
  locked: Locked,
  run: Anomaly['run'],
  isAllowedWhenMixed: Anomaly['isAllowedWhenMixed'] = [true, true],
): Anomaly {
  return { name, isAllowedBySnapshot: true, locked, isAllowedWhenMixed, run };
}

export const ANOMALIES: readonly Anomaly[] = [
  forbidden('dirty write (G0)', 'waits', dirtyWrite),
  forbidden('aborted read (G1a)', 'waits', abortedRead),
  forbidden('aborted read of a refused commit (G1a)', 'conflict', abortedReadOfRefusedCommit),
  forbidden('intermediate read (G1b)', 'waits', intermediateRead),
  forbidden('circular information flow (G1c)', 'deadlock', circularInformationFlow),
  forbidden('observed transaction vanishes (OTV)', 'waits', observedTransactionVanishes),
  forbidden('predicate-many-preceders (PMP)', 'waits', predicateManyPrecedersRead),
  forbidden(
    'predicate-many-preceders on a write predicate (PMP)',
    'apart',
    predicateManyPrecedersWrite,
  ),
  forbidden('lost update (P4)', 'waits', lostUpdate),
  forbidden('lost update of a plain write (P4)', 'waits', lostUpdateOfPlainWrites),
  forbidden('lost update of an absent key (P4)', 'waits', lostUpdateOfAbsentKey),
  forbidden('read skew (G-single)', 'waits', readSkew),
  forbidden('read skew through predicates (G-single)', 'waits', readSkewThroughPredicates),
  forbidden(
    'read skew through a write predicate (G-single)',
    'waits',
    readSkewThroughWritePredicates,
  ),
  forbidden('read skew through a deleted range (G-single)', 'waits', readSkewThroughDeletedRanges),
  serializableOnly('write skew (G2-item)', 'deadlock', writeSkew),
  serializableOnly('write skew on absent keys (G2-item)', 'deadlock', writeSkewOnAbsentKeys),
  serializableOnly('phantoms (G2)', 'waits', phantoms({}, ['k3', 'k4'])),
  serializableOnly(
    'phantoms of a scan backward (G2)',
    'waits',
    phantoms({ reverse: true }, ['k3', 'k0']),
  ),
  serializableOnly(
    'phantoms of an empty range (G2)',
    'waits',
    phantoms({ gt: 'k3', lt: 'k6' }, ['k4', 'k5']),
  ),
  serializableOnly(
    'phantoms before the last row of a limit (G2)',
    'waits',
    phantoms({ limit: 2 }, ['k0', 'k15']),
  ),
  serializableOnly(
    'phantoms before the last row of a limit, backward (G2)',
    'waits',
    phantoms({ reverse: true, limit: 1 }, ['k3', 'k4']),
  ),
  serializableOnly('phantoms by deletion (G2)', 'waits', phantomsByDeletion),
  serializableOnly('anti-dependency cycle of three (G2)', 'deadlock', cycleOfThree),
  serializableOnly(
    'read-only anomaly (Fekete 2004)',
    'waits',
    readOnlyAnomaly((at) => at.begin()),
    [true, false],
  ),
  serializableOnly(
    'read-only anomaly of a declared reader (Fekete 2004)',
    'waits',
    readOnlyAnomaly((at) => at.beginReadOnly()),
    [true, false],
  ),
];
