/**
 * `varve prune`: removes old backups, and what nothing needs any more.
 *
 * Owns: that a rule is named, since nothing goes without one but what killed backups left.
 */
import type { Command } from 'commander';

import { formatBytes, formatCount } from '../../programs/figures.ts';
import { addCommand, addJson, integerParser, type JsonOption } from '../arguments.ts';
import { addBackups, parseDuration } from '../backup-options.ts';
import { printJson, printLine } from '../output.ts';

interface PruneCommandOptions extends JsonOption {
  readonly keepLast?: number;
  readonly keep?: number;
  readonly drop?: readonly string[];
}

export function registerPrune(program: Command): void {
  const command = addCommand(
    program,
    'prune',
    'Remove backups that no rule keeps, and what nothing needs any more.',
    [
      'prune ./backups --keep-last 7',
      'prune ./backups --keep-last 3 --keep 30d    # what either rule keeps stays',
      'prune ./backups --drop before-the-change',
      'prune ./backups                             # what killed backups left',
    ],
  );
  addBackups(command).action(runPrune);
  addJson(command)
    .option('--keep-last <count>', 'the newest of each database stay', integerParser(1))
    .option('--keep <span>', 'those made within this time stay, such as 30d', parseDuration)
    .option('--drop <name>', 'this backup goes; may be given again', addName);
}

function addName(name: string, before: readonly string[] = []): readonly string[] {
  return [...before, name];
}

async function runPrune(
  backups: string,
  { keepLast, keep, drop, json }: PruneCommandOptions,
): Promise<void> {
  const { pruneBackups } = await import('../../backup/backups.ts');
  const report = await pruneBackups(backups, {
    ...(keepLast === undefined ? {} : { keepLast }),
    ...(keep === undefined ? {} : { keepMs: keep }),
    ...(drop === undefined ? {} : { drop }),
  });
  if (json === true) {
    await printJson(report);
    return;
  }
  const { removed, kept, objects, bytes, waitingFor } = report;
  const lines = [
    `${formatCount(removed.length)} backups removed, ${formatCount(kept.length)} kept; ` +
      `${formatCount(objects)} objects with ${formatBytes(bytes)} removed`,
    ...removed.map((name) => `removed ${name}`),
    ...(waitingFor === 0
      ? []
      : [`${formatCount(waitingFor)} backups are being made: objects stay until the next prune`]),
  ];
  await printLine(lines.join('\n'));
}
