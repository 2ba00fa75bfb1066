/**
 * Irregular files, under names of the engine.
 *
 * Owns: making them, and running a command that may wait for one for ever: the test ends the process then.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';

import { onTestFinished } from 'vitest';

export const HAS_FIFOS: boolean = process.platform !== 'win32';

export function makeFifo(path: string): void {
  execFileSync('mkfifo', [path]);
}

/**
 * A FIFO that is open at its other end until the test ends, so that an open of it does not wait. An engine that does
 * not check the kind of its file then fails the test, and does not stop it.
 */
export function makeHeldFifo(path: string): void {
  makeFifo(path);
  const descriptor = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
  onTestFinished(() => {
    fs.closeSync(descriptor);
  });
}

/** A socket file with a listener, until the test ends. */
export async function makeSocket(path: string): Promise<void> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(async () => {
    await new Promise((resolve) => server.close(resolve));
  });
}

/** Puts something else in the place of a file. */
export async function replaceFile(path: string, kind: string): Promise<void> {
  fs.rmSync(path, { force: true });
  if (kind === 'directory') fs.mkdirSync(path);
  else if (kind === 'FIFO') makeHeldFifo(path);
  else if (kind === 'socket') await makeSocket(path);
  else if (kind === 'character-device') fs.symlinkSync('/dev/null', path);
  else throw new Error(`No such kind: ${kind}`);
}

/** The kinds of files that a test has the rights to make. */
export const KINDS: readonly string[] = HAS_FIFOS
  ? ['directory', 'FIFO', 'socket', 'character-device']
  : ['directory'];
