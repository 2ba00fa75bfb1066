/**
 * Options that several commands share.
 *
 * Owns: their names, their parsing and their help, so that they mean the same everywhere.
 */
import { type Command, InvalidArgumentError as BadArgument, Option } from 'commander';

import type { RangeOptions } from '../api/ranges.ts';
import { UsageError } from '../programs/outcome.ts';
import { addKeyFile, type KeyFileOption } from './key-file.ts';
import { compareBytes } from '../bytes/bytes.ts';
import { tuplePrefixEnd } from '../bytes/tuple.ts';
import { type BytesForm, bytesToJson, parseBytes, type TextForm } from '../text/text-form.ts';

/** What every command takes that works on a directory. */
export interface JsonOption extends KeyFileOption {
  readonly json?: true;
}

export interface FormOptions {
  readonly hex?: true;
  readonly base64?: true;
}

export interface KeyspaceOption {
  readonly keyspace?: string;
}

const RANGE_NAMES = ['gt', 'gte', 'lt', 'lte', 'prefix'] as const;

/** A subcommand with what all of them have: the directory, --json, and examples under its help. */
export function addCommand(
  program: Command,
  name: string,
  description: string,
  examples: readonly string[],
): Command {
  const lines = examples.map((example) => `  $ varve ${example}`).join('\n');
  return program
    .command(name)
    .description(description)
    .addHelpText('after', `\nExamples:\n${lines}`);
}

export function addDirectory(command: Command): Command {
  return addKeyFile(command).argument('<directory>', 'directory of the database');
}

export function addJson(command: Command, description = 'print JSON'): Command {
  return command.option('--json', description);
}

export function addForm(command: Command): Command {
  return command
    .addOption(
      new Option('--hex', 'keys and values are hexadecimal, whatever the keyspace holds').conflicts(
        'base64',
      ),
    )
    .addOption(new Option('--base64', 'keys and values are base64, likewise'));
}

export function addKeyspace(command: Command): Command {
  return command.option(
    '--keyspace <name>',
    'in this keyspace, not in that of the database itself',
  );
}

export function addRange(command: Command): Command {
  return command
    .option('--gt <key>', 'only keys above this one')
    .option('--gte <key>', 'only this key and those above')
    .option('--lt <key>', 'only keys below this one')
    .option('--lte <key>', 'only this key and those below')
    .option('--prefix <prefix>', 'only keys that start like this');
}

export function durabilityOption(description: string): Option {
  return new Option('--durability <mode>', description).choices(['sync', 'os']);
}

export function formOf(options: FormOptions): BytesForm {
  if (options.hex === true) return 'hex';
  return options.base64 === true ? 'base64' : 'utf8';
}

/** Throws UsageError for bounds that no keyspace can have, before one is opened. */
export function checkRange(options: RangeOptions<string>, form: BytesForm): void {
  if (options.gt !== undefined && options.gte !== undefined) {
    throw new UsageError('Give --gt or --gte, not both');
  }
  if (options.lt !== undefined && options.lte !== undefined) {
    throw new UsageError('Give --lt or --lte, not both');
  }
  rangeOf(options, form);
}

/** The bounds that were given; undefined when there are none. */
export function rangeOf(
  options: RangeOptions<string>,
  form: TextForm,
): RangeOptions<Uint8Array> | undefined {
  let range: RangeOptions<Uint8Array> | undefined;
  for (const name of RANGE_NAMES) {
    const text = options[name];
    if (text !== undefined) range = { ...range, [name]: parseBytes(text, form) };
  }
  return form === 'tuple' && range !== undefined ? withoutPrefix(range) : range;
}

/** The tuples that begin with the elements of one have other bounds than the bytes that begin with its own. */
function withoutPrefix({ prefix, ...range }: RangeOptions<Uint8Array>): RangeOptions<Uint8Array> {
  if (prefix === undefined) return range;
  const { gte = prefix, lt } = range;
  const end = tuplePrefixEnd(prefix);
  return {
    ...range,
    gte: compareBytes(gte, prefix) < 0 ? prefix : gte,
    lt: lt !== undefined && compareBytes(lt, end) < 0 ? lt : end,
  };
}

/** The bounds as they were given, for JSON. */
export function rangeToJson(
  options: RangeOptions<string>,
  form: TextForm,
): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const name of RANGE_NAMES) {
    const text = options[name];
    if (text !== undefined) json[name] = bytesToJson(parseBytes(text, form), form);
  }
  return json;
}

/** A parser of integers within bounds, for commander. */
export function integerParser(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(value) || value < min || value > max) {
      throw new BadArgument(boundsMessage('an integer', min, max));
    }
    return value;
  };
}

export function numberParser(min: number, max: number) {
  return (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!(value >= min && value <= max)) throw new BadArgument(boundsMessage('a number', min, max));
    return value;
  };
}

function boundsMessage(what: string, min: number, max: number): string {
  const upper = max === Number.MAX_SAFE_INTEGER ? ' up' : ` to ${max}`;
  return `It must be ${what} from ${min}${upper}.`;
}

/** '32' or '1,32,512'. */
export function integerListParser(min: number, max: number) {
  const parse = integerParser(min, max);
  return (text: string): number[] => text.split(',').map((part) => parse(part.trim()));
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/** Bytes: '65536', '256K', '64M', '1GiB'. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([KMG]?)(?:i?B)?$/i.exec(text.trim());
  const unit = UNITS[match?.[2]?.toUpperCase() ?? ''];
  const value = match === null || unit === undefined ? Number.NaN : Number(match[1]) * unit;
  if (!Number.isSafeInteger(value)) {
    throw new BadArgument('It must be a size in bytes, such as 65536, 256K or 64M.');
  }
  return value;
}
