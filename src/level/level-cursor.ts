/**
 * The way of one iterator of Level over a scan of Varve.
 *
 * Owns: the snapshot that an iterator sees, the scan that it steps, and its end.
 *
 * Invariants:
 *   level-cursor/one-snapshot: all that an iterator yields is of one moment: that of its making, or of the snapshot that it
 *       was given. A seek after the end goes on in the same moment.
 *   level-cursor/lent-snapshot: a snapshot that was given is the caller's to close.
 *
 * A scan of Varve ends for good, and an iterator of Level can be sought after its end. So the cursor makes a new scan
 * then.
 *
 * Suspension: `next` and `nextMany` suspend for a block that is not in memory, and every few milliseconds.
 */
import type { AbstractSnapshot } from 'abstract-level';
import type { Keyspace, RangeOptions, Scan, Snapshot } from '../index.ts';
import { bytesOf, type Format, formatted, type Formatted } from './formats.ts';
import { abortedBy, levelError } from './level-error.ts';
import { isWithin, type LevelBounds, rangeOf } from './level-range.ts';
import { snapshotIn } from './level-snapshot.ts';

/** Options of an iterator as abstract-level hands them down: encoded, with the formats of what it wants. */
export interface LevelScanOptions extends LevelBounds {
  readonly reverse: boolean;
  readonly limit: number;
  readonly keyEncoding: Format;
  readonly valueEncoding: Format;
  readonly keys?: boolean;
  readonly values?: boolean;
  readonly signal?: AbortSignal | null;
  readonly snapshot?: AbstractSnapshot;
}

/** Where an iterator reads. */
export interface LevelSource {
  readonly keyspace: Keyspace;
  snapshot(): Snapshot;
}

/** How rows of one kind are read and handed out. */
export interface RowKind<Row, Item> {
  readonly scan: (keyspace: Keyspace, options: ScanRequest) => Scan<Uint8Array, Row>;
  readonly item: (row: Row, options: LevelScanOptions) => Item;
}

interface ScanRequest extends RangeOptions<Uint8Array> {
  readonly reverse: boolean;
  readonly snapshot: Snapshot;
}

export const KEYS: RowKind<Uint8Array, Formatted> = {
  scan: (keyspace, options) => keyspace.keys(options),
  item: (key, { keyEncoding }) => formatted(key, keyEncoding),
};

export const VALUES: RowKind<Uint8Array, Formatted> = {
  scan: (keyspace, options) => keyspace.values(options),
  item: (value, { valueEncoding }) => formatted(value, valueEncoding),
};

/** An entry as abstract-level decodes it; undefined for the half that was not asked for. */
export type LevelEntry = [Formatted | undefined, Formatted | undefined];

const ENTRIES: RowKind<[Uint8Array, Uint8Array], LevelEntry> = {
  scan: (keyspace, options) => keyspace.entries(options),
  item: ([key, value], { keyEncoding, valueEncoding }) => [
    formatted(key, keyEncoding),
    formatted(value, valueEncoding),
  ],
};

const ENTRIES_WITHOUT_VALUES: RowKind<Uint8Array, LevelEntry> = {
  scan: KEYS.scan,
  item: (key, { keyEncoding }) => [formatted(key, keyEncoding), undefined],
};

const ENTRIES_WITHOUT_KEYS: RowKind<Uint8Array, LevelEntry> = {
  scan: VALUES.scan,
  item: (value, { valueEncoding }) => [undefined, formatted(value, valueEncoding)],
};

/** A cursor without its kind of rows. */
export interface LevelCursor<Item> {
  next(): Promise<Item | undefined>;
  nextMany(size: number): Promise<Item[]>;
  seek(target: Formatted): void;
  close(): void;
}

/** A cursor over entries, which reads only the halves that the options ask for. */
export function entryCursor(
  source: LevelSource,
  options: LevelScanOptions,
): LevelCursor<LevelEntry> {
  if (options.values === false) return new RowCursor(source, options, ENTRIES_WITHOUT_VALUES);
  if (options.keys === false) return new RowCursor(source, options, ENTRIES_WITHOUT_KEYS);
  return new RowCursor(source, options, ENTRIES);
}

