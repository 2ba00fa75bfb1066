/**
 * Results of a graph, as a stream.
 *
 * Owns: how results that are found in lots are handed out one by one, or all at once, and that a signal ends that.
 *
 * A stream is a plan: each iteration of it reads anew, in a view of its own. The view is open from the first step to the
 * end, so iterate to the end or leave the loop.
 *
 * Suspension: every step suspends.
 */
import { AbortedError } from '../index.ts';

/** Finds results in lots. Its `finally` closes what it has open. */
export type Lots<T> = AsyncGenerator<readonly T[], void, void>;

// Set by the class, whose private members nothing else can reach.
let construct: <T>(lots: () => Lots<T>) => GraphStream<T>;

/**
 * Results of a query or a traversal: `for await`, `all` and `first`. Each iteration reads anew, in one state of the graph.
 * In memory is one lot of results, and what the query says that it keeps.
 */
export class GraphStream<T> implements AsyncIterable<T> {
  readonly #lots: () => Lots<T>;

  private constructor(lots: () => Lots<T>) {
    this.#lots = lots;
  }

  static {
    construct = (lots) => new GraphStream(lots);
  }

  /** One result after the other. Leaving the loop ends the read. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, undefined, undefined> {
    for await (const lot of this.#lots()) yield* lot;
  }

  /**
   * All results, in one array.
   *
   * @example
   * await g.findNodesByLabel('Person').all(); // => [ 1, 2, 3 ]
   */
  async all(): Promise<T[]> {
    const found: T[] = [];
    for await (const lot of this.#lots()) for (const each of lot) found.push(each);
    return found;
  }

  /**
   * Up to `count` results from the first on.
   *
   * @example
   * await g.findNodesByLabel('Person').first(2); // => [ 1, 2 ]
   */
  async first(count: number): Promise<T[]> {
    const found: T[] = [];
    if (count <= 0) return found;
    for await (const lot of this.#lots()) {
      for (const each of lot) {
        found.push(each);
        if (found.length >= count) return found;
      }
    }
    return found;
  }
}

export function makeStream<T>(lots: () => Lots<T>): GraphStream<T> {
  return construct(lots);
}

/** The results of another stream, each in another form. */
export async function* mapLots<T, U>(lots: Lots<T>, map: (each: T) => U): Lots<U> {
  for await (const lot of lots) yield lot.map(map);
}

/** Throws AbortedError once the signal is aborted. */
export function mustGoOn(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new AbortedError('Read of a graph was aborted', { cause: signal.reason });
}

/** What the promise gives, or AbortedError as soon as the signal is aborted. */
export async function orAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined) return promise;
  promise.catch(() => undefined); // after the signal its failure goes unheard
  mustGoOn(signal);
  let stop = (): void => undefined;
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    await Promise.race([promise, aborted]);
    mustGoOn(signal);
    return await promise;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

const LINE_LOT_COUNT = 256;

/** Lines as they come, many at a time. Throws what `signal` says. */
export async function* inLots(
  lines: AsyncIterable<string>,
  signal: AbortSignal | undefined,
): Lots<string> {
  let lot: string[] = [];
  for await (const line of lines) {
    lot.push(line);
    if (lot.length < LINE_LOT_COUNT) continue;
    mustGoOn(signal);
    yield lot;
    lot = [];
  }
  mustGoOn(signal);
  yield lot;
}
