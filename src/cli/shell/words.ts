/**
 * A statement of the shell, taken apart into words.
 *
 * Owns: quoting, and when a statement is not complete yet.
 *
 *   alice                 up to the next blank
 *   'two words'           as it stands, up to the next single quote
 *   "a\tb"                as JSON reads it
 *   ["alice", 17]  {...}  JSON, up to the bracket that closes it; it may go over several lines
 *
 * Invariants:
 *   shell-words/nothing-lost: the words hold every character that is no blank between words; the raw text of a word is as
 *       it was written.
 *
 * Suspension: every function here is synchronous.
 */
import { UsageError } from '../../programs/outcome.ts';

export interface Word {
  /** What it means: without its quotes. */
  readonly text: string;
  /** As it was written. */
  readonly raw: string;
}

/** `isComplete` is false when a quote or a bracket is open, or the last line ends in a backslash. */
export interface Statement {
  readonly words: readonly Word[];
  readonly isComplete: boolean;
}

const BLANK = /\s/;

/** Throws UsageError for a word in double quotes that is no JSON. A line that begins with # is a comment. */
export function readStatement(text: string): Statement {
  if (/^\s*#/.test(text)) return { words: [], isComplete: true };
  const isContinued = /\\\n?$/.test(text);
  const whole = text.replace(/\\\n/g, ' ').replace(/\\$/, ' ');
  const words: Word[] = [];
  let at = 0;
  while (at < whole.length) {
    const first = whole[at]!; // within
    if (BLANK.test(first)) {
      at++;
      continue;
    }
    const end = endOfWord(whole, at);
    if (end === undefined) return { words, isComplete: false };
    words.push(wordOf(whole.slice(at, end)));
    at = end;
  }
  return { words, isComplete: !isContinued };
}

/** Undefined for a word that does not end. */
function endOfWord(text: string, start: number): number | undefined {
  const first = text[start];
  if (first === "'") {
    const end = text.indexOf("'", start + 1);
    return end < 0 ? undefined : end + 1;
  }
  if (first === '"') return endOfQuoted(text, start);
  if (first === '[' || first === '{') return endOfBrackets(text, start);
  let end = start;
  while (end < text.length && !BLANK.test(text[end]!)) end++; // within
  return end;
}

function endOfQuoted(text: string, start: number): number | undefined {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return undefined;
}

function endOfBrackets(text: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const each = text[at];
    if (each === '"') {
      const end = endOfQuoted(text, at);
      if (end === undefined) return undefined;
      at = end - 1;
    } else if (each === '[' || each === '{') depth++;
    else if ((each === ']' || each === '}') && --depth === 0) return at + 1;
  }
  return undefined;
}

function wordOf(raw: string): Word {
  if (raw.startsWith("'")) return { text: raw.slice(1, -1), raw };
  if (!raw.startsWith('"')) return { text: raw, raw };
  try {
    return { text: JSON.parse(raw) as string, raw }; // JSON that begins with a quote is a string
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(`Text in double quotes must be JSON: found=${raw}`);
  }
}
