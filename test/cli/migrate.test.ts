/** `varve migrate`: its report, its exit status, and its keys. That it moves everything: test/migrate. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { open } from '../../src/index.ts';
import { mustVarveHere, varveHere, withFolder } from './run-varve.ts';

async function makeSource(directory: string): Promise<void> {
  const db = await open(directory, { keyEncoding: 'utf8', valueEncoding: 'json' });
  await db.put('ada', { balance: 1 });
  const users = await db.keyspace('users', {
    keyEncoding: 'utf8',
    valueEncoding: 'json',
    indexes: { byName: { on: ['name'] } },
  });
  await users.put('u1', { name: 'Ada' });
  await db.close();
}

describe('varve migrate', () => {
  it('reports what it has moved, and refuses a target that is taken', () =>
    withFolder(async (folder) => {
      const [a, b, c] = ['a', 'b', 'c'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      await makeSource(a);
      const report: unknown = JSON.parse(await mustVarveHere(['migrate', a, b, '--json']));
      expect(report).toMatchObject({
        ok: true,
        isResumed: false,
        copiedCount: 2,
        indexCount: 1,
        problems: [],
        keyspaces: [
          { name: 'default', entryCount: 1, targetEntryCount: 1, isEqual: true },
          { name: 'users', entryCount: 1, targetEntryCount: 1, isEqual: true },
        ],
      });
      const text = await mustVarveHere(['migrate', b, c, '--once']);
      expect(text).toContain('ok: 2 entries and 0 commits in ');
      expect(text).toContain('the same in the target');
      expect(text).toContain('1 indexes of the target were checked against their rows');
      expect(await mustVarveHere(['get', c, 'ada'])).toBe('{"balance":1}\n');

      const taken = await varveHere(['migrate', a, b]);
      expect(taken.status).toBe(3);
      expect(taken.stderr).toContain('Target is not empty');
      const wrong = await varveHere(['migrate', a, join(folder, 'd'), '--once', '--follow']);
      expect(wrong.status).toBe(2);
    }));

  it('encrypts the target with a key of its own', () =>
    withFolder(async (folder) => {
      const [a, b] = [join(folder, 'a'), join(folder, 'b')];
      const key = join(folder, 'key');
      writeFileSync(key, 'ab'.repeat(32));
      await makeSource(a);
      await mustVarveHere(['migrate', a, b, '--to-key-file', key]);
      expect((await varveHere(['get', b, 'ada'])).stderr).toContain('ENCRYPTION_KEY');
      expect(await mustVarveHere(['get', b, 'ada', '--key-file', key])).toBe('{"balance":1}\n');
    }));
});
