/**
 * What a backup costs the clients of a database: `make bench-backup`; ENTRIES=, VALUE_SIZE=, CLIENTS=, SECONDS=, ROUNDS= and
 * ENCRYPTED=1 from the environment.
 *
 * Owns: clients that transfer durably between entries, in turns of SECONDS= without and with backups beside them, the first of a
 * pair changing. Every backup is a whole one, into a new store, one after the other. The table has the median of each, and the
 * median of the ratios of pairs, because others may use the machine.
 *
 *   commits        durable transfers a second: two reads and two writes in a transaction
 *   p99 of loop    the delay of the event loop that one turn in a hundred exceeds, in milliseconds
 *   backup         megabytes a second that backups have moved
 *   own thread     milliseconds of processor time of the thread of the commits, for each megabyte of a backup without clients;
 *                  on Linux. Others on the machine change this least.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { AbortedError, type Database, open } from '../src/index.ts';
import { describeMachine, machineLine } from '../src/programs/bench/suite.ts';
import { formatCount, formatTable } from '../src/programs/figures.ts';
import { halfRandom } from './harness/half-random.ts';
import { inScratch } from './harness/scratch.ts';

const ENTRY_COUNT = Number(process.env['ENTRIES'] ?? 1_000_000);
const VALUE_SIZE_BYTES = Number(process.env['VALUE_SIZE'] ?? 100);
const CLIENT_COUNT = Number(process.env['CLIENTS'] ?? 128);
const TURN_MS = Number(process.env['SECONDS'] ?? 5) * 1000;
const ROUND_COUNT = Number(process.env['ROUNDS'] ?? 5);
const IS_ENCRYPTED = process.env['ENCRYPTED'] === '1';
const BATCH_SIZE = 1000;
const KEY = new Uint8Array(32).fill(0x5a);
const MB = 1_000_000;
const CLOCK_TICK_MS = 10;
/** Backups without clients. */
const ALONE_COUNT = 5;

type Store = Database<string, Uint8Array>;

interface Turn {
  readonly commitsPerSecond: number;
  readonly loopMs: number;
  readonly backupMbPerSecond: number;
}

const keyOf = (i: number): string => String(i).padStart(16, '0');
const someKey = (): string => keyOf(Math.floor(Math.random() * ENTRY_COUNT));

async function fill(db: Store): Promise<void> {
  for (let i = 0; i < ENTRY_COUNT; i += BATCH_SIZE) {
    const count = Math.min(BATCH_SIZE, ENTRY_COUNT - i);
    const operations = Array.from({ length: count }, (_, j) => {
      const value = halfRandom(i + j, VALUE_SIZE_BYTES);
      return { type: 'put' as const, key: keyOf(i + j), value };
    });
    await db.batch(operations, { durability: 'os' });
  }
  await db.compact();
}

async function transfer(db: Store): Promise<void> {
  const [from, to] = [someKey(), someKey()];
  await db.transaction(async (tx) => {
    const [one, other] = await tx.getMany([from, to]);
    tx.put(from, other ?? Uint8Array.of());
    tx.put(to, one ?? Uint8Array.of());
  });
}

/** Backs up again and again until the signal. */
async function backUp(db: Store, folder: string, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  for (let i = 0; !signal.aborted; i++) {
    const store = join(folder, `store-${i}`);
    mkdirSync(store);
    let done = 0;
    try {
      await db.backup(store, { signal, onProgress: ({ bytesDone }) => (done = bytesDone) });
    } catch (error) {
      if (!(error instanceof AbortedError)) throw error;
    }
    bytes += done;
    rmSync(store, { recursive: true });
  }
  return bytes;
}

async function runTurn(db: Store, folder: string, isBackedUp: boolean): Promise<Turn> {
  const ended = new AbortController();
  const { signal } = ended;
  const backup = isBackedUp ? backUp(db, folder, signal) : Promise.resolve(0);
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const startMs = performance.now();
  let count = 0;
  const client = async (): Promise<void> => {
    while (performance.now() - startMs < TURN_MS) {
      await transfer(db);
      count++;
    }
  };
  await Promise.all(Array.from({ length: CLIENT_COUNT }, client));
  const seconds = (performance.now() - startMs) / 1000;
  delays.disable();
  ended.abort();
  const bytes = await backup;
  return {
    commitsPerSecond: count / seconds,
    loopMs: delays.percentile(99) / 1e6,
    backupMbPerSecond: bytes / MB / seconds,
  };
}

/** Processor time of the thread that runs this, in milliseconds; NaN where it is not told. */
function ownThreadMs(): number {
  try {
    const stat = readFileSync(`/proc/self/task/${process.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_MS; // user and system
  } catch {
    return NaN;
  }
}

async function ownThreadMsPerMb(db: Store, folder: string): Promise<number> {
  let bytes = 0;
  const startMs = ownThreadMs();
  for (let i = 0; i < ALONE_COUNT; i++) {
    const store = join(folder, `alone-${i}`);
    bytes += (await db.backup(store)).bytesNew;
    rmSync(store, { recursive: true });
  }
  return (ownThreadMs() - startMs) / (bytes / MB);
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!; // there is one

await inScratch('backup', async (folder) => {
  process.stdout.write(`${machineLine(describeMachine())}\n`);
  const what = `${formatCount(ENTRY_COUNT)} entries of ${VALUE_SIZE_BYTES} bytes`;
  const how = `${CLIENT_COUNT} clients, median of ${ROUND_COUNT}${IS_ENCRYPTED ? ', encrypted' : ''}`;
  process.stdout.write(`${what}, ${how}\n\n`);
  const db: Store = await open(join(folder, 'db'), {
    keyEncoding: 'utf8',
    ...(IS_ENCRYPTED && { encryption: { key: KEY } }),
  });
  await fill(db);
  const without: Turn[] = [];
  const beside: Turn[] = [];
  for (let round = -1; round < ROUND_COUNT; round++) {
    const isFirst = round % 2 === 0;
    for (const isBackedUp of [isFirst, !isFirst]) {
      const turn = await runTurn(db, folder, isBackedUp);
      if (round >= 0) (isBackedUp ? beside : without).push(turn); // the first pair warms up
    }
  }
  const ownMs = await ownThreadMsPerMb(db, folder);
  await db.close();
  const ratios = without.map(({ commitsPerSecond }, i) => {
    return beside[i]!.commitsPerSecond / commitsPerSecond; // in pairs
  });
  const row = (name: string, turns: readonly Turn[]): string[] => [
    name,
    median(turns.map((turn) => turn.commitsPerSecond)).toFixed(0),
    median(turns.map((turn) => turn.loopMs)).toFixed(1),
    median(turns.map((turn) => turn.backupMbPerSecond)).toFixed(1),
  ];
  const headings = ['', 'commits/s', 'p99 of loop, ms', 'backup, MB/s'];
  const table = formatTable(headings, [row('alone', without), row('beside backups', beside)], [0]);
  process.stdout.write(
    `${table}\n\nratio ${(median(ratios) * 100).toFixed(0)} %, own thread ${ownMs.toFixed(2)} ms/MB\n`,
  );
});
