/**
 * The owner that a LOCK file names, and whether that owner lives.
 *
 * Owns: the record and its text, the record of this process, and the rules that judge another owner.
 *
 * Layout (JSON, one line). The first four fields are read by every version; the others are absent in LOCK files of
 * older ones, and unknown then:
 *
 *      pid, startTime, bootId, token, hostname, sinceMs, path, pidNamespace, socket, inode
 *
 * Invariants:
 *   lock-owner/in-doubt-alive: an owner is taken for dead only where that is known. A wrong refusal costs a restart, a
 *       wrong takeover the data.
 *   lock-owner/socket-first: the kernel ends a listener with its process, so an owner whose socket answers lives, and
 *       one whose socket refuses is dead, whatever process numbers say. Numbers count only among processes that share
 *       them.
 *   lock-owner/copies-name-nobody: a LOCK that was copied or restored lies in another inode than it states. Its owner
 *       never held this directory through it.
 *   lock-owner/other-hosts: on a file system that several machines may mount, neither a refusal nor another boot says
 *       anything of an owner on another machine.
 *
 * Suspension: `judge` suspends for the socket alone.
 */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';

import { systemClock } from '../base/clock.ts';
import { type DirectoryOwner, systemCodeOf } from '../base/errors.ts';
import { probe } from './directory-lock-socket.ts';
import { fileName } from './filenames.ts';

/** Persisted: other versions of this package read it. Add fields only; unknown is 0 or the empty string. */
export interface LockOwner {
  readonly pid: number;
  /** Clock ticks from boot to the start of the process. */
  readonly startTime: number;
  readonly bootId: string;
  /** Unique to one taking of the lock. */
  readonly token: string;
  readonly hostname: string;
  readonly sinceMs: number;
  /** The directory, links resolved. */
  readonly path: string;
  /** The pid namespace that `pid` counts in. */
  readonly pidNamespace: string;
  /** The name, in the directory, of the socket that the owner listens on. */
  readonly socket: string;
  /** The inode of this very file. Stated only with a socket, since a file system with sockets has stable inodes. */
  readonly inode: string;
}

export type Verdict = 'alive' | 'dead' | 'unknown';

/** The facts about a name beside its content. */
export interface Evidence {
  /** The directory, as the system is asked for it. */
  readonly directory: string;
  /** Inode of the file that was read. */
  readonly inode: string;
  /** True when no other thread of this process can be the owner. */
  readonly hasArbiter: boolean;
}

const PROCESS_NUMBER_MAX = 0x7fff_ffff;

export const SOCKET_PREFIX: string = `${fileName('lock')}.sock-`;
const SOCKET_NAME = /^LOCK\.sock-[0-9a-f]{12}$/;

/**
 * `statfs` types that several machines may have mounted: NFS, SMB, CIFS, Ceph, 9P, FUSE, AFS, GFS2, OCFS2, Lustre,
 * GPFS.
 */
const SHARED_FILE_SYSTEMS: ReadonlySet<number> = new Set([
  0x6969, 0xfe534d42, 0xff534d42, 0x517b, 0x00c36400, 0x01021997, 0x65735546, 0x5346414f,
  0x01161970, 0x7461636f, 0x0bd00bd0, 0x47504653,
]);

/** This process and this moment. */
export function ownOwner(path: string): LockOwner {
  const startTime = startTimeOf(process.pid);
  return {
    pid: process.pid,
    startTime: typeof startTime === 'number' ? startTime : 0,
    bootId: ownBootId(),
    token: randomUUID(),
    hostname: os.hostname(),
    sinceMs: systemClock.wallMs(),
    path,
    pidNamespace: ownPidNamespace(),
    socket: '',
    inode: '',
  };
}

export function encodeOwner(owner: LockOwner): string {
  return JSON.stringify(owner) + '\n';
}

