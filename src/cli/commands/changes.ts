/**
 * `varve changes`: prints the commits that the history of a database has, and ends.
 *
 * Owns: the line formats. Plain: one line an operation: sequence, time, keyspace, kind, key, value, with tabs between. With
 * --json: one object a commit and line. Keys and values are decoded as their keyspace has recorded; what is no text is JSON.
 *
 * Without --since it begins where the history does.
 */
import type { Command } from 'commander';

import type { Change, CommitChanges } from '../../api/changes.ts';
import type { KeyspaceRef } from '../../api/keyspace-ref.ts';
import { HistoryGoneError } from '../../base/errors.ts';
import { historyStart } from '../../inspect/history-start.ts';
import type { TupleElement } from '../../bytes/tuple.ts';
import { addCommand, addDirectory, addJson, integerParser, type JsonOption } from '../arguments.ts';
import { parseMoment } from '../moments.ts';
import { type BytesDatabase, READ_ONLY, withDatabase } from '../open-database.ts';
import { ChunkWriter, isTerminal } from '../output.ts';
import { safeJson, safeLine } from '../../text/terminal-text.ts';
import { bytesToJson } from '../../text/text-form.ts';
import { elementsToJson } from '../../text/tuple-form.ts';

interface ChangesCommandOptions extends JsonOption {
  readonly since?: number | Date;
  readonly keyspace?: readonly string[];
  readonly limit?: number;
}

export function registerChanges(program: Command): void {
  const command = addCommand(program, 'changes', 'Print the commits that the history has.', [
    'changes ./ledger --limit 10',
    'changes ./ledger --since 4711 --keyspace accounts',
    'changes ./ledger --since 2026-01-31T12:00:00Z',
    'changes ./ledger --json | tail -1      # one object per commit',
  ]);
  addDirectory(command).action(runChanges);
  addJson(command, 'print one JSON object per commit')
    .option('--since <moment>', 'after this sequence, or from this time on', parseMoment)
    .option('--keyspace <name>', 'operations in this keyspace; may be given again', addName)
    .option('--limit <count>', 'at most so many commits', integerParser(0));
}

function addName(name: string, before: readonly string[] = []): readonly string[] {
  return [...before, name];
}

async function runChanges(directory: string, options: ChangesCommandOptions): Promise<void> {
  await withDatabase(directory, { ...READ_ONLY, keyFile: options.keyFile }, async (db) => {
    const spaces = await keyspacesOf(db, options.keyspace);
    const since = options.since ?? (await historyStart(db));
    const isJson = options.json === true;
    const writer = new ChunkWriter();
    let count = 0;
    try {
      if (options.limit === 0) return;
      const only = spaces === undefined ? {} : { in: spaces };
      for await (const commit of db.changes({ since, follow: false, ...only })) {
        writer.add(isJson ? `${safeJson(jsonOf(commit))}\n` : linesOf(commit));
        if (writer.isFull) await writer.flush();
        if (++count === options.limit) break;
      }
    } catch (error) {
      throw explained(error);
    } finally {
      await writer.flush();
    }
  });
}

async function keyspacesOf(
  db: BytesDatabase,
  names: readonly string[] | undefined,
): Promise<KeyspaceRef<never, unknown>[] | undefined> {
  if (names === undefined) return undefined;
  const open = async (name: string): Promise<KeyspaceRef<never, unknown>> =>
    name === db.name ? db : db.keyspace(name, { createIfMissing: false });
  return Promise.all(names.map(open));
}

/** What to do when the commits that come next are gone. */
function explained(error: unknown): unknown {
  if (!(error instanceof HistoryGoneError)) return error;
  const { oldestSequence } = error;
  const advice =
    oldestSequence === undefined
      ? 'the database keeps no history: open it with the option history'
      : `go on with --since ${oldestSequence - 1}; what is missing is in the entries alone`;
  return new HistoryGoneError(`${error.message} (${advice})`, oldestSequence, { cause: error });
}

function jsonOf({ sequence, time, operations }: CommitChanges): unknown {
  return { sequence, time, operations: operations.map(operationOf) };
}

function operationOf(change: Change): unknown {
  const { type, keyspace } = change;
  switch (change.type) {
    case 'put': {
      const { key, value, expiresAt } = change;
      const entry = { type, keyspace, key: shown(key), value: shown(value) };
      return expiresAt === undefined ? entry : { ...entry, expiresAt };
    }
    case 'del':
      return { type, keyspace, key: shown(change.key) };
    case 'delRange':
      return { type, keyspace, gte: bound(change.gteBytes), lt: bound(change.ltBytes) };
  }
}

/** Text as it is, bytes as far as they are text, and tuples in the form in which the command reads them. */
function shown(value: unknown): unknown {
  if (value instanceof Uint8Array) return bytesToJson(value, 'utf8');
  if (typeof value === 'bigint') return String(value);
  return Array.isArray(value) ? elementsToJson(value as TupleElement[]) : value;
}

function bound(bytes: Uint8Array | undefined): unknown {
  return bytes === undefined ? undefined : bytesToJson(bytes, 'utf8');
}

function linesOf({ sequence, time, operations }: CommitChanges): string {
  const lines = operations.map((change) => {
    const { type, keyspace } = change;
    const rest =
      change.type === 'delRange'
        ? [bound(change.gteBytes), bound(change.ltBytes)]
        : [shown(change.key), ...(change.type === 'put' ? [shown(change.value)] : [])];
    return [sequence, time.toISOString(), keyspace, type, ...rest.map(textOf)].join('\t');
  });
  const onTerminal = isTerminal() ? safeLine : (line: string): string => line;
  return lines.map((line) => `${onTerminal(line)}\n`).join('');
}

/** An open bound is empty. */
function textOf(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
