/**
 * Running a query.
 *
 * Owns: the way from a query to its documents: reading by a plan, the test of each document, order, cursor and limit.
 *
 * Invariants:
 *   query/same-answer: results and their order follow from condition, order, cursor and limit alone, whatever the plan. Each
 *       document is tested, and each place compared, by the code that a plan without an index runs.
 *   query/bounded: with a limit, a query holds some multiple of it in documents.
 *
 * Suspension: reading suspends for blocks.
 */
import type { IndexRange, ScanOptions, TupleElement } from '../index.ts';
import type { IndexAccess } from './access.ts';
import { DocumentError, shown } from './document-error.ts';
import type { KnownIndex } from './document-index.ts';
import {
  comparePlaces,
  cursorOf,
  digestOf,
  type Order,
  type OrderBy,
  parseCursor,
  parseOrder,
  type Place,
  placeOf,
} from './order.ts';
import { choosePlan, type Plan } from './plan.ts';
import type { AsyncIterableLots, Rows, Stored } from './rows.ts';
import { compareText, isIndexable } from './values.ts';
import { type Condition, isMet, parseWhere, type Where } from './where.ts';

/** Which documents, in which order, and how many. */
export interface Query<T> {
  /** Absent: all. */
  readonly where?: Where<T>;
  /** Absent: by id. Documents with equal values are ordered by id, in the direction of the last value. */
  readonly orderBy?: OrderBy;
  /** At most this many: a whole number from 0. Absent: all. */
  readonly limit?: number;
  /** The cursor of the page before. */
  readonly after?: string;
}

/** A query, checked. */
export interface ParsedQuery {
  readonly condition: Condition;
  readonly order: Order;
  readonly limit: number | undefined;
  readonly after: Place | undefined;
  readonly collection: string;
}

const NAMES: ReadonlySet<string> = new Set(['where', 'orderBy', 'limit', 'after', 'snapshot']);

/** Throws a DocumentError: `INVALID_QUERY`, `INVALID_CURSOR` or `OTHER_CURSOR`. */
export function parseQuery(collection: string, query: Query<never> = {}): ParsedQuery {
  const unknown = Object.keys(query).find((name) => !NAMES.has(name));
  if (unknown !== undefined) {
    throw new DocumentError('INVALID_QUERY', `Query has no such option: found=${unknown}`);
  }
  const { limit } = query;
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new DocumentError('INVALID_QUERY', `Limit must be a whole number: found=${shown(limit)}`);
  }
  const condition = parseWhere(query.where);
  const order = parseOrder(query.orderBy);
  const after =
    query.after === undefined
      ? undefined
      : parseCursor(query.after, digestOf(collection, condition, order), order);
  return { condition, order, limit, after, collection };
}

/** One run of a query, and what it has looked at. */
export class QueryRun {
  /** Documents that were read. */
  examinedCount = 0;
  returnedCount = 0;
  plan: Plan | undefined;
  readonly #query: ParsedQuery;
  readonly #rows: Rows;
  readonly #indexes: readonly KnownIndex[];

  constructor(rows: Rows, indexes: readonly KnownIndex[], query: ParsedQuery) {
    this.#rows = rows;
    this.#indexes = indexes;
    this.#query = query;
  }

  /** The documents, in their order, a lot at a time. */
  async *lots(): AsyncGenerator<Stored[], undefined> {
    const { limit, order } = this.#query;
    if (limit === 0) return undefined;
    const plan = await choosePlan(this.#rows, this.#indexes, this.#query);
    this.plan = plan;
    const read = this.#read(plan);
    if (isOrdered(plan)) {
      for await (const lot of read) {
        const left = limit === undefined ? lot.length : limit - this.returnedCount;
        const given = lot.slice(0, left);
        this.returnedCount += given.length;
        if (given.length > 0) yield given;
        if (this.returnedCount === limit) return undefined;
      }
      return undefined;
    }
    const sorted = await this.#sorted(read, order, limit);
    this.returnedCount = sorted.length;
    for (let i = 0; i < sorted.length; i += LOT_COUNT_MAX) yield sorted.slice(i, i + LOT_COUNT_MAX);
    return undefined;
  }

  /** Documents that meet the condition and lie behind the cursor, in the order of the plan. */
  async *#read(plan: Plan): AsyncGenerator<Stored[]> {
    const { condition, after, order, limit } = this.#query;
    const isLimited = limit !== undefined && isOrdered(plan);
    let count = Math.min(isLimited ? limit : LOT_COUNT_MIN, LOT_COUNT_MAX);
    for (const source of this.#sources(plan)) {
      const opened = source();
      try {
        for (;;) {
          const lot = await opened.nextMany(count);
          this.examinedCount += lot.length;
          yield lot.filter(
            (document) =>
              isMet(condition, document) &&
              (after === undefined || comparePlaces(order, placeOf(order, document), after) > 0),
          );
          if (lot.length < count) break;
          count = Math.min(2 * count, LOT_COUNT_MAX);
        }
      } finally {
        opened.close();
      }
    }
  }