/** A cursor over keys or values. */
export function cursorOver<Row, Item>(
  source: LevelSource,
  options: LevelScanOptions,
  kind: RowKind<Row, Item>,
): LevelCursor<Item> {
  return new RowCursor(source, options, kind);
}

/** Rows that `nextMany` takes before it looks at its signal again. */
const ROWS_BETWEEN_LOOKS = 1000;

class RowCursor<Row, Item> implements LevelCursor<Item> {
  readonly #keyspace: Keyspace;
  readonly #options: LevelScanOptions;
  readonly #kind: RowKind<Row, Item>;
  readonly #range: RangeOptions<Uint8Array>;
  readonly #snapshot: Snapshot;
  readonly #isOwnSnapshot: boolean;
  readonly #signal: AbortSignal | undefined;
  #scan: Scan<Uint8Array, Row> | undefined = undefined;
  #steps: AsyncIterator<Row, undefined> | undefined = undefined;
  /** Where the next scan begins; undefined for the start of the range. */
  #target: Uint8Array | undefined = undefined;
  /** Nothing more until a seek. */
  #isAtEnd = false;

  constructor(source: LevelSource, options: LevelScanOptions, kind: RowKind<Row, Item>) {
    const given = snapshotIn(options);
    this.#keyspace = source.keyspace;
    this.#options = options;
    this.#kind = kind;
    this.#range = rangeOf(options);
    this.#snapshot = given ?? source.snapshot();
    this.#isOwnSnapshot = given === undefined;
    this.#signal = options.signal ?? undefined;
  }

  async next(): Promise<Item | undefined> {
    if (this.#isAtEnd) return undefined;
    try {
      this.#steps ??= this.#openScan()[Symbol.asyncIterator]();
      const { done, value } = await this.#steps.next();
      this.#mustGoOn();
      if (done !== true) return this.#kind.item(value, this.#options);
      this.#end();
      return undefined;
    } catch (error) {
      throw levelError(error);
    }
  }

  async nextMany(size: number): Promise<Item[]> {
    const items: Item[] = [];
    try {
      while (items.length < size && !this.#isAtEnd) {
        const count = Math.min(size - items.length, ROWS_BETWEEN_LOOKS);
        const rows = await this.#openScan().nextMany(count);
        this.#mustGoOn();
        for (const row of rows) items.push(this.#kind.item(row, this.#options));
        if (rows.length < count) this.#end();
      }
    } catch (error) {
      throw levelError(error);
    }
    return items;
  }

  seek(target: Formatted): void {
    const bytes = bytesOf(target);
    this.#end();
    if (!isWithin(bytes, this.#range)) return;
    this.#target = bytes.slice(); // the caller may use its memory again
    this.#isAtEnd = false;
  }

  close(): void {
    this.#end();
    if (this.#isOwnSnapshot) this.#snapshot.close();
  }

  #openScan(): Scan<Uint8Array, Row> {
    if (this.#scan !== undefined) return this.#scan;
    const { reverse } = this.#options;
    const range = this.#target === undefined ? this.#range : this.#rangeFrom(this.#target);
    this.#scan = this.#kind.scan(this.#keyspace, { ...range, reverse, snapshot: this.#snapshot });
    return this.#scan;
  }

  /** The target is within the range, so it is the tighter bound on its side. */
  #rangeFrom(target: Uint8Array): RangeOptions<Uint8Array> {
    return this.#options.reverse
      ? { ...this.#range, lte: target }
      : { ...this.#range, gte: target };
  }

  #mustGoOn(): void {
    if (this.#signal?.aborted === true) throw abortedBy(this.#signal);
  }

  #end(): void {
    this.#scan?.close();
    this.#scan = undefined;
    this.#steps = undefined;
    this.#isAtEnd = true;
  }
}
