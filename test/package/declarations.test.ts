/** How many files of declarations become one (scripts/declarations.mjs): what stays, and what stops the build. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../support/packed-package.ts';

const SCRIPT = pathToFileURL(join(ROOT, 'scripts', 'declarations.mjs')).href;
const PROGRAM = `
  const { bundleDeclarations } = await import(${JSON.stringify(SCRIPT)});
  const tell = (entry) => {
    try {
      return bundleDeclarations(entry);
    } catch (error) {
      return error.message;
    }
  };
  console.log(JSON.stringify(process.argv.slice(1).map(tell)));`;

const ENGINE = `/** About the file. */
/** Keeps. */
export declare class Engine {
    /** How far. */
    readonly sequence: number;
}
export interface Part {
    readonly engine: Engine;
}
`;
const ENTRIES = {
  whole: `export { Engine, type Part } from './engine.js';`,
  leaking: `export type { Part } from './engine.js';`,
  renaming: `export { Engine as Motor } from './engine.js';`,
  importing: `export type { Held } from './held.js';`,
};

let place = '';
let told: Readonly<Record<string, string>> = {};

beforeAll(() => {
  place = realpathSync(mkdtempSync(join(tmpdir(), 'varve-declarations-')));
  writeFileSync(join(place, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(place, 'engine.d.ts'), ENGINE);
  writeFileSync(
    join(place, 'held.d.ts'),
    `export interface Held {\n    readonly engine: import('./engine.js').Engine;\n}\n`,
  );
  const paths = Object.entries(ENTRIES).map(([name, text]) => {
    const path = join(place, `${name}.d.ts`);
    writeFileSync(path, text);
    return path;
  });
  const args = ['--input-type=module', '--eval', PROGRAM, ...paths];
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const texts = JSON.parse(stdout) as string[];
  told = Object.fromEntries(Object.keys(ENTRIES).map((name, index) => [name, texts[index] ?? '']));
});

afterAll(() => rmSync(place, { recursive: true, force: true }));

describe('declarations', () => {
  it('are copied with their own comments, and need no other file', () => {
    expect(told['whole']).toBe(`/// <reference types="node" />

/** Keeps. */
export declare class Engine {
    /** How far. */
    readonly sequence: number;
}

export interface Part {
    readonly engine: Engine;
}

export {};
`);
  });

  it.each([
    ['leaking', 'Part mentions Engine, which is not exported'],
    ['renaming', 'Engine is exported by another name'],
    ['importing', 'Held has an import() type'],
  ])('stop the build when they are %s', (name, reason) => {
    expect(told[name]).toBe(`The declarations cannot be bundled: ${reason}`);
  });
});
