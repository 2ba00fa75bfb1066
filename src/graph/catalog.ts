/**
 * The catalog of a graph: its format, its property indexes, and whether a load is under way.
 *
 * Owns: the record of it, and what a record of a newer version means. Each write reads it in its own snapshot, so that
 * no handle knows other indexes than another. It is one short text, which is decoded again only when it has changed.
 *
 * Suspension: everything here is synchronous.
 */
import { CorruptionError, IncompatibleFormatError, InvalidArgumentError } from '../index.ts';

export const CATALOG = 'catalog';
const FORMAT = 1;

/** One property index, as the catalog has it. */
export interface IndexRecord {
  /** Its number, the first element of its keys; never given again. */
  readonly id: number;
  readonly label: string;
  readonly property: string;
  /** While it is built: the last node whose entry is there, 0 for none. Absent once it is whole. */
  readonly builtTo?: number;
}

export interface CatalogRecord {
  readonly format: number;
  readonly nextIndexId: number;
  readonly indexes: readonly IndexRecord[];
  /** The number of the load that fills the graph: what is in it counts once this is gone (bulk-load.ts). */
  readonly loading?: number;
  /** How many loads have begun. */
  readonly loads?: number;
}

const EMPTY: CatalogRecord = { format: FORMAT, nextIndexId: 1, indexes: [] };

/** Decodes the record of the catalog, and remembers the last one by its text. */
export class CatalogReader {
  #text: string | undefined = undefined;
  #record: CatalogRecord = EMPTY;

  /** Throws IncompatibleFormatError for that of a newer version, and CorruptionError for what is none. */
  read(text: string | undefined): CatalogRecord {
    if (text === this.#text) return this.#record;
    this.#record = text === undefined ? EMPTY : decodeCatalog(text);
    this.#text = text;
    return this.#record;
  }

  /** As `read`, for a write: refuses a graph that is being loaded. */
  readForWrite(text: string | undefined): CatalogRecord {
    const record = this.read(text);
    if (record.loading === undefined) return record;
    throw new InvalidArgumentError(
      'Graph is being loaded, or its load was cut off: wait for its end, or clear it',
    );
  }
}

export function encodeCatalog(record: CatalogRecord): string {
  return JSON.stringify(record);
}

function decodeCatalog(text: string): CatalogRecord {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (error) {
    throw new CorruptionError('Catalog of a graph is no JSON', { cause: error });
  }
  const { format } = record as CatalogRecord;
  if (format === FORMAT) return record as CatalogRecord;
  throw new IncompatibleFormatError(
    `Graph was written by a newer version: format=${String(format)} known=${FORMAT}`,
  );
}

/** The index over a property of the nodes with a label. */
export function indexOf(
  { indexes }: CatalogRecord,
  label: string,
  property: string,
): IndexRecord | undefined {
  return indexes.find((each) => each.label === label && each.property === property);
}

/** The record with one index put in place of that of the same number, or taken out. */
export function withIndex(
  record: CatalogRecord,
  id: number,
  index: IndexRecord | undefined,
): CatalogRecord {
  const others = record.indexes.filter((each) => each.id !== id);
  return { ...record, indexes: index === undefined ? others : [...others, index] };
}
