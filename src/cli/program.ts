/**
 * The command line as a whole: which commands there are, and how a run of one ends.
 *
 * Owns: the exit status, and the one place where an error becomes a message.
 *
 *   0  done                         3  storage error, with its code on standard error
 *   1  the answer is no             4  another process has the database
 *   2  the command line is wrong      130  interrupted
 *
 * The process ends by itself. When it does not, some object was not closed.
 */
import { Command, CommanderError } from 'commander';

import { LockedError } from '../base/errors.ts';
import { registerArchive } from './commands/archive.ts';
import { registerBackup } from './commands/backup.ts';
import { registerBackups } from './commands/backups.ts';
import { registerBank } from './commands/bank.ts';
import { registerBench } from './commands/bench.ts';
import { registerChanges } from './commands/changes.ts';
import { registerCompact } from './commands/compact.ts';
import { registerCompletions } from './commands/completions.ts';
import { registerConsumers } from './commands/consumers.ts';
import { registerCount } from './commands/count.ts';
import { registerDel } from './commands/del.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerDump } from './commands/dump.ts';
import { registerExport } from './commands/export.ts';
import { registerGet } from './commands/get.ts';
import { registerImport } from './commands/import.ts';
import { registerIndex } from './commands/index.ts';
import { registerKeyspaces } from './commands/keyspaces.ts';
import { registerLedger } from './commands/ledger.ts';
import { registerMigrate } from './commands/migrate.ts';
import { registerPrune } from './commands/prune.ts';
import { registerPut } from './commands/put.ts';
import { registerRekey } from './commands/rekey.ts';
import { registerRepair } from './commands/repair.ts';
import { registerRestore } from './commands/restore.ts';
import { registerScan } from './commands/scan.ts';
import { registerShell } from './commands/shell.ts';
import { registerStats } from './commands/stats.ts';
import { registerStudio } from './commands/studio.ts';
import { registerVerify } from './commands/verify.ts';
import {
  BrokenPipeError,
  InterruptedError,
  NegativeAnswer,
  UsageError,
} from '../programs/outcome.ts';
import { guardStandardStreams, printError } from './output.ts';
import { packageVersion } from './package-version.ts';

const EXIT_NEGATIVE = 1;
const EXIT_USAGE = 2;
const EXIT_STORAGE = 3;
const EXIT_LOCKED = 4;
/** 128 and the number of SIGINT, as a shell reports it. */
const EXIT_INTERRUPTED = 130;

const HELP = `
Every command takes --json, and --help shows its options and examples.

Examples:
  $ varve put ./ledger alice 100
  $ varve get ./ledger alice
  $ varve scan ./ledger --prefix user: --limit 10
  $ varve bank                      # move money, kill the process, count again

Exit status: 0 done, 1 the answer is no (absent key, failed audit or verification),
2 wrong command line, 3 storage error, 4 the database is locked by another process.`;

function buildProgram(): Command {
  const program = new Command('varve');
  program
    .description('Work with a Varve database from the shell.')
    .version(packageVersion(), '-V, --version')
    .exitOverride()
    .addHelpText('after', HELP);
  // A wrong command line is reported by runCommandLine, once, in the form that --json asks for.
  program.configureOutput({ outputError: () => undefined });
  registerGet(program);
  registerPut(program);
  registerDel(program);
  registerScan(program);
  registerCount(program);
  registerChanges(program);
  registerConsumers(program);
  registerKeyspaces(program);
  registerIndex(program);
  registerLedger(program);
  registerShell(program);
  registerStats(program);
  registerStudio(program);
  registerExport(program);
  registerImport(program);
  registerMigrate(program);
  registerCompact(program);
  registerVerify(program);
  registerDump(program);
  registerDoctor(program);
  registerRepair(program);
  registerBackup(program);
  registerRestore(program);
  registerBackups(program);
  registerPrune(program);
  registerArchive(program);
  registerRekey(program);
  registerBank(program);
  registerBench(program);
  registerCompletions(program);
  return program;
}

/** Runs one command and sets the exit status. Never rejects. */
export async function runCommandLine(args: readonly string[]): Promise<void> {
  guardStandardStreams();
  try {
    await buildProgram().parseAsync([...args], { from: 'user' });
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    if (shouldPrint(error)) printError(error, wantsJson(args));
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof BrokenPipeError) return 0;
  if (error instanceof NegativeAnswer) return EXIT_NEGATIVE;
  if (error instanceof InterruptedError) return EXIT_INTERRUPTED;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  if (error instanceof UsageError) return EXIT_USAGE;
  return error instanceof LockedError ? EXIT_LOCKED : EXIT_STORAGE;
}

function shouldPrint(error: unknown): boolean {
  if (error instanceof BrokenPipeError || error instanceof NegativeAnswer) return false;
  // Help and version have been printed, also when help came unasked since no command was named.
  if (error instanceof CommanderError) return error.exitCode !== 0 && !isHelp(error);
  return !(error instanceof InterruptedError);
}

const isHelp = (error: CommanderError): boolean => error.code === 'commander.help';

/** Read from the raw arguments, since the command line may be one that does not parse. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).includes('--json');
}
