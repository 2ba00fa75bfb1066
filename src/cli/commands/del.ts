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
  durabilityOption,
  type FormOptions,
  formOf,
  type JsonOption,
  type KeyspaceOption,
  keyspaceOf,
  rangeOf,
} from '../arguments.ts';
import type { RangeOptions } from '../../api/ranges.ts';
import { withKeyspace } from '../open-database.ts';
import { UsageError } from '../../programs/outcome.ts';
import { printJson } from '../output.ts';
import { bytesToJson, parseBytes } from '../text-form.ts';

interface DelOptions extends JsonOption, FormOptions, KeyspaceOption, RangeOptions<string> {
  readonly durability: Durability;
}

export function registerDel(program: Command): void {
  const command = addCommand(program, 'del', 'Remove a key, or every key of a range.', [
    'del ./ledger alice                 # no error when there is none',
    'del ./ledger --prefix session:     # a whole range, in one step',
    'del ./ledger --gte 2023 --lt 2024',
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
  const range = rangeOf(options, form);
  if ((keyText === undefined) === (range === undefined)) {
    throw new UsageError('Give a key to remove, or the bounds of a range');
  }
  const key = keyText === undefined ? undefined : parseBytes(keyText, form);
  const { durability } = options;
  const settings = { createIfMissing: false, durability, ...keyspaceOf(options) };
  await withKeyspace(directory, settings, async (keyspace) => {
    if (key !== undefined) await keyspace.del(key);
    if (range !== undefined) await keyspace.delRange(range);
  });
  if (options.json !== true) return;
  const bounds = Object.entries(range ?? {}).map(([name, bytes]: [string, Uint8Array]) => [
    name,
    bytesToJson(bytes, form),
  ]);
  await printJson(
    key === undefined
      ? { range: Object.fromEntries(bounds) as unknown, durability }
      : { key: bytesToJson(key, form), durability },
  );
}
