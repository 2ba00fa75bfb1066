/**
 * `varve rekey`: gives an encrypted database another key.
 *
 * Owns: its options and its answer.
 */
import type { Command } from 'commander';

import { addCommand, addDirectory, addJson, type JsonOption } from '../arguments.ts';
import { readKeyFile } from '../key-file.ts';
import { withDatabase } from '../open-database.ts';
import { printJson, printLine } from '../output.ts';
import { UsageError } from '../../programs/outcome.ts';

interface RekeyOptions extends JsonOption {
  readonly newKeyFile: string;
}

export function registerRekey(program: Command): void {
  const command = addCommand(program, 'rekey', 'Give an encrypted database another key.', [
    'rekey ./ledger --key-file old.key --new-key-file new.key',
    'compact ./ledger --key-file new.key    # afterwards: no table keeps an old database key',
  ]);
  addDirectory(command).action(runRekey);
  addJson(command).requiredOption(
    '--new-key-file <path>',
    'file with the key that opens the database from now on',
  );
}

async function runRekey(directory: string, options: RekeyOptions): Promise<void> {
  if (options.keyFile === undefined) throw new UsageError('Give --key-file, the key of today');
  const newKey = readKeyFile(options.newKeyFile);
  const settings = { createIfMissing: false, keyFile: options.keyFile };
  const report = await withDatabase(directory, settings, (db) => db.rotateKey(newKey));
  if (options.json === true) {
    await printJson({ ok: true, ...report });
    return;
  }
  const { generationCount, droppedCount } = report;
  await printLine(
    `ok: the new key opens it; database keys: ${generationCount}, dropped ${droppedCount}`,
  );
}
