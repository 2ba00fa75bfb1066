/**
 * The [tidy] rules of the house style, checked over every source file, one test per rule.
 *
 * Each rule is first shown samples that it must refuse and a twin that it must accept, so that a rule which has gone
 * blind fails here and does not pass for ever. The rules are in support/tidy-rules.ts and support/invariant-rules.ts.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  citesUnknownInvariants,
  invariantsOf,
  namesAbsentDocuments,
  numbersInvariants,
  repeatsInvariants,
  untestedInvariants,
} from './support/invariant-rules.ts';
import {
  awaitsInsideFences,
  breaksLayers,
  disablesLintSilently,
  exportsDefault,
  FILE_LINES_MAX,
  hasCommentedOutCode,
  hasImportCycles,
  hasNonAscii,
  hasUnfinishedWork,
  importsFs,
  importsPublicSurface,
  runsEngineInApi,
  isTooLong,
  keepsState,
  lacksHeader,
  lockNamesSources,
  namesMachines,
  namesModulesWrongly,
  namesRegistries,
  parse,
  reachesBelowPublicSurface,
  readsClocks,
  type SourceFile,
  type TextFile,
  type Waivers,
  PARAMETER_COUNT_MAX,
  takesTooMany,
} from './support/tidy-rules.ts';

/** Files over the line cap: `'src/folder/file.ts': 'why it is one file'`. */
const LINE_CAP_WAIVERS: Waivers = {};

/** State of modules: `'src/folder/file.ts name': 'why it is on no object'`. */
const STATE_WAIVERS: Waivers = {
  'src/base/coin.ts purse': 'tests toss the coins of everything in the thread',
  'src/base/liveness.ts holdCount': 'counts the calls of the process that keep it alive',
  'src/bytes/bytes.ts lastSource':
    'a memo of one property: a call within a call only replaces it, and a scan takes 25 ns more for each value without it',
  'src/bytes/bytes.ts lastBuffer': 'of lastSource',
  'src/compaction/job-worker.ts vfs': 'the worker thread is a program of its own',
  'src/compaction/job-worker.ts flushes': 'the worker thread is a program of its own',
  'src/compaction/level-digest.ts digests': 'a memo, by arrays that never change',
  'src/compaction/worker-pool.ts pools': 'all databases of the process share the threads',
  'src/engine/state/shared-resources.ts arenas': 'idle memory goes from one database to the next',
  'src/engine/state/shared-resources.ts shared': 'all databases of the process share them',
  'src/iterator/tombstone-map.ts ONE_ZERO': 'is never written to',
  'src/log/log-writer.ts zeros': 'is only written from; it grows, and stays zero',
  'src/sstable/snappy-package.ts loaded': 'a package is loaded once',
  'src/sstable/snappy-package.ts given': 'written once, when a worker thread begins',
  'src/sstable/snappy-package.ts isFound': 'a package is looked for until it is found',
  'src/sstable/snappy-package.ts isKnownToLoad': 'written once, when a worker thread begins',
};

/** Functions with more parameters than the cap: `'src/folder/file.ts name': 'why'`. The list shrinks; nothing joins it. */
const PARAMETER_WAIVERS: Waivers = {
  'src/memtable/key-node.ts writeVersion':
    'runs for every write; a record for each would be garbage',
  'src/memtable/key-sorter.ts distribute': 'a loop over primitives, once for each digit of a sort',
  'src/sstable/block-builder.ts BlockBuilder.add':
    'runs for every entry of a table; cursors of many classes give the parts',
  'src/sstable/table-builder.ts TableBuilder.add': 'as BlockBuilder.add',
};

/** Invariants that no test cites: why a test cannot show them, or a folder that is not yet done. */
const UNTESTED_WAIVERS: Waivers = {
  'ingest-tables/bounded': 'is about memory and descriptors, and only slower without it',
  'audit/storage': 'only a database that breaks its promises fails in this way',
  'hash-index/bytes-first': 'needs a reader in another thread beside the writer',
  'file-metadata/never-changes': 'is what `readonly` says',
  'lock-owner/other-hosts': 'needs a file system that two machines mount',
  'lock-socket/no-weaker-lock': 'needs a system without descriptors or space at one call of many',
  'lock-socket/proven': 'needs a file system that makes sockets which never answer',
  'output/waits-for-the-stream': 'is what Node.js promises of the callback of a write',
  'regular-file/looked-at-open': 'is the absence of a race between two system calls',
  'table-cache/good-until-the-next-wait':
    'is a rule for callers; an assert of BlockSource holds it',
  'visible-iterator/cheap-without-ranges': 'is about speed',
};

