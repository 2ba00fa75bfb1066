/**
 * One state of a database on a backend, as the views of it share it.
 *
 * Owns: when its snapshot is asked for, the lookups that go to the backend together, the rows that were read, and that the
 * snapshot is given back.
 *
 * A state has no snapshot until it is used. The first read asks for it, and tells the backend its key, so that both take one
 * round trip. A state that must be that of its making asks at the end of the turn when no read came (`fix`).
 *
 * Invariants:
 *   remote-state/one-snapshot: all that a state answers comes from one snapshot.
 *   remote-state/together: lookups of one turn are one request.
 *   remote-state/rows-bounded: rows that were read are kept for later lookups up to KEPT_SIZE_BYTES_MAX. While a step is
 *       under way all are kept: it reads them in one turn.
 *   remote-state/step-again: a step that lacked something runs again when that was read. So it ends with what it would have
 *       done had everything been in memory.
 *   remote-state/given-back: the snapshot is closed when nobody refers to the state any more.
 *
 * Suspension: `snapshot`, `row` and `page` suspend, and `inStep` where it gives a promise.
 */
import { ClosedError, UnsupportedError } from '../base/errors.ts';
import type { Isolation } from '../base/options.ts';
import { inMicrotask } from '../base/scheduling.ts';
import { bufferOf, describeKey } from '../bytes/bytes.ts';
import type { Backend, BackendSnapshot, Page, PageRequest } from './backend.ts';

const KEPT_SIZE_BYTES_MAX = 4 * 1024 * 1024;
/** Keys of one request. */
const LOOKUP_COUNT_MAX = 1024;

/** What states need of the store. */
export interface StateHost {
  readonly backend: Backend;
  /** Throws ClosedError after the close. */
  mustBeOpen(): void;
  /** The newest version that is known. */
  readonly newest: number;
  noteVersion(version: number): void;
  /** Commits wait for the snapshots that were asked for before them. */
  notePending(snapshot: Promise<unknown>): void;
}

/** What a snapshot is for. */
export interface StateUse {
  readonly isolation: Isolation;
  readonly isReadOnly: boolean;
}

/** Thrown within a step for what is not in memory; the step runs again when it is. */
export class MissedRead extends Error {}

