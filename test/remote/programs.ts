/**
 * Programs that know nothing of servers, run by a connection string.
 *
 * Owns: the ledger of the examples, the bank of the command, and a client that is stopped for a while.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';

import { demonstrate } from '../../examples/ledger/demonstration.ts';
import { openBooks } from '../../examples/ledger/records.ts';
import { open } from '../../src/index.ts';
import { varve } from '../cli/run-varve.ts';
import { makeRandom } from '../support/prng.ts';
import type { AnyDatabase } from './database-contract.ts';

export interface ProgramPlaces {
  /** The connection string of an empty database of that name. */
  readonly urlOf: (name: string) => string;
  readonly isLong: boolean;
  /** Lets the servers forget the states of the database of that name up to now. */
  readonly forget: (name: string) => Promise<void>;
}

const ACCOUNT_COUNT = 5;
const BALANCE = 100;
const TRANSFER_COUNT = 60;
/** Longer than any wait of an adapter for one answer. */
const PAUSE_MS = 12_000;

/** Moves money, each transfer with a number of its own, and tells of each when it is acknowledged. */
const CLIENT = `
import { open } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
const [, url, count, accounts] = process.argv;
const db = await open(url, { keyEncoding: 'utf8', valueEncoding: 'json' });
for (let i = 0; i < Number(count); i++) {
  const [from, to] = ['account/' + i % Number(accounts), 'account/' + (i + 1) % Number(accounts)];
  try {
    await db.transaction(async (tx) => {
      const [source, target] = await tx.getMany([from, to]);
      tx.put(from, source - 1);
      tx.update(to, (balance) => balance + 1);
      tx.put('transfer/client/' + i, [from, to]);
    });
    console.log('done ' + i);
  } catch (error) {
    if (error.code !== 'UNAVAILABLE') throw error;
    console.log('unknown ' + i);
  }
}
await db.close();
`;

export function describePrograms(name: string, places: ProgramPlaces): void {
  const { urlOf, isLong, forget } = places;
  describe(`${name}, by a connection string`, () => {
    it('runs the ledger of the examples as it is, and its books are right', async () => {
      const db = await open(urlOf('ledger'));
      const lines: string[] = [];
      await demonstrate(await openBooks(db), (line) => lines.push(line));
      expect(lines.filter((line) => line.includes('PROBLEM'))).toEqual([]);
      expect(lines.at(-1)).toBe('  the books are right');
      expect((await db.verify()).problems).toEqual([]);
      await db.close();
    });

    it.runIf(isLong)('runs the bank of the command as it is, through kills of it', async () => {
      const options = ['--accounts', '50', '--clients', '8', '--seconds', '2', '--rounds', '3'];
      const run = await varve(['bank', urlOf('bankprogram'), ...options, '--seed', '11']);
      expect(run.status, run.stdout + run.stderr).toBe(0);
      expect(run.stdout).toMatch(/^VERDICT: PASS/m);
    });

    it('lets a client go on that was stopped while others went on, and the servers forgot what it had seen', async () => {
      const url = urlOf('stopped');
      const db = await open<string, unknown>(url, { keyEncoding: 'utf8', valueEncoding: 'json' });
      for (let i = 0; i < ACCOUNT_COUNT; i++) await db.put(`account/${i}`, BALANCE);
      const args = ['--input-type=module', '--eval', CLIENT, url];
      const counts = [TRANSFER_COUNT, ACCOUNT_COUNT].map(String);
      const child = spawn(process.execPath, [...args, ...counts], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(child, 'close');
      const lines: string[] = [];
      const output = createInterface({ input: child.stdout });
      await new Promise<void>((resolve) => {
        output.on('line', (line) => {
          if (lines.push(line) === 10) resolve();
        });
        void ended.then(() => resolve());
      });
      child.kill('SIGSTOP');
      await moveMoney(db, 40);
      await db.compact();
      await forget('stopped');
      if (isLong) await delay(PAUSE_MS);
      child.kill('SIGCONT');
      expect(await ended).toEqual([0, null]);
      expect(lines).toHaveLength(TRANSFER_COUNT);
      const done = lines.filter((line) => line.startsWith('done '));
      const transfers = await db.entries({ prefix: 'transfer/' }).all();
      const found = new Set(transfers.map(([key]) => key));
      for (const line of done) expect(found).toContain(`transfer/client/${line.slice(5)}`);
      const balances = new Map<string, number>();
      for (let i = 0; i < ACCOUNT_COUNT; i++) balances.set(`account/${i}`, BALANCE);
      for (const [, value] of transfers) {
        const [from, to] = value as [string, string];
        balances.set(from, balances.get(from)! - 1); // of one of the accounts, here and below
        balances.set(to, balances.get(to)! + 1);
      }
      expect(await db.entries({ prefix: 'account/' }).all()).toEqual([...balances]);
      await db.close();
    });
  });
}

/** What goes on while the client is stopped. */
async function moveMoney(db: AnyDatabase, count: number): Promise<void> {
  const random = makeRandom(1);
  for (let i = 0; i < count; i++) {
    const from = random.below(ACCOUNT_COUNT);
    const [source, target] = [`account/${from}`, `account/${(from + 1) % ACCOUNT_COUNT}`];
    await db.transaction(async (tx) => {
      const [left, right] = (await tx.getMany([source, target])) as [number, number];
      tx.put(source, left - 1);
      tx.put(target, right + 1);
      tx.put(`transfer/other/${i}`, [source, target]);
    });
  }
}