/** Files that still refer to documents that are not in the repository. */
const ABSENT_DOCUMENT_WAIVERS: Waivers = {};

const root = fileURLToPath(new URL('../', import.meta.url));
const sources = listFolder('src')
  .filter((path) => path.endsWith('.ts'))
  .map((path) => parse(path, read(path)));

function listFolder(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    return entry.isDirectory() ? listFolder(path) : [path];
  });
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** What is, or could be, committed; without git, as in an unpacked archive, the folders that are ours. */
function repositoryFiles(): TextFile[] {
  let paths: string[];
  try {
    const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
    paths = execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).split('\0');
  } catch {
    paths = [...listFolder('src'), ...listFolder('test'), ...listFolder('scripts'), 'package.json'];
  }
  return paths.flatMap((path) => {
    try {
      return path === '' ? [] : [{ path, text: read(path) }];
    } catch {
      return []; // listed, but deleted since
    }
  });
}

/** The files of a sample: `{ 'src/api/x.ts': 'text' }`. */
function sample(texts: Readonly<Record<string, string>>): SourceFile[] {
  return Object.entries(texts).map(([path, text]) => parse(path, text));
}

const inDb = (text: string): SourceFile[] => sample({ 'src/api/x.ts': text });

interface Rule {
  readonly claim: string;
  readonly check: (files: readonly SourceFile[]) => string[];
  readonly refuses: readonly (readonly SourceFile[])[];
  readonly accepts: readonly (readonly SourceFile[])[];
}

