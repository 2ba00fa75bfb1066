/**
 * Databases with a planted bug: each must be found out by the checker, or the checker is blind.
 *
 * Owns: one wrapper per bug, over a real database whose transactions are used for what the bug leaves intact.
 */
import type { BatchOperation } from '../../src/api/batch-operation.ts';
import type { RangeOptions, ScanOptions } from '../../src/api/ranges.ts';
import type { Update } from '../../src/api/update.ts';
import type { BeginOptions, Rows, Stored, Target, TargetTransaction } from './list-client.ts';
import type { ListDatabase } from './run-history.ts';

/** Passes everything on to a transaction of the engine, and remembers what was written. */
class Passing implements TargetTransaction {
  readonly tx: TargetTransaction;
  readonly db: ListDatabase;
  readonly written: BatchOperation<string, Stored>[] = [];

  constructor(db: ListDatabase, tx: TargetTransaction) {
    this.db = db;
    this.tx = tx;
  }

  get(key: string): Promise<Stored | undefined> {
    return this.tx.get(key);
  }

  getSync(key: string): Stored | undefined {
    return this.tx.getSync(key);
  }

  getMany(keys: readonly string[]): Promise<(Stored | undefined)[]> {
    return this.tx.getMany(keys);
  }

  put(key: string, value: Stored): void {
    this.written.push({ type: 'put', key, value });
    this.tx.put(key, value);
  }

  del(key: string): void {
    this.written.push({ type: 'del', key });
    this.tx.del(key);
  }

  update(key: string, update: Update<Stored>): void {
    this.written.push({ type: 'update', key, update });
    this.tx.update(key, update);
  }

  delRange(range: RangeOptions<string>): void {
    this.written.push({ type: 'delRange', ...range });
    this.tx.delRange(range);
  }

  entries(options: ScanOptions<string>): Rows {
    return this.tx.entries(options);
  }

  commit(): Promise<void> {
    return this.tx.commit();
  }

  rollback(): void {
    this.tx.rollback();
  }
}

/** Commits with a plain batch: no validation looks for conflicts. */
class Unchecked extends Passing {
  override async commit(): Promise<void> {
    this.tx.rollback();
    await this.db.batch(this.written);
  }
}

/** Commits one operation after the other. */
class Piecemeal extends Passing {
  override async commit(): Promise<void> {
    this.tx.rollback();
    for (const operation of this.written) await this.db.batch([operation]);
  }
}

/** Point reads see the newest state, not the snapshot. */
class ReadsNewest extends Passing {
  override get(key: string): Promise<Stored | undefined> {
    return this.written.length > 0 ? this.tx.get(key) : this.db.get(key);
  }

  override getSync(key: string): Stored | undefined {
    return this.written.length > 0 ? this.tx.getSync(key) : this.db.getSync(key);
  }

  override getMany(keys: readonly string[]): Promise<(Stored | undefined)[]> {
    return this.written.length > 0 ? this.tx.getMany(keys) : this.db.getMany(keys);
  }
}

/** Scans see the newest state, not the snapshot. */
class ScansNewest extends Passing {
  override entries(options: ScanOptions<string>): Rows {
    return this.written.length > 0 ? this.tx.entries(options) : this.db.entries(options);
  }
}

/** Scans do not show what the transaction itself has written. */
class ScansForget extends Passing {
  readonly #beginning: TargetTransaction;

  constructor(db: ListDatabase, tx: TargetTransaction, beginning: TargetTransaction) {
    super(db, tx);
    this.#beginning = beginning;
  }

  override entries(options: ScanOptions<string>): Rows {
    return this.#beginning.entries(options);
  }
}

/** Scans are right, but the validation does not know of them. */
class ForgetsScans extends Passing {
  readonly #shadow: TargetTransaction;

  constructor(db: ListDatabase, tx: TargetTransaction, shadow: TargetTransaction) {
    super(db, tx);
    this.#shadow = shadow;
  }

  override put(key: string, value: Stored): void {
    super.put(key, value);
    this.#shadow.put(key, value);
  }

  override update(key: string, update: Update<Stored>): void {
    super.update(key, update);
    this.#shadow.update(key, update);
  }

  override del(key: string): void {
    super.del(key);
    this.#shadow.del(key);
  }

  override delRange(range: RangeOptions<string>): void {
    super.delRange(range);
    this.#shadow.delRange(range);
  }

  override entries(options: ScanOptions<string>): Rows {
    return this.#shadow.entries(options);
  }
}

/** Commits are acknowledged before they are anything. */
class Hasty extends Passing {
  override commit(): Promise<void> {
    this.tx.commit().catch(() => undefined); // the client does not hear of it
    return Promise.resolve();
  }
}

