/**
 * The engines of the comparison, ours first.
 */
import { betterSqlite3 } from './better-sqlite3.ts';
import { classicLevel } from './classic-level.ts';
import { lmdb } from './lmdb.ts';
import { rocksdb } from './rocksdb.ts';
import type { Adapter } from './store.ts';
import { varve } from './varve.ts';

export const ENGINES: readonly Adapter[] = [varve, lmdb, classicLevel, rocksdb, betterSqlite3];

/** Throws when there is none of that name. */
export function mustEngine(name: string): Adapter {
  const found = ENGINES.find((engine) => engine.name === name);
  if (found === undefined) {
    throw new Error(`Unknown engine: name=${name} known=${ENGINES.map((e) => e.name).join(',')}`);
  }
  return found;
}
