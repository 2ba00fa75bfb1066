/**
 * Hours of continuous load on real files, with kills: `make soak MINUTES=30 SEED=1`.
 *
 * Owns: the run of legs (soak/plan.ts), each a child process under load (soak/load.ts), the audit after each end
 * (soak/memory.ts) and the verdict over all samples (soak/verdict.ts).
 *
 *      audit <- end (SIGKILL, mostly) <- load and samples <- child <- leg     ... until the time is over
 *
 * It stops at the first failure and leaves the database as evidence. Exit status: 0 sound, 1 not, 2 misuse.
 * SOAK_SECONDS= stands in for MINUTES= in short runs; DIRECTORY= is where the database goes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { makeRandom, type Random } from '../test/support/prng.ts';
import { printProof } from '../test/support/proof-line.ts';
import { type ChildEnd, SoakChild } from './soak/child-process.ts';
import { runChild } from './soak/load.ts';
import { Memory } from './soak/memory.ts';
import { type Leg, nextLeg } from './soak/plan.ts';
import type { ChildSettings } from './soak/settings.ts';
import { type Check, checkSamples, describeWindows, type TimedSample } from './soak/verdict.ts';

const SAMPLES_PER_RUN = 300;
const SAMPLE_MIN_MS = 200;
const SAMPLE_MAX_MS = 5000;
const UPKEEP_MAX_MS = 7000;

interface Tally {
  killCount: number;
  cleanEndCount: number;
  auditCount: number;
  recoveryMsMax: number;
}

class Soak {
  readonly #totalMs: number;
  readonly #seed: number;
  readonly #directory: string;
  readonly #random: Random;
  readonly #memory: Memory;
  readonly #startMs = performance.now();
  readonly #samples: TimedSample[] = [];
  readonly #problems: string[] = [];
  readonly #tally: Tally = { killCount: 0, cleanEndCount: 0, auditCount: 0, recoveryMsMax: 0 };
  #steadyLeg = 0;

  constructor(totalMs: number, seed: number, directory: string) {
    this.#totalMs = totalMs;
    this.#seed = seed;
    this.#directory = directory;
    this.#random = makeRandom(seed);
    this.#memory = new Memory(directory, seed);
  }

  /** Returns whether all was well. */
  async run(): Promise<boolean> {
    await this.#memory.create();
    for (let index = 1; this.#elapsedMs() < this.#totalMs; index++) {
      const leg = nextLeg(this.#random, this.#elapsedMs(), this.#totalMs, this.#steadyLeg > 0);
      if (leg.isSteady) this.#steadyLeg = index;
      await this.#runLeg(index, leg);
      if (this.#problems.length > 0) break;
    }
    return this.#report();
  }

  #elapsedMs(): number {
    return performance.now() - this.#startMs;
  }

  async #runLeg(index: number, leg: Leg): Promise<void> {
    const child = new SoakChild(this.#settingsOf(index), {
      onBank: (client, sequence) => this.#memory.acknowledgeTransfer(client, sequence),
      onLoad: (writer, number) => this.#memory.acknowledgeCommit(writer, number),
      onSample: (sample) => this.#samples.push({ ...sample, atMs: this.#elapsedMs(), leg: index }),
    });
    await endLeg(child, leg);
    const end = await child.ended;
    this.#judgeEnd(end, leg);
    const audit = await this.#memory.audit(index, end.isClosed);
    this.#problems.push(...audit.problems);
    this.#tally.auditCount++;
    this.#tally.recoveryMsMax = Math.max(this.#tally.recoveryMsMax, audit.recoveryMs);
    const last = this.#samples.at(-1);
    const commitCount = last?.leg === index ? last.commitCount : 0;
    console.log(
      `${seconds(this.#elapsedMs()).padStart(6)} s  leg ${index}: ${leg.ending} after ` +
        `${seconds(leg.durationMs)} s, ${commitCount} commits; opened in ` +
        `${audit.recoveryMs.toFixed(0)} ms, audited in ${audit.auditMs.toFixed(0)} ms: ` +
        (this.#problems.length === 0 ? 'all well' : 'FAILED'),
    );
  }

  #settingsOf(epoch: number): ChildSettings {
    const sampleEveryMs = Math.max(
      SAMPLE_MIN_MS,
      Math.min(SAMPLE_MAX_MS, this.#totalMs / SAMPLES_PER_RUN),
    );
    return {
      directory: this.#directory,
      seed: this.#seed,
      epoch,
      lastNumbers: this.#memory.lastNumbers,
      sampleEveryMs,
      upkeepEveryMs: Math.min(UPKEEP_MAX_MS, this.#totalMs / 40),
    };
  }

  /** A child ends by our signal, or closes because we asked. Anything else is a failure, however good the data. */
  #judgeEnd(end: ChildEnd, leg: Leg): void {
    const isKilled = end.signal === 'SIGKILL' && leg.ending !== 'clean' && !end.isHung;
    const isClosed = end.status === 0 && end.isClosed && leg.ending !== 'kill';
    if (isKilled) this.#tally.killCount++;
    else if (isClosed) this.#tally.cleanEndCount++;
    else {
      const how = end.isHung ? 'fell silent' : `ended by itself: status=${end.status}`;
      this.#problems.push(`the child ${how} signal=${end.signal}\n${end.complaint}`);
    }
    this.#problems.push(...end.warnings.map((text) => `a warning: ${text}`));
  }

  #report(): boolean {
    const { killCount, cleanEndCount, auditCount, recoveryMsMax } = this.#tally;
    const elapsedMs = this.#elapsedMs();
    const audits: Check = {
      name: 'audits, ends',
      isOk: this.#problems.length === 0,
      detail:
        `${auditCount} audits after ${killCount} kills and ${cleanEndCount} clean ends, ` +
        `slowest open ${recoveryMsMax.toFixed(0)} ms`,
    };
    const checks = [audits, ...checkSamples(this.#samples, this.#steadyLeg)];
    console.log(`\n${describeWindows(this.#samples, elapsedMs).join('\n')}\n`);
    for (const { name, isOk, detail } of checks) {
      console.log(`${isOk ? 'ok    ' : 'FAILED'}  ${name}: ${detail}`);
    }
    for (const problem of this.#problems) console.log(`\n${problem}`);
    const failures = checks.filter(({ isOk }) => !isOk).length;
    printProof({
      part: 'soak',
      count: {
        'kill rounds': killCount,
        'clean ends': cleanEndCount,
        commits: this.#commitCount(),
      },
      failures,
      seconds: elapsedMs / 1000,
    });
    return failures === 0;
  }

  #commitCount(): number {
    const byLeg = new Map(this.#samples.map(({ leg, commitCount }) => [leg, commitCount]));
    return [...byLeg.values()].reduce((a, b) => a + b, 0);
  }
}

const seconds = (ms: number): string => (ms / 1000).toFixed(1);

async function endLeg(child: SoakChild, leg: Leg): Promise<void> {
  if (leg.ending !== 'kill while opening') await Promise.race([child.ready, child.ended]);
  await sleepUnlessEnded(child, leg.durationMs);
  switch (leg.ending) {
    case 'kill':
    case 'kill while opening':
      child.kill();
      break;
    case 'kill while closing':
      child.stop();
      await sleepUnlessEnded(child, leg.graceMs);
      child.kill();
      break;
    case 'clean':
      child.stop();
  }
}

/** Leaves no timer behind: it would keep this process alive for the rest of the leg. */
async function sleepUnlessEnded(child: SoakChild, ms: number): Promise<void> {
  const { promise, cancel } = cancellableSleep(ms);
  await Promise.race([promise, child.ended]);
  cancel();
}

function cancellableSleep(ms: number): { promise: Promise<void>; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  return { promise, cancel: () => clearTimeout(timer) };
}

function numberOf(name: string, fallback: number): number {
  const text = process.env[name];
  const value = text === undefined || text === '' ? fallback : Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  console.error(`${name} must be a number: found=${text}`);
  process.exit(2);
}

async function main(): Promise<void> {
  const totalMs = numberOf('SOAK_SECONDS', numberOf('MINUTES', 30) * 60) * 1000;
  const seed = numberOf('SEED', 1);
  const parent = mkdtempSync(join(process.env['DIRECTORY'] ?? tmpdir(), 'varve-soak-'));
  console.log(`Soak: ${seconds(totalMs)} s, SEED=${seed}, in ${parent}`);
  const isSound = await new Soak(totalMs, seed, join(parent, 'db')).run();
  if (isSound) rmSync(parent, { recursive: true, force: true });
  else console.log(`\nThe database is kept in ${parent}`);
  console.log(isSound ? 'Sound.' : 'NOT sound.');
  process.exitCode = isSound ? 0 : 1;
}

if (process.argv[2] === 'child') {
  await runChild(JSON.parse(process.argv[3] ?? '') as ChildSettings);
} else {
  await main();
}
