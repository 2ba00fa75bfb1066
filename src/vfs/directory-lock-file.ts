/**
 * The LOCK file: it names the owner of a directory to processes that share nothing but the directory.
 *
 * Owns: taking and giving back LOCK, and the socket file that it names. A kill at any point leaves files that the
 * next opener can judge, and removes.
 *
 * Invariants:
 *   lock-file/no-trace: an attempt that finds a live owner in LOCK creates and changes nothing. One that fails later
 *       removes what it made.
 *   lock-file/whole: LOCK never exists half written. It is written under a name of its own and linked into place,
 *       which fails if LOCK exists. So content that does not parse was left by a power cut or by another program, and
 *       is stale. (Where the file system has no links, LOCK is created exclusively and then written; the gap is
 *       microseconds.)
 *   lock-file/regular-only: a LOCK that is no regular file is damage, and is neither replaced nor waited for: no
 *       version makes one. It names no owner.
 *   lock-file/one-successor: only one process can replace a given stale content. It must first hold the claim file
 *       named after that content, which is taken by the same rules as LOCK itself. Then it must see the same content
 *       again. Only then it renames the claim over LOCK. Tokens make contents unique, so the second one sees another
 *       content and gives up. A claimant that died is replaced the same way, by a claim on its claim.
 *   lock-file/listens-first: the socket answers before the first file names it. An owner that has LOCK makes sure
 *       that its socket file is still there, since an earlier owner may have taken it for a leftover. From then on no
 *       other process removes it.
 *
 * Suspension: `takeLockFile` and `giveBack` suspend for sockets. No await lies between the second look at a stale
 * content and the rename over it.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import type net from 'node:net';
import { basename, dirname, join } from 'node:path';

import { CorruptionError, type DirectoryOwner, LockedError, systemCodeOf } from '../base/errors.ts';
import {
  describeOwner,
  encodeOwner,
  type Evidence,
  factsOf,
  judge,
  type LockOwner,
  ownOwner,
  parseOwner,
  SOCKET_PREFIX,
  type Verdict,
} from './directory-lock-owner.ts';
import { newFileMode } from './file-modes.ts';
import { closeOwnerSocket, openOwnerSocket, probe } from './directory-lock-socket.ts';
import { fileName } from './filenames.ts';
import { openRegular } from './regular-file.ts';

export interface LockRequest {
  /** The directory, links resolved: for messages and for LOCK. */
  readonly path: string;
  /** The directory, as the system is asked for it. */
  readonly directory: string;
  /** True when no other thread of this process can be the owner. */
  readonly hasArbiter: boolean;
}

export interface HeldLock {
  readonly directory: string;
  readonly owner: LockOwner;
  /** LOCK, open. The inode is not given to another file while it is. */
  readonly descriptor: number;
  readonly socket: net.Server | undefined;
}

interface Candidate {
  readonly request: LockRequest;
  readonly owner: LockOwner;
  /** A complete file that names its owner (lock-file/whole), and its descriptor. */
  readonly temporary: string;
  readonly descriptor: number;
}

/** Every round means that another process changed LOCK between two looks; that many in a row do not happen. */
const ATTEMPT_COUNT_MAX = 100;
const SOCKET_TOKEN_LENGTH = 12;

const CLAIM_PREFIX = `${fileName('lock')}.claim-`;
const TEMPORARY_PREFIX = `${fileName('lock')}.new-`;

/** The codes of a file system that has no hard links. */
const NO_HARD_LINK_CODES: ReadonlySet<string | undefined> = new Set(['EPERM', 'ENOTSUP', 'ENOSYS']);

/**
 * Takes LOCK, or throws LockedError, or CorruptionError where LOCK is no regular file. Any other failure comes as the
 * system gave it.
 */
