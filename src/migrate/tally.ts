/**
 * Tallies: how many entries went by, and a checksum of them.
 *
 * Owns: the checksum. It is the sum of one number for each entry, modulo 2^64. So it does not depend on the order of the
 * entries, and a run that was stopped goes on from the sum alone. The number of an entry is the first eight bytes,
 * big-endian, of the SHA-256 of: the length of its key as four bytes, little-endian; the key; the time at which it
 * expires as eight bytes of a little-endian double; the value.
 *
 * Invariants:
 *   tally/expired-apart: entries that expire are summed apart. Once the first of them has expired, only those that stay
 *       can be compared between two places.
 *
 * Suspension: everything here is synchronous.
 */
import { createHash } from 'node:crypto';

export interface TransferEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** Milliseconds since 1970; Infinity for an entry that does not expire. */
  readonly expiresAt: number;
}

/** A tally as JSON. */
export interface TallyRecord {
  /** Entries that do not expire. */
  readonly lasting: number;
  /** Entries that expire. */
  readonly expiring: number;
  readonly lastingSum: string;
  readonly expiringSum: string;
  /** When the first of them expires, in milliseconds since 1970; null for never. */
  readonly firstExpiry: number | null;
}

const HEAD_SIZE_BYTES = 12;

export class Tally {
  #lasting = 0;
  #expiring = 0;
  #lastingSum = 0n;
  #expiringSum = 0n;
  #firstExpiry = Infinity;

  static from(record: TallyRecord): Tally {
    const tally = new Tally();
    tally.#lasting = record.lasting;
    tally.#expiring = record.expiring;
    tally.#lastingSum = BigInt(`0x${record.lastingSum}`);
    tally.#expiringSum = BigInt(`0x${record.expiringSum}`);
    tally.#firstExpiry = record.firstExpiry ?? Infinity;
    return tally;
  }

  /** Entries. */
  get count(): number {
    return this.#lasting + this.#expiring;
  }

  get hasExpiring(): boolean {
    return this.#expiring > 0;
  }

  /** The checksum: sixteen hexadecimal digits. */
  get checksum(): string {
    return hexOf(this.#lastingSum + this.#expiringSum);
  }

  add({ key, value, expiresAt }: TransferEntry): void {
    const head = Buffer.allocUnsafe(HEAD_SIZE_BYTES);
    head.writeUInt32LE(key.length, 0);
    head.writeDoubleLE(expiresAt, 4);
    const hash = createHash('sha256');
    hash.update(head.subarray(0, 4)).update(key).update(head.subarray(4)).update(value);
    const number = hash.digest().readBigUInt64BE(0);
    if (expiresAt === Infinity) {
      this.#lasting++;
      this.#lastingSum = BigInt.asUintN(64, this.#lastingSum + number);
      return;
    }
    this.#expiring++;
    this.#expiringSum = BigInt.asUintN(64, this.#expiringSum + number);
    if (expiresAt < this.#firstExpiry) this.#firstExpiry = expiresAt;
  }

  /** Whether both have the same entries, as far as can be told at this time (tally/expired-apart). */
  matches(other: Tally, nowMs: number): boolean {
    if (this.#lasting !== other.#lasting || this.#lastingSum !== other.#lastingSum) return false;
    if (this.hasExpiredBy(nowMs) || other.hasExpiredBy(nowMs)) return true;
    return this.#expiring === other.#expiring && this.#expiringSum === other.#expiringSum;
  }

  hasExpiredBy(nowMs: number): boolean {
    return this.#firstExpiry <= nowMs;
  }

  toJSON(): TallyRecord {
    return {
      lasting: this.#lasting,
      expiring: this.#expiring,
      lastingSum: hexOf(this.#lastingSum),
      expiringSum: hexOf(this.#expiringSum),
      firstExpiry: this.#firstExpiry === Infinity ? null : this.#firstExpiry,
    };
  }
}

function hexOf(sum: bigint): string {
  return BigInt.asUintN(64, sum).toString(16).padStart(16, '0');
}
