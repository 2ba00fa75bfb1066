/**
 * The target of a migration: what is written to it, and the place with it.
 *
 * Owns: the keyspaces of the target, and how a list of changes becomes commits that it takes.
 *
 * What a kill or a power cut leaves: each commit brings the place that holds once it is there. So the target is as of the
 * place of its last commit, or has a part of the changes behind it, which come again.
 *
 * Invariants:
 *   target/place-with-rows: entries and the place that says so are one commit.
 *   target/no-stranger: nothing is written to, or deleted from, a database that has entries and no place.
 *
 * Suspension: every call suspends.
 */
import type { KeyspaceOperation } from '../api/batch-operation.ts';
import type { Keyspace } from '../api/keyspace.ts';
import { AppendOnlyRows } from '../append-only/append-only-rows.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import { DEFAULT_KEYSPACE, keyspaceRange } from '../bytes/keyspace-number.ts';
import type { BackendCapabilities } from '../remote/backend.ts';
import type { StoreView } from '../store/contract.ts';
import { lotOf, type WalkContext, valueNowOrLater } from '../txn/view-reads.ts';
import { catalogAt, copyOf, type KnownKeyspace, tooLarge } from './catalog-at.ts';
import type { OpenEnd } from './ends.ts';
import type { FoldedChange } from './folded-changes.ts';
import { makeKeyspace } from './keyspace-copy.ts';
import { decodePlace, encodePlace, PLACE_KEY, PLACE_KEYSPACE, type PlaceRecord } from './place.ts';

type Operation = KeyspaceOperation<Uint8Array, Uint8Array>;

/** Writes of one commit beside the entries: the place, and the number of the catalog. */
const SPARE_WRITE_COUNT = 2;

/** What is in a target before a migration. */
export interface FoundTarget {
  /** Undefined: no migration has begun. */
  readonly place: PlaceRecord | undefined;
  /** No entry and no keyspace, but for what keeps the place. */
  readonly isEmpty: boolean;
  /** Keyspaces that are never dropped. */
  readonly appendOnly: readonly string[];
}

/** Looks at a database; writes nothing. */
export async function lookAt({ store }: OpenEnd, context: WalkContext): Promise<FoundTarget> {
  const snapshot = store.snapshot();
  const view = snapshot.view();
  view.hold();
  try {
    const catalog = await catalogAt({ ...context, view });
    const keeper = catalog.find(({ record }) => record.name === PLACE_KEYSPACE);
    const bytes = keeper && (await valueNowOrLater(view, placeKeyIn(keeper)));
    const own = await lotOf(view, keyspaceRange(DEFAULT_KEYSPACE), 1, () => true);
    const others = catalog.length - 1 - (keeper === undefined ? 0 : 1);
    return {
      place: bytes && decodePlace(bytes),
      isEmpty: own.length === 0 && others === 0,
      appendOnly: catalog.flatMap(({ record }) =>
        record.mode === 'append-only' ? [record.name] : [],
      ),
    };
  } finally {
    view.release();
    snapshot.close();
  }
}

function placeKeyIn({ number }: KnownKeyspace): Uint8Array {
  return new AppendOnlyRows(number, undefined).treeKeyOf(PLACE_KEY);
}

export class MigrationTarget {
  readonly #end: OpenEnd;
  readonly #limits: BackendCapabilities | undefined;
  readonly #check: () => void;
  /** By the number in the source. */
  readonly #keyspaces = new Map<
    number,
    { readonly handle: Keyspace; readonly isAppendOnly: boolean; readonly hasUnique: boolean }
  >();
  /** The keyspace of the place; undefined before the begin. */
  #keeper: Keyspace | undefined = undefined;
  /** Changes of one commit: fewer once the target has refused so many. */
  #countMax: number;

  /** `countMax`: changes of one commit. */
  constructor(
    end: OpenEnd,
    limits: BackendCapabilities | undefined,
    { countMax, check }: { readonly countMax: number; readonly check: () => void },
  ) {
    this.#end = end;
    this.#limits = limits;
    this.#check = check;
    const { commitWriteCountMax = Infinity } = limits ?? {};
    this.#countMax = Math.max(1, Math.min(countMax, commitWriteCountMax - SPARE_WRITE_COUNT));
  }

