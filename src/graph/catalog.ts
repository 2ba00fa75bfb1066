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
/** That of a catalog with indexes over edges, which versions before do not keep. */
const FORMAT_WITH_EDGES = 2;

/** What an index is over: a property of the nodes with a label, or of the edges of a type. */
export interface IndexTarget {
  readonly kind: 'node' | 'edge';
  /** The label, or the type. */
  readonly of: string;
  readonly property: string;
}

/** One property index, as the catalog has it. */
export interface IndexRecord extends IndexTarget {
  /** Its number, the first element of its keys; never given again. */
  readonly id: number;
  /** While it is built: the last node or edge whose entry is there, 0 for none. Absent once it is whole. */
  readonly builtTo?: number;
}

/** As it is stored. Format 1 has no `edgeIndexes`. */
interface StoredCatalog extends Omit<CatalogRecord, 'indexes'> {
  readonly format: number;
  readonly indexes: readonly StoredIndex[];
  readonly edgeIndexes?: readonly StoredIndex[];
}

interface StoredIndex {
  readonly id: number;
  readonly label?: string;
  readonly type?: string;
  readonly property: string;
  readonly builtTo?: number;
}

export interface CatalogRecord {
  readonly nextIndexId: number;
  /** Those over nodes and those over edges. */
  readonly indexes: readonly IndexRecord[];
  /** The number of the load that fills the graph: what is in it counts once this is gone (bulk-load.ts). */
  readonly loading?: number;
  /** How many loads have begun. */
  readonly loads?: number;
}

const EMPTY: CatalogRecord = { nextIndexId: 1, indexes: [] };

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

export function encodeCatalog({ indexes, ...rest }: CatalogRecord): string {
  const ofNodes = indexes.filter(({ kind }) => kind === 'node');
  const ofEdges = indexes.filter(({ kind }) => kind === 'edge');
  const stored: StoredCatalog = {
    format: ofEdges.length === 0 ? FORMAT : FORMAT_WITH_EDGES,
    ...rest,
    indexes: ofNodes.map(({ kind: _, of, ...index }) => ({ ...index, label: of })),
    ...(ofEdges.length > 0 && {
      edgeIndexes: ofEdges.map(({ kind: _, of, ...index }) => ({ ...index, type: of })),
    }),
  };
  return JSON.stringify(stored);
}

function decodeCatalog(text: string): CatalogRecord {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (error) {
    throw new CorruptionError('Catalog of a graph is no JSON', { cause: error });
  }
  const { format, indexes, edgeIndexes = [], ...rest } = record as StoredCatalog;
  if (format !== FORMAT && format !== FORMAT_WITH_EDGES) {
    throw new IncompatibleFormatError(
      `Graph was written by a newer version: format=${String(format)} known=${FORMAT_WITH_EDGES}`,
    );
  }
  const ofNodes = indexes.map(({ label, ...index }) => indexRecord('node', label, index));
  const ofEdges = edgeIndexes.map(({ type, ...index }) => indexRecord('edge', type, index));
  return { ...rest, indexes: [...ofNodes, ...ofEdges] };
}

function indexRecord(
  kind: IndexTarget['kind'],
  of: string | undefined,
  index: Omit<StoredIndex, 'label' | 'type'>,
): IndexRecord {
  if (of === undefined) throw new CorruptionError('Index of a graph has no label and no type');
  return { ...index, kind, of };
}

/** The index over a property. */
export function indexOf({ indexes }: CatalogRecord, target: IndexTarget): IndexRecord | undefined {
  const { kind, of, property } = target;
  return indexes.find((each) => each.kind === kind && each.of === of && each.property === property);
}

/** An index as messages show it. */
export function shownIndex({ kind, of, property }: IndexTarget): string {
  return `${kind === 'node' ? 'label' : 'type'}=${of} property=${property}`;
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
