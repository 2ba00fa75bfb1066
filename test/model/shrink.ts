/**
 * Shrinks a failing history and writes it down as a script.
 *
 * Owns: delta debugging over steps (ddmin: drop ever smaller runs of steps while it still fails), and the text
 * of the script, which test/regress replays.
 *
 * Any failure counts while shrinking, not only the first one met: a smaller history that fails otherwise is
 * welcome too.
 */
import { type OptionSet } from './option-sets.ts';
import { Mismatch, runHistory } from './runner.ts';
import { printStep, type Step } from './step.ts';

/** Runs that one shrink may take: a failure is shown even when it cannot be made small. */
const RUN_COUNT_MAX = 400;

export type Run = (steps: readonly Step[]) => Promise<Error | undefined>;

export interface Shrunk {
  readonly steps: readonly Step[];
  readonly error: Error;
}

/** The shortest history found that still fails. */
export async function shrink(
  steps: readonly Step[],
  firstError: Error,
  run: Run,
  runCountMax: number = RUN_COUNT_MAX,
): Promise<Shrunk> {
  let best: Shrunk = { steps, error: firstError };
  if (firstError instanceof Mismatch)
    best = { steps: steps.slice(0, firstError.stepIndex + 1), error: firstError };
  let runCount = 0;
  for (let size = Math.ceil(best.steps.length / 2); size >= 1;) {
    let hasShrunk = false;
    for (let start = 0; start < best.steps.length && runCount < runCountMax;) {
      const candidate = [...best.steps.slice(0, start), ...best.steps.slice(start + size)];
      runCount++;
      const error = await run(candidate);
      if (error === undefined) {
        start += size;
      } else {
        best = { steps: candidate, error };
        hasShrunk = true;
      }
    }
    if (runCount >= runCountMax || (size === 1 && !hasShrunk)) break;
    if (!hasShrunk || size > 1) size = Math.max(1, Math.floor(size / 2));
  }
  return best;
}

export function printScript(optionsName: string, seed: number, steps: readonly Step[]): string {
  return [`# options ${optionsName} seed ${seed}`, ...steps.map(printStep), ''].join('\n');
}

/** Runs a history; on failure shrinks it and throws an error that holds seed, option set, step and script. */
export async function mustAgree(
  optionsName: string,
  options: OptionSet,
  seed: number,
  steps: readonly Step[],
): ReturnType<typeof runHistory> {
  try {
    return await runHistory(steps, options, seed);
  } catch (error) {
    const { steps: shrunk, error: last } = await shrink(
      steps,
      asError(error),
      async (candidate) => {
        try {
          await runHistory(candidate, options, seed);
          return undefined;
        } catch (failure) {
          return asError(failure);
        }
      },
    );
    throw new Error(
      `Engine and model part: seed=${seed} options=${optionsName}\n` +
        `First: ${asError(error).message}\n\nShrunk to ${shrunk.length} steps: ${last.message}\n\n` +
        `Save as test/regress/NAME.txt:\n${printScript(optionsName, seed, shrunk)}`,
      { cause: error },
    );
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
