/**
 * The edges at a node, read fast.
 *
 * Owns: how the keys of `adjacency` (layout.ts) are found and decoded: of each only what a traversal needs, without a
 * tuple, an array or a promise for it. The numbers and texts are those of the encoding `tuple` (docs/formats/tuple.md).
 *
 * One scan serves all nodes of a view: a seek costs half of what a new scan does. In a transaction each node has a scan of
 * its own range, so that nothing beyond it counts as read. On servers the ranges of many nodes are read ahead (ahead.ts).
 *
 * Invariants:
 *   adjacency/as-tuples: what is decoded here is what the encoding `tuple` decodes.
 *
 * Suspension: everything here is synchronous but `ahead`. A block that is not in memory is read by a call.
 */
import type { RangeOptions, Scan } from '../index.ts';
import type { AheadKeys } from './ahead.ts';
import { IN, OUT } from './layout.ts';
import type { Direction, EdgeId, NodeId } from './values.ts';

const TEXT = 0x02;
/** The code of a whole number is this and the count of its bytes; the kind follows them. */
const NUMBER = 0x14;
const END = 0x00;

type KeyScan = Scan<Uint8Array, Uint8Array>;

/** The two ways to the keys: one scan with seeks, or the keys of each range. */
type WholeScan = () => KeyScan;
type RangeScan = (range: RangeOptions<Uint8Array> & Prefixed) => Iterable<Uint8Array>;

interface Prefixed {
  readonly prefix: Uint8Array;
}

export class Adjacency {
  /** The other end of each edge that `load` found. */
  readonly others: NodeId[] = [];
  readonly edges: EdgeId[] = [];
  readonly types: string[] = [];
  readonly areOut: boolean[] = [];
  /** How many edges `load` found; what lies behind in the arrays is of earlier calls. */
  count = 0;

  readonly #openWhole: WholeScan | undefined;
  readonly #openRange: RangeScan | undefined;
  #scan: KeyScan | undefined = undefined;
  #steps: Iterator<Uint8Array, undefined> | undefined = undefined;
  readonly #prefix = new PrefixBuilder();
  #lastType = '';
  #lastTypeBytes: Uint8Array = new Uint8Array(0);
  #at = 0;

  readonly #kept: AheadKeys | undefined;

  constructor(
    openWhole: WholeScan | undefined,
    openRange: RangeScan | undefined,
    kept?: AheadKeys,
  ) {
    this.#openWhole = openWhole;
    this.#openRange = openRange;
    this.#kept = kept;
  }

  /** True on servers: `load` finds what `ahead` has read. */
  get isAhead(): boolean {
    return this.#kept !== undefined;
  }

  /** True when `load` would find the edges of a node. */
  has(node: NodeId, direction: Direction, types: readonly string[] | undefined): boolean {
    const kept = this.#kept;
    return kept === undefined || this.#prefixes(node, direction, types).every((p) => kept.has(p));
  }

  /** Reads the edges of nodes, for `load`. Those of earlier calls are forgotten. */
  async ahead(
    nodes: readonly NodeId[],
    direction: Direction,
    types: readonly string[] | undefined,
  ): Promise<void> {
    await this.#kept?.ahead(nodes.flatMap((node) => this.#prefixes(node, direction, types)));
  }