/** Undefined for anything that no version of this package wrote. */
export function parseOwner(content: Buffer): LockOwner | undefined {
  let value: unknown;
  try {
    value = JSON.parse(content.toString('utf8'));
  } catch {
    return undefined; // not JSON: left by a power cut, or by another program
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields: Record<string, unknown> = { ...value };
  const { pid, startTime, bootId, token } = fields;
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0) return undefined;
  if (pid > PROCESS_NUMBER_MAX) return undefined; // process.kill() would refuse the argument
  if (typeof startTime !== 'number') return undefined;
  if (typeof bootId !== 'string' || typeof token !== 'string') return undefined;
  const text = (field: unknown): string => (typeof field === 'string' ? field : '');
  const socket = text(fields['socket']);
  return {
    pid,
    startTime,
    bootId,
    token,
    hostname: text(fields['hostname']),
    sinceMs: typeof fields['sinceMs'] === 'number' ? fields['sinceMs'] : 0,
    path: text(fields['path']),
    pidNamespace: text(fields['pidNamespace']),
    socket: SOCKET_NAME.test(socket) ? socket : '',
    inode: text(fields['inode']),
  };
}

/** The owner as a caller is told of it; `directory` stands in for a path that an older version did not write. */
export function describeOwner(
  owner: LockOwner,
  directory: string,
  isKnownAlive: boolean,
): DirectoryOwner {
  // A number that no date can be made of would throw when it is printed.
  const since = owner.sinceMs > 0 && owner.sinceMs < 8e15 ? new Date(owner.sinceMs) : undefined;
  const { pid, hostname } = owner;
  return { pid, hostname, since, path: owner.path || directory, isKnownAlive };
}

/** The facts of an owner, for a message. */
export function factsOf({ pid, hostname, since }: DirectoryOwner): string {
  const host = hostname === '' ? '' : ` host=${hostname}`;
  return `pid=${pid}${host}${since === undefined ? '' : ` since=${since.toISOString()}`}`;
}

/** Whether an owner lives. Rejects when the system lacks the means to find out. */
export async function judge(owner: LockOwner, evidence: Evidence): Promise<Verdict> {
  const { directory, inode, hasArbiter } = evidence;
  const bootId = ownBootId();
  const isOtherBoot = owner.bootId !== '' && bootId !== '' && owner.bootId !== bootId;
  const isOtherHost = owner.hostname !== '' && owner.hostname !== os.hostname();
  if (owner.socket !== '') {
    const answer = await probe(join(directory, owner.socket));
    if (answer === 'alive') return 'alive';
    if (isOtherBoot && isOtherHost && isShared(directory)) return 'unknown';
    if (answer === 'dead') return 'dead';
    // Neither: its socket was not copied with it, or was removed by hand.
    if (owner.inode !== '' && owner.inode !== inode) return 'dead';
  }
  if (isOtherBoot) return isOtherHost && isShared(directory) ? 'unknown' : 'dead';
  const pidNamespace = ownPidNamespace();
  if (owner.pidNamespace !== '' && owner.pidNamespace !== pidNamespace) return 'unknown';
  return judgeByNumber(owner, hasArbiter);
}

/** Among processes that share their numbers. */
function judgeByNumber(owner: LockOwner, hasArbiter: boolean): Verdict {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it exists, and is another user's.
    if (systemCodeOf(error) === 'ESRCH') return 'dead';
  }
  const startTime = startTimeOf(owner.pid);
  if (startTime === 'dead') return 'dead';
  if (startTime === undefined || owner.startTime === 0) {
    return owner.pid === process.pid && hasArbiter ? 'dead' : 'unknown';
  }
  if (startTime !== owner.startTime) return 'dead';
  return owner.pid === process.pid && hasArbiter ? 'dead' : 'alive';
}

/** In doubt false: a LOCK that states another boot then means that the machine has restarted since. */
function isShared(directory: string): boolean {
  try {
    return SHARED_FILE_SYSTEMS.has(fs.statfsSync(directory).type);
  } catch {
    return false; // a runtime without statfs
  }
}

/**
 * The start of a process in clock ticks since boot; undefined where the system does not tell. 'dead' for a process
 * that was killed and only waits to be reaped, as it may for ever in a container without an init.
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

function ownBootId(): string {
  return readText('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

function ownPidNamespace(): string {
  try {
    return fs.readlinkSync('/proc/self/ns/pid');
  } catch {
    return ''; // no namespaces, or no /proc
  }
}

/** For /proc, which some systems do not have or do not show. */
function readText(path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'latin1');
  } catch {
    return undefined; // unknown, which counts as alive
  }
}
