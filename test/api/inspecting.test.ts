/** Facades: the text that `console.log` shows of them, and their constructors, which no program may call. */
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Database } from '../../src/api/database.ts';
import { LockingTransaction } from '../../src/api/locking-transaction.ts';
import { Savepoint } from '../../src/api/savepoint.ts';
import { Scan } from '../../src/api/scan.ts';
import { Snapshot } from '../../src/api/snapshot.ts';
import { Transaction } from '../../src/api/transaction.ts';
import { InvalidArgumentError } from '../../src/base/errors.ts';
import { DIRECTORY, openMemory } from './fixture.ts';

describe('util.inspect', () => {
  it('shows a few plain values of each, and nothing of the engine (facade/shows-little)', async () => {
    const db = await openMemory();
    const tx = db.begin({ readOnly: true });
    const locking = db.begin({ mode: 'pessimistic' });
    const snapshot = db.snapshot();
    const scan = db.keys();
    const shown = { database: db, tx, locking, savepoint: locking.savepoint(), snapshot, scan };
    expect(inspect(db)).toBe(`Database { location: '${DIRECTORY}', isOpen: true }`);
    expect(inspect(tx)).toBe('Transaction { isActive: true, isReadOnly: true }');
    expect(inspect(locking)).toBe('LockingTransaction { isActive: true, isReadOnly: false }');
    expect(inspect(shown.savepoint)).toBe('Savepoint {}');
    expect(inspect(snapshot)).toBe('Snapshot { isClosed: false }');
    expect(inspect(scan)).toBe('Scan { isClosed: false }');
    await db.close();
    expect(inspect(db)).toBe(`Database { location: '${DIRECTORY}', isOpen: false }`);
    expect(inspect(tx)).toBe('Transaction { isActive: false, isReadOnly: true }');
    expect(inspect(scan)).toBe('Scan { isClosed: true }');
  });

  it('shows a name where depth or the object leaves nothing else to show', async () => {
    const db = await openMemory();
    expect(inspect({ a: { b: { c: db } } }, { depth: 2 })).toContain('c: [Database]');
    expect(inspect(new Proxy(db, {}))).toBe('[Database]');
    expect(inspect(Object.create(db))).toBe('[Database]');
    for (const type of [Database, Transaction, LockingTransaction, Savepoint, Snapshot, Scan]) {
      expect(() => inspect(type.prototype)).not.toThrow();
    }
  });
});

describe('constructors', () => {
  const makers: readonly (readonly [{ readonly name: string }, string])[] = [
    [Database, 'Database has no public constructor: use open()'],
    [Transaction, 'Transaction has no public constructor: use db.begin() or db.transaction()'],
    [
      LockingTransaction,
      'LockingTransaction has no public constructor: use db.begin() or db.transaction()',
    ],
    [Savepoint, 'Savepoint has no public constructor: use tx.savepoint()'],
    [Snapshot, 'Snapshot has no public constructor: use db.snapshot()'],
    [Scan, 'Scan has no public constructor: use db.entries(), db.keys() or db.values()'],
  ];

  it.each(makers.map(([type, message]) => [type.name, type, message] as const))(
    'of %s say what to use instead (facade/made-by-us)',
    (_name, type, message) => {
      const call = (): unknown => Reflect.construct(type as new () => unknown, []);
      expect(call).toThrow(InvalidArgumentError);
      expect(call).toThrow(message);
    },
  );

  it('are those of what `instanceof` tells', async () => {
    const db = await openMemory();
    const tx = db.begin();
    const locking = db.begin({ mode: 'pessimistic' });
    expect(db).toBeInstanceOf(Database);
    expect(tx).toBeInstanceOf(Transaction);
    expect(tx).not.toBeInstanceOf(LockingTransaction);
    expect(locking).toBeInstanceOf(LockingTransaction);
    expect(locking).toBeInstanceOf(Transaction);
    expect(tx.savepoint()).toBeInstanceOf(Savepoint);
    expect(db.snapshot()).toBeInstanceOf(Snapshot);
    expect(db.entries()).toBeInstanceOf(Scan);
  });
});
