/**
 * The mechanical rules of the house style, as functions from sources to the ways in which they break a rule.
 *
 * Owns: what each rule means. tidy.test.ts runs them over the tree, and shows each one a file that it must refuse.
 *
 * Every rule takes all the files, parsed once, and returns one sentence per breach, starting `path:line`.
 */
import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import ts from 'typescript';

export interface SourceFile {
  /** From the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** A file that may be longer than the cap, and why it is not split. */
export type Waivers = Readonly<Record<string, string>>;

export const FILE_LINES_MAX = 600;

/** A file imports from its own folder and from folders with a smaller number. */
export const LAYERS: Readonly<Record<string, number>> = {
  base: 0,
  bytes: 1,
  merkle: 1,
  encryption: 1.5,
  vfs: 2,
  cache: 2,
  batch: 2,
  iterator: 2,
  log: 3,
  memtable: 3,
  sstable: 3,
  version: 4,
  compaction: 5,
  txn: 5,
  'engine/state': 6,
  'engine/read': 7,
  'engine/commit': 8,
  'engine/upkeep': 9,
  'engine/history': 9.5,
  engine: 10,
  'engine/recovery': 11,
  'engine/copy': 11,
  'engine/check': 11,
  'engine/bulk': 11,
  'engine/follow': 11.5,
  store: 12,
  indexes: 13,
  'append-only': 13,
  backup: 13,
  threads: 13.5,
  remote: 13.5,
  api: 14,
  inspect: 15,
  programs: 15,
  migrate: 15.1,
  text: 15.2,
  studio: 15.5,
  cli: 16,
  'index.ts': 16,
  adapters: 16.5,
  level: 17,
  graph: 17,
  documents: 17,
  metrics: 17,
  s3: 17,
  worker: 17,
  session: 17,
  keyv: 17,
  fastify: 17,
  postgres: 17,
  etcd: 17,
  foundationdb: 17,
  ledger: 17,
};

const PUBLIC_SURFACE = 'src/index.ts';
/** The folders of the entries beside the library, such as `varve/level`. */
const ENTRIES =
  /^src\/(?:level|documents|graph|metrics|s3|session|keyv|fastify|postgres|worker|etcd|foundationdb|adapters)\//;
/** Those over servers, and the folder of what they share, which stands on the public surface as they do. */
const ADAPTERS = /^src\/(?:postgres|etcd|foundationdb)\//;
const ADAPTER_PARTS = 'adapters';
const MAY_IMPORT_FS =
  /^src\/(vfs\/(node-vfs|node-file|file-modes|regular-file|[a-z-]+-lock[a-z-]*)\.ts$|(cli|programs)\/)/;
const MAY_READ_CLOCKS =
  /^src\/(base\/(scheduling|random)\.ts$|(cli|programs|metrics|adapters|studio\/page)\/)/;
/** What test runners and other realms replace while a program runs. */
const FORBIDDEN_GLOBALS = new Set([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'queueMicrotask',
  'performance',
  'Date',
  'structuredClone',
  'fetch',
  'crypto',
]);
const FORBIDDEN_MEMBERS = new Set([
  'Math.random',
  'process.nextTick',
  'process.hrtime',
  'process.uptime',
  'AbortSignal.any',
  'AbortSignal.timeout',
]);

export function parse(path: string, text: string): SourceFile {
  return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) };
}

// Imports

interface Import {
  readonly specifier: string;
  readonly line: number;
  /** True for `import type`. */
  readonly isTypeOnly: boolean;
}

function importsOf(file: SourceFile): Import[] {
  const found: Import[] = [];
  visit(file.tree, (node) => {
    const specifier = specifierOf(node);
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const isTypeOnly = ts.isImportDeclaration(node) && node.importClause?.isTypeOnly === true;
    found.push({ specifier: specifier.text, line: lineOf(file, specifier), isTypeOnly });
  });
  return found;
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return node.argument.literal;
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return node.arguments[0];
  }
  return undefined;
}

const isRelative = ({ specifier }: Import): boolean => /^\.\.?(\/|$)/.test(specifier);

function targetOf(file: SourceFile, { specifier }: Import): string {
  return posix.join(posix.dirname(file.path), specifier);
}

/**
 * 'src/vfs/vfs.ts' -> 'vfs'; 'src/engine/read/x.ts' -> 'engine/read', since its rooms are layers; 'src/index.ts' ->
 * 'index.ts'.
 */
function folderOf(path: string): string {
  const [, folder = '', room = ''] = path.split('/');
  return folder === 'engine' && !room.endsWith('.ts') ? `${folder}/${room}` : folder;
}

