/**
 * Everything that tries to break the engine, in one run: `make prove`, or in some minutes `make prove QUICK=1`.
 *
 * Owns: the order of the parts (prove/parts.ts), the summary and the verdict.
 *
 * Environment: QUICK=1 for the short form; ONLY=name,name for some parts; JOBS= for how many at once (1 by default, 2
 * in the quick form, never more); SEED= for another seed than each part's own; LOGS= for another place of the logs.
 * Exit status: 0 when every part passed, 1 otherwise, 2 misuse.
 */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { printProof } from '../test/support/proof-line.ts';
import { type Mode, type Part, PARTS } from './prove/parts.ts';
import { type Outcome, runPart, type RunSettings } from './prove/runner.ts';

const JOB_COUNT_MAX = 2;
const root = fileURLToPath(new URL('../', import.meta.url));

function misuse(message: string): never {
  console.error(message);
  process.exit(2);
}

function chooseParts(): readonly Part[] {
  const only = (process.env['ONLY'] ?? '').split(',').filter((name) => name !== '');
  const names = PARTS.map(({ name }) => name);
  const unknown = only.filter((name) => !names.includes(name));
  if (unknown.length > 0) misuse(`ONLY names no such part: ${unknown.join()}; ${names.join()}`);
  return only.length === 0 ? PARTS : PARTS.filter(({ name }) => only.includes(name));
}

function describeCount(count: Outcome['count']): string {
  return Object.entries(count)
    .map(([name, value]) => `${value.toLocaleString('en-US')} ${name}`)
    .join(', ');
}

/** Runs the parts in order, `jobCount` at a time. */
async function runAll(
  parts: readonly Part[],
  jobCount: number,
  settings: RunSettings,
): Promise<readonly Outcome[]> {
  const outcomes = new Map<Part, Outcome>();
  const waiting = [...parts];
  const work = async (): Promise<void> => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      console.log(`      ${part.name}: ${part.claim}`);
      const outcome = await runPart(part, settings);
      outcomes.set(part, outcome);
      const verdict = outcome.complaints.length === 0 ? 'ok    ' : 'FAILED';
      const facts = [describeCount(outcome.count), ...outcome.complaints].join('; ');
      console.log(`${verdict}  ${part.name}: ${facts} (${outcome.seconds.toFixed(0)} s)`);
    }
  };
  await Promise.all(Array.from({ length: jobCount }, work));
  return parts.flatMap((part) => outcomes.get(part) ?? []);
}

function summarize(outcomes: readonly Outcome[], seconds: number): boolean {
  const nameWidth = Math.max(...outcomes.map(({ part }) => part.length));
  console.log('\nSummary');
  for (const { part, count, complaints, seconds: each } of outcomes) {
    const verdict = complaints.length === 0 ? 'ok    ' : 'FAILED';
    const time = `${each.toFixed(0)} s`.padStart(7);
    console.log(`${verdict}  ${part.padEnd(nameWidth)}  ${time}  ${describeCount(count)}`);
  }
  const total: Record<string, number> = {};
  for (const { count } of outcomes) {
    for (const [name, value] of Object.entries(count)) total[name] = (total[name] ?? 0) + value;
  }
  console.log('\nTogether');
  const digits = Math.max(
    0,
    ...Object.values(total).map((each) => each.toLocaleString('en-US').length),
  );
  for (const [name, value] of Object.entries(total)) {
    console.log(`  ${value.toLocaleString('en-US').padStart(digits)}  ${name}`);
  }
  const failed = outcomes.filter(({ complaints }) => complaints.length > 0);
  for (const { part, complaints, log } of failed) {
    console.log(`\nFAILED  ${part}: ${complaints.join('; ')}\n        ${log}`);
  }
  const failures = outcomes.reduce((sum, { failureCount }) => sum + failureCount, 0);
  console.log('');
  printProof({ part: 'all', count: total, failures, seconds });
  const passed = `${outcomes.length - failed.length} of ${outcomes.length} parts passed`;
  console.log(`${failed.length === 0 ? 'Sound' : 'NOT sound'}: ${passed}, ${failures} failures.`);
  return failed.length === 0;
}

const mode: Mode = process.env['QUICK'] === '1' ? 'quick' : 'long';
const jobCount = Number(process.env['JOBS'] ?? (mode === 'quick' ? 2 : 1));
if (!Number.isInteger(jobCount) || jobCount < 1 || jobCount > JOB_COUNT_MAX) {
  misuse(`JOBS must be 1 or ${JOB_COUNT_MAX}: found=${process.env['JOBS']}`);
}
// The parts are in process groups of their own: an interrupt has to be passed on, which the end of this process does.
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));
const logs = resolve(process.env['LOGS'] ?? join(root, 'node_modules', '.cache', 'varve-prove'));
mkdirSync(logs, { recursive: true });
const parts = chooseParts();
const machine = `Node ${process.version}, ${process.platform} ${process.arch}, ${availableParallelism()} cores`;
console.log(`${parts.length} parts, ${mode} form, ${machine}; logs in ${logs}\n`);
const startMs = performance.now();
const seed = process.env['SEED'] === '' ? undefined : process.env['SEED'];
const outcomes = await runAll(parts, jobCount, { root, mode, seed, logs });
process.exitCode = summarize(outcomes, (performance.now() - startMs) / 1000) ? 0 : 1;
