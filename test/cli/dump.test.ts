/** `varve dump`: logs, tables and manifests, encrypted and damaged ones too. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { open } from '../../src/index.ts';
import { mustVarveHere, parseLines, varveHere, withFolder } from './run-varve.ts';

async function withFiles(
  key: Uint8Array | undefined,
  use: (pathOf: (pattern: RegExp) => string, folder: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const directory = join(folder, 'db');
    const encryption = key === undefined ? {} : { encryption: { key } };
    const settings = { keyEncoding: 'utf8', valueEncoding: 'utf8', background: 'inline' } as const;
    const db = await open(directory, { ...settings, ...encryption });
    await db.put('flushed', 'x'.repeat(300));
    await db.del('gone');
    await db.flush();
    await db.batch([
      { type: 'put', key: 'a', value: 'one\u001b[2J' },
      { type: 'del', key: 'b' },
    ]);
    await db.put('c', 'brief', { expiresAt: Date.UTC(2100, 0, 1) });
    await db.delRange({ gte: 'd', lt: 'e' });
    try {
      await use((pattern) => {
        const names = readdirSync(directory)
          .filter((name) => pattern.test(name))
          .sort();
        return join(directory, names[0] ?? 'none');
      }, folder);
    } finally {
      await db.close();
    }
  });
}

it('a log, a table and a manifest, beside the process that writes (dump/changes-nothing)', () =>
  withFiles(undefined, async (pathOf) => {
    const log = pathOf(/\.log$/);
    const before = readdirSync(join(log, '..'));
    const lines = (await mustVarveHere(['dump', 'log', log])).split('\n');
    expect(lines.filter((line) => line.startsWith('frame ')).length).toBeGreaterThan(0);
    const text = lines.join('\n');
    expect(text).toContain(`type=put at='a' value="one\\u001b[2J"`);
    expect(text).toContain(`type=del at='b'`);
    expect(text).toContain(`at='c' value="brief" expiresAt=2100-01-01T00:00:00.000Z`);
    expect(text).toContain(`type=delRange at='d' until='e'`);
    expect(text).toMatch(/\nend frameCount=\d+ lastSequence=\d+ .*end=(clean|torn)/);
    expect(readdirSync(join(log, '..'))).toEqual(before);

    const table = pathOf(/\.sst$/);
    const entries = parseLines(await mustVarveHere(['dump', 'table', table, '--json']));
    expect(entries).toMatchObject([
      { record: 'table', smallest: { keyspace: 1, key: 'flushed' }, largest: { key: 'gone' } },
      { record: 'entry', type: 'put', at: { key: 'flushed' }, value: 'x'.repeat(300) },
      { record: 'entry', type: 'del', at: { key: 'gone' } },
    ]);
    expect(await mustVarveHere(['dump', 'table', table])).toMatch(/value="x{159}\.\.\.\n/);
    expect(
      parseLines(await mustVarveHere(['dump', 'table', table, '--json', '--limit', '1'])),
    ).toHaveLength(1);

    const manifest = await mustVarveHere(['dump', 'manifest', pathOf(/^MANIFEST/)]);
    expect(manifest).toContain('edit ordinal=1');
    expect(manifest).toContain('databaseId=');
    expect(manifest).toMatch(
      /\n {2}addedFiles level=0 number=\d+ .*smallest='flushed' largest='gone'/,
    );
  }));

it('an encrypted file with the key, and not without', () =>
  withFiles(new Uint8Array(32).fill(7), async (pathOf, folder) => {
    const keyFile = join(folder, 'key');
    writeFileSync(keyFile, new Uint8Array(32).fill(7));
    for (const [kind, pattern, found] of [
      ['log', /\.log$/, `at='a'`],
      ['table', /\.sst$/, `at='flushed'`],
      ['manifest', /^MANIFEST/, 'databaseId'],
    ] as const) {
      const path = pathOf(pattern);
      expect(await mustVarveHere(['dump', kind, path, '--key-file', keyFile])).toContain(found);
      const refused = await varveHere(['dump', kind, path]);
      expect(refused.status).toBe(3);
      expect(refused.stderr).toContain('ENCRYPTION_KEY');
      expect(refused.stdout).toBe('');
    }
  }));

it('a damaged file up to the damage, and a sentence for a wrong name (dump/as-far-as-sound)', () =>
  withFiles(undefined, async (pathOf, folder) => {
    const table = pathOf(/\.sst$/);
    const copy = join(folder, '000099.sst');
    const bytes = readFileSync(table);
    bytes[40]! ^= 1; // in the first block
    writeFileSync(copy, bytes);
    const damaged = await varveHere(['dump', 'table', copy]);
    expect(damaged.status).toBe(3);
    expect(damaged.stderr).toContain('CORRUPTION');
    expect(damaged.stdout).toContain('table entryCount=2');
    for (const [kind, path, message] of [
      ['log', table, 'a table'],
      ['table', join(folder, '000001.sst'), 'no such file'],
      ['table', join(folder, 'db'), 'no file of a database'],
    ] as const) {
      const refused = await varveHere(['dump', kind, path]);
      expect(refused.status).toBe(2);
      expect(refused.stderr).toContain(message);
    }
  }));
