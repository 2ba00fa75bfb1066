/**
 * `varve backup`: makes a backup of a database in a directory of backups.
 *
 * Owns: how the report is printed. The database is opened for it: a program that has it open makes its backups itself.
 */
import type { Command } from 'commander';

import { formatBytes, formatCount } from '../../programs/figures.ts';
import { addCommand, addDirectory, addJson, type JsonOption, parseSize } from '../arguments.ts';
import { addBackups, withProgress } from '../backup-options.ts';
import { withDatabase } from '../open-database.ts';
import { printJson, printLine } from '../output.ts';

interface BackupCommandOptions extends JsonOption {
  readonly name?: string;
  readonly rate?: number;
}

export function registerBackup(program: Command): void {
  const command = addCommand(program, 'backup', 'Make a backup in a directory of backups.', [
    'backup ./ledger ./backups',
    'backup ./ledger ./backups --name before-the-change',
    'backup ./ledger /mnt/backups --rate 50M --json',
  ]);
  addBackups(addDirectory(command)).action(runBackup);
  addJson(command)
    .option('--name <name>', 'its name in the store; by default the time')
    .option('--rate <bytes>', 'at most so many bytes a second, such as 50M', parseSize);
}

async function runBackup(
  directory: string,
  backups: string,
  { name, rate, json, keyFile }: BackupCommandOptions,
): Promise<void> {
  const report = await withDatabase(directory, { createIfMissing: false, keyFile }, (db) =>
    withProgress('backing up', json === true, (onProgress) =>
      db.backup(backups, {
        onProgress,
        ...(name === undefined ? {} : { name }),
        ...(rate === undefined ? {} : { bytesPerSecond: rate }),
      }),
    ),
  );
  if (json === true) {
    await printJson(report);
    return;
  }
  const { files, filesNew, bytes, bytesNew, sequence, time } = report;
  await printLine(
    `backup ${report.name}: sequence ${sequence}, ${time.toISOString()}; ` +
      `${formatCount(files)} files with ${formatBytes(bytes)}, ` +
      `of which ${formatCount(filesNew)} objects with ${formatBytes(bytesNew)} are new`,
  );
}
