/**
 * Data-driven tests: commands and the answers that they must give, in text files.
 *
 * Owns: the form of a file, its comparison, and UPDATE=1, which writes the answers that are given now.
 *
 * A file is a list of blocks between empty lines. A block is a command with its settings, lines of input, and below
 * `----` the expected answer, unless that is empty. Lines that begin with `#` are comments.
 *
 *     scan at=9 upper=c
 *     first next
 *     ----
 *     a@7=x b@8=y
 *
 * Keys and values are Latin-1 text without spaces. Entries print as `a@7=x`, tombstones as `a@9!`, range tombstones as
 * `[a,c)@5!`.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { RangeTombstone } from '../../src/iterator/range-tombstones.ts';
import { type Entry, entry } from './array-iterator.ts';

export interface Command {
  readonly name: string;
  readonly settings: ReadonlyMap<string, string>;
  readonly lines: readonly string[];
}

/** Answers a command; may remember what earlier commands of the same file said. */
export type Interpreter = (command: Command) => string | Promise<string>;

export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** One test for each file of the folder in test/testdata; each file gets an interpreter of its own. */
export function runScripts(folder: string, makeInterpreter: () => Interpreter): void {
  const directory = fileURLToPath(new URL(`../testdata/${folder}/`, import.meta.url));
  it.each(readdirSync(directory))(`${folder}/%s`, async (name) => {
    const text = readFileSync(directory + name, 'utf8');
    const answered = await answer(text, makeInterpreter());
    if (process.env['UPDATE'] === '1') writeFileSync(directory + name, answered);
    else expect(answered).toBe(text);
  });
}

async function answer(text: string, interpret: Interpreter): Promise<string> {
  const blocks: string[] = [];
  for (const block of text.trim().split(/\n\n+/)) {
    const [input = ''] = block.split(/^----$/m);
    const lines = input.trim().split('\n');
    const [head, ...rest] = lines.filter((line) => !line.startsWith('#'));
    const result = head === undefined ? '' : await interpret(commandOf(head, rest));
    blocks.push([...lines, ...(result === '' ? [] : ['----', result])].join('\n'));
  }
  return `${blocks.join('\n\n')}\n`;
}

function commandOf(head: string, lines: readonly string[]): Command {
  const [name = '', ...settings] = head.split(' ');
  const pairs = settings.map((each): [string, string] => {
    const at = each.indexOf('=');
    return at < 0 ? [each, ''] : [each.slice(0, at), each.slice(at + 1)];
  });
  return { name, settings: new Map(pairs), lines };
}

/** The words of a line, of entries and range tombstones in any order. */
export function parseEntries(words: readonly string[]): {
  readonly entries: Entry[];
  readonly ranges: RangeTombstone[];
} {
  const entries: Entry[] = [];
  const ranges: RangeTombstone[] = [];
  for (const word of words) {
    const range = /^\[(\w*),(\w*)\)@([\d.]+)!$/.exec(word);
    const point = /^(\w*)@(\d+)(?:!|=(\S*))$/.exec(word);
    if (range !== null) {
      const [, start, end, sequence] = range;
      ranges.push({ start: bytesOf(start!), end: bytesOf(end!), sequence: Number(sequence) }); // groups of a match
    } else if (point !== null) entries.push(entry(point[1]!, Number(point[2]), point[3]));
    else throw new Error(`Neither an entry nor a range tombstone: ${word}`);
  }
  return { entries, ranges };
}

export function showRange({ start, end, sequence }: RangeTombstone): string {
  return `[${textOf(start)},${textOf(end)})@${sequence}!`;
}
