/**
 * The keyspaces of an open database.
 *
 * Owns: the catalog in memory, and the commits that change it: create, rename, drop.
 *
 * What a power cut leaves: each change is one synced commit, so the catalog before it or after it. A drop marks the
 * record and hides the entries in that one commit. The tables go afterwards; an open that finds the mark goes on.
 *
 * Invariants:
 *   keyspaces/one-change: changes of the catalog run one after the other, each on the catalog that the one before left.
 *   keyspaces/as-committed: the catalog in memory changes when the commit is acknowledged. A drop closes its keyspace to
 *       writes in the step that gives the commit its place (space/no-write-after-drop).
 *   keyspaces/refused-as-before: a change that is refused leaves the indexes as they were, functions and all. Example: the
 *       drop of an index for which there is no space.
 *   keyspaces/rows-as-recorded: an index decodes values by the recorded encoding, and not by that of the handle that
 *       writes. Example: a handle of bytes writes JSON text, and the index finds the properties in it.
 *
 * Suspension: `open`, `rename` and `drop` suspend for their turn and for a commit.
 */
import { Mutex } from 'async-mutex';
import { assert } from '../base/assert.ts';
import { ConflictError, CorruptionError, InvalidArgumentError } from '../base/errors.ts';
import type { Compression } from '../base/options.ts';
import { DELETION, RANGE_DELETION, VALUE } from '../base/value-type.ts';
import { copyRange, EMPTY_SLICE, sliceOf } from '../bytes/bytes.ts';
import type { BoundedRange } from '../bytes/key-range.ts';
import {
  DEFAULT_KEYSPACE,
  FIRST_NAMED_KEYSPACE,
  KEYSPACE_NUMBER_MAX,
  keyspaceRange,
  SYSTEM_KEYSPACE,
} from '../bytes/keyspace-number.ts';
import {
  EXHAUSTED,
  type InternalIterator,
  loadedSync,
  NEEDS_BLOCK,
  READY,
} from '../iterator/internal-iterator.ts';
import { buildKey } from '../indexes/index-build.ts';
import type { IndexDefinition } from '../indexes/index-record.ts';
import type { IndexedRows, IndexFunction, LiveIndex } from '../indexes/live-index.ts';
import type { AppendOnlyRows } from '../append-only/append-only-rows.ts';
import type { CommitBatch } from '../batch/commit-batch.ts';
import type { RangeStats } from '../engine/upkeep/range-releases.ts';
import type { OpenScan } from '../iterator/overlay.ts';
import type { Store } from '../store/contract.ts';
import {
  checkName,
  DEFAULT_NAME,
  definedOf,
  isNotApplied,
  mustBeEmbedded,
  mustBeMutable,
  mustHaveMode,
  newMode,
  noKeyspace,
} from './keyspace-checks.ts';
import type { StoreUpkeep } from '../store/upkeep.ts';
import {
  CATALOG_RANGE,
  type CatalogRecord,
  catalogKey,
  decodeNextNumber,
  decodeRecord,
  encodeRecord,
  NEXT_NUMBER_KEY,
  numberIn,
} from './catalog.ts';
import {
  DROPPED_INDEX,
  hideIndex,
  lifeOf,
  markReady,
  newEntry,
  numbered,
  recordedTranslator,
  setIndexes,
  withIndexes,
} from './keyspace-entry.ts';
import { type KeyspaceInfo, keyspaceInfoOf } from './keyspace-info.ts';
import type { KeyspaceMode } from './keyspace-checks.ts';
import { readOnly } from './read-only.ts';
import type { KeyspaceEntry, Space } from './space.ts';
import type { Translator } from './translator.ts';

/** What an open of a keyspace asks for. */
export interface KeyspaceRequest {
  /** Names of encodings; undefined for one that binds nothing. */
  readonly keyEncoding: string | undefined;
  readonly valueEncoding: string | undefined;
  readonly compression: Compression | undefined;
  readonly filterBitsPerKey: number | undefined;
  /** 0: without end. */
  readonly ttlMs: number | undefined;
  /** Undefined: as it is recorded. */
  readonly mode: KeyspaceMode | undefined;
  readonly isVerifiable: boolean | undefined;
  readonly indexes: Readonly<Record<string, IndexDefinition>>;
  /** Of the indexes by a function. */
  readonly functions: ReadonlyMap<string, IndexFunction>;
  readonly createIfMissing: boolean;
}

