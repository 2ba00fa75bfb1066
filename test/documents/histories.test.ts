/**
 * Random histories of a collection against a model in memory: writes, patches, transactions, queries, power cuts.
 *
 * SEED= chooses the first history; VARVE_DOCUMENT_STEPS=all runs far more steps. A failure names its seed and step.
 */
import { expect, it } from 'vitest';
import {
  type Collection,
  collection,
  type CollectionTransaction,
} from '../../src/documents/index.ts';
import { openBackend } from '../../src/index.ts';
import { MemoryBackend, MemoryServers } from '../remote/memory-backend.ts';
import { CRASH_MODES, CrashVfs } from '../support/crash-vfs.ts';
import { byExtent } from '../support/extent.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { printTestProof } from '../support/proof-line.ts';
import { type AnyDatabase, openOn } from './document-database.ts';
import { answer, type Doc } from './query-oracle.ts';
import {
  idOf,
  randomFields,
  randomIndexes,
  randomSorting,
  randomValue,
  randomWhere,
} from './random-documents.ts';

/** The collection has a keyspace and encodings of its own. */
const VIEWS = { keyEncoding: 'view', valueEncoding: 'view' } as never;

type Fields = Record<string, unknown>;
type Writes = Collection<Fields> | CollectionTransaction<Fields>;
type Model = Map<string, Doc>;

const STEP_COUNT = byExtent('VARVE_DOCUMENT_STEPS', { all: 100_000, sample: 2500, quick: 400 });
const FIRST_SEED = Number(process.env['SEED'] ?? 1);
const SEEDS = [0, 1, 2, 3].map((i) => FIRST_SEED + i);
const ID_COUNT = 40;

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'done',
    (error: unknown) => String(Reflect.get(error as object, 'code')),
  );
}

class History {
  readonly #random: Random;
  readonly #indexes: object;
  /** Undefined: in a directory. */
  readonly #servers: MemoryServers | undefined;
  #vfs = new CrashVfs();
  #db!: AnyDatabase; // set by #open
  #documents!: Collection<Fields>; // set by #open
  #model: Model = new Map();
  cutCount = 0;

  constructor(seed: number, servers?: MemoryServers) {
    this.#servers = servers;
    this.#random = makeRandom(seed);
    this.#indexes = {
      ...randomIndexes(this.#random),
      unique: { on: ['u'], unique: true },
    };
  }

  async run(stepCount: number): Promise<void> {
    await this.#open();
    for (let step = 0; step < stepCount; step++) {
      try {
        await this.#step();
      } catch (error) {
        throw new Error(`step=${step}`, { cause: error });
      }
    }
    expect((await this.#db.verify()).problems).toEqual([]);
    await this.#db.close();
  }

  async #open(): Promise<void> {
    const servers = this.#servers;
    this.#db =
      servers === undefined
        ? await openOn(this.#vfs, { memtableSizeBytes: 256 * 1024 })
        : await openBackend<unknown, unknown>(new MemoryBackend(servers), VIEWS);
    this.#documents = await collection<Fields>(this.#db, 'c', { indexes: this.#indexes as never });
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const kind = random.below(400);
    if (kind === 0) await this.#cutPower();
    else if (kind < 40) await this.#transaction();
    else if (kind < 130) await this.#query(this.#documents, this.#model);
    else await this.#write(this.#documents, this.#model);
  }

  /** All that was acknowledged is there after a power cut; on servers after another open. */
  async #cutPower(): Promise<void> {
    if (this.#servers === undefined) await this.#cutFiles();
    else await this.#db.close();
    await this.#open();
    const all = await this.#documents.find().all();
    expect(new Map(all.map((document) => [document.id, document]))).toEqual(this.#model);
  }

  async #cutFiles(): Promise<void> {
    const vfs = this.#vfs.crash({
      seed: this.#random.below(2 ** 31),
      mode: this.#random.pick(CRASH_MODES),
    });
    this.#vfs.stop();
    await this.#db.close().catch(() => undefined);
    this.#vfs = vfs;
    this.cutCount++;
  }

