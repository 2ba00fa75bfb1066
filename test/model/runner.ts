/**
 * Runs a history against the engine and the model, in step.
 *
 * Owns: one open database with its snapshots, scans and transactions by slot. Every answer is compared with the
 * model's (answers.ts); the first difference throws a Mismatch that names the step.
 *
 * Sequence numbers are compared after every step, so a commit that is applied twice, in part or not at all is
 * seen at once. After a power cut the recovered number must be one at which a commit ended, no less than what
 * was acknowledged as durable; the model then forgets what came later.
 *
 * The clock on the wall stands still but for the steps that wait; timers are the system's.
 *
 * A quarter of the histories, by their seed, runs with a listener that misbehaves (listeners.ts), a fifth with
 * encodings that use the database (encoders.ts): no answer may differ for it.
 *
 * Suspension: steps run one after the other; `together` starts several commits before it waits for any.
 */
import { tossCoins } from '../../src/base/coin.ts';
import { type Clock, nextTurn, systemClock } from '../../src/base/clock.ts';
import { ConflictError } from '../../src/base/errors.ts';
import type { Database } from '../../src/api/database.ts';
import type { Keyspace } from '../../src/api/keyspace.ts';
import { open } from '../../src/api/open.ts';
import type { Snapshot } from '../../src/api/snapshot.ts';
import type { Scan } from '../../src/api/scan.ts';
import { LockingTransaction } from '../../src/api/locking-transaction.ts';
import type { Savepoint } from '../../src/api/savepoint.ts';
import type { ScanOptions } from '../../src/api/ranges.ts';
import type { Transaction } from '../../src/api/transaction.ts';
import { Answers, digestOf, digestOfValue, entryText, textOf } from './answers.ts';
import {
  BEGIN_OPTIONS,
  codeOf,
  expiryOptions,
  operationOf,
  rangeOptions,
  rangeWrites,
  scanOptions,
  take,
} from './calls.ts';
import { meddlingEncodings } from './encoders.ts';
import { makePlace, type Place } from './files.ts';
import { badListener } from './listeners.ts';
import { Model, ModelScan, type ModelTransaction, type Range, rangeOf } from './model.ts';
import type { OptionSet } from './option-sets.ts';
import { noteValue, updateOf } from './update.ts';
import {
  type Bounds,
  type Durability,
  type Key,
  keyBytes,
  keyText,
  type LockKind,
  printStep,
  type Row,
  type RowKind,
  type ScanShape,
  type Step,
  type StepKind,
  type Value,
  valueOf,
  type View,
  type Write,
} from './step.ts';

const KEY = new Uint8Array(32).fill(0xa5);

export class Mismatch extends Error {
  override readonly name = 'Mismatch';
  readonly stepIndex: number;

  constructor(stepIndex: number, step: string, cause: unknown) {
    const reason = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    super(`Step ${stepIndex} (${step.slice(0, 300)}): ${reason}`, { cause });
    this.stepIndex = stepIndex;
  }
}

export interface RunResult {
  /** The digest of every answer, in order. */
  readonly digest: string;
  readonly stepCount: number;
  readonly flushCount: number;
  readonly compactionCount: number;
  readonly conflictCount: number;
  /** Those that committed. */
  readonly transactionCount: number;
  /** Those that were granted. */
  readonly lockCount: number;
  /** Largest level that held a table. */
  readonly levelMax: number;
}

type WriteCall = (options: { durability: Durability; signal?: AbortSignal }) => Promise<void>;
type OpenTransaction = {
  tx: Transaction<Uint8Array, Uint8Array>;
  durability: Durability;
  model: ModelTransaction;
  savepoints: Savepoint[];
};
type OpenSnapshot = { snapshot: Snapshot; sequence: number; wallMs: number };
type OpenScan = { scan: Scan<Uint8Array, [Uint8Array, Uint8Array]>; model: ModelScan };

/** Some day in 2023. */
const WALL_START_MS = 1_700_000_000_000;

