/**
 * The cost of transactions: `node scripts/run-ts.mjs bench/transfers.ts [--runs N] [--clients 1,8]`.
 *
 * Owns: two tables.
 *
 *   transfers    durable transfers a second between two of 10,000 accounts, or of ten, for each number of clients: by
 *                bodies that do not wait; by two updates in a batch; by bodies that await their reads, in optimistic
 *                transactions at snapshot and at serializable and in pessimistic ones that lock both accounts in the
 *                order of their keys; and by better-sqlite3 and lmdb in their best idiom, where they are installed
 *                (bench/package.json). Reruns for each transfer, and serializable as a ratio to snapshot
 *   validation   nanoseconds of a serializable commit for each of its 10 to 10,000 reads, as keys and as rows of one
 *                scan, with the rows in memory and in tables, after a hundred commits by others
 *
 * Every measurement of transfers is a process of its own, and runs are interleaved: A B C A B C. The ratio is the
 * median of those within the runs. Every balance is compared with what the orders add up to. `--share 0.1` makes a
 * tenth of the transfers, to try it out.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { Random } from '../src/base/random.ts';
import { drawOrder, type TransferOrder } from '../src/programs/bank/transfer.ts';
import { describeMachine, machineLine } from '../src/programs/bench/suite.ts';
import { formatCount, formatTable } from '../src/programs/figures.ts';
import { type Database, open } from '../src/index.ts';
import { betterSqlite3 } from './adapters/better-sqlite3.ts';
import { lmdb } from './adapters/lmdb.ts';
import type { Adapter, Found, Store } from './adapters/store.ts';
import { accountKey } from './harness/account-key.ts';
import { check, clientRate } from './harness/measure.ts';
import { type EngineResult, median, shortNumber, spreadText } from './harness/results.ts';
import { inScratch } from './harness/scratch.ts';

type Db = Database<string, number>;

/** A body that does not wait, two updates in a batch, and bodies that await their reads. */
const OWN_MODES = ['in one turn', 'updates', 'snapshot', 'serializable', 'pessimistic'] as const;
const PEERS = [betterSqlite3, lmdb];
type OwnMode = (typeof OWN_MODES)[number];
/** One of ours, or the name of a peer. */
type Mode = string;

const ACCOUNT_COUNTS = [10_000, 10];
const INITIAL_BALANCE = 1000;
/** Enough for half a second or more at any number of clients. */
const TRANSFER_COUNT_MIN = 5000;
const TRANSFERS_PER_CLIENT = 2500;
const WARM_COUNT = 5000;
const SEED = 1;
const READ_COUNTS = [10, 100, 1000, 10_000];
const OTHER_COMMIT_COUNT = 100;
const VALIDATION_ROUND_COUNT = 41;
const PEER_CACHE_BYTES = 64 * 1024 * 1024;
const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;

interface Task {
  readonly mode: Mode;
  readonly accountCount: number;
  readonly clientCount: number;
  readonly transferCount: number;
}

interface Outcome {
  /** Transfers a second. */
  readonly rate: number;
  readonly rerunCount: number;
  readonly p99Us: number;
}

function moveBetween(db: Db, mode: OwnMode, source: string, target: string, amount: number) {
  // All take locks in one order: no client waits in a circle.
  const [first, second] = source < target ? [source, target] : [target, source];
  const isolation = mode === 'serializable' ? 'serializable' : 'snapshot';
  let runCount = 0;
  const change = (key: string, balance: number | undefined): number => {
    if (balance === undefined) throw new Error(`An account is gone: ${key}`);
    return key === source ? balance - amount : balance + amount;
  };
  if (mode === 'updates') {
    const operations = [first, second].map((key) => ({
      type: 'update' as const,
      key,
      update: (balance?: number) => change(key, balance),
    }));
    return db.batch(operations).then(() => 1);
  }
  if (mode === 'in one turn') {
    return db.transaction((tx) => {
      runCount++;
      tx.put(first, change(first, tx.getSync(first)));
      tx.put(second, change(second, tx.getSync(second)));
      return runCount;
    });
  }
  const done =
    mode === 'pessimistic'
      ? db.transaction(
          async (tx) => {
            runCount++;
            tx.put(first, change(first, await tx.getForUpdate(first)));
            tx.put(second, change(second, await tx.getForUpdate(second)));
          },
          { mode: 'pessimistic', lockTimeoutMs: 60_000 },
        )
      : db.transaction(
          async (tx) => {
            runCount++;
            tx.put(first, change(first, await tx.get(first)));
            tx.put(second, change(second, await tx.get(second)));
          },
          { isolation, retryCountMax: 10_000 },
        );
  return done.then(() => runCount);
}

/** What is asked of an engine. */
interface Bank {
  fill(balances: readonly (readonly [key: string, balance: number])[]): Promise<unknown>;
  /** Resolves with how often its code ran. */
  move(source: string, target: string, amount: number): Promise<number>;
  balances(): Promise<readonly number[]>;
}

