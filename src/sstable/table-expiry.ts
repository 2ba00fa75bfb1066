/**
 * The expiry of a table: what it says of its entries that expire.
 *
 * Owns: these facts, how they are gathered, and their bytes in properties and manifest.
 *
 * Layout: four varints, in the order of TableExpiry.
 *
 * Invariants:
 *   table-expiry/times-in-order: earliest <= latest, and mostly is a time between them, or 0.
 *
 * Suspension: every method is synchronous.
 */
import type { ByteReader, ByteWriter } from '../bytes/coding.ts';

/** Times are milliseconds since 1970. */
export interface TableExpiry {
  /** Entries that expire. */
  readonly count: number;
  /** When the first of them expires. */
  readonly earliestMs: number;
  /** From then on at least half of all entries are tombstones or have expired; 0 when that never comes. */
  readonly mostlyMs: number;
  /** When the last of them expires. */
  readonly latestMs: number;
}

const CAPACITY_START = 256;

/** Gathers the times of a table's entries. */
export class ExpiryCollector {
  #times = new Float64Array(0);
  #count = 0;

  add(expiresAtMs: number): void {
    if (this.#count === this.#times.length) {
      const grown = new Float64Array(Math.max(CAPACITY_START, this.#count * 2));
      grown.set(this.#times);
      this.#times = grown;
    }
    this.#times[this.#count++] = expiresAtMs;
  }

  /** Undefined when no entry expires. The counts are those of the whole table. */
  finish(entryCount: number, deletionCount: number): TableExpiry | undefined {
    const count = this.#count;
    if (count === 0) return undefined;
    const times = this.#times.subarray(0, count).sort();
    const missing = Math.ceil(entryCount / 2) - deletionCount;
    const last = times[count - 1]!; // count > 0
    return {
      count,
      earliestMs: times[0]!,
      mostlyMs: missing > count ? 0 : times[Math.max(0, missing - 1)]!, // missing <= count
      latestMs: last,
    };
  }
}

export function putTableExpiry(target: ByteWriter, expiry: TableExpiry): void {
  const { count, earliestMs, mostlyMs, latestMs } = expiry;
  target.varint(count).varint(earliestMs).varint(mostlyMs).varint(latestMs);
}

/** Throws CorruptionError where the bytes end too early. */
export function getTableExpiry(source: ByteReader): TableExpiry {
  return {
    count: source.varint(),
    earliestMs: source.varint(),
    mostlyMs: source.varint(),
    latestMs: source.varint(),
  };
}

/** Keeps table-expiry/times-in-order, for a table of so many entries that are no tombstones. */
export function isPossibleExpiry(expiry: TableExpiry, valueCount: number): boolean {
  const { count, earliestMs, mostlyMs, latestMs } = expiry;
  return (
    count > 0 &&
    count <= valueCount &&
    earliestMs <= latestMs &&
    (mostlyMs === 0 || (earliestMs <= mostlyMs && mostlyMs <= latestMs))
  );
}

export function isSameExpiry(a: TableExpiry | undefined, b: TableExpiry | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.count === b.count &&
    a.earliestMs === b.earliestMs &&
    a.mostlyMs === b.mostlyMs &&
    a.latestMs === b.latestMs
  );
}