/** What a change of a record brings with it. */
interface RecordChange {
  readonly nextNumber?: number;
  /** Of indexes that it adds. */
  readonly functions?: ReadonlyMap<string, IndexFunction>;
  /** Adds to the commit. */
  readonly addTo?: (batch: CommitBatch) => void;
}

interface Known {
  readonly entry: KeyspaceEntry;
  record: CatalogRecord;
}

export class Keyspaces {
  /** The keyspace of the database's own keys. */
  readonly own: KeyspaceEntry = newEntry(DEFAULT_KEYSPACE, { name: DEFAULT_NAME });
  readonly #store: Store & StoreUpkeep;
  readonly #changes = new Mutex();
  readonly #byName = new Map<string, Known>();
  readonly #byNumber = new Map<number, Known>();
  #nextNumber = FIRST_NAMED_KEYSPACE;

  /** Reads the catalog. Throws CorruptionError or IncompatibleFormatError. */
  constructor(store: Store & StoreUpkeep) {
    this.#store = store;
    for (const cursor of this.#rowsOf(CATALOG_RANGE)) {
      const number = numberIn(copyRange(cursor.key, cursor.keyStart, cursor.keyEnd));
      const value = copyRange(cursor.value, cursor.valueStart, cursor.valueEnd);
      if (number === SYSTEM_KEYSPACE) this.#nextNumber = decodeNextNumber(value);
      else this.#take(number, decodeRecord(number, value));
    }
    this.#checkNumbers();
  }

  /** Takes what another process has made of the catalog since. Throws as the constructor does. */
  reload(): void {
    const view = this.#store.view();
    const records = new Map<number, CatalogRecord>();
    for (const cursor of this.#rowsOf(CATALOG_RANGE)) {
      const number = numberIn(copyRange(cursor.key, cursor.keyStart, cursor.keyEnd));
      const value = copyRange(cursor.value, cursor.valueStart, cursor.valueEnd);
      if (number === SYSTEM_KEYSPACE) this.#nextNumber = decodeNextNumber(value);
      else records.set(number, decodeRecord(number, value));
    }
    this.#byName.clear();
    for (const [number, { entry }] of this.#byNumber) {
      if (records.has(number)) continue;
      entry.isDropped = true;
      this.#byNumber.delete(number);
    }
    for (const [number, record] of records) this.#retake(number, record, view.sequence);
    this.#checkNumbers();
  }

  #retake(number: number, record: CatalogRecord, sequence: number): void {
    const known = this.#byNumber.get(number);
    if (known === undefined) {
      markReady(this.#take(number, record).entry, new Set(), sequence);
      return;
    }
    const { entry } = known;
    const ready = new Set(entry.indexed?.indexes.filter(({ isBuilding }) => !isBuilding));
    setIndexes(entry, record);
    markReady(entry, ready, sequence);
    entry.name = record.name;
    entry.ttlMs = lifeOf(record);
    entry.isDropped = record.isDropped === true;
    known.record = record;
    if (!entry.isDropped) this.#byName.set(record.name, known);
  }

