/**
 * examples/ledger: its rules one by one. Random histories are in ledger-histories.test.ts, damage in
 * ledger-audit.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { audit } from '../../examples/ledger/audit.ts';
import { demonstrate } from '../../examples/ledger/demonstration.ts';
import { Ledger, type TransferRequest } from '../../examples/ledger/ledger.ts';
import { add, formatAmount } from '../../examples/ledger/money.ts';
import { balanceBefore } from '../../examples/ledger/statement.ts';
import { CrashVfs } from '../support/crash-vfs.ts';
import {
  ACCOUNTS,
  allLines,
  allRecords,
  answerOf,
  booksOn,
  expectSound,
  linesAs,
  TestClock,
  withBank,
  withRunOptions,
} from './ledger-bank.ts';
import type { Answer } from './ledger-model.ts';

describe('money', () => {
  it('add() refuses a sum that a safe integer cannot hold', () => {
    expect(add(Number.MAX_SAFE_INTEGER, -1)).toBe(Number.MAX_SAFE_INTEGER - 1);
    expect(() => add(Number.MAX_SAFE_INTEGER, 1)).toThrow(
      expect.objectContaining({ code: 'AMOUNT_OVERFLOW' }),
    );
  });

  it('formatAmount() places the point by the currency', () => {
    const amounts = [-1205, 7, 0].map((amount) => formatAmount(amount, 'EUR'));
    expect(amounts).toEqual(['-12.05 EUR', '0.07 EUR', '0.00 EUR']);
    expect(formatAmount(-1205, 'JPY')).toBe('-1205 JPY');
    expect(formatAmount(5, 'KWD')).toBe('0.005 KWD');
  });
});

describe('a transfer', () => {
  it('moves the amount and leaves a line on both accounts', () =>
    withBank(async ({ books, ledger }) => {
      await ledger.transfer({ id: 't', from: 'alice', to: 'bob', amount: 30, memo: 'lunch' });
      expect((await ledger.funds('alice')).available).toBe(70);
      expect((await ledger.funds('bob')).available).toBe(130);
      const [line] = (await ledger.statement('bob', { reverse: true })).lines;
      expect(line).toMatchObject({
        entry: 't',
        amount: 30,
        balance: 130,
        memo: 'lunch',
        number: 2,
      });
      await expectSound(books);
    }));

  it('that the account cannot cover is refused and changes nothing (B3)', () =>
    withBank(async ({ books, ledger }) => {
      const before = await allRecords(books);
      const tooMuch = { id: 't', from: 'alice', to: 'bob', amount: 101 };
      expect(await answerOf(ledger.transfer(tooMuch))).toBe('INSUFFICIENT_FUNDS');
      expect(await allRecords(books)).toEqual(before);
      await ledger.transfer({ id: 'more', from: 'world', to: 'alice', amount: 1 });
      expect(await answerOf(ledger.transfer(tooMuch)), 'a refusal is not remembered').toBe('ok');
    }));

  it.each<[Answer, Partial<TransferRequest>]>([
    ['INVALID_REQUEST', { amount: 0 }],
    ['INVALID_REQUEST', { amount: -5 }],
    ['INVALID_REQUEST', { amount: 0.5 }],
    ['INVALID_REQUEST', { amount: 2 ** 53 }],
    ['INVALID_REQUEST', { id: '' }],
    ['INVALID_REQUEST', { id: 'a:b' }],
    ['UNKNOWN_ACCOUNT', { from: 'nobody' }],
    ['UNKNOWN_ACCOUNT', { to: 'nobody' }],
    ['UNBALANCED', { to: 'alice-usd' }],
    ['ID_REUSED', { id: 'pay-bob' }],
    ['AMOUNT_OVERFLOW', { from: 'world', amount: Number.MAX_SAFE_INTEGER }],
  ])('is refused with %s: %o', (code, change) =>
    withBank(async ({ books, ledger }) => {
      const before = await allRecords(books);
      const request = { id: 't', from: 'alice', to: 'bob', amount: 1, ...change };
      expect(await answerOf(ledger.transfer(request))).toBe(code);
      expect(await allRecords(books)).toEqual(before);
    }),
  );

  it('keeps the order of an account when the clock goes back (L3)', () =>
    withBank(async ({ books, ledger, clock }) => {
      clock.ms = 5_000;
      await ledger.transfer({ id: 'z', from: 'alice', to: 'bob', amount: 1 });
      clock.ms = 10;
      await ledger.transfer({ id: 'a', from: 'alice', to: 'bob', amount: 2 });
      const { lines } = await ledger.statement('alice');
      expect(lines.map(({ entry, at }) => [entry, at])).toEqual([
        ['pay-alice', 1_000],
        ['z', 5_000],
        ['a', 5_000],
      ]);
      await expectSound(books);
    }));
});

describe('an entry', () => {
  it('of two currencies sums to zero in each (B1)', () =>
    withBank(async ({ books, ledger }) => {
      const legs = [
        { account: 'alice', amount: -10 },
        { account: 'world', amount: 10 },
        { account: 'world-usd', amount: -11 },
        { account: 'alice-usd', amount: 11 },
      ];
      await ledger.post({ id: 'fx', legs });
      expect((await ledger.funds('alice-usd')).posted).toBe(11);
      const crooked = legs.with(2, { account: 'world-usd', amount: -10 });
      expect(await answerOf(ledger.post({ id: 'fx2', legs: crooked }))).toBe('UNBALANCED');
      expect(await answerOf(ledger.post({ id: 'fx', legs: crooked }))).toBe('ID_REUSED');
      await expectSound(books);
    }));

  it('may name an account more than once', () =>
    withBank(async ({ books, ledger }) => {
      const legs = [
        { account: 'alice', amount: -60 },
        { account: 'bob', amount: 90 },
        { account: 'alice', amount: -30 },
      ];
      await ledger.post({ id: 'split', legs });
      const { lines } = await ledger.statement('alice');
      expect(lines.map(({ balance }) => balance)).toEqual([100, 40, 10]);
      await expectSound(books);
    }));
});

describe('an account', () => {
  it('is opened once, and again only with the same facts', () =>
    withBank(async ({ ledger }) => {
      const alice = { id: 'alice', owner: 'alice', currency: 'EUR' };
      expect(await answerOf(ledger.openAccount(alice))).toBe('ok');
      expect((await ledger.funds('alice')).posted).toBe(100);
      const other = ledger.openAccount({ ...alice, overdraft: 'unlimited' });
      expect(await answerOf(other)).toBe('ACCOUNT_EXISTS');
      expect(await answerOf(ledger.openAccount({ ...alice, id: 'a:b' }))).toBe('INVALID_REQUEST');
      expect(await answerOf(ledger.funds('nobody'))).toBe('UNKNOWN_ACCOUNT');
      expect(await answerOf(ledger.statement('nobody'))).toBe('UNKNOWN_ACCOUNT');
    }));
});

describe('a hold', () => {
  const hold = { id: 'h', account: 'alice', amount: 80, expiresAt: 2_000 };

  it('keeps its money from being spent, and gives it back when released', () =>
    withBank(async ({ books, ledger }) => {
      await ledger.authorise(hold);
      expect(await ledger.funds('alice')).toEqual({ posted: 100, held: 80, available: 20 });
      const spend = { id: 't', from: 'alice', to: 'bob', amount: 21 };
      expect(await answerOf(ledger.transfer(spend))).toBe('INSUFFICIENT_FUNDS');
      const second = { ...hold, id: 'h2', amount: 21 };
      expect(await answerOf(ledger.authorise(second))).toBe('INSUFFICIENT_FUNDS');
      await expectSound(books);
      expect((await ledger.release('h')).status).toBe('released');
      expect((await ledger.release('h')).status).toBe('released');
      expect(await answerOf(ledger.transfer(spend))).toBe('ok');
      expect(await answerOf(ledger.capture({ id: 'c', hold: 'h', to: 'bob' }))).toBe('HOLD_CLOSED');
      await expectSound(books);
    }));

  it.each([
    ['whole', undefined, 20],
    ['in part, and the rest is released', 50, 50],
  ])('is captured %s', (_, amount, left) =>
    withBank(async ({ books, ledger }) => {
      await ledger.authorise(hold);
      const request = { id: 'c', hold: 'h', to: 'fees', ...(amount && { amount }) };
      const entry = await ledger.capture(request);
      expect(await ledger.funds('alice')).toEqual({ posted: left, held: 0, available: left });
      expect(await ledger.capture(request), 'sent again (R2)').toEqual(entry);
      expect(await answerOf(ledger.capture({ ...request, id: 'c2' }))).toBe('HOLD_CLOSED');
      expect(await answerOf(ledger.capture({ ...request, amount: 1 }))).toBe('ID_REUSED');
      expect(await answerOf(ledger.release('h'))).toBe('HOLD_CLOSED');
      expect((await ledger.hold('h'))?.status).toBe('captured');
      await expectSound(books);
    }),
  );

  it('is not captured for more than it holds', () =>
    withBank(async ({ ledger }) => {
      await ledger.authorise(hold);
      const capture = ledger.capture({ id: 'c', hold: 'h', to: 'bob', amount: 81 });
      expect(await answerOf(capture)).toBe('INSUFFICIENT_FUNDS');
      expect(await answerOf(ledger.capture({ id: 'c', hold: 'x', to: 'bob' }))).toBe(
        'UNKNOWN_HOLD',
      );
    }));

  it('is as good as released at the moment it expires, not before', () =>
    withBank(async ({ books, ledger, clock }) => {
      await ledger.authorise(hold);
      const spend = { id: 't', from: 'alice', to: 'bob', amount: 100 };
      clock.ms = 1_999;
      expect(await answerOf(ledger.transfer(spend))).toBe('INSUFFICIENT_FUNDS');
      clock.ms = 2_000;
      expect((await ledger.funds('alice')).available).toBe(100);
      expect(await answerOf(ledger.capture({ id: 'c', hold: 'h', to: 'bob' }))).toBe('HOLD_CLOSED');
      expect(await answerOf(ledger.transfer(spend))).toBe('ok');
      expect((await ledger.hold('h'))?.status, 'closed by who needed it').toBe('expired');
      expect(await answerOf(ledger.authorise(hold)), 'sent again (R2)').toBe('ok');
      expect(await answerOf(ledger.authorise({ ...hold, id: 'late' }))).toBe('INVALID_REQUEST');
      await expectSound(books);
    }));

  it('that expired is closed by expireHolds(), with the others of its time', () =>
    withBank(async ({ books, ledger, clock }) => {
      await ledger.authorise({ ...hold, amount: 10 });
      await ledger.authorise({ ...hold, id: 'h3', account: 'bob', amount: 10 });
      await ledger.authorise({ ...hold, id: 'h4', amount: 10, expiresAt: 2_001 });
      clock.ms = 2_000;
      expect(await ledger.expireHolds()).toBe(2);
      expect(await ledger.expireHolds()).toBe(0);
      expect((await ledger.hold('h4'))?.status).toBe('open');
      expect(await books.balances.get('alice')).toMatchObject({ held: 10 });
      await expectSound(books);
    }));

  it('is either captured or released, when both are asked for at once', () =>
    withBank(async ({ books, ledger }) => {
      for (let i = 0; i < 20; i++) {
        await ledger.authorise({ ...hold, id: `h${i}`, amount: 1 });
        const answers = await Promise.all([
          answerOf(ledger.capture({ id: `c${i}`, hold: `h${i}`, to: 'bob' })),
          answerOf(ledger.release(`h${i}`)),
        ]);
        expect(answers.sort()).toEqual(['HOLD_CLOSED', 'ok']);
      }
      await expectSound(books);
    }));
});

describe('a hot account', () => {
  it.each([
    ['fees', true],
    ['alice', false],
  ])('lets its clients queue: nobody runs again on %s (R4), %s', (account, isHot) =>
    withBank(async ({ books, ledger }) => {
      await ledger.transfer({ id: 'start', from: 'world', to: account, amount: 100 });
      const before = books.db.stats().commits.retryCount;
      await Promise.all(
        Array.from({ length: 40 }, (_, i) => {
          const [from, to] = i % 2 === 0 ? ['world', account] : [account, 'world'];
          return ledger.transfer({ id: `t${i}`, from, to, amount: 1 });
        }),
      );
      expect(books.db.stats().commits.retryCount === before).toBe(isHot);
      expect((await ledger.funds(account)).posted).toBe(isHot ? 100 : 200);
      await expectSound(books);
    }),
  );
});

describe('an idempotency key', () => {
  it.each(['bob', 'fees'])('applies once, however often it is sent at once (R1), to %s', (to) =>
    withBank(async ({ books, ledger }) => {
      const request = { id: 'once', from: 'alice', to, amount: 10 };
      const entries = await Promise.all(Array.from({ length: 30 }, () => ledger.transfer(request)));
      for (const entry of entries) expect(entry).toEqual(entries[0]);
      expect((await ledger.funds('alice')).posted).toBe(90);
      const holdRequest = { id: 'once', account: 'alice', amount: 10, expiresAt: 2_000 };
      await Promise.all(Array.from({ length: 30 }, () => ledger.authorise(holdRequest)));
      expect((await ledger.funds('alice')).held).toBe(10);
      await expectSound(books);
    }),
  );

  it('applies once across a reopen, and answers as the first time (R2)', async () => {
    const vfs = new CrashVfs();
    const clock = new TestClock();
    const request = { id: 'once', from: 'world', to: 'alice', amount: 10 };
    let first: unknown;
    for (let round = 0; round < 3; round++) {
      const books = await booksOn(vfs);
      const ledger = new Ledger(books, clock.now);
      for (const account of ACCOUNTS) await ledger.openAccount(account);
      const entry = await ledger.transfer(request);
      first ??= entry;
      expect(entry).toEqual(first);
      expect((await ledger.funds('alice')).posted).toBe(10);
      expect(await books.db.hasCommitted('entry:once')).toBe(true);
      expect(await answerOf(ledger.transfer({ ...request, amount: 11 }))).toBe('ID_REUSED');
      await expectSound(books);
      await books.db.close();
      clock.ms += 1_000;
    }
  });

  it('is known by its record when the database has forgotten the commit id (R1)', () =>
    withBank(async ({ books, clock }) => {
      const forgetful = new Ledger(withRunOptions(books, { commitId: undefined }), clock.now);
      const request = { id: 'once', from: 'alice', to: 'bob', amount: 10 };
      const holdRequest = { id: 'h', account: 'alice', amount: 10, expiresAt: 2_000 };
      const captureRequest = { id: 'c', hold: 'h', to: 'bob' };
      for (let round = 0; round < 3; round++) {
        await Promise.all([forgetful.transfer(request), forgetful.transfer(request)]);
        await Promise.all([forgetful.authorise(holdRequest), forgetful.authorise(holdRequest)]);
        await Promise.all([forgetful.capture(captureRequest), forgetful.capture(captureRequest)]);
      }
      expect(await forgetful.funds('alice')).toEqual({ posted: 80, held: 0, available: 80 });
      await expectSound(books);
    }));
});

describe('the limit of a pool', () => {
  /** Carol has 100 in two accounts together, and pays 80 from each at the same time, to different people. */
  async function spendTwice(ledger: Ledger): Promise<Answer[]> {
    return Promise.all([
      answerOf(ledger.transfer({ id: 'spend-a', from: 'carol-a', to: 'alice', amount: 80 })),
      answerOf(ledger.transfer({ id: 'spend-b', from: 'carol-b', to: 'bob', amount: 80 })),
    ]);
  }

  it('holds over the sum of its accounts, one of which may be below zero (B3)', () =>
    withBank(async ({ books, ledger }) => {
      await ledger.transfer({ id: 't1', from: 'carol-b', to: 'world', amount: 70 });
      expect((await ledger.funds('carol-b')).available).toBe(-70);
      const over = ledger.transfer({ id: 't2', from: 'carol-a', to: 'world', amount: 31 });
      expect(await answerOf(over)).toBe('INSUFFICIENT_FUNDS');
      const hold = { id: 'h', account: 'carol-a', amount: 31, expiresAt: 2_000 };
      expect(await answerOf(ledger.authorise(hold))).toBe('INSUFFICIENT_FUNDS');
      await ledger.authorise({ ...hold, amount: 30 });
      await expectSound(books);
    }));

  it('holds when both accounts are spent from at once (R3)', () =>
    withBank(async ({ books, ledger }) => {
      expect((await spendTwice(ledger)).sort()).toEqual(['INSUFFICIENT_FUNDS', 'ok']);
      await expectSound(books);
    }));

  it('breaks under snapshot isolation, and the audit says so (canary)', () =>
    withBank(async ({ books, clock }) => {
      const weak = new Ledger(withRunOptions(books, { isolation: 'snapshot' }), clock.now);
      expect(await spendTwice(weak)).toEqual(['ok', 'ok']);
      expect((await audit(books)).problems.map(({ code }) => code)).toEqual(['overdraft']);
    }));
});