  /** What is read, one after the other; each is opened when it is its turn. */
  #sources(plan: Plan): (() => AsyncIterableLots)[] {
    const { order, after } = this.#query;
    const rows = this.#rows;
    switch (plan.kind) {
      case 'none':
        return [];
      case 'scan': {
        const place = plan.isOrdered ? after?.id : undefined;
        const options = scanOptions(plan.range, order.isIdDescending, place);
        return [() => rows.values(options, true)];
      }
      case 'ordered': {
        const { access, isReverse } = plan;
        const only = onlyValues(access);
        if (only !== undefined) return [() => lotOfOne(rows, access.index.name, only)];
        const ranges = isReverse ? [...access.ranges].reverse() : access.ranges;
        const start = after === undefined ? undefined : startOf(access, order, after);
        return ranges.map(
          (range) => () =>
            rows.indexValues(
              access.index.name,
              { ...from(range, start, isReverse), reverse: isReverse },
              ranges.length === 1,
            ),
        );
      }
      case 'ids': {
        const ids = plan.isOrdered ? idsAfter(plan.ids, order, after) : plan.ids;
        return [() => lotsOfIds(rows, ids)];
      }
    }
  }

  /** In the order; the first `limit` of them. */
  async #sorted(
    read: AsyncIterable<readonly Stored[]>,
    order: Order,
    limit: number | undefined,
  ): Promise<Stored[]> {
    let best: { readonly place: Place; readonly document: Stored }[] = [];
    const cut = (): void => {
      best.sort((a, b) => comparePlaces(order, a.place, b.place));
      if (limit !== undefined) best = best.slice(0, limit);
    };
    for await (const lot of read) {
      for (const document of lot) best.push({ place: placeOf(order, document), document });
      if (limit !== undefined && best.length > 2 * limit + LOT_COUNT_MAX) cut();
    }
    cut();
    return best.map(({ document }) => document);
  }

  /** The cursor of the page that ends with a document. */
  cursorAt(document: Stored): string {
    const { collection, condition, order } = this.#query;
    return cursorOf(digestOf(collection, condition, order), placeOf(order, document));
  }
}

const LOT_COUNT_MIN = 64;
const LOT_COUNT_MAX = 256;

function isOrdered(plan: Plan): boolean {
  return plan.kind === 'none' || plan.kind === 'ordered' || plan.isOrdered;
}

function scanOptions(
  range: ScanOptions<string>,
  isReverse: boolean,
  after: string | undefined,
): ScanOptions<string> {
  const options = { ...range, reverse: isReverse };
  if (after === undefined) return options;
  if (isReverse) {
    const upper = range.lt ?? range.lte;
    if (upper !== undefined && compareText(upper, after) < 0) return options;
    return { ...boundsOnly(range, 'gt', 'gte'), lt: after, reverse: true };
  }
  const lower = range.gt ?? range.gte;
  if (lower !== undefined && compareText(lower, after) > 0) return options;
  return { ...boundsOnly(range, 'lt', 'lte'), gt: after };
}

function boundsOnly(
  range: ScanOptions<string>,
  ...names: readonly ('gt' | 'gte' | 'lt' | 'lte')[]
): ScanOptions<string> {
  return Object.fromEntries(
    names.flatMap((name) => (range[name] === undefined ? [] : [[name, range[name]]])),
  );
}

/** The place of a cursor in an index: its values, then the bytes of the id; undefined where an index has none. */
function startOf(
  { index, fixed }: IndexAccess,
  order: Order,
  after: Place,
): readonly TupleElement[] | undefined {
  const values = index.paths.slice(fixed.length).map(({ text }) => {
    const at = order.keys.findIndex(({ path }) => path.text === text);
    return (after.values[at] ?? null) as TupleElement; // looked at below
  });
  if (!values.every((value) => isIndexable(value))) return undefined;
  return [...fixed, ...values, Buffer.from(after.id)];
}

/** A range from the place of a cursor on. A bound that has been there stays. */
function from(
  range: IndexRange,
  start: readonly TupleElement[] | undefined,
  isReverse: boolean,
): IndexRange {
  if (start === undefined) return range;
  if (isReverse) return { ...range, [range.lt === undefined ? 'lt' : 'lte']: start };
  return { ...range, [range.gt === undefined ? 'gt' : 'gte']: start };
}

function idsAfter(
  ids: readonly string[],
  order: Order,
  after: Place | undefined,
): readonly string[] {
  const directed = order.isIdDescending ? [...ids].reverse() : ids;
  if (after === undefined) return directed;
  const side = order.isIdDescending ? -1 : 1;
  return directed.filter((id) => compareText(id, after.id) * side > 0);
}

/** The values of the one document that a unique index has for a condition; undefined where it may have several. */
function onlyValues({ index, ranges, fixed }: IndexAccess): readonly TupleElement[] | undefined {
  const isOne = index.isUnique && ranges.length === 1 && fixed.length === index.paths.length;
  return isOne && !fixed.includes(null) ? fixed : undefined;
}

function lotOfOne(rows: Rows, index: string, values: readonly TupleElement[]): AsyncIterableLots {
  let isRead = false;
  return {
    nextMany: async () => {
      if (isRead) return [];
      isRead = true;
      const found = await rows.indexFirst(index, values, true);
      return found === undefined ? [] : [found];
    },
    close: () => undefined,
  };
}

/** The documents with these ids; those that are not there are left out, and end no lot. */
function lotsOfIds(rows: Rows, ids: readonly string[]): AsyncIterableLots {
  let next = 0;
  return {
    nextMany: async (count) => {
      const lot: Stored[] = [];
      while (lot.length < count && next < ids.length) {
        const some = ids.slice(next, next + count - lot.length);
        next += some.length;
        for (const each of await rows.getMany(some)) if (each !== undefined) lot.push(each);
      }
      return lot;
    },
    close: () => undefined,
  };
}
