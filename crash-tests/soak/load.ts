/**
 * The process under load, which is killed: everything the engine offers at once, checked while it runs.
 *
 * Owns: the loops. Bank clients move money at both isolation levels; writers commit what writer-plan.ts says, in a
 * keyspace beside those of the bank; readers scan, look up and hold snapshots, and compare; upkeep flushes, compacts,
 * verifies and copies; the sampler reports.
 *
 * Invariants that it checks, besides those of the parent after each end:
 *   S1. Every value under a writer's key is one that the writer wrote under it, to the last character.
 *   S2. A snapshot holds the bank's whole money, and reads the same after being held.
 *   S3. Forward and reverse scans of one snapshot agree, and with point reads.
 *   S4. verify() finds nothing, and a checkpoint is a whole database.
 *
 * A breach, like an unhandled rejection, ends the process with a message and status 1: the parent counts it.
 */
import { rmSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { ConflictError } from '../../src/base/errors.ts';
import { Random as CoreRandom } from '../../src/base/random.ts';
import {
  createBankIfMissing,
  initialCheckpoint,
  lastSequenceOf,
  openBank,
  readCheckpoint,
} from '../../src/programs/bank/books.ts';
import {
  type Bank,
  decodeBalance,
  drawOrder,
  parseAccountKey,
  transfer,
  TRANSFER_WAYS,
} from '../../src/programs/bank/transfer.ts';
import type { Database } from '../../src/api/database.ts';
import type { Snapshot } from '../../src/api/snapshot.ts';
import { makeRandom, type Random } from '../../test/support/prng.ts';
import { Reports, writeLine } from './reports.ts';
import { Sampler } from './sampler.ts';
import {
  ACCOUNT_COUNT,
  BANK_CLIENT_COUNT,
  type ChildSettings,
  INITIAL_BALANCE,
  PIPELINE_MAX,
  TUNING,
  WRITER_COUNT,
} from './settings.ts';
import {
  commitOf,
  encodeCommit,
  type LoadCommit,
  loadKey,
  type LoadKeyspace,
  loadPrefix,
  openLoad,
  SLOT_COUNT,
  slotOfKey,
  stampOf,
} from './writer-plan.ts';

const EXPECTED_TOTAL = ACCOUNT_COUNT * INITIAL_BALANCE;
const HOLD_MAX_MS = 2000;
const READER_PAUSE_MS = 20;

class Load {
  readonly #bank: Bank;
  readonly #db: Database;
  /** The writers' keyspace. */
  readonly #load: LoadKeyspace;
  readonly #settings: ChildSettings;
  readonly #reports = new Reports();
  #isStopping = false;

  constructor(bank: Bank, load: LoadKeyspace, settings: ChildSettings) {
    this.#bank = bank;
    this.#db = bank.db;
    this.#load = load;
    this.#settings = settings;
  }

  stop(): void {
    this.#isStopping = true;
  }

  /** Resolves when every loop has ended, after `stop`; rejects when the first finds a breach. */
  async run(): Promise<void> {
    const loops = [this.#audit(), this.#scan(), this.#lookUp(), this.#upkeep(), this.#sample()];
    const checkpoint = await readCheckpoint(this.#bank);
    for (let client = 0; client < BANK_CLIENT_COUNT; client++) {
      const folded = checkpoint ?? initialCheckpoint(ACCOUNT_COUNT, INITIAL_BALANCE);
      loops.push(this.#moveMoney(client, await lastSequenceOf(this.#bank, client, folded)));
    }
    for (let writer = 0; writer < WRITER_COUNT; writer++) loops.push(this.#write(writer));
    await Promise.all(loops);
  }

  #random(loop: number): Random {
    return makeRandom(this.#settings.seed * 1009 + this.#settings.epoch * 101 + loop);
  }

  async #moveMoney(client: number, lastSequence: number): Promise<void> {
    const random = new CoreRandom(this.#random(client).next());
    const isolation = client % 2 === 0 ? 'snapshot' : 'serializable';
    let sequence = lastSequence + 1;
    while (!this.#isStopping) {
      const order = drawOrder(random, ACCOUNT_COUNT);
      const durability = sequence % 2 === 0 ? 'sync' : 'os';
      const way = TRANSFER_WAYS[sequence % TRANSFER_WAYS.length]!; // the remainder is in range
      const options = { durability, isolation, way } as const;
      try {
        const { isDone } = await transfer(this.#bank, order, [client, sequence], options);
        if (isDone) await this.#reports.acknowledge('bank', client, sequence++);
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error; // else nothing was written
      }
    }
  }

  /** Commits in the order of their numbers, up to PIPELINE_MAX at a time. */
  async #write(writer: number): Promise<void> {
    const { seed, epoch, lastNumbers } = this.#settings;
    let number = lastNumbers[writer] ?? 0;
    let inFlight: Promise<void>[] = [];
    while (!this.#isStopping) {
      const commit = commitOf(seed, epoch, writer, ++number);
      const isAlone = commit.kind !== 'plain';
      if (isAlone || inFlight.length === PIPELINE_MAX) {
        await Promise.all(inFlight);
        inFlight = [];
      }
      const done = this.#commit(commit).then(() =>
        this.#reports.acknowledge('load', writer, commit.number),
      );
      inFlight.push(done);
      if (isAlone) await done;
    }
    await Promise.all(inFlight);
  }

  #commit(commit: LoadCommit): Promise<void> {
    const { kind, durability } = commit;
    const operations = encodeCommit(commit);
    const [first] = operations;
    if (kind === 'plain') {
      if (operations.length > 1 || first === undefined) {
        return this.#load.batch(operations, { durability });
      }
      if (first.type === 'put') return this.#load.put(first.key, first.value, { durability });
      if (first.type === 'del') return this.#load.del(first.key, { durability });
      return this.#load.batch(operations, { durability });
    }
    return this.#db.transaction(
      async (whole) => {
        const tx = whole.in(this.#load);
        for (const each of operations) {
          if (each.type === 'put') tx.put(each.key, each.value);
          else if (each.type === 'del') tx.del(each.key);
          else tx.batch([each]);
        }
        await tx.keys({ prefix: loadPrefix(commit.writer), limit: 20 }).all(); // for the validation
        if (first?.type !== 'put') return;
        const read = await tx.get(first.key); // its own write, or one that followed it
        const last = operations.findLast((each) => each.type === 'put' && each.key === first.key);
        const isDeleted = read === undefined && operations.length > 1;
        const isOwn = last?.type === 'put' && last.value === read;
        if (!isOwn && !isDeleted)
          throw new Error(`A transaction misses its own write: ${first.key}`);
      },
      { isolation: kind, durability },
    );
  }

  /** S2. */
  async #audit(): Promise<void> {
    const random = this.#random(100);
    while (!this.#isStopping) {
      const snapshot = this.#db.snapshot();
      try {
        const balances = await this.#balances(snapshot, false);
        const total = [...balances.values()].reduce((sum, balance) => sum + balance, 0);
        if (total !== EXPECTED_TOTAL || balances.size !== ACCOUNT_COUNT) {
          throw new Error(`A snapshot holds ${total} in ${balances.size} accounts`);
        }
        await sleep(random.chance(0.2) ? random.below(HOLD_MAX_MS) : READER_PAUSE_MS);
        const again = await this.#balances(snapshot, true);
        for (const [account, balance] of balances) {
          if (again.get(account) === balance) continue;
          throw new Error(`A snapshot changed: account=${account}`);
        }
      } finally {
        snapshot.close();
      }
    }
  }

  /** By account. */
  async #balances(snapshot: Snapshot, isReverse: boolean): Promise<Map<number, number>> {
    const found = new Map<number, number>();
    const range = { snapshot, reverse: isReverse };
    for await (const [key, value] of this.#bank.accounts.entries(range)) {
      const [account] = parseAccountKey(key) ?? [];
      const balance = decodeBalance(value);
      if (account === undefined || balance === undefined) {
        throw new Error(`An account is malformed: key=${inspect(key)}`);
      }
      found.set(account, balance);
    }
    return found;
  }

  /** S1 and S3, over ranges of every size; some scans are left before their end. */
  async #scan(): Promise<void> {
    const random = this.#random(101);
    while (!this.#isStopping) {
      const writer = random.below(WRITER_COUNT);
      const gte = loadKey(writer, random.below(SLOT_COUNT));
      const lt = `${loadPrefix(writer)}~`;
      const limit = 1 + random.below(random.chance(0.1) ? SLOT_COUNT : 200);
      const snapshot = this.#db.snapshot();
      try {
        const rows = await this.#load.entries({ gte, lt, limit, snapshot }).all();
        for (const [key, value] of rows) checkEntry(writer, key, value);
        const last = rows.at(-1)?.[0];
        if (last === undefined) continue;
        const reverse = { gte, lte: last, snapshot, reverse: true };
        const keys = await this.#load.keys(reverse).all();
        if (keys.reverse().join() !== rows.map(([key]) => key).join()) {
          throw new Error(`Scans disagree: from=${gte} to=${last}`);
        }
        const picked = random.pick(rows);
        const value = await this.#load.get(picked[0], { snapshot });
        if (value !== picked[1]) throw new Error(`A read and a scan disagree: key=${picked[0]}`);
        for await (const key of this.#load.keys(reverse)) if (key <= picked[0]) break;
      } finally {
        snapshot.close();
        await sleep(READER_PAUSE_MS);
      }
    }
  }

  /** S1, by every kind of point read. */
  async #lookUp(): Promise<void> {
    const random = this.#random(102);
    const draw = (): { writer: number; key: string } => {
      const writer = random.below(WRITER_COUNT);
      return { writer, key: loadKey(writer, random.below(SLOT_COUNT)) };
    };
    while (!this.#isStopping) {
      const drawn = Array.from({ length: 50 }, draw);
      const values = await this.#load.getMany(drawn.map(({ key }) => key));
      for (const [index, { writer, key }] of drawn.entries()) {
        if (values[index] !== undefined) checkEntry(writer, key, values[index]);
        const now = this.#load.getSync(key);
        if (now !== undefined) checkEntry(writer, key, now);
      }
      await sleep(READER_PAUSE_MS);
    }
  }

  async #upkeep(): Promise<void> {
    const random = this.#random(103);
    while (!this.#isStopping) {
      await this.#pause(this.#settings.upkeepEveryMs);
      const share = random.below(10);
      if (share < 3) await this.#db.flush();
      else if (share < 6) {
        await this.#load.compact({ prefix: loadPrefix(random.below(WRITER_COUNT)) });
      } else if (share < 7) await this.#verify(this.#db);
      else await this.#copy();
    }
  }

  /** S4. */
  async #copy(): Promise<void> {
    const directory = `${this.#settings.directory}-checkpoint`;
    rmSync(directory, { recursive: true, force: true });
    await this.#db.checkpoint(directory);
    const copy = await openBank(directory, { ...TUNING, createIfMissing: false });
    try {
      await this.#verify(copy.db);
      let total = 0;
      for await (const value of copy.accounts.values()) total += decodeBalance(value) ?? 0;
      if (total !== EXPECTED_TOTAL) throw new Error(`A checkpoint holds ${total}`);
    } finally {
      await copy.db.close();
      rmSync(directory, { recursive: true, force: true });
    }
  }

  async #verify(db: Database): Promise<void> {
    const { problems } = await db.verify();
    if (problems.length > 0) throw new Error(`verify() found ${JSON.stringify(problems)}`);
  }

  async #sample(): Promise<void> {
    const sampler = new Sampler(this.#db);
    while (!this.#isStopping) {
      await this.#pause(this.#settings.sampleEveryMs);
      await writeLine(`sample ${JSON.stringify(sampler.take())}`);
    }
    sampler.stop();
  }

  /** Ends early when the load does. */
  async #pause(ms: number): Promise<void> {
    const endMs = performance.now() + ms;
    while (!this.#isStopping && performance.now() < endMs) {
      await sleep(Math.min(100, endMs - performance.now()));
    }
  }
}

