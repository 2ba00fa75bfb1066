/**
 * What the tabulator offers: statements, keyspaces, indexes, options.
 *
 * Owns: which of them fits where.
 *
 * Suspension: suspends for the catalog.
 */
import type { ShellSession } from './shell-session.ts';
import { ENDS, STATEMENTS } from './statements.ts';

/** What the last word could become, and that word, as readline wants it. */
export async function complete(session: ShellSession, line: string): Promise<[string[], string]> {
  const words = line.trimStart().split(/\s+/);
  const last = words.at(-1) ?? '';
  const fitting = (candidates: readonly string[]): [string[], string] => [
    candidates.filter((each) => each.startsWith(last)),
    last,
  ];
  const [name = ''] = words;
  if (words.length === 1) return fitting([...Object.keys(STATEMENTS), ...ENDS]);
  if (last.startsWith('--')) {
    const found = Object.hasOwn(STATEMENTS, name) ? STATEMENTS[name] : undefined;
    return fitting([...(found?.valued ?? []), ...(found?.flags ?? [])].map((each) => `--${each}`));
  }
  if (words.length > 2) return [[], last];
  if (name === 'use' || name === 'clear') {
    return fitting((await session.db.keyspaces()).map(({ name: each }) => each));
  }
  if (name === 'by') return fitting((await session.indexes()).map(({ name: each }) => each));
  return [[], last];
}
