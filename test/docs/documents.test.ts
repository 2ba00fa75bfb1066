/**
 * What the documents state about the code, held against the code.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/base/errors.ts';
import {
  type EngineOptions,
  resolveOptions,
  TUNING_OPTIONS,
  type TuningOptions,
} from '../../src/base/options.ts';
import { WORKLOAD_NAMES } from '../../src/programs/bench/workload-names.ts';
import {
  type Document,
  parseDocument,
  readDocuments,
  readText,
  relativeLinks,
  ROOT,
  tableRows,
} from './documents.ts';

const LINE_LENGTH_MAX = 120;
const documents = readDocuments();

function mustDocument(path: string): Document {
  const document = documents.find((candidate) => candidate.path === path);
  if (document === undefined) throw new Error(`No such document: path=${path}`);
  return document;
}

const readme = mustDocument('README.md');

/** The words between backticks in a cell. */
function codeIn(cell = ''): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
}

function brokenLinks(document: Document): string[] {
  const folder = posix.dirname(document.path);
  return relativeLinks(document)
    .filter((target) => !existsSync(join(ROOT, folder, target)))
    .map((target) => `${document.path}: ${target}`);
}

/** The names in backticks that follow a link to a source file, as `[a.ts](../src/a.ts) \`b\`, \`c\`` has them. */
function namesBesideFiles(text: string): { file: string; name: string }[] {
  const links = text.matchAll(/\]\((\.\.\/src\/[^)]+)\)((?:,? `#?\w+`)+)/g);
  return [...links].flatMap(([, file = '', names = '']) =>
    codeIn(names).map((name) => ({ file, name })),
  );
}

