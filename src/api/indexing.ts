/**
 * The indexes of an open database: who keeps them, and who builds them.
 *
 * Owns: the late operations that keep indexes beside their rows, and the builds that run in the background.
 *
 * Invariants:
 *   indexing/built-by-a-handle: a build runs from when a handle of its keyspace is opened, because it must decode rows. A
 *       close ends it, and the next handle goes on where it was.
 *
 * Suspension: `ready` and `close` suspend until builds end.
 */
import { ClosedError, InvalidArgumentError, NotReadyError, StorageError } from '../base/errors.ts';
import type { TurnBudget } from '../base/turn-budget.ts';
import type { VerifyProblem, VerifyReport } from '../version/verify-report.ts';
import { checkIndex } from '../indexes/index-check.ts';
import { keepingAlive } from '../base/liveness.ts';
import { IndexBuild } from '../indexes/index-build.ts';
import { IndexMaintenance } from '../indexes/index-maintenance.ts';
import type { IndexedRows, IndexFunction, LiveIndex } from '../indexes/live-index.ts';
import type { Store, StoreView } from '../store/contract.ts';
import { valueAt } from '../txn/view-reads.ts';
import { catalogKey, decodeRecord } from './catalog.ts';
import type { Keyspaces } from './keyspaces.ts';
import type { Reader } from './reader.ts';
import { bytesReader, type KeyspaceEntry, type Space, type SpaceShare } from './space.ts';

export class Indexing {
  readonly maintenance: IndexMaintenance;
  readonly #store: Store;
  readonly #keyspaces: Keyspaces;
  readonly #builds = new Map<LiveIndex, Promise<void>>();
  readonly #readers = new WeakMap<LiveIndex, Reader<Uint8Array, Uint8Array>>();
  readonly #openedSequence: number;
  #isClosed = false;

  constructor(store: Store, keyspaces: Keyspaces) {
    this.#store = store;
    this.#keyspaces = keyspaces;
    this.#openedSequence = store.view().sequence;
    this.maintenance = new IndexMaintenance((number) => keyspaces.entryOf(number)?.indexed);
  }

  /** A handle was opened, which decodes rows and may bring functions. Builds what is not built. */
  attach(space: Space<unknown, unknown>, functions: ReadonlyMap<string, IndexFunction>): void {
    const { indexed } = space.entry;
    if (indexed === undefined) return;
    if (this.#keyspaces.isAsRecorded(space)) indexed.decoder = space.translator;
    for (const [name, compute] of functions) {
      const index = indexed.get(name);
      if (index !== undefined) index.compute = compute;
    }
    if (this.#store.keeper !== undefined) return; // the owner builds
    for (const index of indexed.indexes) {
      const isBuilder = !this.#store.isReadOnly; // else whoever writes builds it
      if (isBuilder && index.isBuilding && index.isComputable) this.#build(space, indexed, index);
    }
  }

  /** Reads the entries of an index, as bytes. */
  readerOf(share: SpaceShare, index: LiveIndex): Reader<Uint8Array, Uint8Array> {
    const known = this.#readers.get(index);
    if (known !== undefined) return known;
    const reader = bytesReader(share, index.number);
    this.#readers.set(index, reader);
    return reader;
  }

  /** The index of that name. Throws InvalidArgumentError when there is none. */
  indexOf({ entry }: Space<unknown, unknown>, name: string): LiveIndex {
    const index = entry.indexed?.get(name);
    if (index !== undefined) return index;
    throw new InvalidArgumentError(`There is no index of this name: index=${String(name)}`);
  }

  /**
   * Whether the catalog of that state says that the index is built; true where it has no such keyspace, and so no row. A
   * state that this process has seen is known without the catalog.
   */
  wasReady({ number }: KeyspaceEntry, index: LiveIndex, view: StoreView): boolean {
    if (view.sequence >= this.#openedSequence) return true;
    const bytes = valueAt(view, catalogKey(number));
    if (bytes === undefined) return true;
    const { indexes = {} } = decodeRecord(number, bytes);
    return Object.values(indexes).some(
      (record) => record.number === index.number && record.isBuilding !== true,
    );
  }

  /** Resolves when the index is built. Rejects with what has ended its build, and NotReadyError when none runs. */
  async ready(index: LiveIndex): Promise<void> {
    const { keeper } = this.#store;
    if (keeper !== undefined && index.isBuilding) {
      await keeper.ready(index.number);
      this.#keyspaces.reread();
    }
    const build = this.#builds.get(index);
    if (build !== undefined) await keepingAlive(() => build);
    if (index.failure !== undefined) throw index.failure;
    mustBeReady(index);
  }

  /**
   * Holds every index against its rows, as of now, and adds what it finds to the report. Rejects with what `check` throws.
   */
  async verified(
    report: VerifyReport,
    turns: TurnBudget,
    check: () => void,
  ): Promise<VerifyReport> {
    const place = this.#store.snapshot();
    const problems: VerifyProblem[] = [...report.problems];
    const uncheckedIndexes: string[] = [];
    let indexCount = 0;
    const view = place.view();
    view.hold();
    try {
      for (const { entry, rows } of this.#keyspaces.indexed()) {
        for (const index of rows.indexes) {
          const isChecked =
            !index.isBuilding && index.isComputable && index.readyAt <= view.sequence;
          if (!isChecked || rows.decoder === undefined) {
            uncheckedIndexes.push(`${entry.name}.${index.name}`);
            continue;
          }
          indexCount++;
          const add = (code: string, message: string): void => {
            const text = `${message} keyspace=${entry.name}`;
            problems.push({ file: undefined, offset: undefined, code, message: text });
          };
          const context = { view, turns, check, report: (text: string) => add('CORRUPTION', text) };
          try {
            await checkIndex(rows, index, context);
          } catch (error) {
            if (!(error instanceof StorageError)) throw error;
            check();
            add(error.code, error.message);
          }
        }
      }
    } finally {
      view.release();
      place.close();
    }
    const isSound = problems.length === 0;
    return { ...report, isSound, indexCount, uncheckedIndexes, problems };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#builds.values());
  }

  #build(space: Space<unknown, unknown>, rows: IndexedRows, index: LiveIndex): void {
    if (this.#builds.has(index)) return;
    index.failure = undefined;
    const { entry } = space;
    const isWanted = (): boolean =>
      !this.#isClosed && !entry.isDropped && entry.indexed?.get(index.name) === index;
    const build = new IndexBuild(this.#store, rows, index)
      .run(isWanted)
      .then(async (isDone) => {
        if (isDone) await this.#keyspaces.finishIndex(entry.number, index);
      })
      .catch((error: unknown) => {
        if (error instanceof ClosedError) return; // the next open goes on
        index.failure = error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => this.#builds.delete(index));
    this.#builds.set(index, build);
  }
}

/** Throws NotReadyError for an index that is not built. */
export function mustBeReady(index: LiveIndex): void {
  if (!index.isBuilding) return;
  const { name, failure, builtCount } = index;
  throw new NotReadyError(
    failure === undefined
      ? `Index is being built: index=${name} rows=${builtCount}`
      : `Index could not be built: index=${name}`,
    failure && { cause: failure },
  );
}
