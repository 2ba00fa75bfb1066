/** Commands meet a FIFO under the name of a file: they end, and say which. A process of its own each, since one may wait. */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { parseFileName } from '../../src/vfs/filenames.ts';
import { builtFile } from '../support/built.ts';
import { HAS_FIFOS, makeFifo } from '../support/irregular.ts';
import { MAIN, mustVarve } from './run-varve.ts';

const INDEX = pathToFileURL(builtFile('index.js')).href;

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

/** Runs Node.js to its end; the end of the test is its end in any case. */
function run(args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output }));
  });
}

describe.runIf(HAS_FIFOS)('a FIFO', () => {
  let home: string;
  let original: string;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'varve-cli-'));
    original = join(home, 'original');
    await mustVarve(['put', original, 'a', '1']);
    await mustVarve(['compact', original]);
    await mustVarve(['put', original, 'b', '2']);
  });
  afterAll(() => {
    rmSync(home, { recursive: true, force: true });
  });

  /** A copy of the database with a FIFO in the place of that file. */
  function copyWithFifo(kind: string): { directory: string; path: string } {
    const directory = join(mkdtempSync(join(home, 'copy-')), 'db');
    cpSync(original, directory, { recursive: true });
    const found = readdirSync(directory).find((name) => parseFileName(name)?.kind === kind);
    const path = join(directory, found ?? 'LOCK');
    rmSync(path, { force: true });
    makeFifo(path);
    return { directory, path };
  }

  test.each(['current', 'manifest', 'table', 'log', 'lock'])(
    'in the place of a %s keeps no command waiting',
    async (kind) => {
      const { directory, path } = copyWithFifo(kind);
      const message = `Not a regular file: kind=FIFO: file=${path}`;
      const stats = await run([MAIN, 'stats', directory]);
      expect(stats).toMatchObject({ status: kind === 'lock' ? 0 : 3 }); // a command that reads takes no lock
      expect(stats.output.includes(message)).toBe(kind !== 'lock');
      const put = await run([MAIN, 'put', directory, 'a', 'b']);
      expect(put).toMatchObject({ status: 3 });
      expect(put.output).toContain(message);
      const verify = await run([MAIN, 'verify', directory]);
      expect(verify).toMatchObject({ status: 1 });
      expect(verify.output.split(message).length).toBe(2);
      const repair = await run([MAIN, 'repair', directory, `${directory}-repaired`]);
      expect(repair).toMatchObject({ status: kind === 'current' || kind === 'lock' ? 0 : 1 });
      expect(repair.output.split(message).length).toBe(2);
      const values = await run([MAIN, 'scan', `${directory}-repaired`]);
      expect(values.output.includes('1')).toBe(kind !== 'table');
    },
  );

  test('in the place of the LOCK of an open database ends its writes', async () => {
    const directory = join(home, 'open');
    const program = `
      import { execFileSync } from 'node:child_process';
      import { rmSync } from 'node:fs';
      import { open } from '${INDEX}';
      const lock = ${JSON.stringify(join(directory, 'LOCK'))};
      const db = await open(${JSON.stringify(directory)}, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
      await db.put('a', '1');
      rmSync(lock);
      execFileSync('mkfifo', [lock]);
      await db.put('b', '2').catch((error) => console.log(error.code, error.cause.code, error.cause.message));
      await open(${JSON.stringify(directory)}).catch((error) => console.log(error.code));
      await db.close();
      await open(${JSON.stringify(directory)}).catch((error) => console.log(error.code));
    `;
    const ended = await run(['--input-type=module', '-e', program]);
    expect(ended.output.split('\n')).toEqual([
      expect.stringMatching(/^FAILED DIRECTORY_LOST .*its file LOCK was replaced/),
      'LOCKED',
      'CORRUPTION',
      '',
    ]);
    expect(ended.status).toBe(0);
  });
});
