/**
 * What indexes must show, computed the slow way.
 *
 * Owns: rows as test data, and the entries that follow from a set of rows by a definition that is written anew here.
 */
import { compareBytes } from '../../src/bytes/bytes.ts';
import { type TupleElement, TupleEncoder } from '../../src/bytes/tuple.ts';
import type { IndexDeclarations } from '../../src/index.ts';

export interface Person {
  readonly email?: string | null;
  readonly country?: string;
  readonly city?: string;
  readonly tags?: readonly string[];
  readonly age?: number;
}

export const INDEXES = {
  byEmail: { on: ['email'], unique: true },
  byPlace: { on: ['country', 'city'] },
  byTag: { on: ['tags[]'] },
  byDecade: {
    of: (value: unknown) => {
      const { age } = value as Person;
      return age === undefined ? undefined : [Math.floor(age / 10)];
    },
    version: 1,
  },
} as const satisfies IndexDeclarations;

export type IndexName = keyof typeof INDEXES;
export const INDEX_NAMES = Object.keys(INDEXES) as IndexName[];

/** An entry as text: its values and its key. */
export type Shown = readonly [values: readonly TupleElement[], key: string];

const TUPLES: Readonly<Record<IndexName, (row: Person) => TupleElement[][]>> = {
  byEmail: ({ email }) => (email === undefined ? [] : [[email]]),
  byPlace: ({ country, city }) =>
    country === undefined && city === undefined ? [] : [[country ?? null, city ?? null]],
  byTag: ({ tags }) => [...new Set(tags ?? [])].map((tag) => [tag]),
  byDecade: ({ age }) => (age === undefined ? [] : [[Math.floor(age / 10)]]),
};

/** Every entry of an index over the rows, in its order. */
export function expectedEntries(name: IndexName, rows: ReadonlyMap<string, Person>): Shown[] {
  const encoder = new TupleEncoder();
  const entries: { bytes: Uint8Array; shown: Shown }[] = [];
  for (const [key, row] of rows) {
    for (const values of TUPLES[name](row)) {
      const bytes = encoder.encode([...values, Buffer.from(key)]);
      entries.push({ bytes, shown: [values, key] });
    }
  }
  return entries.sort((a, b) => compareBytes(a.bytes, b.bytes)).map(({ shown }) => shown);
}

/** Whether two rows have one address. */
export function hasDuplicate(rows: ReadonlyMap<string, Person>): boolean {
  const emails = [...rows.values()].flatMap(({ email }) => email ?? []);
  return new Set(emails).size < emails.length;
}
