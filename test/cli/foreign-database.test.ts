/** Commands on a LevelDB directory, whose files have names like ours: each says what it is, and changes nothing. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { varve } from './run-varve.ts';

test.each([
  ['get', 'a'],
  ['put', 'a', 'b'],
  ['del', 'a'],
  ['scan'],
  ['stats'],
  ['compact'],
  ['verify'],
  ['repair', 'TARGET'],
])('%s refuses another engine, and says which', async (command, ...rest) => {
  const home = mkdtempSync(join(tmpdir(), 'varve-cli-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const names = ['000003.log', 'CURRENT', 'LOCK', 'LOG', 'MANIFEST-000002'];
  for (const name of names) writeFileSync(join(home, name), '');
  writeFileSync(join(home, 'CURRENT'), 'MANIFEST-000002\n');
  const target = `${home}-repaired`;
  const run = await varve([command, home, ...rest.map((arg) => (arg === 'TARGET' ? target : arg))]);
  expect(run.stderr).toBe(
    `varve: INVALID_ARGUMENT: Directory holds a database of LevelDB, not of Varve: path=${home}\n`,
  );
  expect(run).toMatchObject({ status: 3, stdout: '' });
  expect(readdirSync(home).sort()).toEqual(names);
  expect(readFileSync(join(home, 'CURRENT'), 'utf8')).toBe('MANIFEST-000002\n');
  expect(readdirSync(tmpdir()).map((name) => join(tmpdir(), name))).not.toContain(target);
});
