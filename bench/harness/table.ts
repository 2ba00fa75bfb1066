/**
 * Results as text: for the terminal, and as Markdown.
 */
import { machineLine } from '../../src/programs/bench/suite.ts';
import { formatBytes, formatCount, formatTable } from '../../src/programs/figures.ts';
import { WARM_SECONDS_MIN } from './measure.ts';
import {
  aimText,
  bestPeer,
  type Comparison,
  missingIds,
  OWN_ENGINE,
  ratioToBest,
  type Row,
  spreadText,
  verdictOf,
} from './results.ts';

const MIB = 1024 * 1024;

/** Engines that were measured, ours first. */
function measuredEngines({ engines }: Comparison): string[] {
  return engines.filter(({ problem }) => problem === undefined).map(({ name }) => name);
}

function headingsOf(names: readonly string[]): string[] {
  return ['work', 'unit', ...names, 'best peer', 'ratio', 'aim', ''];
}

function cellsOf(row: Row, names: readonly string[]): string[] {
  const ratio = ratioToBest(row);
  return [
    row.title,
    row.unit,
    ...names.map((name) => spreadText(row.engines[name])),
    bestPeer(row)?.name ?? '-',
    ratio === undefined ? '-' : `${ratio.toFixed(2)}x`,
    aimText(row),
    verdictOf(row) ?? '-',
  ];
}

export function textTable(comparison: Comparison): string {
  const names = measuredEngines(comparison);
  const rows = comparison.rows.map((row) => cellsOf(row, names));
  return formatTable(headingsOf(names), rows);
}

export function markdownTable(comparison: Comparison): string {
  const names = measuredEngines(comparison);
  const headings = headingsOf(names);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = headings.map((_, column) => (column === 0 ? '---' : '---:'));
  const rows = comparison.rows.map((row) => line(cellsOf(row, names)));
  return [line(headings), line(rule), ...rows].join('\n');
}

/** Machine, sizes, versions and settings: without them no figure means anything. */
export function describeSetting(comparison: Comparison): string[] {
  const { machine, sizes, runCount, startedAt, engines } = comparison;
  const rawSize = formatBytes(sizes.entryCount * (16 + sizes.valueSizeBytes));
  return [
    machineLine(machine),
    `${formatCount(sizes.entryCount)} entries, keys: ${sizes.keyShape}, values of ${sizes.valueSizeBytes} B ` +
      `(half random, half zero): ${rawSize}; seed ${sizes.seed}`,
    ...endedText(comparison),
    `Median of ${runCount} interleaved runs [lowest-highest], each in a process of its own; ${startedAt}`,
    `Reads, durable writes, YCSB and transfers go on for at least ${sizes.secondsMin} s, after ${WARM_SECONDS_MIN} s untimed`,
    `Block or page cache ${sizes.cacheSizeBytes / MIB} MiB, memtables ${sizes.writeBufferSizeBytes / MIB} MiB`,
    ...engines.map(({ name, version, problem, idioms }) =>
      problem === undefined
        ? `${name} ${version ?? ''}: ${idioms.join('; ')}`
        : `${name}: not measured: ${problem.split('\n')[0] ?? ''}`,
    ),
  ];
}

/** Which rows a run has that was ended before its last. */
function endedText(comparison: Comparison): string[] {
  const missing = missingIds(comparison);
  if (missing.length === 0) return [];
  const { length } = comparison.rows;
  return [
    `Ended after ${length} rows of ${length + missing.length}; without ${missing.join(', ')}`,
  ];
}

export function failuresOf({ rows }: Comparison): string[] {
  return rows.flatMap(({ id, engines }) =>
    Object.entries(engines).flatMap(([name, { error }]) =>
      error === undefined ? [] : [`${id}, ${name}: ${error}`],
    ),
  );
}

/** Rows in which we are behind the best peer, worst first. */
export function behindOf({ rows }: Comparison): Row[] {
  return rows
    .filter((row) => verdictOf(row) === 'behind' && row.engines[OWN_ENGINE] !== undefined)
    .sort((a, b) => (ratioToBest(a) ?? 0) - (ratioToBest(b) ?? 0));
}

/** Latencies and such, one line for each row that has them. */
export function factLines({ rows }: Comparison): string[] {
  return rows.flatMap((row) =>
    Object.entries(row.engines).flatMap(([name, { facts }]) => {
      const entries = Object.entries(facts);
      if (entries.length === 0) return [];
      const text = entries.map(([fact, value]) => `${fact} ${value.toFixed(1)}`).join(', ');
      return [`${row.id}, ${name}: ${text}`];
    }),
  );
}