/** A transaction that is refused has written its first operation nevertheless. */
class HalfRefused extends Passing {
  override async commit(): Promise<void> {
    try {
      await this.tx.commit();
    } catch (error) {
      await this.db.batch(this.written.slice(0, 1));
      throw error;
    }
  }
}

/** An update is applied to its own result once more. */
class UpdatesTwice extends Passing {
  override update(key: string, update: Update<Stored>): void {
    super.update(key, (current) => update(update(current)));
  }
}

/** An update is applied to what the transaction found at its begin. */
class UpdatesTheOld extends Passing {
  override update(key: string, update: Update<Stored>): void {
    const old = this.tx.getSync(key);
    super.update(key, () => update(old));
  }

  override async commit(): Promise<void> {
    this.tx.rollback();
    await this.db.batch(this.written);
  }
}

/** Deletions are not written. */
class Undeletable extends Passing {
  override del(): void {}

  override delRange(): void {}
}

/** A transaction begins where the one of its kind before it began. */
function stale(db: ListDatabase): Target {
  const kept = new Map<boolean, TargetTransaction>();
  return {
    begin(options) {
      const tx = kept.get(options.readOnly) ?? db.begin(options);
      kept.set(options.readOnly, db.begin(options));
      return tx;
    },
  };
}

type Wrap = (db: ListDatabase, options: BeginOptions) => TargetTransaction;

const eachBegin =
  (wrap: Wrap) =>
  (db: ListDatabase): Target => ({ begin: (options) => wrap(db, options) });

const snapshotOf = (db: ListDatabase, options: BeginOptions): TargetTransaction =>
  db.begin({ ...options, isolation: 'snapshot', readOnly: false });

export interface Canary {
  readonly bug: string;
  readonly isolation: 'snapshot' | 'serializable';
  readonly makeTarget: (db: ListDatabase) => Target;
  /** False for bugs that deletions would give away at once: then the cycles have to show them. */
  readonly hasDeletions: boolean;
}

function inBoth(bug: string, makeTarget: Canary['makeTarget'], hasDeletions = true): Canary[] {
  const canary = { bug, makeTarget, hasDeletions };
  return [
    { ...canary, isolation: 'snapshot' },
    { ...canary, isolation: 'serializable' },
  ];
}

const UNCHECKED = eachBegin((db, o) => new Unchecked(db, db.begin(o)));

const SNAPSHOT_IN_DISGUISE = eachBegin((db, options) =>
  db.begin({ ...options, isolation: 'snapshot' }),
);

export const CANARIES: readonly Canary[] = [
  ...inBoth('conflicts are not checked', UNCHECKED),
  ...inBoth('conflicts are not checked, without deletions', UNCHECKED, false),
  ...inBoth(
    'commits are piecemeal, without deletions',
    eachBegin((db, o) => new Piecemeal(db, db.begin(o))),
    false,
  ),
  ...inBoth(
    'point reads see the newest state',
    eachBegin((db, o) => new ReadsNewest(db, db.begin(o))),
  ),
  ...inBoth(
    'scans see the newest state',
    eachBegin((db, o) => new ScansNewest(db, db.begin(o))),
  ),
  ...inBoth(
    'scans forget own writes',
    eachBegin((db, o) => new ScansForget(db, db.begin(o), snapshotOf(db, o))),
  ),
  ...inBoth(
    'commits are acknowledged at once',
    eachBegin((db, o) => new Hasty(db, db.begin(o))),
  ),
  ...inBoth(
    'refused commits leave traces, without deletions',
    eachBegin((db, o) => new HalfRefused(db, db.begin(o))),
    false,
  ),
  ...inBoth(
    'deletions are lost',
    eachBegin((db, o) => new Undeletable(db, db.begin(o))),
  ),
  ...inBoth(
    'an update is applied twice',
    eachBegin((db, o) => new UpdatesTwice(db, db.begin(o))),
  ),
  ...inBoth(
    'updates see an old value, without deletions',
    eachBegin((db, o) => new UpdatesTheOld(db, db.begin(o))),
    false,
  ),
  ...inBoth('snapshots are stale', stale),
  {
    bug: 'it is snapshot isolation',
    isolation: 'serializable',
    makeTarget: SNAPSHOT_IN_DISGUISE,
    hasDeletions: true,
  },
  {
    bug: 'scans are not validated',
    isolation: 'serializable',
    hasDeletions: true,
    makeTarget: eachBegin((db, o) => new ForgetsScans(db, db.begin(o), snapshotOf(db, o))),
  },
];