function checkEntry(writer: number, key: string, value: unknown): void {
  const slot = slotOfKey(writer, key);
  if (slot !== undefined && stampOf(value, writer, slot) !== undefined) return;
  throw new Error(`A value is not what a writer wrote: key=${key} found=${excerptOf(value)}`);
}

const excerptOf = (value: unknown): string => (JSON.stringify(value) ?? 'undefined').slice(0, 100);

/** The child's whole life. */
export async function runChild(settings: ChildSettings): Promise<void> {
  process.on(
    'warning',
    ({ message }) => void writeLine(`warning ${message.replaceAll('\n', ' ')}`),
  );
  process.stdout.on('error', () => process.exit(0)); // the parent has gone
  const bank = await openBank(settings.directory, TUNING);
  await createBankIfMissing(bank, initialCheckpoint(ACCOUNT_COUNT, INITIAL_BALANCE));
  const load = new Load(bank, await openLoad(bank.db, false), settings);
  process.stdin.on('data', () => load.stop());
  process.stdin.on('end', () => load.stop());
  process.stdin.on('error', () => load.stop());
  await writeLine('ready');
  await load.run();
  await bank.db.close();
  await writeLine('closed');
  process.stdin.destroy(); // nothing else may keep the process alive: that it ends is part of the test
}
