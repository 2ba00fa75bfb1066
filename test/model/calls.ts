/**
 * Calls: steps as arguments of the engine.
 *
 * Owns: options, operations and ranges made of steps, and the ways to take rows from a scan.
 */
import { StorageError } from '../../src/base/errors.ts';
import type { Scan } from '../../src/api/scan.ts';
import type { BatchOperation } from '../../src/api/batch-operation.ts';
import type { ExpiryOptions } from '../../src/api/expiry-options.ts';
import type { RangeOptions, ScanOptions } from '../../src/api/ranges.ts';
import type { TransactionOptions } from '../../src/api/transaction-options.ts';
import { updateOf } from './update.ts';
import {
  type Bounds,
  type Key,
  keyBytes,
  type Row,
  type ScanShape,
  type StepKind,
  type TransactionMode,
  valueOf,
  type Write,
} from './step.ts';

/** Locks are held by steps that come later: who would wait is told at once. */
const PESSIMISTIC = { mode: 'pessimistic', lockTimeoutMs: 1 } as const;

export const BEGIN_OPTIONS: Readonly<Record<TransactionMode, TransactionOptions>> = {
  snapshot: { isolation: 'snapshot' },
  serializable: { isolation: 'serializable' },
  readOnly: { readOnly: true },
  pessimistic: PESSIMISTIC,
  pessimisticSerializable: { ...PESSIMISTIC, isolation: 'serializable' },
};

/** The range that a bulk load of the rows locks. */
export function rangeWrites(rows: readonly Row[]): Write[] {
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return [];
  return [{ op: 'delRange', bounds: { gte: first.key, lte: last.key } }];
}

export function codeOf(error: unknown): string {
  return error instanceof StorageError ? error.code : String(error);
}

export async function take<T>(
  scan: Scan<Uint8Array, T>,
  kind: StepKind,
  count: number,
): Promise<T[]> {
  if (kind === 'nextMany') return scan.nextMany(count);
  const rows: T[] = [];
  if (kind === 'sync') {
    const iterator = scan[Symbol.iterator]();
    while (rows.length < count) {
      const result = iterator.next();
      if (result.done === true) break;
      rows.push(result.value);
    }
    return rows;
  }
  const iterator = scan[Symbol.asyncIterator]();
  while (rows.length < count) {
    const result = await iterator.next();
    if (result.done === true) break;
    rows.push(result.value);
  }
  return rows;
}

export function rangeOptions(bounds: Bounds): RangeOptions<Uint8Array> {
  return Object.fromEntries(
    Object.entries(bounds).map(([name, key]) => [name, keyBytes(key as Key)]),
  );
}

export function scanOptions({ bounds, isReverse, limit }: ScanShape): ScanOptions<Uint8Array> {
  return {
    ...rangeOptions(bounds),
    ...(isReverse ? { reverse: true } : {}),
    ...(limit === undefined ? {} : { limit }),
  };
}

export function expiryOptions(ttlMs: number | undefined): ExpiryOptions {
  return ttlMs === undefined ? {} : { ttlMs };
}

export function operationOf(write: Write): BatchOperation<Uint8Array, Uint8Array> {
  if (write.op === 'put') {
    const { key, value, ttlMs } = write;
    return { type: 'put', key: keyBytes(key), value: valueOf(value), ...expiryOptions(ttlMs) };
  }
  if (write.op === 'del') return { type: 'del', key: keyBytes(write.key) };
  if (write.op === 'update') {
    return { type: 'update', key: keyBytes(write.key), update: updateOf(write.salt) };
  }
  return { type: 'delRange', ...rangeOptions(write.bounds) };
}
