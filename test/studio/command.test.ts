/** `varve studio` as a user runs it, from the build: the page is in it, and an interrupt is its good end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { MAIN, mustVarve, varveHere, withFolder } from '../cli/run-varve.ts';
import { rawRequest } from './with-studio.ts';

it('prints its address, serves the page beside the writer, and ends well when it is interrupted', () =>
  withFolder(async (folder) => {
    const directory = join(folder, 'db');
    await mustVarve(['put', directory, 'a', '1']);
    const args = [MAIN, 'studio', directory, '--json'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const { url } = JSON.parse(line) as { url: string };
    expect((await rawRequest(`${url}main.js`)).text).toContain('EventSource');
    expect((await rawRequest(`${url}style.css`)).text).toContain('--paper');
    await mustVarve(['put', directory, 'b', '2']); // the studio has no lock
    const { port } = new URL(url);
    const taken = await varveHere(['studio', directory, '--port', port]);
    expect(taken.status).toBe(3);
    expect(taken.stderr).toContain('EADDRINUSE');
    child.kill('SIGINT');
    const [status, signal] = (await once(child, 'exit')) as [number | null, string | null];
    expect({ status, signal }).toEqual({ status: 0, signal: null });
  }));

it('refuses a directory without a database, and makes none', () =>
  withFolder(async (folder) => {
    const { status, stdout } = await varveHere(['studio', join(folder, 'none')]);
    expect(status).toBe(3);
    expect(stdout).toBe('');
  }));
