/**
 * The worker thread of the stress tests: it reads in loops that never return to the event loop, and checks what it sees.
 *
 * The owner writes commits with growing numbers: `first` and `last` are the number, and eight keys of one group have it.
 *
 *   never backwards   `first` does not fall, and `last` after it is not below it
 *   whole             all keys of a group are one number, by lookups and by a scan
 *   fixed             what a snapshot has shown once it shows again
 */
import { parentPort, workerData } from 'node:worker_threads';

import { attach, type Database, type DatabaseHandle, type Snapshot } from '../../src/index.ts';
import { GROUP_COUNT, GROUP_SIZE, keyOf } from './groups.ts';
import type { ThreadTask } from './program.ts';

type Numbers = Database<string, string>;

/** What a snapshot has shown of one group. */
interface Kept {
  readonly snapshot: Snapshot;
  readonly group: number;
  readonly numbers: string;
}

/** So many reads each kept snapshot lasts, about: one within a state, one for the life of many states. */
const KEPT_READ_COUNTS = [20, 3000];

function numberIn(text: string | undefined): number {
  return text === undefined ? 0 : Number.parseInt(text, 10);
}

class Checker {
  readonly #db: Numbers;
  readonly #stop: Int32Array;
  #state: number;
  #first = 0;
  readonly #kept: (Kept | undefined)[] = KEPT_READ_COUNTS.map(() => undefined);
  readCount = 0;

  constructor(db: Numbers, { stop, seed }: ThreadTask) {
    this.#db = db;
    this.#stop = stop;
    this.#state = seed;
  }

  get isStopped(): boolean {
    return Atomics.load(this.#stop, 0) !== 0;
  }

  /** Reads in one turn until the time is over, or it is to stop. */
  round(count: number): void {
    for (let i = 0; i < count && !this.isStopped; i++) {
      this.#checkOrder();
      const snapshot = this.#db.snapshot();
      const group = this.#below(GROUP_COUNT);
      const numbers = this.#numbersOf(group, snapshot);
      if (new Set(numbers.split(' ')).size !== 1) throw new Error(`Commit is torn: ${numbers}`);
      for (const kept of this.#kept) this.#check(kept);
      this.#keep({ snapshot, group, numbers });
      this.readCount++;
    }
  }

  async scan(): Promise<void> {
    const group = this.#below(GROUP_COUNT);
    const range = { gte: keyOf(group, 0), lte: keyOf(group, GROUP_SIZE - 1) };
    const rows = await this.#db.entries({ ...range, reverse: this.#below(2) === 0 }).all();
    const numbers = rows.map(([, value]) => numberIn(value));
    const isWhole = numbers.length === 0 || numbers.length === GROUP_SIZE;
    if (!isWhole || new Set(numbers).size > 1)
      throw new Error(`Scan is torn: ${numbers.join(' ')}`);
    const values = await this.#db.getMany(rows.map(([key]) => key));
    if (values.length !== rows.length) throw new Error('Lookups are missing');
    this.readCount++;
  }

  close(): void {
    for (const kept of this.#kept) kept?.snapshot.close();
  }

  /** Keeps it in the place of one that is due, or closes it. */
  #keep(fresh: Kept): void {
    const due = KEPT_READ_COUNTS.findIndex(
      (count, place) => this.#kept[place] === undefined || this.#below(count) === 0,
    );
    const replaced = due < 0 ? fresh : this.#kept[due];
    if (due >= 0) this.#kept[due] = fresh;
    replaced?.snapshot.close();
  }

  #checkOrder(): void {
    const first = numberIn(this.#db.getSync('first'));
    if (first < this.#first) throw new Error(`Went back: from=${this.#first} to=${first}`);
    this.#first = first;
    const last = numberIn(this.#db.getSync('last'));
    if (last < first) throw new Error(`Went back: first=${first} last=${last}`);
  }

  #check(kept: Kept | undefined): void {
    if (kept === undefined) return;
    const numbers = this.#numbersOf(kept.group, kept.snapshot);
    if (numbers !== kept.numbers) {
      throw new Error(`Snapshot has changed: from=${kept.numbers} to=${numbers}`);
    }
  }

  #numbersOf(group: number, snapshot: Snapshot): string {
    const numbers: number[] = [];
    for (let i = 0; i < GROUP_SIZE; i++) {
      numbers.push(numberIn(this.#db.getSync(keyOf(group, i), { snapshot })));
    }
    return numbers.join(' ');
  }

  #below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (this.#state >>> 8) % limit;
  }
}

async function read(db: Numbers, task: ThreadTask): Promise<number> {
  const checker = new Checker(db, task);
  parentPort?.postMessage('ready');
  try {
    while (!checker.isStopped) {
      checker.round(2000);
      await checker.scan();
    }
    checker.close();
  } catch (error) {
    if (!isClosed(error)) throw error;
  }
  return checker.readCount;
}

/** Adds one to its own counter and to a common one, in every way there is. */
async function write(db: Numbers, { stop, seed }: ThreadTask): Promise<number> {
  parentPort?.postMessage('ready');
  let count = 0;
  const add = (text: string | undefined): string => String(numberIn(text) + 1);
  while (Atomics.load(stop, 0) === 0) {
    await db.update('common', add);
    await db.transaction(async (tx) => {
      tx.put('common', add(await tx.get('common')));
      tx.put(`own${seed}`, add(await tx.get(`own${seed}`)));
    });
    await db.transaction(async (tx) => tx.put('common', add(await tx.getForUpdate('common'))), {
      mode: 'pessimistic',
    });
    await db.transaction((tx) => tx.put('common', add(tx.getSync('common'))));
    await db.put(`plain${seed}`, String(++count));
    if (numberIn(db.getSync(`plain${seed}`)) !== count) throw new Error('Own commit is not seen');
  }
  return count;
}

/** Holds whatever a thread can hold, for one that is terminated. */
async function hold(db: Numbers, { seed }: ThreadTask): Promise<number> {
  db.snapshot();
  const scan = db.entries();
  await scan[Symbol.asyncIterator]().next();
  const tx = db.begin({ mode: 'pessimistic' });
  await tx.getForUpdate(`held${seed}`);
  db.begin().put('x', 'never');
  void db.put(`tried${seed}`, 'y');
  parentPort?.postMessage('ready');
  for (let i = 0; ; i++) {
    db.getSync(keyOf(i % GROUP_COUNT, 0));
    if (i % 5000 === 0) await db.put(`beat${seed}`, String(i));
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'code') === 'CLOSED';
}

const { handle, task } = workerData as { handle: DatabaseHandle; task: ThreadTask };
const db = await attach(handle, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
const count = await { read, write, hold }[task.kind](db, task);
await db.close();
parentPort?.postMessage(count);
