/**
 * `varve restore`: puts a database back from a directory of backups.
 *
 * Owns: how a moment is named on the command line, and how the report is printed.
 */
import type { Command } from 'commander';

import { formatBytes, formatCount } from '../../programs/figures.ts';
import { UsageError } from '../../programs/outcome.ts';
import { addCommand, addJson, type JsonOption } from '../arguments.ts';
import { addKeyFile, encryptionOf } from '../key-file.ts';
import { addBackups, withProgress } from '../backup-options.ts';
import { atOf, parseMoment } from '../moments.ts';
import { printJson, printLine } from '../output.ts';

interface RestoreCommandOptions extends JsonOption {
  readonly name?: string;
  readonly at?: number | Date;
  readonly database?: string;
}

export function registerRestore(program: Command): void {
  const command = addCommand(
    program,
    'restore',
    'Put a database back, as it is in the newest backup or was at a moment.',
    [
      'restore ./backups ./ledger',
      'restore ./backups ./ledger --name before-the-change',
      'restore ./backups ./ledger --at 2026-01-31T14:32:00Z',
      'restore ./backups ./ledger --at 4711     # a sequence',
    ],
  );
  addBackups(command)
    .argument('<directory>', 'directory of the database; absent or empty')
    .action(runRestore);
  addKeyFile(addJson(command))
    .option('--name <name>', 'exactly this backup')
    .option('--at <moment>', 'everything up to this time, or up to this sequence', parseMoment)
    .option('--database <id>', 'the database, where the backups are of several');
}

async function runRestore(
  backups: string,
  directory: string,
  { name, at, database, json, keyFile }: RestoreCommandOptions,
): Promise<void> {
  if (name !== undefined && at !== undefined) throw new UsageError('Give --name or --at, not both');
  const { restore } = await import('../../backup/backups.ts');
  const report = await withProgress('restoring', json === true, (onProgress) =>
    restore(backups, directory, {
      onProgress,
      ...atOf(at),
      ...encryptionOf({ keyFile }),
      ...(name === undefined ? {} : { name }),
      ...(database === undefined ? {} : { database }),
    }),
  );
  if (json === true) {
    await printJson(report);
    return;
  }
  const { sequence, time, files, bytes, segments } = report;
  const pieces = segments === 0 ? '' : ` and ${formatCount(segments)} pieces of the archive`;
  await printLine(
    `restored to ${report.location}: sequence ${sequence}, ${time.toISOString()}; ` +
      `backup ${report.backup}${pieces}, ${formatCount(files)} files, ${formatBytes(bytes)} read`,
  );
}
