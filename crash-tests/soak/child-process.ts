/**
 * The child as the parent holds it.
 *
 * Owns: its start, what it said, and its end, however that comes.
 *
 * Invariants:
 *   P1. `ended` resolves when the pipes have been read to their end: what the child wrote just before a SIGKILL still
 *       lies there, and was promised. A line that the kill cut short promises nothing.
 *   P2. A child that says nothing for SILENCE_MAX_MS is killed and counts as hung.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import process from 'node:process';
import type { ChildSettings, Sample } from './settings.ts';

/** It samples every few seconds; opening and closing take less than that, on a very busy machine somewhat more. */
const SILENCE_MAX_MS = 120_000;
const COMPLAINT_CHARS_MAX = 4000;

export interface ChildEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly isHung: boolean;
  readonly isClosed: boolean;
  /** Its standard error. */
  readonly complaint: string;
  readonly warnings: readonly string[];
}

export interface ChildListener {
  readonly onBank: (client: number, sequence: number) => void;
  readonly onLoad: (writer: number, number: number) => void;
  readonly onSample: (sample: Sample) => void;
}

export class SoakChild {
  readonly ready: Promise<void>;
  readonly ended: Promise<ChildEnd>;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #listener: ChildListener;
  readonly #warnings: string[] = [];
  #markReady: () => void = () => undefined;
  #silence: NodeJS.Timeout | undefined = undefined;
  #rest = '';
  #complaint = '';
  #isClosed = false;
  #isHung = false;

  constructor(settings: ChildSettings, listener: ChildListener) {
    const [, program = ''] = process.argv;
    const args = ['--enable-source-maps', program, 'child', JSON.stringify(settings)];
    this.#listener = listener;
    this.#process = spawn(process.execPath, args, { stdio: 'pipe' });
    this.ready = new Promise((resolve) => (this.#markReady = resolve));
    this.ended = this.#follow();
  }

  stop(): void {
    if (this.#process.stdin.writable) this.#process.stdin.write('stop\n');
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #follow(): Promise<ChildEnd> {
    const { stdin, stdout, stderr } = this.#process;
    stdin.on('error', () => undefined); // it dies by our hand
    stdout.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    stderr.setEncoding('utf8').on('data', (text: string) => {
      if (this.#complaint.length < COMPLAINT_CHARS_MAX) this.#complaint += text;
    });
    this.#expectWord();
    return new Promise((resolve, reject) => {
      this.#process.on('error', reject);
      // 'close' comes after the pipes have ended, 'exit' may come before (P1).
      this.#process.on('close', (status, signal) => {
        clearTimeout(this.#silence);
        const [isHung, isClosed] = [this.#isHung, this.#isClosed];
        const [complaint, warnings] = [this.#complaint.trim(), this.#warnings];
        resolve({ status, signal, isHung, isClosed, complaint, warnings });
      });
    });
  }

  #expectWord(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#isHung = true;
      this.kill();
    }, SILENCE_MAX_MS);
  }

  #read(text: string): void {
    this.#expectWord();
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#readLine(line);
  }

  #readLine(line: string): void {
    const space = line.indexOf(' ');
    const [word, rest] = space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)];
    switch (word) {
      case 'ready':
        this.#markReady();
        break;
      case 'closed':
        this.#isClosed = true;
        break;
      case 'bank':
        forEachPair(rest, this.#listener.onBank);
        break;
      case 'load':
        forEachPair(rest, this.#listener.onLoad);
        break;
      case 'sample':
        this.#listener.onSample(JSON.parse(rest) as Sample);
        break;
      case 'warning':
        this.#warnings.push(rest);
        break;
      default:
        this.#warnings.push(`unknown line: ${line}`);
    }
  }
}

function forEachPair(text: string, take: (who: number, number: number) => void): void {
  const numbers = text.split(' ').map(Number);
  for (let i = 0; i + 1 < numbers.length; i += 2) {
    take(numbers[i]!, numbers[i + 1]!); // i + 1 < length
  }
}
