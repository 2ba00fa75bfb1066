/**
 * Programs that fill one database with random puts, watch it, and end with a verdict.
 *
 * Owns: what they have in common: the size of an entry, the load in windows, the check of every entry, and the verdict
 * as text and exit status.
 */
import type { Durability } from '../../src/base/options.ts';
import { BenchData, type BenchDatabase } from '../../src/programs/bench/workloads.ts';
import { checkContents, inWindows, randomEntry } from './measure.ts';

export const VALUE_SIZE_BYTES = 100;
export const SEED = 1;

/** From the environment; undefined for what is no durability. */
export function durabilityOf(
  environment: NodeJS.ProcessEnv,
  byDefault: Durability,
): Durability | undefined {
  const durability = environment['DURABILITY'] || byDefault;
  return durability === 'sync' || durability === 'os' ? durability : undefined;
}

export function fillData(entryCount: number): BenchData {
  return new BenchData({ entryCount, valueSizeBytes: VALUE_SIZE_BYTES, seed: SEED, tuning: {} });
}

/** Puts the entries from number `first` on, up to `end`. */
export function putEntries(
  db: BenchDatabase,
  data: BenchData,
  [first, end]: readonly [number, number],
  durability: Durability,
): Promise<void> {
  return inWindows(end - first, (i) => {
    const { key, value } = randomEntry(data, first + i);
    return db.put(key, value, { durability });
  });
}

/** Throws unless every entry of `data` is there as it was put, and no other. */
export function checkEntries(db: BenchDatabase, data: BenchData): Promise<void> {
  const store = {
    scan: (_range: object, visit: (key: string, value: Uint8Array) => void): Promise<void> => {
      for (const [key, value] of db.entries()) visit(key, value);
      return Promise.resolve();
    },
  };
  return checkContents(store, data.entryCount, (i) => randomEntry(data, i));
}

/** Prints what was wrong, with status 1, or `passedText`. */
export function conclude(failures: readonly string[], passedText: string): void {
  if (failures.length === 0) {
    console.log(passedText);
  } else {
    console.log(`\nFAILED\n  ${failures.join('\n  ')}`);
    process.exitCode = 1;
  }
}