export function breaksLayers(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const folder = folderOf(file.path);
    const layer = LAYERS[folder];
    if (layer === undefined) {
      return [`${file.path}:1 is in a folder without a layer number: add it to LAYERS`];
    }
    return importsOf(file)
      .filter(isRelative)
      .flatMap((each) => {
        const target = targetOf(file, each);
        const targetFolder = folderOf(target);
        const targetLayer = target.startsWith('src/') ? LAYERS[targetFolder] : undefined;
        const where = `${file.path}:${each.line}`;
        if (targetLayer === undefined) return [`${where} imports ${target}, outside every layer`];
        if (targetFolder === folder || targetLayer < layer) return [];
        const direction = targetLayer === layer ? 'sideways' : 'up';
        return [
          `${where} imports ${direction}: ${folder} is layer ${layer}, ${target} layer ${targetLayer}`,
        ];
      });
  });
}

/** The API stands on the contract of a store: of the engine it names reports and events, and runs nothing. */
export function runsEngineInApi(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => path.startsWith('src/api/'))
    .flatMap((file) =>
      importsOf(file)
        .filter((each) => isRelative(each) && !each.isTypeOnly)
        .filter((each) => targetOf(file, each).startsWith('src/engine/'))
        .map(({ line }) => `${file.path}:${line} imports code of the engine: ask the store`),
    );
}

/** Reports each cycle once, as the path that closes it; imports of types count. */
export function hasImportCycles(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const finished = new Set<string>();
  const cycles: string[] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push([...trail.slice(start), path].join(' -> '));
    const file = byPath.get(path);
    if (start >= 0 || file === undefined || finished.has(path)) return;
    for (const each of importsOf(file).filter(isRelative)) {
      walk(targetOf(file, each), [...trail, path]);
    }
    finished.add(path);
  };
  for (const file of files) walk(file.path, []);
  return cycles.map((cycle) => `${cycle.split(' ')[0]}:1 is in a cycle: ${cycle}`);
}

export function importsFs(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => !MAY_IMPORT_FS.test(file.path))
    .flatMap((file) =>
      importsOf(file)
        .filter(({ specifier }) => /^(node:)?fs(\/|$)/.test(specifier))
        .map(({ specifier, line }) => `${file.path}:${line} imports ${specifier}: go through Vfs`),
    );
}

export function namesModulesWrongly(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    importsOf(file).flatMap((each) => {
      const where = `${file.path}:${each.line}`;
      if (isRelative(each) && !each.specifier.endsWith('.ts')) {
        return [`${where} imports '${each.specifier}': relative imports end in .ts`];
      }
      if (builtinModules.includes(each.specifier) && !each.specifier.startsWith('node:')) {
        return [`${where} imports '${each.specifier}': write 'node:${each.specifier}'`];
      }
      return [];
    }),
  );
}

export function importsPublicSurface(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => !ENTRIES.test(path))
    .flatMap((file) =>
      importsOf(file)
        .filter((each) => isRelative(each) && targetOf(file, each) === PUBLIC_SURFACE)
        .map(
          ({ line }) => `${file.path}:${line} imports ${PUBLIC_SURFACE}: import the module itself`,
        ),
    );
}

/** An entry is written as a user of the library could write it: what it lacks there is missing for all of them. */
export function reachesBelowPublicSurface(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => ENTRIES.test(path))
    .flatMap((file) =>
      importsOf(file)
        .filter(isRelative)
        .map((each) => ({ line: each.line, target: targetOf(file, each) }))
        .filter(({ target }) => target !== PUBLIC_SURFACE)
        .filter(({ target }) => folderOf(target) !== folderOf(file.path))
        .filter(({ target }) => !(ADAPTERS.test(file.path) && folderOf(target) === ADAPTER_PARTS))
        .map(
          ({ line, target }) =>
            `${file.path}:${line} imports ${target}: an entry stands on ${PUBLIC_SURFACE} alone`,
        ),
    );
}

export function exportsDefault(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const found: string[] = [];
    visit(file.tree, (node) => {
      const isDefault =
        ts.isExportAssignment(node) ||
        node.kind === ts.SyntaxKind.DefaultKeyword ||
        (ts.isExportSpecifier(node) && node.name.text === 'default');
      if (!isDefault || ts.isDefaultClause(node.parent)) return;
      found.push(`${file.path}:${lineOf(file, node)} exports a default: name it`);
    });
    return found;
  });
}

// State of a module

