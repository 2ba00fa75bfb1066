/**
 * The documents that a query finds, as its user holds them.
 *
 * Owns: streams, lists and pages of one query.
 *
 * Suspension: every method that returns a promise suspends for blocks.
 */
import type { ParsedQuery, QueryRun } from './query.ts';

/** A document as it is read: its fields, and its id. */
export type Document<T> = T & {
  /** Unique in the collection. */
  readonly id: string;
};

/** Some documents in the order of their query, and where the next ones begin. */
export interface Page<T> {
  /** At most `limit` of them. */
  readonly documents: Document<T>[];
  /** For `after` of the same query; undefined when there are no more. */
  readonly cursor: string | undefined;
}

/** What a query did. */
export interface Explanation {
  /**
   * `none`: no document can match. `scan`: all documents, or those of a range of ids. `ids`: those that the condition names.
   * `index`, `union`, `intersection`: ids by one index, by the indexes of an `or`, or that several have in common.
   * `index-order`: one index, in the order that is asked for.
   */
  readonly plan: 'none' | 'scan' | 'ids' | 'index' | 'union' | 'intersection' | 'index-order';
  /** The indexes that it reads by. */
  readonly indexes: readonly string[];
  /** Whether the documents had to be sorted. */
  readonly isSorted: boolean;
  /** Entries of indexes that were read to find ids, those of ways that were not taken among them. */
  readonly entryCount: number;
  /** Documents that were read. */
  readonly examinedCount: number;
  /** Documents that were found. */
  readonly returnedCount: number;
}

/** Begins a run, and ends it. */
export interface Runs {
  begin(): { readonly run: QueryRun; readonly close: () => void };
  readonly query: ParsedQuery;
}

/**
 * The documents of a query. Nothing is read before they are asked for; each of the calls reads anew, as of its own beginning.
 * Leave a loop early by `break` or `return`: it then gives back its snapshot.
 */
export class Found<T> implements AsyncIterable<Document<T>> {
  readonly #runs: Runs;

  /** Made by `find`. */
  constructor(runs: unknown);
  constructor(runs: Runs) {
    this.#runs = runs;
  }

  /** For `for await`: one document after the other, while more are read. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Document<T>, undefined> {
    const { run, close } = this.#runs.begin();
    try {
      for await (const lot of run.lots()) yield* lot as unknown as Document<T>[];
      return undefined;
    } finally {
      close();
    }
  }

  /**
   * All of them.
   *
   * @example
   * (await notes.find().all()).map(({ id }) => id); // => [ 'a', 'b' ]
   */
  async all(): Promise<Document<T>[]> {
    return (await this.#all()).documents;
  }

  /**
   * Those up to the limit, and a cursor for the next ones. It stays good while others write.
   *
   * @example
   * const first = await notes.find({ orderBy: 'day', limit: 1 }).page();
   * const second = await notes.find({ orderBy: 'day', limit: 1, after: first.cursor }).page();
   * second.documents.map(({ id }) => id); // => [ 'b' ]
   */
  async page(): Promise<Page<T>> {
    const { documents, run } = await this.#all();
    const last = documents.at(-1);
    const isFull = last !== undefined && documents.length === this.#runs.query.limit;
    const cursor = isFull ? run.cursorAt(last) : undefined;
    return { documents, cursor };
  }

  async #all(): Promise<{ documents: Document<T>[]; run: QueryRun }> {
    const { run, close } = this.#runs.begin();
    const documents: Document<T>[] = [];
    try {
      for await (const lot of run.lots()) {
        for (const document of lot) documents.push(document as unknown as Document<T>);
      }
      return { documents, run };
    } finally {
      close();
    }
  }
}

/** What a run did that has come to its end. */
export function explanationOf({ plan, examinedCount, returnedCount }: QueryRun): Explanation {
  const counts = { examinedCount, returnedCount };
  switch (plan?.kind) {
    case undefined:
    case 'none':
      return { plan: 'none', indexes: [], isSorted: false, entryCount: 0, ...counts };
    case 'scan':
      return { plan: 'scan', indexes: [], isSorted: !plan.isOrdered, entryCount: 0, ...counts };
    case 'ordered': {
      const indexes = [plan.access.index.name];
      return { plan: 'index-order', indexes, isSorted: false, entryCount: 0, ...counts };
    }
    case 'ids': {
      const { how, indexes, isOrdered, entryCount } = plan;
      return { plan: how, indexes, isSorted: !isOrdered, entryCount, ...counts };
    }
  }
}