function sourcePaths(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return sourcePaths(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

describe('every document', () => {
  it('has links that resolve', () => {
    expect(documents.flatMap(brokenLinks)).toEqual([]);
    const canary = parseDocument('docs/x.md', '[there](durability.md) [not](nowhere.md#here)');
    expect(brokenLinks(canary)).toEqual(['docs/x.md: nowhere.md']);
  });

  it('can be reached from the README', () => {
    const reached = new Set(['README.md']);
    for (const path of reached) {
      for (const target of relativeLinks(mustDocument(path))) {
        const next = posix.join(posix.dirname(path), target);
        if (documents.some((document) => document.path === next)) reached.add(next);
      }
    }
    expect(documents.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
  });

  it(`has lines of at most ${LINE_LENGTH_MAX} characters, tables and formats aside`, () => {
    const long = documents
      .filter(({ path }) => !path.startsWith('docs/formats/'))
      .flatMap(({ path, text }) =>
        text
          .split('\n')
          .map((line, index) => ({ line, place: `${path}:${index + 1}` }))
          .filter(({ line }) => line.length > LINE_LENGTH_MAX && !line.startsWith('|'))
          .map(({ place }) => place),
      );
    expect(long).toEqual([]);
  });

  it('names only functions and types that are in the file beside them, in finding.md and of syncs', () => {
    for (const path of ['docs/finding.md', 'docs/durability.md']) {
      const absent = namesBesideFiles(mustDocument(path).text)
        .filter(({ file, name }) => !readText(posix.join('docs', file)).includes(name))
        .map(({ file, name }) => `${path}: ${name} in ${file}`);
      expect(absent).toEqual([]);
    }
    expect(namesBesideFiles('[a.ts](../src/a.ts) `b`, `c`; [d.ts](../src/d.ts)')).toEqual([
      { file: '../src/a.ts', name: 'b' },
      { file: '../src/a.ts', name: 'c' },
    ]);
  });

  it('the table of syncs has every file that calls for one', () => {
    const { text } = mustDocument('docs/durability.md');
    const table = text.slice(text.indexOf('## Every sync'), text.indexOf('## What a crash leaves'));
    const isImplementation = /^src\/vfs\/(?!durable-directory)/;
    const callers = sourcePaths('src').filter(
      (path) =>
        !isImplementation.test(path) &&
        /^(?! *\*).*\.(sync|syncSync|syncDirectory|syncDirectorySync)\(/m.test(readText(path)),
    );
    expect(callers.length).toBeGreaterThan(10);
    expect(callers.filter((path) => !table.includes(`(../${path})`))).toEqual([]);
  });

  it('names only targets that the Makefile has', () => {
    const targets = new Set(
      [...readText('Makefile').matchAll(/^([a-z][a-z-]*):/gm)].map((match) => match[1]),
    );
    const named = documents.flatMap(({ text }) =>
      [...text.matchAll(/(?:`|^|; )make ([a-z-]+)/gm)].map((match) => match[1]),
    );
    expect(named.filter((target) => !targets.has(target))).toEqual([]);
    expect(named).toContain('demo');
  });
});

describe('the README', () => {
  const rows = tableRows(readme, 'option', 2);

  it('lists every tuning option, and no other', () => {
    expect(rows.map(([name]) => codeIn(name)[0]).sort()).toEqual(Object.keys(TUNING_OPTIONS).sort());
  });

  it('states the defaults of src/base/options.ts', () => {
    const defaults: EngineOptions = resolveOptions({});
    const stated = rows.map(([name, value]) => [codeIn(name)[0], value]);
    const actual = rows.map(([name]) => {
      const option = codeIn(name)[0] as keyof TuningOptions;
      const followsMachine = option === 'blockCacheSizeBytes';
      return [option, followsMachine ? 'see below' : written(option, defaults[option])];
    });
    expect(stated).toEqual(actual);
  });

  it('states the bounds that src/base/options.ts enforces', () => {
    const stated = rows.map(([name, , bounds]) => [codeIn(name)[0], bounds]);
    const actual = rows.map(([name]) => {
      const option = codeIn(name)[0] as keyof TuningOptions;
      return [option, enforcedBounds(option)];
    });
    expect(stated).toEqual(actual);
  });

  it('lists the other options of open', () => {
    const source = readText('src/api/open.ts');
    const list = /const OPEN_OPTIONS: [^=]* = \{([^}]*)\}/.exec(source)?.[1] ?? '';
    const known = [...list.matchAll(/(\w+): undefined/g)].map((match) => match[1]);
    const others = tableRows(
      { ...readme, prose: readme.prose.slice(readme.prose.indexOf("rest of `open`'s options")) },
      'option',
    );
    expect(known.length).toBeGreaterThan(3);
    expect(others.flatMap(([name]) => codeIn(name)).sort()).toEqual(known.sort());
  });

  it('lists every option of a transaction', () => {
    const source = readText('src/api/transactor.ts');
    const lists = [...source.matchAll(/(?:TRANSACTION|RUN)_OPTIONS: [^=]* = \{([^}]*)\}/g)];
    const known = lists.flatMap(([, list = '']) =>
      [...list.matchAll(/(\w+): undefined/g)].map((match) => match[1]),
    );
    const stated = tableRows(readme, 'transaction option').map(([name]) => codeIn(name)[0]);
    expect(lists.length).toBe(2);
    expect(stated.sort()).toEqual(known.sort());
  });

  it('lists every event', () => {
    const map = /export interface EventMap \{([\s\S]*?)\n\}/.exec(readText('src/engine/state/events.ts'))?.[1];
    const names = [...(map ?? '').matchAll(/^ {2}'?([a-z-]+)'?:/gm)].map((match) => match[1]);
    expect(names.length).toBeGreaterThan(5);
    const stated = tableRows(readme, 'event').map(([name]) => codeIn(name)[0]);
    expect(stated).toEqual(names);
  });

  it('lists every method of a database', () => {
    const methods = [
      ...publicNames('src/api/keyspace.ts', 'Keyspace'),
      ...publicNames('src/api/database.ts', 'Database'),
    ];
    const stated = tableRows(readme, 'call').flatMap(([call]) =>
      codeIn(call).map((code) => code.split('(')[0]),
    );
    expect(methods).toContain('transaction');
    expect(stated.sort()).toEqual(methods.sort());
  });

  it('names every method of a scan and of a transaction', () => {
    const sections = [
      ['A **Scan**', publicNames('src/api/scan.ts', 'Scan')],
      ['A **Transaction**', publicNames('src/api/transaction.ts', 'Transaction')],
      ['A **Transaction**', publicNames('src/api/locking-transaction.ts', 'LockingTransaction')],
    ] as const;
    for (const [opening, names] of sections) {
      const paragraph = readme.prose.slice(readme.prose.indexOf(opening)).split('\n\n')[0];
      const stated = codeIn(paragraph).map((code) => code.split('(')[0]);
      expect(names.length).toBeGreaterThan(2);
      expect(names.filter((name) => !stated.includes(name))).toEqual([]);
    }
  });

  it('lists every command', () => {
    const files = readdirSync(join(ROOT, 'src/cli/commands')).map((name) =>
      name.replace(/\.ts$/, ''),
    );
    const stated = tableRows(readme, 'command').flatMap(([cell]) => codeIn(cell));
    expect(stated.map((code) => code.replace('varve ', '')).sort()).toEqual(files.sort());
  });

  it('states the versions of Node.js that package.json states', () => {
    const { engines } = JSON.parse(readText('package.json')) as { engines: { node: string } };
    expect(readme.text).toContain(`Node.js \`${engines.node}\``);
  });
});

describe('docs/errors.md', () => {
  it('lists every error class with its code', () => {
    const source = readText('src/base/errors.ts');
    const classes = [
      ...source.matchAll(/export class (\w+) extends \w+ \{\s+(?:override )?readonly code[^=]*= '(\w+)'/g),
    ];
    const union = /export type BackupErrorCode =([^;]*);/.exec(source)?.[1] ?? '';
    const backupCodes = [...union.matchAll(/'(\w+)'/g)].map((match) => [match[1], 'BackupError']);
    expect(backupCodes.length).toBeGreaterThan(3);
    const stated = tableRows(mustDocument('docs/errors.md'), 'code');
    expect(classes.length).toBeGreaterThan(5);
    expect(stated.map(([code, name]) => [...codeIn(code), ...codeIn(name)]).sort()).toEqual(
      [...classes.map((match) => [match[2], match[1]]), ...backupCodes].sort(),
    );
  });
});

describe('docs/performance.md', () => {
  it('lists every workload', () => {
    const stated = tableRows(mustDocument('docs/performance.md'), 'workload');
    expect(stated.flatMap(([cell]) => codeIn(cell)).sort()).toEqual([...WORKLOAD_NAMES].sort());
  });
});

/** Methods and getters of a class in a source file, private and symbol-named ones aside. */
function publicNames(path: string, className: string): string[] {
  const text = readText(path);
  const body = text.slice(text.search(new RegExp(`^export class ${className}\\b`, 'm')));
  const end = body.indexOf('\n}\n');
  const names = [
    ...body.slice(0, end).matchAll(/^ {2}(?:async |get )?([a-z]\w*)(?:<[^(]*>)?\(/gm),
  ].map((match) => match[1] ?? '');
  return [...new Set(names)].filter((name) => name !== 'constructor');
}

/** A default or a bound as the README writes it. */
function written(option: string, value: string | number): string {
  if (typeof value === 'string') return `\`'${value}'\``;
  if (!option.includes('Bytes')) return value.toLocaleString('en');
  for (const [power, unit] of ['', ' KiB', ' MiB', ' GiB', ' TiB'].entries()) {
    const scaled = value / 1024 ** power;
    if (scaled < 1024) return `${scaled}${unit}`;
  }
  return String(value);
}

/** What the refusal of an impossible value says about the possible ones. */
function enforcedBounds(option: keyof TuningOptions): string {
  const message = refusalOf({ [option]: -1 });
  const range = /from (\d+) to (\d+)/.exec(message);
  if (range !== null) {
    const [min = 0, max = 0] = range.slice(1).map(Number);
    expect(refusalOf({ [option]: min - 1 })).not.toBe('');
    expect(refusalOf({ [option]: max + 1 })).not.toBe('');
    return `${written(option, min)} to ${written(option, max)}`;
  }
  return [...message.matchAll(/'\w+'/g)].map((match) => `\`${match[0]}\``).join(', ');
}

function refusalOf(options: object): string {
  try {
    resolveOptions(options);
    return '';
  } catch (error) {
    if (error instanceof InvalidArgumentError) return error.message;
    throw error;
  }
}
