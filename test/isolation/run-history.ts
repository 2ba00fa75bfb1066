/**
 * One random history, from its seed.
 *
 * Owns: the choice of clients, keys, options and deaths; the database they run against, over simulated files, with the
 * smallest memtables, blocks and tables, so that flushes and compactions happen meanwhile; and its reopening after
 * each death.
 *
 * A death is a kill of the process, which every acknowledged transaction survives, or a power cut, which those with
 * durability `sync` survive: histories with power cuts have no others.
 *
 * Suspension: the scheduler decides.
 */
import type { Durability } from '../../src/base/options.ts';
import type { Database } from '../../src/api/database.ts';
import { open } from '../../src/api/open.ts';
import type { Isolation } from '../../src/api/transaction-options.ts';
import { CRASH_MODES, CrashVfs } from '../support/crash-vfs.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import type { History, TransactionRecord } from './history.ts';
import {
  readEverything,
  runClient,
  type Stored,
  type Target,
  type Workplace,
} from './list-client.ts';
import { Scheduler } from './scheduler.ts';

const KIB = 1024;

export type ListDatabase = Database<string, Stored>;

export interface HistoryOptions {
  readonly seed: number;
  readonly isolation: Isolation;
  /** How the clients see the database; the canaries plant their bugs here. */
  readonly makeTarget?: (db: ListDatabase) => Target | Promise<Target>;
  /** How often the process dies; by default as the seed has it. */
  readonly deathCount?: number;
  /** Default true. */
  readonly hasDeletions?: boolean;
}

export interface RecordedHistory extends History {
  readonly flushCount: number;
  readonly compactionCount: number;
  readonly deathCount: number;
}

export async function runHistory(options: HistoryOptions): Promise<RecordedHistory> {
  return new Run(options).run();
}

class Run implements Workplace {
  readonly random: Random;
  readonly isolation: Isolation;
  readonly durabilities: readonly Durability[];
  readonly paddings: readonly string[];
  readonly keys: readonly string[];
  readonly hasDeletions: boolean;
  readonly records: TransactionRecord[] = [];
  readonly #makeTarget: (db: ListDatabase) => Target | Promise<Target>;
  readonly #clock = new ManualClock();
  readonly #deathCount: number;
  readonly #hasPowerCuts: boolean;
  readonly #clientCount: number;
  readonly #upkeepChance: number;
  #vfs = new CrashVfs();
  #scheduler: Scheduler;
  #eventCount = 0;
  #elementCount = 0;
  #workLeft = 0;
  #flushCount = 0;
  #compactionCount = 0;

  constructor({ seed, isolation, makeTarget, deathCount, hasDeletions }: HistoryOptions) {
    const random = makeRandom(seed);
    this.random = random;
    this.isolation = isolation;
    this.hasDeletions = hasDeletions ?? true;
    this.#makeTarget = makeTarget ?? ((db) => db);
    this.#clientCount = 2 + random.below(7);
    this.#upkeepChance = random.pick([0, 0.01, 0.05]);
    this.#deathCount = deathCount ?? random.pick([0, 0, 1, 2]);
    this.#hasPowerCuts = random.chance(0.5);
    this.durabilities = this.#hasPowerCuts
      ? ['sync']
      : random.pick([['sync'], ['os'], ['sync', 'os']]);
    this.keys = Array.from({ length: 2 + random.below(8) }, (_, i) => `k${i}`);
    this.paddings = [0, 1, random.pick([1, 8, 24])].map((size) => noise(random, size * KIB));
    this.#scheduler = new Scheduler(random, this.#clock);
  }

