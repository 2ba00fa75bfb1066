/**
 * `varve count`: prints how many entries a range has.
 *
 * Owns: the form of the answer. A count of 0 is an answer like any other, and ends with status 0.
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
  type JsonOption,
  type KeyspaceOption,
  rangeOf,
} from '../arguments.ts';
import type { RangeOptions } from '../../api/ranges.ts';
import { addAt, type AtOption, atOf } from '../moments.ts';
import { READ_ONLY, withKeyspace } from '../open-database.ts';
import { printJson, printLine } from '../output.ts';

interface CountOptions
  extends JsonOption, FormOptions, KeyspaceOption, AtOption, RangeOptions<string> {}

export function registerCount(program: Command): void {
  const command = addCommand(program, 'count', 'Print how many entries there are.', [
    'count ./ledger',
    'count ./ledger --prefix user:',
    'count ./ledger --keyspace accounts --at 2026-01-31T12:00:00Z',
    'count ./ledger --json              # {"count":17}',
  ]);
  addDirectory(command).action(runCount);
  addAt(addRange(addForm(addKeyspace(addJson(command)))));
}

async function runCount(directory: string, options: CountOptions): Promise<void> {
  checkRange(options, formOf(options));
  const count = await withKeyspace(
    directory,
    { ...READ_ONLY, keyFile: options.keyFile },
    options,
    (keyspace, forms) => keyspace.count({ ...rangeOf(options, forms.key), ...atOf(options.at) }),
  );
  await (options.json === true ? printJson({ count }) : printLine(String(count)));
}
