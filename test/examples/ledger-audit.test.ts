/**
 * The audit of examples/ledger is shown to fail: each kind of damage is planted, and must be found by name.
 */
import { describe, expect, it } from 'vitest';
import { audit, type ProblemCode } from '../../examples/ledger/audit.ts';
import type { LedgerDatabase } from '../../examples/ledger/ledger.ts';
import { keys } from '../../examples/ledger/records.ts';
import { ACCOUNTS, expectSound, withBank } from './ledger-bank.ts';

describe('the audit', () => {
  type Plant = (db: LedgerDatabase) => Promise<void>;

  /** Changes one record behind the ledger's back. */
  function changed(key: string, change: object): Plant {
    return async (db) => db.put(key, { ...((await db.get(key)) as object), ...change });
  }
  const removed =
    (key: string): Plant =>
    (db) =>
      db.del(key);

  const line = keys.line('alice', 1_000, 1);
  const openHold = 'open-hold:alice:0000000000002000:h';
  const posting = { account: 'alice', currency: 'EUR', amount: 100, number: 1 };
  const source = { account: 'world', currency: 'EUR', amount: -100, number: 1 };

  const PLANTS: readonly [ProblemCode, string, Plant][] = [
    ['balance', 'a balance that is too high', changed('balance:alice', { posted: 101 })],
    ['total', 'money from nowhere', changed('balance:alice', { posted: 101 })],
    ['balance', 'a balance of nobody', (db) => db.put('balance:x', { posted: 0, held: 0 })],
    ['balance', 'an account without balance', removed('balance:alice')],
    ['balance', 'a line that states another balance', changed(line, { balance: 99 })],
    ['balance', 'a time before the last line', changed('balance:alice', { lastAt: 1 })],
    ['line', 'a line with another amount', changed(line, { amount: 99 })],
    ['line', 'a line of another entry', changed(line, { entry: 'pay-bob' })],
    ['line', 'a line that is gone', removed(line)],
    ['line', 'an entry that is gone', removed('entry:pay-alice')],
    ['line', 'a line with another memo', changed(line, { memo: 'gift' })],
    [
      'gap',
      'a line whose number jumps',
      async (db) => {
        await db.put(keys.line('alice', 1_000, 3), await db.get(line));
        await db.del(line);
      },
    ],
    [
      'unbalanced',
      'an entry that makes money',
      changed('entry:pay-alice', { postings: [source, { ...posting, amount: 101 }] }),
    ],
    [
      'currency',
      'a posting in another currency',
      changed('entry:pay-alice', { postings: [source, { ...posting, currency: 'USD' }] }),
    ],
    ['currency', 'an account that is gone', removed('account:alice')],
    ['hold', 'a hold that does not count', changed('balance:alice', { held: 0 })],
    ['hold', 'a hold without index', removed(openHold)],
    ['hold', 'an index without hold', removed('hold:h')],
    ['hold', 'a closed hold in the index', changed('hold:h', { status: 'released' })],
    ['hold', 'a hold of another amount', changed('hold:h', { amount: 11 })],
    ['hold', 'a capture that nobody paid', changed('hold:h', { status: 'captured' })],
    ['hold', 'a capture that took too much', changed('hold:c', { amount: 4 })],
    ['overdraft', 'an account that overspent', changed('balance:alice', { held: 106 })],
    ['overdraft', 'a pool that lacks a member', removed('pool:carol:EUR:carol-a')],
  ];

  it.each(PLANTS)('finds %s: %s', (code, _, plant) =>
    withBank(async ({ db, ledger }) => {
      const hold = { id: 'h', account: 'alice', amount: 10, expiresAt: 2_000 };
      await ledger.authorise(hold);
      await ledger.authorise({ ...hold, id: 'c', account: 'bob' });
      await ledger.capture({ id: 'capture', hold: 'c', to: 'alice', amount: 5 });
      await expectSound(db, 'before');
      await plant(db);
      const report = await audit(db);
      expect(report.isOk).toBe(false);
      expect(report.problems.map((problem) => problem.code)).toContain(code);
    }),
  );

  it('reads one moment, and counts what there is', () =>
    withBank(async ({ db, ledger }) => {
      const auditing = audit(db);
      await ledger.transfer({ id: 't', from: 'alice', to: 'bob', amount: 1 });
      const { isOk, entryCount, lineCount, accountCount, totals } = await auditing;
      expect({ isOk, entryCount, lineCount }).toEqual({ isOk: true, entryCount: 3, lineCount: 6 });
      expect(accountCount).toBe(ACCOUNTS.length);
      expect([...totals]).toEqual([
        ['EUR', 0],
        ['USD', 0],
      ]);
    }));
});
