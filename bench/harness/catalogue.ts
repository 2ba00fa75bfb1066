/**
 * Every workload of the comparison, in the order of the table.
 *
 * Owns: the list of workloads, their names, and the aim of each.
 */
import type { StoreDurability } from '../adapters/store.ts';
import { busyLoop } from './busy-loop.ts';
import { type Mix, transfers, ycsb } from './mixed-workloads.ts';
import { openClean, openCrashed } from './open-workloads.ts';
import {
  getMany,
  readAll,
  readHot,
  readMissing,
  readRandom,
  seekRandom,
} from './read-workloads.ts';
import type { Aim, Workload } from './workload.ts';
import { batch100, fill, fillAwait, fillBatch, fillSync, overwrite } from './write-workloads.ts';

type Given = Pick<Workload, 'id' | 'title' | 'run'> & Partial<Omit<Workload, 'aim'>>;

/** A number is a ratio to the best peer. */
function workload(given: Given, aim?: number | Aim): Workload {
  return {
    unit: 'ops/s',
    clientCount: 1,
    durability: 'os',
    source: 'new',
    isWarm: true,
    isShort: true,
    ...given,
    aim: typeof aim === 'number' ? { kind: 'ratio', ratio: aim } : aim,
  };
}

/** Callers that wait for each other's windows count as many. */
const MANY_CLIENTS = 1000;
const YCSB_CLIENTS = 32;
const BUSY_CLIENTS = 32;
const ACCOUNT_COUNT = 10_000;
const HOT_ACCOUNT_COUNT = 10;
/** Each durable row: callers, the aim, and whether the short form has it. */
const PUT_AIMS = [
  [1, 1.1, true],
  [8, 2, false],
  [32, 2.5, true],
  [128, 2.5, false],
  [512, 4, true],
] as const;
const TRANSFER_AIMS = [
  [1, 1.1, true],
  [8, 2.5, false],
  [32, 3, true],
  [128, 4, true],
] as const;
const YCSB_AIMS: readonly (readonly [Mix, StoreDurability, number | undefined, boolean])[] = [
  ['A', 'os', 3, true],
  ['B', 'os', 2, true],
  ['C', 'os', undefined, false],
  ['D', 'os', undefined, false],
  ['E', 'os', undefined, false],
  ['F', 'os', undefined, false],
  ['A', 'sync', 2.5, true],
  ['B', 'sync', 2, false],
];

const callers = (count: number): string => (count === 1 ? '1 caller' : `${count} callers`);

const WRITES: readonly Workload[] = [
  ...PUT_AIMS.map(([clientCount, aim, isShort]) =>
    workload(
      {
        id: `fillsync-${clientCount}`,
        title: `durable put, ${callers(clientCount)}`,
        clientCount,
        durability: 'sync',
        isShort,
        run: fillSync,
      },
      aim,
    ),
  ),
  workload(
    { id: 'batch100', title: 'durable batch of 100, 1 caller', durability: 'sync', run: batch100 },
    1.5,
  ),
  workload(
    {
      id: 'fillrandom',
      title: 'put, one call each, random',
      clientCount: MANY_CLIENTS,
      run: fill('random'),
    },
    3,
  ),
  workload(
    {
      id: 'fillseq',
      title: 'put, one call each, sequential',
      clientCount: MANY_CLIENTS,
      run: fill('sequential'),
    },
    1.5,
  ),
  workload({ id: 'fillawait', title: 'put, each awaited', run: fillAwait }, 3),
  workload({ id: 'fillbatch', title: 'batch of 1000, random', run: fillBatch('random') }, 2),
  workload(
    {
      id: 'fillbatchseq',
      title: 'batch of 1000, sequential',
      isShort: false,
      run: fillBatch('sequential'),
    },
    1.3,
  ),
  workload({
    id: 'overwrite',
    title: 'overwrite, one call each, random',
    clientCount: MANY_CLIENTS,
    source: 'copy',
    run: overwrite,
  }),
];

