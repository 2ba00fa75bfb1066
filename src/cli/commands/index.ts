/**
 * `varve index`: lists the secondary indexes of a keyspace, builds one, or drops one.
 *
 * Owns: that a build ends with an index that is read, or says why not. A build that was interrupted goes on with the next
 * one of the same index.
 */
import { type Command, InvalidArgumentError as BadArgument } from 'commander';

import type { IndexByPaths } from '../../api/index-options.ts';
import type { IndexInfo, KeyspaceInfo } from '../../api/keyspace-info.ts';
import type { SecondaryIndex } from '../../api/secondary-index.ts';
import { InvalidArgumentError } from '../../base/errors.ts';
import { formatBytes, formatCount, formatTable } from '../../programs/figures.ts';
import { UsageError } from '../../programs/outcome.ts';
import { addCommand, addDirectory, addJson, type JsonOption } from '../arguments.ts';
import {
  type BytesDatabase,
  formsOf,
  READ_ONLY,
  withDatabase,
  withKeyIn,
} from '../open-database.ts';
import { printJson, printLine } from '../output.ts';
import { startClock } from '../progress.ts';
import { safeLine } from '../terminal-text.ts';

interface IndexOptions extends JsonOption {
  readonly keyspace: string;
  readonly on?: readonly string[];
  readonly unique?: true;
}

type Action = 'list' | 'build' | 'drop';

export function registerIndex(program: Command): void {
  const command = addCommand(
    program,
    'index',
    'List the secondary indexes of a keyspace, build one, or drop one.',
    [
      'index list ./ledger --keyspace users',
      'index build ./ledger byEmail --keyspace users --on email --unique',
      'index build ./ledger byPlace --keyspace users --on country --on address.city',
      "index build ./ledger byTag --keyspace users --on 'tags[]'",
      'index drop ./ledger byTag --keyspace users',
    ],
  );
  command.argument('<action>', 'list, build or drop', parseAction);
  addDirectory(command)
    .argument('[index]', 'its name; to build or drop')
    .action(runIndex)
    .requiredOption('--keyspace <name>', 'the keyspace');
  addJson(command)
    .option('--on <path>', 'a path into the value, in the order of the index; build', addPath)
    .option('--unique', 'no two rows have the same values; build');
}

function parseAction(text: string): Action {
  if (text === 'list' || text === 'build' || text === 'drop') return text;
  throw new BadArgument('It must be list, build or drop.');
}

function addPath(path: string, before: readonly string[] = []): readonly string[] {
  return [...before, path];
}

async function runIndex(
  action: Action,
  directory: string,
  name: string | undefined,
  options: IndexOptions,
): Promise<void> {
  const { keyspace, on, unique } = options;
  if (action !== 'build' && (on !== undefined || unique === true)) {
    throw new UsageError('Give --on and --unique only to build');
  }
  if ((name === undefined) !== (action === 'list')) {
    throw new UsageError(
      action === 'list' ? 'Give no index to list' : `Give the index to ${action}`,
    );
  }
  const settings = action === 'list' ? READ_ONLY : { createIfMissing: false };
  const indexes = await withDatabase(
    directory,
    { ...settings, keyFile: options.keyFile },
    async (db) => {
      if (name !== undefined && action === 'drop') {
        const opened = await db.keyspace(keyspace, { createIfMissing: false });
        await opened.dropIndex(name);
      }
      if (name !== undefined && action === 'build') await build(db, name, options);
      return mustFind(await db.keyspaces(), keyspace).indexes;
    },
  );
  if (options.json === true) await printJson(indexes);
  else await printLine(describeIndexes(indexes));
}

async function build(db: BytesDatabase, name: string, options: IndexOptions): Promise<void> {
  const { keyspace, on, unique = false } = options;
  const info = mustFind(await db.keyspaces(), keyspace);
  const recorded = info.indexes.find((each) => each.name === name);
  if (on === undefined && (recorded === undefined || unique)) {
    throw new UsageError('Give the paths of the index with --on');
  }
  if (recorded?.version !== undefined && !recorded.isReady) {
    throw new InvalidArgumentError(
      `Index by a function is built by a program that has the function: index=${name}`,
    );
  }
  if (on !== undefined) await declare(db, info, { [name]: { on, unique } });
  const opened = await db.keyspace(keyspace, { createIfMissing: false });
  try {
    await built(opened.index(name), options.json === true);
  } catch (error) {
    throw withKeyIn(error, await formsOf(db, { keyspace }));
  }
}

/** By the encoding that the keyspace has recorded: an index by paths of bytes is refused. */
async function declare(
  db: BytesDatabase,
  { name, valueEncoding = 'view' }: KeyspaceInfo,
  indexes: Readonly<Record<string, IndexByPaths>>,
): Promise<void> {
  const known = (['view', 'utf8', 'json', 'tuple'] as const).find((each) => each === valueEncoding);
  if (known === undefined) {
    throw new InvalidArgumentError(
      `Values have an encoding of the program's own, which declares their indexes: keyspace=${name} ` +
        `valueEncoding=${valueEncoding}`,
    );
  }
  await db.keyspace(name, { createIfMissing: false, valueEncoding: known, indexes });
}

async function built(
  index: SecondaryIndex<Uint8Array, Uint8Array>,
  isJson: boolean,
): Promise<void> {
  const stopClock = await startClock(
    `building ${safeLine(index.name)}`,
    isJson,
    () => `${formatCount(index.builtCount)} rows`,
  );
  try {
    await index.ready();
  } finally {
    stopClock();
  }
}

function mustFind(keyspaces: readonly KeyspaceInfo[], name: string): KeyspaceInfo {
  const found = keyspaces.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`There is no keyspace of this name: name=${name}`);
}

function describeIndexes(indexes: readonly IndexInfo[]): string {
  const rows = indexes.map((index) => [
    safeLine(index.name),
    safeLine(index.on?.join(' ') ?? `function, version ${index.version}`),
    index.isUnique ? 'unique' : '',
    index.isReady ? 'ready' : 'not built',
    formatCount(index.entryCount),
    formatBytes(index.sizeBytes),
  ]);
  const headings = ['name', 'on', 'unique', 'state', 'entries', 'size'];
  return formatTable(headings, rows, [0, 1, 2, 3]);
}
