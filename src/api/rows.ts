/**
 * Rows that helpers make of a scan: `map`, `filter`, `take`.
 *
 * Owns: how a step of one helper becomes a step of the next, and that the scan below ends with them.
 *
 * A helper keeps no rows. A step asks the scan for one row at a time, at once where the row is at hand. It waits where the
 * scan waits, for a block or for the event loop, and where a function of the caller does. Example: `filter` that passes one
 * row in a thousand makes one promise for the thousand.
 *
 * Invariants:
 *   rows/closes: the scan is closed when its rows end: after the last row of `take`, at a failure, when a loop is left.
 *   rows/reads-no-more: no row is read that no step has asked for. A serializable transaction notes no other. An
 *       index is read a lot at a time.
 *   rows/one-step-at-a-time: steps do not overlap. A step that is asked for while another one waits comes after it.
 *
 * Suspension: making a helper never suspends. Steps do, as said above.
 */
import { describe, rejected } from '../base/describe.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import { isThenable } from '../base/thenable.ts';
import { INTERNAL, noConstructor } from './facade.ts';

/** The next row, or a promise of it where it has to be waited for. */
export type Step<T> = IteratorResult<T, undefined> | Promise<IteratorResult<T, undefined>>;

/** What rows come from. A step that fails throws or rejects, and has closed the source. */
export interface RowSource<T> {
  next(this: void): Step<T>;
  /** Idempotent. Later steps find the end. */
  close(this: void): void;
}

/** An iterator that a `for await` loop takes, with the helpers of the language where it has them. */
export type RowIterator<T> = AsyncIterator<T, undefined> & AsyncIterable<T>;

/** The same for `for`. */
export type SyncRowIterator<T> = Iterator<T, undefined> & Iterable<T>;

/** A row that a filter leaves out. */
const LEFT_OUT = Symbol('left out');

async function* noRows(): AsyncGenerator<never, undefined> {}

// Set by the class, whose private members nothing else can reach.
let construct: <T>(source: RowSource<T>) => Rows<T>;

/**
 * Rows of a scan that went through `map`, `filter` or `take`. Made by these of a scan, or of other such rows. Nothing is read
 * before a step asks for it. Iterate them to their end, leave the loop, or close them: that closes the scan.
 *
 * A step rejects as one of the scan does, and with what a function of yours throws, which ends the scan.
 *
 * @example
 * const names = await db.values({ prefix: 'user:' }).filter((user) => user.isActive).map((user) => user.name).take(10).all();
 */
export class Rows<T> implements AsyncIterable<T> {
  readonly #source: RowSource<T>;
  /** Settles with the step that waits (rows/one-step-at-a-time). */
  #waiting: Promise<unknown> | undefined = undefined;

  private constructor(token: symbol, source: RowSource<T>) {
    if (token !== INTERNAL) throw noConstructor('Rows', 'map, filter or take of a scan');
    this.#source = source;
  }

  static {
    construct = (source) => new Rows(INTERNAL, source);
  }

