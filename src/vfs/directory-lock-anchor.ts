/**
 * Anchors an owner to its locked directory, and checks that the directory is still the owner's.
 *
 * Owns: the way to a directory that does not depend on its name, and the looks at LOCK that come before each change
 * in it.
 *
 * On Linux an owner reaches its files through `/proc/self/fd/<n>/`, where `n` is the open directory. So a rename of
 * the directory changes nothing for the owner, nor does a path or a bind mount that leads elsewhere now. The number
 * is the same in every thread of the process. Elsewhere, and where /proc cannot be used, files are reached by path,
 * and each change is preceded by a look at where the path leads.
 *
 * Invariants:
 *   directory-anchor/looks-first: no file is created, renamed, linked, removed or opened for writing in a directory
 *       whose LOCK is not the owner's own any more: same inode, same text. The look and the change are two steps.
 *       Between them lie microseconds, against a takeover that should not have been.
 *   directory-anchor/pinned-inodes: directory and LOCK are open as long as the lock is held, so that no other file gets
 *       their inodes.
 *
 * Suspension: every function here is synchronous.
 */
import fs from 'node:fs';
import { join } from 'node:path';

import { CorruptionError, DirectoryLostError, systemCodeOf } from '../base/errors.ts';
import { describeOwner, factsOf, parseOwner } from './directory-lock-owner.ts';
import { fileName } from './filenames.ts';
import { openRegular } from './regular-file.ts';
import type { DirectoryAnchor } from './vfs.ts';

export interface Identity {
  readonly device: bigint;
  readonly inode: bigint;
}

/** A directory that is held open, where the system opens directories. */
export interface OpenDirectory {
  /** As the caller named it. */
  readonly path: string;
  /** Links resolved. */
  readonly realPath: string;
  readonly identity: Identity;
  readonly descriptor: number | undefined;
  /** The directory, as the system is to be asked for it. */
  readonly at: string;
}

export function openDirectory(path: string): OpenDirectory {
  const realPath = fs.realpathSync.native(path);
  if (process.platform === 'win32') {
    const identity = identityOf(fs.statSync(path, { bigint: true }));
    return { path, realPath, identity, descriptor: undefined, at: path };
  }
  const { O_RDONLY, O_DIRECTORY } = fs.constants;
  const descriptor = fs.openSync(path, O_RDONLY | O_DIRECTORY);
  try {
    const identity = identityOf(fs.fstatSync(descriptor, { bigint: true }));
    const at = pathOfDescriptor(descriptor, identity) ?? path;
    return { path, realPath, identity, descriptor, at };
  } catch (error) {
    fs.closeSync(descriptor);
    throw error;
  }
}

export function closeDirectory({ descriptor }: OpenDirectory): void {
  if (descriptor !== undefined) fs.closeSync(descriptor);
}

/** One name for one directory; the path where the system gives no identity. */
export function identityName({ identity, realPath }: OpenDirectory): string {
  const { device, inode } = identity;
  return inode === 0n ? realPath : `${String(device)}:${String(inode)}`;
}

/** Undefined where descriptors have no paths, or others than they should have. */
function pathOfDescriptor(descriptor: number, identity: Identity): string | undefined {
  // Deno counts resources of its own, not the descriptors of the system.
  if (process.platform !== 'linux' || 'deno' in process.versions) return undefined;
  const path = `/proc/self/fd/${descriptor}`;
  // Under the permission model of Node.js the directory may be allowed and /proc not. Absent without it, against the
  // types.
  const permission = process.permission as typeof process.permission | undefined;
  if (permission?.has('fs.write', path) === false) return undefined;
  try {
    return isSame(identityOf(fs.statSync(path, { bigint: true })), identity) ? path : undefined;
  } catch {
    return undefined; // no /proc, or not for us
  }
}

/** The facts about the directory and its lock that every thread needs. */
export function anchorOf(directory: OpenDirectory, lockDescriptor: number): DirectoryAnchor {
  const { path, realPath, at, identity } = directory;
  const lock = fs.fstatSync(lockDescriptor, { bigint: true });
  return {
    directory: path,
    realPath,
    at,
    device: identity.device,
    inode: identity.inode,
    lockInode: lock.ino,
    lockMtimeNs: lock.mtimeNs,
    lockText: readRegular(join(at, fileName('lock'))).toString('utf8'),
  };
}

/** Throws DirectoryLostError unless directory and LOCK are the owner's (directory-anchor/looks-first). */
export function mustBeOwned(anchor: DirectoryAnchor): void {
  const path = join(anchor.at, fileName('lock'));
  const found = statOf(path);
  if (found === undefined || found.ino !== anchor.lockInode) throw lostError(anchor);
  // Some program may have touched it; only then is it read.
  if (
    found.mtimeNs !== anchor.lockMtimeNs &&
    readRegular(path).toString('utf8') !== anchor.lockText
  ) {
    throw lostError(anchor);
  }
  if (anchor.at !== anchor.directory) return; // reached through the open directory
  const directory = statOf(anchor.directory);
  if (directory === undefined || !isSame(identityOf(directory), anchor)) throw lostError(anchor);
}

/** The error that tells the fate of the directory; called when it is lost. */
export function lostError(anchor: DirectoryAnchor): DirectoryLostError {
  const { directory } = anchor;
  return new DirectoryLostError(
    `Directory was lost while it was open, ${reasonOf(anchor)}: path=${directory}`,
    directory,
  );
}

function reasonOf(anchor: DirectoryAnchor): string {
  const isByPath = anchor.at === anchor.directory;
  const directory = statOf(anchor.at);
  if (directory === undefined || directory.nlink === 0n) return 'it was removed';
  if (isByPath && !isSame(identityOf(directory), anchor)) {
    return 'its path leads to another directory';
  }
  let content: Buffer;
  try {
    content = readRegular(join(anchor.at, fileName('lock')));
  } catch (error) {
    if (error instanceof CorruptionError) return 'its file LOCK was replaced';
    // A removed directory keeps its links on some file systems, and has no names in it on all.
    if (systemCodeOf(error) !== 'ENOENT') return 'its file LOCK cannot be read';
    return isEmpty(anchor.at) ? 'it was removed or emptied' : 'its file LOCK was removed';
  }
  const owner = parseOwner(content);
  if (owner === undefined || content.toString('utf8') === anchor.lockText) {
    return 'its file LOCK was replaced';
  }
  return `its file LOCK names another owner, ${factsOf(describeOwner(owner, anchor.directory, true))}`;
}

/** LOCK may have become anything by now. */
function readRegular(path: string): Buffer {
  const descriptor = openRegular(path, fs.constants.O_RDONLY);
  try {
    return fs.readFileSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

function isEmpty(directory: string): boolean {
  try {
    return fs.readdirSync(directory).length === 0;
  } catch {
    return true;
  }
}

function identityOf({ dev, ino }: fs.BigIntStats): Identity {
  return { device: dev, inode: ino };
}

function isSame(a: Identity, b: Identity): boolean {
  return a.device === b.device && a.inode === b.inode;
}

function statOf(path: string): fs.BigIntStats | undefined {
  try {
    return fs.statSync(path, { bigint: true });
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
