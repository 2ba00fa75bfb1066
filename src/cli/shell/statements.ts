/**
 * The statements of the shell.
 *
 * Owns: what each does and prints. Keys and values are written as the other commands write them.
 *
 * Invariants:
 *   shell-statements/stops: a statement that prints or counts many entries ends soon after its signal aborts.
 *   shell-statements/nothing-by-omission: `del` wants a key or bounds. A whole keyspace goes by `clear` alone.
 *
 * Suspension: every statement suspends for the database and for its reader.
 */
import type { RangeOptions } from '../../api/ranges.ts';
import type { At } from '../../store/at.ts';
import { formatBytes, formatCount, formatTable } from '../../programs/figures.ts';
import { InterruptedError, UsageError } from '../../programs/outcome.ts';
import { safeJson, safeLine } from '../../text/terminal-text.ts';
import { bytesToJson, bytesToPrint, parseBytes, type TextForm } from '../../text/text-form.ts';
import { elementsToJson, parseTuple } from '../../text/tuple-form.ts';
import { decodeTuple } from '../../bytes/tuple.ts';
import { rangeOf } from '../arguments.ts';
import { atOf } from '../moments.ts';
import { ChunkWriter, isTerminal, printJson, printLine } from '../output.ts';
import { StatementArguments } from './options.ts';
import type { ShellSession } from './shell-session.ts';
import type { Word } from './words.ts';

export interface StatementContext {
  readonly session: ShellSession;
  readonly isJson: boolean;
  readonly signal: AbortSignal;
}

type Run = (context: StatementContext, given: StatementArguments) => Promise<void>;

export interface StatementKind {
  readonly usage: string;
  readonly help: string;
  readonly valued: readonly string[];
  readonly flags: readonly string[];
  readonly run: Run;
}

const RANGE = ['gt', 'gte', 'lt', 'lte', 'prefix'] as const;

/** By name, in the order of the help. */
export const STATEMENTS: Readonly<Record<string, StatementKind>> = {
  get: kind('KEY', 'the value of a key', get, ['at']),
  put: kind('KEY VALUE', 'store a value', put, ['ttl']),
  del: kind('KEY, or bounds', 'remove a key, or a range', del, RANGE),
  clear: kind(
    'KEYSPACE',
    'remove every entry of the keyspace in use, which is named to be sure',
    clear,
  ),
  scan: kind('', 'entries in order', scan, [...RANGE, 'limit', 'at'], ['reverse', 'keys']),
  count: kind('', 'how many entries', count, [...RANGE, 'at']),
  by: kind('INDEX [VALUES]', 'entries in the order of an index', by, ['limit', 'at'], ['reverse']),
  begin: kind('', 'begin a transaction', begin),
  commit: kind('', 'commit it', commit),
  rollback: kind('', 'forget it', rollback),
  use: kind('KEYSPACE', 'go to another keyspace; default is the database itself', use),
  keyspaces: kind('', 'list keyspaces', keyspaces),
  indexes: kind('', 'list the indexes of the keyspace', indexes),
  create: kind('KEYSPACE', 'create a keyspace', create, ['keys', 'values']),
  help: kind('', 'this list', help),
};

/** Words that end the shell. */
export const ENDS: readonly string[] = ['exit', 'quit'];

function kind(
  usage: string,
  text: string,
  run: Run,
  valued: readonly string[] = [],
  flags: readonly string[] = [],
): StatementKind {
  return { usage, help: text, valued, flags, run };
}

/** Throws UsageError for a statement that there is not, and what the database throws. */
export async function runStatement(
  context: StatementContext,
  words: readonly Word[],
): Promise<void> {
  const [{ text: name }, ...rest] = words as readonly [Word, ...Word[]]; // of a statement that is not empty
  const found = Object.hasOwn(STATEMENTS, name) ? STATEMENTS[name] : undefined;
  if (found === undefined)
    throw new UsageError(`No such statement: found=${name} (help lists all)`);
  await found.run(context, new StatementArguments(name, rest, found.valued, found.flags));
}

/** JSON in double quotes is a string where JSON is wanted, and text without the quotes elsewhere. */
function bytesOf({ text, raw }: Word, form: TextForm): Uint8Array {
  return parseBytes(form === 'json' && raw.startsWith('"') ? raw : text, form);
}

async function get(
  { session, isJson }: StatementContext,
  given: StatementArguments,
): Promise<void> {
  const [word] = given.mustHave('KEY', 1);
  const { forms, target } = session;
  const key = bytesOf(word!, forms.key); // one was wanted
  const value = await target.get(key, momentOf(session, given));
  if (isJson) {
    const shown = value === undefined ? null : bytesToJson(value, forms.value);
    await printJson({ key: bytesToJson(key, forms.key), value: shown });
  } else if (value !== undefined) {
    const writer = new ChunkWriter();
    writer.add(bytesToPrint(value, forms.value, isTerminal() ? safeLine : undefined));
    writer.add('\n');
    await writer.flush();
  } else if (isTerminal()) {
    await printLine('(absent)');
  }
}

