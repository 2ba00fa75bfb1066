/**
 * A file system that fails on request.
 *
 * Owns: `FaultVfs`, which passes everything on to another Vfs, counts it, and makes chosen
 * operations fail.
 *
 * Invariants:
 *   X1. Without faults it is the Vfs inside, seen from outside.
 *   X2. A failed operation has not happened, unless the fault's effect says otherwise.
 *   X3. A failed sync of a CrashVfs file also drops its unsynced bytes, as kernels do: users go on
 *       seeing them, and the next sync succeeds without writing them.
 *   X5. The sync of a directory opens it first, which is an operation of its own: one that has failed has lost nothing.
 *   X4. A short read or write is legal (vfs/short-counts); a file that ends before its size is not.
 *
 * To fail operation 1, 2, 3... until a run passes untouched: inject `{ nth: k }`, run, and stop
 * when `firedCount` is 0.
 *
 * Suspension: as in the contract; a failing asynchronous operation rejects, it does not throw.
 */

import { makeIoError } from '../../src/vfs/memory-vfs.ts';
import { type OpenMode, type Vfs, type VfsFile, type VfsLock } from '../../src/vfs/vfs.ts';
import { canDropUnsynced } from './crash-vfs.ts';

export type FaultKind =
  | 'open'
  | 'create'
  | 'read'
  | 'readSync'
  | 'write'
  | 'sync'
  | 'truncate'
  | 'list'
  | 'rename'
  | 'link'
  | 'unlink'
  | 'makeDirectory'
  | 'removeDirectory'
  | 'openDirectory'
  | 'syncDirectory';

export const FAULT_KINDS: readonly FaultKind[] = [
  'open',
  'create',
  'read',
  'readSync',
  'write',
  'sync',
  'truncate',
  'list',
  'rename',
  'link',
  'unlink',
  'makeDirectory',
  'removeDirectory',
  'openDirectory',
  'syncDirectory',
];

/**
 *   fail    nothing happens, and the operation reports it
 *   after   it happens, and reports a failure all the same
 *   short   half of a read or write happens, and reports so; other operations are left alone
 *   ended   half of a read happens, and from then on the file seems to end there, though its size
 *           says otherwise; other operations are left alone
 *   torn    half of a write happens, and reports a failure; other operations fail
 */
export type FaultEffect = 'fail' | 'after' | 'short' | 'ended' | 'torn';

export interface Fault {
  /** All of them by default. */
  readonly kinds?: readonly FaultKind[];
  /**
   * The number of the matching operation that fails first, from now on; default 1, the next one.
   */
  readonly nth?: number;
  /** True when all matching operations after it fail too, until `heal()`. */
  readonly sticky?: boolean;
  /** The system's code; EIO by default. */
  readonly code?: string;
  readonly effect?: FaultEffect;
  /** Which paths match; a rename or link matches by either name. */
  readonly path?: RegExp | ((path: string) => boolean);
}

interface ArmedFault {
  readonly fault: Fault;
  matchCount: number;
}

interface FiredFault {
  readonly code: string;
  readonly effect: FaultEffect;
}

export class FaultVfs implements Vfs {
  readonly isNodeFileSystem: boolean = false;
  readonly inner: Vfs;
  #armed: ArmedFault[];
  readonly #counts: Map<FaultKind, number>;
  /** Where files seem to end, by path. */
  readonly #ends: Map<string, number>;
  #operationCount: number;
  #firedCount: number;

  constructor(inner: Vfs) {
    this.inner = inner;
    this.#armed = [];
    this.#counts = new Map(FAULT_KINDS.map((kind) => [kind, 0]));
    this.#ends = new Map();
    this.#operationCount = 0;
    this.#firedCount = 0;
  }

  /** Operations so far, of all kinds. */
  get operationCount(): number {
    return this.#operationCount;
  }

  /** How often a fault took effect. */
  get firedCount(): number {
    return this.#firedCount;
  }

