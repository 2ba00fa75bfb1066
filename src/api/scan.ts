/**
 * A scan, as its user holds it.
 *
 * Owns: one pass over a visible cursor, for `for`, for `for await`, and in batches; limit and direction; and that the
 * cursor's resources go back exactly once.
 *
 * The scan shows the database as it was when the scan was made. Later writes do not change it. Iterate it to its end,
 * leave the loop, or close it: until then it holds memory and files. The synchronous and the asynchronous form step the
 * same cursor. `for await` suspends once a block, not once an entry, and every few milliseconds for the event loop.
 *
 * Invariants:
 *   scan/closed-once: `onClose` runs once, and no step touches the cursor after it.
 *   scan/one-step-at-a-time: steps do not overlap. A `next` called while another step loads a block waits for it.
 *
 * Suspension: steps of `for` and `seek` never suspend; steps of `for await`, `nextMany` and `all` do.
 */
import { rejected } from '../base/describe.ts';
import { compareBytes, keySuccessor } from '../bytes/bytes.ts';
import type { KeyRange } from '../bytes/key-range.ts';
import { ClosedError, InvalidArgumentError } from '../base/errors.ts';
import {
  EXHAUSTED,
  type InternalIterator,
  NEEDS_BLOCK,
  READY,
  type StepResult,
} from '../iterator/internal-iterator.ts';
import type { ScanObserver } from '../txn/read-set.ts';
import type { Latency } from '../base/latency.ts';
import type { TurnBudget } from '../base/turn-budget.ts';
import { INTERNAL, noConstructor, shows } from './facade.ts';
import {
  filtered,
  makeRows,
  mapped,
  mustBeRowCount,
  type RowIterator,
  rowIterator,
  type Rows,
  type RowSource,
  type Step,
  type SyncRowIterator,
  syncRowIterator,
  taken,
} from './rows.ts';

/** The parts of a scan. Its range is only for seeks: the cursor itself keeps the bounds. */
export interface ScanPlan<K, T> extends KeyRange {
  readonly cursor: InternalIterator;
  readonly isReverse: boolean;
  /** Infinity for all. */
  readonly limit: number;
  /** The caller's own copy of the current row. */
  readonly row: (cursor: InternalIterator) => T;
  encodeKey(key: K): Uint8Array;
  /** Called once, when the scan ends (scan/closed-once). */
  readonly onClose: () => void;
  /** Told what the scan sees; a serializable transaction's. */
  readonly observer: ScanObserver | undefined;
  /** How long awaited steps may answer before the event loop turns. */
  readonly turns: TurnBudget;
  /** How long its steps take. */
  readonly latency: Latency;
}

/** A row was taken: the next step moves on. */
const MOVE = 0;
/** Nothing is positioned yet: the next step seeks. */
const SEEK = 1;

// Set by the class, whose private members nothing else can reach.
let construct: <K, T>(plan: ScanPlan<K, T>) => Scan<K, T>;
let end: <K, T>(scan: Scan<K, T>, error: Error) => void;

/**
 * Rows of a range in key order, as the database was when the scan was made: entries `[key, value]`, keys or values.
 *
 * Made by `entries`, `keys` and `values` of a database or a transaction. Iterate it to its end, leave the loop, or close it:
 * an open scan keeps memory and files. Keys and values in bytes have memory of their own, but for those of the encoding
 * `pooled`.
 */
export class Scan<K, T> implements Iterable<T>, AsyncIterable<T> {
  readonly #plan: ScanPlan<K, T>;
  #nextAction: typeof MOVE | typeof SEEK = SEEK;
  #target: Uint8Array | undefined = undefined;
  #remaining: number;
  #isClosed = false;
  #closeError: Error | undefined = undefined;
  /** The step that loads a block (scan/one-step-at-a-time). */
  #loading: Promise<unknown> | undefined = undefined;

  private constructor(token: symbol, plan: ScanPlan<K, T>) {
    if (token !== INTERNAL) throw noConstructor('Scan', 'db.entries(), db.keys() or db.values()');
    this.#plan = plan;
    this.#remaining = plan.limit;
  }

