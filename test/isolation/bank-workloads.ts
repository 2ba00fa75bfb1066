/**
 * SmallBank and a TPC-B style bank, with sums that hold at every moment.
 *
 * Owns: what the clients of each do in a transaction, and what an auditor may say of any state in between.
 *
 * SmallBank (Alomari et al. 2008): customers with a checking and a savings account, five kinds of transactions. Money
 * that comes in or goes out moves from or to a vault of the client's own, so that the sum of all is constant. Its
 * WriteCheck skews writes under snapshot isolation: only `serializable` keeps every customer above his overdraft.
 *
 * A pessimistic transaction locks what it reads; at any level it then keeps what `serializable` keeps.
 *
 * TPC-B: each transaction changes an account, its teller and its branch by one amount, and notes it in a history.
 *
 * Suspension: bodies suspend at reads.
 */
import { LockingTransaction } from '../../src/api/locking-transaction.ts';
import type { Transaction } from '../../src/api/transaction.ts';
import type { Random } from '../support/prng.ts';

export type Tx = Transaction<string, number>;
export type Rows = readonly (readonly [key: string, value: number])[];

/** Which account is next: each alike, or nearly always one of ten. */
export type PickAccount = (random: Random) => number;

export interface Workload {
  readonly name: string;
  readonly initialRows: (accountCount: number, clientCount: number) => Rows;
  readonly transact: (tx: Tx, client: number, random: Random, pick: PickAccount) => Promise<void>;
  /** The fault of this state; undefined for none. `isSerializable`: no writes may have skewed. */
  readonly audit: (rows: Rows, isSerializable: boolean) => string | undefined;
}

const INITIAL_BALANCE = 100;
const OVERDRAFT_FEE = 1;

async function balanceOf(tx: Tx, key: string): Promise<number> {
  const balance = await (tx instanceof LockingTransaction
    ? (tx as LockingTransaction<string, number>).getForUpdate(key)
    : tx.get(key));
  if (balance === undefined) throw new Error(`Account is gone: ${key}`);
  return balance;
}

async function move(tx: Tx, from: string, to: string, amount: number): Promise<void> {
  if (from === to) return;
  const [source, target] = [await balanceOf(tx, from), await balanceOf(tx, to)];
  tx.put(from, source - amount);
  tx.put(to, target + amount);
}

const idOf = (number: number): string => String(number).padStart(5, '0');
const checkingOf = (customer: number): string => `checking/${idOf(customer)}`;
const savingsOf = (customer: number): string => `savings/${idOf(customer)}`;
const vaultOf = (client: number): string => `vault/${idOf(client)}`;

async function smallBank(tx: Tx, client: number, random: Random, pick: PickAccount): Promise<void> {
  const [a, b] = [pick(random), pick(random)];
  const amount = 1 + random.below(60);
  const vault = vaultOf(client);
  switch (random.below(6)) {
    case 0: // Balance
      await balanceOf(tx, checkingOf(a));
      await balanceOf(tx, savingsOf(a));
      return;
    case 1: // DepositChecking
      return move(tx, vault, checkingOf(a), amount);
    case 2: {
      // TransactSavings: something comes in, or goes out; checking may be overdrawn, and what covers it stays.
      if (random.chance(0.5)) return move(tx, vault, savingsOf(a), amount);
      const [savings, checking] = [
        await balanceOf(tx, savingsOf(a)),
        await balanceOf(tx, checkingOf(a)),
      ];
      if (Math.min(savings, savings + checking) >= amount)
        await move(tx, savingsOf(a), vault, amount);
      return;
    }
    case 3: // Amalgamate
      if (a === b) return;
      await move(tx, savingsOf(a), checkingOf(b), await balanceOf(tx, savingsOf(a)));
      return move(tx, checkingOf(a), checkingOf(b), await balanceOf(tx, checkingOf(a)));
    case 4: {
      // WriteCheck: cashed from checking as long as both accounts together have enough.
      const sum = (await balanceOf(tx, checkingOf(a))) + (await balanceOf(tx, savingsOf(a)));
      if (sum >= amount) return move(tx, checkingOf(a), vault, amount);
      if (sum >= OVERDRAFT_FEE) await move(tx, checkingOf(a), vault, OVERDRAFT_FEE);
      return;
    }
    default: // SendPayment
      if ((await balanceOf(tx, checkingOf(a))) < amount) return;
      return move(tx, checkingOf(a), checkingOf(b), amount);
  }
}

function auditSmallBank(rows: Rows, isSerializable: boolean): string | undefined {
  const values = new Map(rows);
  let sum = 0;
  let accountCount = 0;
  for (const [key, value] of rows) {
    sum += value;
    if (key.startsWith('vault/')) continue;
    accountCount++;
    if (!isSerializable || !key.startsWith('checking/')) continue;
    const both = value + (values.get(key.replace('checking', 'savings')) ?? NaN);
    if (!(both >= 0)) return `customer of ${key} has ${both}`; // NaN: half a customer
  }
  const expected = accountCount * INITIAL_BALANCE;
  return sum === expected ? undefined : `sum of all is ${sum}, not ${expected}`;
}

const TELLERS_PER_BRANCH = 10;
const BRANCH_COUNT = 4;

let historyCount = 0;

async function tpcB(tx: Tx, client: number, random: Random, pick: PickAccount): Promise<void> {
  const account = pick(random);
  const teller = random.below(BRANCH_COUNT * TELLERS_PER_BRANCH);
  const branch = Math.floor(teller / TELLERS_PER_BRANCH);
  const amount = random.below(1999) - 999;
  for (const key of [
    `account/${idOf(account)}`,
    `teller/${idOf(teller)}`,
    `branch/${idOf(branch)}`,
  ]) {
    tx.put(key, (await balanceOf(tx, key)) + amount);
  }
  tx.put(`history/${idOf(client)}/${++historyCount}`, amount);
}

function auditTpcB(rows: Rows): string | undefined {
  const sums = new Map<string, number>();
  for (const [key, value] of rows) {
    const kind = key.slice(0, key.indexOf('/'));
    sums.set(kind, (sums.get(kind) ?? 0) + value);
  }
  const changes = sums.get('history') ?? 0;
  for (const kind of ['account', 'teller', 'branch']) {
    if (sums.get(kind) !== changes)
      return `${kind} sums to ${sums.get(kind)}, history to ${changes}`;
  }
  return undefined;
}

export const WORKLOADS: readonly Workload[] = [
  {
    name: 'SmallBank',
    initialRows: (accountCount, clientCount) => [
      ...range(accountCount).flatMap((i): Rows => [
        [checkingOf(i), INITIAL_BALANCE],
        [savingsOf(i), INITIAL_BALANCE],
      ]),
      ...range(clientCount).map((i) => [vaultOf(i), 0] as const),
    ],
    transact: smallBank,
    audit: auditSmallBank,
  },
  {
    name: 'TPC-B',
    initialRows: (accountCount) => [
      ...range(accountCount).map((i) => [`account/${idOf(i)}`, 0] as const),
      ...range(BRANCH_COUNT * TELLERS_PER_BRANCH).map((i) => [`teller/${idOf(i)}`, 0] as const),
      ...range(BRANCH_COUNT).map((i) => [`branch/${idOf(i)}`, 0] as const),
    ],
    transact: tpcB,
    audit: auditTpcB,
  },
];

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