/** Keys at the edges of a keyspace, in order. */
const NEIGHBOUR_KEYS = ['', '\0', 'user:001', '\xff'];

/** Runs the steps, reads everything once more, and closes. Throws Mismatch. */
export async function runHistory(
  steps: readonly Step[],
  options: OptionSet,
  seed: number,
): Promise<RunResult> {
  tossCoins(seed);
  const runner = new Runner(options, seed);
  let index = 0;
  let label = 'open';
  try {
    await runner.open();
    for (const step of steps) {
      label = printStep(step);
      await runner.run(step);
      index++;
    }
    label = 'end';
    return await runner.finish(index);
  } catch (error) {
    throw new Mismatch(index, label, error);
  } finally {
    await runner.abandon();
    tossCoins();
  }
}

class Runner {
  readonly #options: OptionSet;
  readonly #seed: number;
  readonly #model: Model;
  readonly #clock: Clock;
  readonly #answers = new Answers();
  readonly #snapshots = new Map<number, OpenSnapshot>();
  readonly #scans = new Map<number, OpenScan>();
  readonly #transactions = new Map<number, OpenTransaction>();
  readonly #counts = {
    flushCount: 0,
    compactionCount: 0,
    conflictCount: 0,
    transactionCount: 0,
    lockCount: 0,
    levelMax: 0,
  };
  #place: Place;
  #db!: Database;
  /** Where the entries of the history are: the database itself, or a keyspace of it. */
  #entries!: Keyspace;
  /** The sequence that every power cut must keep. */
  #durable = 0;

  constructor(options: OptionSet, seed: number) {
    this.#options = options;
    this.#seed = seed;
    this.#model = new Model(WALL_START_MS, options.ttlMs);
    this.#clock = { ...systemClock, wallMs: () => this.#model.wallMs };
    this.#place = makePlace(options.files);
  }

  async open(): Promise<void> {
    const encodings = meddlingEncodings(this.#seed, () => this.#db);
    this.#db = await open(this.#place.directory, {
      ...this.#options.tuning,
      ...(this.#options.isEncrypted === true && { encryption: { key: KEY } }),
      environment: { clock: this.#clock },
      onEvent: badListener(this.#seed),
      ...encodings,
      ...(this.#options.files === 'node' ? {} : { vfs: this.#place.vfs }),
    });
    this.#entries = this.#db;
    if (this.#options.keyspace === undefined) return;
    if (this.#model.sequence === 0) await this.#surround(this.#options.keyspace);
    this.#entries = await this.#db.keyspace(this.#options.keyspace, {
      ...encodings,
      ...expiryOptions(this.#options.ttlMs),
    });
  }

  /** Puts neighbours on both sides of the keyspace; nothing that the history does may change them. */
  async #surround(name: string): Promise<void> {
    await this.#db.keyspace('before');
    await this.#db.keyspace(name, expiryOptions(this.#options.ttlMs));
    await this.#db.keyspace('after');
    for (const neighbour of await this.#neighbours()) {
      for (const key of NEIGHBOUR_KEYS) await neighbour.put(keyBytes(key), keyBytes('neighbour'));
    }
    this.#model.beginAt(this.#db.stats().sequence.assigned);
    this.#durable = this.#model.sequence;
  }

  async #neighbours(): Promise<Keyspace[]> {
    return [this.#db, await this.#db.keyspace('before'), await this.#db.keyspace('after')];
  }

  async #checkNeighbours(): Promise<void> {
    if (this.#options.keyspace === undefined) return;
    for (const neighbour of await this.#neighbours()) {
      const found = await neighbour.entries().all();
      const text = found.map(([key, value]) => `${keyText(key)}=${keyText(value)}`).join();
      const expected = NEIGHBOUR_KEYS.map((key) => `${key}=neighbour`).join();
      this.#answers.compare(text, expected, `entries of ${neighbour.name}`);
    }
  }

  async run(step: Step): Promise<void> {
    const wait = this.#start(step);
    if (wait !== undefined) await wait();
    const { assigned, published } = this.#db.stats().sequence;
    if (assigned !== this.#model.sequence || published !== assigned) {
      throw new Error(
        `Sequences: assigned=${assigned} published=${published} expected=${this.#model.sequence}`,
      );
    }
  }

  /** Reads all there is in both directions and closes. */
  async finish(stepCount: number): Promise<RunResult> {
    this.#forgetSlots();
    for (const isReverse of [false, true]) {
      const shape = { bounds: {}, isReverse, limit: undefined };
      await this.#scanStep('nextMany', 'entries', 'db', shape, [])();
    }
    await this.#checkNeighbours();
    const report = await this.#db.verify();
    if (!report.isSound) throw new Error(`Not sound: ${JSON.stringify(report.problems)}`);
    const { readers } = this.#db.stats();
    const leaks = readers.snapshotCount + readers.transactionCount + readers.scanCount;
    if (leaks > 0) throw new Error(`Leaked: ${JSON.stringify(readers)}`);
    await this.#close();
    return { digest: this.#answers.digest(), stepCount, ...this.#counts };
  }

  async abandon(): Promise<void> {
    await this.#db?.close().catch(() => undefined);
    this.#place.remove();
  }

  /** The part of a step that happens at once; it returns the rest. */
  #start(step: Step): (() => Promise<void>) | undefined {
    switch (step.do) {
      case 'write':
        return this.#commitStep([step.write], step.durability, this.#writeCall(step.write));
      case 'batch':
        return this.#commitStep(step.writes, step.durability, (options) =>
          this.#entries.batch(step.writes.map(operationOf), options),
        );
      case 'read':
        return this.#readStep(step);
      case 'scan':
        return this.#scanStep(step.kind, step.rows, step.view, step.shape, step.seeks);
      case 'openScan':
      case 'stepScan':
      case 'seekScan':
      case 'closeScan':
        return this.#lastingScanStep(step);
      case 'snapshot':
      case 'closeSnapshot':
        return this.#snapshotStep(step);
      case 'begin':
      case 'tx':
      case 'lock':
      case 'savepoint':
      case 'rollbackTo':
      case 'commit':
      case 'rollback':
        return this.#transactionStep(step);
      case 'together':
        return this.#togetherStep(step.steps);
      case 'ingest':
        if (this.#isBlocked(rangeWrites(step.rows))) return undefined; // it locks all from first to last
        return async () => {
          await this.#entries.ingest(
            step.rows.map((row) => [keyBytes(row.key), valueOf(row.value)]),
          );
          this.#model.ingest(step.rows);
          if (step.rows.length > 0) this.#acknowledge(this.#model.sequence);
        };
      case 'wait':
        this.#model.wallMs += step.ms;
        return undefined;
      case 'flush':
      case 'compact':
        return async () => {
          if (step.do === 'flush') await this.#db.flush();
          else await this.#entries.compact(rangeOptions(step.bounds));
          this.#durable = this.#model.sequence;
        };
      case 'reopen':
        return () => this.#reopen();
      case 'kill':
        return () => this.#dieAndReopen(this.#place.killed(), false);
      case 'crash':
        return () => this.#dieAndReopen(this.#place.crashed(step.seed, step.mode), true);
    }
  }

  // Writes.

  #writeCall(write: Write): WriteCall {
    const db = this.#entries;
    switch (write.op) {
      case 'put':
        return (options) =>
          db.put(keyBytes(write.key), valueOf(write.value), {
            ...options,
            ...expiryOptions(write.ttlMs),
          });
      case 'del':
        return (options) => db.del(keyBytes(write.key), options);
      case 'update':
        return async (options) => {
          await db.update(keyBytes(write.key), updateOf(write.salt), options);
        };
      case 'delRange':
        return (options) => db.delRange(rangeOptions(write.bounds), options);
    }
  }

  #commitStep(
    writes: readonly Write[],
    durability: Durability,
    call: WriteCall,
  ): () => Promise<void> {
    for (const write of writes) if (write.op === 'put') noteValue(write.value);
    if (this.#isBlocked(writes)) return () => this.#giveUp(durability, call);
    const before = this.#model.sequence;
    const done = call({ durability });
    this.#model.commit(writes);
    const { sequence } = this.#model;
    return async () => {
      await done;
      if (durability === 'sync' && sequence > before) this.#acknowledge(sequence);
    };
  }

  /** A commit that waits for a lock, which no owner gives back meanwhile. */
  async #giveUp(durability: Durability, call: WriteCall): Promise<void> {
    const user = new AbortController();
    const outcome = call({ durability, signal: user.signal }).then(() => 'committed', codeOf);
    await nextTurn();
    user.abort();
    this.#answers.compare(await outcome, 'ABORTED', 'commit of what others have locked');
  }

  #isBlocked(writes: readonly Write[], owner?: OpenTransaction): boolean {
    const others = [...this.#transactions.values()].filter((held) => held !== owner);
    return others.some(({ model }) => model.blocks(writes));
  }

  #acknowledge(sequence: number): void {
    this.#durable = Math.max(this.#durable, sequence);
  }

  #togetherStep(steps: readonly Step[]): () => Promise<void> {
    const isAnyLocked = [...this.#transactions.values()].some(
      ({ model }) => model.locks.length > 0,
    );
    if (isAnyLocked || steps.some((step) => this.#mayUpdate(step))) {
      // Locks let commits past each other, and so do blocks that an update waits for: which comes first is theirs to say.
      return async () => {
        for (const step of steps) await this.#start(step)?.();
      };
    }
    const waits: (() => Promise<void>)[] = [];
    for (const step of steps) {
      // A commit that waits for room has no sequence yet, and a transaction begun now does not see it.
      if (step.do === 'begin' && this.#db.stats().commits.waitingCount > 0) continue;
      const wait = this.#start(step);
      if (wait !== undefined) waits.push(wait);
    }
    return async () => {
      for (const outcome of await Promise.allSettled(waits.map((wait) => wait()))) {
        if (outcome.status === 'rejected') throw outcome.reason;
      }
    };
  }

  #mayUpdate(step: Step): boolean {
    if (step.do === 'write') return step.write.op === 'update';
    if (step.do === 'batch') return step.writes.some(({ op }) => op === 'update');
    if (step.do !== 'commit') return false;
    return (
      this.#transactions.get(step.slot)?.model.writes.some(({ op }) => op === 'update') === true
    );
  }

  // Transactions.

  #transactionStep(
    step: Extract<Step, { do: TransactionStep }>,
  ): (() => Promise<void>) | undefined {
    const { slot } = step;
    const held = this.#transactions.get(slot);
    if (step.do === 'begin') {
      if (held !== undefined) return undefined;
      const { mode, durability } = step;
      const isReadOnly = mode === 'readOnly';
      const tx = this.#db.begin({ ...BEGIN_OPTIONS[mode], durability }).in(this.#entries);
      // Read-only ones see what is published: the model knows that only when nothing is under way.
      const { published, assigned } = this.#db.stats().sequence;
      if (isReadOnly && published !== assigned) {
        this.#db.rollback(tx);
      } else {
        const model = this.#model.begin(mode);
        this.#transactions.set(slot, { tx, durability, model, savepoints: [] });
      }
      return undefined;
    }
    if (held === undefined) return undefined;
    if (step.do === 'tx') {
      if (held.tx.isReadOnly) return undefined;
      this.#transactionWrite(held, step.write);
      return undefined;
    }
    if (step.do === 'lock') return this.#lockStep(held, step.kind, step.bounds);
    if (step.do === 'savepoint' || step.do === 'rollbackTo') {
      this.#savepointStep(held, step.do === 'savepoint' ? undefined : step.index);
      return undefined;
    }
    if (step.do === 'commit' && this.#isBlocked(held.model.writes, held)) return undefined;
    this.#transactions.delete(slot);
    if (step.do === 'commit') return this.#commitTransaction(held);
    this.#db.rollback(held.tx);
    return undefined;
  }

  /** `index` is the savepoint to go back to; undefined makes one. */
  #savepointStep({ tx, model, savepoints }: OpenTransaction, index: number | undefined): void {
    if (tx.isReadOnly) return;
    if (index === undefined) {
      savepoints.push(tx.savepoint());
      model.savepoint();
    } else if (index < model.savepointCount) {
      tx.rollbackTo(savepoints[index]!); // as many as the model has
      savepoints.length = index + 1;
      model.rollbackTo(index);
    }
  }

  /** A lock that others hold is not waited for long; one granted on what is newer moves the snapshot, or conflicts. */
  #lockStep(
    held: OpenTransaction,
    kind: LockKind,
    bounds: Bounds,
  ): (() => Promise<void>) | undefined {
    const { tx, model } = held;
    const key = bounds.gte ?? '';
    const range = kind === 'range' ? rangeOf(bounds) : { start: key, end: `${key}\0` };
    if (!(tx instanceof LockingTransaction) || range === undefined) return undefined;
    const locking = tx as LockingTransaction<Uint8Array, Uint8Array>;
    const others = [...this.#transactions.values()].filter((other) => other !== held);
    return async () => {
      const isHeld = others.some((other) => other.model.blocksRange(range));
      const expected = isHeld
        ? 'LOCK_TIMEOUT'
        : model.lock(range, kind !== 'range')
          ? 'locked'
          : 'CONFLICT';
      let value: Uint8Array | undefined;
      const locked = async (): Promise<void> => {
        if (kind === 'range') await locking.lockRange(rangeOptions(bounds));
        else if (kind === 'key') await locking.lock(keyBytes(key));
        else value = await locking.getForUpdate(keyBytes(key));
      };
      this.#answers.compare(await locked().then(() => 'locked', codeOf), expected, 'lock');
      if (expected !== 'locked') return;
      this.#counts.lockCount++;
      if (kind !== 'getForUpdate') return;
      this.#answers.compare(
        digestOf(value),
        digestOfValue(model.getLocked(key)),
        'value for update',
      );
    };
  }

  #transactionWrite({ tx, model }: OpenTransaction, write: Write): void {
    model.write(write); // first: its values are known then to updates
    if (write.op === 'put') {
      const { key, value, ttlMs } = write;
      if (ttlMs === undefined) this.#db.putTx(tx, keyBytes(key), valueOf(value));
      else tx.put(keyBytes(key), valueOf(value), { ttlMs });
    } else if (write.op === 'del') this.#db.delTx(tx, keyBytes(write.key));
    else if (write.op === 'update') tx.update(keyBytes(write.key), updateOf(write.salt));
    else tx.delRange(rangeOptions(write.bounds));
  }

  #commitTransaction({ tx, durability, model }: OpenTransaction): () => Promise<void> {
    const before = this.#model.sequence;
    const done = this.#db.commit(tx).then(
      () => true,
      (error: unknown) => {
        if (error instanceof ConflictError) return false;
        throw error;
      },
    );
    const isCommitted = model.commit();
    const { sequence } = this.#model;
    return async () => {
      this.#answers.compare(await done, isCommitted, 'committed');
      if (isCommitted) this.#counts.transactionCount++;
      else this.#counts.conflictCount++;
      if (durability === 'sync' && sequence > before) this.#acknowledge(sequence);
    };
  }

  // Snapshots and scans.

  #snapshotStep({
    do: action,
    slot,
  }: {
    do: 'snapshot' | 'closeSnapshot';
    slot: number;
  }): undefined {
    this.#snapshots.get(slot)?.snapshot.close();
    this.#snapshots.delete(slot);
    if (action === 'closeSnapshot') return;
    const { sequence, wallMs } = this.#model;
    this.#snapshots.set(slot, { snapshot: this.#db.snapshot(), sequence, wallMs });
  }

  #lastingScanStep(
    step: Extract<Step, { do: 'openScan' | 'stepScan' | 'seekScan' | 'closeScan' }>,
  ): (() => Promise<void>) | undefined {
    const held = this.#scans.get(step.slot);
    if (step.do === 'openScan') {
      held?.scan.close();
      this.#scans.delete(step.slot);
      const source = this.#source(step.view);
      if (source === undefined) return undefined;
      this.#scans.set(step.slot, {
        scan: source.entries(scanOptions(step.shape)),
        model: new ModelScan(source.rows(step.shape.bounds), step.shape),
      });
      return undefined;
    }
    if (held === undefined) return undefined;
    if (step.do === 'stepScan') {
      const { kind, count } = step;
      return async () => {
        const rows = await take(held.scan, kind, count);
        this.#answers.compareRows(rows.map(entryText), held.model.take(count), 'entries');
      };
    }
    if (step.do === 'seekScan') {
      if (held.model.isClosed) return undefined;
      held.scan.seek(keyBytes(step.key));
      held.model.seek(step.key);
      return undefined;
    }
    held.scan.close();
    held.model.close();
    return undefined;
  }

  #scanStep(
    kind: StepKind,
    rows: RowKind,
    view: View,
    shape: ScanShape,
    seeks: readonly { after: number; key: Key }[],
  ): () => Promise<void> {
    return async () => {
      const source = this.#source(view);
      if (source === undefined) return;
      const expected = new ModelScan(source.rows(shape.bounds), shape, source.reads);
      const scan = source[rows](scanOptions(shape)) as Scan<Uint8Array, unknown>;
      for (const { after, key } of seeks) {
        if (after > 0) {
          const taken = await take(scan, kind, after);
          this.#answers.compareRows(taken.map(textOf(rows)), expected.take(after), rows);
        }
        if (expected.isClosed) break;
        scan.seek(keyBytes(key));
        expected.seek(key);
      }
      const rest = await take(scan, kind, 100_000);
      this.#answers.compareRows(rest.map(textOf(rows)), expected.take(100_000), rows);
    };
  }

  #readStep({ kind, view, keys }: Extract<Step, { do: 'read' }>): () => Promise<void> {
    return async () => {
      const source = this.#source(view);
      if (source === undefined) return;
      const bytes = keys.map(keyBytes);
      const [first = new Uint8Array(0)] = bytes;
      if (kind === 'expiresAt') {
        const found = await source.reader.expiresAt(first);
        this.#answers.compare(found, source.expiresAt(keys[0] ?? ''), 'time of expiry');
        return;
      }
      const expected = keys.map((key) => source.get(key));
      if (kind === 'has') {
        this.#answers.compare(await source.reader.has(first), expected[0] !== undefined, 'has');
      } else if (kind === 'getMany') {
        const found = await source.reader.getMany(bytes);
        this.#answers.compare(
          found.map(digestOf).join(),
          expected.map(digestOfValue).join(),
          'values',
        );
      } else {
        const found =
          kind === 'get' ? await source.reader.get(first) : source.reader.getSync(first);
        this.#answers.compare(digestOf(found), digestOfValue(expected[0]), 'value');
      }
    };
  }

  /** The two sides of a view; undefined when its slot is empty. */
  #source(view: View): Source | undefined {
    const slot = Number(view.slice(1));
    if (view.startsWith('t')) {
      const held = this.#transactions.get(slot);
      if (held === undefined) return undefined;
      const { tx, model } = held;
      return {
        reader: tx,
        reads: model.reads,
        get: (key) => model.get(key),
        expiresAt: (key) => model.expiresAt(key),
        rows: (bounds) => model.rows(bounds),
        entries: (options) => tx.entries(options),
        keys: (options) => tx.keys(options),
        values: (options) => tx.values(options),
      };
    }
    const held = view === 'db' ? undefined : this.#snapshots.get(slot);
    if (view !== 'db' && held === undefined) return undefined;
    const { sequence, wallMs } = held ?? this.#model;
    const options = held === undefined ? {} : { snapshot: held.snapshot };
    const db = this.#entries;
    return {
      reads: [],
      reader: {
        get: (key) => db.get(key, options),
        getSync: (key) => db.getSync(key, options),
        has: (key) => db.has(key, options),
        getMany: (keys) => db.getMany(keys, options),
        expiresAt: (key) => db.expiresAt(key, options),
      },
      get: (key) => this.#model.get(key, sequence, wallMs),
      expiresAt: (key) => this.#model.find(key, sequence, wallMs)?.expiresAtMs,
      rows: (bounds) => this.#model.rows(bounds, sequence, wallMs),
      entries: (shape) => db.entries({ ...shape, ...options }),
      keys: (shape) => db.keys({ ...shape, ...options }),
      values: (shape) => db.values({ ...shape, ...options }),
    };
  }

  // Life.

  async #reopen(): Promise<void> {
    await this.#close();
    await this.open();
    this.#durable = this.#model.sequence;
  }

  async #dieAndReopen(place: Place, isPowerCut: boolean): Promise<void> {
    const isLossy = isPowerCut && this.#place.losesUnsynced;
    const previous = this.#db;
    this.#recordCounts();
    this.#dropSlots();
    // The old handle goes on with the old files; nothing that it does may matter.
    const closed = previous.close().catch(() => undefined);
    this.#place = place;
    await this.open();
    await closed;
    const { lastSequence } = this.#db.stats().recovery;
    const { sequence, boundaries } = this.#model;
    if (lastSequence > sequence || lastSequence < (isLossy ? this.#durable : sequence)) {
      throw new Error(
        `Recovered through ${lastSequence}: written=${sequence} durable=${this.#durable}`,
      );
    }
    if (!boundaries.includes(lastSequence))
      throw new Error(`Recovered half a commit: ${lastSequence}`);
    this.#model.truncate(lastSequence);
  }

  async #close(): Promise<void> {
    this.#recordCounts();
    this.#dropSlots();
    await this.#db.close();
  }

  /** Ends what is open the polite way. */
  #forgetSlots(): void {
    for (const { snapshot } of this.#snapshots.values()) snapshot.close();
    for (const { scan } of this.#scans.values()) scan.close();
    for (const { tx } of this.#transactions.values()) tx.rollback();
    this.#dropSlots();
  }

  /** Leaves what is open to the close. */
  #dropSlots(): void {
    this.#snapshots.clear();
    this.#scans.clear();
    this.#transactions.clear();
  }

  #recordCounts(): void {
    const { background, levels } = this.#db.stats();
    this.#counts.flushCount += background.flushCount;
    this.#counts.compactionCount += background.compactionCount;
    const deepest = levels.findLast((level) => level.tableCount > 0)?.level ?? 0;
    this.#counts.levelMax = Math.max(this.#counts.levelMax, deepest);
  }
}

type TransactionStep = 'begin' | 'tx' | 'lock' | 'savepoint' | 'rollbackTo' | 'commit' | 'rollback';

interface Source {
  readonly reader: {
    get(key: Uint8Array): Promise<Uint8Array | undefined>;
    getSync(key: Uint8Array): Uint8Array | undefined;
    has(key: Uint8Array): Promise<boolean>;
    getMany(keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]>;
    expiresAt(key: Uint8Array): Promise<number | undefined>;
  };
  /** Where a scan's reads are noted. */
  readonly reads: Range[];
  get(key: Key): Value | undefined;
  expiresAt(key: Key): number | undefined;
  rows(bounds: Bounds): Row[];
  entries(options: ScanOptions<Uint8Array>): Scan<Uint8Array, [Uint8Array, Uint8Array]>;
  keys(options: ScanOptions<Uint8Array>): Scan<Uint8Array, Uint8Array>;
  values(options: ScanOptions<Uint8Array>): Scan<Uint8Array, Uint8Array>;
}
