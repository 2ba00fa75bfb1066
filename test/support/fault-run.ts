/**
 * A fault run: a database whose files fail.
 *
 * Owns: `FaultRun`, which goes through a script whatever fails, notes how every promise ended, and
 * then says whether that was as promised.
 *
 * Checks:
 *   E1. Every promise settles, with the error classes that the calls document.
 *   E2. While the database is open, reads show the acknowledged commits and nothing else.
 *   E3. A commit refused as 'not-applied' is nowhere, now or after opening again; one rejected as
 *       'unknown' may be there, in its place in the order.
 *   E4. What was acknowledged is there after opening again, and after a power cut if it was synced.
 *   E5. After a shortage, of space or of another resource, writing, flushing and compacting go on without reopening.
 *   E6. A read meanwhile gives what was acknowledged, or says that it cannot.
 *
 * Suspension: everything here suspends, and gives up with HangError.
 */
import { tossCoins } from '../../src/base/coin.ts';
import { open } from '../../src/api/open.ts';
import {
  AbortedError,
  type CommitOutcome,
  CorruptionError,
  DatabaseFailedError,
  IoError,
  StorageError,
} from '../../src/base/errors.ts';
import { type Durability } from '../../src/base/options.ts';
import { CommitOracle, type OracleExpiry, type OracleOperation } from './commit-oracle.ts';
import { DIRECTORY, openOptions, type TestDatabase } from './crash-session.ts';
import { CRASH_MODES, type CrashVfs } from './crash-vfs.ts';
import { FaultVfs } from './fault-vfs.ts';
import { ManualClock } from './manual-clock.ts';
import { settled, turns } from './settle.ts';

/** Every run tosses alike, so that its n-th operation is that of the run before. */
const COIN_SEED = 1;

interface Attempt {
  readonly operations: readonly OracleOperation[];
  readonly durability: Durability;
  outcome: 'pending' | 'acknowledged' | CommitOutcome;
}

export class FaultRun {
  readonly disk: CrashVfs;
  readonly faults: FaultVfs;
  readonly clock: ManualClock = new ManualClock();
  /** How each call that was rejected ended. */
  readonly errors: Error[] = [];
  /** True when the fault looks like damage: a file that ends before its size. */
  readonly mayFindDamage: boolean;
  readonly #attempts: Attempt[] = [];
  #pending: Promise<void>[] = [];
  #database: TestDatabase | undefined = undefined;
  #valueCount = 0;

  /** `history` is what the disk holds already, all of it durable. */
  constructor(
    disk: CrashVfs,
    history: readonly (readonly OracleOperation[])[] = [],
    mayFindDamage = false,
  ) {
    tossCoins(COIN_SEED);
    this.disk = disk;
    this.mayFindDamage = mayFindDamage;
    this.faults = new FaultVfs(disk);
    for (const operations of history) {
      this.#attempts.push({ operations, durability: 'sync', outcome: 'acknowledged' });
    }
  }

  get isOpen(): boolean {
    return this.#database !== undefined;
  }