function ownBank(db: Db, mode: OwnMode): Bank {
  return {
    fill: (balances) =>
      db.batch(balances.map(([key, value]) => ({ type: 'put' as const, key, value }))),
    move: (source, target, amount) => moveBetween(db, mode, source, target, amount),
    balances: () => db.values().all(),
  };
}

const bytesOf = (balance: number): Uint8Array => Buffer.from(String(balance));

function balanceIn(found: Found): number {
  if (found === undefined) throw new Error('An account is gone');
  return Number(Buffer.from(found.buffer, found.byteOffset, found.length).toString());
}

function peerBank(store: Store): Bank {
  return {
    fill: (balances) =>
      store.batch(balances.map(([key, balance]) => ({ key, value: bytesOf(balance) }))),
    move: async (source, target, amount) => {
      await store.update([source, target], ([from, to]) => [
        bytesOf(balanceIn(from) - amount),
        bytesOf(balanceIn(to) + amount),
      ]);
      return 1;
    },
    balances: async () => {
      const found: number[] = [];
      await store.scan({ gte: '' }, (_, value) => void found.push(balanceIn(value)));
      return found;
    },
  };
}

/** Durable, but for the warm-up; every balance is checked. */
async function runTransfers(bank: Bank, task: Task): Promise<Outcome> {
  const { accountCount, clientCount, transferCount } = task;
  await bank.fill(
    Array.from({ length: accountCount }, (_, i) => [accountKey(i), INITIAL_BALANCE] as const),
  );
  const random = new Random(SEED);
  const expected = new Float64Array(accountCount).fill(INITIAL_BALANCE);
  const orders: TransferOrder[] = Array.from({ length: transferCount }, () =>
    drawOrder(random, accountCount),
  );
  for (const { from, to, amount } of orders) {
    expected[from]! -= amount; // drawn below accountCount
    expected[to]! += amount; // drawn below accountCount
  }
  let runCount = 0;
  const { value, facts } = await clientRate(clientCount, transferCount, async (i) => {
    const { from, to, amount } = orders[i]!; // i < transferCount
    const moved = await bank.move(accountKey(from), accountKey(to), amount);
    runCount += moved; // after the await: others count meanwhile
  });
  let account = 0;
  for (const balance of await bank.balances()) {
    check(`The balance of account ${account}`, balance, expected[account++] ?? NaN);
  }
  check('The number of accounts', account, accountCount);
  return {
    rate: value,
    rerunCount: runCount - transferCount,
    p99Us: facts['p99 us'] ?? NaN,
  };
}

async function measureTransfers(task: Task): Promise<Outcome> {
  return inScratch('transfers', async (root) => {
    const warmTask = { ...task, transferCount: Math.min(WARM_COUNT, task.transferCount) };
    await withBank(join(root, 'warm'), 'os', task, (bank) => runTransfers(bank, warmTask));
    return withBank(join(root, 'db'), 'sync', task, (bank) => runTransfers(bank, task));
  });
}

async function withBank<T>(
  directory: string,
  durability: 'sync' | 'os',
  { mode, clientCount }: Task,
  use: (bank: Bank) => Promise<T>,
): Promise<T> {
  const own = OWN_MODES.find((each) => each === mode);
  if (own !== undefined) {
    const db = await open<string, number>(directory, { ...ENCODINGS, durability });
    const outcome = await use(ownBank(db, own));
    await db.close();
    return outcome;
  }
  const peer = PEERS.find(({ name }) => name === mode);
  if (peer === undefined) throw new Error(`No such way: ${mode}`);
  const sizes = { cacheSizeBytes: PEER_CACHE_BYTES, writeBufferSizeBytes: PEER_CACHE_BYTES };
  const store = await peer.open({ directory, durability, clientCount, ...sizes });
  const outcome = await use(peerBank(store));
  await store.close();
  return outcome;
}

function isInstalled(peer: Adapter): boolean {
  try {
    peer.version();
    return true;
  } catch {
    return false;
  }
}

