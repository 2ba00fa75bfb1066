/**
 * `varve stats`: what the engine counts, as one table or as JSON.
 *
 * Owns: the flat form of nested counters: `levels.0.tableCount`.
 */
import type { Command } from 'commander';

import { addCommand, addDirectory, addJson, type JsonOption } from '../arguments.ts';
import { READ_ONLY, withDatabase } from '../open-database.ts';
import { printJson, printLine } from '../output.ts';
import { formatTable } from '../../programs/figures.ts';

export function registerStats(program: Command): void {
  const command = addCommand(program, 'stats', 'Print sizes, levels and counters.', [
    'stats ./ledger',
    'stats ./ledger --json | jq .recovery',
  ]);
  addDirectory(command).action(runStats);
  addJson(command);
}

async function runStats(directory: string, options: JsonOption): Promise<void> {
  const stats = await withDatabase(directory, { ...READ_ONLY, keyFile: options.keyFile }, (db) =>
    Promise.resolve(db.stats()),
  );
  if (options.json === true) {
    await printJson(stats);
    return;
  }
  await printLine(formatTable(['name', 'value'], flatten('', stats), [0, 1]));
}

function flatten(path: string, value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[path, formatValue(value)]];
  return Object.entries(value).flatMap(([name, inner]) =>
    flatten(path === '' ? name : `${path}.${name}`, inner),
  );
}

function formatValue(value: unknown): string {
  if (typeof value === 'number' && !Number.isInteger(value)) return value.toFixed(3);
  return String(value);
}
