/**
 * Sockets that end with their process.
 *
 * Owns: two kinds of them. The *arbiter* is an abstract unix socket of Linux, named after the directory's device and
 * inode: the kernel lets one process of a network namespace bind it. The *owner socket* is a socket file in the
 * directory: the kernel finds it by inode, so that a process in any namespace can ask whether its listener lives.
 *
 * Invariants:
 *   lock-socket/proven: an owner socket that does not answer the process that made it is not used. So a refused
 *       connection means a dead owner, and not a file system that cannot do this.
 *   lock-socket/one-name: the arbiter's name fills its address. Node.js 20 pads a shorter one with zeros and later
 *       versions do not, and the two would bind different names.
 *   lock-socket/no-weaker-lock: a lack of descriptors, memory or space is an error. It is no reason to go without a
 *       socket.
 *
 * Suspension: everything here suspends for the socket alone. A socket keeps no process alive; a connection does, for
 * the moment that it takes.
 */
import fs from 'node:fs';
import net from 'node:net';
import { basename, dirname, relative, sep } from 'node:path';

import { systemCodeOf } from '../base/errors.ts';
import { newSocketMode } from './file-modes.ts';

/** Room for a path in a socket's address: 108 on Linux, 104 on macOS and the BSDs, each with a zero at the end. */
const PATH_BYTES_MAX = 103;
const ABSTRACT_NAME_BYTES = 108;

const DEAD_CODES: ReadonlySet<string | undefined> = new Set(['ECONNREFUSED', 'ENOTSOCK']);
/** A listener whose queue is full, or one that another user made. */
const ALIVE_CODES: ReadonlySet<string | undefined> = new Set(['EAGAIN', 'EACCES', 'EPERM']);
const SHORTAGE_CODES: ReadonlySet<string | undefined> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENOBUFS',
  'ENOSPC',
  'EDQUOT',
  'EIO',
  'EROFS',
]);

/**
 * Binds the arbiter; 'taken' when another process or thread has it. Undefined where there are no abstract sockets:
 * other platforms, and sandboxes that forbid them.
 */
export async function takeArbiter(
  device: bigint,
  inode: bigint,
): Promise<net.Server | 'taken' | undefined> {
  if (process.platform !== 'linux') return undefined;
  const name = `\0varve-${String(device)}-${String(inode)}`;
  try {
    return await listen(name.padEnd(ABSTRACT_NAME_BYTES, '\0'));
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'EADDRINUSE') return 'taken';
    if (SHORTAGE_CODES.has(code)) throw error;
    return undefined;
  }
}

/** Listens on a new socket file, or gives undefined where that does not work. */
export async function openOwnerSocket(path: string): Promise<net.Server | undefined> {
  const address = addressOf(path);
  if (address === undefined) return undefined;
  let server: net.Server;
  try {
    server = await listen(address);
    // The mode of a socket file says who may ask whether its owner lives: other users of the database as well.
    fs.chmodSync(path, newSocketMode(dirname(path)));
  } catch (error) {
    removeSocket(path);
    if (SHORTAGE_CODES.has(systemCodeOf(error))) throw error;
    return undefined; // a file system without sockets
  }
  try {
    if ((await probe(path)) === 'alive') return server;
  } catch (error) {
    await closeOwnerSocket(server, path);
    throw error;
  }
  await closeOwnerSocket(server, path);
  return undefined;
}

export async function closeOwnerSocket(server: net.Server, path: string): Promise<void> {
  await closeServer(server);
  removeSocket(path); // libuv has, where it is recent
}

export async function closeServer(server: net.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}

/** The verdict of a socket file on its listener. Unknown: there is none, or the runtime gives no reason. */
export async function probe(path: string): Promise<'alive' | 'dead' | 'unknown'> {
  const address = addressOf(path);
  if (address === undefined) return 'unknown';
  const failure = await new Promise<Error | undefined>((resolve) => {
    const socket = net.connect({ path: address });
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.on('error', resolve);
  });
  if (failure === undefined) return 'alive';
  const code = systemCodeOf(failure);
  if (SHORTAGE_CODES.has(code)) throw failure;
  if (DEAD_CODES.has(code)) return 'dead';
  return ALIVE_CODES.has(code) ? 'alive' : 'unknown';
}

/** A path of the file that fits into an address; undefined when there is none. */
function addressOf(path: string): string | undefined {
  if (process.platform === 'win32') return undefined; // there `path` means a named pipe
  if (fits(path)) return path;
  const near = relative(process.cwd(), dirname(path));
  const short = `${near === '' ? '.' : near}${sep}${basename(path)}`;
  return fits(short) ? short : undefined;
}

function fits(path: string): boolean {
  return Buffer.byteLength(path) <= PATH_BYTES_MAX;
}

async function listen(path: string): Promise<net.Server> {
  const server = net.createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // Exclusive: a cluster's workers would otherwise share one socket, and each believe it has the lock.
    server.listen({ path, exclusive: true }, resolve);
  });
  server.unref();
  // A connection that fails leaves the question of another process without an answer; the name stays bound.
  server.removeAllListeners('error');
  server.on('error', () => undefined);
  return server;
}

function removeSocket(path: string): void {
  try {
    if (fs.lstatSync(path).isSocket()) fs.unlinkSync(path);
  } catch {
    // It is gone, or stays for the next owner to remove.
  }
}