interface Lookup {
  readonly key: Uint8Array;
  readonly resolve: (row: Uint8Array | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** What a run of a step came to: what it returned, or a promise of what it lacked. */
type Tried<T> = { readonly value: T } | Promise<unknown>;

export class RemoteState {
  readonly #host: StateHost;
  readonly #use: StateUse;
  #fetching: Promise<BackendSnapshot> | undefined = undefined;
  #snapshot: BackendSnapshot | undefined = undefined;
  readonly #rows = new Map<string, Uint8Array | undefined>();
  readonly #pages = new Map<string, Page>();
  #keptSizeBytes = 0;
  #lookups: Lookup[] = [];
  #refCount = 0;
  #isClosed = false;
  #isLetBe = false;
  /** Steps that are under way: between two runs of one of them there are turns. */
  #stepCount = 0;
  /** What the run of a step has lacked so far; undefined outside of one. */
  #missed: (() => Promise<unknown>)[] | undefined = undefined;

  constructor(host: StateHost, use: StateUse) {
    this.#host = host;
    this.#use = use;
  }

  /** Nothing reads from it any more: `fix` need not ask. */
  letBe(): void {
    this.#isLetBe = true;
  }

  /** Of its snapshot; before there is one the newest that is known, which is not above it. */
  get version(): number {
    return this.#snapshot?.version ?? this.#host.newest;
  }

  /** True once something was read, or will be: then a commit depends on the snapshot. */
  get isUsed(): boolean {
    return this.#fetching !== undefined;
  }

  /** True once the last reference was given back. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  ref(): void {
    this.#refCount++;
  }

  /** Keeps remote-state/given-back. */
  unref(): void {
    this.#refCount--;
    if (this.#refCount > 0) return;
    this.#isClosed = true;
    this.#rows.clear();
    this.#pages.clear();
    this.#fetching?.then(
      (snapshot) => snapshot.close(),
      () => undefined, // whoever waits for it is told
    );
  }

  /** The state is that of this turn: no commit of this process that begins later is in it. */
  fix(): void {
    const fixed = new Promise<void>((resolve) =>
      inMicrotask(() => {
        if (this.isUsed || this.#isClosed || this.#isLetBe) resolve();
        else
          this.snapshot().then(
            () => resolve(),
            () => resolve(),
          ); // the first read is told
      }),
    );
    this.#host.notePending(fixed);
  }

  snapshot(firstKey?: Uint8Array): Promise<BackendSnapshot> {
    return (this.#fetching ??= this.#fetch(firstKey));
  }

  async #fetch(firstKey: Uint8Array | undefined): Promise<BackendSnapshot> {
    this.#host.mustBeOpen();
    if (this.#isClosed) throw new ClosedError('Snapshot is closed');
    const { backend } = this.#host;
    const snapshot = await backend.snapshot({ ...this.#use, firstKey, signal: undefined });
    this.#snapshot = snapshot;
    this.#host.noteVersion(snapshot.version);
    return snapshot;
  }

  /** Whether the row of a key was read: then `rowOf` has it. */
  hasRow(key: Uint8Array): boolean {
    return this.#rows.has(nameOf(key));
  }

  rowOf(key: Uint8Array): Uint8Array | undefined {
    return this.#rows.get(nameOf(key));
  }

  /** The row of a key, read with the others of this turn (remote-state/together). `key` is kept. */
  row(key: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.hasRow(key)) return Promise.resolve(this.rowOf(key));
    return new Promise((resolve, reject) => {
      this.#lookups.push({ key, resolve, reject });
      if (this.#lookups.length > 1) return;
      this.ref();
      if (this.#fetching === undefined) this.snapshot(key).catch(() => undefined); // in this turn; told below
      inMicrotask(() => {
        const lookups = this.#lookups;
        this.#lookups = [];
        void this.#lookUp(lookups).finally(() => this.unref());
      });
    });
  }

  async #lookUp(lookups: readonly Lookup[]): Promise<void> {
    for (let at = 0; at < lookups.length; at += LOOKUP_COUNT_MAX) {
      const part = lookups.slice(at, at + LOOKUP_COUNT_MAX);
      try {
        const snapshot = await this.snapshot();
        const keys = part.map(({ key }) => key);
        const rows =
          keys.length === 1 ? [await snapshot.get(keys[0]!)] : await snapshot.getMany(keys); // length is 1
        part.forEach(({ key, resolve }, i) => {
          this.#keep(key, rows[i]);
          resolve(rows[i]);
        });
      } catch (error) {
        for (const { reject } of part) reject(error);
      }
    }
  }

  /** Keeps remote-state/rows-bounded. */
  #keep(key: Uint8Array, row: Uint8Array | undefined): void {
    const sizeBytes = key.length + (row?.length ?? 0);
    if (this.#stepCount === 0 && this.#keptSizeBytes + sizeBytes > KEPT_SIZE_BYTES_MAX) return;
    this.#keptSizeBytes += sizeBytes;
    this.#rows.set(nameOf(key), row);
  }

  /** A page that a step has read; undefined for none. */
  pageOf(request: PageRequest): Page | undefined {
    return this.#stepCount > 0 ? this.#pages.get(pageName(request)) : undefined;
  }

  async page(request: PageRequest): Promise<Page> {
    this.ref();
    try {
      const snapshot = await this.snapshot();
      const page = await snapshot.page(request);
      if (this.#stepCount > 0) this.#pages.set(pageName(request), page);
      return page;
    } finally {
      this.unref();
    }
  }

  // Steps.

  /** From now on everything that is read is kept, for a step. */
  beginStep(): void {
    this.#stepCount++;
  }

  endStep(): void {
    this.#stepCount--;
    if (this.#stepCount === 0) this.#pages.clear();
  }

  /** Runs a step; see OptimisticHost. Throws what it throws, unless it lacked something. */
  step(run: () => void): Promise<unknown> | undefined {
    const outer = this.#missed; // a function of the caller's may read for something else
    const missed: (() => Promise<unknown>)[] = [];
    this.#missed = missed;
    try {
      run();
    } catch (error) {
      if (missed.length === 0) throw error;
    } finally {
      this.#missed = outer;
    }
    if (missed.length === 0) return undefined;
    return Promise.all(missed.map((load) => load()));
  }

  /**
   * Runs a step until it lacks nothing (remote-state/step-again), and gives what it returns: at once when all is in memory.
   * `ahead` asks for what is known to be read.
   */
  inStep<T>(ahead: () => Promise<unknown> | undefined, run: () => T): T | Promise<T> {
    this.ref();
    this.beginStep();
    let tried: Tried<T>;
    try {
      tried = ahead() ?? this.#try(run);
    } catch (error) {
      this.#leaveStep();
      throw error;
    }
    if (tried instanceof Promise) return this.#stepLater(tried, run);
    this.#leaveStep();
    return tried.value;
  }

  async #stepLater<T>(loading: Promise<unknown>, run: () => T): Promise<T> {
    try {
      for (let tried: Tried<T> = loading; ; tried = this.#try(run)) {
        if (!(tried instanceof Promise)) return tried.value;
        await tried;
      }
    } finally {
      this.#leaveStep();
    }
  }

  #try<T>(run: () => T): Tried<T> {
    let done: { readonly value: T } | undefined;
    const loading = this.step(() => {
      done = { value: run() };
    });
    return loading ?? done!; // it lacked nothing, and has not thrown
  }

  #leaveStep(): void {
    this.endStep();
    this.unref();
  }

  /** A key is needed in this turn, and its row is not in memory. */
  missRow(key: Uint8Array): never {
    if (this.#missed === undefined) {
      throw new UnsupportedError(
        `Reads within a turn cannot cross the network: key=${describeKey(key)}; await get or getMany`,
      );
    }
    this.#missed.push(() => this.row(key));
    throw new MissedRead('Row is not in memory');
  }

  /** The same for a page. */
  missPage(request: PageRequest): never {
    if (this.#missed === undefined) {
      throw new UnsupportedError(
        'Scans within a turn cannot cross the network: iterate with for await, or call nextMany or all',
      );
    }
    this.#missed.push(() => this.page(request));
    throw new MissedRead('Page is not in memory');
  }
}

function nameOf(key: Uint8Array): string {
  return bufferOf(key).toString('latin1');
}

function pageName({ start, end, isReverse }: PageRequest): string {
  return `${isReverse ? '<' : '>'}${start.length}:${nameOf(start)}${end === undefined ? '' : `-${nameOf(end)}`}`;
}
