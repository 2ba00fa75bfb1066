/**
 * The public calls of the package, with the examples that their comments have.
 *
 * Owns: what a public call is: an exported function, or a method of an exported class under a name of its own; and how an
 * example becomes a program. In an example a statement with `// =>` behind it prints its value.
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

/** The functions and methods that the entry at `path` exports, by their names. Not what it has from another entry. */
export function publicCalls(path: string): PublicCall[] {
  const calls = sourceFile(path).statements.flatMap((statement) => {
    const isReexport = ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined;
    if (!isReexport || statement.isTypeOnly) return [];
    const from = (statement.moduleSpecifier as ts.StringLiteral).text;
    const target = posix.join(posix.dirname(path), from);
    if (target === 'src/index.ts' || !from.startsWith('.')) return [];
    const names = (statement.exportClause as ts.NamedExports).elements
      .filter(({ isTypeOnly }) => !isTypeOnly)
      .map((element) => (element.propertyName ?? element.name).text);
    return names.flatMap((name) => callsOf(target, name));
  });
  return calls.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function sourceFile(path: string): ts.SourceFile {
  return ts.createSourceFile(join(ROOT, path), readText(path), ts.ScriptTarget.ES2022, true);
}

function callsOf(path: string, name: string): PublicCall[] {
  const file = sourceFile(path);
  const functions: ts.FunctionDeclaration[] = [];
  for (const statement of file.statements) {
    if (ts.isClassDeclaration(statement) && statement.name?.text === name) {
      return methodsOf(path, statement);
    }
    if (ts.isFunctionDeclaration(statement) && statement.name?.text === name) {
      functions.push(statement);
    }
  }
  return functions.length === 0 ? [] : [callOf(name, path, functions)];
}

function methodsOf(path: string, declaration: ts.ClassDeclaration): PublicCall[] {
  const overloads = new Map<string, ts.MethodDeclaration[]>();
  for (const member of declaration.members) {
    if (!ts.isMethodDeclaration(member) || !ts.isIdentifier(member.name)) continue;
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected | ts.ModifierFlags.Static;
    if ((ts.getCombinedModifierFlags(member) & hidden) !== 0) continue;
    const known = overloads.get(member.name.text) ?? [];
    overloads.set(member.name.text, [...known, member]);
  }
  const owner = declaration.name?.text ?? '';
  return [...overloads].map(([name, nodes]) => callOf(`${owner}.${name}`, path, nodes));
}

function callOf(name: string, path: string, nodes: readonly ts.Node[]): PublicCall {
  const [first] = nodes as readonly [ts.Node];
  const line = first.getSourceFile().getLineAndCharacterOfPosition(first.getStart()).line + 1;
  return { name, place: `${path}:${line}`, examples: nodes.flatMap(examplesAbove) };
}

/** The examples in the comment that stands right above a declaration. */
function examplesAbove(node: ts.Node): string[] {
  const text = node.getSourceFile().text;
  const comments = ts.getLeadingCommentRanges(text, node.pos) ?? [];
  const comment = comments.filter(({ pos }) => text.startsWith('/**', pos)).at(-1);
  if (comment === undefined) return [];
  const lines = text
    .slice(comment.pos, comment.end)
    .replace(/\s*\*\/$/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*(\/\*)?\* ?/, ''));
  const [, ...examples] = lines.join('\n').split(/^@example\n/m);
  return examples.map((example) => example.trimEnd());
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
