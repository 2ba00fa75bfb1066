/**
 * Sessions that come and go, without a pause: `make bench-expiry`, or `node scripts/run-ts.mjs bench/expiry.ts`.
 *
 * Owns: its settings, from the environment, and the verdict:
 *
 *   SECONDS      how long the load goes on; 60
 *   TTL          milliseconds that a session lives; 4000
 *   RATE         sessions a second; 20000
 *   STAY         of a thousand entries, those that stay for ever; 10
 *
 * Sessions have random UUIDs for keys and 200-byte values. With memtables of 4 MiB, tables expire in all levels. Every
 * few seconds a line tells the bytes on disk, the tables and sizes of the levels, and how long a scan of all keys takes.
 * Ends with status 1 when the disk or the scan grows from the second third of the run to the last by more than half,
 * when what is shown is not what lives, or when an entry that stays is missing.
 *
 * Suspension: one loop writes, measures and waits, so that nothing is measured beside a scan.
 */

import { randomUUID } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, open } from '../src/index.ts';
import { describeMachine, machineLine } from '../src/programs/bench/suite.ts';
import { formatBytes, formatCount, formatTable } from '../src/programs/figures.ts';
import { conclude } from './harness/random-fill.ts';
import { inScratch } from './harness/scratch.ts';

const VALUE_SIZE_BYTES = 200;
const MEMTABLE_SIZE_BYTES = 4 * 1024 * 1024;
const SAMPLE_COUNT = 15;
const BATCH_COUNT = 200;
const GROWTH_MAX = 1.5;
const USAGE_STATUS = 2;

type Sessions = Database<string, Uint8Array>;

interface Settings {
  readonly seconds: number;
  readonly ttlMs: number;
  readonly rate: number;
  readonly stayPerMille: number;
}

/** How the database looks at one moment. */
interface Sample {
  readonly second: number;
  readonly writtenCount: number;
  readonly shownCount: number;
  /** Those that stay, and those whose time has not come. */
  readonly livingCount: number;
  readonly diskSizeBytes: number;
  readonly scanMs: number;
  readonly levels: string;
}

function settingsOf(environment: NodeJS.ProcessEnv): Settings | undefined {
  const numberOf = (name: string, otherwise: number): number =>
    Number(environment[name] || otherwise);
  const settings = {
    seconds: numberOf('SECONDS', 60),
    ttlMs: numberOf('TTL', 4000),
    rate: numberOf('RATE', 20_000),
    stayPerMille: numberOf('STAY', 10),
  };
  const isRight = Object.values(settings).every((each) => Number.isSafeInteger(each) && each > 0);
  return isRight ? settings : undefined;
}

/** The load: it knows when each session ends, and the entries that stay. */
class Load {
  readonly stayingKeys: string[] = [];
  writtenCount = 0;
  readonly #db: Sessions;
  readonly #settings: Settings;
  readonly #value: Uint8Array = new Uint8Array(VALUE_SIZE_BYTES).fill(0x76);
  /** Sessions of each batch, and when they end. */
  #batches: { readonly endMs: number; readonly count: number }[] = [];

  constructor(db: Sessions, settings: Settings) {
    this.#db = db;
    this.#settings = settings;
  }

  /** Writes up to what the rate asks for after so many seconds. */
  async goTo(seconds: number): Promise<void> {
    const { rate } = this.#settings;
    while (this.writtenCount < seconds * rate) await this.#batch();
  }

  livingCount(nowMs: number): number {
    this.#batches = this.#batches.filter(({ endMs }) => endMs > nowMs);
    return this.#batches.reduce((sum, { count }) => sum + count, 0) + this.stayingKeys.length;
  }

  async #batch(): Promise<void> {
    const { ttlMs, stayPerMille } = this.#settings;
    const expiresAt = Date.now() + ttlMs;
    let count = 0;
    const operations = Array.from({ length: BATCH_COUNT }, () => {
      const put = { type: 'put' as const, key: randomUUID(), value: this.#value };
      if (this.writtenCount++ % 1000 < stayPerMille) {
        this.stayingKeys.push(put.key);
        return put;
      }
      count++;
      return { ...put, expiresAt };
    });
    await this.#db.batch(operations);
    this.#batches.push({ endMs: expiresAt, count });
  }
}

async function sampleOf(
  db: Sessions,
  load: Load,
  directory: string,
  second: number,
): Promise<Sample> {
  const livingCount = load.livingCount(Date.now());
  const startMs = performance.now();
  let shownCount = 0;
  for (const scan = db.keys(); ;) {
    const { length } = await scan.nextMany(1000);
    shownCount += length;
    if (length === 0) break;
  }
  const scanMs = performance.now() - startMs;
  const levels = db
    .stats()
    .levels.map(({ tableCount, sizeBytes }) =>
      tableCount === 0 ? '-' : `${tableCount}: ${(sizeBytes / 1e6).toFixed(1)}`,
    );
  return {
    second,
    writtenCount: load.writtenCount,
    shownCount,
    livingCount,
    diskSizeBytes: diskSizeOf(directory),
    scanMs,
    levels: levels.slice(0, 4).join('  '),
  };
}

