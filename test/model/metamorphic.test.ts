/**
 * One history reads the same under every option set.
 *
 * Options tune; they never change an answer. The digest is over every read, scan and commit outcome.
 */
import { expect, it } from 'vitest';
import type { TuningOptions } from '../../src/base/options.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { byExtent } from '../support/extent.ts';
import { printTestProof } from '../support/proof-line.ts';
import { makeHistory } from './history.ts';
import type { OptionSet } from './option-sets.ts';
import { mustAgree } from './shrink.ts';
import type { Step } from './step.ts';

const SEED = Number(process.env['VARVE_MODEL_SEED'] ?? 20);
/** One option set of every twelve uses real files. */
const OPTION_SET_COUNT = byExtent('VARVE_METAMORPHIC', { all: 36, sample: 6, quick: 3 });
const KIB = 1024;

function tuningOf({ pick, chance, below }: Random): TuningOptions {
  const level0CompactionTrigger = 2 + below(4);
  const level0SlowdownTrigger = level0CompactionTrigger + 1 + below(8);
  return {
    durability: pick(['sync', 'os']),
    memtableSizeBytes: pick([256, 300, 512, 4096]) * KIB,
    immutableMemtableCountMax: 1 + below(4),
    blockCacheSizeBytes: pick([0, 16, 256, 65_536]) * KIB,
    blockSizeBytes: pick([256, 1000, 4096, 65_536]),
    compression: pick(['snappy', 'none']),
    filterBitsPerKey: pick([0, 1, 10, 32]),
    targetFileSizeBytes: pick([64, 100, 1024]) * KIB,
    level0CompactionTrigger,
    level0SlowdownTrigger,
    level0StopTrigger: level0SlowdownTrigger + 1 + below(8),
    level1SizeBytes: pick([256, 1024]) * KIB,
    levelSizeMultiplier: pick([2, 10]),
    openTableCountMax: chance(0.5) ? 8 : 1000,
  };
}

/** The reads of a transaction begun between commits under way depend on which of them wait for room. */
function isTimeless(step: Step): boolean {
  return step.do !== 'together' || step.steps.every(({ do: action }) => action !== 'begin');
}

it(`a history reads the same under ${OPTION_SET_COUNT} option sets: seed=${SEED}`, async () => {
  const steps = makeHistory({ seed: SEED, stepCount: 500, hasCrashes: false, hugeShare: 0.04 });
  const history = steps.filter(isTimeless);
  const random = makeRandom(SEED);
  const digests = new Map<string, string[]>();
  for (let i = 0; i < OPTION_SET_COUNT; i++) {
    const files = i % 12 === 11 ? 'node' : i % 3 === 2 ? 'crash' : 'memory';
    const options: OptionSet = { files, tuning: tuningOf(random) };
    const name = JSON.stringify(options);
    const { digest } = await mustAgree(name, options, SEED + i, history);
    digests.set(digest, [...(digests.get(digest) ?? []), name]);
  }
  expect([...digests.values()].map((names) => names.length)).toEqual([OPTION_SET_COUNT]);
  printTestProof('metamorphic', { 'option sets': OPTION_SET_COUNT });
});
