/**
 * Runs the command: the built one as a user would, in a process of its own with real pipes, or the one of the sources in
 * this process, with standard output and error caught.
 *
 * Owns: where the command lies. A build of other sources is refused. A process takes a quarter of a second: tests of
 * pipes, signals, locks and of how a process ends need one, the others do not.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { runCommandLine } from '../../src/cli/program.ts';
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
  /** Where the process runs; the packages of other engines are looked for there. */
  readonly cwd?: string;
}

/** Runs `varve ...args` to its end. */
export function varve(args: readonly string[], settings: RunSettings = {}): Promise<Run> {
  const { cwd } = settings;
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['pipe', 'pipe', 'pipe'], cwd });
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

/** Runs `varve ...args` in this process; one at a time. Reads no standard input. */
export async function varveHere(args: readonly string[]): Promise<Run> {
  let status: Run['status'] = null;
  const { stdout, stderr } = await caught(async () => {
    try {
      await runCommandLine(args);
      status = Number(process.exitCode ?? 0);
    } finally {
      process.exitCode = undefined;
    }
  });
  return {
    status,
    signal: null,
    stdout: stdout.toString('utf8'),
    stdoutBytes: stdout,
    stderr: stderr.toString('utf8'),
  };
}

/** What a call writes to the streams of this process; one at a time. */
export async function caught(
  call: () => Promise<void>,
): Promise<{ readonly stdout: Buffer; readonly stderr: Buffer }> {
  const { stdout, stderr } = process;
  const [out, err] = [new Capture(stdout), new Capture(stderr)];
  try {
    await call();
  } finally {
    out.end();
    err.end();
  }
  return { stdout: out.bytes, stderr: err.bytes };
}

/** What a stream of this process is given while it lasts. */
class Capture {
  readonly #stream: NodeJS.WriteStream;
  readonly #write: NodeJS.WriteStream['write'];
  readonly #listeners: readonly unknown[];
  readonly #pieces: Uint8Array[] = [];

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#write = stream.write.bind(stream);
    this.#listeners = stream.listeners('error');
    stream.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
      this.#pieces.push(typeof chunk === 'string' ? Buffer.from(chunk) : Uint8Array.from(chunk));
      const done = rest.at(-1);
      if (typeof done === 'function') setImmediate(done as () => void);
      return true;
    };
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  end(): void {
    this.#stream.write = this.#write;
    for (const listener of this.#stream.listeners('error')) {
      if (this.#listeners.includes(listener)) continue;
      this.#stream.off('error', listener as () => void);
    }
  }
}

/** A run that must succeed; returns its standard output. */
export async function mustVarve(args: readonly string[], settings?: RunSettings): Promise<string> {
  return mustSucceed(args, await varve(args, settings));
}

/** The same, in this process. */
export async function mustVarveHere(args: readonly string[]): Promise<string> {
  return mustSucceed(args, await varveHere(args));
}

function mustSucceed(args: readonly string[], run: Run): string {
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
