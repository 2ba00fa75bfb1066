/**
 * examples/ledger: its rules one by one, against a model, under many clients with an auditor among them, and through
 * power cuts.
 *
 * The audit is itself shown to fail: each kind of damage is planted and must be found by name.
 */
import { describe, expect, it } from 'vitest';
import { audit, type ProblemCode } from '../../examples/ledger/audit.ts';
import { demonstrate } from '../../examples/ledger/demonstration.ts';
import { LedgerError } from '../../examples/ledger/ledger-error.ts';
import {
  type AccountRequest,
  Ledger,
  LEDGER_ENCODINGS,
  type LedgerDatabase,
  type TransferRequest,
} from '../../examples/ledger/ledger.ts';
import { add, formatAmount } from '../../examples/ledger/money.ts';
import { keys, read } from '../../examples/ledger/records.ts';
import { balanceBefore, type StatementLine } from '../../examples/ledger/statement.ts';
import { open, type RunOptions, type Transaction, type Vfs } from '../../src/index.ts';
import { CRASH_MODES, CrashVfs } from '../support/crash-vfs.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { type Answer, LedgerModel } from './ledger-model.ts';

const SEED = Number(process.env['LEDGER_SEED'] ?? 1);
const DIRECTORY = '/books';

/** Syncs take a turn of the event loop there, so that clients overlap. */
function openBooks(vfs: Vfs = new CrashVfs()): Promise<LedgerDatabase> {
  return open(DIRECTORY, { ...LEDGER_ENCODINGS, vfs, memtableSizeBytes: 256 * 1024 });
}

class TestClock {
  ms = 1_000;
  readonly now = (): number => this.ms;
}

const EUR: readonly AccountRequest[] = [
  { id: 'world', owner: 'bank', currency: 'EUR', overdraft: 'unlimited' },
  { id: 'fees', owner: 'bank', currency: 'EUR', isHot: true },
  { id: 'alice', owner: 'alice', currency: 'EUR' },
  { id: 'bob', owner: 'bob', currency: 'EUR' },
  { id: 'carol-a', owner: 'carol', currency: 'EUR', overdraft: 'pooled' },
  { id: 'carol-b', owner: 'carol', currency: 'EUR', overdraft: 'pooled' },
];
const USD: readonly AccountRequest[] = [
  { id: 'world-usd', owner: 'bank', currency: 'USD', overdraft: 'unlimited' },
  { id: 'alice-usd', owner: 'alice', currency: 'USD' },
];
const ACCOUNTS = [...EUR, ...USD];

interface Bank {
  readonly db: LedgerDatabase;
  readonly ledger: Ledger;
  readonly clock: TestClock;
}

/** Runs `use` on a bank where Alice and Bob have 100 each and Carol 100 in the first of her accounts. */
async function withBank(use: (bank: Bank) => Promise<void>): Promise<void> {
  const clock = new TestClock();
  const db = await openBooks();
  try {
    const ledger = new Ledger(db, clock.now);
    for (const account of ACCOUNTS) await ledger.openAccount(account);
    for (const to of ['alice', 'bob', 'carol-a']) {
      await ledger.transfer({ id: `pay-${to}`, from: 'world', to, amount: 100 });
    }
    await use({ db, ledger, clock });
  } finally {
    await db.close();
  }
}

async function answerOf(change: Promise<unknown>): Promise<Answer> {
  try {
    await change;
    return 'ok';
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
}

async function expectSound(db: LedgerDatabase, place = ''): Promise<void> {
  expect((await audit(db)).problems, place).toEqual([]);
}

async function allLines(
  ledger: Ledger,
  account: string,
  options: { reverse?: boolean; limit: number },
): Promise<StatementLine[]> {
  const lines: StatementLine[] = [];
  let cursor: string | undefined;
  do {
    const page = await ledger.statement(account, {
      ...options,
      ...(cursor !== undefined && { cursor }),
    });
    lines.push(...page.lines);
    cursor = page.next;
  } while (cursor !== undefined);
  return lines;
}

const linesAs = (lines: readonly StatementLine[]): object[] =>
  lines.map(({ entry, amount, balance }) => ({ entry, amount, balance }));

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
    withBank(async ({ db, ledger }) => {
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
      await expectSound(db);
    }));

  it('that the account cannot cover is refused and changes nothing (B3)', () =>
    withBank(async ({ db, ledger }) => {
      const before = await db.entries().all();
      const tooMuch = { id: 't', from: 'alice', to: 'bob', amount: 101 };
      expect(await answerOf(ledger.transfer(tooMuch))).toBe('INSUFFICIENT_FUNDS');
      expect(await db.entries().all()).toEqual(before);
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
    withBank(async ({ db, ledger }) => {
      const before = await db.entries().all();
      const request = { id: 't', from: 'alice', to: 'bob', amount: 1, ...change };
      expect(await answerOf(ledger.transfer(request))).toBe(code);
      expect(await db.entries().all()).toEqual(before);
    }),
  );

  it('keeps the order of an account when the clock goes back (L3)', () =>
    withBank(async ({ db, ledger, clock }) => {
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
      await expectSound(db);
    }));
});

