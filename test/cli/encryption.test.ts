/** Encrypted databases on the command line: `--key-file`, its environment variable, and `varve rekey`. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { mustVarveHere, varveHere, withFolder } from './run-varve.ts';

/** A folder with two keys, in the two forms of a key file, and the path of a database. */
function withKeys(
  use: (db: string, first: string, second: string) => Promise<void>,
): Promise<void> {
  return withFolder(async (folder) => {
    const [first, second] = [join(folder, 'first.key'), join(folder, 'second.key')];
    writeFileSync(first, new Uint8Array(32).fill(1));
    writeFileSync(second, `${'0a'.repeat(32)}\n`);
    await use(join(folder, 'db'), first, second);
  });
}

it('every command works with the key file, and none without it', () =>
  withKeys(async (db, first) => {
    const key = ['--key-file', first];
    await mustVarveHere(['put', db, 'alice', '100', ...key]);
    expect(await mustVarveHere(['get', db, 'alice', ...key])).toBe('100\n');
    expect(await mustVarveHere(['scan', db, '--keys', ...key])).toBe('alice\n');
    await mustVarveHere(['put', db, 'bob', '7', ...key]);
    await mustVarveHere(['del', db, 'bob', ...key]);
    expect(await mustVarveHere(['verify', db, ...key])).toMatch(/^ok/);
    for (const command of ['stats', 'compact', 'keyspaces']) {
      await mustVarveHere([command, db, ...key]);
    }
    await mustVarveHere(['repair', db, `${db}-repaired`, ...key]);
    expect(await mustVarveHere(['get', `${db}-repaired`, 'alice', ...key])).toBe('100\n');
    for (const command of ['get', 'scan', 'verify', 'stats', 'compact', 'keyspaces']) {
      const run = await varveHere([command, db, ...(command === 'get' ? ['alice'] : []), '--json']);
      expect(run.status, command).toBe(3);
      expect(run.stderr + run.stdout, command).toContain('ENCRYPTION_KEY');
    }
  }));

it('the environment names the key file too', () =>
  withKeys(async (db, first) => {
    process.env['VARVE_KEY_FILE'] = first;
    try {
      await mustVarveHere(['put', db, 'alice', '100']);
      expect(await mustVarveHere(['get', db, 'alice'])).toBe('100\n');
    } finally {
      delete process.env['VARVE_KEY_FILE'];
    }
    expect((await varveHere(['get', db, 'alice'])).status).toBe(3);
  }));

it('rekey gives the database another key, once and for all', () =>
  withKeys(async (db, first, second) => {
    await mustVarveHere(['put', db, 'alice', '100', '--key-file', first]);
    const rekey = ['rekey', db, '--key-file', first, '--new-key-file', second];
    const report = JSON.parse(await mustVarveHere([...rekey, '--json'])) as unknown;
    expect(report).toEqual({ ok: true, generationCount: 2, droppedCount: 0 });
    expect((await varveHere(['get', db, 'alice', '--key-file', first])).status).toBe(3);
    expect(await mustVarveHere(['get', db, 'alice', '--key-file', second])).toBe('100\n');
    const back = ['rekey', db, '--key-file', second, '--new-key-file', first];
    expect(await mustVarveHere(back)).toMatch(/^ok: the new key opens it/);
    expect((await varveHere(rekey.slice(0, 4))).status).toBe(2); // no new key
    expect((await varveHere(['rekey', db, '--new-key-file', first])).status).toBe(2);
  }));

it('a key file that holds no key is a wrong command line, and is not shown', () =>
  withKeys(async (db, first) => {
    writeFileSync(first, 'correct horse battery staple');
    const run = await varveHere(['put', db, 'a', 'b', '--key-file', first]);
    expect(run.status).toBe(2);
    expect(run.stderr).toContain('32 bytes');
    expect(run.stderr).not.toContain('horse');
    rmSync(first);
    expect((await varveHere(['put', db, 'a', 'b', '--key-file', first])).status).toBe(2);
  }));
