/**
 * A machine is lost while transfers run and the archive ships: only the store is left, as it was at that moment.
 *
 * Each restore balances, has whole transfers only, and has every transfer that the archive had told to be safe. The moment is
 * between two objects of the store, drawn by the seed. Rounds: LOST_ROUNDS, default 6 (`make lost-machines` for 200). A
 * failure prints its seed; SEED repeats it.
 */
import { expect, it } from 'vitest';

import { restore } from '../../src/backup/backups.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { makeRandom } from '../support/prng.ts';
import { contentAt, openText } from '../support/text-database.ts';
import { MemoryStore } from './fixture.ts';

const ROUNDS = Number(process.env['LOST_ROUNDS'] ?? 6);
const SEED = Number(process.env['SEED'] ?? 1);
const ACCOUNT_COUNT = 20;
const BALANCE = 1000;

const account = (index: number): string => `account-${String(index).padStart(3, '0')}`;

it('loses no transfer that the archive had told to be safe, and no balance (archive/lag-told)', async () => {
  let transferCount = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const seed = SEED * 100_000 + round;
    transferCount += await loseMachine(seed);
  }
  expect(transferCount).toBeGreaterThan(ROUNDS);
});

/** Resolves with the number of transfers that came back. */
async function loseMachine(seed: number): Promise<number> {
  const random = makeRandom(seed);
  const store = new MemoryStore();
  const db = await openText(new MemoryVfs(), '/bank', {
    memtableSizeBytes: 256 * 1024,
    ...(random.chance(0.5) ? { history: {} } : {}),
  });
  await db.batch(
    Array.from({ length: ACCOUNT_COUNT }, (_, index) => ({
      type: 'put' as const,
      key: account(index),
      value: String(BALANCE),
    })),
  );
  const archive = await db.archive(store);
  // The machine is lost after so many more objects, and this is what is left.
  let putsLeft = 1 + random.below(25);
  let left: Map<string, Uint8Array> | undefined;
  let safe = 0;
  let done = 0;
  let acknowledged = 0;
  store.beforeStored = () => {
    if (left !== undefined || --putsLeft > 0) return;
    left = new Map(store.objects);
    safe = done;
  };
  const transfer = async (id: number): Promise<void> => {
    const [from, to] = [account(random.below(ACCOUNT_COUNT)), account(random.below(ACCOUNT_COUNT))];
    await db.transaction((tx) => {
      const amount = random.below(50);
      tx.put(from, String(Number(tx.getSync(from)) - amount));
      tx.put(to, String(Number(tx.getSync(to)) + amount));
      tx.put(`transfer-${id}`, 'x'.repeat(random.below(2000)));
    });
    acknowledged++;
  };
  for (let id = 0; left === undefined; id += 8) {
    await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((each) => transfer(id + each)));
    if (random.chance(0.05)) await db.flush();
    if (random.chance(0.05)) await db.backup(store);
    if (random.chance(0.6)) {
      const before = acknowledged;
      await archive.ship();
      expect(archive.stats()).toMatchObject({ lagMs: 0, lagOperations: 0 });
      done = before;
    }
  }
  await db.close();

  const after = new MemoryStore();
  for (const [name, bytes] of left) after.objects.set(name, bytes);
  const vfs = new MemoryVfs();
  await restore(after, '/restored', { vfs });
  const content = await contentAt(vfs, '/restored');
  const balances = content.filter(([key]) => key.startsWith('account-'));
  const total = balances.reduce((sum, [, value]) => sum + Number(value), 0);
  expect(total, `seed=${seed}`).toBe(ACCOUNT_COUNT * BALANCE);
  const transfers = content.length - balances.length;
  expect(transfers, `seed=${seed}`).toBeGreaterThanOrEqual(safe);
  return transfers;
}