describe('a statement', () => {
  it('pages through all lines, in either direction, whatever the size of a page', () =>
    withBank(async ({ ledger, clock }) => {
      for (let i = 0; i < 23; i++) {
        clock.ms += i % 3; // several lines in one millisecond
        await ledger.transfer({ id: `t${i}`, from: 'alice', to: 'bob', amount: 1 });
      }
      const expected = [
        { entry: 'pay-alice', amount: 100, balance: 100 },
        ...Array.from({ length: 23 }, (_, i) => {
          return { entry: `t${i}`, amount: -1, balance: 99 - i };
        }),
      ];
      for (const limit of [1, 2, 5, 8, 23, 24, 25]) {
        expect(linesAs(await allLines(ledger, 'alice', { limit }))).toEqual(expected);
        const reversed = await allLines(ledger, 'alice', { limit, reverse: true });
        expect(linesAs(reversed)).toEqual(expected.toReversed());
      }
    }));

  it('has the lines of its period, and the balance before it', () =>
    withBank(async ({ books, ledger, clock }) => {
      for (let i = 1; i <= 5; i++) {
        clock.ms = 1_000 + i * 100;
        await ledger.transfer({ id: `t${i}`, from: 'alice', to: 'bob', amount: i });
      }
      const entriesIn = async (from: number, until: number, reverse = false): Promise<string[]> => {
        const { lines } = await ledger.statement('alice', { from, until, reverse });
        return lines.map(({ entry }) => entry);
      };
      expect(await entriesIn(1_200, 1_400)).toEqual(['t2', 't3']);
      expect(await entriesIn(1_200, 1_401, true)).toEqual(['t4', 't3', 't2']);
      expect(await entriesIn(1_201, 1_300)).toEqual([]);
      expect(await balanceBefore(books.lines, 'alice', 1_200)).toBe(99);
      expect(await balanceBefore(books.lines, 'alice', 1_000)).toBe(0);
      const page = { from: 1_200, until: 1_500, limit: 2 };
      const { next } = await ledger.statement('alice', page);
      const rest = await ledger.statement('alice', { ...page, cursor: String(next) });
      expect([rest.lines.map(({ entry }) => entry), rest.next]).toEqual([['t4'], undefined]);
    }));

  it('whose pages are read while lines are added misses none and repeats none', () =>
    withBank(async ({ ledger }) => {
      const seen: number[] = [];
      let cursor: string | undefined;
      for (let i = 0; i < 20; i++) {
        await ledger.transfer({ id: `t${i}`, from: 'alice', to: 'bob', amount: 1 });
        const options = cursor === undefined ? { limit: 1 } : { limit: 1, cursor };
        const page = await ledger.statement('alice', options);
        seen.push(...page.lines.map(({ number }) => number));
        cursor = page.next;
      }
      expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    }));

  it('does not run into the account whose id goes on with more letters (L1)', () =>
    withBank(async ({ ledger }) => {
      await ledger.openAccount({ id: 'alic', owner: 'alice', currency: 'EUR' });
      expect((await ledger.statement('alic')).lines).toEqual([]);
    }));

  it('refuses a cursor or a limit that is none', () =>
    withBank(async ({ ledger }) => {
      for (const options of [{ cursor: 'x' }, { limit: 0 }, { limit: 1.5 }, { from: -1 }]) {
        expect(await answerOf(ledger.statement('alice', options))).toBe('INVALID_REQUEST');
      }
    }));
});

describe('the demonstration', () => {
  it('shows what it says', async () => {
    const books = await booksOn();
    const lines: string[] = [];
    await demonstrate(books, (line) => lines.push(line), new TestClock().now);
    await books.db.close();
    expect(lines).toContain('  at once:     INSUFFICIENT_FUNDS');
    expect(lines).toContain('  a day later: done');
    expect(lines.some((text) => /^ {2}13 {2}bicycle +-400\.00 EUR +145\.00 EUR$/.test(text))).toBe(
      true,
    );
    expect(lines.at(-1)).toBe('  the books are right');
  });
});
