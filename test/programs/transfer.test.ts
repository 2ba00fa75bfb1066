/** What the bank stores: keys lie as their numbers do, and everything encoded is decoded again, or refused. */
import { describe, expect, it } from 'vitest';

import {
  auditBank,
  createBankIfMissing,
  initialCheckpoint,
  isEmptyBank,
  lastSequenceOf,
  openBank,
} from '../../src/programs/bank/books.ts';
import { open, type Tuple } from '../../src/index.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { Random } from '../../src/base/random.ts';
import {
  type Bank,
  decodeBalance,
  decodeCheckpoint,
  decodeOrder,
  drawOrder,
  encodeCheckpoint,
  parseAccountKey,
  parseTransferKey,
  transfer,
  TRANSFER_WAYS,
} from '../../src/programs/bank/transfer.ts';

const SEED = 5;

function openInMemory(vfs: MemoryVfs = new MemoryVfs()): Promise<Bank> {
  return openBank('/bank', { vfs } as never); // an option of tests
}

describe('bank keys and values', () => {
  it('records lie in the order of client and sequence, and the last of a client is found (transfer/keys-in-order)', async () => {
    const bank = await openInMemory();
    const places = [0, 1, 9, 10, 99, 100, 12_345].flatMap((client) =>
      [1, 2, 10, 99, 1000, 2 ** 31].map((sequence) => [client, sequence] as const),
    );
    const order = { from: 0, to: 1, amount: 1 };
    for (const key of places.toReversed()) {
      await bank.transfers.put(key, order, { durability: 'os' });
    }
    const keys = await bank.transfers.keys().all();
    expect(keys).toEqual(places);
    expect(keys.map(parseTransferKey)).toEqual(places);
    const checkpoint = { balances: [], sequences: new Map([[2, 7]]) };
    const lastOf = (client: number): Promise<number> => lastSequenceOf(bank, client, checkpoint);
    expect(await Promise.all([1, 12_345, 2, 3].map(lastOf))).toEqual([2 ** 31, 2 ** 31, 7, 0]);
    await bank.db.close();
  });

  it('keys and values of another shape are refused', () => {
    expect(parseAccountKey([42])).toEqual([42]);
    expect(parseTransferKey([7, 123])).toEqual([7, 123]);
    const wrong: Tuple[] = [[], ['42'], [-1], [0.5], [42n], [1, 2, 3], [[1], 2]];
    for (const key of wrong) {
      expect(parseAccountKey(key)).toBeUndefined();
      expect(parseTransferKey(key)).toBeUndefined();
    }
    for (const value of [undefined, null, 1, 'x', {}, { balance: '1' }, { balance: 0.5 }]) {
      expect(decodeBalance(value)).toBeUndefined();
    }
    expect(decodeOrder({ from: 1, to: 2 })).toBeUndefined();
    expect(decodeCheckpoint({ balances: [1], sequences: [[1]] })).toBeUndefined();
    expect(decodeCheckpoint({ balances: ['1'], sequences: [] })).toBeUndefined();
  });

  it('a checkpoint survives JSON', () => {
    const checkpoint = {
      balances: [1, 2, 3],
      sequences: new Map([
        [0, 5],
        [31, 7],
      ]),
    };
    const stored: unknown = JSON.parse(JSON.stringify(encodeCheckpoint(checkpoint)));
    expect(decodeCheckpoint(stored)).toEqual(checkpoint);
  });

  it('drawOrder() names two different accounts of those it may, and reaches all of them', () => {
    const random = new Random(SEED);
    const seen = new Set<number>();
    for (let i = 0; i < 2000; i++) {
      const { from, to, amount } = drawOrder(random, 10);
      expect(from, `seed=${SEED} i=${i}`).not.toBe(to);
      expect(Math.min(from, to)).toBeGreaterThanOrEqual(0);
      expect(amount).toBeGreaterThan(0);
      seen.add(from).add(to);
    }
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe.each(TRANSFER_WAYS)('a transfer by the way %s', (way) => {
  const options = { durability: 'os', isolation: 'snapshot', way } as const;

  it('moves money with its record, all of many at once, and refuses what an account has not', async () => {
    const bank = await openInMemory();
    const { db, accounts, transfers } = bank;
    const initial = initialCheckpoint(3, 100);
    await createBankIfMissing(bank, initial);
    const order = { from: 0, to: 1, amount: 30 };
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, (_, i) => transfer(bank, order, [7 + i, 1], options)),
    );
    expect(outcomes.filter(({ isDone }) => isDone)).toHaveLength(3);
    expect(await accounts.getMany([[0], [1], [2]])).toEqual([
      { balance: 10 },
      { balance: 190 },
      { balance: 100 },
    ]);
    expect(await transfers.values().all()).toEqual([order, order, order]);
    expect(await auditBank(bank, initial, undefined)).toMatchObject({ isOk: true });
    const { conflictCount, retryCount } = db.stats().commits;
    const rerunCount = outcomes.reduce((sum, outcome) => sum + outcome.rerunCount, 0);
    expect(rerunCount).toBe(retryCount);
    if (way === 'await') expect(rerunCount).toBeGreaterThan(0);
    else expect([rerunCount, conflictCount]).toEqual([0, 0]);
    await db.close();
  });
});

describe('a bank', () => {
  it('whose creation was cut short is created by the next one that opens it (books/created-whole)', async () => {
    const encodings = { keyEncoding: 'tuple', valueEncoding: 'json' } as const;
    for (const names of [[], ['accounts'], ['accounts', 'transfers']]) {
      const vfs = new MemoryVfs();
      const db = await open('/bank', { vfs });
      for (const name of names) await db.keyspace(name, encodings);
      await db.close();
      const bank = await openInMemory(vfs);
      expect(await isEmptyBank(bank)).toBe(true);
      const initial = initialCheckpoint(2, 100);
      await createBankIfMissing(bank, initial);
      expect(await isEmptyBank(bank)).toBe(false);
      await createBankIfMissing(bank, initialCheckpoint(9, 1)); // it is there: nothing is written
      expect(await auditBank(bank, initial, undefined)).toMatchObject({ isOk: true });
      await bank.db.close();
    }
  });

  it('is not made anew where a kill is to have left one', async () => {
    const vfs = new MemoryVfs();
    await (await open('/bank', { vfs })).close();
    const opened = openBank('/bank', { vfs, createIfMissing: false } as never); // an option of tests
    await expect(opened).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe('the audit of a bank', () => {
  it('finds keys and values that the bank cannot have written, whatever they are', async () => {
    const bank = await openInMemory();
    const initial = initialCheckpoint(2, 100);
    await createBankIfMissing(bank, initial);
    await bank.accounts.put([2n ** 70n], { balance: 1 });
    await bank.accounts.put([1], 'all of it');
    await bank.transfers.put(['x'], { from: 0, to: 1, amount: 1 });
    const { problems } = await auditBank(bank, initial, undefined);
    expect(problems.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        'account [ 1180591620717411303424n ] holds {"balance":1}',
        'account [ 1 ] holds "all of it"',
        `transfer [ 'x' ] holds {"from":0,"to":1,"amount":1}`,
      ]),
    );
    await bank.db.close();
  });
});
