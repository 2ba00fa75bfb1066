/**
 * The lock on a database directory.
 *
 * Owns: the layers of the lock and their order, from the narrowest to the widest. They are taken in this order and
 * left in the reverse one:
 *
 *   1. A set of directories on `globalThis`, shared by all copies of this package in one thread (ESM and CommonJS load
 *      twice).
 *   2. On Linux, an abstract unix socket named after the directory's device and inode. The kernel lets one process bind
 *      it and frees it when that process dies, however it dies: no stale state, no race.
 *   3. The LOCK file and the socket file that it names, for people, for platforms without layer 2, and for processes
 *      that do not share a network namespace (two containers with one volume).
 *
 * Invariants:
 *   directory-lock/no-trace: nothing in the directory is created or changed by an attempt that layer 1 or 2 refuses,
 *       nor by one that finds a live owner in LOCK.
 *   directory-lock/one-directory: a directory is known by device and inode, so that links, bind mounts, other
 *       spellings and a rename change nothing. Where the system gives no inode, its real path stands for it.
 *   directory-lock/own-threads: a LOCK of this process that this thread does not hold belongs to another thread. When
 *       this thread holds the arbiter, that other thread is gone, because only one can hold both.
 *   directory-lock/held: once `mustHold` has thrown, the lock is not the holder's any more.
 *
 * Known limits: two machines that mount one file system have neither sockets nor process numbers in common, and one
 * takes an owner on the other for alive (directory-lock-owner.ts). Where the file system refuses sockets, containers
 * that share no process numbers take each other for alive, also after a kill; a person then removes LOCK. Outside
 * Linux nothing tells a reused process number from the original, which errs on the safe side, too.
 *
 * Suspension: `lockDirectory` and `release` wait only for sockets; layer 1 is taken before the first wait.
 */
import fs from 'node:fs';
import type net from 'node:net';
import { join } from 'node:path';

import { IoError } from '../base/errors.ts';
import {
  anchorOf,
  closeDirectory,
  identityName,
  lostError,
  type OpenDirectory,
  openDirectory,
} from './directory-lock-anchor.ts';
import {
  giveBack,
  type HeldLock,
  lockedError,
  ownerIn,
  takeLockFile,
} from './directory-lock-file.ts';
import { describeOwner } from './directory-lock-owner.ts';
import { closeServer, takeArbiter } from './directory-lock-socket.ts';
import { fileName } from './filenames.ts';
import type { DirectoryAnchor, VfsLock } from './vfs.ts';

const HELD_KEY = Symbol.for('varve.locks');

/** Takes the directory, or throws LockedError. Any other failure comes as the system gave it. */
export async function lockDirectory(path: string): Promise<DirectoryLock> {
  const directory = openDirectory(path);
  const name = identityName(directory);
  const held = heldDirectories();
  if (held.has(name)) {
    const error = refusal(
      directory,
      'already open in this process; share the handle that open() gave',
    );
    closeDirectory(directory);
    throw error;
  }
  held.add(name);

  let arbiter: net.Server | 'taken' | undefined;
  try {
    const { device, inode } = directory.identity;
    arbiter = await takeArbiter(device, inode);
    if (arbiter === 'taken') throw refusal(directory, 'open in another process or thread');
    const lock = await takeLockFile({
      path: directory.realPath,
      directory: directory.at,
      hasArbiter: arbiter !== undefined,
    });
    return new DirectoryLock(directory, lock, arbiter);
  } catch (error) {
    if (arbiter !== undefined && arbiter !== 'taken') await closeServer(arbiter);
    held.delete(name);
    closeDirectory(directory);
    throw error;
  }
}

/** The error of layers 1 and 2, which know that the owner lives. */
function refusal({ realPath, at }: OpenDirectory, how: string): Error {
  const owner = ownerIn(at);
  const known = owner === undefined ? undefined : describeOwner(owner, realPath, true);
  return lockedError(realPath, known, how);
}

export class DirectoryLock implements VfsLock {
  readonly anchor: DirectoryAnchor;
  readonly #directory: OpenDirectory;
  readonly #lock: HeldLock;
  readonly #arbiter: net.Server | undefined;
  /** False on a file system that counts no links. */
  readonly #hasLinkCount: boolean;
  #release: Promise<void> | undefined;

  constructor(directory: OpenDirectory, lock: HeldLock, arbiter: net.Server | undefined) {
    this.anchor = anchorOf(directory, lock.descriptor);
    this.#directory = directory;
    this.#lock = lock;
    this.#arbiter = arbiter;
    this.#hasLinkCount = this.#linkCount > 0;
    this.#release = undefined;
  }

  /** One look at the open LOCK: it has lost its name when the directory was emptied or taken over. */
  mustHold(): void {
    if (this.#hasLinkCount && this.#linkCount === 0) throw lostError(this.anchor);
  }

  async release(): Promise<void> {
    this.#release ??= this.#releaseOnce();
    return this.#release;
  }

  get #linkCount(): number {
    return fs.fstatSync(this.#lock.descriptor).nlink;
  }

  /** LOCK goes first: once the arbiter is free the next process may be writing its own. */
  async #releaseOnce(): Promise<void> {
    try {
      await giveBack(this.#lock);
    } catch (cause) {
      const path = join(this.#directory.path, fileName('lock'));
      throw new IoError(`Cannot unlock: path=${path}`, { path, cause });
    } finally {
      if (this.#arbiter !== undefined) await closeServer(this.#arbiter);
      heldDirectories().delete(identityName(this.#directory));
      closeDirectory(this.#directory);
    }
  }
}

function heldDirectories(): Set<string> {
  // A cast, against the house rule: globalThis has no type for a key that copies of this package agree on at run time.
  const shared = globalThis as { [HELD_KEY]?: Set<string> };
  return (shared[HELD_KEY] ??= new Set());
}
