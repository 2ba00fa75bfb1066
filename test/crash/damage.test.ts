/**
 * Damaged files: every flipped bit, cut, loss and swap is noticed or harmless (damage.ts says which).
 *
 * Owns: how many of the damages are tried: a seeded share in the tests, all with VARVE_DAMAGE=all
 * (`make crash`).
 */
import { afterAll, describe, expect, test } from 'vitest';
import { allDamages, type Damage, describeDamage, judge, makePatient } from '../support/damage.ts';
import { makeRandom } from '../support/prng.ts';
import { printTestProof } from '../support/proof-line.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const SHARE = process.env['VARVE_DAMAGE'] === 'all' ? 1 : 0.08;

/** Damages tried, by kind. */
const tried = { flip: 0, cut: 0, delete: 0, swap: 0 };

afterAll(() => {
  const { flip, cut, delete: deletions, swap } = tried;
  const others = { 'files deleted': deletions, 'files swapped': swap };
  printTestProof('damage', { 'bits flipped': flip, 'files cut': cut, ...others });
});

async function tally(
  name: 'closed' | 'killed',
  isTried: (damage: Damage) => boolean,
): Promise<Record<string, number>> {
  const patient = await makePatient(name);
  const verdicts = { refused: 0, same: 0, shorter: 0 };
  for (const damage of allDamages(patient)) {
    if (!isTried(damage)) continue;
    tried[damage.kind]++;
    try {
      verdicts[await judge(patient, damage)]++;
    } catch (error) {
      const how = `${name}, ${describeDamage(damage)}, seed ${SEED}`;
      throw new Error(`${String(error)}: ${how}`, { cause: error });
    }
  }
  return verdicts;
}

describe.each(['closed', 'killed'] as const)('a %s database with damaged files', (name) => {
  test('never shows other data after a flipped bit', async () => {
    const random = makeRandom(SEED);
    const verdicts = await tally(name, ({ kind }) => kind === 'flip' && random.chance(SHARE));
    expect(verdicts['refused']).toBeGreaterThan(100);
  });

  test('never shows other data after a cut', async () => {
    const random = makeRandom(SEED);
    const share = SHARE * 4;
    const verdicts = await tally(name, ({ kind }) => kind === 'cut' && random.chance(share));
    expect(verdicts['refused']).toBeGreaterThan(100);
  });

  test("refuses to open without a file, or with two files in each other's place", async () => {
    const verdicts = await tally(name, ({ kind }) => kind === 'delete' || kind === 'swap');
    expect(verdicts).toMatchObject({ same: 0, shorter: 0 });
  });
});
