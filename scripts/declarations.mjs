/**
 * One file of declarations out of those that tsc emits, one per source.
 *
 * Owns: which declarations are public: those that the entry exports, each under the name that its module gives it.
 *
 * The entry lists its exports by name. Everything that the exported declarations mention must be exported too, so that a
 * program can name every type that it is given; a mention of anything else stops the build.
 *
 * An entry beside the library may mention what the library exports, and what packages do: it imports both by name.
 *
 * Members that the sources mark with @internal are gone already: tsc strips them.
 */
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { root } from './bundling.mjs';

/**
 * The text of one declaration file for all that `entry`, a path of a declaration file, exports. One beside the library is
 * told where that is: the path of its declarations, and the address by which the text is to import it.
 */
export function bundleDeclarations(entry, { library, address } = {}) {
  const paths = library === undefined ? [entry] : [entry, library];
  const program = ts.createProgram(paths, {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    types: ['node'],
    typeRoots: [join(root, 'node_modules', '@types')],
    noEmit: true,
  });
  const checker = program.getTypeChecker();
  const entryFile = program.getSourceFile(entry);
  const exported = exportsOf(checker, entryFile);
  const symbols = exported.map((symbol) => originOf(checker, symbol));
  const parts = symbols.map((symbol, index) => {
    if (symbol.name !== exported[index].name) refuse(`${symbol.name} is exported by another name`);
    return textOf(symbol);
  });
  const known = new Set(symbols);
  const folder = dirname(library ?? entry);
  const imports = new Imports();
  const libraryFile = library && program.getSourceFile(library);
  for (const exported of libraryFile ? exportsOf(checker, libraryFile) : []) {
    imports.offer(originOf(checker, exported), address);
  }
  for (const symbol of symbols) mustKnowAllOf(symbol, { checker, known, folder, imports });
  const head = ['/// <reference types="node" />', ...imports.lines()].join('\n');
  return `${head}\n\n${parts.join('\n\n')}\n\nexport {};\n`;
}

function exportsOf(checker, file) {
  return checker.getExportsOfModule(checker.getSymbolAtLocation(file));
}

/** What a bundle imports: from the library beside it, and from packages. */
class Imports {
  #offered = new Map();
  #taken = new Map();

  /** A symbol may be imported from the address. */
  offer(symbol, address) {
    this.#offered.set(symbol, address);
  }

  /** Imports a symbol of the library, by its name; false when it has none there. */
  takeOffered(symbol) {
    const address = this.#offered.get(symbol);
    if (address !== undefined) this.take(symbol.name, address);
    return address !== undefined;
  }

  take(name, address) {
    if (!this.#taken.has(address)) this.#taken.set(address, new Set());
    this.#taken.get(address).add(name);
  }

  lines() {
    return [...this.#taken]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(
        ([address, names]) => `import type { ${[...names].sort().join(', ')} } from '${address}';`,
      );
  }
}

/** The package that the file of a name imports it from, and its name there; undefined for what is no import of a package. */
function importOf(symbol) {
  const specifier = symbol.declarations?.find(ts.isImportSpecifier);
  if (specifier === undefined) return undefined;
  const from = specifier.parent.parent.parent.moduleSpecifier.text;
  if (from.startsWith('.')) return undefined;
  return { from, name: (specifier.propertyName ?? specifier.name).text };
}

/** What a name stands for where it is declared. */
function originOf(checker, symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** All declarations of a symbol, with the comment that documents each. */
function textOf(symbol) {
  return symbol.declarations
    .map((declaration) => {
      const statement = ts.findAncestor(declaration, (node) => ts.isSourceFile(node.parent));
      if (!/^(?:export )(?:declare )?/.test(statement.getText())) {
        refuse(`${symbol.name} is declared in another way than by an export`);
      }
      const comments = ts.getJSDocCommentsAndTags(declaration).filter(ts.isJSDoc);
      const comment = comments.length === 0 ? '' : `${comments.at(-1).getText()}\n`;
      return comment + statement.getText();
    })
    .join('\n');
}

/** Refuses a declaration that mentions something which the bundle does not hold. */
function mustKnowAllOf(symbol, { checker, known, folder, imports }) {
  const visit = (node) => {
    if (ts.isImportTypeNode(node)) refuse(`${symbol.name} has an import() type`);
    if (ts.isIdentifier(node)) {
      const found = checker.getSymbolAtLocation(node);
      const origin = found && originOf(checker, found);
      if (origin !== undefined && isTopLevel(origin, folder)) {
        if (!known.has(origin) && !imports.takeOffered(origin))
          refuse(`${symbol.name} mentions ${origin.name}, which is not exported`);
        if (origin.name !== node.text) refuse(`${symbol.name} calls ${origin.name} ${node.text}`);
      }
      const imported = found && importOf(found);
      if (imported !== undefined) {
        if (imported.name !== node.text)
          refuse(`${symbol.name} calls ${imported.name} ${node.text}`);
        imports.take(imported.name, imported.from);
      }
    }
    ts.forEachChild(node, visit);
  };
  for (const declaration of symbol.declarations) visit(declaration);
}

/** True for what one of our own files declares outside of everything else. */
function isTopLevel(symbol, folder) {
  return (symbol.declarations ?? []).some((declaration) => {
    const statement = ts.isVariableDeclaration(declaration)
      ? declaration.parent.parent
      : declaration;
    if (statement.parent === undefined) return false; // a whole module
    return (
      ts.isSourceFile(statement.parent) && statement.getSourceFile().fileName.startsWith(folder)
    );
  });
}

function refuse(message) {
  throw new Error(`The declarations cannot be bundled: ${message}`);
}
