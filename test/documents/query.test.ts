/**
 * Queries find what the most naive way finds, in its order, page by page, whatever indexes there are.
 *
 * SEED= and RUNS= choose the cases; a failure names its seed.
 */
import { describe, expect, it } from 'vitest';
import {
  type Collection,
  collection,
  type CollectionTransaction,
} from '../../src/documents/index.ts';
import { type Database, MemoryVfs, open } from '../../src/index.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { printTestProof } from '../support/proof-line.ts';
import { answer, type Doc, type Raw, type Sorting } from './query-oracle.ts';
import {
  idOf,
  randomDoc,
  randomFields,
  randomIndexes,
  randomSorting,
  randomWhere,
} from './random-documents.ts';

type Documents = Collection<Record<string, unknown>>;
type Reads = Documents | CollectionTransaction<Record<string, unknown>>;

const isQuick = process.env['VARVE_QUICK'] === '1';
const FIRST_SEED = Number(process.env['SEED'] ?? 1);
const RUN_COUNT = Number(process.env['RUNS'] ?? (isQuick ? 8 : 40));
const QUERY_COUNT = 24;

async function withDatabase<T>(use: (db: Database<unknown, unknown>) => Promise<T>): Promise<T> {
  const db = await open('/db', { vfs: new MemoryVfs(), durability: 'os', background: 'inline' });
  try {
    return await use(db);
  } finally {
    await db.close();
  }
}

/** Fills a collection and a model of it. */
async function fill(
  random: Random,
  documents: Documents,
  count: number,
): Promise<Map<string, Doc>> {
  const model = new Map<string, Doc>();
  for (let i = 0; i < count; i++) {
    const document = randomDoc(random, count);
    if (model.has(document.id)) await documents.replace(document.id, document);
    else await documents.insert(document);
    model.set(document.id, document);
  }
  return model;
}

function orderByOf(random: Random, sorting: Sorting): unknown {
  if (sorting.length === 0) return undefined;
  if (sorting.length === 1 && sorting[0]?.[1] === 'asc' && random.chance(0.5)) return sorting[0][0];
  return random.chance(0.5)
    ? Object.fromEntries(sorting)
    : sorting.map(([path, direction]) => ({ [path]: direction }));
}

