/**
 * The child: one measurement in a process of its own.
 *
 * Owns: the messages of parent and child. The parent starts the same program with `--child` and a task as JSON;
 * the child prints one line of JSON and ends, or is killed by itself (`crash`).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';

import { BenchData } from '../../src/programs/bench/workloads.ts';
import { mustEngine } from '../adapters/engines.ts';
import { peakResidentBytes } from '../big/memory.ts';
import { mustWorkload } from './catalogue.ts';
import { keysOf } from './key-shapes.ts';
import { inWindows, randomEntry, rate, checkContents, withStore } from './measure.ts';
import { crash } from './open-workloads.ts';
import type { Measurement, Sizes, WorkloadContext } from './workload.ts';

export type Task = {
  readonly engine: string;
  readonly directory: string;
  readonly sizes: Sizes;
} & (
  | { readonly kind: 'version' }
  | { readonly kind: 'prepare' }
  | { readonly kind: 'crash' }
  | { readonly kind: 'measure'; readonly workload: string }
);

export interface ChildAnswer {
  readonly version?: string;
  readonly measurement?: Measurement;
  readonly peakResidentBytes: number;
}

const CHILD_FLAG = '--child';
const STDERR_LENGTH_MAX = 2000;
const WARM_COUNT = 20_000;
const WARM_BATCH_COUNT = 100;

/** The task that this process was started for; undefined in the parent. */
export function taskOf(args: readonly string[]): Task | undefined {
  const at = args.indexOf(CHILD_FLAG);
  return at < 0 ? undefined : (JSON.parse(args[at + 1] ?? '') as Task); // of runTask, in the parent
}

export async function performTask(task: Task): Promise<void> {
  const adapter = mustEngine(task.engine);
  const answer = async (): Promise<Partial<ChildAnswer>> => {
    if (task.kind === 'version') return { version: adapter.version() };
    const { sizes, directory } = task;
    const { entryCount, valueSizeBytes, seed, keyShape } = sizes;
    const keyAt = keysOf(keyShape, 2 * entryCount);
    const data = new BenchData({ entryCount, valueSizeBytes, seed, keyAt, tuning: {} });
    const base = { adapter, directory, sizes, data };
    if (task.kind === 'measure') {
      const { run, clientCount, durability, isWarm } = mustWorkload(task.workload);
      const context: WorkloadContext = { ...base, clientCount, durability };
      if (isWarm) await warmUp(context);
      return { measurement: await run(context) };
    }
    const context: WorkloadContext = { ...base, clientCount: 1000, durability: 'os' };
    return { measurement: await (task.kind === 'crash' ? crash : prepare)(context) };
  };
  const result = { ...(await answer()), peakResidentBytes: peakResidentBytes() };
  process.stdout.write(JSON.stringify(result));
}

/** Fills in random order and compacts; what the reads then meet. */
function prepare(context: WorkloadContext): Promise<Measurement> {
  return withStore(context, async (store) => {
    const { data } = context;
    const result = await rate(data.entryCount, () =>
      inWindows(data.entryCount, (i) => {
        const { key, value } = randomEntry(data, i);
        return store.put(key, value);
      }),
    );
    await store.compact();
    await checkContents(store, data.entryCount, (i) => randomEntry(data, i));
    return result;
  });
}

/**
 * Puts, reads and changes without a clock, in a database of their own, so that code is compiled when the clock starts.
 */
async function warmUp(context: WorkloadContext): Promise<void> {
  const directory = `${context.directory}-warm`;
  const { data } = context;
  const count = Math.min(WARM_COUNT, data.entryCount);
  mkdirSync(directory, { recursive: true });
  try {
    await withStore({ ...context, directory, durability: 'os' }, async (store) => {
      await inWindows(count, (i) => store.put(data.randomKey(i), data.value(i)));
      for (let i = 0; i < count; i++) {
        if (store.getSync === undefined) await store.get(data.randomKey(i));
        else store.getSync(data.randomKey(i));
      }
      for (let first = 0; first < count; first += WARM_BATCH_COUNT) {
        const entries = Array.from({ length: WARM_BATCH_COUNT }, (_, i) =>
          randomEntry(data, first + i),
        );
        await store.batch(entries);
        await store.getMany(entries.map(({ key }) => key));
        await store.update([data.randomKey(first)], ([found]) => (found ? [found] : undefined));
      }
      await store.scan({}, () => undefined);
      await store.scan({ reverse: true }, () => undefined);
    });
  } finally {
    removeDirectory(directory);
  }
}

const running = new Set<ChildProcess>();

/** Ends the processes of all tasks. */
export function killRunning(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Runs the task in a new process. A 'crash' that was killed as it should be answers with nothing. */
export function runTask(task: Task): Promise<ChildAnswer> {
  const program = process.argv[1];
  if (program === undefined) throw new Error('The program has no path');
  const child = spawn(process.execPath, [program, CHILD_FLAG, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...mustEngine(task.engine).environment },
  });
  running.add(child);
  let output = '';
  let problems = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (problems += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => {
      running.delete(child);
      if (task.kind === 'crash' && signal === 'SIGKILL') {
        resolve({ peakResidentBytes: 0 });
      } else if (status === 0 && output !== '') {
        resolve(JSON.parse(output) as ChildAnswer);
      } else {
        const why = problems.trim().slice(0, STDERR_LENGTH_MAX);
        reject(new Error(`Process ended: status=${status} signal=${signal}\n${why}`));
      }
    });
  });
}

export function removeDirectory(directory: string): void {
  // Again where a process that was just killed has left one more file meanwhile.
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}
