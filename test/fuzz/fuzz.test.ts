/**
 * No decoder does anything with damaged bytes but refuse them by name, or decode what they say.
 *
 * FUZZ_INPUTS is how many inputs each target gets, FUZZ_SEED where they start: `make fuzz INPUTS=1000000 SEED=7`.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { CorruptionError } from '../../src/base/errors.ts';
import { printTestProof } from '../support/proof-line.ts';
import { makeDatabaseTarget } from './database-target.ts';
import { ENCRYPTION_TARGETS } from './encryption-targets.ts';
import { fuzz, type FuzzReport, type FuzzTarget, WrongResult } from './fuzzer.ts';
import { makeHistoryTarget } from './history-target.ts';
import { makeIndexTargets } from './index-targets.ts';
import { JOB_TARGETS } from './job-targets.ts';
import { LOG_TARGETS } from './log-targets.ts';
import { PROOF_TARGETS } from './proof-targets.ts';
import { equalBlockCounts, TABLE_TARGETS } from './table-targets.ts';

const INPUTS = Number(process.env['FUZZ_INPUTS'] ?? 3000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
const TARGETS = [
  ...LOG_TARGETS,
  ...TABLE_TARGETS,
  ...JOB_TARGETS,
  ...ENCRYPTION_TARGETS,
  ...PROOF_TARGETS,
  await makeDatabaseTarget(),
  ...(await makeIndexTargets()),
  await makeHistoryTarget(),
];

const reports = new Map<string, FuzzReport>();

afterAll(() => {
  const inputCount = [...reports.values()].reduce((sum, report) => sum + report.inputCount, 0);
  printTestProof('fuzz', { 'fuzz inputs': inputCount, decoders: reports.size });
  if (process.env['FUZZ_INPUTS'] === undefined) return;
  const rows = [...reports].map(([target, report]) => ({
    target,
    inputs: report.inputCount,
    accepted: report.acceptedCount,
    corrupt: report.refusals['CorruptionError'] ?? 0,
    incompatible: report.refusals['IncompatibleFormatError'] ?? 0,
    invalid: report.refusals['InvalidArgumentError'] ?? 0,
    'growth KiB': Math.round(report.growthSizeBytesMax / 1024),
  }));
  console.table(rows);
});

describe('damaged bytes', () => {
  it.each(TARGETS)('$name: refused by name, or decoded as they stand', async (target) => {
    const count = Math.ceil(INPUTS / (target.cost ?? 1));
    const report = await fuzz(target, SEED, count);
    reports.set(target.name, report);
    // Mutations that are always or never refused would test nothing behind the first check.
    if (target.name !== 'job protocol') expect(report.refusedCount).toBeGreaterThan(0);
    expect(report.acceptedCount).toBeGreaterThan(0);
  });
});

describe('the fuzzer', () => {
  it('starts from blocks of either layout, of data and of an index', () => {
    const { data, index } = equalBlockCounts();
    expect(data).toBeGreaterThan(5);
    expect(index).toBeGreaterThan(0);
  });

  const planted = (run: FuzzTarget['run']): FuzzTarget => ({
    name: 'planted',
    valid: [Uint8Array.of(1, 2, 3, 4)],
    run: (input) => (input.bytes[0] === 1 ? undefined : run(input)),
  });
  const attempt = (run: FuzzTarget['run']): Promise<FuzzReport> => fuzz(planted(run), 1, 200);

  it('counts refusals', async () => {
    const report = await attempt(() => {
      throw new CorruptionError('refused');
    });
    expect(report.refusals['CorruptionError']).toBe(report.refusedCount);
    expect(report.refusedCount + report.acceptedCount).toBe(200);
  });

  it('finds any other exception', async () => {
    await expect(attempt(({ bytes }) => void bytes[9]!.toString())).rejects.toThrow(
      /seed=1 index=\d+/,
    );
  });

  it('finds a wrong result', async () => {
    const wrong = attempt(() => {
      throw new WrongResult('planted');
    });
    await expect(wrong).rejects.toThrow('planted');
  });

  it('finds a length that was believed', async () => {
    const kept: Uint8Array[] = [];
    await expect(attempt(() => void kept.push(new Uint8Array(2 ** 26)))).rejects.toThrow(
      'Memory grew',
    );
  });

  it('wants its valid inputs to be accepted', async () => {
    const target: FuzzTarget = {
      name: 'refuser',
      valid: [Uint8Array.of(1)],
      run: () => {
        throw new CorruptionError('never right');
      },
    };
    await expect(fuzz(target, 1, 0)).rejects.toThrow('never right');
  });
});
