/** The coins of the fast paths (src/base/coin.ts): histories of the model take each fast path, and each slow way. */
import { describe, expect, it } from 'vitest';
import { open } from '../../src/api/open.ts';
import { COINS, fallsOf, isSlowWay, tossCoins } from '../../src/base/coin.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { makeHistory } from './history.ts';
import { OPTION_SETS, type OptionSetName } from './option-sets.ts';
import { mustAgree } from './shrink.ts';

/** Reads each key again and again: a table of a history is read too seldom for places of its keys. */
async function readOften(seed: number): Promise<void> {
  const options = { keyEncoding: 'utf8', valueEncoding: 'utf8', background: 'inline' } as const;
  const db = await open('/often', { ...options, vfs: new MemoryVfs() });
  const keys = Array.from({ length: 50 }, (_, i) => `key ${i}`);
  await db.batch(keys.map((key) => ({ type: 'put', key, value: `value of ${key}` })));
  await db.flush();
  tossCoins(seed);
  for (let round = 0; round < 4; round++) {
    for (const key of keys) expect(db.getSync(key)).toBe(`value of ${key}`);
  }
  tossCoins();
  await db.close();
}

describe('coins', () => {
  it('show the fast path until they are tossed, and fall alike for equal seeds (coin/replays)', () => {
    expect(COINS.filter(isSlowWay)).toEqual([]);
    const fall = (seed: number): boolean[] => {
      tossCoins(seed);
      const fell = Array.from({ length: 64 }, () => isSlowWay('one-source'));
      tossCoins();
      return fell;
    };
    expect(fall(5)).toEqual(fall(5));
    expect(fall(5)).not.toEqual(fall(6));
  });

  it('fall on both sides, every one of them, in histories that agree with the model', async () => {
    const runs: [OptionSetName, number][] = [
      ['tiny', 3],
      ['tiny', 5],
      ['tiny-uncached', 4],
    ];
    const before = new Map(COINS.map((coin) => [coin, { ...fallsOf(coin) }]));
    for (const [name, seed] of runs) {
      const options = { seed, stepCount: 600, hasCrashes: false, hugeShare: 0.03 };
      await mustAgree(name, OPTION_SETS[name], seed, makeHistory(options));
    }
    await readOften(6);
    const idle = COINS.filter((coin) => {
      const { fastCount, slowCount } = before.get(coin)!; // of all coins
      return fallsOf(coin).fastCount === fastCount || fallsOf(coin).slowCount === slowCount;
    });
    expect(idle).toEqual([]);
  });
});