  /** Throws CorruptionError unless each number is given out, and of one keyspace or index. */
  #checkNumbers(): void {
    const seen = new Set<number>();
    for (const [own, { record }] of this.#byNumber) {
      const numbers = [own, ...Object.values(record.indexes ?? {}).map(({ number }) => number)];
      if (record.tree !== undefined) numbers.push(record.tree);
      for (const number of numbers) {
        if (number >= this.#nextNumber) {
          throw new CorruptionError('Keyspace catalog has lost a number');
        }
        if (seen.has(number)) throw new CorruptionError('Keyspace catalog has a number twice');
        seen.add(number);
      }
    }
  }

  #take(number: number, record: CatalogRecord): Known {
    const { name } = record;
    const entry = newEntry(number, record);
    const known = { entry, record };
    this.#byNumber.set(number, known);
    this.#store.setKeyspaceOptions(number, record);
    if (entry.isDropped) this.#free(known);
    else if (!this.#byName.has(name)) this.#byName.set(name, known);
    else throw new CorruptionError('Keyspace catalog has a name twice');
    return known;
  }

  /** What the handles of a keyspace share; undefined when there is no such keyspace. */
  entryOf(number: number): KeyspaceEntry | undefined {
    return number === DEFAULT_KEYSPACE ? this.own : this.#byNumber.get(number)?.entry;
  }

  /**
   * A translator by the recorded encodings, whatever handles there are. Where they are not built in, that of a handle serves
   * whose encodings have these names; else bytes are shown.
   */
  recordedTranslator(number: number): Translator<unknown, unknown> {
    const entry = this.entryOf(number);
    assert(entry !== undefined, 'a keyspace that is shown is there');
    const { space } = entry;
    const recorded = this.#byNumber.get(number)?.record;
    if (recorded === undefined && space !== undefined) return space.translator; // the database's own keys
    const isOfHandle =
      space?.translator.keyEncoding === recorded?.keyEncoding &&
      space?.translator.valueEncoding === recorded?.valueEncoding;
    if (space !== undefined && isOfHandle) return space.translator;
    return recordedTranslator(number, recorded ?? {});
  }

  /** The keyspaces with indexes. */
  *indexed(): Generator<{ readonly entry: KeyspaceEntry; readonly rows: IndexedRows }> {
    for (const { entry } of [...this.#byName.values()]) {
      if (entry.indexed !== undefined) yield { entry, rows: entry.indexed };
    }
  }

  /** The verifiable keyspaces. */
  *verifiable(): Generator<{ readonly entry: KeyspaceEntry; readonly rows: AppendOnlyRows }> {
    for (const { entry } of [...this.#byName.values()]) {
      if (entry.appendOnly?.tree !== undefined) yield { entry, rows: entry.appendOnly };
    }
  }

  /** Whether a handle decodes values as they are recorded: one of bytes does not (keyspaces/rows-as-recorded). */
  isAsRecorded({ entry, translator }: Space<unknown, unknown>): boolean {
    return this.#byNumber.get(entry.number)?.record.valueEncoding === translator.valueEncoding;
  }

  /** The keyspace of that name, which is created when it is missing. Rejects as `Database.keyspace` documents. */
  open(name: string, request: KeyspaceRequest): Promise<KeyspaceEntry> {
    checkName(name);
    mustBeEmbedded(this.#store, request);
    const { keeper } = this.#store;
    if (keeper !== undefined) {
      const { functions: _, ...sent } = request;
      return this.#byKeeper(keeper.open(name, sent)).then(() => this.#mustFind(name).entry);
    }
    return this.#change(async () => {
      const known = this.#byName.get(name);
      const { createIfMissing, indexes, functions, mode, isVerifiable, ...asks } = request;
      const asked: CatalogRecord = { name, ...definedOf(asks) };
      if (known === undefined) {
        if (!createIfMissing) throw noKeyspace(name);
        if (this.#store.isReadOnly)
          throw readOnly(`There is no keyspace ${name}, and none is made`);
        return this.#create({ ...asked, ...newMode(name, request) }, request);
      }
      mustHaveMode(known.record, request);
      await this.#mustAgree(known, asked);
      const { indexes: recorded = {} } = known.record;
      const { records, nextNumber } = numbered(recorded, indexes, this.#nextNumber, true);
      const merged: CatalogRecord = { ...known.record, ...asked, ...withIndexes(records) };
      const fields = Object.keys(asked) as (keyof CatalogRecord)[];
      const isNew = fields.some((field) => asked[field] !== known.record[field]);
      if (isNew || nextNumber > this.#nextNumber) {
        if (this.#store.isReadOnly) throw readOnly(`Options of keyspace ${name} are not changed`);
        await this.#put(known, merged, { nextNumber, functions });
      }
      return known.entry;
    });
  }

  async #create(
    asked: CatalogRecord,
    { indexes, isVerifiable = false }: KeyspaceRequest,
  ): Promise<KeyspaceEntry> {
    const number = this.#nextNumber;
    const tree = isVerifiable ? { tree: number + 1 } : {};
    const firstNumber = number + (isVerifiable ? 2 : 1);
    const { records, nextNumber } = numbered({}, indexes, firstNumber, false);
    const record = { ...asked, ...tree, ...withIndexes(records) };
    const batch = this.#store.batch();
    this.#takeNumbers(batch, nextNumber);
    batch.add(VALUE, sliceOf(catalogKey(number)), sliceOf(encodeRecord(record)));
    await this.#store.commit({ batch, durability: 'sync', signal: undefined });
    // Where others change the catalog too, it may have been read again by now, with this record.
    return (this.#byNumber.get(number) ?? this.#take(number, record)).entry;
  }

  /** Adds that all numbers below `nextNumber` are given out. Throws InvalidArgumentError when there are no more. */
  #takeNumbers(batch: CommitBatch, nextNumber: number): void {
    if (nextNumber - 1 > KEYSPACE_NUMBER_MAX) {
      throw new InvalidArgumentError('Database has no number left');
    }
    batch.add(VALUE, sliceOf(NEXT_NUMBER_KEY), sliceOf(encodeRecord({ nextNumber })));
    // A commit whose outcome is unknown may be there: its numbers are not given out again (catalog/number-once).
    this.#nextNumber = nextNumber;
  }

  /** Rejects with InvalidArgumentError for another encoding than that of the entries. */
  async #mustAgree({ entry, record }: Known, asked: CatalogRecord): Promise<void> {
    for (const [what, field] of [
      ['Keys', 'keyEncoding'],
      ['Values', 'valueEncoding'],
    ] as const) {
      const found = record[field];
      const wanted = asked[field];
      // A function of an index has seen bytes.
      const isOpen =
        found === undefined && (field === 'keyEncoding' || record.indexes === undefined);
      if (isOpen || wanted === undefined || found === wanted) continue;
      if (record.indexes === undefined && (await this.#isEmpty(entry))) continue;
      throw new InvalidArgumentError(
        `${what} of keyspace ${entry.name} have another encoding: recorded=${found ?? 'bytes'} asked=${wanted}`,
      );
    }
  }

  async #isEmpty({ number }: KeyspaceEntry): Promise<boolean> {
    const { start, end } = keyspaceRange(number);
    const { cursor, close } = this.#store.view().scan({ lower: start, upper: end });
    try {
      let step = cursor.seekAtLeast(start);
      while (step === NEEDS_BLOCK) {
        await cursor.load();
        step = cursor.resume();
      }
      return step === EXHAUSTED;
    } finally {
      close();
    }
  }

  /**
   * Runs a change of the catalog behind those before it (keyspaces/one-change). Where others change the catalog too, it runs
   * again when one of them came first.
   */
  #change<T>(change: () => Promise<T>): Promise<T> {
    return this.#changes.runExclusive(async () => {
      for (;;) {
        try {
          return await change();
        } catch (error) {
          const { catalogCopy } = this.#store;
          if (catalogCopy === undefined || !(error instanceof ConflictError)) throw error;
          await catalogCopy.refresh();
        }
      }
    });
  }

  /** What is published in a range of the catalog. A step reads a block that is not in memory at once. */
  *#rowsOf({ start, end }: BoundedRange): Generator<InternalIterator> {
    const { cursor, close }: OpenScan = this.#store.view().scan({ lower: start, upper: end });
    try {
      let step = cursor.seekAtLeast(start);
      while (loadedSync(cursor, step) === READY) {
        yield cursor;
        step = cursor.next();
      }
    } finally {
      close();
    }
  }

  /** Rejects with InvalidArgumentError when there is no keyspace `from`, or one `to`. */
  rename(from: string, to: string): Promise<void> {
    checkName(from);
    checkName(to);
    const { keeper } = this.#store;
    if (keeper !== undefined) return this.#byKeeper(keeper.rename(from, to));
    return this.#change(async () => {
      const known = this.#mustFind(from);
      mustBeMutable(known.record, 'renamed');
      if (from === to) return;
      if (this.#byName.has(to)) {
        throw new InvalidArgumentError(`Keyspace exists: name=${to}`);
      }
      await this.#put(known, { ...known.record, name: to });
    });
  }

  async #put(known: Known, record: CatalogRecord, change: RecordChange = {}): Promise<void> {
    const { entry } = known;
    const { indexed } = entry;
    const indexes = indexed?.indexes ?? [];
    const { nextNumber = this.#nextNumber, functions } = change;
    const batch = this.#store.batch();
    if (nextNumber > this.#nextNumber) this.#takeNumbers(batch, nextNumber);
    batch.add(VALUE, sliceOf(catalogKey(entry.number)), sliceOf(encodeRecord(record)));
    change.addTo?.(batch);
    try {
      // From its place on every commit keeps the indexes that there are then.
      const onSequenced = (): void => setIndexes(entry, record, functions);
      await this.#store.commit({ batch, durability: 'sync', signal: undefined, onSequenced });
    } catch (error) {
      if (isNotApplied(error)) {
        entry.indexed = indexed; // keyspaces/refused-as-before
        if (indexed !== undefined) indexed.indexes = indexes;
        setIndexes(entry, known.record);
      }
      throw error;
    }
    this.#byName.delete(entry.name);
    entry.name = record.name;
    entry.ttlMs = lifeOf(record);
    known.record = record;
    this.#byName.set(entry.name, known);
    this.#store.setKeyspaceOptions(entry.number, record);
  }

  /** Rejects with InvalidArgumentError when there is no such keyspace. */
  drop(name: string): Promise<void> {
    checkName(name);
    const { keeper } = this.#store;
    if (keeper !== undefined) return this.#byKeeper(keeper.drop(name));
    return this.#change(async () => {
      const known = this.#mustFind(name);
      mustBeMutable(known.record, 'dropped');
      await this.#hide(known);
      this.#byName.delete(name);
      this.#free(known);
    });
  }

  async #hide({ entry, record }: Known): Promise<void> {
    const { start, end } = keyspaceRange(entry.number);
    const batch = this.#store.batch();
    const { indexes = {}, ...rest } = record;
    const marked = encodeRecord({ ...rest, isDropped: true });
    batch.add(VALUE, sliceOf(catalogKey(entry.number)), sliceOf(marked));
    batch.add(RANGE_DELETION, sliceOf(start), sliceOf(end));
    for (const index of Object.values(indexes)) hideIndex(batch, index.number);
    try {
      const onSequenced = (): void => void (entry.isDropped = true);
      await this.#store.commit({ batch, durability: 'sync', signal: undefined, onSequenced });
    } catch (error) {
      if (isNotApplied(error)) entry.isDropped = false;
      throw error;
    }
    for (const index of Object.values(record.indexes ?? {})) this.#freeIndex(index.number);
  }

  /** An index is built: from now on it is read. */
  finishIndex(number: number, index: LiveIndex): Promise<void> {
    return this.#change(async () => {
      const known = this.#byNumber.get(number);
      const record = known?.record.indexes?.[index.name];
      if (known === undefined || record?.number !== index.number) return; // dropped meanwhile
      const { isBuilding: _, ...ready } = record;
      const indexes = { ...known.record.indexes, [index.name]: ready };
      index.readyAt = this.#store.view().sequence; // every lot was acknowledged; from the place of the commit on it is read
      await this.#put(
        known,
        { ...known.record, indexes },
        { addTo: (batch) => batch.add(DELETION, sliceOf(buildKey(index.number)), EMPTY_SLICE) },
      );
    });
  }

  /** Rejects with InvalidArgumentError when the keyspace has no index of that name. */
  dropIndex({ number }: KeyspaceEntry, name: string): Promise<void> {
    const { keeper } = this.#store;
    if (keeper !== undefined) return this.#byKeeper(keeper.dropIndex(number, name));
    return this.#change(async () => {
      const known = this.#byNumber.get(number);
      const records = new Map(Object.entries(known?.record.indexes ?? {}));
      const dropped = records.get(name);
      if (known === undefined || dropped === undefined) {
        throw new InvalidArgumentError(`There is no index of this name: index=${name}`);
      }
      records.delete(name);
      const { indexes: _, ...record } = known.record;
      await this.#put(
        known,
        { ...record, ...withIndexes(Object.fromEntries(records)) },
        { addTo: (batch) => hideIndex(batch, dropped.number) },
      );
      this.#freeIndex(dropped.number);
    });
  }

  /** Reads the catalog as the keeper has left it. */
  async #byKeeper(change: Promise<void>): Promise<void> {
    await change;
    this.reread();
  }

  /** For a store whose catalog another keeps: takes over what has changed. Throws as the constructor does. */
  reread(): void {
    const gone = new Set(this.#byNumber.keys());
    const records: [number, CatalogRecord][] = [];
    for (const cursor of this.#rowsOf(CATALOG_RANGE)) {
      const number = numberIn(copyRange(cursor.key, cursor.keyStart, cursor.keyEnd));
      const value = copyRange(cursor.value, cursor.valueStart, cursor.valueEnd);
      // Never lower: a commit that is on its way has taken numbers (catalog/number-once).
      if (number === SYSTEM_KEYSPACE)
        this.#nextNumber = Math.max(this.#nextNumber, decodeNextNumber(value));
      else records.push([number, decodeRecord(number, value)]);
    }
    this.#byName.clear();
    for (const [number, record] of records) {
      gone.delete(number);
      const known = this.#byNumber.get(number);
      if (known === undefined) this.#take(number, record);
      else this.#refresh(known, record);
    }
    for (const number of gone) {
      const known = this.#byNumber.get(number);
      if (known !== undefined) known.entry.isDropped = true;
      this.#byNumber.delete(number);
    }
  }

  #refresh(known: Known, record: CatalogRecord): void {
    const { entry } = known;
    const building = (entry.indexed?.indexes ?? []).filter(({ isBuilding }) => isBuilding);
    known.record = record;
    entry.isDropped = record.isDropped === true;
    if (entry.isDropped) return;
    entry.name = record.name;
    entry.ttlMs = lifeOf(record);
    setIndexes(entry, record);
    const { sequence } = this.#store.view();
    for (const index of building) if (!index.isBuilding) index.readyAt = sequence;
    this.#byName.set(record.name, known);
  }

  /** The names of the encodings that a keyspace has recorded. */
  recordedNames(number: number): Pick<CatalogRecord, 'keyEncoding' | 'valueEncoding'> {
    return this.#byNumber.get(number)?.record ?? {};
  }

  /** Gives the tables of a dropped index back. */
  #freeIndex(number: number): void {
    const known = { entry: newEntry(number, DROPPED_INDEX), record: DROPPED_INDEX };
    this.#byNumber.set(number, known);
    this.#free(known);
  }

  /** Gives the tables of a dropped keyspace back once no reader needs them, and then forgets its record. */
  #free({ entry }: Known): void {
    const { number } = entry;
    void this.#store
      .releaseRange(keyspaceRange(number))
      .then(async (isReleased) => {
        if (!isReleased) return; // the close came first; the next open goes on
        const batch = this.#store.batch();
        batch.add(DELETION, sliceOf(catalogKey(number)), EMPTY_SLICE);
        await this.#store.commit({ batch, durability: 'os', signal: undefined });
        this.#byNumber.delete(number);
        this.#store.setKeyspaceOptions(number, {});
      })
      .catch(() => undefined); // a database that failed, or is closed, keeps the record for the next open
  }

  /** What is there, the database's own keys first, then by name. */
  list(own: Pick<KeyspaceInfo, 'keyEncoding' | 'valueEncoding'>): KeyspaceInfo[] {
    const statsOf = (range: BoundedRange): RangeStats => this.#store.rangeStats(range);
    const named = [...this.#byName.values()].sort((a, b) => (a.entry.name < b.entry.name ? -1 : 1));
    return [
      keyspaceInfoOf(DEFAULT_KEYSPACE, { name: DEFAULT_NAME, ...definedOf(own) }, statsOf),
      ...named.map(({ entry, record }) => keyspaceInfoOf(entry.number, record, statsOf)),
    ];
  }

  #mustFind(name: string): Known {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    throw noKeyspace(name);
  }
}