  static {
    construct = (plan) => new Scan(INTERNAL, plan);
    end = (scan, error) => scan.#close(error);
    shows(Scan, (scan) => (#isClosed in scan ? { isClosed: scan.#isClosed } : undefined));
  }

  /**
   * Continues at the first row at or after `key`, in the scan's direction and within its bounds. Rows already
   * delivered still count for the limit. Throws ClosedError when the scan has ended, InvalidArgumentError for no key.
   *
   * @example
   * const scan = accounts.keys();
   * scan.seek('b');
   * await scan.all(); // => [ 'bob' ]
   */
  seek(key: K): void {
    this.#mustBeOpen();
    const bytes = this.#plan.encodeKey(key);
    this.#mustBeOpen(); // the caller's encoder may have closed it
    this.#nextAction = SEEK;
    this.#target = bytes;
  }

  /**
   * For `for`: each step answers at once, and reads a block that is not in memory synchronously. A step throws
   * CorruptionError, IoError or DecodingError, which end the scan, and ClosedError after the database was closed.
   */
  [Symbol.iterator](): SyncRowIterator<T> {
    const { latency } = this.#plan;
    const next = (): IteratorResult<T, undefined> =>
      latency.takes() ? latency.time(() => this.#nextSync()) : this.#nextSync();
    return syncRowIterator(next, () => this.close());
  }

  /** For `for await`: reads blocks without stopping the event loop, which turns every few milliseconds. Errors as in `for`. */
  [Symbol.asyncIterator](): RowIterator<T> {
    const { latency } = this.#plan;
    const next = (): Promise<IteratorResult<T, undefined>> =>
      latency.takes() ? latency.timeLater(() => this.#next()) : this.#next();
    return rowIterator(next, () => this.close());
  }

  /**
   * What the function makes of each row. A promise that it returns is waited for. The helpers read nothing before a step
   * asks for it, and close the scan with their own end.
   *
   * @example
   * await accounts.values().map(({ balance }) => balance).all(); // => [ 100, 20 ]
   */
  map<U>(transform: (row: T) => U | PromiseLike<U>): Rows<U> {
    return makeRows(mapped(this.#asSource(), transform));
  }

  /**
   * The rows for which the function says something true. A promise that it returns is waited for.
   *
   * @example
   * await accounts.entries().filter(([, { balance }]) => balance > 50).all(); // => [ [ 'alice', { balance: 100 } ] ]
   */
  filter<U extends T>(test: (row: T) => row is U): Rows<U>;
  filter(test: (row: T) => unknown): Rows<T>;
  filter(test: (row: T) => unknown): Rows<T> {
    return makeRows(filtered(this.#asSource(), test));
  }

  /**
   * The first `count` rows that are left; a whole number from 0, or Infinity. The scan is closed with the last of them.
   *
   * @example
   * await accounts.keys().take(1).all(); // => [ 'alice' ]
   */
  take(count: number): Rows<T> {
    return makeRows(taken(this.#asSource(), count));
  }

  /**
   * The next row; undefined when there is none. Ends the scan. Rejects as a step does.
   *
   * @example
   * await accounts.keys({ gt: 'alice' }).first(); // => 'bob'
   */
  async first(): Promise<T | undefined> {
    try {
      const [row] = await this.nextMany(1);
      return row;
    } finally {
      this.close();
    }
  }

  /**
   * Up to `count` more rows; fewer only at the end, when it also closes the scan. `count` is a whole number from 1.
   * Rejects as a step does.
   *
   * @example
   * const scan = accounts.keys();
   * for (let keys; (keys = await scan.nextMany(100)).length > 0; ) console.log(keys);
   * // => [ 'alice', 'bob' ]
   */
  async nextMany(count: number): Promise<T[]> {
    mustBeRowCount(count);
    const rows: T[] = [];
    while (rows.length < count) {
      const isLoading = this.#loading !== undefined; // by another call (scan/one-step-at-a-time)
      const status = isLoading ? NEEDS_BLOCK : this.#step();
      if (status === READY) {
        rows.push(this.#take());
        if (this.#plan.turns.spend()) await this.#plan.turns.turn();
      } else if (status === EXHAUSTED) {
        break;
      } else {
        // A step that needs a block is resumed, never stepped again.
        const result = await (isLoading ? this.#next() : this.#startLoading());
        if (result.done === true) break;
        rows.push(result.value);
      }
    }
    return rows;
  }

  /**
   * All rows that are left, in one array. Rejects as a step does.
   *
   * @example
   * await accounts.keys().all(); // => [ 'alice', 'bob' ]
   */
  async all(): Promise<T[]> {
    const rows: T[] = [];
    for (;;) {
      const more = await this.nextMany(1000);
      for (const row of more) rows.push(row);
      if (more.length < 1000) return rows;
    }
  }

  /**
   * How many rows are left. Keeps none of them; otherwise it reads what a scan reads. Ends the scan.
   * Rejects as a step does.
   *
   * @example
   * await accounts.keys({ gt: 'alice' }).count(); // => 1
   */
  async count(): Promise<number> {
    let count = 0;
    for (;;) {
      const isLoading = this.#loading !== undefined; // by another call (scan/one-step-at-a-time)
      const status = isLoading ? NEEDS_BLOCK : this.#step();
      if (status === EXHAUSTED) return count;
      if (status === READY) {
        this.#pass();
        if (this.#plan.turns.spend()) await this.#plan.turns.turn();
      } else {
        const result = await (isLoading ? this.#next() : this.#startLoading());
        if (result.done === true) return count;
      }
      count++;
    }
  }

  /**
   * Gives back what the scan holds. Idempotent. Later steps find the end.
   *
   * @example
   * const scan = accounts.keys();
   * await scan.nextMany(1); // => [ 'alice' ]
   * scan.close();
   */
  close(): void {
    this.#close(undefined);
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

  /** Later steps find the end, or throw `error` when there is one. */
  #close(error: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#closeError = error;
    this.#plan.onClose();
  }

  #nextSync(): IteratorResult<T, undefined> {
    if (this.#loading !== undefined) {
      throw new InvalidArgumentError('Scan is being stepped asynchronously at this moment');
    }
    let status = this.#step();
    while (status === NEEDS_BLOCK) {
      try {
        this.#plan.cursor.loadSync();
      } catch (error) {
        this.close();
        throw error;
      }
      status = this.#finish(this.#plan.cursor.resume());
    }
    if (status === EXHAUSTED) return { done: true, value: undefined };
    return { done: false, value: this.#take() };
  }

  #asSource(): RowSource<T> {
    return { next: () => this.#nextAtOnce(), close: () => this.close() };
  }

  #next(): Promise<IteratorResult<T, undefined>> {
    try {
      return Promise.resolve(this.#nextAtOnce());
    } catch (error) {
      return rejected(error);
    }
  }

  /** A promise only for a row that has to be waited for. */
  #nextAtOnce(): Step<T> {
    if (this.#loading !== undefined) return this.#loading.then(() => this.#next()); // scan/one-step-at-a-time
    const status = this.#step();
    if (status === EXHAUSTED) return { done: true, value: undefined };
    if (status === NEEDS_BLOCK) return this.#startLoading();
    const row: IteratorResult<T, undefined> = { done: false, value: this.#take() };
    const { turns } = this.#plan;
    return turns.spend() ? turns.afterTurn(row) : row;
  }

  #startLoading(): Promise<IteratorResult<T, undefined>> {
    const loaded = this.#loadAndTake();
    this.#loading = loaded.catch(() => undefined);
    return loaded;
  }

  async #loadAndTake(): Promise<IteratorResult<T, undefined>> {
    try {
      for (;;) {
        await this.#plan.cursor.load();
        if (this.#plan.turns.spend()) await this.#plan.turns.turn(); // a load may have been a call
        if (this.#isClosed) break;
        const status = this.#finish(this.#plan.cursor.resume());
        if (status === READY) return { done: false, value: this.#take() };
        if (status === EXHAUSTED) return { done: true, value: undefined };
      }
    } catch (error) {
      this.close();
      throw error;
    } finally {
      this.#loading = undefined;
    }
    if (this.#closeError !== undefined) throw this.#closeError;
    return { done: true, value: undefined };
  }

  /** Moves to the next row. READY leaves the cursor on it, EXHAUSTED closes the scan. */
  #step(): StepResult {
    if (this.#isClosed) {
      if (this.#closeError !== undefined) throw this.#closeError;
      return EXHAUSTED;
    }
    if (this.#remaining <= 0) {
      this.close();
      return EXHAUSTED;
    }
    const { cursor, isReverse } = this.#plan;
    if (this.#nextAction === SEEK) {
      this.#nextAction = MOVE;
      return this.#finish(isReverse ? this.#seekBackward() : this.#seekForward());
    }
    return this.#finish(isReverse ? cursor.prev() : cursor.next());
  }

  #seekForward(): StepResult {
    const { cursor, lower } = this.#plan;
    const target = this.#target;
    if (target !== undefined && (lower === undefined || compareBytes(target, lower) > 0)) {
      this.#plan.observer?.positioned(target);
      return cursor.seekAtLeast(target);
    }
    this.#plan.observer?.positioned(lower);
    return lower === undefined ? cursor.seekFirst() : cursor.seekAtLeast(lower);
  }

  #seekBackward(): StepResult {
    const { cursor, upper } = this.#plan;
    const target = this.#target;
    if (target !== undefined) {
      const after = keySuccessor(target); // the target itself is part of the rest
      if (upper === undefined || compareBytes(upper, after) > 0) {
        this.#plan.observer?.positioned(after);
        return cursor.seekBelow(after);
      }
    }
    this.#plan.observer?.positioned(upper);
    return upper === undefined ? cursor.seekLast() : cursor.seekBelow(upper);
  }

  #finish(status: StepResult): StepResult {
    if (status === EXHAUSTED) {
      this.#plan.observer?.exhausted();
      this.close();
    }
    return status;
  }

  /** The row counts as delivered. */
  #pass(): void {
    this.#remaining--;
    const { cursor, observer } = this.#plan;
    if (observer !== undefined) observer.took(cursor.key, cursor.keyStart, cursor.keyEnd);
  }

  #take(): T {
    this.#pass();
    const { cursor, row } = this.#plan;
    try {
      return row(cursor);
    } catch (error) {
      this.close(); // a loop does not call `return` when a step throws
      throw error;
    }
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw this.#closeError ?? new ClosedError('Scan is closed');
  }
}

export function makeScan<K, T>(plan: ScanPlan<K, T>): Scan<K, T> {
  return construct(plan);
}

/** Ends a scan from outside: later steps throw the error. */
export function endScan<K, T>(scan: Scan<K, T>, error: Error): void {
  end(scan, error);
}
