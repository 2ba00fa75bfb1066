/**
 * A small day at a bank, told line by line.
 *
 * Owns: what `main.ts` shows: accounts, many clients at once, a request sent twice, holds, a statement, the audit.
 */
import { audit } from './audit.ts';
import { LedgerError } from './ledger-error.ts';
import { Ledger } from './ledger.ts';
import { formatAmount } from './money.ts';
import type { Books } from './records.ts';

const DAY_MS = 86_400_000;
const CLIENT_COUNT = 20;

export async function demonstrate(
  books: Books,
  print: (text: string) => void,
  now: () => number = Date.now,
): Promise<void> {
  let clockOffset = 0;
  const ledger = new Ledger(books, () => now() + clockOffset);
  await openBank(ledger);

  print(`${CLIENT_COUNT} people pay for coffee at once; the cafe's account is hot, so they queue.`);
  await Promise.all(
    Array.from({ length: CLIENT_COUNT }, (_, i) =>
      ledger.transfer({
        id: `coffee-${i}`,
        from: i % 2 === 0 ? 'alice' : 'bob',
        to: 'cafe',
        amount: 350,
        memo: 'coffee',
      }),
    ),
  );

  print('The network loses an answer, so a payment is sent three times. It is applied once.');
  const rent = { id: 'rent-june', from: 'alice', to: 'landlord', amount: 50_000, memo: 'rent' };
  await Promise.all([ledger.transfer(rent), ledger.transfer(rent)]);
  await ledger.transfer(rent);

  print('A hotel holds 200.00 of what Bob has, and takes 120.00.');
  const expiresAt = now() + DAY_MS;
  await ledger.authorise({ id: 'room', account: 'bob', amount: 20_000, expiresAt });
  await ledger.capture({ id: 'bill', hold: 'room', to: 'hotel', amount: 12_000, memo: 'hotel' });

  print('A car rental holds 300.00, which Bob cannot spend then; a day later he can.');
  await ledger.authorise({ id: 'car', account: 'bob', amount: 30_000, expiresAt });
  const bike = { id: 'bike', from: 'bob', to: 'landlord', amount: 40_000, memo: 'bicycle' };
  print(`  at once:     ${await outcomeOf(ledger.transfer(bike))}`);
  clockOffset = 2 * DAY_MS;
  print(`  a day later: ${await outcomeOf(ledger.transfer(bike))}`);

  print('\nBob, newest first:');
  await printStatement(ledger, 'bob', print);

  print('\nThe audit:');
  const report = await audit(books);
  print(`  ${report.entryCount} entries, ${report.lineCount} lines, ${report.holdCount} holds`);
  for (const [currency, total] of report.totals) print(`  total ${formatAmount(total, currency)}`);
  for (const { code, message } of report.problems) print(`  PROBLEM ${code}: ${message}`);
  print(report.isOk ? '  the books are right' : '  the books are WRONG');
}

async function openBank(ledger: Ledger): Promise<void> {
  const [owner, currency] = ['bank', 'EUR'];
  await ledger.openAccount({ id: 'world', owner, currency, overdraft: 'unlimited' });
  for (const id of ['alice', 'bob', 'landlord', 'hotel']) {
    await ledger.openAccount({ id, owner: id, currency });
  }
  await ledger.openAccount({ id: 'cafe', owner: 'cafe', currency, isHot: true });
  for (const to of ['alice', 'bob']) {
    await ledger.transfer({
      id: `salary-${to}`,
      from: 'world',
      to,
      amount: 70_000,
      memo: 'salary',
    });
  }
}

async function outcomeOf(change: Promise<unknown>): Promise<string> {
  try {
    await change;
    return 'done';
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
}

async function printStatement(
  ledger: Ledger,
  account: string,
  print: (text: string) => void,
): Promise<void> {
  const page = await ledger.statement(account, { reverse: true, limit: 6 });
  for (const { number, amount, balance, memo } of page.lines) {
    const columns = [
      String(number).padStart(4),
      memo.padEnd(10),
      formatAmount(amount, 'EUR').padStart(12),
      formatAmount(balance, 'EUR').padStart(12),
    ];
    print(columns.join('  '));
  }
  if (page.next !== undefined) print('  ...');
}