  get db(): TestDatabase {
    if (this.#database === undefined) throw new Error('The database is not open');
    return this.#database;
  }

  /** Operations of every commit that was acknowledged. */
  get history(): (readonly OracleOperation[])[] {
    return this.#attempts
      .filter(({ outcome }) => outcome === 'acknowledged')
      .map(({ operations }) => operations);
  }

  get refusedCount(): number {
    return this.#attempts.filter(({ outcome }) => outcome === 'not-applied').length;
  }

  /** Opens, or notes why not. */
  async open(): Promise<boolean> {
    const opening = open(DIRECTORY, openOptions(this.faults, this.clock)) as Promise<TestDatabase>;
    await this.#note('open', opening, (db) => {
      this.#database = db;
    });
    return this.isOpen;
  }

  put(
    key: string,
    durability: Durability = 'sync',
    sizeBytes = 20,
    expiry: { readonly expiresAt?: OracleExpiry } = {},
  ): void {
    const value = new Uint8Array(Buffer.alloc(sizeBytes, `${this.#valueCount++}.`));
    this.#attempt([{ type: 'put', key, value, ...expiry }], durability, () =>
      this.db.put(key, value, { durability, ...expiry }),
    );
  }

  delRange(gte: string, lt: string, durability: Durability = 'sync'): void {
    this.#attempt([{ type: 'delRange', gte, lt }], durability, () =>
      this.db.delRange({ gte, lt }, { durability }),
    );
  }

  batch(keys: readonly string[], durability: Durability = 'sync'): void {
    const operations = keys.map((key): OracleOperation => {
      const value = new Uint8Array(Buffer.from(`batch ${this.#valueCount++}`));
      return { type: 'put', key, value };
    });
    this.#attempt(operations, durability, () => this.db.batch(operations, { durability }));
  }

  transaction(key: string, deleted: string): void {
    const value = new Uint8Array(Buffer.from(`transaction ${this.#valueCount++}`));
    const operations: OracleOperation[] = [
      { type: 'put', key, value },
      { type: 'del', key: deleted },
    ];
    this.#attempt(operations, 'sync', () => {
      const tx = this.db.begin();
      this.db.putTx(tx, key, value);
      this.db.delTx(tx, deleted);
      return this.db.commit(tx);
    });
  }

  /** A bulk load, one commit with all of them. */
  async ingest(keys: readonly string[], sizeBytes = 20): Promise<void> {
    await this.settle();
    if (!this.isOpen) return;
    const operations = keys.map((key): OracleOperation & { type: 'put' } => {
      const value = new Uint8Array(Buffer.alloc(sizeBytes, `load ${this.#valueCount++}`));
      return { type: 'put', key, value };
    });
    const entries = operations.map(({ key, value }) => [key, value] as const);
    this.#attempt(operations, 'sync', () => this.db.ingest(entries).then(() => undefined));
    await this.settle();
  }

  /** Waits for all commits that have begun (E1). */
  async settle(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    await settled('commits', Promise.all(pending), this.clock);
  }

  async flush(): Promise<void> {
    await this.settle();
    await this.#note('flush', this.db.flush(), () => undefined);
  }

  async compact(): Promise<void> {
    await this.settle();
    await this.#note('compact', this.db.compact(), () => undefined);
  }

  /** E6: by scan, by key, through a snapshot, and by verify(). */
  async read(): Promise<void> {
    if (!this.isOpen) return;
    await this.settle();
    const oracle = this.#acknowledged();
    const scan = async (): Promise<[string, Uint8Array][]> =>
      this.db.entries({ reverse: true }).all(); // may throw at once: it opens tables
    await this.#note('scan', scan(), (rows) => {
      if (oracle.countsOf(new Map(rows)).includes(oracle.count)) return;
      throw new Error(`A scan shows ${keysOf(new Map(rows))}, not ${keysOf(oracle.state)}`);
    });
    const snapshot = this.db.snapshot();
    for (const [key, value] of oracle.state) {
      await this.#note('get', this.db.get(key, { snapshot }), (found) => {
        if (found !== undefined && Buffer.compare(found, value) === 0) return;
        throw new Error(`get() is wrong: key=${key}`);
      });
    }
    snapshot.close();
    await this.#note('verify', this.db.verify(), ({ problems }) => {
      for (const { code, message } of problems) {
        const isDamage = code === 'CORRUPTION';
        this.#expectKnown('verify', isDamage ? new CorruptionError(message) : new IoError(message));
      }
    });
  }

  async close(): Promise<void> {
    const { db } = this;
    this.#database = undefined;
    await this.settle();
    await this.#note('close', db.close(), () => undefined);
  }

  /** Takes the faults away and lets everything that waited for a better time have it. */
  async heal(): Promise<void> {
    this.faults.heal();
    for (let i = 0; i < 10; i++) {
      this.clock.advance(10_000);
      await turns(10);
    }
    await this.settle();
  }

  /** E2. */
  async checkReads(): Promise<void> {
    if (!this.isOpen) return;
    await this.settle();
    const oracle = this.#acknowledged();
    const found = new Map(await settled('scan', this.db.entries().all(), this.clock));
    if (!oracle.countsOf(found).includes(oracle.count)) {
      throw new Error(`Reads show ${keysOf(found)}, acknowledged are ${keysOf(oracle.state)}`);
    }
    for (const [key, value] of found) {
      const read = this.db.getSync(key);
      if (read === undefined || Buffer.compare(read, value) !== 0) {
        throw new Error(`getSync disagrees with the scan: key=${key}`);
      }
    }
  }

  /** E5. */
  async checkWritable(): Promise<void> {
    const before = this.errors.length;
    this.put('healed', 'os');
    this.put('healed too', 'sync');
    await this.settle();
    await this.flush();
    await this.compact();
    const error = this.errors[before];
    if (error !== undefined) {
      throw new Error(`Still refused after the shortage: ${String(error)}`, { cause: error });
    }
    await this.checkReads();
  }

  /** E3 and E4, of what is on the disk now: first after power cuts, then as it is. */
  async checkDisk(seed: number): Promise<void> {
    const oracle = new CommitOracle();
    for (const { operations, durability, outcome } of this.#attempts) {
      if (outcome === 'not-applied') continue;
      const index = oracle.begin(operations);
      if (outcome === 'acknowledged') oracle.acknowledge(index, durability);
    }
    const { syncFloor, processFloor } = oracle.bounds;
    const mode = CRASH_MODES[seed % CRASH_MODES.length] ?? 'synced-only';
    await checkState(this.disk.crash({ mode: 'synced-only', seed }), oracle, syncFloor, 'lost all');
    await checkState(this.disk.crash({ mode, seed }), oracle, syncFloor, `power cut, ${mode}`);
    await checkState(this.disk.kill(), oracle, processFloor, 'reopen');
  }

  #acknowledged(): CommitOracle {
    const oracle = new CommitOracle();
    for (const operations of this.history) oracle.begin(operations);
    return oracle;
  }

  #attempt(
    operations: readonly OracleOperation[],
    durability: Durability,
    start: () => Promise<void>,
  ): void {
    if (!this.isOpen) return;
    const attempt: Attempt = { operations, durability, outcome: 'pending' };
    this.#attempts.push(attempt);
    this.#pending.push(
      start().then(
        () => {
          attempt.outcome = 'acknowledged';
        },
        (error: unknown) => {
          attempt.outcome = this.#outcomeOf(error);
        },
      ),
    );
  }

  /** E1, for a commit. */
  #outcomeOf(error: unknown): CommitOutcome {
    this.#expectKnown('commit', error);
    if (error instanceof IoError || error instanceof DatabaseFailedError) return error.outcome;
    return 'not-applied'; // a validation that could not read
  }

  async #note<T>(what: string, promise: Promise<T>, onDone: (value: T) => void): Promise<void> {
    let value: T;
    try {
      value = await settled(what, promise, this.clock);
    } catch (error) {
      this.#expectKnown(what, error);
      return;
    }
    onDone(value);
  }

  /** E1: what a failing file may turn into. */
  #expectKnown(what: string, error: unknown): void {
    const isKnown =
      error instanceof IoError ||
      error instanceof DatabaseFailedError ||
      error instanceof AbortedError ||
      (error instanceof CorruptionError && this.mayFindDamage);
    if (!isKnown) throw new Error(`${what} ended with ${String(error)}`, { cause: error });
    this.errors.push(error);
  }
}