async function put({ session }: StatementContext, given: StatementArguments): Promise<void> {
  const [key, value] = given.mustHave('KEY VALUE [--ttl <ms>]', 2);
  const ttlMs = given.count('ttl', 1);
  const { forms, target } = session;
  const bytes = bytesOf(value!, forms.value); // two were wanted
  await target.put(bytesOf(key!, forms.key), bytes, ttlMs === undefined ? {} : { ttlMs });
}

async function del({ session }: StatementContext, given: StatementArguments): Promise<void> {
  const [word] = given.mustHave('KEY, or bounds such as --prefix', 0, 1);
  const { forms, target } = session;
  const range = boundsIn(given, forms.key);
  if ((word === undefined) === (range === undefined)) {
    throw new UsageError('Give a key to remove, or the bounds of a range'); // shell-statements/nothing-by-omission
  }
  if (word !== undefined) await target.del(bytesOf(word, forms.key));
  else if (range !== undefined) await target.delRange(range);
}

async function clear({ session }: StatementContext, given: StatementArguments): Promise<void> {
  const [word] = given.mustHave('KEYSPACE', 1);
  const { keyspace, target } = session;
  if (word?.text !== keyspace.name) {
    throw new UsageError(`Name the keyspace in use to clear it: keyspace=${keyspace.name}`);
  }
  await target.clear();
}

async function scan(context: StatementContext, given: StatementArguments): Promise<void> {
  given.mustHave('', 0);
  const { session, isJson, signal } = context;
  const { forms, target } = session;
  const range = {
    ...boundsIn(given, forms.key),
    reverse: given.has('reverse'),
    ...limitIn(given),
    ...momentOf(session, given),
  };
  const writer = new ChunkWriter();
  const entries = given.has('keys') ? withoutValues(target.keys(range)) : target.entries(range);
  for await (const [key, value] of entries) {
    mustGoOn(signal);
    if (isJson) {
      const shown = value === undefined ? {} : { value: bytesToJson(value, forms.value) };
      writer.add(`${safeJson({ key: bytesToJson(key, forms.key), ...shown })}\n`);
    } else {
      addPlain(writer, key, forms.key);
      if (value !== undefined) {
        writer.add('\t');
        addPlain(writer, value, forms.value);
      }
      writer.add('\n');
    }
    if (writer.isFull) await writer.flush();
  }
  await writer.flush();
}

async function* withoutValues(
  keys: AsyncIterable<Uint8Array>,
): AsyncGenerator<[Uint8Array, undefined]> {
  for await (const key of keys) yield [key, undefined];
}

function addPlain(writer: ChunkWriter, bytes: Uint8Array, form: TextForm): void {
  writer.add(bytesToPrint(bytes, form, isTerminal() ? safeLine : undefined));
}

async function count(context: StatementContext, given: StatementArguments): Promise<void> {
  given.mustHave('', 0);
  const { session, isJson, signal } = context;
  let entryCount = 0;
  const range = { ...boundsIn(given, session.forms.key), ...momentOf(session, given) };
  for await (const key of session.target.keys(range)) {
    mustGoOn(signal);
    if (key.length >= 0) entryCount++;
  }
  await (isJson ? printJson({ count: entryCount }) : printLine(String(entryCount)));
}

async function by(context: StatementContext, given: StatementArguments): Promise<void> {
  const [name, values] = given.mustHave('INDEX [VALUES, such as ["DE"]]', 1, 2);
  const { session, isJson, signal } = context;
  const { forms, target } = session;
  const prefix = values === undefined ? {} : { prefix: elementsIn(values) };
  const range = {
    ...prefix,
    reverse: given.has('reverse'),
    ...limitIn(given),
    ...momentOf(session, given),
  };
  const writer = new ChunkWriter();
  for await (const { values: found, key, value } of target.index(name!.text).entries(range)) {
    mustGoOn(signal); // one name was wanted
    const shown = elementsToJson(found);
    if (isJson) {
      const entry = {
        values: shown,
        key: bytesToJson(key, forms.key),
        value: bytesToJson(value, forms.value),
      };
      writer.add(`${safeJson(entry)}\n`);
    } else {
      writer.add(`${safeJson(shown)}\t`);
      addPlain(writer, key, forms.key);
      writer.add('\t');
      addPlain(writer, value, forms.value);
      writer.add('\n');
    }
    if (writer.isFull) await writer.flush();
  }
  await writer.flush();
}

function elementsIn({ text }: Word): ReturnType<typeof decodeTuple> {
  const bytes = parseTuple(text);
  return decodeTuple(bytes, 0, bytes.length);
}

