/**
 * `varve stats`: what the engine counts, as one table or as JSON.
 *
 * Owns: the flat form of nested counters: `levels.0.tableCount`. In the table, which a person reads, sizes have units and
 * counts have groups; a histogram is its count and its mean time. JSON has all of it as it is.
 */
import type { Command } from 'commander';

import { addCommand, addDirectory, addJson, type JsonOption } from '../arguments.ts';
import { READ_ONLY, withDatabase } from '../open-database.ts';
import { printJson, printLine } from '../output.ts';
import type { LatencyStats } from '../../base/latency.ts';
import { formatBytes, formatCount, formatTable } from '../../programs/figures.ts';

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
  if (typeof value !== 'object' || value === null) return [[path, formatValue(path, value)]];
  if ('boundsMs' in value) return histogramRows(path, value as LatencyStats);
  return Object.entries(value).flatMap(([name, inner]) =>
    flatten(path === '' ? name : `${path}.${name}`, inner),
  );
}

function histogramRows(path: string, { count, totalMs }: LatencyStats): string[][] {
  const meanMs = count === 0 ? 0 : totalMs / count;
  return [
    [`${path}.count`, formatCount(count)],
    [`${path}.meanMs`, meanMs.toFixed(3)],
  ];
}

/** By the unit that ends the name. */
function formatValue(path: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number' || !Number.isFinite(value)) return JSON.stringify(value) ?? 'none';
  if (/bytes(Read|Written|Max)?$/i.test(path)) return formatBytes(value);
  return Number.isInteger(value) ? formatCount(value) : value.toFixed(3);
}
