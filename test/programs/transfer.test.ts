/** What the bank stores: keys sort as their numbers do, and everything encoded is decoded again, or refused. */
import { describe, expect, it } from 'vitest';

import { createBankIfMissing, initialCheckpoint, openBank } from '../../src/programs/bank/books.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { Random } from '../../src/base/random.ts';
import {
  accountKey,
  clientPrefix,
  decodeBalance,
  decodeCheckpoint,
  decodeOrder,
  drawOrder,
  encodeCheckpoint,
  parseAccountKey,
  parseTransferKey,
  transfer,
  TRANSFER_WAYS,
  transferKey,
  type BankDatabase,
} from '../../src/programs/bank/transfer.ts';

const SEED = 5;

describe('bank keys and values', () => {
  it('keys are parsed back, and lie in the order of client and sequence (transfer/padded-numbers)', () => {
    const places = [0, 1, 9, 10, 99, 100, 12_345].flatMap((client) =>
      [1, 2, 10, 99, 1000, 2 ** 31].map((sequence) => ({ client, sequence })),
    );
    const keys = places.map(({ client, sequence }) => transferKey(client, sequence));
    expect([...keys].sort()).toEqual(keys);
    expect(keys.map(parseTransferKey)).toEqual(places);
    expect(keys.every((key, i) => key.startsWith(clientPrefix(places[i]!.client)))).toBe(true);
    expect(parseAccountKey(accountKey(42))).toBe(42);
  });

  it('keys and values of another shape are refused', () => {
    expect(parseAccountKey('account:42')).toBeUndefined();
    expect(parseTransferKey('transfer:1:2')).toBeUndefined();
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
    const db: BankDatabase = await openBank('/bank', { vfs: new MemoryVfs() } as never);
    await createBankIfMissing(db, initialCheckpoint(3, 100));
    const order = { from: 0, to: 1, amount: 30 };
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, (_, i) => transfer(db, order, transferKey(7, i + 1), options)),
    );
    expect(outcomes.filter(({ isDone }) => isDone)).toHaveLength(3);
    expect(await db.getMany([0, 1, 2].map(accountKey))).toEqual([
      { balance: 10 },
      { balance: 190 },
      { balance: 100 },
    ]);
    expect(await db.values({ prefix: clientPrefix(7) }).all()).toEqual([order, order, order]);
    if (way !== 'await') expect(db.stats().commits.conflictCount).toBe(0);
    await db.close();
  });
});
