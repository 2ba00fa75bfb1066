/** `varve repair` and `varve verify` of a database that cannot be opened: what they print, and how they end. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { open } from '../../src/index.ts';
import { mustVarve, mustVarveHere, varveHere, withFolder } from './run-varve.ts';

async function withDatabase(
  use: (directory: string, target: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const directory = join(folder, 'db');
    const db = await open(directory, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
    for (let i = 0; i < 200; i++) {
      await db.put(`key-${String(i).padStart(3, '0')}`, 'x'.repeat(100), { durability: 'os' });
    }
    await db.flush();
    await db.close();
    await use(directory, join(folder, 'new', 'db'));
  });
}

function flip(directory: string, ending: string, offset: number): string {
  const name = readdirSync(directory).find((file) => file.includes(ending)) ?? '';
  const path = join(directory, name);
  const bytes = readFileSync(path);
  bytes[offset]! ^= 1;
  writeFileSync(path, bytes);
  return name;
}

it('repair of a sound database ends with 0 and copies it', () =>
  withDatabase(async (directory, target) => {
    expect(await mustVarve(['repair', directory, target])).toMatch(/^ok: nothing is lost: 200 /);
    const lines = (await mustVarve(['scan', target, '--keys'])).trim().split('\n');
    expect(lines.length).toBe(200);
  }));

it('repair of a damaged database ends with 1, saves the rest and tells what is lost', () =>
  withDatabase(async (directory, target) => {
    const name = flip(directory, '.sst', 5000);
    const run = await varveHere(['repair', directory, target, '--json']);
    expect(run.status, run.stderr).toBe(1);
    const report = JSON.parse(run.stdout) as { losses: { lower: unknown }[]; entryCount: number };
    expect(report).toMatchObject({ ok: false, lostBlockCount: 1, losses: [{ kind: 'block' }] });
    expect(report.losses[0]?.lower).toMatchObject({
      keyspace: 1,
      key: expect.stringMatching(/^key-0/) as unknown,
    });
    const lines = (await mustVarveHere(['scan', target, '--keys'])).trim().split('\n');
    expect(lines.length).toBe(report.entryCount);
    const again = await varveHere(['repair', directory, target]);
    expect(again.status).toBe(3); // the target is taken
    const plain = await varveHere(['repair', directory, `${target}-2`]);
    expect(plain.stdout).toContain('SOMETHING IS LOST');
    expect(plain.stdout).toContain(name);
  }));

it('verify of a database that cannot be opened tells every place, and changes nothing (survey/changes-nothing)', () =>
  withDatabase(async (directory, target) => {
    const table = flip(directory, '.sst', 5000);
    rmSync(join(directory, 'CURRENT'));
    const run = await varveHere(['verify', directory, '--json']);
    expect(run.status, run.stderr).toBe(1);
    const { problems } = JSON.parse(run.stdout) as { problems: { file: string }[] };
    expect(problems.some(({ file }) => file.endsWith('CURRENT'))).toBe(true);
    expect(problems.some(({ file }) => file.endsWith(table))).toBe(true);
    expect(existsSync(join(directory, 'CURRENT'))).toBe(false);
    expect(existsSync(join(directory, 'LOCK'))).toBe(false);
    expect((await varveHere(['repair', directory, target])).status).toBe(1);
  }));
