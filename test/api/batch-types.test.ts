/**
 * What batches of several keyspaces may be to the compiler. What must not compile stands under `@ts-expect-error`; `make
 * check` compiles it.
 */
import { expect, it } from 'vitest';
import type { BatchOperation, KeyspaceOperation } from '../../src/api/batch-operation.ts';
import type { Database } from '../../src/api/database.ts';
import type { Keyspace } from '../../src/api/keyspace.ts';
import type { Transaction } from '../../src/api/transaction.ts';
import { openMemory } from './fixture.ts';

interface Row {
  readonly tags: string[];
}

interface Spaces {
  readonly db: Database<string, string>;
  readonly tx: Transaction<string, string>;
  readonly rows: Keyspace<number, Row>;
  readonly counts: Keyspace<readonly [string, number], number>;
  readonly isOdd: boolean;
}

type OwnPut = { readonly type: 'put'; readonly key: string; readonly value: string };
type RowPut = {
  readonly type: 'put';
  readonly in: Keyspace<number, Row>;
  readonly key: number;
  readonly value: Row;
};
type CountDel = {
  readonly type: 'del';
  readonly in: Keyspace<readonly [string, number], number>;
  readonly key: readonly [string, number];
};
type WrongValue = Omit<RowPut, 'value'> & { readonly value: string };
type WrongKey = Omit<CountDel, 'key'> & { readonly key: string };
type WrongOwn = { readonly type: 'put'; readonly key: number; readonly value: string };

/** Never called: for the compiler. */
export function spreads(
  { db, tx, rows, counts }: Spaces,
  own: readonly OwnPut[],
  inRows: readonly RowPut[],
  inCounts: CountDel[],
): unknown[] {
  const row = { type: 'put', in: rows, key: 1, value: { tags: ['a'] } } as const;
  return [
    db.batch([...own, { type: 'put', in: rows, key: 1, value: { tags: ['a'] } }]),
    db.batch([{ type: 'put', in: rows, key: 1, value: { tags: ['a'] } }, ...own]),
    db.batch([...own, { type: 'del', in: counts, key: ['a', 1] }, ...inRows]),
    db.batch([...inRows, ...inCounts]),
    db.batch([...inCounts, ...inRows]),
    db.batch([...inCounts, ...own, ...inRows, { type: 'clear' }, { type: 'clear', in: rows }]),
    db.batch([...own, ...inRows, { type: 'delRange', in: counts, prefix: ['a', 1] }]),
    tx.batch([...own, { type: 'put', in: rows, key: 1, value: { tags: ['a'] } }]),
    tx.batch([...inRows, ...inCounts]),
    rows.batch([...own.map((each) => ({ ...each, in: db })), { type: 'del', key: 1 }]),
    db.batch([]),
    db.batch(own),
    db.batch(inRows),
    // @ts-expect-error tags may change
    db.batch([...own, row]),
  ];
}

/** Never called: for the compiler. */
export function unions(
  { db, tx, rows, counts, isOdd }: Spaces,
  either: readonly (OwnPut | RowPut | CountDel)[],
  plain: readonly BatchOperation<string, string>[],
  named: readonly KeyspaceOperation<number, Row>[],
): unknown[] {
  return [
    db.batch(either),
    db.batch([...either]),
    db.batch([...either, ...either, { type: 'clear' }]),
    db.batch([...plain, ...named]),
    db.batch([...named, ...plain]),
    tx.batch(either),
    db.batch([
      isOdd
        ? { type: 'put', in: rows, key: 1, value: { tags: ['a'] } }
        : { type: 'put', in: counts, key: ['a', 1], value: 1 },
    ]),
    db.batch([isOdd ? { type: 'clear', in: rows } : { type: 'put', key: 'a', value: 'b' }]),
    db.batch([{ type: 'clear', in: isOdd ? rows : counts }]),
  ];
}

