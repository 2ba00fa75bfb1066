/**
 * The public surface: the promises of the package to a TypeScript program, read from its file of declarations.
 *
 * Owns: how a declaration becomes a line of test/package/public-surface.txt, and which of them a comment documents.
 *
 * Suspension: everything here is synchronous.
 */
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './packed-package.ts';

export interface PublicSurface {
  /** One declaration after the other, as in the list that a reviewer reads. */
  readonly text: string;
  /** Places of what has no comment: `Database.get`. */
  readonly undocumented: readonly string[];
  /** Exported names that exist at run time. */
  readonly values: readonly string[];
  /** String-named members of each class, inherited ones included. */
  readonly members: ReadonlyMap<string, readonly string[]>;
}

export const COMPILER_OPTIONS: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  types: [],
  typeRoots: [join(ROOT, 'node_modules', '@types')],
  strict: true,
  skipLibCheck: false,
  noEmit: true,
};

export function readSurface(path: string): PublicSurface {
  const program = ts.createProgram([path], COMPILER_OPTIONS);
  const file = program.getSourceFile(path);
  if (file === undefined) throw new Error(`No such file: ${path}`);
  return new SurfaceReader(program.getTypeChecker(), file).read();
}

class SurfaceReader {
  readonly #checker: ts.TypeChecker;
  readonly #file: ts.SourceFile;
  readonly #lines: string[] = [];
  readonly #undocumented: string[] = [];
  readonly #values = new Set<string>();
  readonly #members = new Map<string, string[]>();

  constructor(checker: ts.TypeChecker, file: ts.SourceFile) {
    this.#checker = checker;
    this.#file = file;
  }

  read(): PublicSurface {
    const declared = this.#file.statements.filter((statement) => this.#isPublic(statement));
    for (const statement of declared.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))) {
      this.#declaration(statement);
    }
    return {
      text: `${this.#lines.join('\n')}\n`,
      undocumented: this.#undocumented,
      values: [...this.#values].sort(),
      members: this.#members,
    };
  }

  #isPublic(statement: ts.Statement): statement is ts.DeclarationStatement {
    if (ts.isExportDeclaration(statement)) return false; // the last line, which says that it is a module
    if (ts.isImportDeclaration(statement)) return false; // what an entry takes from the library and from packages
    if (ts.canHaveModifiers(statement)) {
      const modifiers = ts.getModifiers(statement) ?? [];
      if (modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return true;
    }
    throw new Error(`Declared without being exported: ${statement.getText().slice(0, 80)}`);
  }

  #declaration(statement: ts.DeclarationStatement): void {
    const name = nameOf(statement);
    if (!ts.isClassDeclaration(statement) && !ts.isInterfaceDeclaration(statement)) {
      if (ts.isFunctionDeclaration(statement)) this.#values.add(name);
      this.#lines.push(flat(statement.getText()));
      this.#mustBeDocumented(name, statement);
      return;
    }
    const { members } = statement;
    const head = statement.getText().slice(0, members.pos - statement.getStart());
    this.#lines.push(flat(head).replace(/ ?\{$/, ''));
    this.#mustBeDocumented(name, statement);
    for (const member of members) this.#member(name, member, 1);
    if (!ts.isClassDeclaration(statement)) return;
    this.#values.add(name);
    const type = this.#checker.getTypeAtLocation(statement);
    const names = type.getProperties().map((property) => property.name);
    this.#members.set(
      name,
      names.filter((own) => !own.startsWith('__') && !own.startsWith('#')),
    );
  }

  /** One line; with those of the members of a type that is written out in place. */
  #member(owner: string, member: ts.ClassElement | ts.TypeElement, depth: number): void {
    const name = member.name?.getText() ?? 'constructor';
    if (name === '#private') return;
    const indent = '  '.repeat(depth);
    const place = `${owner}.${name}`;
    this.#mustBeDocumented(place, member);
    const type = ts.isPropertySignature(member) ? member.type : undefined;
    if (type !== undefined && ts.isTypeLiteralNode(type)) {
      this.#lines.push(indent + flat(member.getText().slice(0, type.pos - member.getStart())));
      for (const inner of type.members) this.#member(place, inner, depth + 1);
    } else {
      this.#lines.push(indent + flat(member.getText()).replace(/;$/, ''));
    }
  }

  #mustBeDocumented(place: string, node: ts.Declaration): void {
    const name = ts.getNameOfDeclaration(node);
    const symbol = name && this.#checker.getSymbolAtLocation(name);
    if (symbol === undefined) return; // a constructor: its class says how one is made
    if (symbol.getDocumentationComment(this.#checker).length > 0) return;
    if (!this.#undocumented.includes(place)) this.#undocumented.push(place);
  }
}

function nameOf(statement: ts.DeclarationStatement): string {
  return statement.name?.getText() ?? '';
}

/** A declaration in one line, without comments and without what all declarations begin with. */
function flat(text: string): string {
  return text
    .replaceAll(/\/\*\*[\s\S]*?\*\//g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replace(/^export (?:declare )?/, '');
}
