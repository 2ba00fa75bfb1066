/**
 * What the package does to the process that imports it: nothing to its global objects, no native code before a block is
 * compressed, and no need of what Node.js can be told to forbid.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layPackage, ROOT } from '../support/packed-package.ts';

let place = '';
let runCount = 0;

beforeAll(() => {
  place = layPackage();
  cpSync(join(ROOT, 'test/runtimes/smoke.mjs'), join(place, 'smoke.mjs'));
});

afterAll(() => rmSync(place, { recursive: true, force: true }));

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
}

function node(...args: string[]): Ended {
  return spawnSync(process.execPath, args, { cwd: place, encoding: 'utf8' });
}

const newDirectory = (): string => join(place, `db-${++runCount}`);

/** A file, not --eval, which makes globals of all modules. */
function program(code: string): Ended {
  const file = join(place, `program-${++runCount}.mjs`);
  writeFileSync(file, code);
  return node(file);
}

/** Fills level 2 inline, with the options and what comes after. */
const use = (options: string, after = ''): string => `
  const open = (await import('varve')).open;
  const options = { keyEncoding: 'utf8', valueEncoding: 'utf8', memtableSizeBytes: 262144, level1SizeBytes: 262144, ${options} };
  const directory = ${JSON.stringify(newDirectory())};
  const db = await open(directory, options);
  for (let i = 0; i < 2000; i++) await db.put('k' + i, 'x'.repeat(400), { durability: 'os' });
  await db.flush();
  await db.compact();
  ${after}
  await db.close();`;

/** Packages of native code do not load in this thread. */
const WITHOUT_NATIVE = `
  process.dlopen = () => { throw new Error('native code was refused'); };`;

describe('importing, flushing and compacting inline', () => {
  it('leaves the global objects as they were', () => {
    const { stdout, stderr } = program(`
      const owned = { globalThis, Reflect, Object, ObjectPrototype: Object.prototype, Function: Function.prototype,
        Array: Array.prototype, Map: Map.prototype, Promise: Promise.prototype, Error, process };
      const read = () => new Set(Object.entries(owned).flatMap(([name, value]) =>
        Reflect.ownKeys(value).map((key) => name + ' ' + String(key))));
      for (const name of Reflect.ownKeys(globalThis)) void globalThis[name]; // some appear when they are looked at
      const before = read();
      ${use(`background: 'inline'`)}
      const isOwn = (key) => key.startsWith('globalThis Symbol(varve.'); // one a process, by design
      const changed = [...before, ...read()].filter((key) => !isOwn(key) && (!before.has(key) || !read().has(key)));
      console.log(changed.length === 0 ? 'untouched' : changed.join(', '));`);
    expect(stderr).toBe('');
    expect(stdout).toBe('untouched\n');
  });

  it('needs no native code without compression', () => {
    const { stdout, stderr } = program(
      `${WITHOUT_NATIVE} ${use(`background: 'inline', compression: 'none'`)} console.log('done');`,
    );
    expect(stderr).toBe('');
    expect(stdout).toBe('done\n');
  });

  it('is told at open that compression cannot be had, before a file is made', () => {
    const { stdout } = program(`${WITHOUT_NATIVE}
      import { existsSync } from 'node:fs';
      const directory = ${JSON.stringify(newDirectory())};
      const { open } = await import('varve');
      const error = await open(directory).catch((error) => error);
      console.log(error.code, error.cause.cause !== undefined, existsSync(directory));`);
    expect(stdout).toBe('INVALID_ARGUMENT true false\n');
  });

  it('reads compressed blocks, and refuses to write any', () => {
    const filling = use(`background: 'inline'`, `console.log(directory);`);
    const directory = program(filling).stdout.trim();
    const { stdout, stderr } = program(`${WITHOUT_NATIVE}
      const { open, repair } = await import('varve');
      const db = await open(${JSON.stringify(directory)}, { compression: 'none', background: 'inline' });
      console.log((await db.get(Buffer.from('k1'))).length > 0);
      await db.close();
      const refused = await repair(${JSON.stringify(directory)}, ${JSON.stringify(newDirectory())}).catch((error) => error);
      console.log(refused.code);`);
    expect(stderr).toBe('');
    expect(stdout).toBe('true\nINVALID_ARGUMENT\n');
  });
});

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const PERMISSION =
  major > 23 || (major === 23 && minor >= 5) || (major === 22 && minor >= 13)
    ? '--permission'
    : '--experimental-permission';

describe.each(['worker', 'inline'])('background %s', (background) => {
  it.each([
    ['--frozen-intrinsics'],
    ['--disallow-code-generation-from-strings'],
    ['--disable-proto=delete'],
    ['--disable-proto=throw'],
  ])('works under %s', (flag) => {
    const { stdout } = node(flag, 'smoke.mjs', newDirectory(), background, 'snappy');
    expect(stdout).toBe('SMOKE OK\n');
  });
});

describe('under the permission model', () => {
  const flags = [PERMISSION, '--allow-fs-read=*', '--allow-fs-write=*'];
  const smoke = (background: string): string =>
    node(...flags, 'smoke.mjs', newDirectory(), background, 'none').stdout;

  it('a process that may not start threads is told at open (worker-source/told-at-open)', () => {
    const told = smoke('worker');
    expect(told).toContain('SMOKE FAILED INVALID_ARGUMENT');
    expect(told).toContain('Option background must be inline');
  });

  it('open tells when Node.js refuses to sync files, otherwise all works', () => {
    const probe = `const fs = require('node:fs'); fs.fsyncSync(fs.openSync('.', 'r'))`;
    const maySync = !node(...flags, '--eval', probe).stderr.includes('ERR_ACCESS_DENIED');
    const told = smoke('inline');
    if (maySync) expect(told).toBe('SMOKE OK\n');
    else expect(told).toContain('SMOKE FAILED IO_ERROR IoError: Cannot sync directory');
  });
});

describe('the snappy package', () => {
  it('is not looked for in the current directory', () => {
    const planted = join(place, 'planted');
    const elsewhere = join(place, 'elsewhere');
    mkdirSync(join(planted, 'node_modules', 'snappy'), { recursive: true });
    writeFileSync(
      join(planted, 'node_modules', 'snappy', 'index.js'),
      'console.log("planted code ran"); module.exports = {};',
    );
    mkdirSync(join(elsewhere, 'node_modules'), { recursive: true });
    const copy = join(elsewhere, 'node_modules', 'varve');
    cpSync(join(place, 'node_modules', 'varve'), copy, { recursive: true });
    cpSync(join(place, 'smoke.mjs'), join(elsewhere, 'smoke.mjs'));
    // Without a parent directory that has the package: the copy lies beside the one that has it.
    rmSync(join(place, 'node_modules', 'snappy'));
    try {
      const { stdout } = spawnSync(
        process.execPath,
        [join(elsewhere, 'smoke.mjs'), newDirectory(), 'inline', 'snappy'],
        { cwd: planted, encoding: 'utf8' },
      );
      expect(stdout).toContain('SMOKE FAILED INVALID_ARGUMENT');
      expect(stdout).not.toContain('planted');
    } finally {
      symlinkSync(join(ROOT, 'node_modules', 'snappy'), join(place, 'node_modules', 'snappy'));
    }
  });
});
