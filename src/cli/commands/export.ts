/**
 * `varve export`: writes all keyspaces, or one, as JSON Lines or as a binary dump.
 *
 * Owns: the report. It goes to standard output when the entries go to a file, and to standard error otherwise.
 */
import { type Command, Option } from 'commander';

import {
  addCommand,
  addDirectory,
  addJson,
  type JsonOption,
  type KeyspaceOption,
} from '../arguments.ts';
import type { Snapshot } from '../../api/snapshot.ts';
import { addAt, type AtOption, atOf } from '../moments.ts';
import { type BytesDatabase, READ_ONLY, withDatabase } from '../open-database.ts';
import { printJson, printLine, printNote } from '../output.ts';
import { formatCount } from '../../programs/figures.ts';
import { startClock } from '../progress.ts';
import { safeLine } from '../../text/terminal-text.ts';
import {
  AT_THE_BEGINNING,
  type ExportedKeyspace,
  exportItems,
  headerOf,
} from '../transfer/database-source.ts';
import {
  type ExportFormat,
  type ExportTarget,
  fileTarget,
  standardOutput,
} from '../transfer/export-target.ts';
import type { TransferHeader, TransferItem } from '../transfer/items.ts';

interface ExportOptions extends JsonOption, KeyspaceOption, AtOption {
  readonly format: ExportFormat;
  readonly output?: string;
}

interface ExportReport {
  readonly output: string;
  readonly format: ExportFormat;
  readonly sequence: number;
  readonly isResumed: boolean;
  readonly entryCount: number;
  readonly keyspaces: readonly ExportedKeyspace[];
  /** Indexes by functions, which an import cannot declare. */
  readonly functionIndexes: readonly string[];
  readonly durationMs: number;
}

export function registerExport(program: Command): void {
  const command = addCommand(
    program,
    'export',
    'Write the entries as JSON Lines or as a binary dump, as of one moment.',
    [
      'export ./ledger > ledger.jsonl',
      'export ./ledger --output ledger.jsonl    # goes on when it was stopped',
      'export ./ledger --format dump --output ledger.dump',
      'export ./ledger --at 2026-01-31T12:00:00Z > january.jsonl',
      'export ./ledger --keyspace accounts | gzip > accounts.jsonl.gz',
    ],
  );
  addDirectory(command).action(runExport);
  addAt(addJson(command, 'print the report as JSON'))
    .option('--keyspace <name>', 'this keyspace alone, instead of all')
    .option(
      '--output <file>',
      'write this file, which must not be there, instead of standard output',
    )
    .addOption(
      new Option('--format <format>', 'JSON Lines, or the binary dump, which is smaller and faster')
        .choices(['lines', 'dump'])
        .default('lines'),
    );
}

async function runExport(directory: string, options: ExportOptions): Promise<void> {
  const isJson = options.json === true;
  let count = 0;
  const stopClock = await startClock('exporting', isJson, () => `${formatCount(count)} entries`);
  try {
    const settings = { ...READ_ONLY, keyFile: options.keyFile };
    const report = await withDatabase(directory, settings, (db) =>
      exportDatabase(db, options, (entries) => (count += entries)),
    );
    stopClock();
    if (options.output === undefined) printNote(isJson ? report : describeReport(report));
    else if (isJson) await printJson(report);
    else await printLine(describeReport(report));
  } finally {
    stopClock();
  }
}

async function exportDatabase(
  db: BytesDatabase,
  options: ExportOptions,
  onEntries: (count: number) => void,
): Promise<ExportReport> {
  const snapshot = db.snapshot(atOf(options.at));
  try {
    return await exportSnapshot(db, snapshot, options, onEntries);
  } finally {
    snapshot.close();
  }
}

async function exportSnapshot(
  db: BytesDatabase,
  snapshot: Snapshot,
  { keyspace, output, format }: ExportOptions,
  onEntries: (count: number) => void,
): Promise<ExportReport> {
  const startMs = performance.now();
  const header = await headerOf(db, snapshot, keyspace);
  const target =
    output === undefined ? standardOutput(format) : await fileTarget(output, format, header);
  try {
    const { resumed } = target;
    if (resumed === undefined) await target.write({ kind: 'header', header });
    const keyspaces = await writeItems(db, { snapshot, header, target }, onEntries);
    await target.finish();
    return {
      output: output ?? 'standard output',
      format,
      sequence: header.sequence,
      isResumed: resumed !== undefined,
      entryCount: keyspaces.entryCount,
      keyspaces: keyspaces.exported,
      functionIndexes: header.keyspaces.flatMap(({ name, functionIndexes = [] }) =>
        functionIndexes.map((index) => `${name}.${index}`),
      ),
      durationMs: performance.now() - startMs,
    };
  } finally {
    await target.close();
  }
}

interface ExportParts {
  readonly snapshot: Snapshot;
  readonly header: TransferHeader;
  readonly target: ExportTarget;
}

async function writeItems(
  db: BytesDatabase,
  { snapshot, header, target }: ExportParts,
  onEntries: (count: number) => void,
): Promise<{ readonly exported: readonly ExportedKeyspace[]; readonly entryCount: number }> {
  const exported: ExportedKeyspace[] = [];
  let entryCount = 0;
  const place = target.resumed?.place ?? AT_THE_BEGINNING;
  onEntries(place.doneCount + (place.begun?.tally.count ?? 0));
  for await (const item of exportItems(db, snapshot, target.resumed?.header ?? header, place)) {
    await target.write(item);
    note(item);
  }
  return {
    exported: [...place.done, ...exported].map(({ name, entryCount, checksum }) => ({
      name,
      entryCount,
      checksum,
    })),
    entryCount,
  };

  function note(item: TransferItem): void {
    if (item.kind === 'entries') onEntries(item.entries.length);
    if (item.kind === 'done') entryCount = item.entryCount;
    if (item.kind !== 'end') return;
    const { name, checksum } = item;
    exported.push({ name, entryCount: item.entryCount, checksum });
  }
}

function describeReport(report: ExportReport): string {
  const { keyspaces, functionIndexes } = report;
  return [
    `${formatCount(report.entryCount)} entries to ${report.output} in ` +
      `${(report.durationMs / 1000).toFixed(2)} s${report.isResumed ? ', going on with an earlier run' : ''}`,
    ...keyspaces.map(
      ({ name, entryCount, checksum }) =>
        `${safeLine(name)}: ${formatCount(entryCount)} entries, checksum ${checksum}`,
    ),
    ...functionIndexes.map(
      (name) => `note: index ${safeLine(name)} is by a function; declare it again after an import`,
    ),
  ].join('\n');
}
