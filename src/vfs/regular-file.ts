/**
 * Opening a file by its name, whatever has that name.
 *
 * Owns: that the engine reads and writes regular files only. Anyone who may write to the directory can put a FIFO, a
 * socket, a device or a directory where a file was. An open of a FIFO waits for its other end, for ever if need be, and
 * with it the event loop.
 *
 * Invariants:
 *   regular-file/no-wait: the open returns at once, whatever has the name.
 *   regular-file/looked-at-open: the kind is asked of the open descriptor, so that no change of the name comes between.
 *
 * Suspension: every function here is synchronous.
 */
import fs from 'node:fs';

import { systemCodeOf } from '../base/errors.ts';
import { type FileForm, irregularFile } from './vfs.ts';

/** Windows has neither of them, nor what they are for. A terminal must not become the one of this process either. */
const { O_NONBLOCK = 0, O_NOCTTY = 0 } = fs.constants as Partial<typeof fs.constants>;

/**
 * The descriptor of a regular file, links followed. Throws CorruptionError when the name stands for something else,
 * and the system's own error otherwise. `shown` is the path that messages name.
 */
export function openRegular(path: string, flags: number, shown: string = path): number {
  const descriptor = openAtOnce(path, flags, shown);
  try {
    const form = formOf(fs.fstatSync(descriptor));
    if (form !== 'file') throw irregularFile(shown, form);
    return descriptor;
  } catch (error) {
    fs.closeSync(descriptor);
    throw error;
  }
}

function openAtOnce(path: string, flags: number, shown: string): number {
  try {
    return fs.openSync(path, flags | O_NONBLOCK | O_NOCTTY);
  } catch (error) {
    // A socket cannot be opened, nor a directory for writing: the system's codes for these say less.
    const form = formAt(path);
    if (form !== undefined && form !== 'file') throw irregularFile(shown, form, error);
    // A file server's lease on a regular file: to wait until it is given back is right, and ends.
    if (form === 'file' && systemCodeOf(error) === 'EAGAIN') return fs.openSync(path, flags);
    throw error;
  }
}

/** Undefined when nothing has the name, or it cannot be looked at. */
function formAt(path: string): FileForm | undefined {
  try {
    return formOf(fs.statSync(path));
  } catch {
    return undefined; // the failed open is the one to report
  }
}

function formOf(stats: fs.Stats): FileForm {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isFIFO()) return 'FIFO';
  if (stats.isSocket()) return 'socket';
  if (stats.isCharacterDevice()) return 'character-device';
  return stats.isBlockDevice() ? 'block-device' : 'unknown';
}
