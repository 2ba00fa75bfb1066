/**
 * The copy of the catalog that a process keeps of a database on a backend.
 *
 * Owns: the rows of the catalog, and its number: a record that each commit to the catalog draws anew. Every commit names the
 * number that it knows as a guard. So no commit goes past a catalog that has changed: none is written to a keyspace that
 * another process has dropped, or without the entries of an index that another process has declared.
 *
 * Invariants:
 *   catalog-copy/of-one-snapshot: rows and number come from one snapshot.
 *   catalog-copy/never-back: the copy never becomes older. Example: it is read while a commit of this process adds a
 *       keyspace. What was read is from before, and is dropped.
 *   catalog-copy/no-commit-past: a commit that names another number than the newest has written nothing. The copy is read
 *       again, and the commit is made anew.
 *
 * Suspension: `refresh` suspends for the backend; calls of it that overlap share one.
 */
import { randomBytes } from 'node:crypto';
import { VALUE } from '../base/value-type.ts';
import { compareBytes, equalBytes, keySuccessor } from '../bytes/bytes.ts';
import { isInRange } from '../bytes/key-range.ts';
import { CATALOG_KIND, systemRange } from '../bytes/keyspace-number.ts';
import type { CatalogCopy } from '../store/contract.ts';
import type {
  Backend,
  BackendGuard,
  BackendRow,
  BackendSnapshot,
  BackendWrite,
} from './backend.ts';
import { CATALOG_NUMBER_KEY, rowOf } from './remote-records.ts';

const CATALOG = systemRange(CATALOG_KIND);
const PAGE_ROW_COUNT = 1024;
const PAGE_SIZE_BYTES = 1024 * 1024;

export class RemoteCatalog implements CatalogCopy {
  readonly #backend: Backend;
  readonly #noteVersion: (version: number) => void;
  #rows: readonly BackendRow[] = [];
  #number: Uint8Array | undefined = undefined;
  /** The commit that the copy is as of, or an earlier one. */
  #version = 0;
  #listeners: (() => void)[] = [];
  #refreshing: Promise<void> | undefined = undefined;

  constructor(backend: Backend, noteVersion: (version: number) => void) {
    this.#backend = backend;
    this.#noteVersion = noteVersion;
  }

  /** In the order of keys. */
  get rows(): readonly BackendRow[] {
    return this.#rows;
  }

  /** What every commit names (catalog-copy/no-commit-past). */
  get guard(): BackendGuard {
    return { key: CATALOG_NUMBER_KEY, value: this.#number };
  }

  onChanged(listener: () => void): void {
    this.#listeners.push(listener);
  }

  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  async #refresh(): Promise<void> {
    const snapshot = await this.#backend.snapshot({
      isolation: 'snapshot',
      isReadOnly: true,
      firstKey: CATALOG_NUMBER_KEY,
      signal: undefined,
    });
    try {
      const number = await snapshot.get(CATALOG_NUMBER_KEY);
      this.#noteVersion(snapshot.version);
      if (isSame(number, this.#number)) return;
      const rows = await rowsOf(snapshot);
      if (snapshot.version < this.#version) return; // catalog-copy/never-back
      this.#rows = rows;
      this.#number = number;
      this.#version = snapshot.version;
    } finally {
      snapshot.close();
    }
    this.#tell();
  }

  /** A number for a commit that changes the catalog. */
  static newNumber(): Uint8Array {
    const number = randomBytes(16);
    return rowOf(VALUE, number, 0, number.length);
  }

  /** Takes what a commit of this process has made of the catalog. */
  take(writes: readonly BackendWrite[], number: Uint8Array, version: number): void {
    this.#version = Math.max(this.#version, version);
    const rows = new Map(this.#rows.map((row) => [nameOf(row.key), row]));
    for (const { key, value } of writes) {
      if (!isInRange(CATALOG, key)) continue;
      if (value === undefined) rows.delete(nameOf(key));
      else rows.set(nameOf(key), { key, value });
    }
    this.#rows = [...rows.values()].sort((a, b) => compareBytes(a.key, b.key));
    this.#number = number;
  }

  /** Whether writes change the catalog. */
  static isChangedBy(writes: readonly BackendWrite[]): boolean {
    return writes.some(({ key }) => isInRange(CATALOG, key));
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

async function rowsOf(snapshot: BackendSnapshot): Promise<BackendRow[]> {
  const rows: BackendRow[] = [];
  let { start } = CATALOG;
  for (let hasMore = true; hasMore;) {
    const page = await snapshot.page({
      start,
      end: CATALOG.end,
      isReverse: false,
      rowCountMax: PAGE_ROW_COUNT,
      sizeBytesMax: PAGE_SIZE_BYTES,
    });
    rows.push(...page.rows);
    ({ hasMore } = page);
    const last = rows.at(-1);
    if (last !== undefined) start = keySuccessor(last.key);
  }
  return rows;
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b);
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key).toString('latin1');
}
