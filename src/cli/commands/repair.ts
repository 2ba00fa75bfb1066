/**
 * `varve repair`: writes what is sound in a damaged database into a new one.
 *
 * Owns: how the report is printed. Status 0 means that nothing is lost, 1 that something is; in both cases the new
 * database is there and whole.
 */
import type { Command } from 'commander';

import type { RepairLoss, RepairReport } from '../../inspect/repair-report.ts';
import { splitTreeKey } from '../../bytes/keyspace-number.ts';
import { addCommand, addDirectory, addJson, type JsonOption } from '../arguments.ts';
import { NegativeAnswer } from '../../programs/outcome.ts';
import { encryptionOf } from '../key-file.ts';
import { printJson, printLine } from '../output.ts';
import { formatCount } from '../../programs/figures.ts';
import { startClock } from '../progress.ts';
import { bytesToJson } from '../../text/text-form.ts';

export function registerRepair(program: Command): void {
  const command = addCommand(
    program,
    'repair',
    'Save what is sound in a damaged database into a new directory.',
    ['repair ./ledger ./ledger-repaired', 'repair ./ledger ./ledger-repaired --json'],
  );
  addDirectory(command)
    .argument('<target>', 'directory of the new database; absent or empty')
    .action(runRepair);
  addJson(command);
}

async function runRepair(directory: string, target: string, options: JsonOption): Promise<void> {
  const isJson = options.json === true;
  const { repair } = await import('../../inspect/repair.ts');
  const startMs = performance.now();
  const stopClock = await startClock('repairing', isJson, () => '');
  let report: RepairReport;
  try {
    report = await repair(directory, target, encryptionOf(options));
  } finally {
    stopClock();
  }
  const durationMs = performance.now() - startMs;
  if (isJson) {
    const { isComplete, losses, ...facts } = report;
    await printJson({ ok: isComplete, ...facts, losses: losses.map(lossToJson), durationMs });
  } else {
    await printLine(await describeReport(report, durationMs));
  }
  if (!report.isComplete) throw new NegativeAnswer('Something is lost');
}

function lossToJson({ lower, upper, ...facts }: RepairLoss): Record<string, unknown> {
  return {
    ...facts,
    ...(lower === undefined ? {} : { lower: keyToJson(lower) }),
    ...(upper === undefined ? {} : { upper: keyToJson(upper) }),
  };
}

/** A key in the tree: the number of its keyspace, and the key as its user has encoded it. */
function keyToJson(key: Uint8Array): Record<string, unknown> {
  const { keyspace, userKey } = splitTreeKey(key);
  return { keyspace, key: bytesToJson(userKey, 'utf8') };
}

async function describeReport(report: RepairReport, durationMs: number): Promise<string> {
  const { describeLoss } = await import('../../inspect/repair-report.ts');
  const { tableCount, damagedTableCount, blockCount, lostBlockCount } = report;
  const { logCount, damagedLogCount, frameCount, lostStretchCount } = report;
  const lines = [
    `${report.isComplete ? 'ok: nothing is lost' : 'SOMETHING IS LOST'}: ` +
      `${formatCount(report.entryCount)} entries saved to ${report.target}`,
    `tables: ${formatCount(tableCount)}, damaged ${formatCount(damagedTableCount)}; ` +
      `blocks: ${formatCount(blockCount)} read, ${formatCount(lostBlockCount)} lost`,
    `logs: ${formatCount(logCount)}, damaged ${formatCount(damagedLogCount)}; ` +
      `frames: ${formatCount(frameCount)} read, ${formatCount(lostStretchCount)} stretches lost`,
    ...report.losses.map((loss) => `lost ${describeLoss(loss)}`),
    ...report.notes.map((note) => `note: ${note}`),
    `done in ${(durationMs / 1000).toFixed(2)} s`,
  ];
  return lines.join('\n');
}