async function checkState(
  disk: CrashVfs,
  oracle: CommitOracle,
  floor: number,
  how: string,
): Promise<void> {
  const clock = new ManualClock();
  try {
    const opening = open(DIRECTORY, openOptions(disk, clock)) as Promise<TestDatabase>;
    const db = await settled('open', opening, clock);
    const found = new Map(await settled('scan', db.entries().all(), clock));
    const report = await settled('verify', db.verify(), clock);
    await settled('close', db.close(), clock);
    const counts = oracle.countsOf(found);
    if (counts.length === 0) throw new Error(`No prefix of the commits: ${keysOf(found)}`);
    if (!counts.some((count) => count >= floor)) {
      throw new Error(`Recovered ${counts.join(' or ')} commits, promised ${floor}`);
    }
    if (!report.isSound) throw new Error(`verify found ${JSON.stringify(report.problems)}`);
  } catch (error) {
    const name = error instanceof StorageError ? error.code : 'check failed';
    throw new Error(`After the fault, ${how}: ${name}: ${String(error)}`, { cause: error });
  }
}

function keysOf(state: ReadonlyMap<string, Uint8Array>): string {
  return [...state]
    .map(([key, value]) => `${key}=${Buffer.from(value.subarray(0, 8)).toString('latin1')}`)
    .join(' ');
}
