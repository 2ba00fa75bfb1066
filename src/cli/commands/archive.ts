/**
 * `varve archive`: ships the commits of a database that no program has open, and ends.
 *
 * Owns: how the report is printed. A program that has the database open ships them itself (`db.archive`).
 */
import type { Command } from 'commander';

import { formatBytes, formatCount } from '../../programs/figures.ts';
import { addCommand, addDirectory, addJson, type JsonOption } from '../arguments.ts';
import { addBackups, withProgress } from '../backup-options.ts';
import { withDatabase } from '../open-database.ts';
import { printJson, printLine } from '../output.ts';

export function registerArchive(program: Command): void {
  const command = addCommand(
    program,
    'archive',
    'Ship the commits that the archive of a database does not have yet.',
    ['archive ./ledger ./backups', 'archive ./ledger ./backups --json'],
  );
  addBackups(addDirectory(command)).action(runArchive);
  addJson(command);
}

async function runArchive(directory: string, backups: string, options: JsonOption): Promise<void> {
  const isJson = options.json === true;
  const settings = { createIfMissing: false, keyFile: options.keyFile };
  const stats = await withDatabase(directory, settings, (db) =>
    withProgress('archiving', isJson, async (onProgress) => {
      const archive = await db.archive(backups, { onProgress });
      await archive.close();
      return archive.stats();
    }),
  );
  const { sequence, time, segments, backups: backupCount, bytes } = stats;
  if (isJson) {
    await printJson({ sequence, time, segments, backups: backupCount, bytes });
    return;
  }
  await printLine(
    `archived up to sequence ${sequence}, ${time.toISOString()}; ` +
      `${formatCount(segments)} pieces and ${formatCount(backupCount)} backups, ${formatBytes(bytes)}`,
  );
}