  /** The prefixes that `load` reads. */
  #prefixes(
    node: NodeId,
    direction: Direction,
    types: readonly string[] | undefined,
  ): Uint8Array[] {
    const of = (side?: number, type?: string): Uint8Array =>
      this.#prefix.of(node, side, type).slice();
    if (direction === 'both' && types === undefined) return [of()];
    const sides = direction === 'both' ? [OUT, IN] : [direction === 'out' ? OUT : IN];
    return sides.flatMap((side) => types?.map((type) => of(side, type)) ?? [of(side)]);
  }

  /** Finds the edges of a node: by direction, type, other end and id. Of all types when none is named. */
  load(node: NodeId, direction: Direction, types: readonly string[] | undefined): void {
    this.count = 0;
    if (direction === 'both' && types === undefined) {
      this.#read(this.#prefix.of(node, undefined, undefined), undefined);
      return;
    }
    if (direction !== 'in') this.#readTypes(node, OUT, types);
    if (direction !== 'out') this.#readTypes(node, IN, types);
  }

  close(): void {
    this.#scan?.close();
    this.#scan = undefined;
    this.#steps = undefined;
  }

  #readTypes(node: NodeId, side: number, types: readonly string[] | undefined): void {
    if (types === undefined) {
      this.#read(this.#prefix.of(node, side, undefined), undefined);
      return;
    }
    for (const type of types) this.#read(this.#prefix.of(node, side, type), type);
  }

  #read(prefix: Uint8Array, type: string | undefined): void {
    if (this.#openRange !== undefined) {
      for (const key of this.#openRange({ prefix: prefix.slice() })) {
        this.#take(key, prefix.length, type);
      }
      return;
    }
    const steps = this.#seek(prefix);
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) {
        this.close(); // the scan is at the end of the keyspace, where it ends
        return;
      }
      if (!beginsWith(value, prefix)) return;
      this.#take(value, prefix.length, type);
    }
  }

  #seek(prefix: Uint8Array): Iterator<Uint8Array, undefined> {
    if (this.#scan === undefined || this.#steps === undefined) {
      this.#scan = this.#openWhole!(); // one of the two is there
      this.#steps = this.#scan[Symbol.iterator]();
    }
    this.#scan.seek(prefix);
    return this.#steps;
  }

  /** Adds the edge of a key. Behind the prefix may be a side, a type; the other end and the edge are. */
  #take(key: Uint8Array, prefixSize: number, type: string | undefined): void {
    this.#at = prefixSize;
    const hasSide = type === undefined && key[prefixSize] !== TEXT;
    const side = hasSide ? this.#number(key) : this.#prefix.side;
    const index = this.count++;
    this.types[index] = type ?? this.#text(key);
    this.others[index] = this.#number(key);
    this.edges[index] = this.#number(key);
    this.areOut[index] = side === OUT;
  }

  #number(key: Uint8Array): number {
    let at = this.#at;
    const size = key[at]! - NUMBER; // keys are whole tuples
    let value = 0;
    for (const end = at + size; at < end;) value = value * 0x100 + key[++at]!;
    this.#at = at + 2; // over the kind
    return value;
  }

  #text(key: Uint8Array): string {
    const start = this.#at + 1;
    const last = this.#lastTypeBytes;
    let end = start;
    while (key[end] !== END) end++;
    this.#at = end + 1;
    if (last.length === end - start && beginsWith(key, last, start)) return this.#lastType;
    this.#lastTypeBytes = key.slice(start, end);
    this.#lastType = Buffer.from(this.#lastTypeBytes).toString('utf8');
    return this.#lastType;
  }
}

/** Makes the first bytes of keys, in memory that the next one overwrites. */
class PrefixBuilder {
  /** The side of the last prefix. */
  side: number | undefined = undefined;
  #bytes = new Uint8Array(1024); // more than two numbers and a name
  #length = 0;
  #type: string | undefined = undefined;
  #typeBytes: Uint8Array = new Uint8Array(0);

  of(node: NodeId, side: number | undefined, type: string | undefined): Uint8Array {
    this.side = side;
    this.#length = 0;
    this.#number(node);
    if (side !== undefined) this.#number(side);
    if (type !== undefined) this.#text(type);
    return this.#bytes.subarray(0, this.#length);
  }

  #number(value: number): void {
    let size = 0;
    for (let rest = value; rest >= 1; rest /= 0x100) size++;
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at] = NUMBER + size;
    let rest = value;
    for (let i = at + size; i > at; i--) {
      bytes[i] = rest & 0xff;
      rest = Math.floor(rest / 0x100);
    }
    at += size + 1;
    bytes[at] = 0; // a whole number
    this.#length = at + 1;
  }

  #text(type: string): void {
    if (type !== this.#type) {
      this.#type = type;
      this.#typeBytes = Buffer.from(type, 'utf8');
    }
    this.#bytes[this.#length] = TEXT;
    this.#bytes.set(this.#typeBytes, this.#length + 1);
    this.#length += this.#typeBytes.length + 2;
    this.#bytes[this.#length - 1] = END;
  }
}

function beginsWith(bytes: Uint8Array, prefix: Uint8Array, start = 0): boolean {
  const { length } = prefix;
  if (bytes.length < start + length) return false;
  for (let i = 0; i < length; i++) if (bytes[start + i] !== prefix[i]) return false;
  return true;
}
