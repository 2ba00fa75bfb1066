/**
 * `varve scan`: prints the entries of a range in key order.
 *
 * Owns: the line formats. Plain: key, tab, value. With --json: one object per line, so that output of any length can
 * be read as it comes. Memory stays at one chunk, and a reader that stops, as `head` does, ends the scan quietly.
 */
import type { Command } from 'commander';

import {
  addCommand,
  addDirectory,
  addForm,
  addJson,
  addKeyspace,
  addRange,
  checkRange,
  type FormOptions,
  formOf,
  integerParser,
  type JsonOption,
  type KeyspaceOption,
  rangeOf,
} from '../arguments.ts';
import type { RangeOptions } from '../../api/ranges.ts';
import { addAt, type AtOption, atOf } from '../moments.ts';
import { READ_ONLY, withKeyspace } from '../open-database.ts';
import { UsageError } from '../../programs/outcome.ts';
import { ChunkWriter, isTerminal } from '../output.ts';
import { safeJson, safeLine } from '../../text/terminal-text.ts';
import { bytesToJson, bytesToPrint, type Forms } from '../../text/text-form.ts';

interface ScanCommandOptions
  extends JsonOption, FormOptions, KeyspaceOption, AtOption, RangeOptions<string> {
  readonly reverse?: true;
  readonly limit?: number;
  readonly keys?: true;
  readonly values?: true;
}

interface LineFormat {
  readonly forms: Forms;
  readonly isJson: boolean;
  readonly hasKey: boolean;
  readonly hasValue: boolean;
}

export function registerScan(program: Command): void {
  const command = addCommand(program, 'scan', 'Print entries in key order.', [
    'scan ./ledger --prefix user: --limit 10',
    'scan ./ledger --keyspace accounts',
    `scan ./bank --keyspace postings --prefix '["alice"]'`,
    'scan ./ledger --gte a --lt n --reverse',
    'scan ./ledger --at 4711            # after the commit with this sequence',
    'scan ./ledger --keys | wc -l',
    'scan ./ledger --json | head        # one object per line',
  ]);
  addDirectory(command).action(runScan);
  addAt(addRange(addForm(addKeyspace(addJson(command, 'print one JSON object per line')))))
    .option('--reverse', 'from the last key to the first')
    .option('--limit <count>', 'at most so many entries', integerParser(0))
    .option('--keys', 'print keys alone')
    .option('--values', 'print values alone');
}

async function runScan(directory: string, options: ScanCommandOptions): Promise<void> {
  if (options.keys === true && options.values === true) {
    throw new UsageError('Give --keys or --values, not both');
  }
  checkRange(options, formOf(options));
  await withKeyspace(
    directory,
    { ...READ_ONLY, keyFile: options.keyFile },
    options,
    async (keyspace, forms) => {
      const format: LineFormat = {
        forms,
        isJson: options.json === true,
        hasKey: options.values !== true,
        hasValue: options.keys !== true,
      };
      const range = {
        ...rangeOf(options, forms.key),
        reverse: options.reverse === true,
        ...atOf(options.at),
        ...(options.limit === undefined ? {} : { limit: options.limit }),
      };
      const writer = new ChunkWriter();
      if (format.hasValue) {
        for (const [key, value] of keyspace.entries(range)) {
          addEntry(writer, key, value, format);
          if (writer.isFull) await writer.flush();
        }
      } else {
        for (const key of keyspace.keys(range)) {
          addEntry(writer, key, undefined, format);
          if (writer.isFull) await writer.flush();
        }
      }
      await writer.flush();
    },
  );
}

function addEntry(
  writer: ChunkWriter,
  key: Uint8Array,
  value: Uint8Array | undefined,
  { forms, isJson, hasKey }: LineFormat,
): void {
  if (isJson) {
    const entry = {
      ...(hasKey ? { key: bytesToJson(key, forms.key) } : {}),
      ...(value === undefined ? {} : { value: bytesToJson(value, forms.value) }),
    };
    writer.add(`${safeJson(entry)}\n`);
    return;
  }
  const onTerminal = isTerminal() ? safeLine : undefined;
  if (hasKey) writer.add(bytesToPrint(key, forms.key, onTerminal));
  if (hasKey && value !== undefined) writer.add('\t');
  if (value !== undefined) writer.add(bytesToPrint(value, forms.value, onTerminal));
  writer.add('\n');
}
