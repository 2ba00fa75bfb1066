/**
 * Banks under many clients, audited all the while: the books balance in every snapshot, not only at the end.
 *
 * ISOLATION_TRANSACTIONS is how many transactions each case commits: `make isolation TRANSACTIONS=100000`.
 */
import { describe, expect, it } from 'vitest';
import type { Database } from '../../src/api/database.ts';
import { open } from '../../src/api/open.ts';
import type { Isolation, TransactionMode } from '../../src/api/transaction-options.ts';
import { CrashVfs } from '../support/crash-vfs.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { type PickAccount, type Rows, type Workload, WORKLOADS } from './bank-workloads.ts';

type Db = Database<string, number>;

const TRANSACTIONS = Number(process.env['ISOLATION_TRANSACTIONS'] ?? 200);
const SEED = Number(process.env['ISOLATION_SEED'] ?? 1);

const ACCOUNT_COUNT = 200;
const HOT_COUNT = 10;
const AUDIT_COUNT_MIN = 5;
/**
 * Rows that an audit reads for each commit since the one before: histories grow, and audits are not to take all time.
 */
const AUDITED_ROWS_PER_COMMIT = 16;

const SPREADS: Readonly<Record<string, PickAccount>> = {
  uniform: (random) => random.below(ACCOUNT_COUNT),
  hot: (random) => random.below(random.chance(0.95) ? HOT_COUNT : ACCOUNT_COUNT),
};

/** The clients: all of one mode, or every other one of each. */
interface Crowd {
  readonly crowd: string;
  readonly isolation: Isolation;
  readonly modes: readonly TransactionMode[];
  /** False when writes may skew. */
  readonly isSerializable: boolean;
}

const CROWDS: readonly Crowd[] = [
  {
    crowd: 'optimistic at snapshot',
    isolation: 'snapshot',
    modes: ['optimistic'],
    isSerializable: false,
  },
  {
    crowd: 'optimistic at serializable',
    isolation: 'serializable',
    modes: ['optimistic'],
    isSerializable: true,
  },
  {
    crowd: 'pessimistic at snapshot',
    isolation: 'snapshot',
    modes: ['pessimistic'],
    isSerializable: true,
  },
  {
    crowd: 'both modes at serializable',
    isolation: 'serializable',
    modes: ['optimistic', 'pessimistic'],
    isSerializable: true,
  },
];

const CASES = WORKLOADS.flatMap((workload) =>
  CROWDS.flatMap((crowd) =>
    Object.keys(SPREADS).flatMap((spread) =>
      [1, 8, 32, 128].map((clientCount) => ({
        workload,
        name: workload.name,
        ...crowd,
        spread,
        clientCount,
      })),
    ),
  ),
);

const KIB = 1024;

const openBank = (vfs: CrashVfs): Promise<Db> =>
  open<string, number>('/db', {
    keyEncoding: 'utf8',
    valueEncoding: 'json',
    vfs,
    memtableSizeBytes: 256 * KIB,
    targetFileSizeBytes: 64 * KIB,
    blockSizeBytes: 512,
    level0CompactionTrigger: 2,
  });

interface Run {
  readonly db: Db;
  readonly workload: Workload;
  readonly isolation: Isolation;
  readonly isSerializable: boolean;
  readonly commitCount: () => number;
  readonly isDone: () => boolean;
}

/** The books as of one moment, by a snapshot, by a transaction, or read account by account. */
async function readBooks(
  { db, isolation }: Run,
  random: Random,
  keys: readonly string[],
): Promise<Rows> {
  switch (random.below(4)) {
    case 0: {
      const snapshot = db.snapshot();
      try {
        return await db.entries({ snapshot }).all();
      } finally {
        snapshot.close();
      }
    }
    case 1: {
      const tx = db.begin({ isolation, readOnly: random.chance(0.5) });
      const rows = await tx.entries({ reverse: true }).all();
      await db.commit(tx); // never a conflict, however much was written meanwhile
      return rows;
    }
    case 2:
      return [...db.entries()];
    default: {
      const tx = db.begin({ isolation, readOnly: true });
      const rows: [string, number][] = [];
      for (const key of keys) rows.push([key, (await tx.get(key)) ?? NaN]);
      for await (const row of tx.entries({ prefix: 'history/' })) rows.push(row);
      await db.commit(tx);
      return rows;
    }
  }
}