function inChild<T>(flag: string, argument: unknown): T {
  const child = spawnSync(
    process.execPath,
    [...process.execArgv, process.argv[1] ?? '', flag, JSON.stringify(argument)],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (child.status !== 0) throw new Error(`The process for ${JSON.stringify(argument)} failed`);
  return JSON.parse(child.stdout) as T;
}

const asResult = (values: number[]): EngineResult => ({ values, facts: {}, peakResidentBytes: 0 });

function printTransfers(clientCounts: readonly number[], runs: number, share: number): void {
  const modes: Mode[] = [...OWN_MODES, ...PEERS.filter(isInstalled).map(({ name }) => name)];
  const tasks = ACCOUNT_COUNTS.flatMap((accountCount) =>
    clientCounts.flatMap((clientCount) =>
      modes.map((mode): Task => {
        const usual = Math.max(TRANSFER_COUNT_MIN, TRANSFERS_PER_CLIENT * clientCount);
        const transferCount = Math.max(1, Math.round(usual * share));
        return { mode, accountCount, clientCount, transferCount };
      }),
    ),
  );
  const outcomes = tasks.map((): Outcome[] => []);
  for (let run = 0; run < runs; run++) {
    for (const [i, task] of tasks.entries()) {
      outcomes[i]!.push(inChild<Outcome>('--measure', task)); // one list a task
    }
  }
  const rows: string[][] = [];
  for (let i = 0; i < tasks.length; i += modes.length) {
    const { accountCount, clientCount, transferCount } = tasks[i]!; // i < length
    const each = outcomes.slice(i, i + modes.length);
    const rates = each.map((list) => list.map(({ rate }) => rate));
    const atSnapshot = rates[modes.indexOf('snapshot')] ?? [];
    const atSerializable = rates[modes.indexOf('serializable')] ?? [];
    // The ratio of two processes that ran next to each other: the machine's mood is the same for both.
    const ratio = median(atSerializable.map((rate, run) => rate / (atSnapshot[run] ?? NaN))) ?? NaN;
    const perTransfer = (of: (outcome: Outcome) => number): string =>
      each.map((list) => ((median(list.map(of)) ?? NaN) / transferCount).toFixed(3)).join(' / ');
    rows.push([
      `${formatCount(accountCount)} accounts, ${clientCount} clients`,
      ...rates.map((values) => spreadText(asResult(values))),
      `${ratio.toFixed(2)}x`,
      perTransfer(({ rerunCount }) => rerunCount),
      each.map((list) => shortNumber((median(list.map((o) => o.p99Us)) ?? NaN) / 1000)).join(' / '),
    ]);
  }
  const headings = ['durable transfers a second', ...modes, 'serializable', 'reruns', 'p99, ms'];
  console.log(formatTable(headings, rows));
}

const readKey = (index: number): string => `r/${String(index).padStart(8, '0')}`;

type Read = (tx: ReturnType<Db['begin']>, count: number) => void;

const READERS: readonly [string, Read][] = [
  [
    'keys',
    (tx, count) => {
      for (let i = 0; i < count; i++) tx.getSync(readKey(i));
    },
  ],
  [
    'rows of one scan',
    (tx, count) => {
      let seenCount = 0;
      for (const key of tx.keys({ gte: 'r/', lt: 'r0', limit: count })) {
        if (key === readKey(seenCount)) seenCount++;
      }
      check('The number of rows', seenCount, count);
    },
  ],
];

/** Nanoseconds that the commit itself takes, from the call to its promise, for each read. */
async function commitCost(db: Db, readCount: number, read: Read): Promise<number> {
  const costs: number[] = [];
  for (let round = 0; round < VALIDATION_ROUND_COUNT; round++) {
    const tx = db.begin({ isolation: 'serializable' });
    read(tx, readCount);
    for (let i = 0; i < OTHER_COMMIT_COUNT; i++) await db.put(`w/${i}`, i);
    tx.put('x', round);
    const startMs = performance.now();
    const committed = tx.commit(); // validated and in the commit order when this returns
    costs.push(((performance.now() - startMs) * 1e6) / readCount);
    await committed;
  }
  return median(costs) ?? NaN;
}

async function printValidation(): Promise<void> {
  await inScratch('validation', async (root) => {
    const db = await open<string, number>(join(root, 'db'), { ...ENCODINGS, durability: 'os' });
    const most = Math.max(...READ_COUNTS);
    for (let i = 0; i < most; i++) await db.put(readKey(i), i);
    const rows: string[][] = [];
    for (const place of ['in memory', 'in tables']) {
      if (place === 'in tables') await db.flush();
      for (const [what, read] of READERS) {
        const cells = [`${what}, ${place}`];
        for (const count of READ_COUNTS) cells.push(shortNumber(await commitCost(db, count, read)));
        rows.push(cells);
      }
    }
    await db.close();
    const headings = READ_COUNTS.map((count) => `${formatCount(count)} reads`);
    console.log(formatTable(['validation, ns a read', ...headings], rows));
  });
}

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    clients: { type: 'string', default: '1,8,32,128' },
    share: { type: 'string', default: '1' },
    measure: { type: 'string' },
  },
});
if (options.measure === undefined) {
  const clientCounts = options.clients.split(',').map(Number);
  console.log(machineLine(describeMachine()));
  console.log(
    `durability sync (fdatasync) for transfers, os for the validation; ${options.runs} runs, median [lowest-highest]\n`,
  );
  printTransfers(clientCounts, Number(options.runs), Number(options.share));
  console.log('');
  await printValidation();
} else {
  process.stdout.write(JSON.stringify(await measureTransfers(JSON.parse(options.measure) as Task)));
}
