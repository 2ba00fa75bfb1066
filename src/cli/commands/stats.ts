/**
 * `varve stats`: what the engine counts, by subject, or as JSON.
 *
 * Owns: how a person reads it: the levels as a table, the rest under the name of its subject, with units and groups of
 * digits; a histogram is its count, its mean and two quantiles. JSON has all of it as it is.
 */
import type { Command } from 'commander';

import { addCommand, addDirectory, addJson, type JsonOption } from '../arguments.ts';
import { addColour, type ColourOption, type Paint, paintOf } from '../colour.ts';
import { READ_ONLY, withDatabase } from '../open-database.ts';
import { isTerminal, printJson, printLine } from '../output.ts';
import type { LatencyStats } from '../../base/latency.ts';
import type { DatabaseStats } from '../../store/stats.ts';
import { formatBytes, formatCount, formatTable } from '../../programs/figures.ts';
import { safeLine } from '../../text/terminal-text.ts';

interface StatsOptions extends JsonOption, ColourOption {}

export function registerStats(program: Command): void {
  const command = addCommand(program, 'stats', 'Print sizes, levels and counters.', [
    'stats ./ledger',
    'stats ./ledger --json | jq .recovery',
  ]);
  addDirectory(command).action(runStats);
  addColour(addJson(command));
}

async function runStats(directory: string, options: StatsOptions): Promise<void> {
  const stats = await withDatabase(directory, { ...READ_ONLY, keyFile: options.keyFile }, (db) =>
    Promise.resolve(db.stats()),
  );
  if (options.json === true) await printJson(stats);
  else await printLine(describeStats(stats, paintOf(options)));
}

function describeStats(stats: DatabaseStats, paint: Paint): string {
  const { levels, latencies, ...others } = stats;
  const alone = Object.entries(others).filter(([, value]) => !isSubject(value));
  const subjects = Object.entries(others).filter(([, value]) => isSubject(value));
  return [
    formatTable(['database', ''], rowsOf(Object.fromEntries(alone)), [0, 1]),
    section('levels', levelTable(levels), paint),
    section('latencies', latencyTable(latencies), paint),
    ...subjects.map(([name, value]) => section(name, indented(rowsOf(value as object)), paint)),
  ].join('\n\n');
}

function isSubject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function section(name: string, body: string, paint: Paint): string {
  return `${paint('bold', name)}\n${body}`;
}

function indented(rows: readonly string[][]): string {
  const width = Math.max(0, ...rows.map(([name = '']) => name.length));
  return rows.map(([name = '', value = '']) => `  ${name.padEnd(width)}  ${value}`).join('\n');
}

function levelTable(levels: DatabaseStats['levels']): string {
  const rows = levels.map(({ level, tableCount, sizeBytes, entryCount }) => [
    `  ${level}`,
    formatCount(tableCount),
    formatBytes(sizeBytes),
    formatCount(entryCount),
  ]);
  return formatTable(['  level', 'tables', 'size', 'entries'], rows);
}

function latencyTable(latencies: DatabaseStats['latencies']): string {
  const rows = Object.entries(latencies).map(([name, histogram]: [string, LatencyStats]) => {
    const { count, totalMs, p50Ms, p99Ms, maxMs } = histogram;
    const times = count === 0 ? ['-', '-', '-', '-'] : [totalMs / count, p50Ms, p99Ms, maxMs];
    return [`  ${name}`, formatCount(count), ...times.map(formatTime)];
  });
  return formatTable(
    ['  operation', 'count', 'mean ms', 'p50 below', 'p99 below', 'longest'],
    rows,
  );
}

function formatTime(value: number | string): string {
  return typeof value === 'string' ? value : value.toFixed(3);
}

function rowsOf(value: object, path = ''): string[][] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    const inside = path === '' ? name : `${path}.${name}`;
    return typeof inner === 'object' && inner !== null
      ? rowsOf(inner, inside)
      : [[inside, formatValue(name, inner)]];
  });
}

/** By the unit that ends the name. */
function formatValue(name: string, value: unknown): string {
  if (typeof value === 'string') return isTerminal() ? safeLine(value) : value;
  if (value === undefined) return 'none';
  if (typeof value !== 'number' || !Number.isFinite(value)) return JSON.stringify(value);
  if (/bytes(Read|Written|Max)?$/i.test(name)) return formatBytes(value);
  return Number.isInteger(value) ? formatCount(value) : value.toFixed(3);
}
