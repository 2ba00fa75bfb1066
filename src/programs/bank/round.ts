/**
 * One round: a child process moves money and is killed.
 *
 * Owns: the child, the clock that decides its end, and what it acknowledged before.
 *
 * Invariants:
 *   round/pipe-read-to-its-end: the round is over when the pipe has been read to its end, not when the child is dead.
 *       Lines written just before SIGKILL still lie in the pipe, and were promised.
 *   round/no-child-left: no child outlives the round, however the round ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { ChildSettings } from './child.ts';

export interface RoundOutcome {
  /** From the start of the clients to the kill. */
  readonly ranMs: number;
  readonly acknowledgedCount: number;
  /** How often bodies ran again, as TransferOutcome says. */
  readonly rerunCount: number;
  readonly refusalCount: number;
}

/** The child ended before it was killed; the message says what it said last. */
export class ChildFailedError extends Error {
  override readonly name = 'ChildFailedError';
}

/** Reads the child's lines, which come in pieces of any size; see child.ts for their form. */
export class AcknowledgementReader {
  readonly #acknowledged: Map<number, number>;
  #rest = '';
  acknowledgedCount = 0;
  rerunCount = 0;
  refusalCount = 0;

  /** `acknowledged` is kept up to date: the highest sequence of each client. */
  constructor(acknowledged: Map<number, number>) {
    this.#acknowledged = acknowledged;
  }

  /** Returns true when the text held the line `ready`. */
  read(text: string): boolean {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? ''; // a line that the kill cut short was never acknowledged
    let isReady = false;
    for (const line of lines) {
      if (line === 'ready') isReady = true;
      else this.#readLine(line);
    }
    return isReady;
  }

  #readLine(line: string): void {
    const numbers = line.split(' ').map(Number);
    this.rerunCount += numbers[0] ?? 0;
    this.refusalCount += numbers[1] ?? 0;
    for (let i = 2; i + 1 < numbers.length; i += 2) {
      const client = numbers[i]!; // i + 1 < length
      const sequence = numbers[i + 1]!; // i + 1 < length
      if (sequence > (this.#acknowledged.get(client) ?? 0)) {
        this.#acknowledged.set(client, sequence);
      }
      this.acknowledgedCount++;
    }
  }
}

function startChild(settings: ChildSettings): ChildProcess {
  const isBuilt = import.meta.url.endsWith('.js');
  const entry = fileURLToPath(new URL(isBuilt ? './child.js' : './child.ts', import.meta.url));
  return spawn(process.execPath, [entry, JSON.stringify(settings)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/**
 * Runs a child and kills it `killAfterMs` after its clients started. `acknowledged` is brought up to date.
 * Throws ChildFailedError when the child ends by itself.
 */
export function runRound(
  settings: ChildSettings,
  killAfterMs: number,
  acknowledged: Map<number, number>,
  signal: AbortSignal,
): Promise<RoundOutcome> {
  const reader = new AcknowledgementReader(acknowledged);
  const child = startChild(settings);
  return new Promise((resolve, reject) => {
    let startedMs: number | undefined;
    let ranMs: number | undefined;
    let complaint = '';
    const kill = (): void => {
      if (startedMs !== undefined) ranMs = performance.now() - startedMs;
      child.kill('SIGKILL');
    };
    let timer: NodeJS.Timeout | undefined;
    signal.addEventListener('abort', kill);
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (!reader.read(text)) return;
      startedMs = performance.now();
      timer = setTimeout(kill, killAfterMs);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    child.stdin?.on('error', () => undefined); // it dies by our hand
    child.on('error', reject);
    // 'close' comes after the pipes have ended, 'exit' may come before (round/pipe-read-to-its-end).
    child.on('close', (code, endSignal) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', kill);
      if (ranMs === undefined || endSignal !== 'SIGKILL') {
        const how = endSignal === null ? `status=${code}` : `signal=${endSignal}`;
        reject(new ChildFailedError(`The bank's process ended early: ${how} ${complaint.trim()}`));
        return;
      }
      const { acknowledgedCount, rerunCount, refusalCount } = reader;
      resolve({ ranMs, acknowledgedCount, rerunCount, refusalCount });
    });
  });
}
