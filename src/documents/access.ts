/**
 * Ways to find the documents of a condition.
 *
 * Owns: which ranges of an index, or of ids, hold every document that meets a condition.
 *
 * Invariants:
 *   access/superset: each document that meets the condition has an entry in the ranges. Whoever reads them tests the whole
 *       condition again, so a range may hold more.
 *   access/exact: ranges that are called exact hold no other documents, and each once.
 *   access/ordered: the ranges of an index are disjoint and ascend.
 *
 * Suspension: everything here is synchronous.
 */
import type { IndexRange, RangeOptions, TupleElement } from '../index.ts';
import type { KnownIndex } from './document-index.ts';
import type { Path } from './paths.ts';
import {
  boundsOfRank,
  compareValues,
  isIndexable,
  rankOf,
  TEXT_RANK,
  textAfterPrefix,
} from './values.ts';
import type { Condition, FieldNode, Test } from './where.ts';

/** Ranges of one index. */
export interface IndexAccess {
  readonly kind: 'index';
  readonly index: KnownIndex;
  readonly ranges: readonly IndexRange[];
  /** The values of the paths at its beginning that one value binds each. */
  readonly fixed: readonly TupleElement[];
  /** Paths at its beginning that the ranges bound in any way. */
  readonly boundCount: number;
  /** access/exact */
  readonly isExact: boolean;
}

/** Several ways, whose documents together are those of an `or`. */
export interface UnionAccess {
  readonly kind: 'union';
  readonly of: readonly Access[];
}

/** Ids that the condition names. */
export interface IdAccess {
  readonly kind: 'ids';
  readonly ids: readonly string[];
}

export type Access = IndexAccess | UnionAccess | IdAccess;

/** Ranges of one index; more are not worth the seeks. */
const RANGE_COUNT_MAX = 64;

/** The conditions that all hold, one beside the other. */
export function conjuncts(condition: Condition): readonly Condition[] {
  return condition.kind === 'and' ? condition.of.flatMap(conjuncts) : [condition];
}

/** Every way, but for the scan of all documents. */
export function accessesOf(condition: Condition, indexes: readonly KnownIndex[]): Access[] {
  const all = conjuncts(condition);
  const fields = all.filter((each) => each.kind === 'field');
  const found: Access[] = [];
  const ids = idsOf(fields);
  if (ids !== undefined) found.push({ kind: 'ids', ids });
  for (const index of indexes) {
    const access = indexAccess(index, all, fields);
    if (access.boundCount > 0 && hasAll(access)) found.push(access);
  }
  for (const each of all) {
    if (each.kind !== 'or' || each.of.length === 0) continue;
    const branches = each.of.map((branch) => best(accessesOf(branch, indexes)));
    if (branches.every((branch) => branch !== undefined))
      found.push({ kind: 'union', of: branches });
  }
  return found;
}

/** An index of elements has no entry for a document without them: only a condition on an element says that it has one. */
function hasAll({ index, boundCount }: IndexAccess): boolean {
  return !index.isMultiple || index.paths.slice(0, boundCount).some(({ each }) => each);
}

/** All of an index, for its order; undefined for one that lacks documents. */
export function wholeIndex(index: KnownIndex): IndexAccess | undefined {
  if (index.isMultiple) return undefined;
  return { kind: 'index', index, ranges: [{}], fixed: [], boundCount: 0, isExact: false };
}

/** The one that promises most, unseen: ids, then the index that binds most values. */
function best(accesses: readonly Access[]): Access | undefined {
  const worth = (access: Access): number => {
    if (access.kind === 'ids') return Infinity;
    return access.kind === 'union' ? 0 : access.fixed.length * 100 + access.boundCount;
  };
  return accesses.reduce<Access | undefined>(
    (a, b) => (a === undefined || worth(b) > worth(a) ? b : a),
    undefined,
  );
}

function isIdField({ path }: FieldNode): boolean {
  return path.text === 'id';
}

/** Ids by `eq` and `in`; undefined when no condition names them. */
function idsOf(fields: readonly FieldNode[]): string[] | undefined {
  for (const { tests } of fields.filter(isIdField)) {
    const values = valuesIn(tests);
    if (values === undefined) continue;
    return values.filter((value): value is string => typeof value === 'string' && value !== '');
  }
  return undefined;
}

/** The ids between which every document lies that meets the condition; undefined for none at all. */
export function idRange(condition: Condition): RangeOptions<string> | undefined {
  const tests = conjuncts(condition)
    .filter((each) => each.kind === 'field')
    .filter(isIdField)
    .flatMap((field) => field.tests);
  const bounds = boundsOf(tests);
  if (bounds === undefined) return {};
  const { lower, upper, isEmpty, rank } = bounds;
  if (isEmpty || rank !== TEXT_RANK) return undefined;
  const after = upper?.value as string | undefined;
  return {
    ...(lower !== undefined && { [lower.isIncluded ? 'gte' : 'gt']: lower.value as string }),
    ...(after !== undefined && { [upper?.isIncluded === true ? 'lte' : 'lt']: after }),
  };
}

/** How the ranges grow, path by path. */
interface Growth {
  prefixes: TupleElement[][];
  fixedCount: number;
  boundCount: number;
  readonly used: Set<FieldNode>;
}

