/**
 * The file that a comparison is kept in.
 *
 * Owns: how it is written. It is written again after every row, so that a run which is ended, or whose machine loses
 * power, keeps the rows that it has.
 *
 * Invariants:
 *   F1. Whoever opens the file finds a whole comparison: the new text is written and synced beside it, then renamed
 *       over it. After a power cut the older or the newer one is there; a leftover `.partial` is written over.
 *
 * Suspension: every function here is synchronous.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

import type { Comparison } from './results.ts';

export function writeComparison(path: string, comparison: Comparison): void {
  mkdirSync(dirname(path), { recursive: true });
  const partial = `${path}.partial`;
  const file = openSync(partial, 'w');
  try {
    writeFileSync(file, `${JSON.stringify(comparison, undefined, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(partial, path); // F1
}

/** What `writeComparison` of the same revision wrote. */
export function readComparison(path: string): Comparison {
  return JSON.parse(readFileSync(path, 'utf8')) as Comparison;
}
