/**
 * Random histories of many clients over one ledger: whatever they do at once, each key is written once, by a call that was
 * told so, and the tree has the entries in the order of the stream of commits. SEED draws others.
 */
import { describe, expect, it } from 'vitest';
import type { Database } from '../../src/api/database.ts';
import { AppendOnlyError, StorageError } from '../../src/base/errors.ts';
import { openMemory, TINY } from '../api/fixture.ts';
import { byExtent } from '../support/extent.ts';
import { FaultVfs } from '../support/fault-vfs.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { checkLedger, LEDGER, rootOf, type Text, type TextEntry } from './model-ledger.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const KEY_COUNT = 150;
const STEP_COUNT = 12;
const CLIENT_COUNT = 12;

type Db = Database<string, string>;

interface Call {
  readonly entries: readonly TextEntry[];
  readonly run: (db: Db, ledger: Text) => Promise<unknown>;
}

/** A write of a few keys, by one of the ways; values are unlike those of any other call. */
function drawCall(random: Random, id: string): Call {
  const keys = Array.from({ length: 1 + random.below(3) }, () => `k${random.below(KEY_COUNT)}`);
  const entries = keys.map((key, i): TextEntry => [
    key,
    `${id}.${i} ${'x'.repeat(random.below(200))}`,
  ]);
  const [[key, value]] = entries as [TextEntry];
  const durability = random.pick(['sync', 'os'] as const);
  const puts = entries.map(([k, v]) => ({ type: 'put', key: k, value: v }) as const);
  switch (random.below(6)) {
    case 0:
      return {
        entries: [[key, value]],
        run: (_, ledger) => ledger.put(key, value, { durability }),
      };
    case 1:
      return { entries: [[key, value]], run: (_, ledger) => ledger.update(key, () => value) };
    case 2:
      return { entries, run: (_, ledger) => ledger.batch(puts, { durability }) };
    case 3:
      return {
        entries,
        run: (db, ledger) =>
          db.transaction((tx) => {
            for (const [k, v] of entries) tx.in(ledger).put(k, v);
          }),
      };
    case 4:
      return {
        entries,
        run: (db, ledger) =>
          db.transaction(async (tx) => {
            await tx.in(ledger).get(key);
            for (const [k, v] of entries) tx.in(ledger).put(k, v);
          }),
      };
    default:
      return {
        entries,
        run: (db, ledger) =>
          db.transaction(
            async (tx) => {
              await tx.in(ledger).getForUpdate(key);
              for (const [k, v] of entries) tx.in(ledger).put(k, v);
              tx.put('own', value);
            },
            { mode: 'pessimistic' },
          ),
      };
  }
}

/** The entries of the ledger, in the order of the stream of commits. */
async function streamed(db: Db): Promise<TextEntry[]> {
  const entries: TextEntry[] = [];
  for await (const { operations } of db.changes({ since: 0, follow: false })) {
    for (const { keyspace, type, ...rest } of operations) {
      if (keyspace !== 'ledger') continue;
      expect(type).toBe('put');
      const { key, value } = rest as { key: string; value: string };
      entries.push([key, value]);
    }
  }
  return entries;
}

describe('a history of many clients', () => {
  const count = byExtent('VARVE_LEDGER_CUTS', { all: 100, sample: 2, quick: 1 });
  it.each(Array.from({ length: count }, (_, i) => SEED + i))(
    'gives one order to all, seed=%i (append-only/order)',
    async (seed) => {
      const random = makeRandom(seed);
      const faults = new FaultVfs(new MemoryVfs());
      const db: Db = await openMemory({ vfs: faults, history: { keepBytes: 1e9 }, ...TINY });
      const ledger = await db.keyspace('ledger', LEDGER);
      const written = new Map<string, string>();
      let refusedCount = 0;
      for (let step = 0; step < STEP_COUNT; step++) {
        const isFull = step % 4 === 3;
        if (isFull) faults.inject({ kinds: ['write'], code: 'ENOSPC', nth: 2, sticky: true });
        const calls = Array.from({ length: CLIENT_COUNT }, (_, i) =>
          drawCall(random, `${step}.${i}`),
        );
        const running = Promise.allSettled(calls.map(({ run }) => run(db, ledger)));
        if (isFull) {
          await running;
          faults.heal();
        }
        for (const [i, outcome] of (await running).entries()) {
          const { entries } = calls[i]!; // as many
          if (outcome.status === 'fulfilled') {
            for (const [key, value] of entries) written.set(key, value);
          } else {
            refusedCount++;
            const error: unknown = outcome.reason;
            if (!(error instanceof AppendOnlyError) && !(isFull && error instanceof StorageError)) {
              throw error;
            }
          }
        }
        if (random.chance(0.3)) await db.flush();
      }
      const order = await streamed(db);
      expect(new Set(order.map(([key]) => key)).size).toBe(order.length);
      expect(new Map(order)).toEqual(written);
      expect(refusedCount).toBeGreaterThan(0);
      await checkLedger(ledger, order, [rootOf(order, 7)]);
      expect((await db.verify()).problems).toEqual([]);
    },
  );
});
