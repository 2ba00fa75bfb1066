/** Commands that read work on a database that another process writes; those that write are refused. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { builtFile } from '../support/built.ts';
import { mustVarveHere, varve, withFolder } from './run-varve.ts';

const PROGRAM = `
  import { open } from ${JSON.stringify(new URL(`file://${builtFile('index.js')}`).href)};
  const text = { keyEncoding: 'utf8', valueEncoding: 'utf8' };
  const db = await open(process.argv[1], { ...text, history: {} });
  const side = await db.keyspace('side', { ...text, valueEncoding: 'json', indexes: { byX: { on: ['x'] } } });
  await side.put('s', { x: 1 });
  await db.put('a', '1');
  await db.flush();
  await db.put('b', '2');
  process.stdout.write('written');
  process.stdin.resume().once('end', () => db.close());
`;

async function startWriter(directory: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

it('get, scan, stats, keyspaces, index list, changes and verify, also after the writer was killed', () =>
  withFolder(async (folder) => {
    const directory = join(folder, 'db');
    const writer = await startWriter(directory);
    try {
      await mustRead(directory);
      const put = await varve(['put', directory, 'c', '3']);
      expect(put.status).toBe(4);
      expect(put.stderr).toMatch(/^varve: LOCKED: /);
    } finally {
      writer.kill('SIGKILL');
      await once(writer, 'exit');
    }
    await mustRead(directory);
  }));

async function mustRead(directory: string): Promise<void> {
  expect(await mustVarveHere(['get', directory, 'b'])).toBe('2\n');
  expect(await mustVarveHere(['scan', directory])).toBe('a\t1\nb\t2\n');
  expect(await mustVarveHere(['stats', directory])).toContain('isFollowing');
  expect(await mustVarveHere(['keyspaces', directory])).toContain('side');
  expect(await mustVarveHere(['index', 'list', directory, '--keyspace', 'side'])).toContain(
    'ready',
  );
  expect(await mustVarveHere(['changes', directory, '--keyspace', 'default'])).toContain(
    'put\ta\t1',
  );
  expect(await mustVarveHere(['verify', directory])).toContain('ok');
}
