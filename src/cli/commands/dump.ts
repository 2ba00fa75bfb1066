/**
 * `varve dump`: what a file of a database holds: a log, a table, a manifest.
 *
 * Owns: the line formats. Plain: the record and its facts as `name=value`, long values cut. With --json: one object a line,
 * whole. It works beside a writer, and on a file that is damaged, up to the damage.
 */
import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { Argument, type Command } from 'commander';

import { describeKey } from '../../bytes/bytes.ts';
import { DEFAULT_KEYSPACE } from '../../bytes/keyspace-number.ts';
import { keySourceOf } from '../../encryption/encryption-options.ts';
import type { DumpedKey, DumpRecord, DumpSource, OnRecord } from '../../inspect/dump.ts';
import { UsageError } from '../../programs/outcome.ts';
import { parseFileName } from '../../vfs/filenames.ts';
import { addCommand, addJson, integerParser, type JsonOption } from '../arguments.ts';
import { addKeyFile, encryptionOf } from '../key-file.ts';
import { ChunkWriter, isTerminal } from '../output.ts';
import { safeJson, safeLine } from '../../text/terminal-text.ts';
import { bytesToJson } from '../../text/text-form.ts';

const KINDS = ['log', 'table', 'manifest'] as const;
type Kind = (typeof KINDS)[number];

interface DumpOptions extends JsonOption {
  readonly limit?: number;
}

/** Characters of one fact on a line. */
const FACT_LENGTH_MAX = 160;

export function registerDump(program: Command): void {
  const command = addCommand(program, 'dump', 'Print what a log, table or manifest holds.', [
    'dump manifest ./ledger/MANIFEST-000007',
    'dump log ./ledger/000012.log --limit 20',
    'dump table ./ledger/000009.sst --json | tail -1',
  ]);
  command
    .addArgument(new Argument('<kind>', 'what it is').choices(KINDS))
    .argument('<file>', 'the file, in the directory of its database')
    .action(runDump);
  addJson(addKeyFile(command), 'print one JSON object per record').option(
    '--limit <count>',
    'at most so many records',
    integerParser(1),
  );
}

/** Ends a dump that has printed enough. */
class EnoughError extends Error {
  override readonly name = 'EnoughError';
}

async function runDump(kind: Kind, file: string, options: DumpOptions): Promise<void> {
  const path = resolve(file);
  const named = parseFileName(basename(path));
  if (!existsSync(path)) throw new UsageError(`There is no such file: path=${path}`);
  if (named?.kind !== kind) {
    const found = named === undefined ? 'no file of a database' : `a ${named.kind}`;
    throw new UsageError(
      `The name of the file says that it is ${found}: path=${path} kind=${kind}`,
    );
  }
  const [{ dumpLog, dumpManifest, dumpTable }, { NodeVfs }, { unlockedVfs }] = await Promise.all([
    import('../../inspect/dump.ts'),
    import('../../vfs/node-vfs.ts'),
    import('../../version/database-keys.ts'),
  ]);
  const source: DumpSource = {
    vfs: await unlockedVfs(
      new NodeVfs(),
      dirname(path),
      keySourceOf(encryptionOf(options).encryption),
    ),
    path,
    number: named.number,
  };
  const dump = { log: dumpLog, table: dumpTable, manifest: dumpManifest }[kind];
  await printed((onRecord) => dump(source, onRecord), options);
}

/** What was dumped before an error is printed first. */
async function printed(
  dump: (onRecord: OnRecord) => Promise<void>,
  { json, limit }: DumpOptions,
): Promise<void> {
  const writer = new ChunkWriter();
  const safe = isTerminal() ? safeLine : (line: string): string => line;
  let count = 0;
  try {
    await dump(async (record) => {
      if (count++ === limit) throw new EnoughError();
      const lines = json === true ? [safeJson(jsonOf(record))] : linesOf(record).map(safe);
      for (const line of lines) writer.add(`${line}\n`);
      if (writer.isFull) await writer.flush();
    });
  } catch (error) {
    if (!(error instanceof EnoughError)) throw error;
  } finally {
    await writer.flush();
  }
}

function isKey(value: unknown): value is DumpedKey {
  return typeof value === 'object' && value !== null && 'keyspace' in value && 'key' in value;
}

/** Bytes as text or base64. */
function jsonOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return bytesToJson(value, 'utf8');
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, jsonOf(inner)]));
}

/** Parts of an edit have a line each, below it; operations are below their frame. */
function linesOf(record: DumpRecord): string[] {
  const { record: kind, ...facts } = record;
  const lines = [`${kind === 'operation' ? '  ' : ''}${kind}`];
  for (const [name, value] of Object.entries(facts)) {
    if (value === undefined || value === false) continue;
    if (Array.isArray(value)) {
      for (const each of value) lines.push(`  ${name} ${partOf(each)}`);
    } else {
      lines[0] += ` ${name}=${textOf(value)}`;
    }
  }
  return lines;
}

function partOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .filter(([, inner]) => inner !== undefined && inner !== false)
    .map(([name, inner]) => `${name}=${textOf(inner)}`)
    .join(' ');
}

function textOf(value: unknown): string {
  if (isKey(value)) {
    const { keyspace, key } = value;
    return keyspace === DEFAULT_KEYSPACE ? describeKey(key) : `#${keyspace}/${describeKey(key)}`;
  }
  const text =
    value instanceof Uint8Array
      ? JSON.stringify(bytesToJson(value, 'utf8'))
      : typeof value === 'string'
        ? value
        : JSON.stringify(jsonOf(value));
  return text.length > FACT_LENGTH_MAX ? `${text.slice(0, FACT_LENGTH_MAX)}...` : text;
}
