/**
 * The documents of bench/documents.ts, and what each side of it does with them.
 *
 * Owns: users, the same for every side, and the calls that are measured.
 */

export const RANGE_LIMIT = 50;
export const COUNTRY_COUNT = 20;
export const AGE_COUNT = 90;

export interface User {
  readonly email: string;
  readonly country: string;
  readonly age: number;
  readonly tags: readonly string[];
  readonly name: string;
  readonly visits: number;
}
export type Stored = User & { readonly id: string };

/** One side: every call resolves when it is done. */
export interface Side {
  /** Callers at once each commit by themselves. */
  readonly isAsynchronous: boolean;
  /** False: no commit of it survives a power cut, so none is measured. */
  readonly isDurable: boolean;
  insert(users: readonly Stored[], isDurable: boolean): Promise<void> | void;
  /** Brings indexes up to date, where inserts do not. */
  readonly index?: () => Promise<void>;
  get(id: string): Promise<unknown>;
  byEmail(email: string): Promise<unknown>;
  range(country: string, age: number): Promise<readonly unknown[]>;
  byTag(tag: string): Promise<readonly unknown[]>;
  increment(id: string): Promise<void> | void;
  close(): Promise<void> | void;
}

export const idOf = (i: number): string => `user${String(i).padStart(9, '0')}`;
export const emailOf = (i: number): string => `${i}@example.org`;

export function userOf(i: number, count: number): Stored {
  const tagCount = Math.ceil(count / 10);
  return {
    id: idOf(i),
    email: emailOf(i),
    country: `C${i % COUNTRY_COUNT}`,
    age: Math.floor(i / COUNTRY_COUNT) % AGE_COUNT,
    tags: [`t${i % tagCount}`, `u${(i * 7) % tagCount}`],
    name: `Ada the ${i}th of a long line of people`,
    visits: 0,
  };
}
