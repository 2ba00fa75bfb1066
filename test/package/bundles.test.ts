/**
 * Programs over the published package that a bundler made one file of, moved to where nothing lies but the snappy package:
 * they flush and compact, in the worker and inline. `make runtimes` tries the other bundlers and runtimes.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layPackage, ROOT } from '../support/packed-package.ts';

type Format = 'esm' | 'cjs';

let place = '';
/** Where bundles run: no node_modules of varve above it. */
let bare = '';
let runCount = 0;

beforeAll(() => {
  place = layPackage(['commander', 'cli-progress']);
  cpSync(join(ROOT, 'test/runtimes/smoke.mjs'), join(place, 'smoke.mjs'));
  bare = join(place, 'bare');
  mkdirSync(join(bare, 'node_modules'), { recursive: true });
  for (const name of ['snappy', '@napi-rs']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(bare, 'node_modules', name));
  }
});

afterAll(() => rmSync(place, { recursive: true, force: true }));

const extension = (format: Format): string => (format === 'esm' ? 'mjs' : 'cjs');

/** No setting but the format: nothing has to be named as external. */
async function byEsbuild(format: Format): Promise<string> {
  const outfile = join(bare, `esbuild.${extension(format)}`);
  const { warnings } = await build({
    entryPoints: [join(place, 'smoke.mjs')],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format,
    logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  return outfile;
}

async function byRolldown(format: Format): Promise<string> {
  const warnings: unknown[] = [];
  const file = join(bare, `rolldown.${extension(format)}`);
  const bundle = await rolldown({
    input: join(place, 'smoke.mjs'),
    platform: 'node',
    onLog: (level, log) => level === 'warn' && warnings.push(log),
  });
  await bundle.write({ file, format, codeSplitting: false });
  await bundle.close();
  expect(warnings).toEqual([]);
  return file;
}

/** With every part of the smoke program, or without what it takes a second for. */
function run(file: string, settings: string[], hasParts = false): string {
  const directory = join(place, `db-${++runCount}`);
  const { stdout, stderr } = spawnSync(process.execPath, [file, directory, ...settings], {
    cwd: '/',
    encoding: 'utf8',
    env: { ...process.env, ...(hasParts ? { SMOKE_PARTS: '1' } : {}) },
  });
  return stdout + stderr;
}

const BUNDLERS = { esbuild: byEsbuild, rolldown: byRolldown };

describe.each(Object.entries(BUNDLERS))('a program bundled by %s', (_, bundle) => {
  it.each(['esm', 'cjs'] as const)(
    'as %s has every part wherever it lies (worker-source/no-file)',
    async (format) => {
      const file = await bundle(format);
      expect(run(file, ['worker', 'snappy'], true)).toBe('SMOKE OK\n');
      expect(run(file, ['inline', 'snappy'])).toBe('SMOKE OK\n');
    },
  );
});

describe('a program that requires the package', () => {
  it.each(['worker', 'inline'])('flushes and compacts (%s)', (background) => {
    const text = readFileSync(join(place, 'smoke.mjs'), 'utf8');
    const required = text.replaceAll(/^import (.*) from '(.*)';$/gm, "const $1 = require('$2');");
    const file = join(place, 'smoke.cjs');
    writeFileSync(file, required);
    const modules = join(place, 'node_modules');
    const links = ['snappy', '@napi-rs'].map((name) => join(modules, name));
    for (const link of links) symlinkSync(join(ROOT, 'node_modules', basename(link)), link);
    try {
      expect(run(file, [background, 'snappy'])).toBe('SMOKE OK\n');
    } finally {
      for (const link of links) rmSync(link);
    }
  });
});

describe('a bundle without the snappy package beside it', () => {
  it.each(['worker', 'inline'])('is told so by open, or does without (%s)', async (background) => {
    const file = await byEsbuild('cjs');
    const alone = join(place, 'alone.cjs');
    cpSync(file, alone);
    const told = run(alone, [background, 'snappy']);
    expect(told).toContain('SMOKE FAILED INVALID_ARGUMENT');
    expect(told).toContain('Option compression must be none where package snappy cannot be loaded');
    expect(run(alone, [background, 'none'])).toBe('SMOKE OK\n');
  });
});

describe('the entries of the package', () => {
  it.each(
    ['index.js', 'varve.cjs'].concat(
      ...[
        'level',
        'documents',
        'graph',
        's3',
        'fastify',
        'session',
        'keyv',
        'ledger',
        'postgres',
        'etcd',
        'foundationdb',
      ].map((name) => [`${name}.js`, `${name}.cjs`]),
    ),
  )('%s addresses no file beside it', (entry) => {
    const text = readFileSync(join(place, 'node_modules/varve/dist', entry), 'utf8');
    expect(text).not.toMatch(/new URL\(|__dirname/);
  });
});
