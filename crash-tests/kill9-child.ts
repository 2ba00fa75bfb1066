/**
 * The process that is killed.
 *
 * Owns: the writers, and the records they leave on standard output, which is a file:
 *
 *      b <commit as JSON>     before the commit is handed to the database
 *      a <index>              after its promise has resolved; index counts the b records
 *
 * Invariants:
 *   K1. The order of the records is the commit order: record and call happen in one turn, and the
 *       database admits commits first come first served. A record is a write() that has returned.
 *   K2. No commit is ever refused: transactions write keys that only their own writer touches.
 *
 * Suspension: writers wait for their own commits, except for some that they leave in flight.
 */
import { writeSync } from 'node:fs';
import process from 'node:process';
import { type Database } from '../src/api/database.ts';
import { open } from '../src/api/open.ts';
import { type Durability, type TuningOptions } from '../src/base/options.ts';
import { type OracleOperation } from '../test/support/commit-oracle.ts';
import { makeRandom, type Random } from '../test/support/prng.ts';

/** Where a process kills itself; `random` leaves it to the parent. */
export const KILL_POINTS = [
  'random',
  'random',
  'random',
  'recovered',
  'begun',
  'acknowledged',
  'flush-finished',
  'compaction-finished',
  'closing',
] as const;
export type KillPoint = (typeof KILL_POINTS)[number];

export interface ChildSettings {
  readonly directory: string;
  readonly seed: number;
  readonly killPoint: KillPoint;
  /** The how-manieth time at that point. */
  readonly killAfter: number;
  readonly isInline: boolean;
}

/** Small, so that a few hundred milliseconds see every kind of background work. */
export const TUNING: TuningOptions = {
  memtableSizeBytes: 256 * 1024,
  level1SizeBytes: 512 * 1024,
  targetFileSizeBytes: 64 * 1024,
  level0CompactionTrigger: 2,
};

const WRITER_COUNT = 6;
const STDOUT = 1;

/** `[type, key or lower bound, value size or upper bound]` for each operation, then the commit's index. */
type Encoded = [
  index: number,
  ...operations: ['put' | 'del' | 'delRange', string, number | string][],
];

export function operationsOf(text: string): OracleOperation[] {
  const [index, ...operations] = JSON.parse(text) as Encoded;
  return operations.map(([type, key, detail]) => {
    if (type === 'put') return { type, key, value: valueOf(index, key, Number(detail)) };
    if (type === 'del') return { type, key };
    return { type, gte: key, lt: String(detail) };
  });
}

function valueOf(index: number, key: string, size: number): Uint8Array {
  return new Uint8Array(Buffer.alloc(size, `${index}/${key};`));
}

export async function runChild(settings: ChildSettings): Promise<void> {
  let passedCount = 0;
  const pass = (point: KillPoint): void => {
    if (point !== settings.killPoint) return;
    passedCount++;
    if (passedCount === settings.killAfter) process.kill(process.pid, 'SIGKILL');
  };
  const db = await open(settings.directory, {
    ...TUNING,
    background: settings.isInline ? 'inline' : 'worker',
    keyEncoding: 'utf8',
    valueEncoding: 'view',
    onEvent: (name) => {
      if (name === 'recovered' && settings.killPoint === 'recovered') {
        process.kill(process.pid, 'SIGKILL');
      }
      if (name === 'flush-finished' || name === 'compaction-finished') pass(name);
    },
  });
  const child = new Child(db, pass);
  if (settings.killPoint === 'closing') {
    setTimeout(() => {
      const closing = db.close();
      closing.catch(() => undefined);
      setImmediate(() => process.kill(process.pid, 'SIGKILL'));
    }, settings.killAfter * 40);
  }
  const random = makeRandom(settings.seed);
  const writers = Array.from({ length: WRITER_COUNT }, async (_, id) =>
    child.write(id, makeRandom(random.next())),
  );
  await Promise.all(writers);
}

class Child {
  readonly #db: Database<string, Uint8Array>;
  readonly #pass: (point: KillPoint) => void;
  #beginCount = 0;

  constructor(db: Database<string, Uint8Array>, pass: (point: KillPoint) => void) {
    this.#db = db;
    this.#pass = pass;
  }

  /** Until the process dies, or the database closes. */
  async write(id: number, random: Random): Promise<void> {
    try {
      while (true) {
        const inFlight = Array.from({ length: 1 + random.below(4) }, async () =>
          this.#commit(random, random.chance(0.4) ? 'sync' : 'os'),
        );
        await Promise.all(inFlight);
        if (random.chance(0.3)) await this.#transaction(id, random);
        if (random.chance(0.005)) await this.#db.compact();
      }
    } catch (error) {
      if ((error as { code?: string }).code !== 'CLOSED') throw error;
    }
  }

  async #commit(random: Random, durability: Durability): Promise<void> {
    const operations = randomOperations(`s${random.below(4)}`, random);
    const [first] = operations;
    if (operations.length > 1 || first?.type === undefined) {
      return this.#follow(operations, (each) => this.#db.batch(each, { durability }));
    }
    return this.#follow(operations, ([each]) => {
      if (each?.type === 'put') return this.#db.put(each.key, each.value, { durability });
      if (each?.type === 'del') return this.#db.del(each.key, { durability });
      return this.#db.delRange({ gte: each?.gte ?? '', lt: each?.lt ?? '' }, { durability });
    });
  }

  /** K2. */
  async #transaction(id: number, random: Random): Promise<void> {
    const tx = this.#db.begin({ durability: random.chance(0.5) ? 'sync' : 'os' });
    const plan = randomOperations(`w${id}`, random).filter(({ type }) => type !== 'delRange');
    if (plan.length === 0) return this.#db.rollback(tx);
    await tx.get(`w${id}-000`);
    return this.#follow(plan, (operations) => {
      for (const operation of operations) {
        if (operation.type === 'put') this.#db.putTx(tx, operation.key, operation.value);
        if (operation.type === 'del') this.#db.delTx(tx, operation.key);
      }
      return this.#db.commit(tx);
    });
  }

  /** K1. `plan` has values of the right size; those committed tell their commit. */
  async #follow(
    plan: readonly OracleOperation[],
    commit: (operations: OracleOperation[]) => Promise<void>,
  ): Promise<void> {
    const index = this.#beginCount++;
    const operations: Encoded = [index, ...plan.map(encode)];
    const text = JSON.stringify(operations);
    writeSync(STDOUT, `b ${text}\n`);
    const done = commit(operationsOf(text));
    this.#pass('begun');
    await done;
    writeSync(STDOUT, `a ${index}\n`);
    this.#pass('acknowledged');
  }
}

function encode(operation: OracleOperation): ['put' | 'del' | 'delRange', string, number | string] {
  if (operation.type === 'put') return ['put', operation.key, operation.value.length];
  if (operation.type === 'del') return ['del', operation.key, 0];
  return ['delRange', operation.gte, operation.lt];
}

function randomOperations(prefix: string, random: Random): OracleOperation[] {
  const key = (): string => `${prefix}-${String(random.below(200)).padStart(3, '0')}`;
  const count = random.chance(0.6) ? 1 : 2 + random.below(6);
  return Array.from({ length: count }, (): OracleOperation => {
    const draw = random.below(20);
    if (draw === 0) {
      const gte = key();
      return { type: 'delRange', gte, lt: `${gte}~` };
    }
    if (draw < 5) return { type: 'del', key: key() };
    const sizeBytes = random.chance(0.1) ? random.below(8000) : random.below(300);
    return { type: 'put', key: key(), value: new Uint8Array(sizeBytes) };
  });
}
