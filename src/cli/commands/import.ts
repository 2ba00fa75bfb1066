/**
 * `varve import`: writes an export, lines of entries, or the entries of another engine into a database.
 *
 * Owns: what is a source, and the report. An import that was stopped goes on when the same command runs again.
 */
import { type Command, Option } from 'commander';

import {
  addCommand,
  addDirectory,
  addJson,
  type JsonOption,
  type KeyspaceOption,
} from '../arguments.ts';
import { encryptionOf } from '../key-file.ts';
import { withDatabase } from '../open-database.ts';
import { NegativeAnswer, UsageError } from '../../programs/outcome.ts';
import { printJson, printLine } from '../output.ts';
import { formatCount } from '../../programs/figures.ts';
import { startClock } from '../progress.ts';
import { safeLine } from '../../text/terminal-text.ts';
import { encodingNamed } from '../../migrate/keyspace-copy.ts';
import { importEntries, type ImportReport } from '../transfer/import-run.ts';
import type { ImportSource, SaidForm, SaidOfEntries } from '../transfer/import-source.ts';
import { importedFile } from '../transfer/imported-file.ts';

const ENGINES = ['level', 'lmdb', 'sqlite'] as const;

interface ImportOptions extends JsonOption, KeyspaceOption {
  readonly from?: (typeof ENGINES)[number];
  readonly into?: string;
  readonly keys?: SaidForm;
  readonly values?: SaidForm;
  readonly table?: readonly string[];
  readonly merge?: true;
  readonly discard?: true;
}

export function registerImport(program: Command): void {
  const command = addCommand(
    program,
    'import',
    'Write an export, lines of entries, or the entries of another engine. Goes on when it was stopped.',
    [
      'import ./copy ledger.jsonl',
      'import ./copy ledger.dump --keyspace accounts',
      'import ./b - < entries.jsonl               # lines of varve scan --json too',
      'import ./copy ./old-level --from level --keys text --values json',
      'import ./copy ./old.mdb --from lmdb --keys text --values json',
      'import ./copy shop.sqlite --from sqlite --table orders --table customers',
    ],
  );
  addDirectory(command)
    .argument('<source>', 'a file, - for standard input, or the database of another engine')
    .action(runImport);
  addJson(command)
    .addOption(
      new Option('--from <engine>', 'the source is a database of this engine').choices(ENGINES),
    )
    .option('--keyspace <name>', 'only this keyspace of an export')
    .option('--into <name>', 'the keyspace for entries of a source that is no export')
    .addOption(
      new Option('--keys <form>', 'what keys of such a source are').choices([
        'bytes',
        'text',
        'tuple',
      ]),
    )
    .addOption(
      new Option('--values <form>', 'what its values are').choices([
        'bytes',
        'text',
        'json',
        'tuple',
      ]),
    )
    .option(
      '--table <name>',
      'only this table; may be repeated',
      (name: string, names?: string[]) => [...(names ?? []), name],
    )
    .option('--merge', 'write into keyspaces that are not empty, over what is there')
    .option('--discard', 'forget another import that did not end');
}

async function runImport(directory: string, path: string, options: ImportOptions): Promise<void> {
  checkOptions(options);
  const isJson = options.json === true;
  const startMs = performance.now();
  let count = 0;
  const stopClock = await startClock('importing', isJson, () => `${formatCount(count)} entries`);
  let report: ImportReport;
  const source = await openSource(path, options);
  try {
    checkTarget(source, options);
    await recordEncodings(directory, source, options);
    const settings = { createIfMissing: true, keyFile: options.keyFile };
    report = await withDatabase(directory, settings, (db) =>
      importEntries(db, source, {
        only: options.keyspace,
        isMerging: options.merge === true,
        isDiscarding: options.discard === true,
        onEntries: (added) => (count += added),
        nowMs: Date.now,
      }),
    );
  } finally {
    stopClock();
    await source.close();
  }
  const durationMs = performance.now() - startMs;
  if (isJson) {
    const { isEqual, ...facts } = report;
    await printJson({ ok: isEqual, source: source.name, ...facts, durationMs });
  } else {
    await printLine(describeReport(report, source.name, durationMs));
  }
  if (!report.isEqual) throw new NegativeAnswer('The target differs');
}

function checkOptions({ from, table }: ImportOptions): void {
  if (table !== undefined && from !== 'sqlite' && from !== 'lmdb') {
    throw new UsageError('--table needs --from sqlite or --from lmdb');
  }
}

function checkTarget({ hasEnds, keyspaces }: ImportSource, options: ImportOptions): void {
  const { into, keys, values, keyspace } = options;
  if (hasEnds && (into ?? keys ?? values) !== undefined) {
    throw new UsageError('--into, --keys and --values are for sources that are no export');
  }
  if (into !== undefined && keyspaces.length > 1) {
    throw new UsageError('--into takes one table: name it with --table');
  }
  if (!hasEnds && keyspace !== undefined && keyspaces.length === 1) {
    throw new UsageError('--keyspace chooses one of an export; --into names the target');
  }
}

async function openSource(path: string, options: ImportOptions): Promise<ImportSource> {
  const { from, into = 'default', keys, values, table: tables = [] } = options;
  const said: SaidOfEntries = { into, keys, values, tables };
  if (from === undefined) return importedFile(path, said);
  if (from === 'sqlite') {
    const { sqliteSource } = await import('../transfer/sqlite-source.ts');
    return sqliteSource(path, said, options.into);
  }
  const { levelSource, lmdbSource } = await import('../transfer/engine-sources.ts');
  return from === 'level' ? levelSource(path, said) : lmdbSource(path, said);
}

/** The encodings of the database's own entries are recorded by an open, those of others by `db.keyspace`. */
async function recordEncodings(
  directory: string,
  { keyspaces }: ImportSource,
  { keyspace: only, keyFile }: ImportOptions,
): Promise<void> {
  const own = keyspaces.find(({ name }) => name === 'default');
  if (own === undefined || (only !== undefined && only !== own.name)) return;
  const { keyEncoding, valueEncoding } = own;
  if (keyEncoding === undefined && valueEncoding === undefined) return;
  const { open } = await import('../../api/open.ts');
  const db = await open(directory, {
    keyEncoding: encodingNamed(keyEncoding),
    valueEncoding: encodingNamed(valueEncoding),
    ...encryptionOf({ keyFile }),
  });
  await db.close();
}

function describeReport(report: ImportReport, source: string, durationMs: number): string {
  const lines = [
    `${report.isEqual ? 'ok' : 'DIFFERENT'}: ${formatCount(report.entryCount)} entries from ${source} in ` +
      `${(durationMs / 1000).toFixed(2)} s${report.isResumed ? ', going on with an earlier run' : ''}`,
  ];
  for (const keyspace of report.keyspaces) {
    const { name, entryCount, checksum, isEqual, targetEntryCount, targetChecksum } = keyspace;
    const read = `${safeLine(name)}: ${formatCount(entryCount)} entries, checksum ${checksum}`;
    if (isEqual === undefined) lines.push(`${read}; not compared, since it was not empty`);
    else if (isEqual) lines.push(`${read}; the same in the database`);
    else lines.push(`${read}; the database has ${targetEntryCount}, checksum ${targetChecksum}`);
    if (keyspace.expiredCount > 0) {
      lines.push(`${safeLine(name)}: ${formatCount(keyspace.expiredCount)} had expired`);
    }
  }
  const notes = report.undeclaredIndexes.map(
    (name) => `note: declare index ${safeLine(name)} again, in the program that has its code`,
  );
  return [...lines, ...notes].join('\n');
}
