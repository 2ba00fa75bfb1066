/** Commands that read leave every file of a sound database as it was (engine/reads-change-nothing). */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { open } from '../../src/index.ts';
import { mustVarve, mustVarveHere, withFolder } from './run-varve.ts';

/** Each file with its number on the disk and its bytes; the lock is taken and given back. */
function filesOf(directory: string): Record<string, string> {
  const names = readdirSync(directory).filter((name) => !name.startsWith('LOCK'));
  return Object.fromEntries(
    names.map((name) => {
      const path = join(directory, name);
      return [name, `${statSync(path).ino} ${readFileSync(path).toString('base64')}`];
    }),
  );
}

it.each([
  ['get', ['k1']],
  ['scan', []],
  ['stats', []],
  ['changes', []],
  ['verify', []],
])('varve %s', (name, rest) =>
  withFolder(async (folder) => {
    const directory = join(folder, 'db');
    const db = await open(directory, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
    for (let i = 0; i < 50; i++) await db.put(`k${i}`, `v${i}`, { durability: 'os' });
    await db.flush();
    await db.put('k1', 'in the log');
    await db.close();
    const before = filesOf(directory);
    for (let i = 0; i < 10; i++) await mustVarveHere([name, directory, ...rest]);
    await mustVarve([name, directory, ...rest]);
    expect(filesOf(directory)).toEqual(before);
  }),
);
