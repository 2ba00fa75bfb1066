/**
 * Where a database lies in etcd.
 *
 * Owns: the keys and values that it has there. Several databases share a cluster, each under a prefix of its own.
 *
 * Layout:
 *
 *      prefix | 0x00 | 'd' | key            value of the row; empty for a deleted one (a tombstone)
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
const DATA = 0x64;
const HORIZON = 0x68;
const SLOT = 0x73;

const TIME_SIZE_BYTES = 8;

export const TOMBSTONE: Buffer = Buffer.alloc(0);

export class Layout {
  /** Above every key of the database. */
  readonly end: Buffer;
  readonly start: Buffer;
  readonly horizon: Buffer;
  readonly #data: Buffer;
  readonly #dataEnd: Buffer;
  readonly #slots: Buffer;

  constructor(prefix: Buffer) {
    this.start = Buffer.concat([prefix, Buffer.of(0)]);
    this.end = Buffer.concat([prefix, Buffer.of(1)]);
    this.horizon = Buffer.concat([this.start, Buffer.of(HORIZON)]);
    this.#data = Buffer.concat([this.start, Buffer.of(DATA)]);
    this.#dataEnd = Buffer.concat([this.start, Buffer.of(DATA + 1)]);
    this.#slots = Buffer.concat([this.start, Buffer.of(SLOT)]);
  }

  /** Bytes that a key is longer by. */
  get headSizeBytes(): number {
    return this.#data.length;
  }

  dataKey(key: Uint8Array): Buffer {
    return Buffer.concat([this.#data, key]);
  }

  /** The end of a range; undefined: of all rows. */
  dataEnd(end: Uint8Array | undefined): Buffer {
    return end === undefined ? this.#dataEnd : this.dataKey(end);
  }

  isData(key: Buffer): boolean {
    return key.subarray(0, this.#data.length).equals(this.#data);
  }

  isSlot(key: Buffer): boolean {
    return key.subarray(0, this.#slots.length).equals(this.#slots);
  }

  /** The key of a row, with memory of its own. */
  keyIn(key: Buffer): Uint8Array {
    return new Uint8Array(key.subarray(this.#data.length));
  }

  slotKey(client: Uint8Array, number: number): Buffer {
    const own = Buffer.alloc(4);
    own.writeUInt32BE(number);
    return Buffer.concat([this.#slots, client, own]);
  }

  /** The start of all slots, and their end. */
  get slots(): readonly [start: Buffer, end: Buffer] {
    return [this.#slots, Buffer.concat([this.start, Buffer.of(SLOT + 1)])];
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
