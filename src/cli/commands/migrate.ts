/**
 * `varve migrate`: moves a database between directories and servers, beside the programs that write to it.
 *
 * Owns: the report. The command goes on with an earlier run that did not end. With --follow it runs until it is interrupted,
 * and the next run without it ends the migration.
 */
import type { Command } from 'commander';

import type { MigrationEnd } from '../../migrate/ends.ts';
import type { MigrationProgress, MigrationReport } from '../../migrate/migration-run.ts';
import { AbortedError } from '../../base/errors.ts';
import { formatCount } from '../../programs/figures.ts';
import { InterruptedError, NegativeAnswer, UsageError } from '../../programs/outcome.ts';
import { addCommand, addJson, type JsonOption } from '../arguments.ts';
import { addKeyFile, encryptionOf } from '../key-file.ts';
import { printJson, printLine, printNote } from '../output.ts';
import { startClock } from '../progress.ts';
import { safeLine } from '../../text/terminal-text.ts';

interface MigrateCommandOptions extends JsonOption {
  readonly toKeyFile?: string;
  readonly once?: true;
  readonly follow?: true;
  readonly restart?: true;
}

export function registerMigrate(program: Command): void {
  const command = addCommand(
    program,
    'migrate',
    'Move a database to another directory, or to servers and back. Goes on when it was stopped.',
    [
      'migrate ./ledger etcd://10.0.0.1,10.0.0.2,10.0.0.3/ledger',
      'migrate ./ledger postgres://db.example.org/ledger --follow   # until Ctrl-C; then without --follow',
      'migrate postgres://db.example.org/ledger ./ledger',
      'migrate ./ledger ./copy --once --to-key-file ./key',
    ],
  );
  addKeyFile(command)
    .argument('<from>', 'directory or connection string; it is only read')
    .argument('<to>', 'directory or connection string, where nothing is yet')
    .action(runMigrate);
  addJson(command)
    .option('--to-key-file <path>', 'file with the key of the directory <to>, which is encrypted')
    .option('--once', 'copy one state; commits that come meanwhile stay behind')
    .option('--follow', 'go on applying commits until it is interrupted')
    .option('--restart', 'delete what an earlier run has written, and begin again');
}

async function runMigrate(from: string, to: string, options: MigrateCommandOptions): Promise<void> {
  const { once = false, follow = false, restart = false } = options;
  if (once && follow) throw new UsageError('Give --once or --follow, not both');
  const isJson = options.json === true;
  const startMs = performance.now();
  let last: MigrationProgress | undefined;
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const name of signals) process.once(name, interrupt);
  const stopClock = await startClock('migrating', isJson, () => noteOf(last));
  let report: MigrationReport;
  try {
    const { migrate } = await import('../../migrate/migrate.ts');
    report = await migrate(endOf(from, options.keyFile), endOf(to, options.toKeyFile), {
      once,
      follow,
      restart,
      signal: interrupted.signal,
      onProgress: (progress) => (last = progress),
    });
  } catch (error) {
    stopClock();
    if (!(error instanceof AbortedError) || !interrupted.signal.aborted) throw error;
    printNote(isJson ? { ...last, isInterrupted: true } : stoppedNote(last));
    throw new InterruptedError('Interrupted');
  } finally {
    stopClock();
    for (const name of signals) process.removeListener(name, interrupt);
  }
  const durationMs = performance.now() - startMs;
  if (isJson) await printJson({ ok: report.isEqual, ...report, durationMs });
  else await printLine(describeReport(report, durationMs));
  if (!report.isEqual) throw new NegativeAnswer('The target differs');
}

function endOf(location: string, keyFile: string | undefined): MigrationEnd {
  return keyFile === undefined ? location : { location, ...encryptionOf({ keyFile }) };
}

function noteOf(progress: MigrationProgress | undefined): string {
  if (progress === undefined) return '';
  const { phase, copiedCount, commitCount, behind } = progress;
  return (
    `${phase}: ${formatCount(copiedCount)} entries, ${formatCount(commitCount)} commits, ` +
    (behind === 0 ? 'caught up' : `behind by ${formatCount(behind)}`)
  );
}

function stoppedNote(progress: MigrationProgress | undefined): string {
  return (
    `stopped: ${noteOf(progress)}${progress === undefined ? '' : `, as of sequence ${progress.sequence}`}. ` +
    'The same command goes on from here; without --follow it ends the migration.'
  );
}

function describeReport(report: MigrationReport, durationMs: number): string {
  const { isEqual, isResumed, copiedCount, commitCount, sequence } = report;
  const lines = [
    `${isEqual ? 'ok' : 'DIFFERENT'}: ${formatCount(copiedCount)} entries and ${formatCount(commitCount)} commits in ` +
      `${(durationMs / 1000).toFixed(2)} s, as of sequence ${sequence}` +
      (isResumed ? ', going on with an earlier run' : ''),
  ];
  for (const keyspace of report.keyspaces) {
    const { name, entryCount, checksum, targetEntryCount, targetChecksum } = keyspace;
    const read = `${safeLine(name)}: ${formatCount(entryCount)} entries, checksum ${checksum}`;
    const found = `the target has ${formatCount(targetEntryCount)}, checksum ${targetChecksum}`;
    lines.push(`${read}; ${keyspace.isEqual ? 'the same in the target' : found}`);
  }
  if (report.indexCount > 0) {
    lines.push(
      `${formatCount(report.indexCount)} indexes of the target were checked against their rows`,
    );
  }
  lines.push(
    ...report.problems.map((problem) => `problem: ${safeLine(problem)}`),
    ...report.undeclaredIndexes.map(
      (name) => `note: declare index ${safeLine(name)} again, in the program that has its code`,
    ),
  );
  return lines.join('\n');
}
