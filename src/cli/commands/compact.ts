/**
 * `varve compact`: rewrites the tables now, so that deleted and replaced entries give their space back.
 *
 * Owns: the sizes before and after, which are those of the files and not of the engine's counters.
 */
import type { Command } from 'commander';

import {
  addCommand,
  addDirectory,
  addForm,
  addJson,
  addKeyspace,
  checkRange,
  type FormOptions,
  formOf,
  type JsonOption,
  type KeyspaceOption,
  rangeOf,
} from '../arguments.ts';
import { directorySize } from '../directory-size.ts';
import { formsOf, withDatabase } from '../open-database.ts';
import { printJson, printLine } from '../output.ts';
import { formatBytes } from '../../programs/figures.ts';
import { startClock } from '../progress.ts';

interface CompactOptions extends JsonOption, FormOptions, KeyspaceOption {
  readonly gte?: string;
  readonly lt?: string;
  readonly prefix?: string;
}

export function registerCompact(program: Command): void {
  const command = addCommand(program, 'compact', 'Rewrite tables to reclaim space now.', [
    'compact ./ledger                   # all keyspaces',
    'compact ./ledger --keyspace accounts',
    'compact ./ledger --prefix user:',
    "compact ./ledger --gte user: --lt 'user;'",
  ]);
  addDirectory(command).action(runCompact);
  addForm(addKeyspace(addJson(command)))
    .option('--gte <key>', 'only from this key on')
    .option('--lt <key>', 'only below this key')
    .option('--prefix <prefix>', 'only keys that start like this');
}

async function runCompact(directory: string, options: CompactOptions): Promise<void> {
  checkRange(options, formOf(options));
  const isJson = options.json === true;
  const result = await withDatabase(
    directory,
    { createIfMissing: false, keyFile: options.keyFile },
    async (db) => {
      const range = rangeOf(options, (await formsOf(db, options)).key);
      const beforeSizeBytes = directorySize(directory);
      const startMs = performance.now();
      const stopClock = await startClock('compacting', isJson, () =>
        formatBytes(directorySize(directory)),
      );
      try {
        await db.flush();
        if (options.keyspace !== undefined) {
          const keyspace = await db.keyspace(options.keyspace, { createIfMissing: false });
          await keyspace.compact(range);
        } else {
          await db.compact(range);
        }
      } finally {
        stopClock();
      }
      return { beforeSizeBytes, durationMs: performance.now() - startMs };
    },
  );
  const afterSizeBytes = directorySize(directory); // once closed, when obsolete files are gone
  if (isJson) {
    await printJson({ ...result, afterSizeBytes });
    return;
  }
  const sizes = `${formatBytes(result.beforeSizeBytes)} -> ${formatBytes(afterSizeBytes)}`;
  await printLine(`${sizes} in ${(result.durationMs / 1000).toFixed(2)} s`);
}