const RULES: readonly Rule[] = [
  {
    claim: 'a file imports only from its own folder and from lower layers',
    check: breaksLayers,
    refuses: [
      sample({ 'src/base/x.ts': "import { a } from '../vfs/vfs.ts';" }),
      sample({ 'src/vfs/x.ts': "import { a } from '../cache/block-cache.ts';" }),
      sample({ 'src/txn/x.ts': "import type { A } from '../compaction/compaction.ts';" }),
      sample({ 'src/log/x.ts': "export { a } from '../api/database.ts';" }),
      sample({ 'src/log/x.ts': "const a = await import('../api/database.ts');" }),
      sample({ 'src/log/x.ts': "type A = import('../api/database.ts').Database;" }),
      sample({ 'src/api/x.ts': "import { a } from '../../test/support/a.ts';" }),
      sample({ 'src/utils/x.ts': '' }),
    ],
    accepts: [
      sample({ 'src/api/x.ts': "import { a } from '../base/a.ts';\nimport { b } from './b.ts';" }),
      sample({ 'src/index.ts': "export { open } from './api/database.ts';" }),
      sample({ 'src/vfs/x.ts': "import { join } from 'node:path';" }),
    ],
  },
  {
    claim: 'no import cycle joins files, types included',
    check: hasImportCycles,
    refuses: [
      sample({
        'src/api/a.ts': "import { b } from './b.ts';",
        'src/api/b.ts': "import type { C } from './c.ts';",
        'src/api/c.ts': "import { a } from './a.ts';",
      }),
      sample({ 'src/api/a.ts': "import { a } from './a.ts';" }),
    ],
    accepts: [
      sample({
        'src/api/a.ts': "import './b.ts';\nimport './c.ts';",
        'src/api/b.ts': "import './d.ts';",
        'src/api/c.ts': "import './d.ts';",
        'src/api/d.ts': '',
      }),
    ],
  },
  {
    claim: 'node:fs is imported only by the vfs that wraps it, its locks and the command',
    check: importsFs,
    refuses: [
      inDb("import { openSync } from 'node:fs';"),
      inDb("import { open } from 'node:fs/promises';"),
      inDb("import * as fs from 'fs';"),
    ],
    accepts: [
      sample({ 'src/vfs/node-vfs.ts': "import { openSync } from 'node:fs';" }),
      sample({ 'src/vfs/process-lock.ts': "import { openSync } from 'node:fs';" }),
      sample({ 'src/cli/main.ts': "import { readFileSync } from 'node:fs';" }),
    ],
  },
  {
    claim: 'relative imports end in .ts, and built-in modules are spelled node:',
    check: namesModulesWrongly,
    refuses: [inDb("import { a } from './a.js';"), inDb("import { join } from 'path';")],
    accepts: [inDb("import { a } from './a.ts';\nimport { compress } from 'snappy';")],
  },
  {
    claim: 'nobody inside imports the public surface, but for the entries that stand on it',
    check: importsPublicSurface,
    refuses: [sample({ 'src/cli/x.ts': "import { open } from '../index.ts';" })],
    accepts: [
      sample({ 'src/cli/x.ts': "import { Database } from '../api/database.ts';" }),
      sample({ 'src/level/x.ts': "import { open } from '../index.ts';" }),
    ],
  },
  {
    claim: 'an entry imports nothing below the public surface, types included',
    check: reachesBelowPublicSurface,
    refuses: [
      sample({ 'src/level/x.ts': "import { Database } from '../api/database.ts';" }),
      sample({ 'src/level/x.ts': "import type { A } from '../base/errors.ts';" }),
      sample({ 'src/level/x.ts': "import { a } from '../adapters/a.ts';" }),
      sample({ 'src/adapters/x.ts': "import { a } from '../base/errors.ts';" }),
    ],
    accepts: [
      sample({
        'src/level/x.ts': "import { open } from '../index.ts';\nimport { y } from './y.ts';",
      }),
      sample({ 'src/etcd/x.ts': "import { a } from '../adapters/a.ts';" }),
    ],
  },
  {
    claim: 'the API imports no code of the engine',
    check: runsEngineInApi,
    refuses: [sample({ 'src/api/x.ts': "import { type A, b } from '../engine/state/x.ts';" })],
    accepts: [
      sample({
        'src/api/x.ts':
          "import type { A } from '../engine/state/x.ts';\nimport { B } from '../store/x.ts';",
      }),
    ],
  },
  {
    claim: 'exports have names',
    check: exportsDefault,
    refuses: [
      inDb('export default class A {}'),
      inDb('export default 1;'),
      inDb('const a = 1;\nexport { a as default };'),
    ],
    accepts: [inDb('export function a(x: number) { switch (x) { default: return 1; } }')],
  },
  {
    claim: 'a module keeps no state outside of objects, or has a waiver that it needs',
    check: (files) => keepsState(files, files === sources ? STATE_WAIVERS : {}),
    refuses: [
      inDb('let count = 0;'),
      inDb('export let last: string | undefined;'),
      inDb('const SCRATCH = new Uint8Array(64);'),
      inDb('const known = new Map<string, number>();'),
      inDb('const PROBE = new BlockEntry();'),
    ],
    accepts: [
      inDb('const NONE = new Uint8Array(0);'),
      inDb("const NAMES: ReadonlySet<string> = new Set(['a']);"),
      inDb("const STOP = new Error('stop');"),
      inDb('let construct: (n: number) => string;'),
      inDb('function a() { let b = 0; const c = new Map(); return b + c.size; }'),
    ],
  },
  {
    claim: `a function takes at most ${PARAMETER_COUNT_MAX} parameters, or has a waiver that it needs`,
    check: (files) => takesTooMany(files, files === sources ? PARAMETER_WAIVERS : {}),
    refuses: [
      inDb('function f(a, b, c, d, e, f, g) {}'),
      inDb('class A { constructor(a, b, c, d, e, f, g) {} }'),
      inDb('interface A { f(a, b, c, d, e, f, g): void }'),
      inDb('const f = (a, b, c, d, e, f, g) => a;'),
    ],
    accepts: [inDb('function f(a, b, c, d, e, f) {}'), inDb('f(1, 2, 3, 4, 5, 6, 7);')],
  },
  {
    claim: `a file has at most ${FILE_LINES_MAX} lines, examples in comments aside, or a waiver that it needs`,
    check: (files) => isTooLong(files, LINE_CAP_WAIVERS),
    refuses: [inDb('a();\n'.repeat(FILE_LINES_MAX + 1))],
    accepts: [],
  },
  {
    claim: 'a file starts with a block comment',
    check: lacksHeader,
    refuses: [inDb('export const a = 1;'), inDb('// one line\n')],
    accepts: [inDb('/** Owns: a. */\n'), inDb('#!/usr/bin/env node\n/** Owns: a. */\n')],
  },
  {
    claim: 'sources are ASCII',
    check: hasNonAscii,
    refuses: [inDb("const a = '\u00e9';"), inDb('// a \u2014 b')],
    accepts: [inDb("const a = '\\u00e9';")],
  },
  {
    claim: 'no FIXME and no TODO without an issue',
    check: hasUnfinishedWork,
    refuses: [
      inDb('// FIXME later'),
      inDb('a(); // TODO: later'),
      inDb('/**\n * TODO(me): later\n */'),
      inDb('function a() {\n  // TODO\n}'),
    ],
    accepts: [inDb('// TODO(#12): later'), inDb("const a = '// TODO';")],
  },
  {
    claim: 'no code is commented out',
    check: hasCommentedOutCode,
    refuses: [
      inDb('// const a = 1;'),
      inDb('// if (a) {\n//   b();\n// }'),
      inDb('/*\n  await this.sync();\n*/'),
      inDb('// } else {'),
      inDb('// return a;'),
    ],
    accepts: [
      inDb('// The file is synced first; the rename follows;\n// bounded;'),
      inDb('/**\n * const db = await open(path);\n */'),
      inDb('const a = b[0]!; // 0 < b.length'),
      inDb("const a = '// b();';"),
      inDb('// return the older one;'),
    ],
  },
  {
    claim: 'a check is silenced only beside the reason',
    check: disablesLintSilently,
    refuses: [inDb('// eslint-disable-next-line eqeqeq'), inDb('// @ts-expect-error\na();')],
    accepts: [inDb('// eslint-disable-next-line eqeqeq -- null and undefined are one here')],
  },
  {
    claim:
      'time, the event loop and randomness come from base/clock, base/scheduling and base/random',
    check: readsClocks,
    refuses: [
      inDb('const a = Date.now();'),
      inDb('const a = Math.random();'),
      inDb('setTimeout(() => {}, 1);'),
      inDb('globalThis.setInterval(a, 1);'),
      inDb('const a = performance.now();'),
      inDb('const now = Date.now;'),
      inDb("import { setTimeout as sleep } from 'node:timers/promises';"),
      inDb("import { performance as clock } from 'node:perf_hooks';"),
      inDb('setImmediate(a);'),
      inDb('queueMicrotask(a);'),
      inDb('process.nextTick(a);'),
      inDb('const idle = performance.eventLoopUtilization().idle;'),
      inDb('const a = new Date();'),
      inDb('const a = structuredClone(b);'),
      inDb('const a = AbortSignal.any([b, c]);'),
      sample({ 'src/base/clock.ts': 'const a = Date.now();' }),
    ],
    accepts: [
      inDb('clock.setTimeout(a, 1);'),
      inDb('// Date.now() would be wrong here'),
      inDb('function a(b: Date) { return new Date(2); }'),
      sample({ 'src/base/scheduling.ts': 'const a = Date.now();' }),
      sample({ 'src/cli/main.ts': 'setTimeout(a, 1);' }),
    ],
  },
  {
    claim: 'nothing awaits inside an ATOMIC fence, and fences pair up',
    check: awaitsInsideFences,
    refuses: [
      inDb('async function a() {\n  // ATOMIC(C2): why\n  await b();\n  // END ATOMIC\n}'),
      inDb(
        'async function a() {\n  // ATOMIC(C2): why\n  for await (const x of y) b();\n  // END ATOMIC\n}',
      ),
      inDb('// ATOMIC(C2): why\nb();'),
      inDb('b();\n// END ATOMIC'),
      inDb('// ATOMIC(C2): why\n// ATOMIC(C3): why\n// END ATOMIC'),
    ],
    accepts: [
      inDb(
        'async function a() {\n  // ATOMIC(C2): no await\n  b();\n  // END ATOMIC\n  await c();\n}',
      ),
    ],
  },
];