  /** Makes the keyspaces that are missing, and writes the place when it is the first one. */
  async begin(catalog: readonly KnownKeyspace[], first: PlaceRecord | undefined): Promise<void> {
    const { db } = this.#end;
    this.#keeper = await db.keyspace(PLACE_KEYSPACE);
    if (first !== undefined) await this.#put([], first);
    for (const keyspace of catalog) {
      this.#check();
      const { number, record } = keyspace;
      const handle = await makeKeyspace(db, copyOf(keyspace));
      this.#keyspaces.set(number, {
        handle,
        isAppendOnly: record.mode === 'append-only',
        hasUnique: Object.values(record.indexes ?? {}).some(({ isUnique }) => isUnique === true),
      });
    }
  }

  /** Deletes what a run before has written. The place says so before the first deletion. */
  async clear(place: PlaceRecord): Promise<void> {
    const { db } = this.#end;
    this.#keeper = await db.keyspace(PLACE_KEYSPACE);
    const clearing: PlaceRecord = { ...place, state: 'clearing' };
    await this.#put([], clearing);
    for (const { name } of await db.keyspaces()) {
      this.#check();
      if (name !== db.name && name !== PLACE_KEYSPACE) await db.dropKeyspace(name);
    }
    await this.#deleteRange(db, new Uint8Array(0), undefined, clearing);
  }

  hasUnique(number: number): boolean {
    return this.#keyspaces.get(number)?.hasUnique === true;
  }

  /**
   * Writes a list of changes in as many commits as it takes. `placeAt` gives the place that holds when the first of them are
   * there.
   */
  async write(
    changes: readonly FoldedChange[],
    placeAt: (doneCount: number) => PlaceRecord,
  ): Promise<void> {
    if (changes.length === 0) await this.#put([], placeAt(0));
    for (let at = 0; at < changes.length;) {
      this.#check();
      const part = changes.slice(at, at + this.#countMax);
      const done = await this.#writePart(part, (count) => placeAt(at + count));
      at += done;
    }
  }

  /** Resolves with how many changes are there now. */
  async #writePart(
    part: readonly FoldedChange[],
    placeAt: (doneCount: number) => PlaceRecord,
  ): Promise<number> {
    const operations: Operation[] = [];
    for (const [i, change] of part.entries()) {
      if (change.type === 'delRange' && this.#limits !== undefined) {
        if (i > 0) return this.#writePart(part.slice(0, i), placeAt);
        const { handle } = this.#mustKnow(change.number);
        await this.#deleteRange(handle, change.gte, change.lt, placeAt(0));
        return 1;
      }
      const operation = await this.#operationOf(change);
      if (operation !== undefined) operations.push(operation);
    }
    try {
      await this.#put(operations, placeAt(part.length));
      return part.length;
    } catch (error) {
      if (!(error instanceof InvalidArgumentError) || part.length === 1) throw error;
      this.#countMax = Math.ceil(part.length / 2); // the entries of indexes count too
      return 0;
    }
  }

  /** Undefined for an entry that is there and can never change. */
  async #operationOf(change: FoldedChange): Promise<Operation | undefined> {
    const { handle, isAppendOnly } = this.#mustKnow(change.number);
    switch (change.type) {
      case 'delRange': {
        const { gte, lt } = change;
        return { type: 'delRange', in: handle, gte, ...(lt === undefined ? {} : { lt }) };
      }
      case 'del':
        return { type: 'del', in: handle, key: change.key };
      case 'put': {
        const { key, value, expiresAt } = change.entry;
        if (this.#limits !== undefined) tooLarge(handle.name, key, value, this.#limits);
        if (isAppendOnly) {
          return (await handle.has(key)) ? undefined : { type: 'put', in: handle, key, value };
        }
        return { type: 'put', in: handle, key, value, expiresAt };
      }
    }
  }

  /** Deletes a range in parts. */
  async #deleteRange(
    handle: Keyspace,
    gte: Uint8Array,
    lt: Uint8Array | undefined,
    place: PlaceRecord,
  ): Promise<void> {
    for (;;) {
      this.#check();
      const range = { gte, ...(lt === undefined ? {} : { lt }) };
      const keys = await handle.keys({ ...range, limit: this.#countMax }).all();
      if (keys.length === 0) return;
      const dels = keys.map((key) => ({ type: 'del' as const, in: handle, key }));
      try {
        await this.#put(dels, place);
      } catch (error) {
        if (!(error instanceof InvalidArgumentError) || keys.length === 1) throw error;
        this.#countMax = Math.ceil(keys.length / 2);
      }
    }
  }

  /** target/place-with-rows. */
  async #put(operations: readonly Operation[], place: PlaceRecord): Promise<void> {
    const keeper = this.#mustKeep();
    const value = encodePlace(place);
    const kept = { type: 'put' as const, in: keeper, key: PLACE_KEY, value };
    await this.#end.db.batch([...operations, kept], { durability: 'os' });
  }

  /** What the target holds now, for the comparison. */
  async reading<T>(
    use: (view: StoreView, catalog: readonly KnownKeyspace[]) => Promise<T>,
    context: WalkContext,
  ): Promise<T> {
    const snapshot = this.#end.store.snapshot();
    const view = snapshot.view();
    view.hold();
    try {
      return await use(view, await catalogAt({ ...context, view }));
    } finally {
      view.release();
      snapshot.close();
    }
  }

  /** Forgets the place: the migration has ended. */
  async finish(): Promise<void> {
    await this.#end.db.dropKeyspace(PLACE_KEYSPACE);
  }

  #mustKeep(): Keyspace {
    if (this.#keeper !== undefined) return this.#keeper;
    throw new InvalidArgumentError('Migration has not begun');
  }

  #mustKnow(number: number): { readonly handle: Keyspace; readonly isAppendOnly: boolean } {
    const known = this.#keyspaces.get(number);
    if (known !== undefined) return known;
    throw new InvalidArgumentError(`Keyspace does not move: number=${number}`);
  }
}
