/**
 * The audit of examples/ledger is shown to fail: each kind of damage is planted, and must be found by name.
 */
import { describe, expect, it } from 'vitest';
import { audit, type ProblemCode } from '../../examples/ledger/audit.ts';
import type { Books, Entry } from '../../examples/ledger/records.ts';
import type { Keyspace, LedgerRoot, Tuple } from '../../src/index.ts';
import { verifyExtension, verifyProof } from '../../src/ledger/index.ts';
import { ACCOUNTS, expectSound, withBank } from './ledger-bank.ts';

describe('the audit', () => {
  type Plant = (books: Books) => Promise<void>;
  type Kind = 'accounts' | 'balances' | 'entries' | 'holds';

  /** Changes one record behind the ledger's back. */
  async function change<K>(kind: Keyspace<K, object>, key: K, fields: object): Promise<void> {
    await kind.put(key, { ...(await kind.get(key)), ...fields });
  }
  const changed =
    (kind: Kind, key: string, fields: object): Plant =>
    (books) =>
      change(books[kind] as Keyspace<string, object>, key, fields);
  const changedLine =
    (fields: object): Plant =>
    ({ lines }) =>
      change(lines as Keyspace<Tuple, object>, line, fields);
  const removed =
    (kind: Kind, key: string): Plant =>
    (books) =>
      books[kind].del(key);

  /** The books with a copy of the entries, which can be changed: those of the ledger cannot. */
  async function withForgery(books: Books): Promise<Books> {
    const options = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;
    const entries = await books.db.keyspace<string, Entry>('forged', options);
    for await (const [key, value] of books.entries.entries()) await entries.put(key, value);
    const root = (): Promise<LedgerRoot> => books.entries.root();
    return { ...books, entries: Object.assign(entries, { root }) };
  }

  const line = ['alice', 1_000, 1];
  const NOTHING = { posted: 0, held: 0, postingCount: 0, lastAt: 0 };
  const posting = { account: 'alice', currency: 'EUR', amount: 100, number: 1 };
  const source = { account: 'world', currency: 'EUR', amount: -100, number: 1 };

  const PLANTS: readonly [ProblemCode, string, Plant][] = [
    ['balance', 'a balance that is too high', changed('balances', 'alice', { posted: 101 })],
    ['total', 'money from nowhere', changed('balances', 'alice', { posted: 101 })],
    ['balance', 'a balance of nobody', ({ balances }) => balances.put('x', NOTHING)],
    ['balance', 'an account without balance', removed('balances', 'alice')],
    ['balance', 'a line that states another balance', changedLine({ balance: 99 })],
    ['balance', 'a time before the last line', changed('balances', 'alice', { lastAt: 1 })],
    ['line', 'a line with another amount', changedLine({ amount: 99 })],
    ['line', 'a line of another entry', changedLine({ entry: 'pay-bob' })],
    ['line', 'a line that is gone', ({ lines }) => lines.del(line)],
    ['line', 'an entry that is gone', removed('entries', 'pay-alice')],
    ['line', 'a line with another memo', changedLine({ memo: 'gift' })],
    [
      'gap',
      'a line whose number jumps',
      async ({ lines }) => {
        for (const [key, value] of await lines.entries({ prefix: line }).all()) {
          await lines.put(['alice', 1_000, 3], value);
          await lines.del(key);
        }
      },
    ],
    [
      'unbalanced',
      'an entry that makes money',
      changed('entries', 'pay-alice', { postings: [source, { ...posting, amount: 101 }] }),
    ],
    [
      'currency',
      'a posting in another currency',
      changed('entries', 'pay-alice', { postings: [source, { ...posting, currency: 'USD' }] }),
    ],
    ['currency', 'an account that is gone', removed('accounts', 'alice')],
    ['hold', 'a hold that does not count', changed('balances', 'alice', { held: 0 })],
    ['hold', 'a hold that is gone', removed('holds', 'h')],
    ['hold', 'a closed hold that still counts', changed('holds', 'h', { status: 'released' })],
    ['hold', 'a hold of another amount', changed('holds', 'h', { amount: 11 })],
    ['hold', 'a capture that nobody paid', changed('holds', 'h', { status: 'captured' })],
    ['hold', 'a capture that took too much', changed('holds', 'c', { amount: 4 })],
    ['overdraft', 'an account that overspent', changed('balances', 'alice', { held: 106 })],
  ];

  it.each(PLANTS)('finds %s: %s', (code, _, plant) =>
    withBank(async ({ books, ledger }) => {
      const hold = { id: 'h', account: 'alice', amount: 10, expiresAt: 2_000 };
      await ledger.authorise(hold);
      await ledger.authorise({ ...hold, id: 'c', account: 'bob' });
      await ledger.capture({ id: 'capture', hold: 'c', to: 'alice', amount: 5 });
      await expectSound(books, 'before');
      const forged = await withForgery(books);
      await plant(forged);
      const report = await audit(forged);
      expect(report.isOk).toBe(false);
      expect(report.problems.map((problem) => problem.code)).toContain(code);
    }),
  );

  it('has the root of the entries, which nobody changes (L4)', () =>
    withBank(async ({ books, ledger }) => {
      const root = (await audit(books)).root!; // in a directory
      expect(root.size).toBe(3);
      const forged = books.entries.put('pay-alice', { ...(await books.entries.get('pay-alice'))! });
      await expect(forged).rejects.toMatchObject({ code: 'APPEND_ONLY', key: 'pay-alice' });
      await ledger.transfer({ id: 't', from: 'alice', to: 'bob', amount: 1 });
      const proof = await books.entries.prove('t');
      const newer = verifyExtension(await books.entries.proveExtension(root), root);
      expect(verifyProof(proof, newer).index).toBe(3);
    }));

  it('reads one moment, and counts what there is', () =>
    withBank(async ({ books, ledger }) => {
      const auditing = audit(books);
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
