/**
 * The writes of a commit, as the log keeps them.
 *
 * Owns: their encoding, and how an entry is cut into parts that are values of FoundationDB, and joined again.
 *
 * Layout (big-endian): time u64, milliseconds since 1970 | then for each write: length of the key u32 | key | length of the
 * value u32, 0 for a deletion | value. A row has no empty value, so the 0 is free.
 *
 * Suspension: everything here is synchronous.
 */
import { type BackendWrite, CorruptionError } from '../index.ts';

const TIME_SIZE_BYTES = 8;
const LENGTH_SIZE_BYTES = 4;
/** Less than the 100,000 bytes that a value may have. */
const PART_SIZE_BYTES = 90_000;

export interface LogEntry {
  readonly wallMs: number;
  readonly writes: readonly BackendWrite[];
}

/** In parts, none of which is empty. */
export function encodeEntry({ wallMs, writes }: LogEntry): Buffer[] {
  const time = Buffer.alloc(TIME_SIZE_BYTES);
  time.writeBigUInt64BE(BigInt(Math.max(0, Math.floor(wallMs))));
  const pieces: Uint8Array[] = [time];
  for (const { key, value } of writes) {
    pieces.push(lengthOf(key), key, lengthOf(value));
    if (value !== undefined) pieces.push(value);
  }
  const whole = Buffer.concat(pieces);
  const parts: Buffer[] = [];
  for (let at = 0; at < whole.length; at += PART_SIZE_BYTES) {
    parts.push(whole.subarray(at, at + PART_SIZE_BYTES));
  }
  return parts;
}

/** Keys and values have memory of their own. */
export function decodeEntry(parts: readonly Buffer[]): LogEntry {
  const whole = Buffer.concat(parts);
  const writes: BackendWrite[] = [];
  let at = TIME_SIZE_BYTES;
  const next = (): Uint8Array => {
    const start = at + LENGTH_SIZE_BYTES;
    const end = start <= whole.length ? start + whole.readUInt32BE(at) : Infinity;
    if (end > whole.length) throw torn(whole.length);
    at = end;
    return new Uint8Array(whole.subarray(start, end));
  };
  if (whole.length < TIME_SIZE_BYTES) throw torn(whole.length);
  while (at < whole.length) {
    const key = next();
    const value = next();
    writes.push({ key, value: value.length === 0 ? undefined : value });
  }
  return { wallMs: Number(whole.readBigUInt64BE(0)), writes };
}

function lengthOf(bytes: Uint8Array | undefined): Buffer {
  const length = Buffer.alloc(LENGTH_SIZE_BYTES);
  length.writeUInt32BE(bytes?.length ?? 0);
  return length;
}

function torn(sizeBytes: number): CorruptionError {
  return new CorruptionError(
    `Log in FoundationDB has an entry that is none of Varve: size=${sizeBytes}; other programs must keep away from the prefix`,
  );
}
