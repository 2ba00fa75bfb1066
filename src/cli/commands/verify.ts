/**
 * `varve verify`: reads every stored byte and checks it.
 *
 * Owns: that damage is an answer (status 1, with every place), also when it already keeps the database from opening:
 * the files are then read without opening it.
 */
import type { Command } from 'commander';

import { CorruptionError, LockedError } from '../../base/errors.ts';
import type { VerifyReport } from '../../engine/check/verify.ts';
import { addCommand, addDirectory, addJson, type JsonOption } from '../arguments.ts';
import { encryptionOf } from '../key-file.ts';
import { READ_ONLY, withDatabase } from '../open-database.ts';
import { NegativeAnswer } from '../../programs/outcome.ts';
import { printJson, printLine } from '../output.ts';
import { formatBytes, formatCount } from '../../programs/figures.ts';
import { startClock } from '../progress.ts';
import { safeLine } from '../terminal-text.ts';

export function registerVerify(program: Command): void {
  const command = addCommand(program, 'verify', 'Check every stored byte.', [
    'verify ./ledger',
    'verify ./ledger --json || echo damaged',
  ]);
  addDirectory(command).action(runVerify);
  addJson(command);
}

interface VerifyResult extends VerifyReport {
  readonly durationMs: number;
}

async function runVerify(directory: string, options: JsonOption): Promise<void> {
  const isJson = options.json === true;
  const result = await verify(directory, isJson, options);
  if (isJson) {
    const { isSound, ...facts } = result;
    await printJson({ ok: isSound, ...facts });
  } else {
    await printLine(describeResult(result));
  }
  if (!result.isSound) throw new NegativeAnswer('Damage was found');
}

async function verify(
  directory: string,
  isJson: boolean,
  { keyFile }: JsonOption,
): Promise<VerifyResult> {
  const startMs = performance.now();
  const stopClock = await startClock('verifying', isJson, () => '');
  try {
    const settings = { ...READ_ONLY, keyFile };
    const report = await withDatabase(directory, settings, (db) => db.verify());
    return { ...report, durationMs: performance.now() - startMs };
  } catch (error) {
    if (!(error instanceof CorruptionError)) throw error;
    const { verifyDirectory } = await import('../../inspect/verify-directory.ts');
    const { NodeVfs } = await import('../../vfs/node-vfs.ts');
    const encryption = encryptionOf({ keyFile });
    const report = await verifyDirectory(new NodeVfs(), directory, encryption).catch(
      (cause: unknown) => {
        throw cause instanceof LockedError ? error : cause; // the writer goes on: the first damage is what can be told
      },
    );
    return { ...withProblem(report, error), durationMs: performance.now() - startMs };
  } finally {
    stopClock();
  }
}

/** The damage that keeps the database from opening is told in any case, and only once. */
function withProblem(report: VerifyReport, error: CorruptionError): VerifyReport {
  const { file, offset, code, message } = error;
  if (report.problems.some((problem) => problem.message === message)) return report;
  const problems = [{ file, offset, code, message }, ...report.problems];
  return { ...report, isSound: false, problems };
}

function describeResult(result: VerifyResult): string {
  const { tableCount, logCount, entryCount, logOperationCount, durationMs, problems } = result;
  const checked =
    `${formatCount(tableCount)} tables with ${formatCount(entryCount)} entries, ` +
    `${formatCount(logCount)} logs with ${formatCount(logOperationCount)} operations, ` +
    `${formatBytes(result.sizeBytes + result.logSizeBytes)} checked in ` +
    `${(durationMs / 1000).toFixed(2)} s`;
  const notes = [
    ...describeHistory(result),
    ...describeIndexes(result),
    ...describeLedgers(result),
  ];
  if (result.isSound) return [`ok: ${checked}`, ...notes].join('\n');
  const lines = problems.map(({ file, message }) =>
    file === undefined || message.includes(file) ? message : `${file}: ${message}`,
  );
  return ['DAMAGED', ...lines, checked, ...notes].join('\n');
}

/** Nothing of a database without history. */
function describeHistory({ keptLogCount, keptLogSizeBytes }: VerifyReport): string[] {
  if (keptLogCount === 0) return [];
  return [`history: ${formatCount(keptLogCount)} kept logs, ${formatBytes(keptLogSizeBytes)}`];
}

/** Nothing of a database without verifiable keyspaces. */
function describeLedgers({ ledgerCount }: VerifyReport): string[] {
  return ledgerCount === 0
    ? []
    : [`ledgers: ${formatCount(ledgerCount)} held against their entries`];
}

/** Nothing of a database without indexes. */
function describeIndexes({ indexCount, uncheckedIndexes }: VerifyReport): string[] {
  const lines: string[] = [];
  if (indexCount > 0) lines.push(`indexes: ${formatCount(indexCount)} held against their rows`);
  if (uncheckedIndexes.length > 0) {
    const names = uncheckedIndexes.map(safeLine).join(', ');
    lines.push(`not checked, being not built or in want of its function or encoding: ${names}`);
  }
  return lines;
}