export async function takeLockFile(request: LockRequest): Promise<HeldLock> {
  const { directory } = request;
  const path = join(directory, fileName('lock'));
  const found = readContent(path, join(request.path, fileName('lock')));
  if (found !== undefined) await mustBeStale(request, found); // lock-file/no-trace

  const own = ownOwner(request.path);
  const socketName = SOCKET_PREFIX + own.token.replaceAll('-', '').slice(0, SOCKET_TOKEN_LENGTH);
  let socket = await openOwnerSocket(join(directory, socketName));
  let descriptor: number | undefined;
  const temporary = join(directory, TEMPORARY_PREFIX + own.token);
  let isTaken = false;
  try {
    const opened = fs.openSync(temporary, 'wx+', newFileMode(directory));
    descriptor = opened;
    const inode = socket === undefined ? '' : inodeOf(opened);
    const owner = { ...own, socket: socket === undefined ? '' : socketName, inode };
    fs.writeFileSync(opened, encodeOwner(owner));
    const candidate = { request, owner, temporary, descriptor };
    descriptor = await takeName(path, candidate);
    if (descriptor !== opened) fs.closeSync(opened);
    if (ownerIn(directory)?.token !== own.token) {
      throw new LockedError(`Directory was taken by another process: path=${request.path}`);
    }
    isTaken = true;
    if (socket !== undefined && (await probe(join(directory, socketName))) !== 'alive') {
      await closeOwnerSocket(socket, join(directory, socketName));
      socket = await openOwnerSocket(join(directory, socketName)); // lock-file/listens-first
    }
    await removeLeftovers(request, owner);
    return { directory, owner, descriptor, socket };
  } catch (error) {
    if (isTaken) fs.rmSync(path, { force: true });
    if (descriptor !== undefined) fs.closeSync(descriptor);
    if (socket !== undefined) await closeOwnerSocket(socket, join(directory, socketName));
    throw error;
  } finally {
    fs.rmSync(temporary, { force: true });
  }
}

/**
 * Removes LOCK, if it is still the owner's, and then the socket. The socket goes on answering as long as LOCK names
 * it.
 */
export async function giveBack({ directory, owner, descriptor, socket }: HeldLock): Promise<void> {
  const path = join(directory, fileName('lock'));
  try {
    const content = regularContent(path);
    if (content !== undefined && parseOwner(content.bytes)?.token === owner.token) {
      fs.rmSync(path, { force: true });
    }
  } finally {
    fs.closeSync(descriptor);
    if (socket !== undefined) await closeOwnerSocket(socket, join(directory, owner.socket));
  }
}

/** The owner that LOCK names, and undefined for none. */
export function ownerIn(directory: string): LockOwner | undefined {
  const content = regularContent(join(directory, fileName('lock')));
  return content === undefined ? undefined : parseOwner(content.bytes);
}

/**
 * The owner that LOCK names, unless it is known to be dead. Changes nothing. Rejects when the system lacks the means to
 * find out.
 */
export async function livingOwner(directory: string): Promise<LockOwner | undefined> {
  const found = regularContent(join(directory, fileName('lock')));
  const owner = found === undefined ? undefined : parseOwner(found.bytes);
  if (found === undefined || owner === undefined) return undefined;
  const verdict = await judge(owner, { directory, inode: found.inode, hasArbiter: false });
  return verdict === 'dead' ? undefined : owner;
}

/** The name of the file that gives its owner the right to replace this stale content (lock-file/one-successor). */
export function claimName(content: Uint8Array): string {
  return CLAIM_PREFIX + createHash('sha256').update(content).digest('hex').slice(0, 32);
}

/** The error of an opener that finds the directory taken; `how` ends "Directory is". */
export function lockedError(
  path: string,
  owner: DirectoryOwner | undefined,
  how = 'open in another process',
): LockedError {
  if (owner === undefined) {
    const message = `Directory is ${how}, which is just taking it or giving it back: path=${path}`;
    return new LockedError(message);
  }
  const advice = owner.isKnownAlive
    ? 'close it there, or wait until it ends'
    : 'whether that process runs cannot be told from here: if it does not, remove the file LOCK';
  const where = owner.path === path ? '' : ` ownerPath=${owner.path}`;
  return new LockedError(
    `Directory is ${how}: path=${path} ${factsOf(owner)}${where} (${advice})`,
    owner,
  );
}

/** Makes `path` a file that names us, replacing a stale one, or throws LockedError. Returns its descriptor. */
async function takeName(path: string, candidate: Candidate): Promise<number> {
  const { request } = candidate;
  for (let attempt = 0; attempt < ATTEMPT_COUNT_MAX; attempt++) {
    const created = tryCreate(path, candidate);
    if (created !== undefined) return created;
    const found = readContent(path, join(request.path, basename(path)));
    if (found === undefined) continue; // released meanwhile
    await mustBeStale(request, found);

    const claim = join(request.directory, claimName(found.bytes));
    // Ends: each step down is one more process that died holding a claim, with a content of its own.
    const descriptor = await takeName(claim, candidate);
    if (readContent(path)?.bytes.equals(found.bytes) === true) {
      fs.renameSync(claim, path);
      return descriptor;
    }
    fs.rmSync(claim, { force: true });
    if (descriptor !== candidate.descriptor) fs.closeSync(descriptor);
  }
  throw new LockedError(`Lock file keeps changing: path=${request.path}`);
}

