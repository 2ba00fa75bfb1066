/**
 * The long form of the power-loss tests: `make crash`.
 *
 * Owns: how many states are tried, and the summary. VARVE_CRASH_STATES is how many (100,000 by
 * default), SEED the first seed. A broken promise ends it with the seed and the story of the state.
 *
 * Suspension: everything here suspends.
 */
import process from 'node:process';
import { addTally, emptyTally } from '../test/support/crash-checker.ts';
import { explore, type ExploreOptions, type Script } from '../test/support/crash-harness.ts';
import { randomScript, SHORT_SCRIPTS } from '../test/support/crash-scripts.ts';
import { printProof } from '../test/support/proof-line.ts';

const stateCountMin = Number(process.env['VARVE_CRASH_STATES'] ?? 100_000);
const firstSeed = Number(process.env['SEED'] ?? 1);
const total = emptyTally();
const startMs = performance.now();

async function run(script: Script, options: ExploreOptions): Promise<void> {
  const tally = await explore(script, { continueEvery: 8, ...options });
  addTally(total, tally);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
  console.log(
    `${seconds.padStart(5)} s  ${options.name}, seed ${options.seed ?? 1}: ` +
      `${tally.stateCount} states at ${tally.momentCount} operations; ${total.stateCount} so far`,
  );
}

/** One round over every script; the short ones at every operation. */
async function round(seed: number): Promise<void> {
  for (const [name, script] of SHORT_SCRIPTS) {
    if (total.stateCount >= stateCountMin) return;
    await run(script, { name, seed, seedCount: 3, nestEvery: 32 });
  }
  for (let i = 0; i < 8; i++) {
    const options = { seed: seed * 1000 + i, momentShare: 0.25, seedCount: 2, nestEvery: 48 };
    await run(randomScript(300), { name: 'random history', ...options });
  }
}

for (let seed = firstSeed; total.stateCount < stateCountMin; seed++) await round(seed);

const seconds = (performance.now() - startMs) / 1000;
console.log(
  `Power loss: ${total.stateCount} states at ${total.momentCount} operations in ` +
    `${seconds.toFixed(0)} s, ${total.openedCount} of them different and opened, ` +
    `${total.continuedCount} written on and opened again, ${total.nestedCount} from crashes ` +
    `during recovery. No promise was broken.`,
);
printProof({
  part: 'power-loss',
  count: { 'crash states': total.stateCount, 'of recovery': total.nestedCount },
  failures: 0, // a broken promise has thrown
  seconds,
});
