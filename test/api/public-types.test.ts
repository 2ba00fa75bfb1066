/** The types refuse what run time refuses. What must not compile stands under `@ts-expect-error`; `make check` compiles it. */
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { Database } from '../../src/api/database.ts';
import { open } from '../../src/api/open.ts';
import type { LockingTransaction } from '../../src/api/locking-transaction.ts';
import type { Transaction } from '../../src/api/transaction.ts';
import { openMemory } from './fixture.ts';

interface Account {
  readonly balance: number;
}

/** Never called: for the compiler. */
export function openings(): unknown[] {
  return [
    open<string, Account>('x', { keyEncoding: 'utf8', valueEncoding: 'json' }),
    open<Uint8Array, Uint8Array>('x', {}),
    // @ts-expect-error strings need an encoding
    open<string, Account>('x', {}),
    // @ts-expect-error the value has none
    open<string, Account>('x', { keyEncoding: 'utf8' }),
    // @ts-expect-error text is no account
    open<string, Account>('x', { keyEncoding: 'utf8', valueEncoding: 'utf8' }),
  ];
}

/** Never called: for the compiler. */
export function deletions(
  db: Database<string, string>,
  tx: LockingTransaction<string, string>,
  user: { readonly id: string | undefined },
): unknown[] {
  return [
    db.delRange({}),
    db.delRange({ prefix: 'a' }),
    // @ts-expect-error there is a call of its own for everything
    db.delRange(),
    // @ts-expect-error nor is this a range
    db.delRange(undefined),
    // @ts-expect-error a bound has a value
    db.delRange({ prefix: undefined }),
    // @ts-expect-error this one may have none
    db.delRange({ prefix: user.id }),
    // @ts-expect-error a name that is none
    db.delRange({ gte: 'a', prefx: 'b' }),
    // @ts-expect-error as in the database
    tx.delRange({ prefix: user.id }),
    // @ts-expect-error as in the database
    tx.lockRange({ prefix: user.id }),
    // @ts-expect-error as in the database
    db.batch([{ type: 'delRange', prefix: user.id }]),
  ];
}

describe('types', () => {
  it('give a pessimistic body its locks, with and without a type argument', async () => {
    const db = await openMemory();
    const options = { mode: 'pessimistic' } as const;
    const found = await db.transaction<string | undefined>((tx) => {
      expectTypeOf(tx).toEqualTypeOf<LockingTransaction<string, string>>();
      return tx.getForUpdate('k');
    }, options);
    const inferred = await db.transaction((tx) => tx.getForUpdate('k'), { mode: 'pessimistic' });
    expectTypeOf(inferred).toEqualTypeOf<string | undefined>();
    const plain = await db.transaction((tx) => {
      expectTypeOf(tx).toEqualTypeOf<Transaction<string, string>>();
      return 1;
    });
    expectTypeOf(plain).toEqualTypeOf<number>();
    const named = await db.transaction(() => 1, { mode: 'pessimistic', commitId: 'once' });
    expectTypeOf(named).toEqualTypeOf<number | undefined>();
    expect([found, inferred, plain, named]).toEqual([undefined, undefined, 1, 1]);
  });
});