/** Objects that stay as they are made. */
const CONSTANT_CLASSES: ReadonlySet<string> = new Set(['Error', 'TextDecoder', 'TextEncoder']);

/**
 * What a module keeps outside of any object: a `let`, or a `const` that is a new object which can change. Every reader
 * in the thread shares it, a call within a call among them. A waiver names the file and the variable.
 */
export function keepsState(files: readonly SourceFile[], waivers: Waivers): string[] {
  const found = files.flatMap((file) =>
    file.tree.statements.filter(ts.isVariableStatement).flatMap(({ declarationList }) => {
      const isConst = (declarationList.flags & ts.NodeFlags.Const) !== 0;
      return declarationList.declarations
        .filter((each) => (isConst ? isChangeable(each) : !isDoorOfClass(each)))
        .map((node) => ({ name: `${file.path} ${node.name.getText(file.tree)}`, file, node }));
    }),
  );
  const names = new Set(found.map(({ name }) => name));
  return [
    ...found
      .filter(({ name }) => waivers[name] === undefined)
      .map(
        ({ file, node }) =>
          `${file.path}:${lineOf(file, node)} keeps state outside of any object: put it on the one that uses it`,
      ),
    ...Object.keys(waivers)
      .filter((name) => !names.has(name))
      .map((name) => `${name} has a waiver for state that is not there`),
  ];
}

/**
 * `let construct: (...) => ...;`: a function that the static block of a class sets, by which its module reaches private
 * members.
 */
function isDoorOfClass({ type, initializer }: ts.VariableDeclaration): boolean {
  return initializer === undefined && type !== undefined && ts.isFunctionTypeNode(type);
}

function isChangeable({ type, initializer }: ts.VariableDeclaration): boolean {
  if (initializer === undefined || !ts.isNewExpression(initializer)) return false;
  if (type !== undefined && type.getText().startsWith('Readonly')) return false;
  const name = initializer.expression.getText();
  if (CONSTANT_CLASSES.has(name)) return false;
  const [size] = initializer.arguments ?? [];
  return !(name.endsWith('Array') && size?.getText() === '0');
}

// Shape of a function

export const PARAMETER_COUNT_MAX = 6;

/** Functions, methods and constructors with too many parameters. A waiver names the file and the function. */
export function takesTooMany(files: readonly SourceFile[], waivers: Waivers): string[] {
  const found = new Map<string, string>();
  for (const file of files) {
    visit(file.tree, (node) => {
      if (!ts.isFunctionLike(node) || node.parameters.length <= PARAMETER_COUNT_MAX) return;
      const name = ts.isConstructorDeclaration(node)
        ? 'constructor'
        : node.name?.getText(file.tree);
      const { parent } = node;
      const owner =
        ts.isClassLike(parent) || ts.isInterfaceDeclaration(parent) ? parent.name : undefined;
      const fullName = [owner?.text, name ?? 'unnamed'].filter(Boolean).join('.');
      found.set(
        `${file.path} ${fullName}`,
        `${file.path}:${lineOf(file, node)} ${fullName} takes ${node.parameters.length} parameters: ` +
          `pass a slice or a record, the cap is ${PARAMETER_COUNT_MAX}`,
      );
    });
  }
  return [
    ...[...found].flatMap(([name, problem]) => (waivers[name] === undefined ? [problem] : [])),
    ...Object.keys(waivers)
      .filter((name) => !found.has(name))
      .map((name) => `${name} has a waiver for parameters that it does not need`),
  ];
}

// Shape of a file

export function isTooLong(files: readonly SourceFile[], waivers: Waivers): string[] {
  const lineCounts = new Map(files.map(({ path, text }) => [path, lineCountOf(text)]));
  const tooLong = files
    .filter(({ path, text }) => lineCountOf(text) > FILE_LINES_MAX && waivers[path] === undefined)
    .map(
      ({ path, text }) => `${path}:1 has ${lineCountOf(text)} lines, the cap is ${FILE_LINES_MAX}`,
    );
  const idle = Object.keys(waivers)
    .filter((path) => (lineCounts.get(path) ?? 0) <= FILE_LINES_MAX)
    .map((path) => `${path}:1 has a waiver from the line cap that it does not need`);
  return [...tooLong, ...idle];
}

/** Lines, but for those of examples in comments, with the blank one before: they are the reference, and make no file harder to follow. */
function lineCountOf(text: string): number {
  const withoutExamples = text.replaceAll(/(?:^ *\*\n)?^ *\* @example\n(?: *\*(?!\/).*\n)*/gm, '');
  return withoutExamples.trimEnd().split('\n').length;
}

