/**
 * What is published, in a directory where there is nothing else: it loads both ways, its worker and its command start,
 * and it brings along what it bundles.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layPackage, OUTSIDE } from '../support/packed-package.ts';

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

  it('brings the licences of what it bundles, and needs none of that', () => {
    const licenses = readFileSync(packagePath('dist', 'THIRD-PARTY-LICENSES.txt'), 'utf8');
    for (const name of BUNDLED) expect(licenses).toContain(`\n${name} `);
    expect(readdirSync(join(place, 'node_modules')).sort()).toEqual([...OUTSIDE, 'varve'].sort());
  });
});
