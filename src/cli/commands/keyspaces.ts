/**
 * `varve keyspaces`: lists the keyspaces of a database, drops one, or renames one.
 *
 * Owns: that one call does one of the three, and that entries without a time to live have null for it as JSON.
 */
import type { Command } from 'commander';

import type { IndexInfo } from '../../api/keyspace-info.ts';
import { addCommand, addDirectory, addJson, type JsonOption } from '../arguments.ts';
import { READ_ONLY, withDatabase } from '../open-database.ts';
import { UsageError } from '../../programs/outcome.ts';
import { printJson, printLine } from '../output.ts';
import { formatBytes, formatTable } from '../../programs/figures.ts';
import { safeLine } from '../terminal-text.ts';

interface KeyspacesOptions extends JsonOption {
  readonly drop?: string;
  readonly rename?: string;
  readonly to?: string;
}

export function registerKeyspaces(program: Command): void {
  const command = addCommand(program, 'keyspaces', 'List keyspaces, drop one, or rename one.', [
    'keyspaces ./ledger',
    'keyspaces ./ledger --drop sessions',
    'keyspaces ./ledger --rename user --to users',
  ]);
  addDirectory(command).action(runKeyspaces);
  addJson(command)
    .option('--drop <name>', 'drop this one, with all its entries')
    .option('--rename <name>', 'rename this one')
    .option('--to <name>', 'its new name');
}

async function runKeyspaces(directory: string, options: KeyspacesOptions): Promise<void> {
  const { drop, rename, to } = options;
  if ((rename === undefined) !== (to === undefined)) {
    throw new UsageError('Give --rename and --to together');
  }
  if (drop !== undefined && rename !== undefined) {
    throw new UsageError('Give --drop or --rename, not both');
  }
  const isRead = drop === undefined && rename === undefined;
  const settings = isRead ? READ_ONLY : { createIfMissing: false };
  const keyspaces = await withDatabase(
    directory,
    { ...settings, keyFile: options.keyFile },
    async (db) => {
      if (drop !== undefined) await db.dropKeyspace(drop);
      if (rename !== undefined && to !== undefined) await db.renameKeyspace(rename, to);
      return db.keyspaces();
    },
  );
  if (options.json === true) {
    // JSON has no Infinity.
    await printJson(keyspaces.map((each) => ({ ...each, ttlMs: finiteOrNull(each.ttlMs) })));
    return;
  }
  const rows = keyspaces.map((each) => [
    safeLine(each.name),
    safeLine(each.keyEncoding ?? 'bytes'),
    safeLine(each.valueEncoding ?? 'bytes'),
    String(each.tableCount),
    formatBytes(each.sizeBytes),
    Number.isFinite(each.ttlMs) ? `${each.ttlMs} ms` : '-',
    each.isVerifiable ? `${each.mode}, verifiable` : each.mode,
    each.indexes.map(describeIndex).join(', '),
  ]);
  const headings = [
    'name',
    'keys',
    'values',
    'tables up to',
    'size',
    'time to live',
    'mode',
    'indexes',
  ];
  await printLine(formatTable(headings, rows, [0, 1, 2, 6, 7]));
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function describeIndex({ name, isReady }: IndexInfo): string {
  return isReady ? safeLine(name) : `${safeLine(name)} (not built)`;
}