const prepared = (given: Given, aim?: number): Workload =>
  workload({ source: 'prepared', ...given }, aim);

const READS: readonly Workload[] = [
  prepared({ id: 'readrandom', title: 'point get, uniform', run: readRandom }, 2),
  prepared({ id: 'readhot', title: 'point get, hot (zipf)', run: readHot }, 1.3),
  prepared({ id: 'readmissing', title: 'point get, missing', run: readMissing }, 4),
  prepared({ id: 'getmany', title: 'getMany of 100, keys', run: getMany }, 2),
  prepared({ id: 'readseq', title: 'full scan, entries', run: readAll(false) }, 4),
  prepared({ id: 'readreverse', title: 'full scan reverse, entries', run: readAll(true) }, 4),
  prepared({ id: 'seekrandom', title: 'scan of 100 from a random key', run: seekRandom }, 3),
];

const MIXED: readonly Workload[] = [
  ...YCSB_AIMS.map(([mix, durability, aim, isShort]) =>
    workload(
      {
        id: `ycsb-${mix.toLowerCase()}${durability === 'sync' ? '-sync' : ''}`,
        title: `YCSB ${mix}${durability === 'sync' ? `, durable, ${YCSB_CLIENTS} clients` : ''}`,
        clientCount: durability === 'sync' ? YCSB_CLIENTS : 1,
        durability,
        source: 'copy',
        isShort,
        run: ycsb(mix),
      },
      aim,
    ),
  ),
  ...TRANSFER_AIMS.map(([clientCount, aim, isShort]) =>
    workload(
      {
        id: `transfers-${clientCount}`,
        title: `durable transfer, ${callers(clientCount)}`,
        clientCount,
        durability: 'sync',
        isShort,
        run: transfers(ACCOUNT_COUNT),
      },
      aim,
    ),
  ),
  ...TRANSFER_AIMS.map(([clientCount]) =>
    workload({
      id: `hottransfers-${clientCount}`,
      title: `the same on ${HOT_ACCOUNT_COUNT} accounts, ${callers(clientCount)}`,
      clientCount,
      durability: 'sync',
      isShort: clientCount === 128,
      run: transfers(HOT_ACCOUNT_COUNT),
    }),
  ),
];

const LIFE: readonly Workload[] = [
  workload({
    id: 'openclean',
    title: 'open after a clean close, first get',
    unit: 'ms',
    source: 'prepared',
    isWarm: false,
    run: openClean,
  }),
  workload(
    {
      id: 'opencrash',
      title: 'open after SIGKILL with 64 MiB put, first get',
      unit: 'ms',
      clientCount: MANY_CLIENTS,
      source: 'crashed',
      isShort: false, // has too few entries for 64 MiB
      isWarm: false,
      run: openCrashed,
    },
    { kind: 'limit', limit: 200 },
  ),
  workload(
    {
      id: 'busyloop',
      title: `event loop delay p99, ${BUSY_CLIENTS} clients, mixed load`,
      unit: 'ms',
      clientCount: BUSY_CLIENTS,
      source: 'copy',
      run: busyLoop,
    },
    { kind: 'limit', limit: 5 },
  ),
];

export const WORKLOADS: readonly Workload[] = [...WRITES, ...READS, ...MIXED, ...LIFE];

export function mustWorkload(id: string): Workload {
  const found = WORKLOADS.find((each) => each.id === id);
  if (found === undefined) throw new Error(`Unknown workload: id=${id}`);
  return found;
}

/** Those whose id starts with one of the prefixes. Throws Error when there is none. */
export function workloadsNamed(prefixes: readonly string[]): Workload[] {
  const chosen = WORKLOADS.filter(({ id }) => prefixes.some((prefix) => id.startsWith(prefix)));
  if (chosen.length > 0) return chosen;
  throw new Error(`No workload starts like ONLY: known=${WORKLOADS.map(({ id }) => id).join(',')}`);
}
