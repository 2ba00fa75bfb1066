/**
 * What a workload takes.
 *
 * Owns: the clock of `varve bench`, how operations are shared out among clients, and the check that makes of a fast wrong
 * answer an error. What the workloads do: workloads.ts.
 */
import type { Durability } from '../../base/options.ts';

export interface BenchResult {
  readonly name: string;
  readonly clientCount: number;
  readonly durability: Durability | undefined;
  readonly operationCount: number;
  readonly seconds: number;
  readonly operationsPerSecond: number;
  /** The bytes of keys and values that went in or came out. */
  readonly megabytesPerSecond: number | undefined;
}

/** A workload that got something else than was stored. */
export class WrongResultError extends Error {
  override readonly name = 'WrongResultError';
}

export interface Measured {
  readonly name: string;
  readonly clientCount?: number;
  readonly durability?: Durability;
  readonly operationCount: number;
  readonly entrySizeBytes?: number;
  /** Entries that one operation moves; 1 when absent. */
  readonly entriesPerOperation?: number;
}

export async function measure(
  what: Measured,
  run: () => Promise<void> | void,
): Promise<BenchResult> {
  const startMs = performance.now();
  await run();
  const seconds = (performance.now() - startMs) / 1000;
  const operationsPerSecond = what.operationCount / seconds;
  const bytes = (what.entrySizeBytes ?? 0) * (what.entriesPerOperation ?? 1);
  return {
    name: what.name,
    clientCount: what.clientCount ?? 1,
    durability: what.durability,
    operationCount: what.operationCount,
    seconds,
    operationsPerSecond,
    megabytesPerSecond: bytes === 0 ? undefined : (operationsPerSecond * bytes) / 1e6,
  };
}

export function check(name: string, found: number, expected: number): void {
  if (found !== expected) {
    throw new WrongResultError(`${name} counted wrong: found=${found} expected=${expected}`);
  }
}

/** Runs `step` for every index below `count`, shared out among the clients; each waits for its own. */
export async function shareOut(
  clientCount: number,
  count: number,
  step: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const runClient = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await step(index);
  };
  await Promise.all(Array.from({ length: clientCount }, runClient));
}