  async #transaction(): Promise<void> {
    const random = this.#random;
    const tx = this.#db.begin({ isolation: random.pick(['snapshot', 'serializable']) });
    const own: Model = new Map(this.#model);
    let isDoomed = false;
    for (let i = random.below(8); i > 0 && !isDoomed; i--) {
      if (random.chance(0.3)) await this.#query(this.#documents.in(tx), own);
      else isDoomed = !(await this.#write(this.#documents.in(tx), own));
    }
    if (random.chance(0.3)) {
      tx.rollback();
    } else if ((await codeOf(tx.commit())) === 'done') {
      expect(isDoomed).toBe(false);
      this.#model = own;
    } else {
      expect(isDoomed).toBe(true);
    }
  }

  async #query(reads: Writes, model: Model): Promise<void> {
    const random = this.#random;
    const where = randomWhere(random);
    const sorting = randomSorting(random);
    const limit = random.pick([undefined, 1, 7]);
    const orderBy = sorting.map(([path, direction]) => ({ [path]: direction }));
    const query = { where, orderBy, ...(limit !== undefined && { limit }) } as never;
    const found = await reads.find(query).all();
    const expected = answer(model.values(), where, sorting);
    expect(found.map(({ id }) => id)).toEqual(expected.slice(0, limit));
    for (const document of found) expect(document).toEqual(model.get(document.id));
    expect(await reads.count(where as never)).toBe(expected.length);
  }

  /** One write, and what the model says of it. False for one that a transaction refuses at its commit. */
  async #write(writes: Writes, model: Model): Promise<boolean> {
    const random = this.#random;
    const id = idOf(random.below(ID_COUNT));
    const fields = { ...randomFields(random), ...(random.chance(0.3) && { u: random.below(30) }) };
    const isThere = model.has(id);
    const isOfTransaction = !(writes === this.#documents);
    const kind = random.below(10);
    if (kind < 4) {
      const document: Doc = { ...fields, id };
      if (isThere) {
        if (random.chance(0.3)) expect(await codeOf(writes.insert(document))).toBe('ID_EXISTS');
        return this.#outcome(writes.replace(id, document), isOfTransaction, model, document);
      }
      if (random.chance(0.2)) expect(await codeOf(writes.replace(id, document))).toBe('NOT_FOUND');
      return this.#outcome(writes.insert(document), isOfTransaction, model, document);
    }
    if (kind === 4) {
      expect(await writes.delete(id)).toBe(isThere);
      model.delete(id);
      return true;
    }
    if (!isThere) {
      if (!isOfTransaction) {
        expect(await codeOf(writes.patch(id, { set: { a: 1 } }))).toBe('NOT_FOUND');
      }
      return true;
    }
    return this.#patch(writes, model, model.get(id)!, isOfTransaction);
  }

  #patch(writes: Writes, model: Model, current: Doc, isOfTransaction: boolean): Promise<boolean> {
    const random = this.#random;
    const { id } = current;
    const value = randomValue(random);
    const list = Array.isArray(current['list']) ? (current['list'] as unknown[]) : [];
    const n = typeof current['n'] === 'number' ? current['n'] : 0;
    const { b: _, ...withoutB } = current;
    const [patch, patched] = random.pick<readonly [object, Doc]>([
      [{ set: { a: value } }, { ...current, a: value }],
      [{ increment: { n: 2 } }, { ...current, n: n + 2 }],
      [{ push: { list: value } }, { ...current, list: [...list, value] }],
      [{ unset: ['b'] }, withoutB],
      [{ set: { u: random.below(30) } }, current],
      [
        { set: { a: 1 }, unset: ['b'], increment: { n: 1 } },
        { ...withoutB, a: 1, n: n + 1, id },
      ],
    ]);
    const set = (patch as { set?: { u?: number } }).set;
    const document = set?.u === undefined ? patched : { ...current, u: set.u };
    return this.#outcome(writes.patch(id, patch), isOfTransaction, model, document);
  }

  /** A value of the unique index that another has refuses the write, of a transaction at its commit. */
  async #outcome(
    write: Promise<unknown>,
    isOfTransaction: boolean,
    model: Model,
    document: Doc,
  ): Promise<boolean> {
    const isTaken =
      document['u'] !== undefined &&
      [...model.values()].some(({ id, u }) => id !== document.id && u === document['u']);
    const code = await codeOf(write);
    expect(code).toBe(isTaken && !isOfTransaction ? 'UNIQUE' : 'done');
    if (!isTaken) model.set(document.id, document);
    return !isTaken;
  }
}

it.each(SEEDS)('a collection is what its model is, whatever happens: seed=%i', async (seed) => {
  const history = new History(seed);
  await history.run(STEP_COUNT);
  printTestProof('document-histories', { steps: STEP_COUNT, 'power cuts': history.cutCount });
});

it('a collection on servers is what its model is', async () => {
  await new History(FIRST_SEED, new MemoryServers()).run(Math.min(STEP_COUNT, 400) / 2);
});
