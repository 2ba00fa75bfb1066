/**
 * `varve doctor`: one page on a database: what is healthy, what is not, and what to do.
 *
 * Owns: the findings, each with its advice. Status 0 means that nothing is wrong; what only deserves a look is no
 * failure. Status 1 means that something is wrong. Nothing is created, and a database that another process has open is
 * left alone.
 */
import { existsSync, statfsSync, statSync } from 'node:fs';
import type { Command } from 'commander';

import type { KeyspaceInfo } from '../../api/keyspace-info.ts';
import { resolveOptions } from '../../base/options.ts';
import {
  CorruptionError,
  IncompatibleFormatError,
  LockedError,
  StorageError,
} from '../../base/errors.ts';
import type { DatabaseStats } from '../../store/stats.ts';
import type { VerifyReport } from '../../engine/check/verify.ts';
import { addCommand, addDirectory, addJson, type JsonOption } from '../arguments.ts';
import { directorySize } from '../directory-size.ts';
import { withDatabase } from '../open-database.ts';
import { isTerminal, messageOf, printJson, printLine } from '../output.ts';
import { NegativeAnswer } from '../../programs/outcome.ts';
import { formatBytes, formatCount } from '../../programs/figures.ts';
import { safeLine, safeText } from '../terminal-text.ts';
import { IMPORT_KEYSPACE } from '../transfer/items.ts';

interface DoctorOptions extends JsonOption {
  readonly verify?: true;
}

type Status = 'ok' | 'look' | 'wrong';

interface Finding {
  readonly about: string;
  readonly status: Status;
  readonly finding: string;
  /** What to do; absent when that is nothing. */
  readonly advice?: string;
}

/** What an open database tells. */
interface Examined {
  readonly stats: DatabaseStats;
  readonly keyspaces: readonly KeyspaceInfo[];
  readonly report: VerifyReport | undefined;
}

const FREE_BYTES_MIN = 512 * 1024 * 1024;

export function registerDoctor(program: Command): void {
  const command = addCommand(
    program,
    'doctor',
    'Say what is healthy, what is not, and what to do.',
    [
      'doctor ./ledger',
      'doctor ./ledger --verify           # reads every byte too',
      'doctor ./ledger --json || echo ill',
    ],
  );
  addDirectory(command).action(runDoctor);
  addJson(command).option('--verify', 'check every stored byte');
}

async function runDoctor(directory: string, options: DoctorOptions): Promise<void> {
  const findings = await examine(directory, options.verify === true);
  const isHealthy = findings.every(({ status }) => status !== 'wrong');
  if (options.json === true) await printJson({ ok: isHealthy, directory, findings });
  else await printLine(describeFindings(findings));
  if (!isHealthy) throw new NegativeAnswer('Something is wrong');
}

async function examine(directory: string, isDeep: boolean): Promise<Finding[]> {
  if (!existsSync(directory)) {
    const advice = 'Check the path. A program that opens it creates a database there.';
    return [wrong('directory', `Nothing is there: path=${directory}`, advice)];
  }
  let examined: Examined;
  try {
    examined = await withDatabase(directory, { createIfMissing: false }, async (db) => ({
      report: isDeep ? await db.verify() : undefined,
      stats: db.stats(),
      keyspaces: await db.keyspaces(),
    }));
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return [refusal(error), ...spaceOf(directory)];
  }
  return [
    ok('open', `Opens in ${Math.round(examined.stats.recovery.durationMs)} ms`),
    ...recoveryOf(examined.stats),
    ...treeOf(examined.stats),
    ...keyspacesOf(examined.keyspaces),
    ...damageOf(examined.report, directory),
    ...spaceOf(directory),
  ];
}

function ok(about: string, finding: string): Finding {
  return { about, status: 'ok', finding };
}

function look(about: string, finding: string, advice: string): Finding {
  return { about, status: 'look', finding, advice };
}

function wrong(about: string, finding: string, advice: string): Finding {
  return { about, status: 'wrong', finding, advice };
}

/** Why it does not open. */
function refusal(error: StorageError): Finding {
  const message = messageOf(error);
  if (error instanceof LockedError) {
    const advice = 'Run this when that process has ended, or ask it for db.stats().';
    return look('open', message, advice);
  }
  if (error instanceof CorruptionError) {
    const advice =
      'Restore a backup, or save what is sound: varve verify <directory>, then varve repair <directory> <new directory>.';
    return wrong('open', message, advice);
  }
  if (error instanceof IncompatibleFormatError) {
    return wrong('open', message, 'Use the version of Varve that has written it, or a newer one.');
  }
  return wrong('open', message, adviceFor(error));
}