/** The descriptor of the file that now has the name; undefined when another file has it. */
function tryCreate(path: string, candidate: Candidate): number | undefined {
  try {
    fs.linkSync(candidate.temporary, path);
    return candidate.descriptor;
  } catch (error) {
    const code = systemCodeOf(error);
    // ENOENT: the new owner took our file for a leftover, while it was empty. The next look at the name says so.
    if (code === 'EEXIST' || code === 'ENOENT') return undefined;
    if (!NO_HARD_LINK_CODES.has(code)) throw error;
  }
  let descriptor: number;
  try {
    descriptor = fs.openSync(path, 'wx+', newFileMode(dirname(path)));
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return undefined;
    throw error;
  }
  try {
    const inode = candidate.owner.inode === '' ? '' : inodeOf(descriptor);
    fs.writeFileSync(descriptor, encodeOwner({ ...candidate.owner, inode }));
    return descriptor;
  } catch (error) {
    fs.closeSync(descriptor);
    fs.rmSync(path, { force: true });
    throw error;
  }
}

/** Throws LockedError if the content names an owner that is not known to be dead. */
async function mustBeStale(request: LockRequest, found: Content): Promise<void> {
  const owner = parseOwner(found.bytes);
  if (owner === undefined) return;
  const verdict = await judgeFound(request, found, owner);
  if (verdict === 'dead') return;
  throw lockedError(request.path, describeOwner(owner, request.path, verdict === 'alive'));
}

function judgeFound(request: LockRequest, found: Content, owner: LockOwner): Promise<Verdict> {
  const { directory, hasArbiter } = request;
  const evidence: Evidence = { directory, hasArbiter, inode: found.inode };
  return judge(owner, evidence);
}

/**
 * Removes the files of processes that died while they took the lock, or held it. Called with the lock held. Best
 * effort: a file that stays does no harm.
 */
async function removeLeftovers(request: LockRequest, own: LockOwner): Promise<void> {
  const { directory } = request;
  try {
    for (const name of fs.readdirSync(directory)) {
      const path = join(directory, name);
      if (!name.startsWith(`${fileName('lock')}.`)) continue;
      if (fs.lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true) continue; // not ours
      if (name.startsWith(SOCKET_PREFIX)) {
        if (name !== own.socket && (await probe(path)) === 'dead') fs.rmSync(path, { force: true });
      } else if (name.startsWith(CLAIM_PREFIX) || name.startsWith(TEMPORARY_PREFIX)) {
        if (name === TEMPORARY_PREFIX + own.token) continue;
        const found = regularContent(path);
        const owner = found === undefined ? undefined : parseOwner(found.bytes);
        // One of a process that lives is about to see that it lost, and is cleaned up there. The owner may be a
        // thread of this process.
        const isStale =
          found === undefined ||
          owner === undefined ||
          (await judgeFound({ ...request, hasArbiter: false }, found, owner)) === 'dead';
        if (isStale) fs.rmSync(path, { force: true });
      }
    }
  } catch {
    // The next owner tries again.
  }
}

interface Content {
  readonly bytes: Buffer;
  readonly inode: string;
}

/** Undefined also for a name that is no regular file (lock-file/regular-only). */
function regularContent(path: string): Content | undefined {
  try {
    return readContent(path);
  } catch (error) {
    if (error instanceof CorruptionError) return undefined;
    throw error;
  }
}

/** Undefined when there is no such file. `shown` is its path in messages. */
function readContent(path: string, shown: string = path): Content | undefined {
  let descriptor: number;
  try {
    descriptor = openRegular(path, fs.constants.O_RDONLY, shown);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return { bytes: fs.readFileSync(descriptor), inode: inodeOf(descriptor) };
  } finally {
    fs.closeSync(descriptor);
  }
}

function inodeOf(descriptor: number): string {
  return String(fs.fstatSync(descriptor, { bigint: true }).ino);
}
