/**
 * The files of an encrypted database, with their keys.
 *
 * Owns: a Vfs that carries keys. Whatever opens a file of a database is given its Vfs, and finds the keys there. A spread
 * copy of such a Vfs has them too.
 *
 * Suspension: as the Vfs inside.
 */
import type { FileKeys } from '../encryption/file-keys.ts';
import { passedOn } from './passed-on.ts';
import type { Vfs } from './vfs.ts';

const KEYS: unique symbol = Symbol('keys');

interface KeyedVfs extends Vfs {
  readonly [KEYS]: FileKeys;
}

/** The keys of the files; undefined where they are not encrypted. */
export function keysOf(vfs: Vfs): FileKeys | undefined {
  return KEYS in vfs ? (vfs as KeyedVfs)[KEYS] : undefined;
}

/** The same files with these keys; without keys, those of `vfs` itself. */
export function keyedVfs(vfs: Vfs, keys: FileKeys | undefined): Vfs {
  if (keys === undefined) return vfs;
  const keyed: KeyedVfs = { ...passedOn(vfs), [KEYS]: keys };
  return keyed;
}
