/**
 * Files of a history: where its database lives, and how its process dies.
 *
 * Owns: for each kind of files the way to reopen after a kill (every byte written is there) and after a power
 * cut (only what was synced is sure to be there).
 */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { NodeVfs } from '../../src/vfs/node-vfs.ts';
import type { Vfs } from '../../src/vfs/vfs.ts';
import { type CrashMode, CrashVfs } from '../support/crash-vfs.ts';
import type { Files } from './option-sets.ts';

export interface Place {
  readonly vfs: Vfs;
  readonly directory: string;
  /** The same place as another process finds it when this one dies now. Takes effect without a wait. */
  killed(): Place;
  /** As it is after a power cut now; where that cannot be simulated, as after a kill. */
  crashed(seed: number, mode: CrashMode): Place;
  /** True when `crashed` may lose what was not synced. */
  readonly losesUnsynced: boolean;
  remove(): void;
}

const DIRECTORY = '/model/db';

export function makePlace(files: Files): Place {
  if (files === 'memory') return memoryPlace(new MemoryVfs());
  if (files === 'crash') return crashPlace(new CrashVfs());
  if (files === 'lossy') return lossyPlace(new CrashVfs());
  return nodePlace(mkdtempSync(join(tmpdir(), 'varve-model-')), 0);
}

function memoryPlace(vfs: Vfs): Place {
  const killed = (): Place => memoryPlace(copyOf(vfs));
  return {
    vfs,
    directory: DIRECTORY,
    killed,
    crashed: killed,
    losesUnsynced: false,
    remove: () => undefined,
  };
}

function crashPlace(vfs: CrashVfs): Place {
  return {
    vfs,
    directory: DIRECTORY,
    killed: () => crashPlace(vfs.kill()),
    crashed: (seed, mode) => crashPlace(vfs.crash({ seed, mode })),
    losesUnsynced: true,
    remove: () => undefined,
  };
}

/** The canary's: a kill that takes unsynced bytes, as no kill does. Runs over it must fail. */
function lossyPlace(vfs: CrashVfs): Place {
  const cut = (): Place => lossyPlace(vfs.crash({ seed: 1, mode: 'synced-only' }));
  return { ...crashPlace(vfs), killed: cut, crashed: cut, losesUnsynced: false };
}

function nodePlace(root: string, generation: number): Place {
  const directory = join(root, `db-${generation}`);
  const killed = (): Place => {
    const copy = nodePlace(root, generation + 1);
    mkdirSync(copy.directory);
    for (const name of readdirSync(directory)) {
      if (name === 'LOCK') continue;
      copyUnlessRemoved(join(directory, name), join(copy.directory, name));
    }
    return copy;
  };
  return {
    vfs: new NodeVfs(),
    directory,
    killed,
    crashed: killed,
    losesUnsynced: false,
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/**
 * A thread of the pool may remove an obsolete file meanwhile: then the process died after that. Nothing else changes
 * what the manifest names. The socket of the lock is no file that can be copied, and a dead process answers at none.
 */
function copyUnlessRemoved(from: string, to: string): void {
  try {
    copyFileSync(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENXIO') throw error;
  }
}

/** The files of one directory, in a file system of their own. */
function copyOf(vfs: Vfs): MemoryVfs {
  const copy = new MemoryVfs();
  copy.makeDirectory(DIRECTORY);
  for (const name of vfs.list(DIRECTORY)) {
    const path = join(DIRECTORY, name);
    const source = vfs.open(path, 'read');
    const bytes = new Uint8Array(source.sizeSync());
    source.readSync(bytes, 0, bytes.length, 0);
    const target = copy.open(path, 'create');
    if (bytes.length > 0) target.writeSync(bytes, 0, bytes.length, 0);
    source.closeSync();
    target.closeSync();
  }
  return copy;
}
