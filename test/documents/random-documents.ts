/**
 * Random documents, indexes and queries.
 *
 * Owns: values that are few, so that they meet, and of all types; and conditions of every operator over them.
 *
 * Suspension: everything here is synchronous.
 */
import type { DocumentIndex } from '../../src/documents/index.ts';
import type { Random } from '../support/prng.ts';
import type { Doc, Raw, Sorting } from './query-oracle.ts';

const SCALARS: readonly unknown[] = [
  null,
  false,
  true,
  -1.5,
  -1,
  -1n,
  0,
  0n,
  1,
  1n,
  1.5,
  2,
  3,
  2n ** 70n,
  '',
  'a',
  'ab',
  'abc',
  'b',
  '\u{ffff}',
  '\u{1f600}',
  '\u{10ffff}x',
  new Date(0),
  new Date(1),
  new Date(-1),
  new Uint8Array(0),
  Uint8Array.of(0),
  Uint8Array.of(0, 255),
];

const FIELDS = ['a', 'b', 'c.d', 'e'] as const;
const ARRAYS = ['tags', 'items'] as const;

export function randomValue(random: Random): unknown {
  if (random.chance(0.45)) return random.below(4);
  if (random.chance(0.12)) {
    return Array.from({ length: random.below(3) }, () => random.pick(SCALARS));
  }
  return random.pick(SCALARS);
}

/** Of a field that no index has: objects too. */
function anyValue(random: Random): unknown {
  return random.chance(0.3) ? { x: random.below(2), y: random.pick(SCALARS) } : randomValue(random);
}

export function randomFields(random: Random): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  const maybe = (name: string, make: () => unknown): void => {
    if (random.chance(0.8)) fields[name] = make();
  };
  maybe('a', () => randomValue(random));
  maybe('b', () => randomValue(random));
  if (random.chance(0.9)) {
    fields['c'] = random.chance(0.1) ? random.pick([1, null]) : { d: randomValue(random) };
  }
  maybe('e', () => anyValue(random));
  maybe('tags', () =>
    random.chance(0.1)
      ? random.pick(SCALARS)
      : Array.from({ length: random.below(4) }, () => randomValue(random)),
  );
  maybe('items', () =>
    Array.from({ length: random.below(3) }, () =>
      random.chance(0.1) ? 7 : { sku: random.below(3), n: random.below(3) },
    ),
  );
  return fields;
}

export const idOf = (i: number): string => `id${String(i).padStart(5, '0')}`;

export function randomDoc(random: Random, count: number): Doc {
  return { ...randomFields(random), id: idOf(random.below(count)) };
}

const INDEXES: readonly DocumentIndex[] = [
  { on: ['a'] },
  { on: ['b'] },
  { on: ['c.d'] },
  { on: ['a', 'b'] },
  { on: ['b', 'a'] },
  { on: ['c.d', 'a', 'b'] },
  { on: ['tags[]'] },
  { on: ['tags[]', 'a'] },
  { on: ['a', 'tags[]'] },
  { on: ['items[].sku'] },
  { on: ['items[].sku', 'b'] },
];

export function randomIndexes(random: Random): Record<string, DocumentIndex> {
  const share = random.pick([0, 0.2, 0.5, 1]);
  const chosen = INDEXES.filter(() => random.chance(share));
  return Object.fromEntries(chosen.map((index) => [index.on.join('+'), index]));
}

function randomOperators(random: Random): unknown {
  const value = (): unknown => randomValue(random);
  const bound = (): unknown => {
    const chosen = value();
    return chosen === null ? 1 : chosen;
  };
  const operators: Record<string, unknown> = {};
  const count = random.chance(0.7) ? 1 : 2;
  for (let i = 0; i < count; i++) {
    const name = random.pick([
      'eq',
      'eq',
      'ne',
      'in',
      'lt',
      'lte',
      'gt',
      'gte',
      'between',
      'prefix',
      'exists',
    ]);
    operators[name] =
      name === 'in'
        ? Array.from({ length: random.below(4) }, value)
        : name === 'between'
          ? [bound(), bound()]
          : name === 'prefix'
            ? random.pick(['', 'a', 'ab', '\u{1f600}', '\u{10ffff}'])
            : name === 'exists'
              ? random.chance(0.5)
              : name === 'eq' || name === 'ne'
                ? value()
                : bound();
  }
  return random.chance(0.12) ? { not: operators } : operators;
}

export function randomWhere(random: Random, depth = 0): Raw {
  const where: Record<string, unknown> = {};
  const count = random.pick([0, 1, 1, 1, 2, 2, 3]);
  for (let i = 0; i < count; i++) {
    const kind = random.below(depth < 2 ? 14 : 10);
    if (kind < 7) {
      where[random.pick(FIELDS)] = random.chance(0.3)
        ? randomValue(random)
        : randomOperators(random);
    } else if (kind === 7) {
      where['id'] = random.pick<unknown>([
        idOf(random.below(30)),
        { in: [idOf(random.below(30)), idOf(random.below(30)), 3] },
        { gte: idOf(random.below(30)) },
        { gt: idOf(random.below(30)), lt: idOf(random.below(60)) },
        { prefix: 'id0000' },
        { lt: 4 },
      ]);
    } else if (kind === 8) {
      where[random.pick(ARRAYS)] = { contains: randomValue(random) };
    } else if (kind === 9) {
      where[random.pick(['tags[]', 'items[].sku', 'items[].n'])] = randomOperators(random);
    } else if (kind === 10) {
      where['not'] = randomWhere(random, depth + 1);
    } else {
      const of = Array.from({ length: random.below(4) }, () => randomWhere(random, depth + 1));
      where[kind === 11 ? 'and' : 'or'] = of;
    }
  }
  return where;
}

export function randomSorting(random: Random): Sorting {
  const count = random.pick([0, 0, 1, 1, 2, 3]);
  const direction = (): 'asc' | 'desc' => (random.chance(0.5) ? 'asc' : 'desc');
  const shared = direction();
  const isMixed = random.chance(0.3);
  const paths = random.chance(0.15) ? [...FIELDS, 'id'] : FIELDS;
  const chosen = new Map<string, 'asc' | 'desc'>();
  for (let i = 0; i < count; i++) chosen.set(random.pick(paths), isMixed ? direction() : shared);
  return [...chosen];
}
