/**
 * `varve shell`: statements on one database, typed or from a script.
 *
 * Owns: how the database is opened: to write it, or as a follower when that is asked for or another process has it.
 */
import type { Command } from 'commander';

import { LockedError } from '../../base/errors.ts';
import { addCommand, addDirectory, addJson, type JsonOption } from '../arguments.ts';
import { type BytesDatabase, withDatabase } from '../open-database.ts';
import { printNote } from '../output.ts';
import type { HistoryFile } from '../shell/history-file.ts';

interface ShellOptions extends JsonOption {
  readonly readOnly?: true;
  readonly create?: true;
  readonly history: boolean;
}

export function registerShell(program: Command): void {
  const command = addCommand(
    program,
    'shell',
    'Read and write by statements, typed or from a script.',
    [
      'shell ./ledger                     # help lists the statements',
      'shell ./ledger --read-only',
      'shell ./ledger < changes.txt       # ends at the first error',
      'shell ./ledger --json < changes.txt',
    ],
  );
  addDirectory(command).action(runShellCommand);
  addJson(command, 'print results as JSON, one object per line')
    .option('--read-only', 'change nothing; follow the process that writes')
    .option('--create', 'create the database when it is missing')
    .option('--no-history', 'neither read nor keep the lines that are typed');
}

async function runShellCommand(directory: string, options: ShellOptions): Promise<void> {
  const { keyFile } = options;
  const follow = { follow: true as const, keyFile };
  if (options.readOnly === true) {
    await withDatabase(directory, follow, (db) => runOn(db, options));
    return;
  }
  let isOpen = false;
  try {
    const settings = { createIfMissing: options.create === true, keyFile };
    await withDatabase(directory, settings, (db) => {
      isOpen = true;
      return runOn(db, options);
    });
  } catch (error) {
    if (isOpen || !(error instanceof LockedError)) throw error;
    printNote('Another process has the database: this shell reads only, and follows it.');
    await withDatabase(directory, follow, (db) => runOn(db, options));
  }
}

async function runOn(db: BytesDatabase, options: ShellOptions): Promise<void> {
  const [{ runShell }, { ShellSession }] = await Promise.all([
    import('../shell/shell.ts'),
    import('../shell/shell-session.ts'),
  ]);
  await runShell({
    session: await ShellSession.begin(db),
    isJson: options.json === true,
    history: options.history ? await historyOf() : undefined,
  });
}

async function historyOf(): Promise<HistoryFile> {
  const { HistoryFile: File, historyPath } = await import('../shell/history-file.ts');
  return new File(historyPath());
}
