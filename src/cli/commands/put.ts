/**
 * `varve put`: stores one value, from the command line or from standard input.
 *
 * Owns: the value from standard input, and the time to live. Standard input is JSON where the keyspace holds JSON. It is
 * taken byte for byte otherwise, also when the key is hex or base64.
 */
import type { Command } from 'commander';

import type { Durability } from '../../base/options.ts';
import {
  addCommand,
  addDirectory,
  addForm,
  addJson,
  addKeyspace,
  durabilityOption,
  type FormOptions,
  formOf,
  integerParser,
  type JsonOption,
  type KeyspaceOption,
} from '../arguments.ts';
import { withKeyspace } from '../open-database.ts';
import { printJson } from '../output.ts';
import { bytesFromInput, bytesToJson, parseBytes } from '../../text/text-form.ts';

interface PutOptions extends JsonOption, FormOptions, KeyspaceOption {
  readonly durability: Durability;
  readonly ttl?: number;
}

export function registerPut(program: Command): void {
  const command = addCommand(
    program,
    'put',
    'Store a value; creates database and keyspace if need be.',
    [
      'put ./ledger alice 100',
      'put ./files logo.png - < logo.png  # the value is standard input, byte for byte',
      'put ./ledger bob 5 --keyspace accounts',
      `put ./bank '["alice", 17]' '{"amount": 5}' --keyspace postings`,
      'put ./sessions s1 alice --ttl 60000 # absent a minute later',
      'put ./ledger 00ff cafe --hex',
      'put ./ledger -- --odd-key 1        # a key that starts with a dash',
    ],
  );
  addDirectory(command)
    .argument('<key>', 'the key')
    .argument('<value>', 'the value, or - for standard input')
    .action(runPut);
  addForm(addKeyspace(addJson(command)))
    .addOption(durabilityOption('acknowledge after fdatasync, or after write').default('sync'))
    .option('--ttl <ms>', 'the entry expires after so many milliseconds', integerParser(1));
}

async function runPut(
  directory: string,
  keyText: string,
  valueText: string,
  options: PutOptions,
): Promise<void> {
  const form = formOf(options);
  parseBytes(keyText, form); // a wrong command line creates nothing
  const input = valueText === '-' ? await readStandardInput() : undefined;
  if (input === undefined) parseBytes(valueText, form);
  const { durability, ttl: ttlMs } = options;
  const expiry = ttlMs === undefined ? {} : { ttlMs };
  const settings = { createIfMissing: true, durability, keyFile: options.keyFile };
  const json = await withKeyspace(directory, settings, options, async (keyspace, forms) => {
    const key = parseBytes(keyText, forms.key);
    const value =
      input === undefined ? parseBytes(valueText, forms.value) : bytesFromInput(input, forms.value);
    await keyspace.put(key, value, expiry);
    return { key: bytesToJson(key, forms.key), valueSizeBytes: value.length, durability };
  });
  if (options.json === true) await printJson({ ...json, ...expiry });
}

async function readStandardInput(): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of process.stdin) {
    pieces.push(typeof piece === 'string' ? Buffer.from(piece, 'utf8') : asBytes(piece));
  }
  return Buffer.concat(pieces);
}

function asBytes(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  throw new TypeError('Standard input yields bytes');
}
