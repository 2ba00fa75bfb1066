/**
 * The results file: a comparison on disk.
 *
 * Owns: how it is written: anew after every row. So a run that is ended, or whose machine loses power, keeps its rows.
 *
 * Invariants:
 *   F1. The file holds a whole comparison at any time: the new text is written and synced beside it, then renamed over
 *       it. After a power cut the older or the newer one is there; a leftover `.partial` is written over.
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

/** Reads a comparison that `writeComparison` of the same revision wrote. */
export function readComparison(path: string): Comparison {
  return JSON.parse(readFileSync(path, 'utf8')) as Comparison;
}
