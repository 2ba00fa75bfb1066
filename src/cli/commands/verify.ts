/**
 * `varve verify`: reads every stored byte and checks it.
 *
 * Owns: that damage is an answer (status 1, with the places), also when it already keeps the database from opening.
 */
import type { Command } from 'commander';

import { CorruptionError } from '../../base/errors.ts';
import type { VerifyReport } from '../../db/verify.ts';
import { addCommand, addDirectory, addJson, type JsonOption } from '../arguments.ts';
import { withDatabase } from '../open-database.ts';
import { NegativeAnswer } from '../outcome.ts';
import { formatBytes, formatCount, printJson, printLine } from '../output.ts';
import { startClock } from '../progress.ts';

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
  const result = await verify(directory, isJson);
  if (isJson) {
    const { isSound, ...facts } = result;
    await printJson({ ok: isSound, ...facts });
  } else {
    await printLine(describeResult(result));
  }
  if (!result.isSound) throw new NegativeAnswer('Damage was found');
}

async function verify(directory: string, isJson: boolean): Promise<VerifyResult> {
  const startMs = performance.now();
  const stopClock = await startClock('verifying', isJson, () => '');
  try {
    const settings = { createIfMissing: false };
    const report = await withDatabase(directory, settings, (db) => db.verify());
    return { ...report, durationMs: performance.now() - startMs };
  } catch (error) {
    if (!(error instanceof CorruptionError)) throw error;
    return { ...unopened(error), durationMs: performance.now() - startMs };
  } finally {
    stopClock();
  }
}

/** Damage that keeps the database from opening. */
function unopened({ file, offset, code, message }: CorruptionError): VerifyReport {
  const problems = [{ file, offset, code, message }];
  return { isSound: false, tableCount: 0, entryCount: 0, sizeBytes: 0, problems };
}

function describeResult(result: VerifyResult): string {
  const { tableCount, entryCount, sizeBytes, durationMs, problems } = result;
  const checked =
    `${formatCount(tableCount)} tables, ${formatCount(entryCount)} entries, ` +
    `${formatBytes(sizeBytes)} checked in ${(durationMs / 1000).toFixed(2)} s`;
  if (result.isSound) return `ok: ${checked}`;
  const lines = problems.map(({ file, message }) =>
    file === undefined || message.includes(file) ? message : `${file}: ${message}`,
  );
  return ['DAMAGED', ...lines, checked].join('\n');
}
