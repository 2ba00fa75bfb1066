/**
 * The specification: a sorted map of versions.
 *
 * Owns: what every read of the database must answer, and which commits must conflict. Nothing here is fast or
 * clever; where engine and model disagree, the model is read first and believed.
 *
 * Sequence numbers are counted as the engine counts them, one an operation, so the two can be compared after
 * every commit, and a state recovered from a power cut can be named by its number.
 *
 * Time stands still until `wait`. Each version knows when it expires; a read is as of a sequence and a clock.
 *
 * Suspension: every method is synchronous.
 */
import { noteValue, updated } from './update.ts';
import type { Bounds, Key, Row, ScanShape, TransactionMode, Value, Write } from './step.ts';

/** A write whose effect is known: no update. */
type PlainWrite = Exclude<Write, { readonly op: 'update' }>;

interface Version {
  readonly sequence: number;
  /** Undefined: deleted. */
  readonly value: Value | undefined;
  /** Infinity for one that does not expire. */
  readonly expiresAtMs: number;
}

/** A write whose expiry is a time. That of a put in a transaction counts from its call, not from the commit. */
export type TimedWrite = Write & Timed;
type Timed = { readonly expiresAtMs: number };
type TimedPlain = PlainWrite & Timed;
type TimedUpdate = Extract<Write, { readonly op: 'update' }> & Timed;

/** A value, and when it expires. */
interface Found {
  readonly value: Value;
  readonly expiresAtMs: number;
}

/** The clock of a reader for whom nothing has expired. */
const BEFORE_ALL = -Infinity;

interface DeletedRange {
  readonly sequence: number;
  readonly start: Key;
  readonly end: Key;
}

/** Lower inclusive, upper exclusive. */
export interface Range {
  start: Key;
  end: Key;
}

/** Above every key of a history. */
const CEILING: Key = '\xff'.repeat(65_537);

/** `[start, end)`, or undefined when no key is inside. */
export function rangeOf(bounds: Bounds): { start: Key; end: Key } | undefined {
  const lowers: Key[] = [''];
  const uppers: Key[] = [CEILING];
  if (bounds.gte !== undefined) lowers.push(bounds.gte);
  if (bounds.gt !== undefined) lowers.push(`${bounds.gt}\0`);
  if (bounds.lt !== undefined) uppers.push(bounds.lt);
  if (bounds.lte !== undefined) uppers.push(`${bounds.lte}\0`);
  if (bounds.prefix !== undefined) {
    lowers.push(bounds.prefix);
    const stem = bounds.prefix.replace(/\xff+$/, '');
    if (stem !== '') {
      uppers.push(stem.slice(0, -1) + String.fromCharCode(stem.charCodeAt(stem.length - 1) + 1));
    }
  }
  const start = lowers.reduce((a, b) => (a > b ? a : b));
  const end = uppers.reduce((a, b) => (a < b ? a : b));
  return start < end ? { start, end } : undefined;
}

export class Model {
  sequence = 0;
  /** Now. */
  wallMs: number;
  /** How long an entry lives whose put does not say. */
  readonly #ttlMs: number;
  /** Every commit's last sequence, in order; 0 is the empty database. */
  boundaries: number[] = [0];
  #versions = new Map<Key, Version[]>();
  #deletedRanges: DeletedRange[] = [];

  constructor(wallMs: number = 0, ttlMs: number = Infinity) {
    this.wallMs = wallMs;
    this.#ttlMs = ttlMs;
  }

  /** An empty database whose sequences have come this far. */
  beginAt(sequence: number): void {
    this.sequence = sequence;
    this.boundaries = [sequence];
  }

  /** Applies writes as one commit. No write in it: no commit. */
  commit(writes: readonly Write[]): void {
    const plain = writes.filter(isPlain);
    if (plain.length === writes.length) {
      this.commitTimed(plain.map((write) => this.timed(write)));
      return;
    }
    const together = this.begin(); // an update sees what came before it
    for (const write of writes) together.write(write);
    together.commit();
  }

  commitTimed(writes: readonly TimedPlain[]): void {
    for (const write of writes) {
      if (write.op === 'put') noteValue(write.value);
      if (write.op === 'put') this.#add(write.key, write, ++this.sequence);
      else if (write.op === 'del') this.#add(write.key, undefined, ++this.sequence);
      else this.#deleteRange(write.bounds);
    }
    if (this.boundaries.at(-1) !== this.sequence) this.boundaries.push(this.sequence);
  }

