/**
 * What is published, in a directory where there is nothing else: it loads both ways, its worker and its command start,
 * and it brings along what it bundles. It breaks no rule of publint, and links of its documents lead somewhere.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error: a script, without declarations
import * as releasing from '../../scripts/check-release.mjs';
import { parseDocument, relativeLinks } from '../docs/documents.ts';
import { layPackage, LEVEL_PACKAGES, OUTSIDE, ROOT } from '../support/packed-package.ts';

const { missingForRelease } = releasing as {
  missingForRelease(manifest: object, changelog: string): string[];
};
const BUNDLED = ['async-mutex', 'base64-arraybuffer', 'bloom-filters'];

let place = '';
const packagePath = (...parts: string[]): string => join(place, 'node_modules', 'varve', ...parts);

beforeAll(() => {
  place = layPackage();
});

afterAll(() => rmSync(place, { recursive: true, force: true }));

/** Runs node there; returns its standard output. */
function node(...args: string[]): string {
  const run = spawnSync(process.execPath, args, { cwd: place, encoding: 'utf8' });
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
  return run.stdout;
}

const USE = `
  const db = await open('./db', { background: 'worker', keyEncoding: 'utf8', valueEncoding: 'utf8' });
  await db.put('k', 'v');
  await db.flush();
  await db.put('l', 'w'.repeat(100));
  await db.compact();
  console.log(await db.get('k'), db.stats().levels.map((level) => level.tableCount).join(''));
  await db.close();
  const closed = await db.get('k').catch((error) => error);
  console.log(closed.name, closed instanceof ClosedError, closed.constructor.name, db.constructor.name);
`;
const USED = /^v 0*10*\nClosedError true ClosedError Database\n$/;

describe('the published package', () => {
  it('is imported: a worker flushes and compacts, classes have their names', () => {
    const program = `import { ClosedError, open } from 'varve'; ${USE}`;
    expect(node('--input-type=module', '--eval', program)).toMatch(USED);
  });

  it('is required, in the same way', () => {
    rmSync(join(place, 'db'), { recursive: true, force: true });
    const program = `const { ClosedError, open } = require('varve'); (async () => {${USE}})();`;
    expect(node('--input-type=commonjs', '--eval', program)).toMatch(USED);
  });

  it('flushes inline too', () => {
    rmSync(join(place, 'db'), { recursive: true, force: true });
    const inline = USE.replace(`'worker'`, `'inline'`);
    const program = `import { ClosedError, open } from 'varve'; ${inline}`;
    expect(node('--input-type=module', '--eval', program)).toMatch(USED);
  });

  it('has a command, whose parts are found', () => {
    const manifest = JSON.parse(readFileSync(packagePath('package.json'), 'utf8')) as {
      version: string;
      bin: { varve: string };
    };
    const main = packagePath(manifest.bin.varve);
    expect(node(main, '--version').trim()).toBe(manifest.version);
    node(main, 'put', 'command-db', 'k', 'from the command');
    expect(node(main, 'get', 'command-db', 'k')).toBe('from the command\n');
    expect(node(main, 'verify', 'command-db')).not.toBe('');
    expect(node(main, 'bank', '--rounds', '1', '--seconds', '0.5')).not.toBe('');
  });

  it('names the lines of its sources in stack traces', () => {
    const program = `
      import { open } from 'varve';
      await open('').catch((error) => console.log(error.stack));`;
    const args = ['--enable-source-maps', '--input-type=module', '--eval', program];
    expect(node(...args)).toMatch(
      /^InvalidArgumentError: .*\n.* at .*open.*src\/api\/open\.ts:\d+/,
    );
  });

  it('loads abstract-level in the entry that stands on it alone, which tells when it is missing', () => {
    const program = `
      const { open } = await import('varve');
      const error = await import('varve/level').catch((error) => error);
      console.log(typeof open, error.code, error.message.includes("package 'abstract-level'"));
      const { createRequire } = await import('node:module');
      try {
        createRequire(process.cwd() + '/')('varve/level');
      } catch (error) {
        console.log(error.code, error.message.includes("module 'abstract-level'"));
      }`;
    expect(node('--input-type=module', '--eval', program)).toBe(
      'function ERR_MODULE_NOT_FOUND true\nMODULE_NOT_FOUND true\n',
    );
  });

  it('has an entry for Level that shares the classes of the library', () => {
    const modules = join(place, 'node_modules');
    for (const name of LEVEL_PACKAGES) {
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
    }
    try {
      const use = `
        const database = await open('./level-db');
        const db = new VarveLevel(database, { keyspace: 'k' });
        await db.put('a', '1', { sync: true });
        console.log(await db.get('a'), db.database instanceof Database, VarveLevel.name);
        await database.close();
        const { cause } = await db.get('a').catch((error) => error);
        console.log(cause instanceof ClosedError);`;
      const imported = `import { ClosedError, Database, open } from 'varve'; import { VarveLevel } from 'varve/level'; ${use}`;
      const required = `const { ClosedError, Database, open } = require('varve'); const { VarveLevel } = require('varve/level'); (async () => {${use}})();`;
      const used = '1 true VarveLevel\ntrue\n';
      expect(node('--input-type=module', '--eval', imported)).toBe(used);
      expect(node('--input-type=commonjs', '--eval', required)).toBe(used);
    } finally {
      for (const name of LEVEL_PACKAGES) rmSync(join(modules, name));
    }
  });

  it('brings the licences of what it bundles, and needs none of that', () => {
    const licenses = readFileSync(packagePath('dist', 'THIRD-PARTY-LICENSES.txt'), 'utf8');
    for (const name of BUNDLED) expect(licenses).toContain(`\n${name} `);
    expect(readdirSync(join(place, 'node_modules')).sort()).toEqual([...OUTSIDE, 'varve'].sort());
  });

  it('breaks no rule of publint', async () => {
    const { messages, pkg } = await publint({ pkgDir: packagePath(), pack: false, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it('has the documents that its README, its changelog and its word on security link to', () => {
    const broken = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'].flatMap(
      (path) => {
        const links = relativeLinks(parseDocument(path, readFileSync(packagePath(path), 'utf8')));
        return links.filter((link) => !existsSync(packagePath(link)));
      },
    );
    expect(broken).toEqual([]);
  });

  it('is not to be published before it says where it lives, and what is new', () => {
    const manifest = {
      version: '1.2.3',
      repository: { url: 'git+https://github.com/OWNER/varve.git' },
    };
    expect(missingForRelease(manifest, '## 1.2.3, not released yet').length).toBe(2);
    const at = 'https://github.com/someone/varve';
    const filled = { ...manifest, repository: { url: at }, bugs: at, homepage: at };
    expect(missingForRelease(filled, '# Changelog\n\n## 1.2.3, 2031-02-03\n')).toEqual([]);
  });
});