const describeProblems = (problems: readonly string[]): string => problems.join('\n');

describe('tidy: the rules see what they forbid', () => {
  it.each(RULES)('$claim', ({ check, refuses, accepts }) => {
    for (const files of refuses) {
      expect(check(files), `must refuse: ${files.map(({ text }) => text).join('\n')}`).not.toEqual(
        [],
      );
    }
    for (const files of accepts) {
      expect(check(files), `must accept: ${files.map(({ text }) => text).join('\n')}`).toEqual([]);
    }
  });

  it('a waiver that is not needed is refused', () => {
    expect(isTooLong(inDb('a();'), { 'src/api/x.ts': 'a reason' })).toHaveLength(1);
  });

  it('a waiver for parameters that are not there is refused', () => {
    const files = inDb('class A { f(a, b, c, d, e, f, g) {} }');
    expect(takesTooMany(files, { 'src/api/x.ts A.f': 'a reason' })).toEqual([]);
    expect(takesTooMany(inDb(''), { 'src/api/x.ts A.f': 'a reason' })).toHaveLength(1);
  });

  it('a waiver for state that is not there is refused', () => {
    const files = inDb('let a = 0;');
    expect(keepsState(files, { 'src/api/x.ts a': 'a reason' })).toEqual([]);
    expect(keepsState(files, { 'src/api/x.ts a': 'a reason', 'src/api/x.ts b': 'b' })).toHaveLength(
      1,
    );
  });

  it('invariants by letters, of one name, without a test, and citations of none are refused', () => {
    const stating = (path: string, line: string): SourceFile =>
      parse(path, `/**\n * Invariants:\n *   ${line}\n */\n`);
    const lettered = [stating('src/log/x.ts', 'L2. no gap.')];
    expect(numbersInvariants(lettered)).toHaveLength(1);
    expect(numbersInvariants(lettered, { 'src/log/': 'a reason' })).toEqual([]);
    const worded = [stating('src/log/x.ts', 'log-x/no-gap: no gap.')];
    expect(numbersInvariants(worded)).toEqual([]);
    expect(numbersInvariants(worded, { 'src/log/': 'a reason' })).toHaveLength(1);
    const twice = [...worded, stating('src/vfs/y.ts', 'log-x/no-gap: no gap.')];
    expect(repeatsInvariants(worded)).toEqual([]);
    expect(repeatsInvariants(twice)).toHaveLength(1);

    const test = (name: string): TextFile[] => [{ path: 'test/x', text: `it('does (${name})');` }];
    expect(untestedInvariants(worded, test('log-x/no-gap'))).toEqual([]);
    expect(untestedInvariants(worded, test('log-x/no-gap-at-all'))).toHaveLength(1);
    expect(untestedInvariants(worded, [], { 'log-x/no-gap': 'a reason' })).toEqual([]);
    expect(untestedInvariants(worded, [], { 'log-x/gone': 'a reason' })).toHaveLength(2);
    const stated = invariantsOf(worded);
    expect(citesUnknownInvariants(test('log-x/no-gap'), stated)).toEqual([]);
    expect(citesUnknownInvariants(test('log-x/no-hole'), stated)).toHaveLength(1);
  });

  it('references to documents that are not here are refused', () => {
    const text = (line: string): TextFile[] => [{ path: 'src/x.ts', text: line }];
    const numbered = ['design', 'invariant', '7'].join(' ');
    expect(namesAbsentDocuments(text(`// never again (${numbered})`))).toHaveLength(1);
    expect(namesAbsentDocuments(text(`// ${numbered}`), { 'src/x.ts': 'a reason' })).toEqual([]);
    expect(namesAbsentDocuments(text('// never again (docs/durability.md)'))).toEqual([]);
  });

  it('paths of a machine and registry hosts are refused', () => {
    const path = (...parts: readonly string[]): TextFile => ({ path: 'x', text: parts.join('/') });
    expect(namesMachines([path('see ', 'work', 'main')])).toHaveLength(1);
    expect(namesMachines([path("cd '", 'home', 'someone', 'varve')])).toHaveLength(1);
    expect(namesMachines([path('src', 'work', 'x.ts'), path('.', 'work', 'x')])).toEqual([]);
    const host = ['registry', 'npmjs', 'org'].join('.');
    expect(namesRegistries([path('https:', '', host, 'snappy')])).toHaveLength(1);
    expect(lockNamesSources('{\n  "resolved": "x"\n}')).toHaveLength(1);
  });
});