describe('an entry', () => {
  it('of two currencies sums to zero in each (B1)', () =>
    withBank(async ({ db, ledger }) => {
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
      await expectSound(db);
    }));

  it('may name an account more than once', () =>
    withBank(async ({ db, ledger }) => {
      const legs = [
        { account: 'alice', amount: -60 },
        { account: 'bob', amount: 90 },
        { account: 'alice', amount: -30 },
      ];
      await ledger.post({ id: 'split', legs });
      const { lines } = await ledger.statement('alice');
      expect(lines.map(({ balance }) => balance)).toEqual([100, 40, 10]);
      await expectSound(db);
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
    withBank(async ({ db, ledger }) => {
      await ledger.authorise(hold);
      expect(await ledger.funds('alice')).toEqual({ posted: 100, held: 80, available: 20 });
      const spend = { id: 't', from: 'alice', to: 'bob', amount: 21 };
      expect(await answerOf(ledger.transfer(spend))).toBe('INSUFFICIENT_FUNDS');
      const second = { ...hold, id: 'h2', amount: 21 };
      expect(await answerOf(ledger.authorise(second))).toBe('INSUFFICIENT_FUNDS');
      await expectSound(db);
      expect((await ledger.release('h')).status).toBe('released');
      expect((await ledger.release('h')).status).toBe('released');
      expect(await answerOf(ledger.transfer(spend))).toBe('ok');
      expect(await answerOf(ledger.capture({ id: 'c', hold: 'h', to: 'bob' }))).toBe('HOLD_CLOSED');
      await expectSound(db);
    }));

  it.each([
    ['whole', undefined, 20],
    ['in part, and the rest is released', 50, 50],
  ])('is captured %s', (_, amount, left) =>
    withBank(async ({ db, ledger }) => {
      await ledger.authorise(hold);
      const request = { id: 'c', hold: 'h', to: 'fees', ...(amount && { amount }) };
      const entry = await ledger.capture(request);
      expect(await ledger.funds('alice')).toEqual({ posted: left, held: 0, available: left });
      expect(await ledger.capture(request), 'sent again (R2)').toEqual(entry);
      expect(await answerOf(ledger.capture({ ...request, id: 'c2' }))).toBe('HOLD_CLOSED');
      expect(await answerOf(ledger.capture({ ...request, amount: 1 }))).toBe('ID_REUSED');
      expect(await answerOf(ledger.release('h'))).toBe('HOLD_CLOSED');
      expect((await ledger.hold('h'))?.status).toBe('captured');
      await expectSound(db);
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
    withBank(async ({ db, ledger, clock }) => {
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
      await expectSound(db);
    }));

  it('that expired is closed by expireHolds(), with the others of its time', () =>
    withBank(async ({ db, ledger, clock }) => {
      await ledger.authorise({ ...hold, amount: 10 });
      await ledger.authorise({ ...hold, id: 'h2', account: 'fees', amount: 10 }).catch(() => null);
      await ledger.authorise({ ...hold, id: 'h3', account: 'bob', amount: 10 });
      await ledger.authorise({ ...hold, id: 'h4', amount: 10, expiresAt: 2_001 });
      clock.ms = 2_000;
      expect(await ledger.expireHolds()).toBe(2);
      expect(await ledger.expireHolds()).toBe(0);
      expect((await ledger.hold('h4'))?.status).toBe('open');
      expect(await read(db, keys.balance('alice'))).toMatchObject({ held: 10 });
      await expectSound(db);
    }));

  it('is either captured or released, when both are asked for at once', () =>
    withBank(async ({ db, ledger }) => {
      for (let i = 0; i < 20; i++) {
        await ledger.authorise({ ...hold, id: `h${i}`, amount: 1 });
        const answers = await Promise.all([
          answerOf(ledger.capture({ id: `c${i}`, hold: `h${i}`, to: 'bob' })),
          answerOf(ledger.release(`h${i}`)),
        ]);
        expect(answers.sort()).toEqual(['HOLD_CLOSED', 'ok']);
      }
      await expectSound(db);
    }));
});

describe('an idempotency key', () => {
  it.each(['bob', 'fees'])('applies once, however often it is sent at once (R1), to %s', (to) =>
    withBank(async ({ db, ledger }) => {
      const request = { id: 'once', from: 'alice', to, amount: 10 };
      const entries = await Promise.all(Array.from({ length: 30 }, () => ledger.transfer(request)));
      for (const entry of entries) expect(entry).toEqual(entries[0]);
      expect((await ledger.funds('alice')).posted).toBe(90);
      const holdRequest = { id: 'once', account: 'alice', amount: 10, expiresAt: 2_000 };
      await Promise.all(Array.from({ length: 30 }, () => ledger.authorise(holdRequest)));
      expect((await ledger.funds('alice')).held).toBe(10);
      await expectSound(db);
    }),
  );

  it('applies once across a reopen, and answers as the first time (R2)', async () => {
    const vfs = new CrashVfs();
    const clock = new TestClock();
    const request = { id: 'once', from: 'world', to: 'alice', amount: 10 };
    let first: unknown;
    for (let round = 0; round < 3; round++) {
      const db = await openBooks(vfs);
      const ledger = new Ledger(db, clock.now);
      for (const account of ACCOUNTS) await ledger.openAccount(account);
      const entry = await ledger.transfer(request);
      first ??= entry;
      expect(entry).toEqual(first);
      expect((await ledger.funds('alice')).posted).toBe(10);
      expect(await db.hasCommitted('entry:once')).toBe(true);
      expect(await answerOf(ledger.transfer({ ...request, amount: 11 }))).toBe('ID_REUSED');
      await expectSound(db);
      await db.close();
      clock.ms += 1_000;
    }
  });

  it('is known by its record when the database has forgotten the commit id (R1)', () =>
    withBank(async ({ db, clock }) => {
      const forgetful = new Ledger(withRunOptions(db, { commitId: undefined }), clock.now);
      const request = { id: 'once', from: 'alice', to: 'bob', amount: 10 };
      const holdRequest = { id: 'h', account: 'alice', amount: 10, expiresAt: 2_000 };
      const captureRequest = { id: 'c', hold: 'h', to: 'bob' };
      for (let round = 0; round < 3; round++) {
        await Promise.all([forgetful.transfer(request), forgetful.transfer(request)]);
        await Promise.all([forgetful.authorise(holdRequest), forgetful.authorise(holdRequest)]);
        await Promise.all([forgetful.capture(captureRequest), forgetful.capture(captureRequest)]);
      }
      expect(await forgetful.funds('alice')).toEqual({ posted: 80, held: 0, available: 80 });
      await expectSound(db);
    }));
});

/** The database, with other options for every transaction: what the ledger would be without them. */
function withRunOptions(
  db: LedgerDatabase,
  forced: { readonly [N in keyof RunOptions]?: RunOptions[N] | undefined },
): LedgerDatabase {
  const transaction = (
    body: (tx: Transaction<string, unknown>) => Promise<unknown>,
    options: RunOptions,
  ): Promise<unknown> => {
    const entries = Object.entries({ ...options, ...forced });
    return db.transaction(body, Object.fromEntries(entries.filter(([, v]) => v !== undefined)));
  };
  return new Proxy(db, {
    get(target, name) {
      if (name === 'transaction') return transaction;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

describe('the limit of a pool', () => {
  /** Carol has 100 in two accounts together, and spends 80 from each at the same time. */
  async function spendTwice(ledger: Ledger): Promise<Answer[]> {
    return Promise.all(
      ['carol-a', 'carol-b'].map((from) =>
        answerOf(ledger.transfer({ id: `spend-${from}`, from, to: 'world', amount: 80 })),
      ),
    );
  }

  it('holds over the sum of its accounts, one of which may be below zero (B3)', () =>
    withBank(async ({ db, ledger }) => {
      await ledger.transfer({ id: 't1', from: 'carol-b', to: 'world', amount: 70 });
      expect((await ledger.funds('carol-b')).available).toBe(-70);
      const over = ledger.transfer({ id: 't2', from: 'carol-a', to: 'world', amount: 31 });
      expect(await answerOf(over)).toBe('INSUFFICIENT_FUNDS');
      const hold = { id: 'h', account: 'carol-a', amount: 31, expiresAt: 2_000 };
      expect(await answerOf(ledger.authorise(hold))).toBe('INSUFFICIENT_FUNDS');
      await ledger.authorise({ ...hold, amount: 30 });
      await expectSound(db);
    }));

  it('holds when both accounts are spent from at once (R3)', () =>
    withBank(async ({ db, ledger }) => {
      expect((await spendTwice(ledger)).sort()).toEqual(['INSUFFICIENT_FUNDS', 'ok']);
      await expectSound(db);
    }));

  it('breaks under snapshot isolation, and the audit says so (canary)', () =>
    withBank(async ({ db, clock }) => {
      const weak = new Ledger(withRunOptions(db, { isolation: 'snapshot' }), clock.now);
      expect(await spendTwice(weak)).toEqual(['ok', 'ok']);
      expect((await audit(db)).problems.map(({ code }) => code)).toEqual(['overdraft']);
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
    withBank(async ({ db, ledger, clock }) => {
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
      expect(await balanceBefore(db, 'alice', 1_200)).toBe(99);
      expect(await balanceBefore(db, 'alice', 1_000)).toBe(0);
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

/** One random request, sent to the ledger and, by `ask`, to whoever says what the answer must be. */
class RandomRequests {
  readonly #random: Random;
  #count = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  next(): (ledger: Ledger, now: number) => [Promise<unknown>, (model: LedgerModel) => Answer] {
    const random = this.#random;
    // Some ids come twice, with the same request or with another one.
    const id = `r${random.chance(0.1) ? random.below(this.#count + 1) : this.#count++}`;
    const account = (): string => random.pick(EUR).id;
    const amount = 1 + random.below(60);
    const hold = `r${random.below(this.#count + 1)}`;
    const kind = random.below(10);
    const [from, to] = [account(), account()];
    const life = random.below(300);
    return (ledger, now) => {
      if (kind < 5) {
        const request = { id, from: kind === 0 ? 'world' : from, to, amount };
        return [ledger.transfer(request), (model) => model.transfer(request, now)];
      }
      if (kind < 8) {
        const request = { id, account: from, amount, expiresAt: now + life };
        return [ledger.authorise(request), (model) => model.authorise(request, now)];
      }
      if (kind < 9) {
        const request = { id, hold, to, ...(life % 2 === 0 && { amount }) };
        return [ledger.capture(request), (model) => model.capture(request, now)];
      }
      return [ledger.release(hold), (model) => model.release(hold)];
    };
  }
}

describe('random requests', () => {
  it.each([SEED, SEED + 1, SEED + 2])(
    'one by one are answered as the model says, seed %i',
    (seed) =>
      withBank(async ({ db, ledger, clock }) => {
        const random = makeRandom(seed);
        const model = new LedgerModel();
        for (const account of ACCOUNTS) model.openAccount(account);
        for (const to of ['alice', 'bob', 'carol-a']) {
          model.transfer({ id: `pay-${to}`, from: 'world', to, amount: 100 }, clock.ms);
        }
        const requests = new RandomRequests(random);
        const answers = new Map<Answer, number>();
        for (let i = 0; i < 400; i++) {
          const place = `seed=${seed} request=${i}`;
          clock.ms += random.below(20);
          if (random.chance(0.02)) await ledger.expireHolds();
          const [sent, ask] = requests.next()(ledger, clock.ms);
          const answer = await answerOf(sent);
          expect(answer, place).toBe(ask(model));
          answers.set(answer, (answers.get(answer) ?? 0) + 1);
          if (i % 20 !== 0) continue;
          for (const { id } of EUR) {
            expect(await ledger.funds(id), `${place} account=${id}`).toEqual(
              model.funds(id, clock.ms),
            );
          }
          await expectSound(db, place);
        }
        for (const { id } of EUR) {
          const lines = await allLines(ledger, id, { limit: 7 });
          expect(linesAs(lines), `seed=${seed} account=${id}`).toEqual(model.linesOf(id));
        }
        const seen = [
          'ok',
          'INSUFFICIENT_FUNDS',
          'ID_REUSED',
          'HOLD_CLOSED',
          'UNKNOWN_HOLD',
        ] as const;
        for (const answer of seen) expect(answers.get(answer), answer).toBeGreaterThan(5);
      }),
  );

  it.each([SEED, SEED + 1])('of many clients leave sound books at every moment, seed %i', (seed) =>
    withBank(async ({ db, ledger, clock }) => {
      let isRunning = true;
      let auditCount = 0;
      const auditor = async (): Promise<void> => {
        for (; isRunning; auditCount++) await expectSound(db, `seed=${seed} audit=${auditCount}`);
      };
      const requests = new RandomRequests(makeRandom(seed));
      let acknowledgedCount = 0;
      const client = async (): Promise<void> => {
        for (let i = 0; i < 25; i++) {
          clock.ms++;
          const [sent] = requests.next()(ledger, clock.ms);
          if ((await answerOf(sent)) === 'ok') acknowledgedCount++;
        }
      };
      const audits = auditor();
      try {
        await Promise.all(Array.from({ length: 16 }, client));
      } finally {
        isRunning = false;
      }
      await audits;
      expect(acknowledgedCount).toBeGreaterThan(100);
      expect(auditCount).toBeGreaterThan(5);
      await expectSound(db, `seed=${seed}`);
    }),
  );
});

describe('after a power cut', () => {
  const CUT_COUNT = 4;
  const REQUEST_COUNT = 60;

  /** Requests that are never refused, so that all that counts is how often each was applied. */
  function requestsOf(random: Random): TransferRequest[] {
    return Array.from({ length: REQUEST_COUNT }, (_, i) => {
      const [from, to] = random.chance(0.5) ? ['world', 'fees'] : ['world', 'alice'];
      return { id: `r${i}`, from, to, amount: 1 + random.below(1000) };
    });
  }

  it.each([0, 1, 2, 3, 4, 5])(
    'a retry of everything applies each request once, seed %i',
    async (n) => {
      const seed = SEED + n;
      const random = makeRandom(seed);
      const mode = CRASH_MODES[n % CRASH_MODES.length] ?? 'synced-only';
      const requests = requestsOf(random);
      const acknowledged = new Set<string>();
      let vfs = new CrashVfs();
      for (let cut = 0; cut <= CUT_COUNT; cut++) {
        const place = `seed=${seed} mode=${mode} cut=${cut}`;
        const db = await openBooks(vfs);
        const ledger = new Ledger(db, new TestClock().now);
        for (const { id } of requests) {
          if (acknowledged.has(id))
            expect(await ledger.entry(id), `${place} lost ${id}`).toBeDefined();
        }
        await expectSound(db, place);
        for (const account of EUR) await ledger.openAccount(account);
        if (cut < CUT_COUNT) vfs.stopAt = vfs.operationCount + random.below(40);
        // Every client sends all of the requests again, acknowledged ones too.
        const outcomes = await Promise.allSettled(
          requests.map(async (request) => {
            await ledger.transfer(request);
            acknowledged.add(request.id);
          }),
        );
        if (cut < CUT_COUNT) {
          vfs.stop();
          await db.close().catch(() => undefined);
          vfs = vfs.crash({ seed: seed + cut, mode });
          continue;
        }
        expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
        for (const to of ['fees', 'alice']) {
          const own = requests.filter((request) => request.to === to);
          const { posted } = await ledger.funds(to);
          expect(posted, place).toBe(own.reduce((sum, { amount }) => sum + amount, 0));
        }
        const { entryCount } = await audit(db);
        expect(entryCount, place).toBe(REQUEST_COUNT);
        await expectSound(db, place);
        await db.close();
      }
    },
  );
});

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
    ['overdraft', 'an account that overspent', changed('balance:alice', { held: 101 })],
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

describe('the demonstration', () => {
  it('shows what it says', async () => {
    const db = await openBooks();
    const lines: string[] = [];
    await demonstrate(db, (line) => lines.push(line), new TestClock().now);
    await db.close();
    expect(lines).toContain('  at once:     INSUFFICIENT_FUNDS');
    expect(lines).toContain('  a day later: done');
    expect(lines.some((text) => /^ {2}13 {2}bicycle +-400\.00 EUR +145\.00 EUR$/.test(text))).toBe(
      true,
    );
    expect(lines.at(-1)).toBe('  the books are right');
  });
});
