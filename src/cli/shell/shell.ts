/**
 * The shell: reads statements and runs them, one after the other.
 *
 * Owns: the two ways to read. A person at a terminal gets a prompt, and goes on after an error. A script on standard input
 * ends at its first error, which the command then reports with its exit status.
 *
 * Invariants:
 *   shell/first-error: a script runs nothing after the statement that failed. Its transaction is rolled back.
 *   shell/interrupt: Ctrl-C ends the statement that runs, and not the shell.
 *
 * Suspension: suspends for the reader and for each statement.
 */
import { createInterface, type Interface } from 'node:readline/promises';

import { InterruptedError, UsageError } from '../../programs/outcome.ts';
import { isTerminal, printError, printNote } from '../output.ts';
import { safeLine } from '../../text/terminal-text.ts';
import { complete } from './completer.ts';
import type { HistoryFile } from './history-file.ts';
import type { ShellSession } from './shell-session.ts';
import { ENDS, runStatement } from './statements.ts';
import { readStatement } from './words.ts';

export interface ShellSettings {
  readonly session: ShellSession;
  readonly isJson: boolean;
  /** Undefined for none. */
  readonly history: HistoryFile | undefined;
}

/** Lines of one statement. */
const LINE_COUNT_MAX = 10_000;

export async function runShell(settings: ShellSettings): Promise<void> {
  const isInteractive = process.stdin.isTTY === true && isTerminal();
  await (isInteractive ? talk(settings) : runScript(settings));
  if (settings.session.isInTransaction) {
    settings.session.rollback();
    printNote('The transaction was rolled back: it was not committed.');
  }
}

/** Collects lines until they are a statement. Throws UsageError for one that never ends. */
class Collector {
  #lines: string[] = [];

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  clear(): void {
    this.#lines = [];
  }

  /** Undefined until the statement is complete. */
  add(line: string): ReturnType<typeof readStatement> | undefined {
    this.#lines.push(line);
    if (this.#lines.length > LINE_COUNT_MAX)
      throw new UsageError('A quote or a bracket is never closed');
    try {
      const statement = readStatement(this.#lines.join('\n'));
      if (!statement.isComplete) return undefined;
      this.clear();
      return statement;
    } catch (error) {
      this.clear();
      throw error;
    }
  }
}

async function runScript({ session, isJson }: ShellSettings): Promise<void> {
  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
  const collector = new Collector();
  const { signal } = new AbortController(); // a signal of the system ends the process
  let lineNumber = 0;
  try {
    for await (const line of lines) {
      lineNumber++;
      const words = collector.add(line)?.words ?? [];
      const [first] = words;
      if (first === undefined) continue;
      if (ENDS.includes(first.text)) return;
      await runStatement({ session, isJson, signal }, words);
    }
    if (!collector.isEmpty)
      throw new UsageError('The last statement does not end: a quote or a bracket is open');
  } catch (error) {
    if (session.isInTransaction) session.rollback(); // shell/first-error
    printNote(`The script ended at line ${lineNumber}.`);
    throw error;
  } finally {
    lines.close();
  }
}

async function talk(settings: ShellSettings): Promise<void> {
  const { session, history } = settings;
  const terminal = createInterface({
    input: process.stdin,
    output: process.stdout,
    terminal: true,
    history: history?.load() ?? [],
    historySize: 1000,
    removeHistoryDuplicates: true,
    completer: (line: string) => complete(session, line),
  });
  const conversation = new Conversation(settings, terminal);
  terminal.on('SIGINT', () => conversation.interrupt());
  terminal.on('line', (line) => {
    history?.add(line);
    conversation.take(line);
  });
  await new Promise<void>((resolve) => {
    terminal.on('close', resolve);
    conversation.prompt();
  });
  await conversation.settled();
}

/** Statements run in their order, also when lines are pasted faster than they run. */
class Conversation {
  readonly #settings: ShellSettings;
  readonly #terminal: Interface;
  readonly #collector = new Collector();
  #running: AbortController | undefined = undefined;
  #last: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(settings: ShellSettings, terminal: Interface) {
    this.#settings = settings;
    this.#terminal = terminal;
    terminal.once('close', () => {
      this.#isOver = true;
    });
  }

  take(line: string): void {
    this.#last = this.#last.then(() => this.#run(line)).then(() => this.prompt());
  }

  settled(): Promise<void> {
    return this.#last;
  }

  /** shell/interrupt. */
  interrupt(): void {
    if (this.#running !== undefined) {
      this.#running.abort();
      return;
    }
    const isAtRest = this.#collector.isEmpty && this.#terminal.line === '';
    this.#collector.clear();
    process.stdout.write(isAtRest ? '\n(exit or Ctrl-D ends the shell)\n' : '\n');
    this.#terminal.write('', { ctrl: true, name: 'u' });
    this.prompt();
  }

  prompt(): void {
    if (this.#isOver) return;
    const { session } = this.#settings;
    const mark = session.isInTransaction ? '*' : '';
    const name = safeLine(session.keyspace.name);
    this.#terminal.setPrompt(this.#collector.isEmpty ? `${name}${mark}> ` : '... ');
    this.#terminal.prompt();
  }

  /** Never rejects: an error is printed. */
  async #run(line: string): Promise<void> {
    const { session, isJson } = this.#settings;
    try {
      const words = this.#collector.add(line)?.words ?? [];
      const [first] = words;
      if (first === undefined) return;
      if (ENDS.includes(first.text)) {
        this.#terminal.close();
        return;
      }
      this.#running = new AbortController();
      await runStatement({ session, isJson, signal: this.#running.signal }, words);
    } catch (error) {
      if (error instanceof InterruptedError) printNote('Interrupted.');
      else printError(error, isJson);
    } finally {
      this.#running = undefined;
    }
  }
}
