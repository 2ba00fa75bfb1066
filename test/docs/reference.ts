/**
 * The public calls of the package, with the examples that their comments have.
 *
 * Owns: what a public call is, and how an example becomes a program. A call is an exported function, or a method of an
 * exported class under a name of its own. So is a method of an interface whose objects the package makes. The example above a
 * class stands under the name of the class. In an example a statement with `// =>` behind it prints its value.
 *
 * Suspension: every function here is synchronous.
 */
import { join, posix } from 'node:path';
import ts from 'typescript';
import { readText, ROOT } from './documents.ts';

export interface PublicCall {
  /** `Keyspace.get`, or `open`. */
  readonly name: string;
  /** Of the declaration: `src/api/keyspace.ts:98`. */
  readonly place: string;
  /** The code of each example. */
  readonly examples: readonly string[];
}

/** Interfaces whose objects the package makes; those of the others the program brings. */
const MADE_HERE: ReadonlySet<string> = new Set(['LevelChainedBatch', 'SessionStoreCalls']);

/** The functions and methods that the entry at `path` exports, by their names. Not what it has from another entry. */
export function publicCalls(path: string): PublicCall[] {
  const calls = sourceFile(path).statements.flatMap((statement) => {
    const isReexport = ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined;
    if (!isReexport) return [];
    const from = (statement.moduleSpecifier as ts.StringLiteral).text;
    const target = posix.join(posix.dirname(path), from);
    if (target === 'src/index.ts' || !from.startsWith('.')) return [];
    const names = (statement.exportClause as ts.NamedExports).elements
      .filter(({ isTypeOnly, name }) => {
        return !(statement.isTypeOnly || isTypeOnly) || MADE_HERE.has(name.text);
      })
      .map((element) => (element.propertyName ?? element.name).text);
    return names.flatMap((name) => callsOf(target, name));
  });
  return calls.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function sourceFile(path: string): ts.SourceFile {
  return ts.createSourceFile(join(ROOT, path), readText(path), ts.ScriptTarget.ES2022, true);
}

type Owner = ts.ClassDeclaration | ts.InterfaceDeclaration;
type Method = ts.MethodDeclaration | ts.MethodSignature;

/** Of a class and the interface that is merged with it: the calls of both. */
function callsOf(path: string, name: string): PublicCall[] {
  const functions: ts.FunctionDeclaration[] = [];
  const owners: Owner[] = [];
  for (const statement of sourceFile(path).statements) {
    const isOwner = ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement);
    if (isOwner && statement.name?.text === name) owners.push(statement);
    if (ts.isFunctionDeclaration(statement) && statement.name?.text === name) {
      functions.push(statement);
    }
  }
  const ofTheClass = owners
    .filter(ts.isClassDeclaration)
    .map((owner) => callOf(name, path, [owner]))
    .filter(({ examples }) => examples.length > 0);
  const ofFunctions = functions.length === 0 ? [] : [callOf(name, path, functions)];
  return [...ofFunctions, ...ofTheClass, ...methodsOf(name, path, owners)];
}

function methodsOf(name: string, path: string, owners: readonly Owner[]): PublicCall[] {
  const overloads = new Map<string, Method[]>();
  for (const member of owners.flatMap(({ members }) => [...members] as ts.Node[])) {
    if (!ts.isMethodDeclaration(member) && !ts.isMethodSignature(member)) continue;
    if (!ts.isIdentifier(member.name) || isHidden(member)) continue;
    const known = overloads.get(member.name.text) ?? [];
    overloads.set(member.name.text, [...known, member]);
  }
  return [...overloads].map(([method, nodes]) => callOf(`${name}.${method}`, path, nodes));
}

function isHidden(method: Method): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected | ts.ModifierFlags.Static;
  const has = (ts.getCombinedModifierFlags(method) & hidden) !== 0;
  return has || commentAbove(method).includes('@internal');
}

function callOf(name: string, path: string, nodes: readonly ts.Node[]): PublicCall {
  const [first] = nodes as readonly [ts.Node];
  const line = first.getSourceFile().getLineAndCharacterOfPosition(first.getStart()).line + 1;
  return { name, place: `${path}:${line}`, examples: nodes.flatMap(examplesAbove) };
}

/** The examples in the comment that stands right above a declaration. */
function examplesAbove(node: ts.Node): string[] {
  const [, ...examples] = commentAbove(node).split(/^@example\n/m);
  return examples.map((example) => example.trimEnd());
}

/** The text of the comment that stands right above a declaration; empty for none. */
function commentAbove(node: ts.Node): string {
  const text = node.getSourceFile().text;
  const comments = ts.getLeadingCommentRanges(text, node.pos) ?? [];
  const comment = comments.filter(({ pos }) => text.startsWith('/**', pos)).at(-1);
  if (comment === undefined) return '';
  const lines = text
    .slice(comment.pos, comment.end)
    .replace(/\s*\*\/$/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*(\/\*)?\* ?/, ''));
  return lines.join('\n');
}

/** The lines that an example says it prints. */
export function statedOutput(example: string): string[] {
  return [...example.matchAll(/\/\/ => (.*)$/gm)].map((match) => match[1] ?? '');
}

/** The example with a `show(...)` around each expression that has `// =>` behind it. */
export function programOf(example: string): string {
  const file = ts.createSourceFile('example.ts', example, ts.ScriptTarget.ES2022, true);
  const statements = file.statements.map((statement) => {
    const text = statement.getText();
    const after = example.slice(statement.end).split('\n')[0] ?? '';
    const isShown = ts.isExpressionStatement(statement) && /^ *\/\/ =>/.test(after);
    if (!isShown || text.startsWith('console.')) return text;
    return `show(${statement.expression.getText()});`;
  });
  return `${statements.join('\n')}\n`;
}

/** The example of `connect` of an entry over servers. */
export function connectExample(entry: string): string {
  const calls = publicCalls(`src/${entry}/index.ts`);
  const [example] = calls.find(({ name }) => name === 'connect')?.examples ?? [];
  if (example === undefined) throw new Error(`No example of connect: entry=${entry}`);
  return example;
}
