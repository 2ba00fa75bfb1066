/**
 * The soak in its short form, and proof that what judges it can say no.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { WriterLedger } from '../../crash-tests/soak/ledger.ts';
import { nextLeg } from '../../crash-tests/soak/plan.ts';
import { PIPELINE_MAX, type Sample } from '../../crash-tests/soak/settings.ts';
import { checkFlat, checkSamples, type TimedSample } from '../../crash-tests/soak/verdict.ts';
import { commitOf, type Stamp, stampOf, valueOf } from '../../crash-tests/soak/writer-plan.ts';
import { makeRandom } from '../support/prng.ts';
import { parseProof } from '../support/proof-line.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const EPOCH = 1;
const WRITER = 3;
const MIB = 1024 * 1024;

/** The content of a database after these commits. */
function entriesAfter(numbers: readonly number[]): Map<number, Stamp> {
  const entries = new Map<number, Stamp>();
  for (const number of numbers) {
    for (const each of commitOf(SEED, EPOCH, WRITER, number).operations) {
      if (each.type === 'put') {
        const { slot, length } = each;
        entries.set(slot, { writer: WRITER, epoch: EPOCH, number, slot, length });
      } else if (each.type === 'del') entries.delete(each.slot);
      else for (let slot = each.first; slot <= each.last; slot++) entries.delete(slot);
    }
  }
  return entries;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

function settle(acknowledged: number, entries: Map<number, Stamp>): string[] {
  const ledger = new WriterLedger(SEED, WRITER);
  ledger.acknowledge(acknowledged);
  return ledger.settle(entries, EPOCH);
}

/** The first commit from `number` on that has at least so many puts. */
function commitWithPuts(number: number, putCount: number): number {
  for (let at = number; ; at++) {
    const { operations } = commitOf(SEED, EPOCH, WRITER, at);
    if (operations.filter(({ type }) => type === 'put').length >= putCount) return at;
  }
}

describe(`the ledger of a writer, seed=${SEED}`, () => {
  it('accepts every acknowledged commit and up to a pipeline more (G1, G2)', () => {
    for (let more = 0; more <= PIPELINE_MAX; more++) {
      expect(settle(200, entriesAfter(upTo(200 + more)))).toEqual([]);
    }
  });

  it('goes on from what it found, in a new epoch', () => {
    const ledger = new WriterLedger(SEED, WRITER);
    ledger.acknowledge(50);
    expect(ledger.settle(entriesAfter(upTo(53)), EPOCH)).toEqual([]);
    expect(ledger.settle(entriesAfter(upTo(53)), EPOCH + 1)).toEqual([]);
    expect(ledger.settle(entriesAfter(upTo(50)), EPOCH + 2)).not.toEqual([]);
  });

  it('refuses a lost acknowledged commit (G2)', () => {
    const last = commitWithPuts(200, 1);
    expect(settle(last, entriesAfter(upTo(last - 1)))).not.toEqual([]);
  });

  it('refuses a hole (G1)', () => {
    const hole = commitWithPuts(300, 2);
    const numbers = upTo(hole + 1).filter((number) => number !== hole);
    expect(settle(hole + 1, entriesAfter(numbers))).not.toEqual([]);
    expect(settle(hole - 1, entriesAfter(numbers))).not.toEqual([]);
  });

  it('refuses half a commit (G1)', () => {
    const last = commitWithPuts(200, 3);
    const entries = entriesAfter(upTo(last));
    const half = [...entries.values()].find(({ number }) => number === last);
    entries.delete(half!.slot); // the last commit puts something
    expect(settle(last - 1, entries)).not.toEqual([]);
  });

  it('refuses entries that no commit wrote (G2)', () => {
    const number = commitWithPuts(210 + PIPELINE_MAX, 1);
    expect(settle(200, entriesAfter(upTo(number)))).not.toEqual([]);
  });

  it('tells a value from one with any character changed (W3)', () => {
    const stamp = { writer: WRITER, epoch: EPOCH, number: 7, slot: 9, length: 80 };
    const value = valueOf(stamp);
    expect(stampOf(value, WRITER, 9)).toEqual(stamp);
    expect(stampOf(value, WRITER, 8)).toBeUndefined();
    for (let i = 0; i < value.length; i++) {
      const changed = `${value.slice(0, i)}~${value.slice(i + 1)}`;
      expect(stampOf(changed, WRITER, 9), `character ${i}`).toBeUndefined();
    }
  });
});

const SAMPLE: Sample = {
  ageMs: 0,
  rssBytes: 200 * MIB,
  heapBytes: 20 * MIB,
  externalBytes: 10 * MIB,
  arrayBufferBytes: 5 * MIB,
  descriptorCount: 50,
  fileCount: 60,
  tableCount: 50,
  sizeBytes: 40 * MIB,
  ...{ delayP99Ms: 1, delayMaxMs: 20, stallCount: 0, stallMs: 0 },
  ...{ commitCount: 0, flushCount: 0, compactionCount: 0 },
};

/** Ten minutes of samples, one every five seconds. */
function samplesWith(change: (index: number) => Partial<Sample>): TimedSample[] {
  return Array.from({ length: 120 }, (_, index) => {
    const ageMs = index * 5000;
    return { ...SAMPLE, ageMs, atMs: ageMs, leg: 1, ...change(index) };
  });
}

describe('the verdict', () => {
  it('accepts noise and a process that warms up', () => {
    const { below } = makeRandom(SEED);
    const samples = samplesWith((index) => ({
      rssBytes: (Math.min(200, 80 + 5 * index) + below(20)) * MIB,
    }));
    expect(checkSamples(samples, 1).filter(({ isOk }) => !isOk)).toEqual([]);
  });

  it.each(['rssBytes', 'heapBytes', 'externalBytes'] as const)('refuses a leak in %s', (field) => {
    const samples = samplesWith((index) => ({ [field]: (100 + index) * MIB }));
    expect(checkFlat(field, samples, field).isOk).toBe(false);
  });

  it('refuses files and descriptors that pile up', () => {
    for (const field of ['descriptorCount', 'fileCount'] as const) {
      const samples = samplesWith((index) => ({ [field]: 40 + 4 * index }));
      expect(checkSamples(samples, 1).filter(({ isOk }) => !isOk)).toHaveLength(1);
    }
  });
});

describe('the plan', () => {
  it.each([20, 1800])('of %i seconds has one steady leg and several kills', (seconds) => {
    const random = makeRandom(SEED);
    const totalMs = seconds * 1000;
    const legs = [];
    let elapsedMs = 0;
    while (elapsedMs < totalMs) {
      const leg = nextLeg(
        random,
        elapsedMs,
        totalMs,
        legs.some(({ isSteady }) => isSteady),
      );
      legs.push(leg);
      elapsedMs += leg.durationMs + 100;
    }
    expect(legs.filter(({ isSteady }) => isSteady)).toHaveLength(1);
    expect(legs.filter(({ ending }) => ending.startsWith('kill')).length).toBeGreaterThan(3);
    expect(elapsedMs).toBeLessThan(totalMs * 1.2);
  });
});

describe('a soak', () => {
  it('of 10 seconds keeps every promise through kills', () => {
    const root = fileURLToPath(new URL('../../', import.meta.url));
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['scripts/run-ts.mjs', 'crash-tests/soak.ts'],
      {
        cwd: root,
        encoding: 'utf8',
        env: { ...process.env, SOAK_SECONDS: '10', SEED: String(SEED) },
      },
    );
    expect(status, `${stdout}\n${stderr}`).toBe(0);
    const proofs = stdout.split('\n').flatMap((line) => parseProof(line) ?? []);
    expect(proofs, stdout).toHaveLength(1);
    expect(proofs[0]).toMatchObject({ part: 'soak', failures: 0 });
    expect(proofs[0]?.count['kill rounds']).toBeGreaterThan(0);
  });
});