function diskSizeOf(directory: string): number {
  let sizeBytes = 0;
  for (const name of readdirSync(directory)) {
    const stat = statSync(join(directory, name), { throwIfNoEntry: false }); // it may go meanwhile
    sizeBytes += stat?.size ?? 0;
  }
  return sizeBytes;
}

function printSamples(samples: readonly Sample[]): void {
  const rows = samples.map((sample) => [
    `${sample.second}`,
    formatCount(sample.writtenCount),
    formatCount(sample.shownCount),
    formatBytes(sample.diskSizeBytes),
    sample.scanMs.toFixed(0),
    sample.levels,
  ]);
  const headings = ['second', 'written', 'shown', 'disk', 'scan ms', 'levels 0 to 3: tables, MB'];
  console.log(`${formatTable(headings, rows)}\n`);
}

function meanOf(samples: readonly Sample[], what: (sample: Sample) => number): number {
  return samples.reduce((sum, sample) => sum + what(sample), 0) / samples.length;
}

function judge(samples: readonly Sample[], { stayPerMille, rate }: Settings): string[] {
  const failures: string[] = [];
  const third = Math.floor(samples.length / 3);
  const [middle, last] = [samples.slice(third, 2 * third), samples.slice(-third)];
  // What stays grows, and is meant to.
  const growth = (last[0]!.second - middle[0]!.second) * rate * (stayPerMille / 1000) * 300; // third > 0
  const sizes = [middle, last].map((part) => meanOf(part, ({ diskSizeBytes }) => diskSizeBytes));
  const times = [middle, last].map((part) => meanOf(part, ({ scanMs }) => scanMs));
  if (sizes[1]! > sizes[0]! * GROWTH_MAX + growth) failures.push(`The disk grows: ${sizes.join()}`); // two parts
  if (times[1]! > times[0]! * GROWTH_MAX) failures.push(`The scan grows: ${times.join()}`); // two parts
  for (const { second, shownCount, livingCount } of samples) {
    // Some end between the count and the scan.
    const isRight = shownCount <= livingCount && shownCount >= livingCount - rate;
    if (!isRight)
      failures.push(`Not what lives: second=${second} shown=${shownCount} living=${livingCount}`);
  }
  return failures;
}

async function main(settings: Settings): Promise<void> {
  await inScratch('expiry', async (directory) => {
    const { seconds, ttlMs, rate, stayPerMille } = settings;
    console.log(machineLine(describeMachine()));
    console.log(
      `${formatCount(rate)} sessions a second for ${seconds} s, random UUIDs, ${VALUE_SIZE_BYTES} B, ` +
        `gone after ${ttlMs} ms; ${stayPerMille} of 1000 stay; memtables of ${formatBytes(MEMTABLE_SIZE_BYTES)}, durability os\n`,
    );
    const db = (await open(directory, {
      keyEncoding: 'utf8',
      valueEncoding: 'view',
      durability: 'os',
      memtableSizeBytes: MEMTABLE_SIZE_BYTES,
      targetFileSizeBytes: MEMTABLE_SIZE_BYTES,
      level1SizeBytes: 4 * MEMTABLE_SIZE_BYTES,
    })) as Sessions;
    const load = new Load(db, settings);
    const samples: Sample[] = [];
    const startMs = performance.now();
    const secondsNow = (): number => (performance.now() - startMs) / 1000;
    const sampleSeconds = seconds / SAMPLE_COUNT;
    for (let i = 1; i <= SAMPLE_COUNT; i++) {
      while (secondsNow() < i * sampleSeconds) {
        await load.goTo(secondsNow());
        await sleep(5);
      }
      samples.push(await sampleOf(db, load, directory, Math.round(secondsNow())));
    }
    printSamples(samples);
    const failures = judge(samples, settings);
    const found = await db.getMany(load.stayingKeys);
    if (found.includes(undefined)) failures.push('An entry that stays is missing');
    await sleep(ttlMs + 3000); // nothing is written, and the space comes back all the same
    const end = await sampleOf(db, load, directory, Math.round(secondsNow()));
    console.log(
      `Left alone for a while: ${formatCount(end.shownCount)} entries, ${formatBytes(end.diskSizeBytes)}; levels ${end.levels}`,
    );
    await db.close();
    conclude(failures, 'Disk and scan stay level, and what lives is shown.');
  });
}

const settings = settingsOf(process.env);
if (settings === undefined) {
  console.error('usage: SECONDS=<s> TTL=<ms> RATE=<a second> STAY=<of 1000> bench/expiry.ts');
  process.exitCode = USAGE_STATUS;
} else {
  await main(settings);
}
