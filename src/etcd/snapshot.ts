/**
 * A snapshot: the rows as of one revision.
 *
 * Owns: reads at a revision. Whichever member is asked, the data of a revision is the same, so none of these reads needs the
 * leader.
 *
 * A page backward costs etcd the whole range: it reads all of it and sorts. So the range is narrowed first, by counts, which
 * cost it no values.
 *
 * Suspension: every read suspends for the servers.
 */
import type { BackendRow, BackendSnapshot, Page, PageRequest } from '../index.ts';
import type { Layout } from './layout.ts';
import type { Members } from './members.ts';
import { midpoint } from './midpoint.ts';
import type { KeyValue, RangeRequest, RangeResponse } from './protocol.ts';

/** etcd may sort a range of so many rows for a page backward. */
const SORTED_COUNT_MAX = 4096;
const DESCEND = 2;

export interface SnapshotParts {
  readonly members: Members;
  readonly layout: Layout;
  readonly revision: number;
  /** Reads of one request. */
  readonly readCountMax: number;
  /** The row that was read with the revision. */
  readonly first: { readonly key: Uint8Array; readonly value: Uint8Array | undefined } | undefined;
}

export class EtcdSnapshot implements BackendSnapshot {
  readonly version: number;
  readonly #parts: SnapshotParts;
  /** Bytes of a row, about: for how many rows a page may have. */
  #rowSizeBytes = 1;

  constructor(parts: SnapshotParts) {
    this.version = parts.revision;
    this.#parts = parts;
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    const { first, layout } = this.#parts;
    if (first !== undefined && Buffer.compare(first.key, key) === 0) return first.value;
    const { kvs } = await this.#range({ key: layout.dataKey(key) });
    return valueOf(kvs[0]);
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    const { readCountMax, layout, members } = this.#parts;
    const lots: Uint8Array[][] = [];
    for (let at = 0; at < keys.length; at += readCountMax)
      lots.push(keys.slice(at, at + readCountMax));
    const found = await Promise.all(
      lots.map(async (lot) => {
        const success = lot.map((key) => ({
          request_range: { key: layout.dataKey(key), revision: this.version, serializable: true },
        }));
        const { responses } = await members.reads({ compare: [], success, failure: [] });
        return responses.map(({ response_range: range }) => valueOf(range?.kvs[0]));
      }),
    );
    return found.flat();
  }

  async page(request: PageRequest): Promise<Page> {
    return request.isReverse ? this.#backward(request) : this.#forward(request);
  }

  close(): void {
    // A revision is kept until the servers compact it, whoever reads it.
  }

  async #forward({ start, end, ...sizes }: PageRequest): Promise<Page> {
    const { layout } = this.#parts;
    const rangeEnd = layout.dataEnd(end);
    let key = layout.dataKey(start);
    for (;;) {
      const limit = this.#limitOf(sizes);
      const { kvs, more } = await this.#range({ key, range_end: rangeEnd, limit });
      const rows = this.#rowsOf(kvs);
      if (rows.length > 0 || !more) return { rows, hasMore: more && rows.length > 0 };
      key = Buffer.concat([kvs.at(-1)!.key, Buffer.of(0)]); // there is more, so there are some: deleted ones
    }
  }

  async #backward({ start, end, ...sizes }: PageRequest): Promise<Page> {
    const { layout } = this.#parts;
    const key = layout.dataKey(start);
    let rangeEnd = layout.dataEnd(end);
    for (;;) {
      const [low, high] = await this.#narrowed(key, rangeEnd);
      const limit = this.#limitOf(sizes);
      const range = { key: low, range_end: high, limit, sort_order: DESCEND };
      const { kvs, more } = await this.#range(range);
      const rows = this.#rowsOf(kvs);
      const hasMore = more || low.compare(key) > 0;
      if (rows.length > 0 || !hasMore) return { rows, hasMore: hasMore && rows.length > 0 };
      rangeEnd = kvs.at(-1)?.key ?? low;
    }
  }

  /** The end of a range, as far as etcd may sort it; not empty, unless the range is. */
  async #narrowed(start: Buffer, end: Buffer): Promise<readonly [low: Buffer, high: Buffer]> {
    let [low, high] = [start, end];
    let count = await this.#count(low, high);
    while (count > SORTED_COUNT_MAX) {
      const middle = midpoint(low, high);
      if (middle === undefined) break;
      const upper = await this.#count(middle, high);
      if (upper === 0) high = middle;
      else {
        low = middle;
        count = upper;
      }
    }
    return [low, high];
  }

  async #count(key: Buffer, rangeEnd: Buffer): Promise<number> {
    return (await this.#range({ key, range_end: rangeEnd, count_only: true })).count;
  }

  #range(request: RangeRequest): Promise<RangeResponse> {
    const { members } = this.#parts;
    return members.range({ ...request, revision: this.version, serializable: true });
  }

  #limitOf({
    rowCountMax,
    sizeBytesMax,
  }: Pick<PageRequest, 'rowCountMax' | 'sizeBytesMax'>): number {
    return Math.max(1, Math.min(rowCountMax, Math.floor(sizeBytesMax / this.#rowSizeBytes)));
  }

  /** Without those that are deleted. */
  #rowsOf(kvs: readonly KeyValue[]): BackendRow[] {
    const rows: BackendRow[] = [];
    let sizeBytes = 0;
    for (const kv of kvs) {
      sizeBytes += kv.key.length + kv.value.length;
      const value = valueOf(kv);
      if (value !== undefined) rows.push({ key: this.#parts.layout.keyIn(kv.key), value });
    }
    if (kvs.length > 0) this.#rowSizeBytes = Math.max(1, sizeBytes / kvs.length);
    return rows;
  }
}

/** With memory of its own; undefined for an absent or deleted row. */
export function valueOf(kv: KeyValue | undefined): Uint8Array | undefined {
  return kv === undefined || kv.value.length === 0 ? undefined : new Uint8Array(kv.value);
}
