/**
 * The lock on a database directory.
 *
 * Owns: the LOCK file, the kernel arbiter beside it, and the decision whether whoever is named in
 * LOCK still lives. Three layers, from the narrowest to the widest, taken in this order and left in
 * the reverse one:
 *
 *   1. A set of real paths on `globalThis`, shared by all copies of this package in one thread (ESM
 *      and CommonJS load twice).
 *   2. On Linux, an abstract unix socket named after the directory's device and inode. The kernel
 *      lets one process bind it and frees it when that process dies, however it dies: no stale
 *      state, no race.
 *   3. The LOCK file, a JSON object `{pid, startTime, bootId, token}`, for people, for platforms
 *      without layer 2, and for processes that do not share a network namespace (two containers
 *      with one volume).
 *
 * Invariants:
 *   L1. Nothing in the directory is created or changed by an attempt that layer 1 or 2 refuses, nor
 *       by one that finds a live owner in LOCK.
 *   L2. LOCK never exists half written: it is written under a name of its own and linked into
 *       place, which fails if LOCK exists. So content that does not parse was left by a power cut
 *       or by somebody else, and is stale. (Where the file system has no links, LOCK is created
 *       exclusively and then written; the gap is a few microseconds.)
 *   L3. Only one process can replace a given stale content. To do so it must first hold the claim
 *       file named after that content, taken by the same rules as LOCK itself, then see the same
 *       content again, and then rename the claim over LOCK. Tokens make contents unique, so whoever
 *       comes second sees another content and gives up. A claimant that died is replaced the same
 *       way, by a claim on its claim.
 *   L4. An owner is dead if its process is gone, or the process of that number started at another
 *       time, or the machine has been booted since. In doubt it lives: a wrong refusal costs a
 *       restart, a wrong takeover the data.
 *   L5. A LOCK of our own process that is not ours belongs to another thread of it, unless we hold
 *       the arbiter: then that thread is gone, for nobody holds both.
 *
 * Known limits: containers that share a volume but no process numbers cannot see whether the
 * other's owner lives, and will take it for dead; outside Linux nothing tells a reused process
 * number from the original, which errs on the safe side (L4).
 *
 * Suspension: `lockDirectory` and `release` wait only for the socket; layer 1 is taken before the
 * first wait.
 */

import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';

import { IoError, LockedError, systemCodeOf } from '../base/errors.ts';
import { fileName } from './filenames.ts';
import { type VfsLock } from './vfs.ts';

/** What LOCK says of its owner. Persisted: other versions of this package read it. */
export interface LockOwner {
  readonly pid: number;
  /** Clock ticks from boot to the start of the process; 0 where unknown. */
  readonly startTime: number;
  /** Unknown is the empty string. */
  readonly bootId: string;
  /** Unique to one taking of the lock. */
  readonly token: string;
}

const HELD_PATHS_KEY = Symbol.for('varve.locks');

/**
 * Every round means that another process changed LOCK between two looks; that many in a row do not
 * happen.
 */
const ATTEMPT_COUNT_MAX = 100;

const PROCESS_NUMBER_MAX = 0x7fff_ffff;

const CLAIM_PREFIX = `${fileName('lock')}.claim-`;
const TEMPORARY_PREFIX = `${fileName('lock')}.new-`;

/** What a file system says that has no hard links. */
const LINK_REFUSALS: ReadonlySet<string | undefined> = new Set(['EPERM', 'ENOTSUP', 'ENOSYS']);

/** Takes the directory, or throws LockedError. Any other failure comes as the system gave it. */
export async function lockDirectory(directory: string): Promise<VfsLock> {
  const path = fs.realpathSync.native(directory);
  const held = heldPaths();
  if (held.has(path)) {
    throw new LockedError(`Directory is already open in this process: path=${path}`);
  }
  held.add(path);

  let arbiter: net.Server | undefined;
  try {
    arbiter = await takeArbiter(path);
    const owner = takeLockFile(path, arbiter !== undefined);
    return new DirectoryLock(path, owner.token, arbiter);
  } catch (error) {
    if (arbiter !== undefined) await closeServer(arbiter);
    held.delete(path);
    throw error;
  }
}

class DirectoryLock implements VfsLock {
  readonly #path: string;
  readonly #token: string;
  readonly #arbiter: net.Server | undefined;
  #release: Promise<void> | undefined;

