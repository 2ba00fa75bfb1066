/**
 * Random histories of examples/ledger: one by one against a model, by many clients with an auditor among them, and through
 * power cuts. LEDGER_SEED is the first seed.
 */
import { describe, expect, it } from 'vitest';
import { audit } from '../../examples/ledger/audit.ts';
import { LedgerError } from '../../examples/ledger/ledger-error.ts';
import { Ledger, type TransferRequest } from '../../examples/ledger/ledger.ts';
import { sumOf } from '../../examples/ledger/money.ts';
import type { Books } from '../../examples/ledger/records.ts';
import { nextTurn } from '../../src/base/clock.ts';
import { CRASH_MODES, type CrashMode, CrashVfs } from '../support/crash-vfs.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import {
  ACCOUNTS,
  allLines,
  answerOf,
  booksOn,
  EUR,
  expectSound,
  linesAs,
  TestClock,
  withBank,
} from './ledger-bank.ts';
import { type Answer, LedgerModel } from './ledger-model.ts';

const SEED = Number(process.env['LEDGER_SEED'] ?? 1);
const CUT_COUNT = 8;
const SWEEP_COUNT_MAX = 20;
const CLIENT_COUNT = 6;
const REQUEST_COUNT = 120;
/** Operations of the disk that the first commit after an open takes for its manifest and its log. */
const FIRST_COMMIT_OPERATION_COUNT = 12;
/** Operations after those before a cut: less than it takes to send what is left. */
const OPERATION_COUNT_MAX = 20;

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
      withBank(async ({ books, ledger, clock }) => {
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
          await expectSound(books, place);
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
    withBank(async ({ books, ledger, clock }) => {
      let isRunning = true;
      let auditCount = 0;
      const auditor = async (): Promise<void> => {
        for (; isRunning; auditCount++) {
          await expectSound(books, `seed=${seed} audit=${auditCount}`);
          await nextTurn(); // all is in memory: without this, nobody else would get a turn
        }
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
      await expectSound(books, `seed=${seed}`);
    }),
  );
});

/** Requests that are never refused, so that all that counts is how often each was applied. */
function steadyRequests(random: Random): TransferRequest[] {
  return Array.from({ length: REQUEST_COUNT }, (_, i) => {
    const to = random.pick(['fees', 'alice']);
    return { id: `r${i}`, from: 'world', to, amount: 1 + random.below(1000) };
  });
}

interface Cuts {
  /** Requests whose promises the cuts broke: their clients cannot know. */
  unknown: number;
  /** Those of them that were applied. */
  applied: number;
}

/** Power cut after power cut; after each, the clients send everything again. */
async function runThroughCuts(seed: number, mode: CrashMode, cuts: Cuts): Promise<void> {
  const random = makeRandom(seed);
  const requests = steadyRequests(random);
  const acknowledged = new Set<string>();
  let unknown: string[] = [];
  let vfs = new CrashVfs();
  for (let round = 0; round <= CUT_COUNT; round++) {
    const place = `seed=${seed} mode=${mode} round=${round}`;
    const isLast = round === CUT_COUNT;
    const books = await booksOn(vfs);
    const ledger = new Ledger(books, new TestClock().now);
    for (const id of acknowledged) {
      expect(await ledger.entry(id), `${place} lost ${id}`).toBeDefined();
    }
    for (const id of unknown) if (await ledger.entry(id)) cuts.applied++;
    await expectSound(books, place);
    for (const account of EUR) await ledger.openAccount(account);
    const afterFirst = vfs.operationCount + FIRST_COMMIT_OPERATION_COUNT;
    if (!isLast) vfs.stopAt = afterFirst + random.below(OPERATION_COUNT_MAX);
    unknown = await sendAll(ledger, requests, acknowledged);
    cuts.unknown += unknown.length;
    if (isLast) await expectAppliedOnce(books, requests, place);
    vfs.stop();
    await books.db.close().catch(() => undefined); // the disk is gone
    vfs = vfs.crash({ seed: seed + round, mode });
  }
}

/** Several clients, each with its share, one request after the other; returns those that got no answer. */
async function sendAll(
  ledger: Ledger,
  requests: readonly TransferRequest[],
  acknowledged: Set<string>,
): Promise<string[]> {
  const unknown: string[] = [];
  const client = async (first: number): Promise<void> => {
    for (let i = first; i < requests.length; i += CLIENT_COUNT) {
      const request = requests[i]!; // i is below the length
      try {
        await ledger.transfer(request);
        acknowledged.add(request.id);
      } catch (error) {
        if (error instanceof LedgerError) throw error; // none of these is refused
        if (!acknowledged.has(request.id)) unknown.push(request.id);
        return; // the others are not sent
      }
    }
  };
  await Promise.all(Array.from({ length: CLIENT_COUNT }, (_, i) => client(i)));
  return unknown;
}

describe('after a power cut', () => {
  it('what is sent again is applied once, in every mode of crash (R1)', async () => {
    const cuts: Cuts = { unknown: 0, applied: 0 };
    // Both outcomes of a broken promise are met, often: how fast the disk is decides how soon.
    const isEnough = (): boolean => cuts.applied > 10 && cuts.unknown - cuts.applied > 10;
    for (let sweep = 0; sweep < SWEEP_COUNT_MAX && !isEnough(); sweep++) {
      for (const [n, mode] of CRASH_MODES.entries()) {
        await runThroughCuts(SEED + 100 * sweep + n, mode, cuts);
      }
    }
    expect(isEnough(), JSON.stringify(cuts)).toBe(true);
  });
});

async function expectAppliedOnce(
  books: Books,
  requests: readonly TransferRequest[],
  place: string,
): Promise<void> {
  const ledger = new Ledger(books);
  for (const to of ['fees', 'alice']) {
    const own = requests.filter((request) => request.to === to);
    const { posted } = await ledger.funds(to);
    expect(posted, place).toBe(sumOf(own.map(({ amount }) => amount)));
  }
  const { entryCount, problems } = await audit(books);
  expect({ entryCount, problems }, place).toEqual({ entryCount: requests.length, problems: [] });
}
