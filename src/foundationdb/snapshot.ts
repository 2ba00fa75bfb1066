/**
 * A snapshot: the rows as of one version.
 *
 * Owns: reads at a version. Each is a transaction of its own that is set to the version, so none of them leaves anything
 * behind, and reads that overlap do not wait for each other. None adds a conflict: a commit names what it depends on.
 *
 * Suspension: every read suspends for the servers.
 */
import {
  type BackendRow,
  type BackendSnapshot,
  ClosedError,
  type Page,
  type PageRequest,
} from '../index.ts';
import type { ClientTransaction } from './client.ts';
import type { Cluster } from './cluster.ts';
import type { Layout } from './layout.ts';
import { versionOf } from './versions.ts';

export interface SnapshotParts {
  readonly cluster: Cluster;
  readonly layout: Layout;
  /** As the client gives it. */
  readonly readVersion: Buffer;
  /** The row that was read with the version. */
  readonly first: { readonly key: Uint8Array; readonly value: Uint8Array | undefined } | undefined;
}

export class FoundationSnapshot implements BackendSnapshot {
  readonly version: number;
  readonly #parts: SnapshotParts;
  #isClosed = false;

  constructor(parts: SnapshotParts) {
    this.version = versionOf(parts.readVersion);
    this.#parts = parts;
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    const { first } = this.#parts;
    if (!this.#isClosed && first !== undefined && Buffer.compare(first.key, key) === 0) {
      return first.value;
    }
    const [value] = await this.getMany([key]);
    return value;
  }

  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    const { layout } = this.#parts;
    return this.#read((transaction) =>
      Promise.all(keys.map(async (key) => plain(await transaction.get(layout.dataKey(key))))),
    );
  }

  page(request: PageRequest): Promise<Page> {
    const { start, end, isReverse, rowCountMax, sizeBytesMax } = request;
    const { layout } = this.#parts;
    const [low, high] = [layout.dataKey(start), layout.dataEnd(end)];
    return this.#read(async (transaction) => {
      const rows: BackendRow[] = [];
      if (low.compare(high) >= 0) return { rows, hasMore: false };
      let sizeBytes = 0;
      const options = { limit: rowCountMax, reverse: isReverse };
      for await (const lot of transaction.getRangeBatch(low, high, options)) {
        for (const [key, value] of lot) {
          rows.push({ key: layout.keyIn(key), value: new Uint8Array(value) });
          sizeBytes += key.length - layout.headSizeBytes + value.length;
          if (sizeBytes >= sizeBytesMax) return { rows, hasMore: true };
        }
      }
      return { rows, hasMore: rows.length > 0 && rows.length >= rowCountMax };
    });
  }

  close(): void {
    this.#isClosed = true; // a version is kept for a few seconds, whoever reads it
  }

  #read<T>(use: (transaction: ClientTransaction) => Promise<T>): Promise<T> {
    if (this.#isClosed) return Promise.reject(new ClosedError('Snapshot is closed'));
    const { cluster, readVersion } = this.#parts;
    return cluster.read((transaction) => use(transaction.snapshot()), { version: readVersion });
  }
}

/** With memory of its own. */
export function plain(value: Buffer | undefined): Uint8Array | undefined {
  return value === undefined ? undefined : new Uint8Array(value);
}