/** Never called: for the compiler. */
export function wrongOnes(
  { db, tx, rows, counts, isOdd }: Spaces,
  own: readonly OwnPut[],
  wrongValues: readonly WrongValue[],
  wrongKeys: readonly WrongKey[],
  wrongOwn: readonly WrongOwn[],
): unknown[] {
  const wrongOp = { type: 'put', in: rows, key: 'a', value: 'b' } as const;
  const noKeyspace = { type: 'put', in: 'rows', key: 'a', value: 'b' } as const;
  return [
    // @ts-expect-error text is no row
    db.batch([...own, { type: 'put', in: rows, key: 1, value: 'a' }]),
    // @ts-expect-error text is no row, before the spread
    db.batch([{ type: 'put', in: rows, key: 1, value: 'a' }, ...own]),
    // @ts-expect-error the key is a number
    db.batch([...own, { type: 'del', in: rows, key: 'a' }]),
    // @ts-expect-error the key is a pair
    db.batch([...own, { type: 'del', in: counts, key: ['a'] }]),
    // @ts-expect-error an operation of the database itself
    db.batch([{ type: 'clear', in: rows }, ...own, { type: 'put', key: 1, value: 'a' }]),
    // @ts-expect-error the same, its value
    db.batch([...own, { type: 'clear', in: rows }, { type: 'put', key: 'a', value: 1 }]),
    // @ts-expect-error of a spread
    db.batch([...own, ...wrongValues]),
    // @ts-expect-error of a spread that comes first
    db.batch([...wrongValues, ...own]),
    // @ts-expect-error of one of two spreads
    db.batch([...wrongKeys, ...own, { type: 'clear', in: rows }]),
    // @ts-expect-error of a spread without a keyspace
    db.batch([...wrongOwn, { type: 'clear', in: rows }]),
    // @ts-expect-error the same, last
    db.batch([{ type: 'clear', in: rows }, ...wrongOwn]),
    // @ts-expect-error no literal
    db.batch(wrongValues),
    // @ts-expect-error no literal, in a transaction
    tx.batch(wrongKeys),
    // @ts-expect-error its keyspace is not ours, whose types it has
    db.batch([wrongOp]),
    // @ts-expect-error the same, in an array
    db.batch([wrongOp] as readonly (typeof wrongOp)[]),
    // @ts-expect-error a name is no keyspace
    db.batch([noKeyspace]),
    // @ts-expect-error nor after others
    db.batch([...own, { type: 'clear', in: rows }, noKeyspace]),
    // @ts-expect-error nor last, where the others have what it has
    db.batch([...own, noKeyspace]),
    // @ts-expect-error nor is another one ours
    db.batch([...own, wrongOp]),
    // @ts-expect-error undefined is none
    db.batch([{ type: 'put', in: undefined, key: 'a', value: 'b' }]),
    // @ts-expect-error a type that there is not
    db.batch([...own, { type: 'patch', in: rows, key: 1 }]),
    // @ts-expect-error a bound has the type of keys
    db.batch([...own, { type: 'delRange', in: rows, gte: 'a' }]),
    // @ts-expect-error one of two
    db.batch([isOdd ? { type: 'put', in: rows, key: 1, value: 'a' } : { type: 'clear' }]),
    // @ts-expect-error the other one
    db.batch([isOdd ? { type: 'clear', in: rows } : { type: 'put', key: 1, value: 'a' }]),
    // @ts-expect-error a key for one of the keyspaces
    db.batch([{ type: 'del', in: isOdd ? rows : counts, key: 1 }]),
  ];
}

/** Never called: for the compiler. */
export function wrongUnions(
  { db, tx }: Spaces,
  first: readonly (WrongValue | CountDel)[],
  second: readonly (RowPut | WrongKey)[],
  third: readonly (RowPut | WrongOwn)[],
): unknown[] {
  return [
    // @ts-expect-error a value
    db.batch(first),
    // @ts-expect-error a key
    db.batch(second),
    // @ts-expect-error an operation of the database itself
    db.batch(third),
    // @ts-expect-error a value
    db.batch([...first, { type: 'clear' }]),
    // @ts-expect-error a key
    db.batch([{ type: 'clear' }, ...second]),
    // @ts-expect-error an operation of the database itself
    tx.batch([...third, { type: 'clear' }]),
  ];
}

it('batches of spreads are one commit', async () => {
  const db = await openMemory();
  const rows = await db.keyspace('rows', { keyEncoding: 'json', valueEncoding: 'json' });
  const own = ['a', 'b'].map((key): OwnPut => ({ type: 'put', key, value: key }));
  const ofRows = [1, 2].map((key) => ({ type: 'put', in: rows, key, value: [key] }) as const);
  await db.batch([...own, ...ofRows, { type: 'del', in: rows, key: 2 }]);
  await db.batch([...ofRows, ...own, { type: 'del', key: 'b' }]);
  expect(await db.keys().all()).toEqual(['a']);
  expect(await rows.keys().all()).toEqual([1, 2]);
});