export function lacksHeader(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ text }) => !/^(#!.*\n)?\/\*/.test(text))
    .map(({ path }) => `${path}:1 does not start with a block comment that says what it owns`);
}

export function hasNonAscii(files: readonly SourceFile[]): string[] {
  return eachLine(files, (line) => {
    // eslint-disable-next-line no-control-regex -- the range is all of ASCII, control characters included
    const found = /[^\x00-\x7f]/u.exec(line)?.[0];
    if (found === undefined) return undefined;
    const code = found.codePointAt(0)!.toString(16).padStart(4, '0'); // a match is never empty
    return `holds U+${code}: sources are ASCII, write an escape`;
  });
}

// Comments

interface Comment {
  readonly text: string;
  readonly line: number;
}

/** Every comment, taken from the gaps between tokens, so that text in strings is never one. */
function commentsOf(file: SourceFile): Comment[] {
  const found = new Map<number, Comment>();
  const collect = (ranges: readonly ts.CommentRange[] | undefined): void => {
    for (const { pos, end } of ranges ?? []) {
      const line = file.tree.getLineAndCharacterOfPosition(pos).line + 1;
      found.set(pos, { text: file.text.slice(pos, end), line });
    }
  };
  const walk = (node: ts.Node): void => {
    const children = node.getChildren(file.tree);
    if (children.length > 0) {
      children.forEach(walk);
      return;
    }
    collect(ts.getLeadingCommentRanges(file.text, node.getFullStart()));
    collect(ts.getTrailingCommentRanges(file.text, node.getEnd()));
  };
  walk(file.tree);
  return [...found.values()];
}

export function hasUnfinishedWork(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    commentsOf(file).flatMap(({ text, line }) => {
      if (/\bFIXME\b/.test(text)) return [`${file.path}:${line} says FIXME: fix it`];
      if (!/\bTODO\b(?!\(#\d+\):)/.test(text)) return [];
      return [`${file.path}:${line} has a bare TODO: name its issue, as in TODO(#12): ...`];
    }),
  );
}

export function hasCommentedOutCode(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    commentsOf(file)
      .filter(({ text }) => !text.startsWith('/**'))
      .flatMap(({ text, line }) =>
        text.split('\n').flatMap((each, index) => {
          const content = each.replace(/^\s*(\/\/|\/\*|\*(?!\/))?/, '').replace(/\*\/\s*$/, '');
          return isStatement(content.trim())
            ? [`${file.path}:${line + index} is code: ${content}`]
            : [];
        }),
      ),
  );
}

/** Whether the line alone is a statement. Prose that ends in a semicolon does not parse, or is a bare name. */
function isStatement(line: string): boolean {
  if (!/[;{]$/.test(line)) return false;
  const code = line.endsWith('{') ? `${line.replace(/^\}\s*else\b/, 'if (true) {} else')}}` : line;
  const { diagnostics } = ts.transpileModule(code, { reportDiagnostics: true });
  if (diagnostics !== undefined && diagnostics.length > 0) return false;
  const [statement] = ts.createSourceFile('line.ts', code, ts.ScriptTarget.Latest).statements;
  if (statement === undefined || ts.isLabeledStatement(statement)) return false;
  if (ts.isBlock(statement) || ts.isEmptyStatement(statement)) return false;
  if (!ts.isExpressionStatement(statement)) return true;
  return [
    ts.isCallExpression,
    ts.isAwaitExpression,
    ts.isBinaryExpression,
    ts.isPrefixUnaryExpression,
    ts.isPostfixUnaryExpression,
  ].some((is) => is(statement.expression));
}

export function disablesLintSilently(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    commentsOf(file)
      .filter(({ text }) => /eslint-disable|@ts-expect-error|@ts-ignore/.test(text))
      .filter(({ text }) => !/eslint-disable.* -- \S|@ts-expect-error \S/.test(text))
      .map(({ line }) => `${file.path}:${line} silences a check without a reason after --`),
  );
}

// Behaviour

export function readsClocks(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => !MAY_READ_CLOCKS.test(file.path))
    .flatMap((file) => {
      const found: string[] = [];
      const report = (node: ts.Node, name: string): void => {
        found.push(
          `${file.path}:${lineOf(file, node)} uses ${name}: take base/clock, base/scheduling or base/random`,
        );
      };
      visit(file.tree, (node) => {
        if (ts.isPropertyAccessExpression(node)) {
          const name = node.getText(file.tree).replace(/^globalThis\./, '');
          if (FORBIDDEN_MEMBERS.has(name) || FORBIDDEN_GLOBALS.has(name)) report(node, name);
        } else if (ts.isIdentifier(node) && FORBIDDEN_GLOBALS.has(node.text)) {
          if (!isMemberName(node) && !namesNoClock(node)) report(node, node.text);
        }
      });
      for (const { specifier, line } of importsOf(file)) {
        if (!/^(node:)?(timers|perf_hooks)(\/|$)/.test(specifier)) continue;
        found.push(`${file.path}:${line} imports ${specifier}: take base/clock or base/scheduling`);
      }
      return found;
    });
}

