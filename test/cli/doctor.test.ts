/**
 * `varve doctor`: what it finds, what it advises, and its exit status.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { open } from '../../src/index.ts';
import { varveHere, withFolder } from './run-varve.ts';

interface Diagnosis {
  readonly ok: boolean;
  readonly findings: readonly { about: string; status: string; finding: string; advice?: string }[];
}

/** The findings that are not ok, as `about status`, with all text of them. */
async function diagnose(args: readonly string[]): Promise<[number | null, string[], string]> {
  const run = await varveHere(['doctor', ...args, '--json']);
  const { ok, findings } = JSON.parse(run.stdout) as Diagnosis;
  expect(run.status).toBe(ok ? 0 : 1);
  const ill = findings.filter(({ status }) => status !== 'ok');
  return [run.status, ill.map(({ about, status }) => `${about} ${status}`), JSON.stringify(ill)];
}

describe('varve doctor', () => {
  it('finds a sound database healthy, in words and with every byte read', () =>
    withFolder(async (folder) => {
      const db = await open(join(folder, 'db'));
      await db.put(Uint8Array.of(1), Uint8Array.of(2));
      await db.close();
      const run = await varveHere(['doctor', join(folder, 'db'), '--verify']);
      expect([run.status, run.stderr]).toEqual([0, '']);
      expect(run.stdout).toMatch(/^ok +open/);
      expect(run.stdout).toContain('All checksums match');
      expect(await diagnose([join(folder, 'db')])).toEqual([0, [], '[]']);
    }));

  it('tells what is no database, and what to do', () =>
    withFolder(async (folder) => {
      const [status, ill, text] = await diagnose([join(folder, 'absent')]);
      expect([status, ill]).toEqual([1, ['directory wrong']]);
      expect(text).toContain('Check the path');
      const level = join(folder, 'level');
      mkdirSync(level);
      writeFileSync(join(level, 'CURRENT'), 'MANIFEST-000001\n');
      const [, found, advice] = await diagnose([level]);
      expect(found).toEqual(['open wrong']);
      expect(advice).toContain('--from level');
      writeFileSync(join(folder, 'file'), 'x');
      expect((await diagnose([join(folder, 'file')]))[2]).toContain('Path is not a directory');
    }));

  it('tells of damage that an open meets, and of damage that only a read of every byte meets', () =>
    withFolder(async (folder) => {
      const directory = join(folder, 'db');
      const db = await open(directory);
      await db.put(Uint8Array.of(1), new Uint8Array(5000));
      await db.flush();
      await db.close();
      const table = readdirSync(directory).find((name) => name.endsWith('.sst')) ?? '';
      const bytes = readFileSync(join(directory, table));
      bytes[100] = bytes[100]! ^ 1; // a table is longer
      writeFileSync(join(directory, table), bytes);
      expect((await diagnose([directory]))[0]).toBe(0);
      const [status, ill, text] = await diagnose([directory, '--verify']);
      expect([status, ill]).toEqual([1, ['bytes wrong']]);
      expect(text).toContain('varve repair');
      writeFileSync(join(directory, 'CURRENT'), 'garbage');
      expect((await diagnose([directory]))[1]).toEqual(['open wrong']);
    }));

  it('leaves a database alone that is in use, and tells of an import that did not end', () =>
    withFolder(async (folder) => {
      const directory = join(folder, 'db');
      const db = await open(directory);
      await db.keyspace('varve.import');
      expect((await diagnose([directory])).slice(0, 2)).toEqual([0, ['open look']]);
      await db.close();
      const [status, ill, text] = await diagnose([directory]);
      expect([status, ill]).toEqual([0, ['import look']]);
      expect(text).toContain('varve import again');
    }));
});
