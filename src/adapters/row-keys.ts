/**
 * Where rows lie in an engine that has one ordered space of keys for all.
 *
 * Owns: the keys of rows. Several databases share a cluster, each under a prefix of its own. What else an adapter keeps has
 * tags of its own.
 *
 * Layout:
 *
 *      prefix | 0x00 | 'd' | key      the value of a row
 *      prefix | 0x00 | tag | ...      other things of the adapter
 *
 * Suspension: everything here is synchronous.
 */
const DATA = 0x64;

export class RowKeys {
  readonly #start: Buffer;
  readonly #data: Buffer;
  readonly #dataEnd: Buffer;

  constructor(prefix: Buffer) {
    this.#start = Buffer.concat([prefix, Buffer.of(0)]);
    this.#data = this.at(DATA);
    this.#dataEnd = this.at(DATA + 1);
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

  /** The key of a row, with memory of its own. */
  keyIn(key: Buffer): Uint8Array {
    return new Uint8Array(key.subarray(this.#data.length));
  }

  /** The start of what has a tag; with the next one its end. */
  protected at(tag: number): Buffer {
    return Buffer.concat([this.#start, Buffer.of(tag)]);
  }
}