function indexAccess(
  index: KnownIndex,
  all: readonly Condition[],
  fields: readonly FieldNode[],
): IndexAccess {
  const growth: Growth = { prefixes: [[]], fixedCount: 0, boundCount: 0, used: new Set() };
  for (const path of index.paths) {
    const on = nodesOn(path, fields);
    const tests = on.flatMap((node) => node.tests);
    if (grow(growth, tests)) {
      if (tests.length === 1) on.forEach((node) => growth.used.add(node));
      continue;
    }
    const bounds = boundsOf(tests);
    if (bounds === undefined) break;
    growth.boundCount++;
    const isWhole = tests.every(({ op }) => BOUNDING.has(op)) && path.each === undefined;
    if (isWhole) on.forEach((node) => growth.used.add(node));
    const ranges = bounds.isEmpty ? [] : growth.prefixes.map((prefix) => rangeOf(prefix, bounds));
    return accessOf(index, growth, ranges, all);
  }
  return accessOf(
    index,
    growth,
    growth.prefixes.map((prefix) => ({ prefix })),
    all,
  );
}

function accessOf(
  index: KnownIndex,
  { prefixes, fixedCount, boundCount, used }: Growth,
  ranges: readonly IndexRange[],
  all: readonly Condition[],
): IndexAccess {
  const isOnce = !index.isMultiple || index.paths.slice(0, fixedCount).some(({ each }) => each);
  const isExact = isOnce && all.every((each) => each.kind === 'field' && used.has(each));
  const fixed = prefixes[0]?.slice(0, fixedCount) ?? [];
  return { kind: 'index', index, ranges, fixed, boundCount, isExact };
}

/** The conditions on a path. Two on a path with `[]` may be met by two elements, so the first alone counts. */
function nodesOn(path: Path, fields: readonly FieldNode[]): FieldNode[] {
  const on = fields.filter((field) => field.path.text === path.text);
  return path.each === undefined ? on : on.slice(0, 1);
}

/** One more value at the end of each prefix. False when no `eq` or `in` says which. */
function grow(growth: Growth, tests: readonly Test[]): boolean {
  const values = valuesIn(tests);
  if (values === undefined || !values.every((value) => isIndexable(value))) return false;
  if (growth.prefixes.length * values.length > RANGE_COUNT_MAX) return false;
  const elements = distinct(values.map((value) => value ?? null)); // indexable
  growth.prefixes = growth.prefixes.flatMap((prefix) => elements.map((each) => [...prefix, each]));
  if (elements.length === 1 && growth.fixedCount === growth.boundCount) growth.fixedCount++;
  growth.boundCount++;
  return true;
}

/** The values of the first `eq`, or else of the first `in`. */
function valuesIn(tests: readonly Test[]): readonly unknown[] | undefined {
  for (const test of tests) if (test.op === 'eq') return [test.value];
  for (const test of tests) if (test.op === 'in') return test.values;
  return undefined;
}

function distinct(values: readonly TupleElement[]): TupleElement[] {
  const sorted = [...values].sort(compareValues);
  return sorted.filter((value, i) => i === 0 || compareValues(sorted[i - 1], value) !== 0);
}

interface Bound {
  readonly value: TupleElement;
  readonly isIncluded: boolean;
}

/** From where to where the values of one type lie. */
interface Bounds {
  readonly rank: number;
  readonly lower: Bound | undefined;
  readonly upper: Bound | undefined;
  /** No value is between them. */
  readonly isEmpty: boolean;
}

const BOUNDING: ReadonlySet<string> = new Set(['lt', 'lte', 'gt', 'gte', 'prefix']);

/** What `lt`, `lte`, `gt`, `gte` and `prefix` leave; undefined when there is none of them that an index can take. */
function boundsOf(tests: readonly Test[]): Bounds | undefined {
  let lower: Bound | undefined;
  let upper: Bound | undefined;
  let rank: number | undefined;
  let isEmpty = false;
  for (const [isLower, bound] of tests.flatMap(boundsOfTest)) {
    const other = rankOf(bound.value);
    if (rank !== undefined && rank !== other) isEmpty = true;
    rank ??= other;
    if (isLower) lower = tighter(lower, bound, 1);
    else upper = tighter(upper, bound, -1);
  }
  if (rank === undefined) return undefined;
  if (lower !== undefined && upper !== undefined) {
    const order = compareValues(lower.value, upper.value);
    if (order > 0 || (order === 0 && !(lower.isIncluded && upper.isIncluded))) isEmpty = true;
  }
  return { rank, lower, upper, isEmpty };
}

function boundsOfTest(test: Test): [isLower: boolean, Bound][] {
  if (test.op === 'prefix') {
    if (!isIndexable(test.text)) return [];
    const after = textAfterPrefix(test.text);
    const lower: [boolean, Bound] = [true, { value: test.text, isIncluded: true }];
    return after === undefined ? [lower] : [lower, [false, { value: after, isIncluded: false }]];
  }
  if (!BOUNDING.has(test.op) || !('value' in test) || !isIndexable(test.value)) return [];
  const isIncluded = test.op === 'lte' || test.op === 'gte';
  return [[test.op === 'gt' || test.op === 'gte', { value: test.value, isIncluded }]];
}

/** `side` is 1 for lower bounds, of which the later one is tighter. */
function tighter(a: Bound | undefined, b: Bound, side: 1 | -1): Bound {
  if (a === undefined) return b;
  const order = compareValues(a.value, b.value) * side;
  if (order === 0) return a.isIncluded ? b : a;
  return order > 0 ? a : b;
}

function rangeOf(prefix: readonly TupleElement[], { rank, lower, upper }: Bounds): IndexRange {
  const type = boundsOfRank(rankOf(lower?.value ?? upper?.value));
  if (type === undefined) throw new Error(`Bound of a type without bounds: rank=${rank}`);
  const low = lower ?? { value: type.gte, isIncluded: true };
  const high = upper ?? {
    value: (type.lt ?? type.lte) as TupleElement, // a type has one of them
    isIncluded: type.lt === undefined,
  };
  return {
    [low.isIncluded ? 'gte' : 'gt']: [...prefix, low.value],
    [high.isIncluded ? 'lte' : 'lt']: [...prefix, high.value],
  };
}