  /** All rows as one commit, at one sequence. No row in it: no commit. */
  ingest(rows: readonly Row[]): void {
    if (rows.length === 0) return;
    this.sequence++;
    const expiresAtMs = this.wallMs + this.#ttlMs;
    for (const { key, value } of rows) {
      noteValue(value);
      this.#add(key, { value, expiresAtMs }, this.sequence);
    }
    this.boundaries.push(this.sequence);
  }

  /** A write that is made now. */
  timed<W extends Write>(write: W): W & Timed {
    const ttlMs = write.op === 'put' ? write.ttlMs : undefined;
    return { ...write, expiresAtMs: this.wallMs + (ttlMs ?? this.#ttlMs) };
  }

  get(key: Key, sequence: number = this.sequence, wallMs: number = this.wallMs): Value | undefined {
    return this.find(key, sequence, wallMs)?.value;
  }

  /** What is newest at the sequence, unless that has expired: then no older one shows either. */
  find(key: Key, sequence: number, wallMs: number): Found | undefined {
    const newest = this.#versions.get(key)?.findLast((version) => version.sequence <= sequence);
    if (newest?.value === undefined || newest.expiresAtMs <= wallMs) return undefined;
    return { value: newest.value, expiresAtMs: newest.expiresAtMs };
  }

  rows(bounds: Bounds, sequence: number = this.sequence, wallMs: number = this.wallMs): Row[] {
    const range = rangeOf(bounds);
    if (range === undefined) return [];
    const rows: Row[] = [];
    for (const key of this.#versions.keys()) {
      if (key < range.start || key >= range.end) continue;
      const value = this.get(key, sequence, wallMs);
      if (value !== undefined) rows.push({ key, value });
    }
    return rows.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  begin(mode: TransactionMode = 'snapshot'): ModelTransaction {
    return new ModelTransaction(this, this.sequence, mode);
  }

  /** True when the key was written, or deleted alone or in a range, after `since`. */
  isWrittenSince(key: Key, since: number): boolean {
    const newest = this.#versions.get(key)?.at(-1);
    if (newest !== undefined && newest.sequence > since) return true;
    return this.#deletedRanges.some(
      ({ sequence, start, end }) => sequence > since && start <= key && key < end,
    );
  }

  /** True when any key of a range was written or deleted after `since`, whether it exists or not. */
  isRangeWrittenSince(start: Key, end: Key, since: number): boolean {
    for (const [key, versions] of this.#versions) {
      const newest = versions.at(-1)!; // no list is empty
      if (key >= start && key < end && newest.sequence > since) return true;
    }
    return this.#deletedRanges.some(
      (range) => range.sequence > since && range.start < end && start < range.end,
    );
  }

  /** Forgets every commit after `sequence`, as a power cut does. */
  truncate(sequence: number): void {
    for (const [key, versions] of this.#versions) {
      const kept = versions.filter((version) => version.sequence <= sequence);
      if (kept.length === 0) this.#versions.delete(key);
      else this.#versions.set(key, kept);
    }
    this.#deletedRanges = this.#deletedRanges.filter((range) => range.sequence <= sequence);
    this.boundaries = this.boundaries.filter((boundary) => boundary <= sequence);
    this.sequence = sequence;
  }

  #add(key: Key, found: Found | undefined, sequence: number): void {
    const { value, expiresAtMs = Infinity } = found ?? { value: undefined };
    const versions = this.#versions.get(key);
    if (versions === undefined) this.#versions.set(key, [{ sequence, value, expiresAtMs }]);
    else versions.push({ sequence, value, expiresAtMs });
  }

  #deleteRange(bounds: Bounds): void {
    const range = rangeOf(bounds);
    if (range === undefined) return;
    const sequence = ++this.sequence;
    for (const { key } of this.rows(bounds, sequence, BEFORE_ALL))
      this.#add(key, undefined, sequence);
    this.#deletedRanges.push({ sequence, ...range });
  }
}

/** True when two ranges share a key. */
function overlap(a: Range, b: Range): boolean {
  return a.start < b.end && b.start < a.end;
}

