/**
 * Runs one part as a process of its own.
 *
 * Owns: the process, its log file, and the outcome: what its proof lines add up to, and why it failed.
 *
 * Invariants:
 *   V1. A part passes only when its process ended with status 0, no proof line and no test tells of a failure, and it
 *       has tried as much as it must.
 *   V2. A part that takes longer than its limit is ended, with everything that it started, and has failed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { parseProof, type Proof } from '../../test/support/proof-line.ts';
import type { Mode, Part } from './parts.ts';

const LIMIT_MS: Readonly<Record<Mode, number>> = { long: 6 * 3600_000, quick: 600_000 };

export interface Outcome {
  readonly part: string;
  readonly count: Readonly<Record<string, number>>;
  /** Why it has not passed; empty when it has. */
  readonly complaints: readonly string[];
  readonly failureCount: number;
  readonly seconds: number;
  readonly log: string;
}

export interface RunSettings {
  readonly root: string;
  readonly mode: Mode;
  readonly seed: string | undefined;
  /** Where logs go. */
  readonly logs: string;
}

export async function runPart(part: Part, settings: RunSettings): Promise<Outcome> {
  const log = join(settings.logs, `${part.name}.log`);
  const results = join(settings.logs, `${part.name}.json`);
  rmSync(results, { force: true });
  const startMs = performance.now();
  const { status, isLate, proofs } = await follow(
    startProcess(part, settings, results),
    log,
    settings,
  );
  const count: Record<string, number> = {};
  const add = (name: string, more: number): void => void (count[name] = (count[name] ?? 0) + more);
  for (const proof of proofs) {
    for (const [name, more] of Object.entries(proof.count)) add(name, more);
  }
  const complaints: string[] = [];
  let failureCount = proofs.reduce((sum, { failures }) => sum + failures, 0);
  if (failureCount > 0) complaints.push(`${failureCount} failures told of`);
  if ('tests' in part.run) {
    const tests = readTestResults(results);
    add(part.testsAre ?? 'tests', tests?.passed ?? 0);
    if (tests === undefined) complaints.push('no test results');
    else if (tests.failed > 0) complaints.push(`${tests.failed} tests failed`);
    failureCount = Math.max(failureCount, tests?.failed ?? 1);
  }
  if (isLate) complaints.push('took too long and was ended');
  else if (status !== 0) complaints.push(`status ${status}`);
  for (const [name, least] of Object.entries(part.variants[settings.mode].atLeast)) {
    if ((count[name] ?? 0) >= least) continue;
    complaints.push(`tried too little: ${count[name] ?? 0} ${name}, of ${least}`);
  }
  return {
    part: part.name,
    count,
    complaints,
    failureCount: complaints.length > 0 ? Math.max(1, failureCount) : 0,
    seconds: (performance.now() - startMs) / 1000,
    log,
  };
}

function startProcess(part: Part, settings: RunSettings, results: string): ChildProcess {
  const { root, mode, seed } = settings;
  const args =
    'program' in part.run
      ? ['scripts/run-ts.mjs', part.run.program]
      : [
          ...['node_modules/vitest/vitest.mjs', 'run', ...part.run.tests, '--testTimeout=0'],
          ...['--hookTimeout=0', '--reporter=default', '--reporter=json'],
          `--outputFile.json=${results}`,
        ];
  const env = { ...process.env, ...part.variants[mode].env, VARVE_PROVE: '1', NO_COLOR: '1' };
  return spawn(process.execPath, args, {
    cwd: root,
    env: seed === undefined ? env : { ...env, ...seedsOf(seed) },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group of its own, so that it can be ended whole (V2)
  });
}

/** One seed for all, under the name that each part knows. */
function seedsOf(seed: string): Record<string, string> {
  return { SEED: seed, VARVE_MODEL_SEED: seed, ISOLATION_SEED: seed, FUZZ_SEED: seed };
}

interface Followed {
  readonly status: number | null;
  readonly isLate: boolean;
  readonly proofs: readonly Proof[];
}

function follow(child: ChildProcess, logPath: string, { mode }: RunSettings): Promise<Followed> {
  const log = createWriteStream(logPath);
  const proofs: Proof[] = [];
  let isLate = false;
  const endGroup = (): void => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    process.kill(-child.pid, 'SIGKILL');
  };
  const timer = setTimeout(() => {
    isLate = true;
    endGroup();
  }, LIMIT_MS[mode]);
  process.once('exit', endGroup);
  child.stderr?.pipe(log, { end: false });
  const lines = child.stdout === null ? undefined : createInterface({ input: child.stdout });
  lines?.on('line', (line) => {
    log.write(`${line}\n`);
    const proof = parseProof(line);
    if (proof !== undefined) proofs.push(proof);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      clearTimeout(timer);
      process.off('exit', endGroup);
      log.end(() => resolve({ status, isLate, proofs }));
    });
  });
}

/** The summary that the test runner wrote at its end; undefined when it did not get there. */
function readTestResults(path: string): { passed: number; failed: number } | undefined {
  if (!existsSync(path)) return undefined;
  const found = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const { numPassedTests: passed, numFailedTests: failed, success } = found;
  if (typeof passed !== 'number' || typeof failed !== 'number') return undefined;
  // A file that does not load fails without a test of its own.
  return { passed, failed: success === true ? failed : Math.max(1, failed) };
}
