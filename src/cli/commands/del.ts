/**
 * `varve del`: removes one key, or every key of a range.
 *
 * Owns: that nothing is removed by omission: the command wants a key or bounds, and never both.
 */
import type { Command } from 'commander';

import type { Durability } from '../../base/options.ts';
import {
  addCommand,
  addDirectory,
  addForm,
  addJson,
  addKeyspace,
  addRange,
  checkRange,
  durabilityOption,
  type FormOptions,
  formOf,
  type JsonOption,
  type KeyspaceOption,
  rangeOf,
  rangeToJson,
} from '../arguments.ts';
import type { RangeOptions } from '../../api/ranges.ts';
import { withKeyspace } from '../open-database.ts';
import { UsageError } from '../../programs/outcome.ts';
import { printJson } from '../output.ts';
import { bytesToJson, parseBytes } from '../../text/text-form.ts';

interface DelOptions extends JsonOption, FormOptions, KeyspaceOption, RangeOptions<string> {
  readonly durability: Durability;
}

export function registerDel(program: Command): void {
  const command = addCommand(program, 'del', 'Remove a key, or every key of a range.', [
    'del ./ledger alice                 # no error when there is none',
    'del ./ledger --prefix session:     # a whole range, in one step',
    'del ./ledger --gte 2023 --lt 2024',
    `del ./bank --keyspace postings --prefix '["alice"]'`,
  ]);
  addDirectory(command).argument('[key]', 'the key').action(runDel);
  addRange(addForm(addKeyspace(addJson(command)))).addOption(
    durabilityOption('acknowledge after fdatasync, or after write').default('sync'),
  );
}

async function runDel(
  directory: string,
  keyText: string | undefined,
  options: DelOptions,
): Promise<void> {
  const form = formOf(options);
  checkRange(options, form);
  if ((keyText === undefined) === (rangeOf(options, form) === undefined)) {
    throw new UsageError('Give a key to remove, or the bounds of a range');
  }
  if (keyText !== undefined) parseBytes(keyText, form); // a wrong command line opens nothing
  const { durability } = options;
  const settings = { createIfMissing: false, durability, keyFile: options.keyFile };
  const json = await withKeyspace(directory, settings, options, async (keyspace, forms) => {
    if (keyText !== undefined) {
      const key = parseBytes(keyText, forms.key);
      await keyspace.del(key);
      return { key: bytesToJson(key, forms.key) };
    }
    const range = rangeOf(options, forms.key);
    if (range !== undefined) await keyspace.delRange(range);
    return { range: rangeToJson(options, forms.key) };
  });
  if (options.json === true) await printJson({ ...json, durability });
}