  constructor(path: string, token: string, arbiter: net.Server | undefined) {
    this.#path = path;
    this.#token = token;
    this.#arbiter = arbiter;
    this.#release = undefined;
  }

  async release(): Promise<void> {
    this.#release ??= this.#releaseOnce();
    return this.#release;
  }

  /** LOCK goes first: once the arbiter is free the next process may be writing its own. */
  async #releaseOnce(): Promise<void> {
    try {
      releaseLockFile(this.#path, this.#token);
    } catch (cause) {
      const path = join(this.#path, fileName('lock'));
      throw new IoError(`Cannot unlock: path=${path}`, { path, cause });
    } finally {
      if (this.#arbiter !== undefined) await closeServer(this.#arbiter);
      heldPaths().delete(this.#path);
    }
  }
}

function heldPaths(): Set<string> {
  // A cast, against the house rule: globalThis has no type for a key that copies of this package
  // agree on at run time.
  const shared = globalThis as { [HELD_PATHS_KEY]?: Set<string> };
  return (shared[HELD_PATHS_KEY] ??= new Set());
}

/**
 * Binds the socket that stands for the directory, or throws LockedError when somebody has.
 * Undefined where there are no abstract sockets: other platforms, and sandboxes that forbid them.
 */
async function takeArbiter(path: string): Promise<net.Server | undefined> {
  if (process.platform !== 'linux') return undefined;
  const { dev, ino } = fs.statSync(path, { bigint: true });
  const server = net.createServer((socket) => socket.destroy());
  server.unref();
  const failure = await new Promise<unknown>((resolve) => {
    server.once('error', resolve);
    // Exclusive: a cluster's workers would otherwise share one socket, and each believe it has the
    // lock.
    server.listen({ path: `\0varve-${String(dev)}-${String(ino)}`, exclusive: true }, () => {
      resolve(undefined);
    });
  });
  if (failure === undefined) {
    // Nobody is meant to connect. If somebody does and accept() fails, the name stays ours all the
    // same.
    server.on('error', () => undefined);
    return server;
  }
  if (systemCodeOf(failure) !== 'EADDRINUSE') return undefined;
  const owner = readOwner(join(path, fileName('lock')));
  const pid = owner === undefined ? 'unknown' : String(owner.pid);
  throw new LockedError(`Directory is open in another process or thread: path=${path} pid=${pid}`, {
    cause: failure,
  });
}

async function closeServer(server: net.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}

/**
 * Layer 3 alone; exported for the test that races it. `hasArbiter` says that no other thread of
 * this process can be the owner (L5).
 */
export function takeLockFile(directory: string, hasArbiter: boolean): LockOwner {
  const path = join(directory, fileName('lock'));
  const content = readContent(path);
  if (content !== undefined) mustBeStale(path, content, hasArbiter); // L1: nothing is created yet

  const startTime = startTimeOf(process.pid);
  const owner: LockOwner = {
    pid: process.pid,
    startTime: typeof startTime === 'number' ? startTime : 0,
    bootId: readText('/proc/sys/kernel/random/boot_id')?.trim() ?? '',
    token: randomUUID(),
  };
  const temporary = join(directory, TEMPORARY_PREFIX + owner.token);
  const text = JSON.stringify(owner) + '\n';
  fs.writeFileSync(temporary, text, { flag: 'wx' });
  try {
    takeName(directory, path, { temporary, text, hasArbiter });
    if (readOwner(path)?.token !== owner.token) {
      throw new LockedError(`Directory was taken by another process: path=${directory}`);
    }
  } finally {
    fs.rmSync(temporary, { force: true });
  }
  removeLeftovers(directory);
  return owner;
}

/** Removes LOCK, if it is still the one that `token` names. */
export function releaseLockFile(directory: string, token: string): void {
  const path = join(directory, fileName('lock'));
  if (readOwner(path)?.token === token) fs.rmSync(path, { force: true });
}

/** The name of the file that gives its owner the right to replace this stale content (L3). */
export function claimName(content: Uint8Array): string {
  return CLAIM_PREFIX + createHash('sha256').update(content).digest('hex').slice(0, 32);
}

interface Candidate {
  /** A complete file that says who we are (L2). */
  readonly temporary: string;
  readonly text: string;
  readonly hasArbiter: boolean;
}

/** Makes `path` a file that names us, replacing a stale one (L3), or throws LockedError. */
function takeName(directory: string, path: string, candidate: Candidate): void {
  for (let attempt = 0; attempt < ATTEMPT_COUNT_MAX; attempt++) {
    if (tryCreate(path, candidate)) return;
    const content = readContent(path);
    if (content === undefined) continue; // released meanwhile
    mustBeStale(path, content, candidate.hasArbiter);

    const claim = join(directory, claimName(content));
    // Ends: each step down is one more process that died holding a claim, with a content of its
    // own.
    takeName(directory, claim, candidate);
    if (readContent(path)?.equals(content) === true) {
      fs.renameSync(claim, path);
      return;
    }
    fs.rmSync(claim, { force: true });
  }
  throw new LockedError(`Lock file keeps changing: path=${path}`);
}

/** False when the name is taken. */
function tryCreate(path: string, candidate: Candidate): boolean {
  try {
    fs.linkSync(candidate.temporary, path);
    return true;
  } catch (error) {
    const code = systemCodeOf(error);
    // ENOENT: the new owner took our file for a leftover, while it was empty. The next look at the
    // name says so.
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    if (!LINK_REFUSALS.has(code)) throw error;
  }
  try {
    fs.writeFileSync(path, candidate.text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Throws LockedError if `content` names an owner that lives. */
function mustBeStale(path: string, content: Buffer, hasArbiter: boolean): void {
  const owner = parseOwner(content);
  if (owner === undefined || !isAlive(owner, hasArbiter)) return;
  throw new LockedError(
    `Directory is open in another process: file=${path} pid=${owner.pid} ` +
      '(if that process has nothing to do with it, remove the file)',
  );
}

/** L4 and L5. */
function isAlive(owner: LockOwner, hasArbiter: boolean): boolean {
  const bootId = readText('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  if (owner.bootId !== '' && bootId !== '' && owner.bootId !== bootId) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it exists, and is somebody else's.
    if (systemCodeOf(error) === 'ESRCH') return false;
  }
  const startTime = startTimeOf(owner.pid);
  if (startTime === 'dead') return false;
  if (startTime !== undefined && owner.startTime !== 0 && startTime !== owner.startTime) {
    return false;
  }
  return owner.pid !== process.pid || !hasArbiter;
}

/**
 * When a process started, in clock ticks since boot; 'dead' for one that was killed and only waits
 * to be reaped, as it may for ever in a container without an init; undefined where the system does
 * not tell.
 */
function startTimeOf(pid: number): number | 'dead' | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The second field is the command in parentheses, which may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return 'dead';
  const startTime = Number(fields[19]); // field 22 of the line
  return Number.isSafeInteger(startTime) ? startTime : undefined;
}

/**
 * Removes what processes left that died while they were taking the lock. Called with the lock held.
 */
function removeLeftovers(directory: string): void {
  for (const name of fs.readdirSync(directory)) {
    if (!name.startsWith(CLAIM_PREFIX) && !name.startsWith(TEMPORARY_PREFIX)) continue;
    const path = join(directory, name);
    const owner = readOwner(path);
    // Of a process that lives: it is about to see that it lost, and cleans up. A thread of ours may
    // be one (L5).
    if (owner !== undefined && isAlive(owner, false)) continue;
    fs.rmSync(path, { force: true });
  }
}

function readOwner(path: string): LockOwner | undefined {
  const content = readContent(path);
  return content === undefined ? undefined : parseOwner(content);
}

function readContent(path: string): Buffer | undefined {
  try {
    return fs.readFileSync(path);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Undefined for anything that no version of this package wrote. */
function parseOwner(content: Buffer): LockOwner | undefined {
  let value: unknown;
  try {
    value = JSON.parse(content.toString('utf8'));
  } catch {
    return undefined; // not JSON: L2 says what that means
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('pid' in value && 'startTime' in value && 'bootId' in value && 'token' in value)) {
    return undefined;
  }
  const { pid, startTime, bootId, token } = value;
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0) return undefined;
  if (pid > PROCESS_NUMBER_MAX) return undefined; // process.kill() would refuse the argument
  if (typeof startTime !== 'number') return undefined;
  if (typeof bootId !== 'string' || typeof token !== 'string') return undefined;
  return { pid, startTime, bootId, token };
}

/** For /proc, which some systems do not have or do not show. */
function readText(path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'latin1');
  } catch {
    return undefined; // unknown, which L4 reads as alive
  }
}
