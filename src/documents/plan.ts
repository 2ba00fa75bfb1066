/**
 * Plans: which way a query takes.
 *
 * Owns: the choice among the ways of access.ts, by their bounds and by how many entries their ranges hold.
 *
 * How many entries a range holds is not guessed. The ranges are read, keys alone, in turns of growing size; the one that ends
 * first is the smallest, and what was read is not read again. So to choose costs a few times as much as the smallest range,
 * however large the others are, and holds for entries of the last second and of the own transaction too.
 *
 * Invariants:
 *   plan/bounded: a plan holds no more than ID_COUNT_MAX ids of each index.
 *
 * Suspension: `choosePlan` suspends for blocks of indexes.
 */
import type { IndexRange, IndexScan, RangeOptions } from '../index.ts';
import {
  type Access,
  accessesOf,
  conjuncts,
  idRange,
  type IndexAccess,
  wholeIndex,
} from './access.ts';
import type { KnownIndex } from './document-index.ts';
import type { Order } from './order.ts';
import type { Rows } from './rows.ts';
import { compareText } from './values.ts';
import type { Condition } from './where.ts';

/** What a plan must give. */
export interface Wanted {
  readonly condition: Condition;
  /** Undefined when the order does not matter. */
  readonly order: Order | undefined;
  readonly limit: number | undefined;
}

export type Plan =
  /** No document can meet the condition. */
  | { readonly kind: 'none' }
  /** Every document within a range of ids, in the order of ids. */
  | { readonly kind: 'scan'; readonly range: RangeOptions<string>; readonly isOrdered: boolean }
  /** The entries of an index, in the order that is wanted. */
  | { readonly kind: 'ordered'; readonly access: IndexAccess; readonly isReverse: boolean }
  /** Documents with these ids, which ascend. */
  | {
      readonly kind: 'ids';
      readonly ids: readonly string[];
      readonly isOrdered: boolean;
      readonly indexes: readonly string[];
      readonly how: 'ids' | 'index' | 'union' | 'intersection';
      /** Entries of indexes that were read for them. */
      readonly entryCount: number;
    };

/** Ids in memory: some 10 MB. */
export const ID_COUNT_MAX = 100_000;
/** Where the order can be had for nothing, a larger set is not fetched and sorted. */
const SORTED_COUNT_MAX = 1024;
const FIRST_TURN_COUNT = 64;
const TURN_GROWTH = 4;
/** How many times as many entries as documents are read to spare documents: a document is dearer than an entry. */
const INTERSECTION_RATIO = 4;
/** A smaller set is fetched as it is. */
const INTERSECTION_COUNT_MIN = 16;

export async function choosePlan(
  rows: Rows,
  indexes: readonly KnownIndex[],
  wanted: Wanted,
): Promise<Plan> {
  const { condition, order, limit } = wanted;
  const range = idRange(condition);
  if (range === undefined) return { kind: 'none' };
  const named = pathsIn(condition);
  for (const { path } of order?.keys ?? []) named.add(path.text);
  const ready = indexes.filter(
    ({ name, paths: [first] }) => named.has(first?.text ?? '') && rows.isIndexReady(name),
  );
  const accesses = accessesOf(condition, ready);
  const isScanOrdered = order === undefined || isOrderOfIds(order, condition);
  const [byId] = accesses.filter((access) => access.kind === 'ids');
  if (byId !== undefined) return setOf('ids', [...new Set(byId.ids)], [], 0, order, condition);
  const ordered = orderedAccess(accesses, ready, wanted);
  const isOnly = accesses.length === 1 && ordered === accesses[0];
  if (ordered !== undefined && (ordered.isExact || isOnly)) return orderedPlan(ordered, order);
  const scan: Plan = { kind: 'scan', range, isOrdered: isScanOrdered };
  const hasOrder = ordered !== undefined || isScanOrdered;
  const max = hasOrder && limit !== undefined ? Math.max(SORTED_COUNT_MAX, limit) : ID_COUNT_MAX;
  const found = await smallestSet(rows, accesses, max);
  if (found !== undefined) {
    const { ids, how, names, entryCount } = found;
    return setOf(how, ids, names, entryCount, order, condition);
  }
  return ordered === undefined || (isScanOrdered && ordered.boundCount === 0)
    ? scan
    : orderedPlan(ordered, order);
}

/** An index serves a query that names its first path. */
function pathsIn(condition: Condition, found = new Set<string>()): Set<string> {
  if (condition.kind === 'field') found.add(condition.path.text);
  else if (condition.kind === 'not') pathsIn(condition.of, found);
  else for (const each of condition.of) pathsIn(each, found);
  return found;
}

function setOf(
  how: 'ids' | 'index' | 'union' | 'intersection',
  ids: readonly string[],
  indexes: readonly string[],
  entryCount: number,
  order: Order | undefined,
  condition: Condition,
): Plan {
  const isOrdered = order === undefined || isOrderOfIds(order, condition);
  return { kind: 'ids', ids: [...ids].sort(compareText), isOrdered, indexes, how, entryCount };
}

function orderedPlan(access: IndexAccess, order: Order | undefined): Plan {
  return { kind: 'ordered', access, isReverse: order?.isIdDescending ?? false };
}

/** Keys of an order that the condition leaves open: those that one value binds are equal in all results. */
function openKeys({ keys }: Order, condition: Condition): Order['keys'] {
  const bound = new Set(
    conjuncts(condition).flatMap((each) =>
      each.kind === 'field' && each.tests.some(({ op }) => op === 'eq') ? [each.path.text] : [],
    ),
  );
  return keys.filter(({ path }) => !bound.has(path.text));
}