async function checkQuery(random: Random, reads: Reads, model: Map<string, Doc>): Promise<string> {
  const where: Raw = randomWhere(random);
  const sorting = randomSorting(random);
  const orderBy = orderByOf(random, sorting);
  const limit = random.pick([undefined, undefined, 2, 5, 10, 1000]);
  const query = {
    where,
    ...(orderBy !== undefined && { orderBy }),
    ...(limit !== undefined && { limit }),
  } as never;
  const expected = answer(model.values(), where, sorting);
  const explained = await reads.explain(query);
  const context = JSON.stringify({ where, orderBy, limit, explained }, (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
  const found = await reads.find(query).all();
  expect(
    found.map(({ id }) => id),
    context,
  ).toEqual(expected.slice(0, limit));
  expect(explained.returnedCount, context).toBe(found.length);
  for (const document of found) expect(document, context).toEqual(model.get(document.id));
  expect(await reads.count(where as never), context).toBe(expected.length);
  if (limit !== undefined)
    expect(await pagesOf(reads, query, expected.length), context).toEqual(expected);
  return explained.plan;
}

async function pagesOf(reads: Reads, query: object, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | undefined; ;) {
    const page = await reads.find({ ...query, ...(after !== undefined && { after }) }).page();
    ids.push(...page.documents.map(({ id }) => id));
    after = page.cursor;
    if (after === undefined || ids.length > count) return ids;
  }
}

async function changeInTransaction(
  random: Random,
  users: CollectionTransaction<Record<string, unknown>>,
  model: Map<string, Doc>,
): Promise<void> {
  for (let i = random.below(12); i > 0; i--) {
    const id = idOf(random.below(50));
    const document = { ...randomFields(random), id };
    if (!model.has(id)) {
      await users.insert(document);
      model.set(id, document);
    } else if (random.chance(0.3)) {
      expect(await users.delete(id)).toBe(true);
      model.delete(id);
    } else if (random.chance(0.4)) {
      await users.patch(id, { set: { a: 2 } });
      model.set(id, { ...model.get(id), a: 2, id });
    } else {
      await users.replace(id, document);
      model.set(id, document);
    }
  }
}

describe('a query', () => {
  it('finds the same with and without indexes, in transactions too (query/same-answer, access/superset, access/exact, access/ordered, order/total, values/tuple-order, where/two-valued, where/by-type, where/missing-is-null)', async () => {
    const plans: Record<string, number> = {};
    for (let seed = FIRST_SEED; seed < FIRST_SEED + RUN_COUNT; seed++) {
      const random = makeRandom(seed);
      await withDatabase(async (db) => {
        const documents = await collection(db, 'c', { indexes: randomIndexes(random) });
        const model = await fill(random, documents, random.pick([0, 5, 20, 60]));
        const check = async (reads: Reads, of: Map<string, Doc>): Promise<void> => {
          const plan = await checkQuery(random, reads, of);
          plans[plan] = (plans[plan] ?? 0) + 1;
        };
        try {
          for (let i = 0; i < QUERY_COUNT / 2; i++) await check(documents, model);
          const tx = db.begin({ isolation: random.pick(['snapshot', 'serializable']) });
          const own = new Map(model);
          for (let i = 0; i < QUERY_COUNT / 2; i++) {
            await changeInTransaction(random, documents.in(tx), own);
            await check(documents.in(tx), own);
          }
          await tx.commit();
          await check(documents, own);
          expect((await db.verify()).problems).toEqual([]);
        } catch (error) {
          throw new Error(`seed=${seed}`, { cause: error });
        }
      });
    }
    expect(Object.keys(plans)).toEqual(
      expect.arrayContaining(['ids', 'index', 'index-order', 'none', 'scan']),
    );
    printTestProof('document-queries', { queries: RUN_COUNT * (QUERY_COUNT + 1) });
  });

  it('is not answered by an index of elements that it does not ask for (access/superset)', () =>
    withDatabase(async (db) => {
      const documents = await collection(db, 'c', { indexes: { both: { on: ['a', 'tags[]'] } } });
      await documents.insertMany([
        { id: 'bare', a: 1 },
        { id: 'twice', a: 1, tags: ['x', 'y'] },
      ]);
      expect((await documents.find({ where: { a: 1 } }).all()).length).toBe(2);
      expect(await documents.count({ a: 1 })).toBe(2);
      expect(await documents.explain({ where: { a: 1, 'tags[]': 'x' } })).toMatchObject({
        plan: 'index-order',
        returnedCount: 1,
      });
    }));

  it('finds the same among more documents than a plan fetches and sorts (plan/bounded, query/bounded)', async () => {
    const seed = FIRST_SEED + 90_000;
    const random = makeRandom(seed);
    await withDatabase(async (db) => {
      const indexes = {
        a: { on: ['a'] },
        b: { on: ['b'] },
        tags: { on: ['tags[]'] },
      };
      const documents = await collection(db, 'c', { indexes });
      const plans = new Set<string>();
      const all = Array.from({ length: 4000 }, (_, i) => ({
        ...randomFields(random),
        id: idOf(i),
      }));
      await documents.insertMany(all);
      for (let i = 0; i < (isQuick ? 10 : 40); i++) {
        const isPair = i % 2 === 0;
        const where: Raw = isPair
          ? { a: random.below(4), b: random.below(4) }
          : randomWhere(random);
        const sorting = randomSorting(random);
        const limit = random.pick([undefined, 3, 700]);
        const orderBy = orderByOf(random, sorting);
        const query = {
          where,
          ...(orderBy !== undefined && { orderBy }),
          ...(limit !== undefined && { limit }),
        };
        const expected = answer(all, where, sorting).slice(0, limit);
        if (isPair) plans.add((await documents.explain({ where })).plan);
        const found = await documents.find(query as never).all();
        expect(
          found.map(({ id }) => id),
          `seed=${seed} query=${i}`,
        ).toEqual(expected);
      }
      expect([...plans]).toContain('intersection');
    });
  });
});
