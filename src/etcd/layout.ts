/**
 * Where a database lies in etcd.
 *
 * Owns: the keys and values that it has there beside those of rows (adapters/row-keys.ts).
 *
 * Layout:
 *
 *      prefix | 0x00 | 'd' | key            value of the row; empty for a deleted one (a tombstone)
 *      prefix | 0x00 | 'f'                  the format of this layout, for a later one: absent in this one
 *      prefix | 0x00 | 'h'                  the horizon: transactions from before its revision cannot commit
 *      prefix | 0x00 | 's' | client | slot  the last commit that went through a slot: time (8 bytes, big-endian) | id
 *
 * Invariants:
 *   etcd-layout/tombstones: a key that is deleted keeps an empty value. etcd knows nothing of a key that is gone. So it could
 *       not tell that one was deleted since a snapshot.
 *   etcd-layout/apart: no prefix with its zero byte is the start of another. So databases never mix.
 *
 * Suspension: everything here is synchronous.
 */
import { RowKeys } from '../adapters/row-keys.ts';

const FORMAT = 0x66;
const HORIZON = 0x68;
const SLOT = 0x73;

const TIME_SIZE_BYTES = 8;

export const TOMBSTONE: Buffer = Buffer.alloc(0);

export class Layout extends RowKeys {
  /** Above every key of the database. */
  readonly end: Buffer;
  readonly start: Buffer;
  readonly horizon: Buffer;
  /** Absent in the format that this version knows. */
  readonly format: Buffer;
  readonly #slots: Buffer;

  constructor(prefix: Buffer) {
    super(prefix);
    this.start = Buffer.concat([prefix, Buffer.of(0)]);
    this.end = Buffer.concat([prefix, Buffer.of(1)]);
    this.horizon = this.at(HORIZON);
    this.format = this.at(FORMAT);
    this.#slots = this.at(SLOT);
  }

  isSlot(key: Buffer): boolean {
    return key.subarray(0, this.#slots.length).equals(this.#slots);
  }

  slotKey(client: Uint8Array, number: number): Buffer {
    const own = Buffer.alloc(4);
    own.writeUInt32BE(number);
    return Buffer.concat([this.#slots, client, own]);
  }

  /** The start of all slots, and their end. */
  get slots(): readonly [start: Buffer, end: Buffer] {
    return [this.#slots, this.at(SLOT + 1)];
  }
}

export function slotValue(wallMs: number, id: Uint8Array): Buffer {
  const time = Buffer.alloc(TIME_SIZE_BYTES);
  time.writeBigUInt64BE(BigInt(Math.max(0, Math.floor(wallMs))));
  return Buffer.concat([time, id]);
}

/** The time in the value of a slot; undefined for another value. */
export function slotTime(value: Buffer): number | undefined {
  return value.length < TIME_SIZE_BYTES ? undefined : Number(value.readBigUInt64BE(0));
}