  count(kind: FaultKind): number {
    return this.#counts.get(kind) ?? 0;
  }

  /** Adds a fault; if several match an operation, the one injected first decides. */
  inject(fault: Fault): void {
    this.#armed.push({ fault, matchCount: 0 });
  }

  /** Takes all faults away. Counts stay. */
  heal(): void {
    this.#armed = [];
    this.#ends.clear();
  }

  open(path: string, mode: OpenMode): VfsFile {
    const kind = mode === 'create' ? 'create' : 'open';
    return this.run(kind, [path], () => new FaultFile(this, this.inner.open(path, mode)));
  }

  exists(path: string): boolean {
    return this.inner.exists(path);
  }

  list(directory: string): string[] {
    return this.run('list', [directory], () => this.inner.list(directory));
  }

  rename(from: string, to: string): void {
    this.run('rename', [from, to], () => {
      this.inner.rename(from, to);
    });
  }

  link(from: string, to: string): void {
    this.run('link', [from, to], () => {
      this.inner.link(from, to);
    });
  }

  unlink(path: string): void {
    this.run('unlink', [path], () => {
      this.inner.unlink(path);
    });
  }

  async unlinkAside(path: string): Promise<void> {
    this.unlink(path);
  }

  makeDirectory(path: string): string | undefined {
    return this.run('makeDirectory', [path], () => this.inner.makeDirectory(path));
  }

  removeDirectory(path: string): void {
    this.run('removeDirectory', [path], () => {
      this.inner.removeDirectory(path);
    });
  }

  isDirectory(path: string): boolean {
    return this.inner.isDirectory(path);
  }

  limitAccess(directory: string, model: string): void {
    this.inner.limitAccess(directory, model);
  }

  isWritable(directory: string): boolean {
    return this.inner.isWritable(directory);
  }

  async syncDirectory(path: string): Promise<void> {
    this.run('openDirectory', [path], () => undefined); // X5
    return this.runAsync('syncDirectory', path, () => this.inner.syncDirectory(path));
  }

  syncDirectorySync(path: string): void {
    this.run('openDirectory', [path], () => undefined);
    this.run('syncDirectory', [path], () => {
      this.inner.syncDirectorySync(path);
    });
  }

  realPath(path: string): string {
    return this.inner.realPath(path);
  }

  async lock(directory: string): Promise<VfsLock> {
    return this.inner.lock(directory);
  }

  /** For FaultFile: runs an operation under the faults that match it. */
  run<T>(kind: FaultKind, paths: readonly string[], operation: () => T): T {
    const fired = this.fire(kind, paths);
    if (fired === undefined) return operation();
    if (fired.effect === 'after') operation();
    throw makeIoError(fired.code, kind, paths.join(' -> '));
  }

  /** For FaultFile: as `run`, waiting for the operation. */
  async runAsync<T>(kind: FaultKind, path: string, operation: () => Promise<T>): Promise<T> {
    const fired = this.fire(kind, [path]);
    if (fired === undefined) return operation();
    if (fired.effect === 'after') await operation();
    throw makeIoError(fired.code, kind, path);
  }

  /**
   * For FaultFile: counts a read, and returns how many of its bytes to fetch. Throws the error of a
   * fault at once: a failed read leaves no trace.
   */
  readLength(kind: 'read' | 'readSync', path: string, length: number, position: number): number {
    const fired = this.fire(kind, [path]);
    if (fired?.effect === 'fail' || fired?.effect === 'torn' || fired?.effect === 'after') {
      throw makeIoError(fired.code, kind, path);
    }
    const half = length - (length >>> 1);
    if (fired?.effect === 'ended') this.#ends.set(path, position + half);
    if (fired?.effect === 'short') return half;
    const end = this.#ends.get(path) ?? Infinity;
    return Math.max(0, Math.min(length, end - position));
  }

