/**
 * Runs the built command as a user would: a process of its own, with real pipes.
 *
 * Owns: where the command lies. A build of other sources is refused.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtFile } from '../support/built.ts';

export const MAIN: string = builtFile('cli/main.js');

export interface Run {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stdoutBytes: Buffer;
  readonly stderr: string;
}

export interface RunSettings {
  readonly input?: string | Uint8Array;
  /** Closes the read end of standard output after so many bytes, as `head` does. */
  readonly closeAfterBytes?: number;
}

/** Runs `varve ...args` to its end. */
export function varve(args: readonly string[], settings: RunSettings = {}): Promise<Run> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const pieces: Buffer[] = [];
  let length = 0;
  let stderr = '';
  child.stdout.on('data', (piece: Buffer) => {
    pieces.push(piece);
    length += piece.length;
    if (settings.closeAfterBytes !== undefined && length >= settings.closeAfterBytes) {
      child.stdout.destroy();
    }
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined); // a command that reads no input closes it
  child.stdin.end(settings.input ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => {
      const stdoutBytes = Buffer.concat(pieces);
      resolve({ status, signal, stdout: stdoutBytes.toString('utf8'), stdoutBytes, stderr });
    });
  });
}

/** A run that must succeed; returns its standard output. */
export async function mustVarve(args: readonly string[], settings?: RunSettings): Promise<string> {
  const run = await varve(args, settings);
  if (run.status !== 0 || run.stderr !== '') {
    throw new Error(`varve ${args.join(' ')}: status=${run.status}\n${run.stderr}${run.stdout}`);
  }
  return run.stdout;
}

/** One JSON value a line. */
export function parseLines(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line));
}

/** Calls `use` with a path inside a new directory, which is removed afterwards. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'varve-cli-test-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