async function audit(run: Run, random: Random, keys: readonly string[]): Promise<number> {
  const { workload, isSerializable, commitCount, isDone } = run;
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  let count = 0;
  while (!isDone() || count < AUDIT_COUNT_MIN) {
    const rows = await readBooks(run, random, keys);
    const problem = workload.audit(rows, isSerializable);
    if (problem !== undefined) throw new Error(`Audit ${count}: ${problem}`);
    count++;
    const due = commitCount() + rows.length / AUDITED_ROWS_PER_COMMIT;
    do await turn();
    while (!isDone() && commitCount() < due);
  }
  return count;
}

describe('the books balance at every moment', () => {
  it.each(CASES)(
    '$name, $crowd, $spread accounts, $clientCount clients',
    async ({ workload, isolation, modes, isSerializable, spread, clientCount }) => {
      const vfs = new CrashVfs();
      const db = await openBank(vfs);
      const initial = workload.initialRows(ACCOUNT_COUNT, clientCount);
      await db.batch(initial.map(([key, value]) => ({ type: 'put', key, value })));
      const pick = SPREADS[spread]!; // its own key
      let begunCount = 0;
      let commitCount = 0;
      let runningCount = clientCount;
      const runClient = async (client: number): Promise<void> => {
        const random = makeRandom(SEED * 1000 + client);
        const mode = modes[client % modes.length]!; // one of them
        while (begunCount++ < TRANSACTIONS) {
          const seed = random.next(); // a transaction that runs again makes the same choices
          await db.transaction((tx) => workload.transact(tx, client, makeRandom(seed), pick), {
            isolation,
            mode,
            retryCountMax: 10_000,
          });
          commitCount++;
        }
      };
      const run: Run = {
        db,
        workload,
        isolation,
        isSerializable,
        commitCount: () => commitCount,
        isDone: () => runningCount === 0,
      };
      const keys = initial.map(([key]) => key);
      const auditor = audit(run, makeRandom(SEED), keys);
      const clients = Array.from({ length: clientCount }, (_, client) =>
        runClient(client).finally(() => runningCount--),
      );
      const [auditCount] = await Promise.all([auditor, ...clients]);
      expect(auditCount).toBeGreaterThanOrEqual(AUDIT_COUNT_MIN);
      const { heldKeyCount, waiterCount, timeoutCount } = db.stats().locks;
      expect([heldKeyCount, waiterCount, timeoutCount], 'held, waiting, timed out').toEqual([
        0, 0, 0,
      ]);
      const after = vfs.kill(); // what a killed process leaves balances as well
      await db.close();
      const reopened = await openBank(after);
      const rows = await reopened.entries().all();
      expect(workload.audit(rows, isSerializable)).toBeUndefined();
      await reopened.close();
    },
  );
});

describe('the auditor', () => {
  it('sees money that vanished, came twice, or is overdrawn', () => {
    for (const workload of WORKLOADS) {
      const rows = workload.initialRows(3, 2);
      expect(workload.audit(rows, true)).toBeUndefined();
      const [[key, value], ...others] = rows as [[string, number], ...Rows];
      expect(workload.audit([[key, value + 1], ...others], false)).toBeDefined();
    }
    const [smallBank] = WORKLOADS;
    const rows: Rows = [
      ['checking/00000', -50],
      ['savings/00000', 40],
      ['vault/00000', 210],
    ];
    expect(smallBank?.audit(rows, false)).toBeUndefined();
    expect(smallBank?.audit(rows, true)).toBeDefined();
  });

  it('finds the write skew of SmallBank under snapshot isolation, as serializable would not', async () => {
    const db = await openBank(new CrashVfs());
    await db.batch([
      { type: 'put', key: 'checking/00000', value: 100 },
      { type: 'put', key: 'savings/00000', value: 100 },
      { type: 'put', key: 'vault/00000', value: 0 },
      { type: 'put', key: 'vault/00001', value: 0 },
    ]);
    const [check, withdrawal] = [db.begin(), db.begin()];
    expect(
      ((await check.get('checking/00000')) ?? 0) + ((await check.get('savings/00000')) ?? 0),
    ).toBe(200);
    check.put('checking/00000', -90);
    check.put('vault/00000', 190);
    expect(await withdrawal.get('savings/00000')).toBe(100);
    withdrawal.put('savings/00000', 20);
    withdrawal.put('vault/00001', 80);
    await Promise.all([db.commit(check), db.commit(withdrawal)]);
    const rows = await db.entries().all();
    expect(WORKLOADS[0]?.audit(rows, false)).toBeUndefined();
    expect(WORKLOADS[0]?.audit(rows, true)).toBe('customer of checking/00000 has -70');
    await db.close();
  });
});
