/**
 * `varve get`: prints the value of one key.
 *
 * Owns: that an absent key prints nothing and ends with status 1, so that a script can tell it from an empty value.
 */
import type { Command } from 'commander';

import {
  addCommand,
  addDirectory,
  addForm,
  addJson,
  addKeyspace,
  type FormOptions,
  formOf,
  type JsonOption,
  type KeyspaceOption,
} from '../arguments.ts';
import { addAt, type AtOption, atOf } from '../moments.ts';
import { READ_ONLY, withKeyspace } from '../open-database.ts';
import { NegativeAnswer } from '../../programs/outcome.ts';
import { ChunkWriter, isTerminal, printJson } from '../output.ts';
import { safeText } from '../../text/terminal-text.ts';
import { bytesToJson, bytesToPrint, parseBytes } from '../../text/text-form.ts';

interface GetOptions extends JsonOption, FormOptions, KeyspaceOption, AtOption {
  readonly newline: boolean;
}

export function registerGet(program: Command): void {
  const command = addCommand(program, 'get', 'Print the value of a key.', [
    'get ./ledger alice',
    'get ./ledger alice --json          # {"key":"alice","value":"100"}',
    'get ./ledger alice --at 2026-01-31T12:00:00Z # as it was then',
    "get ./bank '[3, 17]' --keyspace transfers # keys of the encoding tuple",
    'get ./ledger 00ff --hex            # bytes, written as hexadecimal',
    'get ./files logo.png --no-newline > logo.png',
    'get ./ledger -- --odd-key          # a key that starts with a dash',
  ]);
  addDirectory(command).argument('<key>', 'the key').action(runGet);
  addAt(addForm(addKeyspace(addJson(command)))).option(
    '--no-newline',
    'print the value and nothing after it',
  );
}

async function runGet(directory: string, keyText: string, options: GetOptions): Promise<void> {
  parseBytes(keyText, formOf(options)); // a wrong command line opens nothing
  const found = await withKeyspace(
    directory,
    { ...READ_ONLY, keyFile: options.keyFile },
    options,
    async (keyspace, forms) => {
      const key = parseBytes(keyText, forms.key);
      return { key, value: await keyspace.get(key, atOf(options.at)), forms };
    },
  );
  const { key, value, forms } = found;
  if (value === undefined) throw new NegativeAnswer('Absent key');
  if (options.json === true) {
    await printJson({ key: bytesToJson(key, forms.key), value: bytesToJson(value, forms.value) });
    return;
  }
  const writer = new ChunkWriter();
  writer.add(bytesToPrint(value, forms.value, isTerminal() ? safeText : undefined));
  if (options.newline) writer.add('\n');
  await writer.flush();
}
