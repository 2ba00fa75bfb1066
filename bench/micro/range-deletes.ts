/**
 * The cost of many range deletions: `node --expose-gc scripts/run-ts.mjs bench/micro/range-deletes.ts [counts]
 * [entry]`.
 *
 * Owns: a put and a range deletion in turns, for each pattern in which programs make them, then a scan, the flush, and
 * the recovery of as many range deletions from the log. `counts` is a list like 1500,3000; `entry` the index.js of
 * another build, to compare with. Figures: processor time of the process, in microseconds for a call and milliseconds
 * for the rest; heap before the flush, in MB. Work in threads is off: jobs run inline.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Varve from '../../src/index.ts';
import { RANGE_PATTERNS } from '../../test/support/range-patterns.ts';

type Engine = typeof Varve;

const counts = (process.argv[2] ?? '1500,3000,6000,50000').split(',').map(Number);
const entry = process.argv[3] || undefined;
const engine = (await import(
  entry === undefined ? '../../src/index.ts' : pathToFileURL(entry).href
)) as Engine;

const OPTIONS = {
  keyEncoding: 'utf8',
  valueEncoding: 'utf8',
  durability: 'os',
  background: 'inline',
} as const;

const keyOf = (number: number): string => `log:${String(number).padStart(10, '0')}`;

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function memoryMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = cpuMs();
  await work();
  return cpuMs() - start;
}

async function run(name: string, count: number): Promise<void> {
  const pattern = RANGE_PATTERNS[name]!; // a key of it
  const directory = mkdtempSync(join(tmpdir(), 'varve-ranges-'));
  try {
    let db = await engine.open(directory, OPTIONS);
    const before = memoryMb();
    const calls = await timed(async () => {
      for (let i = 0; i < count; i++) {
        const { from, to } = pattern(i, count);
        await db.put(keyOf(to), 'x');
        await db.delRange({ gte: keyOf(from), lt: keyOf(to) });
      }
    });
    const memory = memoryMb() - before;
    const scan = await timed(() => db.keys().all());
    await db.close();
    const recovery = await timed(async () => (db = await engine.open(directory, OPTIONS)));
    const firstScan = await timed(() => db.keys().all());
    const flush = await timed(() => db.flush());
    await db.close();
    const figures = [(calls * 1000) / count, memory, scan, recovery, firstScan, flush];
    console.log([name.padEnd(30), count, ...figures.map((each) => each.toFixed(1))].join('\t'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const only = process.argv[4];
if (only !== undefined) {
  for (const count of counts) await run(only, count);
} else {
  console.log('pattern\tcalls\tus/call\tMB\tscan ms\trecovery ms\tscan after it\tflush ms');
  for (const name of Object.keys(RANGE_PATTERNS)) {
    for (const count of counts) measureApart(name, count);
  }
}

/** In a process of its own: no measurement finds memory or code that another has left. */
function measureApart(name: string, count: number): void {
  const [script = '', , other = ''] = process.argv.slice(1);
  const args = [script, String(count), other, name];
  spawnSync(process.execPath, [...process.execArgv, ...args], { stdio: 'inherit' });
}