/** The range that a commit of the write locks; undefined for one that deletes nothing. */
function lockedBy(write: Write): Range | undefined {
  if (write.op === 'delRange') return rangeOf(write.bounds);
  return { start: write.key, end: `${write.key}\0` };
}

/** Reads a snapshot overlaid with its own writes; the first committer wins. */
export class ModelTransaction {
  /** A lock may move both forward. */
  sequence: number;
  wallMs: number;
  /** Held to the end; only a pessimistic transaction has any. */
  readonly locks: Range[] = [];
  /** Locks that were asked for as ranges: a scan inside one of them is a locked read. */
  readonly #lockedRanges: Range[] = [];
  /** True when a pessimistic transaction has read without a lock. */
  #hasReadUnlocked = false;
  readonly mode: TransactionMode;
  /** Reads of a serializable transaction: they must still be true at its commit. */
  readonly reads: Range[] = [];
  readonly #model: Model;
  /** Keys that were read though updates of them were pending: they must be unchanged, whatever the mode. */
  readonly #observed: Range[] = [];
  /** In the order of the calls; an update is pending. */
  #writes: TimedWrite[] = [];
  /** The writes that there were at each. */
  #savepoints: TimedWrite[][] = [];

  constructor(model: Model, sequence: number, mode: TransactionMode) {
    this.#model = model;
    this.sequence = sequence;
    this.wallMs = model.wallMs;
    this.mode = mode;
  }

  write(write: Write): void {
    this.#take(this.#model.timed(write));
  }

