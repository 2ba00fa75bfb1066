/**
 * varve/level between processes: a directory has one owner, and what was acknowledged is there after a kill. The other
 * process runs the built package.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VarveLevel } from '../../src/level/index.ts';
import { builtFile } from '../support/built.ts';
import { ROOT } from '../support/packed-package.ts';

let directory = '';
let child: ChildProcess | undefined;

beforeEach(() => {
  builtFile('level.js'); // refuses a stale build
  directory = mkdtempSync(join(tmpdir(), 'varve-level-'));
});

afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

/** Runs a program with `db` over the directory, and resolves with what it prints first. It stays alive. */
async function startProgram(code: string): Promise<string> {
  const program = `
    import { VarveLevel } from 'varve/level';
    const db = new VarveLevel(${JSON.stringify(directory)});
    ${code}
    process.stdin.resume();`;
  const args = ['--input-type=module', '--eval', program];
  child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] });
  if (child.stdout === null) throw new Error('No standard output');
  const [text] = (await once(child.stdout, 'data')) as [Buffer];
  return text.toString();
}

async function killProgram(): Promise<void> {
  if (child === undefined) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

describe('two processes', () => {
  it('do not have one directory: LEVEL_LOCKED until the other one has ended', async () => {
    expect(await startProgram(`await db.put('a', '1'); console.log('open');`)).toBe('open\n');
    const db = new VarveLevel(directory);
    const error = await db.open().catch((cause: unknown) => cause);
    expect(error).toMatchObject({
      code: 'LEVEL_DATABASE_NOT_OPEN',
      cause: { code: 'LEVEL_LOCKED', cause: { owner: { pid: child?.pid } } },
    });
    await killProgram();
    await db.open();
    expect(await db.get('a')).toBe('1');
    await db.close();
  });
});

describe('after a kill', () => {
  it('all is there that was acknowledged, synced or not, and batches are whole', async () => {
    const written = await startProgram(`
      await db.put('synced', '1', { sync: true });
      for (let i = 0; i < 100; i++) await db.put('plain' + String(i).padStart(3, '0'), '1');
      const people = db.sublevel('people');
      await db.batch([{ type: 'put', key: 'b', value: '1' }, { type: 'put', sublevel: people, key: 'b', value: '1' }]);
      await db.clear({ gte: 'plain050', lt: 'plain060' });
      const left = (await db.keys().all()).length;
      db.put('last', '1'); db.put('last', '2'); // not awaited: there or not
      console.log(left);`);
    await killProgram();
    const db = new VarveLevel(directory);
    const keys = (await db.keys().all()).filter((key) => key !== 'last');
    expect(keys.length).toBe(Number(written));
    expect(keys.length).toBe(93);
    expect(await db.sublevel('people').get('b')).toBe('1');
    await db.close();
  });
});