/** By the system's code where there is one, and by what was found otherwise. */
function adviceFor(error: StorageError): string {
  const code: unknown = Reflect.get(error, 'systemCode');
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return 'Give this user the right to read and write the directory and its files; an open needs both.';
  }
  if (code === 'EMFILE' || code === 'ENFILE') return 'Raise the limit of open files: ulimit -n.';
  if (code === 'ENOSPC') return 'Free space on this disk.';
  if (/holds a database of (LevelDB|LMDB|SQLite)/.test(error.message)) {
    return 'Import it into a new directory: varve import <new directory> <this one> --from level, lmdb or sqlite.';
  }
  return 'Name the directory of a database of Varve.';
}

function recoveryOf({ recovery }: DatabaseStats): Finding[] {
  const { cutBytes, orphanCount, operationCount, durationMs } = recovery;
  const findings: Finding[] = [];
  if (cutBytes > 0) {
    const finding = `The end of the log was cut by a crash: ${formatBytes(cutBytes)}, never acknowledged as durable`;
    findings.push(ok('recovery', finding));
  }
  if (orphanCount > 0) {
    findings.push(
      ok('recovery', `${formatCount(orphanCount)} files of work that a crash cut short`),
    );
  }
  if (durationMs > 5000) {
    const finding = `Opening read ${formatCount(operationCount)} operations from logs`;
    findings.push(look('recovery', finding, 'Call db.flush() before the close for quicker opens.'));
  }
  return findings;
}

function treeOf({ levels, tables }: DatabaseStats): Finding[] {
  const { level0SlowdownTrigger } = resolveOptions({});
  const [level0] = levels;
  const count = level0?.tableCount ?? 0;
  const size = `${formatCount(tables.count)} tables, ${formatBytes(tables.sizeBytes)}`;
  if (count < level0SlowdownTrigger) return [ok('tables', size)];
  const finding = `${size}; level 0 has ${formatCount(count)}, where writes are slowed`;
  return [look('tables', finding, 'Run varve compact, or leave it open: compaction goes on.')];
}

function keyspacesOf(keyspaces: readonly KeyspaceInfo[]): Finding[] {
  const findings: Finding[] = [];
  for (const { name, indexes } of keyspaces) {
    if (name === IMPORT_KEYSPACE) {
      const advice = 'Run the same varve import again: it goes on where it was stopped.';
      findings.push(look('import', 'An import did not end', advice));
    }
    for (const index of indexes.filter(({ isReady }) => !isReady)) {
      const finding = `Index is not built: keyspace=${name} index=${index.name}`;
      const advice = 'Run varve index build, or open the database in the program that declares it.';
      findings.push(look('indexes', finding, advice));
    }
  }
  const indexCount = keyspaces.reduce((sum, { indexes }) => sum + indexes.length, 0);
  const counts = `${formatCount(keyspaces.length)} keyspaces, ${formatCount(indexCount)} indexes`;
  return [ok('keyspaces', counts), ...findings];
}

function damageOf(report: VerifyReport | undefined, directory: string): Finding[] {
  if (report === undefined) return [];
  if (report.isSound) {
    const size = formatBytes(report.sizeBytes + report.logSizeBytes);
    return [ok('bytes', `All checksums match: ${size}`)];
  }
  const [first] = report.problems;
  const finding = `${formatCount(report.problems.length)} damaged places; the first: ${first?.message ?? ''}`;
  const advice = `Restore a backup, or save what is sound: varve repair ${directory} <new directory>.`;
  return [wrong('bytes', finding, advice)];
}

/** A compaction needs room for what it rewrites. */
function spaceOf(directory: string): Finding[] {
  if (!statSync(directory).isDirectory()) return [];
  const { bavail, bsize } = statfsSync(directory);
  const freeBytes = bavail * bsize;
  const sizeBytes = directorySize(directory);
  const finding = `${formatBytes(freeBytes)} free, the database has ${formatBytes(sizeBytes)}`;
  if (freeBytes >= Math.max(FREE_BYTES_MIN, sizeBytes / 10)) return [ok('disk', finding)];
  const advice = 'Free space: compactions write new tables before they remove old ones.';
  return [look('disk', finding, advice)];
}

const MARKS: Readonly<Record<Status, string>> = { ok: 'ok', look: 'LOOK', wrong: 'WRONG' };

function describeFindings(findings: readonly Finding[]): string {
  const safe = isTerminal() ? safeLine : safeText;
  const lines = findings.flatMap(({ about, status, finding, advice }) => {
    const line = `${MARKS[status].padEnd(5)}  ${about.padEnd(9)}  ${safe(finding)}`;
    return advice === undefined ? [line] : [line, `${' '.repeat(18)}${safe(advice)}`];
  });
  const wrongCount = findings.filter(({ status }) => status === 'wrong').length;
  const lookCount = findings.filter(({ status }) => status === 'look').length;
  const summary =
    wrongCount > 0
      ? 'Something is wrong.'
      : lookCount > 0
        ? 'Nothing is wrong; some of it deserves a look.'
        : 'Healthy.';
  return [...lines, '', summary].join('\n');
}