  /** For FaultFile: counts an operation, and says whether and how it is to fail. */
  fire(kind: FaultKind, paths: readonly string[]): FiredFault | undefined {
    this.#operationCount++;
    this.#counts.set(kind, this.count(kind) + 1);
    let fired: FiredFault | undefined;
    for (const armed of this.#armed) {
      const { fault } = armed;
      if (!matches(fault, kind, paths)) continue;
      armed.matchCount++;
      const nth = fault.nth ?? 1;
      const isDue = fault.sticky === true ? armed.matchCount >= nth : armed.matchCount === nth;
      if (isDue) fired ??= { code: fault.code ?? 'EIO', effect: fault.effect ?? 'fail' };
    }
    if (fired !== undefined && !canHave(fired.effect, kind)) return undefined;
    if (fired !== undefined) this.#firedCount++;
    return fired;
  }
}

/** An effect that an operation cannot have leaves it alone: nothing was made to fail. */
function canHave(effect: FaultEffect, kind: FaultKind): boolean {
  const isRead = kind === 'read' || kind === 'readSync';
  if (effect === 'short') return isRead || kind === 'write';
  return effect !== 'ended' || isRead;
}

function matches(fault: Fault, kind: FaultKind, paths: readonly string[]): boolean {
  if (fault.kinds !== undefined && !fault.kinds.includes(kind)) return false;
  const filter = fault.path;
  if (filter === undefined) return true;
  return paths.some((path) => (typeof filter === 'function' ? filter(path) : filter.test(path)));
}

class FaultFile implements VfsFile {
  readonly path: string;
  readonly #vfs: FaultVfs;
  readonly #inner: VfsFile;

  constructor(vfs: FaultVfs, inner: VfsFile) {
    this.path = inner.path;
    this.#vfs = vfs;
    this.#inner = inner;
  }

  readSync(target: Uint8Array, offset: number, length: number, position: number): number {
    const count = this.#vfs.readLength('readSync', this.path, length, position);
    return this.#inner.readSync(target, offset, count, position);
  }

  async read(
    target: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<number> {
    const count = this.#vfs.readLength('read', this.path, length, position);
    return this.#inner.read(target, offset, count, position);
  }

  writeSync(source: Uint8Array, offset: number, length: number, position: number): number {
    const fired = this.#vfs.fire('write', [this.path]);
    if (fired === undefined) return this.#inner.writeSync(source, offset, length, position);
    const half = length >>> 1;
    if (fired.effect === 'short') {
      return this.#inner.writeSync(source, offset, length - half, position);
    }
    if (fired.effect === 'after') this.#inner.writeSync(source, offset, length, position);
    if (fired.effect === 'torn' && half > 0) {
      this.#inner.writeSync(source, offset, half, position);
    }
    throw makeIoError(fired.code, 'write', this.path);
  }

  async sync(): Promise<void> {
    const fired = this.#vfs.fire('sync', [this.path]);
    if (fired === undefined) return this.#inner.sync();
    if (fired.effect === 'after') await this.#inner.sync();
    else this.#dropUnsynced();
    throw makeIoError(fired.code, 'sync', this.path);
  }

  syncSync(): void {
    const fired = this.#vfs.fire('sync', [this.path]);
    if (fired === undefined) {
      this.#inner.syncSync();
      return;
    }
    if (fired.effect === 'after') this.#inner.syncSync();
    else this.#dropUnsynced();
    throw makeIoError(fired.code, 'sync', this.path);
  }

  sizeSync(): number {
    return this.#inner.sizeSync();
  }

  truncateSync(size: number): void {
    this.#vfs.run('truncate', [this.path], () => {
      this.#inner.truncateSync(size);
    });
  }

  closeSync(): void {
    this.#inner.closeSync();
  }

  /** X3. */
  #dropUnsynced(): void {
    if (canDropUnsynced(this.#inner)) this.#inner.dropUnsynced();
  }
}
