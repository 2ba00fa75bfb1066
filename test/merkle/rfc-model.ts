/**
 * Merkle trees as RFC 9162, section 2.1 defines them: plain recursion over all entries, nothing stored.
 *
 * Suspension: everything here is synchronous.
 */
import { createHash } from 'node:crypto';

export type Entry = readonly [key: Buffer, value: Buffer];

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The bytes `d` of an entry. */
function framed([key, value]: Entry): Buffer {
  return Buffer.concat([u32(key.length), key, u32(value.length), value]);
}

export class RfcTree {
  readonly #entries: readonly Entry[];
  /** MTH of ranges that were asked for before. */
  readonly #known = new Map<string, Buffer>();

  constructor(entries: readonly Entry[]) {
    this.#entries = entries;
  }

  /** MTH(D[start:end]) */
  hash(start: number, end: number): Buffer {
    const name = `${start}:${end}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const made = this.#hash(start, end);
    this.#known.set(name, made);
    return made;
  }

  #hash(start: number, end: number): Buffer {
    const n = end - start;
    if (n === 0) return sha256();
    if (n === 1) return sha256(Uint8Array.of(0), framed(this.#entries[start]!)); // in range
    const k = splitOf(n);
    return sha256(Uint8Array.of(1), this.hash(start, start + k), this.hash(start + k, end));
  }

  /** The root over the first entries, with their number bound to it. */
  root(size: number): { readonly size: number; readonly hash: string } {
    const high = u32(Math.floor(size / 2 ** 32));
    const parts = [Uint8Array.of(2), high, u32(size % 2 ** 32), this.hash(0, size)];
    return { size, hash: sha256(...parts).toString('hex') };
  }

  /** PATH(m, D[start:end]) */
  path(m: number, start: number, end: number): Buffer[] {
    const n = end - start;
    if (n === 1) return [];
    const k = splitOf(n);
    return m < k
      ? [...this.path(m, start, start + k), this.hash(start + k, end)]
      : [...this.path(m - k, start + k, end), this.hash(start, start + k)];
  }

  /** SUBPROOF(m, D[start:end], b) */
  subproof(m: number, start: number, end: number, b: boolean): Buffer[] {
    const n = end - start;
    if (m === n) return b ? [] : [this.hash(start, end)];
    const k = splitOf(n);
    return m <= k
      ? [...this.subproof(m, start, start + k, b), this.hash(start + k, end)]
      : [...this.subproof(m - k, start + k, end, false), this.hash(start, start + k)];
  }
}

/** The largest power of two smaller than n. */
function splitOf(n: number): number {
  return 2 ** Math.floor(Math.log2(n - 1));
}