function isOrderOfIds(order: Order, condition: Condition): boolean {
  return openKeys(order, condition).length === 0;
}

/** A way whose index has its entries in the order; one that binds more before one that binds less. */
function orderedAccess(
  accesses: readonly Access[],
  indexes: readonly KnownIndex[],
  { condition, order }: Wanted,
): IndexAccess | undefined {
  const all = [
    ...accesses.filter((access) => access.kind === 'index'),
    ...indexes.map(wholeIndex).filter((access) => access !== undefined),
  ];
  const fitting = all.filter((access) =>
    order === undefined ? access.isExact : isInOrder(access, order, condition),
  );
  const worth = ({ isExact, boundCount }: IndexAccess): number => (isExact ? 100 : 0) + boundCount;
  return fitting.sort((a, b) => worth(b) - worth(a))[0];
}

/** Whether entries come in the order: what is open in the order is what is open in the index, in one direction. */
function isInOrder(access: IndexAccess, order: Order, condition: Condition): boolean {
  const { index, fixed } = access;
  if (index.isMultiple && !index.paths.slice(0, fixed.length).some(({ each }) => each))
    return false;
  const open = openKeys(order, condition);
  const paths = index.paths.slice(fixed.length);
  return (
    open.length === paths.length &&
    open.every(
      ({ path, isDescending }, i) =>
        path.text === paths[i]?.text && isDescending === order.isIdDescending,
    )
  );
}

interface FoundSet {
  readonly ids: readonly string[];
  readonly how: 'index' | 'union' | 'intersection';
  readonly names: readonly string[];
  readonly entryCount: number;
}

/** The ids of the smallest way, or of several ways at once; undefined when each has more than `max` entries. */
async function smallestSet(
  rows: Rows,
  accesses: readonly Access[],
  max: number,
): Promise<FoundSet | undefined> {
  const readers = accesses.map((access) => new IdReader(rows, access));
  try {
    for (let count = FIRST_TURN_COUNT; readers.length > 0; count *= TURN_GROWTH) {
      const capped = Math.min(count, max);
      for (const reader of readers) await reader.readUpTo(capped);
      const ended = readers.filter(({ isDone }) => isDone);
      if (ended.length > 0) return await intersected(readers, ended);
      if (capped === max) return undefined;
    }
    return undefined;
  } finally {
    for (const reader of readers) reader.close();
  }
}

/** What all small ways have in common. */
async function intersected(
  readers: readonly IdReader[],
  ended: readonly IdReader[],
): Promise<FoundSet> {
  const [smallest] = [...ended].sort((a, b) => a.entryCount - b.entryCount);
  const first = smallest!; // one has ended
  let ids = [...new Set(first.ids)];
  const used = [first];
  for (const reader of readers) {
    if (reader === first || ids.length < INTERSECTION_COUNT_MIN) continue;
    await reader.readUpTo(ids.length * INTERSECTION_RATIO);
    if (!reader.isDone) continue;
    const others = new Set(reader.ids);
    ids = ids.filter((id) => others.has(id));
    used.push(reader);
  }
  const single = first.access.kind === 'union' ? 'union' : 'index';
  const entryCount = readers.reduce((sum, reader) => sum + reader.entryCount, 0);
  const names = [...new Set(used.flatMap((reader) => reader.indexNames))];
  return { ids, how: used.length > 1 ? 'intersection' : single, names, entryCount };
}

/** Reads the ids of one way, further and further. */
class IdReader {
  readonly ids: string[] = [];
  readonly access: Access;
  /** The whole of it was read. */
  isDone = false;
  readonly #rows: Rows;
  readonly #left: [KnownIndex | undefined, IndexRange | readonly string[]][];
  #scan: IndexScan<string> | undefined;

  constructor(rows: Rows, access: Access) {
    this.#rows = rows;
    this.access = access;
    this.#left = partsOf(access);
  }

  get entryCount(): number {
    return this.ids.length;
  }

  get indexNames(): string[] {
    return namesOf(this.access);
  }

  /** At least so many ids, or all. */
  async readUpTo(count: number): Promise<void> {
    while (!this.isDone && this.ids.length <= count) {
      const [next] = this.#left;
      if (next === undefined) {
        this.isDone = true;
      } else {
        await this.#readFrom(next, count + 1 - this.ids.length);
      }
    }
  }

  async #readFrom(
    [index, range]: [KnownIndex | undefined, IndexRange | readonly string[]],
    count: number,
  ): Promise<void> {
    if (index === undefined) {
      this.ids.push(...(range as readonly string[]));
      this.#left.shift();
      return;
    }
    this.#scan ??= this.#rows.indexKeys(index.name, range as IndexRange);
    const lot = await this.#scan.nextMany(count);
    for (const id of lot) this.ids.push(id);
    if (lot.length === count) return;
    this.close();
    this.#left.shift();
  }

  close(): void {
    this.#scan?.close();
    this.#scan = undefined;
  }
}

/** Ranges of indexes, and ids, one after the other. */
function partsOf(access: Access): [KnownIndex | undefined, IndexRange | readonly string[]][] {
  switch (access.kind) {
    case 'ids':
      return [[undefined, access.ids]];
    case 'index':
      return access.ranges.map((range) => [access.index, range]);
    case 'union':
      return access.of.flatMap(partsOf);
  }
}

function namesOf(access: Access): string[] {
  if (access.kind === 'index') return [access.index.name];
  return access.kind === 'union' ? access.of.flatMap(namesOf) : [];
}
