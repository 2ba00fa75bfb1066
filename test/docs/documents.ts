/**
 * The documents of the repository, as tests read them.
 *
 * Owns: which files are documents, and finding fenced blocks, links and tables in them.
 *
 * Suspension: every function here is synchronous.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));

/** A fenced block. `words` are what follows the opening fence: language first, then marks. */
export interface FencedBlock {
  readonly words: readonly string[];
  readonly code: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
}

export interface Document {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly FencedBlock[];
  /** The text without its fenced blocks: one empty line for each of theirs. */
  readonly prose: string;
}

const AT_THE_ROOT = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'];

/** README.md and those beside it, and everything in docs. */
export function readDocuments(): Document[] {
  return [...AT_THE_ROOT, ...markdownIn('docs')].map((path) => parseDocument(path, readText(path)));
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function markdownIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) return markdownIn(path);
      return path.endsWith('.md') ? [path] : [];
    });
}

/** Throws when a fence is not closed. */
export function parseDocument(path: string, text: string): Document {
  const blocks: FencedBlock[] = [];
  const prose: string[] = [];
  let open: { words: string[]; lines: string[]; line: number } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (line.startsWith('```')) {
      if (open === undefined) {
        open = { words: line.slice(3).split(' ').filter(Boolean), lines: [], line: index + 1 };
      } else {
        blocks.push({ words: open.words, code: `${open.lines.join('\n')}\n`, line: open.line });
        open = undefined;
      }
      prose.push('');
    } else if (open === undefined) {
      prose.push(line);
    } else {
      open.lines.push(line);
      prose.push('');
    }
  }
  if (open !== undefined) throw new Error(`Fence is not closed: file=${path} line=${open.line}`);
  return { path, text, blocks, prose: prose.join('\n') };
}

/** Targets of the links in a document that point into the repository, without their fragments. */
export function relativeLinks({ prose }: Document): string[] {
  const withoutCode = prose.replaceAll(/`[^`]*`/g, '');
  return [...withoutCode.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((target) => !/^[a-z]+:/.test(target) && !target.startsWith('#'))
    .map((target) => target.split('#')[0] ?? '');
}

/** The rows of the table whose first heading is `heading`: cells without their surrounding spaces. */
export function tableRows({ path, prose }: Document, heading: string, column = 1): string[][] {
  const lines = prose.split('\n');
  const isTable = (line: string): boolean =>
    cellsOf(line)[0] === heading && cellsOf(line).length > column;
  const start = lines.findIndex(isTable);
  if (start < 0) throw new Error(`No such table: file=${path} heading=${heading}`);
  const rows: string[][] = [];
  for (const line of lines.slice(start + 2)) {
    if (!line.startsWith('|')) break;
    rows.push(cellsOf(line));
  }
  return rows;
}

function cellsOf(line: string): string[] {
  if (!line.startsWith('|')) return [];
  return line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());
}
