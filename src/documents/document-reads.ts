/**
 * The reads of a collection, and of one in a transaction.
 *
 * Owns: the calls that only read.
 *
 * Suspension: every method that returns a promise suspends for blocks.
 */
import type { Snapshot } from '../index.ts';
import { accessesOf } from './access.ts';
import { mustBeId } from './codec.ts';
import type { KnownIndex } from './document-index.ts';
import { type Document, explanationOf, type Explanation, Found } from './found.ts';
import { parseQuery, type Query, QueryRun } from './query.ts';
import type { Rows, Stored } from './rows.ts';
import { EVERYTHING, parseWhere, type Where } from './where.ts';

/** Options of a read. */
export interface DocumentReadOptions {
  /** Reads as of this snapshot of the database. In a transaction there is none: it has its own. */
  readonly snapshot?: Snapshot;
}

/** Options of `find`. */
export interface FindOptions<T> extends Query<T>, DocumentReadOptions {}

export interface ReadSource {
  readonly name: string;
  readonly indexes: readonly KnownIndex[];
  get(id: string, options: DocumentReadOptions | undefined): Promise<Stored | undefined>;
  getMany(
    ids: readonly string[],
    options: DocumentReadOptions | undefined,
  ): Promise<(Stored | undefined)[]>;
  rows(options: DocumentReadOptions | undefined): Rows;
}

/**
 * What a collection and a collection in a transaction both do. Reads fail as those of the database do: with ClosedError after
 * its end, with DecodingError, whose `cause` is a DocumentError, for a document that cannot be migrated.
 */
export class DocumentReads<T> {
  readonly #source: ReadSource;

  protected constructor(source: unknown);
  protected constructor(source: ReadSource) {
    this.#source = source;
  }

  /** The name of the collection. */
  get name(): string {
    return this.#source.name;
  }

  /**
   * A document by its id, or undefined.
   *
   * @example
   * await notes.get('a'); // => { day: 1, text: 'one', id: 'a' }
   */
  async get(id: string, options?: DocumentReadOptions): Promise<Document<T> | undefined> {
    const document = await this.#source.get(mustBeId(id), options);
    return document as Document<T> | undefined;
  }

  /**
   * Documents by their ids, in that order, as of one moment; undefined for each that is absent.
   *
   * @example
   * (await notes.getMany(['a', 'nothing'])).map((note) => note?.day); // => [ 1, undefined ]
   */
  async getMany(
    ids: readonly string[],
    options?: DocumentReadOptions,
  ): Promise<(Document<T> | undefined)[]> {
    const documents = await this.#source.getMany(ids.map(mustBeId), options);
    return documents as (Document<T> | undefined)[];
  }

  /**
   * The documents that match. The order, and which ones a limit leaves, follow from the query alone, never from the indexes
   * that there are. Throws a DocumentError: `INVALID_QUERY`, `INVALID_CURSOR`, `OTHER_CURSOR`.
   *
   * @example
   * for await (const { id, day } of notes.find({ where: { day: { gte: 1 } }, orderBy: 'day' })) console.log(id, day);
   * // => a 1
   * // => b 2
   */
  find(query: FindOptions<T> = {}): Found<T> {
    const source = this.#source;
    const parsed = parseQuery(source.name, query as FindOptions<never>);
    const begin = (): { run: QueryRun; close: () => void } => {
      const rows = source.rows(query);
      return { run: new QueryRun(rows, source.indexes, parsed), close: () => rows.close() };
    };
    return new Found<T>({ begin, query: parsed });
  }

  /**
   * The first document that matches, in the order of the query; undefined when none does.
   *
   * @example
   * (await notes.first({ where: { day: 2 } })).id; // => 'b'
   */
  async first(query: Omit<FindOptions<T>, 'limit'> = {}): Promise<Document<T> | undefined> {
    const [document] = await this.find({ ...query, limit: 1 }).all();
    return document;
  }

  /**
   * How many documents match. Reads no document where an index alone tells.
   *
   * @example
   * await notes.count({ day: { gt: 1 } }); // => 1
   */
  async count(where?: Where<T>, options?: DocumentReadOptions): Promise<number> {
    const condition = where === undefined ? EVERYTHING : parseWhere(where);
    const { indexes, name } = this.#source;
    const rows = this.#source.rows(options);
    try {
      if (condition === EVERYTHING) return await countOf(rows);
      const exact = accessesOf(condition, indexes).find(
        (access) =>
          access.kind === 'index' && access.isExact && rows.isIndexReady(access.index.name),
      );
      if (exact?.kind === 'index') {
        const { index, ranges } = exact;
        let count = 0;
        for (const range of ranges) {
          count += await rows.indexCount(index.name, range, ranges.length === 1);
        }
        return count;
      }
      const query = { ...parseQuery(name), condition };
      const run = new QueryRun(rows, indexes, query);
      let count = 0;
      for await (const lot of run.lots()) count += lot.length;
      return count;
    } finally {
      rows.close();
    }
  }

  /**
   * Runs a query, and tells how.
   *
   * @example
   * const { plan, indexes, examinedCount } = await notes.explain({ where: { day: 2 } });
   * [plan, indexes, examinedCount]; // => [ 'index-order', [ 'byDay' ], 1 ]
   */
  async explain(query: FindOptions<T> = {}): Promise<Explanation> {
    const { name, indexes } = this.#source;
    const parsed = parseQuery(name, query as FindOptions<never>);
    const rows = this.#source.rows(query);
    try {
      const run = new QueryRun(rows, indexes, parsed);
      for await (const _ of run.lots()); // to its end
      return explanationOf(run);
    } finally {
      rows.close();
    }
  }
}

const COUNT_LOT = 1024;

async function countOf(rows: Rows): Promise<number> {
  const scan = rows.keys({});
  try {
    for (let count = 0; ;) {
      const { length } = await scan.nextMany(COUNT_LOT);
      count += length;
      if (length < COUNT_LOT) return count;
    }
  } finally {
    scan.close();
  }
}