function boundsIn(given: StatementArguments, form: TextForm): RangeOptions<Uint8Array> | undefined {
  const range: Partial<Record<(typeof RANGE)[number], string>> = {};
  for (const name of RANGE) {
    const word = given.get(name);
    if (word !== undefined) range[name] = word.text;
  }
  if (range.gt !== undefined && range.gte !== undefined)
    throw new UsageError('Give --gt or --gte, not both');
  if (range.lt !== undefined && range.lte !== undefined)
    throw new UsageError('Give --lt or --lte, not both');
  return rangeOf(range, form);
}

function limitIn(given: StatementArguments): { limit?: number } {
  const limit = given.count('limit', 0);
  return limit === undefined ? {} : { limit };
}

/** A transaction reads one moment, its own. */
function momentOf({ isInTransaction }: ShellSession, given: StatementArguments): { at?: At } {
  if (isInTransaction && given.has('at')) {
    throw new UsageError('A transaction reads as of its beginning: commit or rollback before --at');
  }
  return atOf(given.moment('at'));
}

/** shell-statements/stops. */
function mustGoOn(signal: AbortSignal): void {
  if (signal.aborted) throw new InterruptedError('Interrupted');
}

async function begin({ session }: StatementContext, given: StatementArguments): Promise<void> {
  given.mustHave('', 0);
  session.beginTransaction();
  return Promise.resolve();
}

async function commit({ session }: StatementContext, given: StatementArguments): Promise<void> {
  given.mustHave('', 0);
  await session.commit();
}

async function rollback({ session }: StatementContext, given: StatementArguments): Promise<void> {
  given.mustHave('', 0);
  session.rollback();
  return Promise.resolve();
}

async function use({ session }: StatementContext, given: StatementArguments): Promise<void> {
  const [name] = given.mustHave('KEYSPACE', 1);
  await session.use(name!.text); // one was wanted
}

async function create({ session }: StatementContext, given: StatementArguments): Promise<void> {
  const [name] = given.mustHave('KEYSPACE [--keys <encoding>] [--values <encoding>]', 1);
  const keyEncoding = encodingIn(given, 'keys');
  const valueEncoding = encodingIn(given, 'values');
  await session.db.keyspace(name!.text, { keyEncoding, valueEncoding }); // one was wanted
  await session.use(name!.text);
}

const ENCODINGS = ['view', 'utf8', 'json', 'tuple'] as const;

function encodingIn(given: StatementArguments, option: string): (typeof ENCODINGS)[number] {
  const text = given.get(option)?.text ?? 'view';
  const found = ENCODINGS.find((each) => each === text);
  if (found !== undefined) return found;
  throw new UsageError(`Option --${option} must be one of ${ENCODINGS.join(', ')}: found=${text}`);
}

async function keyspaces(
  { session, isJson }: StatementContext,
  given: StatementArguments,
): Promise<void> {
  given.mustHave('', 0);
  const list = await session.db.keyspaces();
  if (isJson) {
    await printJson(
      list.map((each) => ({ ...each, ttlMs: Number.isFinite(each.ttlMs) ? each.ttlMs : null })),
    );
    return;
  }
  const rows = list.map((each) => [
    `${each.name === session.keyspace.name ? '* ' : '  '}${safeLine(each.name)}`,
    safeLine(each.keyEncoding ?? 'bytes'),
    safeLine(each.valueEncoding ?? 'bytes'),
    formatBytes(each.sizeBytes),
    each.indexes.map(({ name }) => safeLine(name)).join(', '),
  ]);
  await printLine(formatTable(['  name', 'keys', 'values', 'size', 'indexes'], rows, [0, 1, 2, 4]));
}

async function indexes(
  { session, isJson }: StatementContext,
  given: StatementArguments,
): Promise<void> {
  given.mustHave('', 0);
  const list = await session.indexes();
  if (isJson) {
    await printJson(list);
    return;
  }
  const rows = list.map(({ name, on, isUnique, isReady, entryCount }) => [
    safeLine(name),
    safeLine(on?.join(' ') ?? 'function'),
    isUnique ? 'unique' : '',
    isReady ? 'ready' : 'not built',
    formatCount(entryCount),
  ]);
  await printLine(formatTable(['name', 'on', 'unique', 'state', 'entries'], rows, [0, 1, 2, 3]));
}

async function help(_context: StatementContext, given: StatementArguments): Promise<void> {
  given.mustHave('', 0);
  const rows = Object.entries(STATEMENTS).map(([name, { usage, help: text, valued, flags }]) => {
    const options = [...valued.map((each) => `--${each} .`), ...flags.map((each) => `--${each}`)];
    return [`${name} ${usage}`.trimEnd(), text, options.join(' ')];
  });
  rows.push([ENDS.join(', '), 'end the shell', '']);
  await printLine(formatTable(['statement', 'what it does', 'options'], rows, [0, 1, 2]));
}