  async run(): Promise<RecordedHistory> {
    for (let death = 0; death <= this.#deathCount; death++) {
      await this.#live(death < this.#deathCount);
    }
    const { keys, records: transactions } = this;
    const [flushCount, compactionCount] = [this.#flushCount, this.#compactionCount];
    return { keys, transactions, flushCount, compactionCount, deathCount: this.#deathCount };
  }

  now(): number {
    return ++this.#eventCount;
  }

  nextElement(): number {
    return ++this.#elementCount;
  }

  turn(): Promise<void> {
    return this.#scheduler.turn();
  }

  hasWork(): boolean {
    return this.#workLeft-- > 0;
  }

  /** From an open to a death, or to a clean close. */
  async #live(endsInDeath: boolean): Promise<void> {
    const db = await this.#open();
    const target = await this.#makeTarget(db);
    const scheduler = new Scheduler(this.random, this.#clock);
    this.#scheduler = scheduler;
    this.#workLeft = 20 + this.random.below(80);
    let turnsLeft = endsInDeath ? 20 + this.random.below(250) : Infinity;
    const clients = Array.from({ length: this.#clientCount }, () => () => runClient(target, this));
    let isDead = false;
    let isArmed = false;
    const die = (): void => {
      isDead = true;
      this.#die();
      scheduler.stop();
    };
    await scheduler.run(clients, () => {
      if (this.random.chance(this.#upkeepChance)) this.#upkeep(db);
      if (--turnsLeft > 0 || isDead || isArmed) return;
      // Between two steps of clients, or amid what the engine does on behalf of one.
      isArmed = this.random.chance(0.7);
      if (isArmed) this.#arm(die);
      else die();
    });
    if (endsInDeath && !isDead) die();
    if (!endsInDeath) await readEverything(target, this);
    const ends = db.close();
    if (endsInDeath) {
      ends.catch(() => undefined); // a dead process closes nothing
      return;
    }
    await ends;
    if (!this.random.chance(0.3)) return;
    const reopened = await this.#open();
    await readEverything(await this.#makeTarget(reopened), this);
    await reopened.close();
  }

  #open(): Promise<ListDatabase> {
    const { random } = this;
    return open<string, Stored>('/db', {
      keyEncoding: 'utf8',
      valueEncoding: 'json',
      vfs: this.#vfs,
      environment: { clock: this.#clock },
      memtableSizeBytes: 256 * KIB,
      blockSizeBytes: random.pick([256, 4096]),
      blockCacheSizeBytes: random.pick([0, 64 * KIB]),
      targetFileSizeBytes: 64 * KIB,
      level1SizeBytes: 256 * KIB,
      level0CompactionTrigger: 2,
      levelSizeMultiplier: 2,
      immutableMemtableCountMax: 1 + random.below(2),
      onEvent: (name) => {
        if (name === 'flush-finished') this.#flushCount++;
        if (name === 'compaction-finished') this.#compactionCount++;
      },
    });
  }

  /** Errors are the clients' to see, or those of a process that has died. */
  #upkeep(db: ListDatabase): void {
    const pending = this.random.chance(0.7) ? db.flush() : db.compact();
    pending.catch(() => undefined);
  }

  /** Dies before one of the next operations on files. */
  #arm(die: () => void): void {
    let operationsLeft = this.random.below(6);
    this.#vfs.beforeOperation = () => {
      if (operationsLeft-- === 0) die();
    };
  }

  #die(): void {
    const { random } = this;
    const before = this.#vfs;
    before.beforeOperation = undefined;
    this.#vfs =
      this.#hasPowerCuts && random.chance(0.7)
        ? before.crash({ seed: random.next(), mode: random.pick(CRASH_MODES) })
        : before.kill();
    before.stop();
    const diedAt = this.now();
    for (const record of this.records) record.endedAt = Math.min(record.endedAt, diedAt);
    // What the dead clients still do is on record objects of their own.
    this.records.forEach(
      (record, i) => (this.records[i] = { ...record, operations: [...record.operations] }),
    );
  }
}

/** Incompressible enough, and JSON's to write as it is. */
function noise(random: Random, length: number): string {
  return Buffer.from(random.bytes(Math.ceil((length * 3) / 4))).toString('base64');
}
