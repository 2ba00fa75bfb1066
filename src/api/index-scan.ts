/**
 * A scan over an index, as its user holds it.
 *
 * Owns: one pass over entries of an index, and the rows behind them, a lot at a time.
 *
 * Suspension: every method that returns a promise suspends when a block is not in memory, and for the event loop.
 */
import { INTERNAL, noConstructor } from './facade.ts';
import {
  filtered,
  makeRows,
  mapped,
  mustBeRowCount,
  type Rows,
  type RowSource,
  type Step,
  taken,
} from './rows.ts';

/** Gives up to `count` more results, fewer only at the end; `close` ends it early. */
export interface IndexScanSource<T> {
  nextMany(count: number): Promise<T[]>;
  close(): void;
}

// Set by the class, whose private members nothing else can reach.
let construct: <T>(source: IndexScanSource<T>) => IndexScan<T>;

/** Results of one step of `for await`. */
const LOT_COUNT = 64;
const ALL_COUNT = 1024;

/**
 * Results of an index in its order, as the database was when the scan was made. Made by `entries` and `keys` of an index.
 * Iterate it to its end, leave the loop, or close it: an open scan keeps memory and files.
 */
export class IndexScan<T> implements AsyncIterable<T> {
  readonly #source: IndexScanSource<T>;

  private constructor(token: symbol, source: IndexScanSource<T>) {
    if (token !== INTERNAL) throw noConstructor('IndexScan', 'keyspace.index(name).entries()');
    this.#source = source;
  }

  static {
    construct = (source) => new IndexScan(INTERNAL, source);
  }

  /** For `for await`. A step rejects as a read does, and with ClosedError after the database was closed. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, undefined> {
    try {
      for (;;) {
        const lot = await this.#source.nextMany(LOT_COUNT);
        yield* lot;
        if (lot.length < LOT_COUNT) return undefined;
      }
    } finally {
      this.close();
    }
  }

  /**
   * What the function makes of each result. A promise that it returns is waited for. The helpers read nothing before a step
   * asks for it, and close the scan with their own end.
   *
   * @example
   * await users.index('byCity').entries().map(({ values, key }) => `${values[0]}: ${key}`).first(); // => 'Graz: ada'
   */
  map<U>(transform: (result: T) => U | PromiseLike<U>): Rows<U> {
    return makeRows(mapped(this.#asSource(LOT_COUNT), transform));
  }

  /**
   * The results for which the function says something true. A promise that it returns is waited for.
   *
   * @example
   * await users.index('byCity').keys().filter((key) => key !== 'ada').all(); // => [ 'cyd', 'bob' ]
   */
  filter<U extends T>(test: (result: T) => result is U): Rows<U>;
  filter(test: (result: T) => unknown): Rows<T>;
  filter(test: (result: T) => unknown): Rows<T> {
    return makeRows(filtered(this.#asSource(LOT_COUNT), test));
  }

  /**
   * The first `count` results that are left; a whole number from 0, or Infinity. The scan is closed with the last of them.
   *
   * @example
   * await users.index('byCity').keys().take(2).all(); // => [ 'ada', 'cyd' ]
   */
  take(count: number): Rows<T> {
    return makeRows(taken(this.#asSource(Math.min(count, LOT_COUNT)), count));
  }

  /**
   * The next result; undefined when there is none. Ends the scan.
   *
   * @example
   * await users.index('byCity').keys({ reverse: true }).first(); // => 'bob'
   */
  async first(): Promise<T | undefined> {
    try {
      const [result] = await this.#source.nextMany(1);
      return result;
    } finally {
      this.close();
    }
  }

  /**
   * Up to `count` more results; fewer only at the end. `count` is a whole number from 1.
   *
   * @example
   * const scan = users.index('byCity').keys();
   * await scan.nextMany(2); // => [ 'ada', 'cyd' ]
   * scan.close();
   */
  async nextMany(count: number): Promise<T[]> {
    mustBeRowCount(count);
    return this.#source.nextMany(count);
  }

  /**
   * All that are left.
   *
   * @example
   * await users.index('byCity').keys({ prefix: ['Graz'] }).all(); // => [ 'ada', 'cyd' ]
   */
  async all(): Promise<T[]> {
    const results: T[] = [];
    for (;;) {
      const lot = await this.#source.nextMany(ALL_COUNT);
      for (const each of lot) results.push(each);
      if (lot.length < ALL_COUNT) return results;
    }
  }

  /**
   * Gives back what it holds. Idempotent.
   *
   * @example
   * const scan = users.index('byCity').keys();
   * scan.close();
   */
  close(): void {
    this.#source.close();
  }

  /** As `close`; for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** As `close`; for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  /** Results one by one, of lots that are read together. */
  #asSource(lotCount: number): RowSource<T> {
    let lot: T[] = [];
    let at = 0;
    let isLast = false;
    const close = (): void => {
      lot = [];
      isLast = true;
      this.close();
    };
    const next = (): Step<T> => {
      if (at < lot.length) return { done: false, value: lot[at++]! }; // below the length
      if (isLast) {
        close();
        return { done: true, value: undefined };
      }
      return this.#source.nextMany(lotCount).then(
        (more) => {
          if (isLast) return next(); // it was closed meanwhile
          lot = more;
          at = 0;
          isLast = more.length < lotCount;
          return next();
        },
        (error: unknown) => {
          close();
          throw error;
        },
      );
    };
    return { next, close };
  }
}

export function makeIndexScan<T>(source: IndexScanSource<T>): IndexScan<T> {
  return construct(source);
}