  #take(write: TimedWrite): void {
    if (!isPlain(write)) {
      this.#update(write);
      return;
    }
    if (write.op === 'put') noteValue(write.value);
    this.#writes = this.#writes.filter(
      (each) => each.op !== 'update' || !isTouchedBy(each.key, write),
    );
    this.#writes.push(write);
  }

  /** At once when the value is known; pending otherwise. */
  #update(write: TimedUpdate): void {
    const { key, salt } = write;
    const found = this.#isOwn(key) ? this.#find(key) : undefined;
    if (!this.#isOwn(key)) this.#writes.push(write);
    else this.#set(key, found, updated(found?.value, salt));
  }

  /** An entry that is updated keeps its time. */
  #set(key: Key, before: Found | undefined, value: Value | undefined): void {
    const write = this.#written(key, before, value);
    if (write !== undefined) this.#take(write);
  }

  #written(key: Key, before: Found | undefined, value: Value | undefined): TimedPlain | undefined {
    if (value === undefined) return before && this.#model.timed({ op: 'del', key });
    const put = this.#model.timed({ op: 'put', key, value });
    return { ...put, expiresAtMs: before?.expiresAtMs ?? put.expiresAtMs };
  }

  #isOwn(key: Key): boolean {
    return this.#writes.some((write) => isPlain(write) && isTouchedBy(key, write));
  }

  #pendingOf(key: Key): number[] {
    return this.#writes.flatMap((write) =>
      write.op === 'update' && write.key === key ? [write.salt] : [],
    );
  }

  /** A read of the key makes its pending updates a write on what the snapshot shows. */
  #settle(key: Key): void {
    const salts = this.#pendingOf(key);
    if (salts.length === 0) return;
    this.#observed.push({ start: key, end: `${key}\0` });
    const before = this.#model.find(key, this.sequence, this.wallMs);
    this.#writes = this.#writes.filter((write) => write.op !== 'update' || write.key !== key);
    this.#set(key, before, salts.reduce(updated, before?.value));
  }

  /** What the pending updates write, on what is newest. */
  #late(): TimedPlain[] {
    const keys = new Set(this.#writes.flatMap((each) => (each.op === 'update' ? [each.key] : [])));
    return [...keys].flatMap((key) => {
      const before = this.#model.find(key, this.#model.sequence, this.#model.wallMs);
      return this.#written(key, before, this.#pendingOf(key).reduce(updated, before?.value)) ?? [];
    });
  }

  get writes(): readonly Write[] {
    return this.#writes;
  }

  get savepointCount(): number {
    return this.#savepoints.length;
  }

  savepoint(): void {
    this.#savepoints.push([...this.#writes]);
  }

  /** Reads stay; so does this savepoint. */
  rollbackTo(index: number): void {
    this.#writes = [...this.#savepoints[index]!]; // the caller has one of this index
    this.#savepoints.length = index + 1;
  }

  /** True when the locks of this transaction keep such writes waiting. */
  blocks(writes: readonly Write[]): boolean {
    return writes.some((write) => {
      const range = lockedBy(write);
      return range !== undefined && this.blocksRange(range);
    });
  }

  blocksRange(range: Range): boolean {
    return this.locks.some((lock) => overlap(lock, range));
  }

  /**
   * Locks what no other transaction has locked. The snapshot moves to now unless something was read without a lock;
   * then it stays, and a range that was written since is a conflict: false.
   */
  lock(range: Range, isKey: boolean): boolean {
    this.locks.push(range);
    if (!isKey) this.#lockedRanges.push(range);
    if (this.#hasReadUnlocked) {
      return !this.#model.isRangeWrittenSince(range.start, range.end, this.sequence);
    }
    this.sequence = this.#model.sequence;
    this.wallMs = this.#model.wallMs;
    return true;
  }

  /** As `get`, of a key that was just locked. */
  getLocked(key: Key): Value | undefined {
    this.#noteRead(key);
    this.#settle(key);
    return this.peek(key);
  }

  /** True unless the transaction's own writes answer. */
  #noteRead(key: Key): boolean {
    const isOwn = this.#isOwn(key);
    if (!isOwn) this.reads.push({ start: key, end: `${key}\0` });
    return !isOwn;
  }

  /** As `peek`, and counts as read. What the transaction wrote itself was not read. */
  get(key: Key): Value | undefined {
    const isRead = this.#noteRead(key);
    if (isRead && !this.blocksRange({ start: key, end: `${key}\0` })) this.#hasReadUnlocked = true;
    this.#settle(key);
    return this.peek(key);
  }

  peek(key: Key): Value | undefined {
    return this.#find(key)?.value;
  }

  /** As `get`, of its time; Infinity for an entry that does not expire. */
  expiresAt(key: Key): number | undefined {
    this.get(key); // counts as read
    return this.#find(key)?.expiresAtMs;
  }

  #find(key: Key): Found | undefined {
    for (const write of this.#writes.toReversed()) {
      if (write.op === 'put' && write.key === key) {
        return write.expiresAtMs <= this.wallMs ? undefined : write;
      }
      if (write.op === 'del' && write.key === key) return undefined;
      if (write.op === 'delRange' && isInside(key, write.bounds)) return undefined;
    }
    return this.#model.find(key, this.sequence, this.wallMs);
  }

  /** As a scan reads. */
  rows(bounds: Bounds): Row[] {
    const range = rangeOf(bounds);
    if (range === undefined) return [];
    const isLocked = this.#lockedRanges.some(
      ({ start, end }) => start <= range.start && range.end <= end,
    );
    if (!isLocked) this.#hasReadUnlocked = true;
    for (const write of [...this.#writes]) {
      if (write.op === 'update' && isInside(write.key, bounds)) this.#settle(write.key);
    }
    const seen = this.#model.rows(bounds, this.sequence, this.wallMs);
    const keys = new Set(seen.map((row) => row.key));
    for (const write of this.#writes) {
      if (write.op === 'put' && isInside(write.key, bounds)) keys.add(write.key);
    }
    return [...keys].sort().flatMap((key) => {
      const value = this.peek(key);
      return value === undefined ? [] : [{ key, value }];
    });
  }

  /** True when it has committed. False when another commit came first: then nothing has happened. */
  commit(): boolean {
    const writes = this.#effective();
    if (writes.length === 0 && this.#writes.every(isPlain)) return true;
    const isStale = ({ start, end }: Range): boolean =>
      this.#model.isRangeWrittenSince(start, end, this.sequence);
    if (this.#observed.some(isStale)) return false;
    if (this.mode === 'serializable' || this.mode === 'pessimisticSerializable') {
      if (this.reads.some(isStale)) return false;
    }
    for (const write of writes) {
      if (write.op !== 'delRange') {
        if (this.#model.isWrittenSince(write.key, this.sequence)) return false;
        continue;
      }
      const range = rangeOf(write.bounds);
      if (range === undefined) continue;
      if (this.#model.isRangeWrittenSince(range.start, range.end, this.sequence)) return false;
    }
    this.#model.commitTimed([...writes, ...this.#late()]);
    return true;
  }

  /** Ranges, then the last write of each key that no later range of its own deleted. */
  #effective(): TimedPlain[] {
    const plain = this.#writes.filter(isPlain);
    const points = plain.filter((write, index) => {
      if (write.op === 'delRange') return false;
      return !plain
        .slice(index + 1)
        .some((later) =>
          later.op === 'delRange' ? isInside(write.key, later.bounds) : later.key === write.key,
        );
    });
    return [...joined(plain), ...points];
  }
}

/** The deleted ranges, joined where they meet. */
function joined(writes: readonly PlainWrite[]): TimedPlain[] {
  const ranges = writes.flatMap((write) =>
    write.op === 'delRange' ? (rangeOf(write.bounds) ?? []) : [],
  );
  const parts: Range[] = [];
  for (const range of ranges.sort((a, b) => (a.start < b.start ? -1 : 1))) {
    const last = parts.at(-1);
    if (last === undefined || last.end < range.start) parts.push({ ...range });
    else if (last.end < range.end) last.end = range.end;
  }
  return parts.map(({ start, end }) => ({
    op: 'delRange',
    bounds: { gte: start, lt: end },
    expiresAtMs: Infinity,
  }));
}

function isPlain<W extends Write>(write: W): write is Exclude<W, { readonly op: 'update' }> {
  return write.op !== 'update';
}

function isTouchedBy(key: Key, write: PlainWrite): boolean {
  return write.op === 'delRange' ? isInside(key, write.bounds) : write.key === key;
}

function isInside(key: Key, bounds: Bounds): boolean {
  const range = rangeOf(bounds);
  return range !== undefined && range.start <= key && key < range.end;
}

/** One pass over rows as they were when it began. */
export class ModelScan {
  readonly #rows: readonly Row[];
  readonly #isReverse: boolean;
  readonly #range: Readonly<Range> | undefined;
  /** Takes what the scan has covered: a part for each seek, up to the last row, or to the bound at the end. */
  readonly #reads: Range[];
  #part: Range | undefined = undefined;
  #seekKey: Key | undefined = undefined;
  #remaining: number;
  #position = 0;
  #isClosed = false;

  constructor(
    ascending: readonly Row[],
    { bounds, isReverse, limit }: ScanShape,
    reads: Range[] = [],
  ) {
    this.#range = rangeOf(bounds);
    this.#reads = reads;
    this.#rows = isReverse ? ascending.toReversed() : ascending;
    this.#isReverse = isReverse;
    this.#remaining = limit ?? Infinity;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Up to `count` rows; fewer at the end, which closes. */
  take(count: number): Row[] {
    const taken: Row[] = [];
    while (taken.length < count && !this.#isClosed) {
      const row = this.#rows[this.#position];
      if (this.#remaining > 0) this.#cover(row);
      if (row === undefined || this.#remaining <= 0) {
        this.#isClosed = true;
        break;
      }
      taken.push(row);
      this.#position++;
      this.#remaining--;
    }
    return taken;
  }

  /** The next row is the first at or after `key` in this direction. */
  seek(key: Key): void {
    const index = this.#rows.findIndex((row) =>
      this.#isReverse ? row.key <= key : row.key >= key,
    );
    this.#position = index < 0 ? this.#rows.length : index;
    this.#part = undefined;
    this.#seekKey = key;
  }

  close(): void {
    this.#isClosed = true;
  }

  #cover(row: Row | undefined): void {
    if (this.#range === undefined) return;
    const { start, end } = this.#range;
    const seekKey = this.#seekKey;
    if (this.#isReverse) {
      const after = seekKey === undefined ? end : `${seekKey}\0`;
      this.#part ??= this.#newPart(after < end ? after : end);
      this.#part.start = row?.key ?? start;
    } else {
      this.#part ??= this.#newPart(seekKey !== undefined && seekKey > start ? seekKey : start);
      this.#part.end = row === undefined ? end : `${row.key}\0`;
    }
  }

  #newPart(from: Key): Range {
    const part = { start: from, end: from };
    this.#reads.push(part);
    return part;
  }
}
