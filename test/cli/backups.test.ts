/** `varve backup`, `restore`, `backups`, `prune` and `archive`: their reports, their JSON, their status. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { open } from '../../src/index.ts';
import { mustVarveHere, parseLines, varveHere, withFolder } from './run-varve.ts';

async function put(directory: string, from: number, to: number): Promise<number> {
  const db = await open(directory, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
  for (let i = from; i < to; i++) await db.put(`k${i}`, String(i));
  const { published } = db.stats().sequence;
  await db.close();
  return published;
}

it('make, list, check, restore and remove backups', () =>
  withFolder(async (folder) => {
    const [directory, backups] = [join(folder, 'db'), join(folder, 'backups')];
    expect(await mustVarveHere(['backups', backups])).toBe('no backups\n');
    await put(directory, 0, 3);
    expect(await mustVarveHere(['backup', directory, backups, '--name', 'one'])).toMatch(
      /^backup one: sequence 3, \S+; 2 files with .* of which 2 objects .* new\n$/,
    );
    await put(directory, 3, 5);
    const [second] = parseLines(
      await mustVarveHere(['backup', directory, backups, '--json', '--rate', '10M']),
    );
    expect(second).toMatchObject({ sequence: 5 });
    const [infos] = parseLines(await mustVarveHere(['backups', backups, '--json'])) as [
      { name: string }[],
    ];
    expect(infos).toMatchObject([{ name: 'one', sequence: 3 }, { sequence: 5 }]);
    expect(await mustVarveHere(['backups', backups])).toContain('one ');
    expect(await mustVarveHere(['backups', backups, '--verify'])).toMatch(/^ok: 2 backups with /);

    const copy = join(folder, 'copy');
    expect(await mustVarveHere(['restore', backups, copy, '--name', 'one'])).toContain(
      'sequence 3',
    );
    expect(await mustVarveHere(['scan', copy])).toBe('k0\t0\nk1\t1\nk2\t2\n');
    expect((await varveHere(['restore', backups, copy])).status).toBe(3);
    const at = join(folder, 'at');
    const [report] = parseLines(
      await mustVarveHere(['restore', backups, at, '--at', '4', '--json']),
    );
    expect(report).toMatchObject({ sequence: 4, location: at });

    const [pruned] = parseLines(
      await mustVarveHere(['prune', backups, '--keep-last', '1', '--json']),
    );
    expect(pruned).toMatchObject({ removed: ['one'], waitingFor: 0 });
    expect(await mustVarveHere(['prune', backups, '--keep', '30d'])).toContain(
      '0 backups removed, 1 kept',
    );
    const objects = join(backups, 'objects');
    const full = readdirSync(objects).find((each) => readdirSync(join(objects, each)).length > 0)!; // the manifest's, for one
    rmSync(join(objects, full), { recursive: true });
    const damaged = await varveHere(['backups', backups, '--verify', '--json']);
    expect(damaged.status).toBe(1);
    expect(parseLines(damaged.stdout)).toMatchObject([
      { ok: false, problems: [{ code: 'BACKUP_DAMAGED' }] },
    ]);
    const refused = await varveHere(['restore', backups, join(folder, 'x'), '--json']);
    expect(refused.status).toBe(3);
    expect(refused.stderr).toContain('BACKUP_DAMAGED');
  }));

it('ships commits to an archive, from where the last run ended, and restores any of them', () =>
  withFolder(async (folder) => {
    const [directory, backups] = [join(folder, 'db'), join(folder, 'backups')];
    await put(directory, 0, 3);
    const first = await mustVarveHere(['archive', directory, backups]);
    expect(first).toMatch(/^archived up to sequence 3, \S+; \d pieces and 1 backups/);
    const last = await put(directory, 3, 9);
    const [report] = parseLines(await mustVarveHere(['archive', directory, backups, '--json']));
    expect(report).toMatchObject({ sequence: last, segments: 1, backups: 0 });
    for (let sequence = 3; sequence <= last; sequence++) {
      const copy = join(folder, `copy${sequence}`);
      await mustVarveHere(['restore', backups, copy, '--at', String(sequence)]);
      expect((await mustVarveHere(['scan', copy])).split('\n').length - 1).toBe(sequence);
    }
    const beyond = await varveHere(['restore', backups, join(folder, 'y'), '--at', '99']);
    expect(beyond).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('BACKUP_GAP') as string,
    });
  }));

it.each([
  [['restore', 'b', 'd', '--name', 'a', '--at', '5']],
  [['restore', 'b', 'd', '--at', 'yesterday']],
  [['prune', 'b', '--keep', '5']],
  [['prune', 'b', '--keep-last', '0']],
  [['backup', 'd']],
])('refuses the command line %j', async (args) => {
  expect((await varveHere(args)).status).toBe(2);
});

it('refuses a directory that is no database, and files that are no store', () =>
  withFolder(async (folder) => {
    expect((await varveHere(['backup', join(folder, 'none'), join(folder, 'b')])).status).toBe(3);
    writeFileSync(join(folder, 'file'), 'x');
    expect(await mustVarveHere(['backups', folder])).toBe('no backups\n');
    expect((await varveHere(['restore', folder, join(folder, 'd')])).status).toBe(3);
  }));
