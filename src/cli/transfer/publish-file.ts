/**
 * Giving a file its name once it is whole.
 *
 * Owns: the order of rename and sync. The bytes of the file are synced by the caller before. A power cut before the
 * rename leaves the file under its other name; one after it leaves either name, and the whole file.
 *
 * Suspension: synchronous.
 */
import { closeSync, fsyncSync, openSync, renameSync } from 'node:fs';

export function publishFile(from: string, to: string, directory: string): void {
  renameSync(from, to);
  if (process.platform === 'win32') return; // it has no descriptors of directories
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