  /**
   * What the function makes of each row. A promise that it returns is waited for. Throws InvalidArgumentError.
   *
   * @example
   * await accounts.entries().take(5).map(([key]) => key.toUpperCase()).all(); // => [ 'ALICE', 'BOB' ]
   */
  map<U>(transform: (row: T) => U | PromiseLike<U>): Rows<U> {
    return construct(mapped(this.#asSource(), transform));
  }

  /**
   * The rows for which the function says something true. A promise that it returns is waited for. Throws InvalidArgumentError.
   *
   * @example
   * await accounts.keys().map((key) => key.length).filter((length) => length > 3).all(); // => [ 5 ]
   */
  filter<U extends T>(test: (row: T) => row is U): Rows<U>;
  filter(test: (row: T) => unknown): Rows<T>;
  filter(test: (row: T) => unknown): Rows<T> {
    return construct(filtered(this.#asSource(), test));
  }

  /**
   * The first `count` rows; a whole number from 0, or Infinity. The scan is closed with the last of them.
   *
   * @example
   * await accounts.values().filter(({ balance }) => balance > 0).take(1).all(); // => [ { balance: 100 } ]
   */
  take(count: number): Rows<T> {
    return construct(taken(this.#asSource(), count));
  }

  /**
   * The next row; undefined when there is none. Closes the rest.
   *
   * @example
   * await accounts.values().map(({ balance }) => balance).first(); // => 100
   */
  async first(): Promise<T | undefined> {
    try {
      const [row] = await this.nextMany(1);
      return row;
    } finally {
      this.close();
    }
  }

  /** For `for await`. Leaving the loop closes the scan. */
  [Symbol.asyncIterator](): RowIterator<T> {
    const next = (): Promise<IteratorResult<T, undefined>> => {
      try {
        return Promise.resolve(this.#step());
      } catch (error) {
        return rejected(error);
      }
    };
    return rowIterator(next, () => this.close());
  }

  /**
   * Up to `count` more rows; fewer only at the end. `count` is a whole number from 1.
   *
   * @example
   * const rows = accounts.values().map(({ balance }) => balance);
   * await rows.nextMany(1); // => [ 100 ]
   * rows.close();
   */
  async nextMany(count: number): Promise<T[]> {
    mustBeRowCount(count);
    return this.#upTo(count);
  }

  /**
   * All rows that are left, in one array.
   *
   * @example
   * await accounts.keys().map((key) => key.length).all(); // => [ 5, 3 ]
   */
  all(): Promise<T[]> {
    return this.#upTo(Infinity);
  }

  /**
   * Closes the scan. Idempotent. Later steps find the end.
   *
   * @example
   * const rows = accounts.keys().filter((key) => key !== 'alice');
   * rows.close(); // closes the scan
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

  async #upTo(count: number): Promise<T[]> {
    const rows: T[] = [];
    while (rows.length < count) {
      const step = this.#step();
      const result = step instanceof Promise ? await step : step;
      if (result.done === true) break;
      rows.push(result.value);
    }
    return rows;
  }

  #step(): Step<T> {
    if (this.#waiting !== undefined) return this.#waiting.then(() => this.#step());
    const step = this.#source.next();
    if (step instanceof Promise) {
      const settled = (): void => void (this.#waiting = undefined);
      this.#waiting = step.then(settled, settled);
    }
    return step;
  }

  #asSource(): RowSource<T> {
    return { next: () => this.#step(), close: () => this.close() };
  }
}

export function makeRows<T>(source: RowSource<T>): Rows<T> {
  return construct(source);
}

/** A source as a `for await` loop takes it. */
class AsyncSteps<T> {
  readonly next: () => Promise<IteratorResult<T, undefined>>;
  readonly #close: () => void;

  constructor(next: () => Promise<IteratorResult<T, undefined>>, close: () => void) {
    this.next = next;
    this.#close = close;
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#close();
    return Promise.resolve({ done: true, value: undefined });
  }
}

/** A source as a `for` loop takes it. */
class Steps<T> {
  readonly next: () => IteratorResult<T, undefined>;
  readonly #close: () => void;

  constructor(next: () => IteratorResult<T, undefined>, close: () => void) {
    this.next = next;
    this.#close = close;
  }

  return(): IteratorResult<T, undefined> {
    this.#close();
    return { done: true, value: undefined };
  }
}

// As all iterators of the runtime: they are iterable, and have its helpers where it has some.
Object.setPrototypeOf(AsyncSteps.prototype, ancestorOf(noRows(), 3));
Object.setPrototypeOf(Steps.prototype, ancestorOf([].values(), 2));

function ancestorOf(object: object, generationCount: number): object {
  const parent = Reflect.getPrototypeOf(object)!; // these objects have as many
  return generationCount === 1 ? parent : ancestorOf(parent, generationCount - 1);
}

export function rowIterator<T>(
  next: () => Promise<IteratorResult<T, undefined>>,
  close: () => void,
): RowIterator<T> {
  return new AsyncSteps(next, close) as unknown as RowIterator<T>; // the prototype has the rest
}

export function syncRowIterator<T>(
  next: () => IteratorResult<T, undefined>,
  close: () => void,
): SyncRowIterator<T> {
  return new Steps(next, close) as unknown as SyncRowIterator<T>; // the prototype has the rest
}

/** Throws InvalidArgumentError for what is no count of rows to step on by. */
export function mustBeRowCount(count: number): void {
  if (Number.isInteger(count) && count >= 1) return;
  throw new InvalidArgumentError(`Count must be a positive integer: found=${describe(count)}`);
}

/** The source of `map`. Throws InvalidArgumentError, and closes the source, for what is no function. */
export function mapped<T, U>(
  source: RowSource<T>,
  transform: (row: T) => U | PromiseLike<U>,
): RowSource<U> {
  mustBeFunction(source, transform);
  return piped(source, transform);
}

/** The source of `filter`. Throws as `mapped`. */
export function filtered<T>(source: RowSource<T>, test: (row: T) => unknown): RowSource<T> {
  mustBeFunction(source, test);
  return piped(source, (row) => {
    const passes = test(row);
    if (!isThenable(passes)) return passes ? row : LEFT_OUT;
    return Promise.resolve(passes).then((does) => (does ? row : LEFT_OUT));
  });
}

/** The source of `take`. Throws InvalidArgumentError, and closes the source, for a count that is none. */
export function taken<T>(source: RowSource<T>, count: number): RowSource<T> {
  if (count !== Infinity && !(Number.isInteger(count) && count >= 0)) {
    source.close();
    throw new InvalidArgumentError(
      `Count must be a whole number from 0, or Infinity: found=${describe(count)}`,
    );
  }
  let left = count;
  const took = (result: IteratorResult<T, undefined>): IteratorResult<T, undefined> => {
    if (--left === 0) source.close(); // rows/closes
    return result;
  };
  const next = (): Step<T> => {
    if (left === 0) {
      source.close();
      return { done: true, value: undefined };
    }
    const step = source.next();
    return step instanceof Promise ? step.then(took) : took(step);
  };
  return { next, close: source.close };
}

/** Rows through a function that may leave some out, and may wait. */
function piped<T, U>(
  source: RowSource<T>,
  apply: (row: T) => U | typeof LEFT_OUT | PromiseLike<U | typeof LEFT_OUT>,
): RowSource<U> {
  const failed = (error: unknown): never => {
    source.close(); // rows/closes
    throw error;
  };
  const applied = (step: Step<T>): Step<U | typeof LEFT_OUT> => {
    if (step instanceof Promise) return step.then(applied);
    if (step.done === true) return step;
    try {
      const made = apply(step.value);
      if (!isThenable(made)) return { done: false, value: made as U | typeof LEFT_OUT }; // it is no promise
      return Promise.resolve(made).then((value) => ({ done: false, value }), failed);
    } catch (error) {
      return failed(error);
    }
  };
  /** From the first wait of a step on. A chain of promises would grow with the rows that are left out. */
  const later = async (
    waiting: Step<U | typeof LEFT_OUT>,
  ): Promise<IteratorResult<U, undefined>> => {
    let step = waiting;
    for (;;) {
      const result = step instanceof Promise ? await step : step;
      if (isShown(result)) return result;
      step = applied(source.next());
    }
  };
  const next = (): Step<U> => {
    for (;;) {
      const step = applied(source.next());
      if (step instanceof Promise) return later(step);
      if (isShown(step)) return step;
    }
  };
  return { next, close: source.close };
}

function isShown<U>(
  result: IteratorResult<U | typeof LEFT_OUT, undefined>,
): result is IteratorResult<U, undefined> {
  return result.done === true || result.value !== LEFT_OUT;
}

function mustBeFunction(source: { close(this: void): void }, given: unknown): void {
  if (typeof given === 'function') return;
  source.close();
  throw new InvalidArgumentError(`Helper of a scan needs a function: found=${describe(given)}`);
}
