/**
 * The lines that were typed into the shell, kept for the next one.
 *
 * Owns: where they are: in the state folder of the user, readable by that user alone, since values may be secrets.
 *
 * Invariants:
 *   shell-history/private: the file has mode 0600, and its folder 0700 when it is made here. A file that is no regular
 *       file, or that others own, is left alone.
 *   shell-history/bounded: it has at most LINE_COUNT_MAX lines when a shell begins.
 *   shell-history/harmless: a shell without a history works. A power cut loses lines at the end of the file and no more:
 *       a shorter file takes its place in one step.
 *
 * Suspension: every function here is synchronous.
 */
import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

const LINE_COUNT_MAX = 1000;

export class HistoryFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Newest first, as readline wants them; none when the file cannot be read. */
  load(): string[] {
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      if (!this.#isOurs()) return [];
      const lines = readFileSync(this.#path, 'utf8')
        .split('\n')
        .filter((line) => line !== '');
      chmodSync(this.#path, 0o600);
      const kept = lines.slice(-LINE_COUNT_MAX);
      if (kept.length < lines.length) this.#replace(kept);
      return kept.reverse();
    } catch {
      return []; // shell-history/harmless
    }
  }

  /** Lines with a break in them are not kept. */
  add(line: string): void {
    if (line.trim() === '' || line.includes('\n')) return;
    try {
      if (this.#isOurs()) appendFileSync(this.#path, `${line}\n`, { mode: 0o600 });
    } catch {
      // shell-history/harmless
    }
  }

  #replace(lines: readonly string[]): void {
    const temporary = `${this.#path}.${process.pid}`;
    writeFileSync(temporary, `${lines.join('\n')}\n`, { mode: 0o600 });
    renameSync(temporary, this.#path);
  }

  /** True too when there is none yet: shell-history/private. */
  #isOurs(): boolean {
    const stats = lstatSync(this.#path, { throwIfNoEntry: false });
    if (stats === undefined) return true;
    return stats.isFile() && (process.getuid === undefined || stats.uid === process.getuid());
  }
}

/** By the convention of the system: XDG's, and LOCALAPPDATA on Windows. */
export function historyPath(env: NodeJS.ProcessEnv = process.env): string {
  const state =
    env['XDG_STATE_HOME'] ??
    (process.platform === 'win32' ? env['LOCALAPPDATA'] : undefined) ??
    join(homedir(), '.local', 'state');
  return join(state, 'varve', 'shell-history');
}