describe('tidy: src', () => {
  it('has files to read', () => {
    expect(sources.length).toBeGreaterThan(0);
  });

  it.each(RULES)('$claim', ({ check }) => {
    const problems = check(sources);
    expect(problems, describeProblems(problems)).toEqual([]);
  });
});

describe('tidy: invariants', () => {
  const tests = listFolder('test')
    .filter((path) => /\.(ts|txt)$/.test(path) && !path.endsWith('tidy.test.ts'))
    .map((path) => ({ path, text: read(path) }));

  it.each([
    ['have names of words', () => numbersInvariants(sources)],
    ['have names of their own', () => repeatsInvariants(sources)],
    ['are each cited by a test', () => untestedInvariants(sources, tests, UNTESTED_WAIVERS)],
    [
      'are there where one is cited',
      () => citesUnknownInvariants([...sources, ...tests], invariantsOf(sources)),
    ],
  ])('%s', (_, check) => {
    const problems = check();
    expect(problems, describeProblems(problems)).toEqual([]);
  });
});

describe('tidy: the repository', () => {
  const files = repositoryFiles();

  it('refers to no document that is not in it', () => {
    const problems = namesAbsentDocuments(
      files.filter(({ path }) => !path.startsWith('docs/adr/')),
      ABSENT_DOCUMENT_WAIVERS,
    );
    expect(problems, describeProblems(problems)).toEqual([]);
  });

  it('names no path of one machine', () => {
    const problems = namesMachines(files);
    expect(problems, describeProblems(problems)).toEqual([]);
  });

  it('names no package registry', () => {
    const problems = namesRegistries(files);
    expect(problems, describeProblems(problems)).toEqual([]);
  });

  it('has a lock file that does not say where packages come from', () => {
    expect(lockNamesSources(read('package-lock.json'))).toEqual([]);
  });
});