/** A type, and a date that is made of a given time, look at nothing. */
function namesNoClock({ parent }: ts.Identifier): boolean {
  if (ts.isNewExpression(parent)) return (parent.arguments?.length ?? 0) > 0;
  return ts.isTypeReferenceNode(parent);
}

/** In clock.setTimeout and { setTimeout: ... } the name is another object's. */
function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  const isDeclaredMember =
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodDeclaration(parent);
  return isDeclaredMember && parent.name === node;
}

interface Fence {
  readonly begin: number;
  readonly end: number;
}

export function awaitsInsideFences(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const { fences, problems } = fencesOf(file);
    if (fences.length === 0) return problems;
    visit(file.tree, (node) => {
      if (node.kind !== ts.SyntaxKind.AwaitKeyword && !ts.isAwaitExpression(node)) return;
      if (ts.isAwaitExpression(node.parent)) return; // the keyword of an expression reported already
      const line = lineOf(file, node);
      const fence = fences.find(({ begin, end }) => begin < line && line < end);
      if (fence === undefined) return;
      problems.push(`${file.path}:${line} awaits inside the ATOMIC fence of line ${fence.begin}`);
    });
    return problems;
  });
}

function fencesOf(file: SourceFile): { fences: Fence[]; problems: string[] } {
  const fences: Fence[] = [];
  const problems: string[] = [];
  let begin: number | undefined;
  const lines = file.text.split('\n');
  for (const [index, text] of lines.entries()) {
    const line = index + 1;
    if (/^\s*\/\/ ATOMIC\(/.test(text)) {
      if (begin !== undefined) problems.push(`${file.path}:${line} opens a fence inside a fence`);
      begin = line;
    } else if (/^\s*\/\/ END ATOMIC\b/.test(text)) {
      if (begin === undefined) problems.push(`${file.path}:${line} closes a fence never opened`);
      else fences.push({ begin, end: line });
      begin = undefined;
    }
  }
  if (begin !== undefined) {
    problems.push(`${file.path}:${begin} opens a fence that is never closed`);
    fences.push({ begin, end: lines.length + 1 });
  }
  return { fences, problems };
}

// The whole repository

/** Absolute paths of one machine. A relative path, or the tail of a longer one, does not count. */
const MACHINE_PATH = /(?<![\w.\-*})\]])\/(?:home|Users|root|work|workspace)\/[\w.-]+/;
const REGISTRY_HOST = /registry\.(?:npmjs|yarnpkg|npmmirror)\.|npm\.pkg\.github/;

export function namesMachines(files: readonly TextFile[]): string[] {
  return eachLine(files, (line) => {
    const found = MACHINE_PATH.exec(line)?.[0];
    return found === undefined ? undefined : `names a path of one machine: ${found}`;
  });
}

export function namesRegistries(files: readonly TextFile[]): string[] {
  return eachLine(files, (line) => {
    const found = REGISTRY_HOST.exec(line)?.[0];
    return found === undefined ? undefined : `names a package registry: ${found}`;
  });
}

/** The lock file names packages, versions and digests; where they come from is each machine's own business. */
export function lockNamesSources(lockText: string): string[] {
  const count = lockText.split('\n').filter((line) => /^\s*"resolved":/.test(line)).length;
  return count === 0 ? [] : [`package-lock.json:1 has ${count} resolved addresses: see .npmrc`];
}

// Helpers

function visit(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node);
  ts.forEachChild(node, (child) => {
    visit(child, look);
  });
}

function lineOf(file: SourceFile, node: ts.Node): number {
  return file.tree.getLineAndCharacterOfPosition(node.getStart(file.tree)).line + 1;
}

export function eachLine(
  files: readonly TextFile[],
  look: (line: string) => string | undefined,
): string[] {
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      const problem = look(line);
      return problem === undefined ? [] : [`${path}:${index + 1} ${problem}`];
    }),
  );
}
