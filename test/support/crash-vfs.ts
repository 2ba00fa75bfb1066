/**
 * The crash Vfs: a file system that forgets bytes that were not synced.
 *
 * Owns: `CrashVfs`, a Vfs in memory that knows, for each file and each directory, what a power cut
 * would leave, and makes any number of such states; it counts operations, and can stop at any one
 * of them.
 *
 * The model, pessimistic where real disks differ:
 *   - A file has the content that its users see, the image last synced, and between them an ordered
 *     list of writes and truncations. A power cut leaves the image plus some of the list;
 *     `CrashMode` says which.
 *   - A directory likewise has entries last synced; changes to entries (create, rename, link,
 *     unlink, make and remove directory) wait in one list, in order, until a directory that they
 *     touch is synced. A power cut loses any of them, whatever became of the file's content (vfs/sync-keeps-entries).
 *     Each change is one step (vfs/rename-is-one-step).
 *   - A sync covers what was written when it was called, and takes effect when it returns.
 *   - After a failed sync the kernel takes dirty pages for clean: users go on seeing them, no later
 *     sync writes them (`dropUnsynced`).
 *   - A sector is 512 bytes or 4 KiB, chosen by the seed. It is never torn, and holds its content
 *     as of some moment since the last sync.
 *
 * Invariants:
 *   W1. An operation from `stopAt` on throws SimulatedCrash and changes nothing, nor does a sync
 *       still waiting.
 *   W2. `crash()` and `kill()` leave this object as it was, and share no mutable state with their
 *       result.
 *   W3. Equal seeds and equal histories give equal states.
 *
 * Suspension: as in the contract. `sync` and `syncDirectory` return in a later turn of the event
 * loop, so that writes meanwhile do happen.
 */

import { resolve } from 'node:path';

import { IoError } from '../../src/base/errors.ts';
import {
  FileTree,
  makeIoError,
  type InstanceLocks,
  takeInstanceLock,
  TreeDirectory,
} from '../../src/vfs/memory-vfs.ts';
import { type OpenMode, type Vfs, type VfsFile, type VfsLock } from '../../src/vfs/vfs.ts';
import { type CrashMode, type DataOperation, Image } from './crash-modes.ts';
import {
  applyEntry,
  Copier,
  CrashBuilder,
  type CrashState,
  emptyState,
  type Entries,
  entriesIn,
  type EntryChange,
  entryFilter,
  type EntryMode,
  type EntryOperation,
  Inode,
} from './crash-state.ts';
import { makeRandom, type Random } from './prng.ts';

export { CRASH_MODES, type CrashMode, SECTOR_SIZE_BYTES } from './crash-modes.ts';
export { type EntryMode } from './crash-state.ts';

export interface CrashOptions {
  readonly seed: number;
  readonly mode: CrashMode;
  /**
   * By default the like of `mode` for the first two, and else a prefix or a subset as the seed has
   * it.
   */
  readonly entries?: EntryMode;
}

/** Operations that change something or make it durable: those that are counted. */
export type CrashOperation =
  | 'create'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'rename'
  | 'link'
  | 'unlink'
  | 'makeDirectory'
  | 'removeDirectory'
  | 'syncDirectory';

export interface TraceEntry {
  readonly index: number;
  readonly operation: CrashOperation;
  readonly path: string;
  /** The other name of a rename or link; position and length of a write; size of a truncation. */
  readonly detail: string;
}

export interface CrashVfsOptions {
  /** Index of the first operation that does not happen. */
  readonly stopAt?: number;
  /**
   * Called before each operation, while the state is still the one that a crash here would find.
   */
  readonly beforeOperation?: (entry: TraceEntry) => void;
}

/** Thrown by every operation from the simulated crash on. */
export class SimulatedCrash extends IoError {
  constructor(operation: string, path: string) {
    const cause = Object.assign(new Error('simulated crash'), { code: 'ESIMULATEDCRASH' });
    super(`Simulated crash: operation=${operation} path=${path}`, { path, cause });
  }
}

class CrashFile implements VfsFile {
  readonly path: string;
  readonly #vfs: CrashVfs;
  readonly #inode: Inode;
  readonly #isWritable: boolean;
  #isClosed: boolean;

  constructor(vfs: CrashVfs, path: string, inode: Inode, isWritable: boolean) {
    this.path = path;
    this.#vfs = vfs;
    this.#inode = inode;
    this.#isWritable = isWritable;
    this.#isClosed = false;
  }

  readSync(target: Uint8Array, offset: number, length: number, position: number): number {
    this.#mustBeOpen('read');
    this.#vfs.mustRun('read', this.path);
    return this.#inode.live.bytes.read(target, offset, length, position);
  }

  async read(
    target: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<number> {
    return this.readSync(target, offset, length, position);
  }

  writeSync(source: Uint8Array, offset: number, length: number, position: number): number {
    this.#mustBeWritable('write');
    this.#vfs.begin('write', this.path, `position=${position} length=${length}`);
    const bytes = source.slice(offset, offset + length);
    this.#append({ id: this.#vfs.nextId(), position, bytes });
    return length;
  }

  truncateSync(size: number): void {
    this.#mustBeWritable('truncate');
    this.#vfs.begin('truncate', this.path, `size=${size}`);
    this.#append({ id: this.#vfs.nextId(), size });
  }

  async sync(): Promise<void> {
    this.#mustBeOpen('sync');
    this.#vfs.begin('sync', this.path, '');
    const through = this.#vfs.nextId();
    await laterTurn();
    this.#vfs.mustRun('sync', this.path);
    this.#makeDurable(through);
  }

  syncSync(): void {
    this.#mustBeOpen('sync');
    this.#vfs.begin('sync', this.path, '');
    this.#makeDurable(this.#vfs.nextId());
  }

  sizeSync(): number {
    this.#mustBeOpen('stat');
    this.#vfs.mustRun('stat', this.path);
    return this.#inode.live.bytes.size;
  }

  closeSync(): void {
    this.#isClosed = true;
  }

  /** As after a failed sync: seen as before, and never to be written. */
  dropUnsynced(): void {
    this.#inode.pending = [];
  }

  #append(operation: DataOperation): void {
    this.#inode.live.apply(operation);
    this.#inode.pending.push(operation);
  }

  #makeDurable(through: number): void {
    const pending = this.#inode.pending;
    let count = 0;
    for (; count < pending.length && pending[count]!.id < through; count++) {
      this.#inode.synced.apply(pending[count]!);
    }
    this.#inode.pending = count === pending.length ? [] : pending.slice(count);
  }

  #mustBeOpen(operation: string): void {
    if (this.#isClosed) throw makeIoError('EBADF', operation, this.path);
  }

  #mustBeWritable(operation: string): void {
    if (this.#isClosed || !this.#isWritable) throw makeIoError('EBADF', operation, this.path);
  }
}

/** True for a file that can lose its unsynced bytes on request, as the fault injector needs it. */
export function canDropUnsynced(file: VfsFile): file is VfsFile & { dropUnsynced(): void } {
  return file instanceof CrashFile;
}

export class CrashVfs implements Vfs {
  readonly isNodeFileSystem: boolean = false;
  /** Index of the first operation that does not happen; may be set at any time. */
  stopAt: number;
  beforeOperation: ((entry: TraceEntry) => void) | undefined;

  readonly #tree: FileTree<Inode>;
  /** The entries that a power cut cannot take; a directory that is not in here has none. */
  readonly #syncedEntries: Map<TreeDirectory<Inode>, Entries>;
  /** In order. Rewritten by each sync of a directory. */
  #pendingEntries: EntryOperation[];
  readonly #trace: TraceEntry[];
  readonly #locks: InstanceLocks;
  #lastId: number;
  #isStopped: boolean;

  constructor(options: CrashVfsOptions = {}, state: CrashState = emptyState()) {
    this.stopAt = options.stopAt ?? Infinity;
    this.beforeOperation = options.beforeOperation;
    this.#tree = new FileTree(state.root);
    this.#syncedEntries = state.syncedEntries;
    this.#pendingEntries = state.pendingEntries;
    this.#trace = [];
    this.#locks = new Map();
    this.#lastId = state.lastId;
    this.#isStopped = false;
  }

  /** How many operations have begun; the index of the next one. */
  get operationCount(): number {
    return this.#trace.length;
  }

  get trace(): readonly TraceEntry[] {
    return this.#trace;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** From now on nothing happens any more (W1). */
  stop(): void {
    this.#isStopped = true;
  }

  open(path: string, mode: OpenMode): VfsFile {
    if (mode !== 'create') {
      this.mustRun('open', path);
      return new CrashFile(this, path, this.#tree.mustFile('open', path), mode === 'modify');
    }
    const { parent, name } = this.#tree.mustBeFree('create', path);
    this.begin('create', path, '');
    const inode = new Inode(new Image(), new Image(), []);
    this.#change([{ directory: parent, name, node: inode }]);
    return new CrashFile(this, path, inode, true);
  }

  exists(path: string): boolean {
    this.mustRun('stat', path);
    return this.#tree.lookup(path) !== undefined;
  }

  list(directory: string): string[] {
    this.mustRun('list', directory);
    return [...this.#tree.mustDirectory('list', directory).entries.keys()];
  }

  rename(from: string, to: string): void {
    const { source, node, target } = this.#tree.locateRename(from, to);
    this.begin('rename', from, `to=${to}`);
    if (target.node === node) return;
    this.#change([
      { directory: source.parent, name: source.name, node: undefined },
      { directory: target.parent, name: target.name, node },
    ]);
  }

  link(from: string, to: string): void {
    const node = this.#tree.mustFile('link', from);
    const { parent, name } = this.#tree.mustBeFree('link', to, from);
    this.begin('link', from, `to=${to}`);
    this.#change([{ directory: parent, name, node }]);
  }

  unlink(path: string): void {
    const { parent, name } = this.#tree.locateFile('unlink', path);
    this.begin('unlink', path, '');
    this.#change([{ directory: parent, name, node: undefined }]);
  }

  async unlinkAside(path: string): Promise<void> {
    this.unlink(path);
  }

  makeDirectory(path: string): string | undefined {
    const missing = this.#tree.missingDirectories(path);
    for (const directory of missing) {
      const { parent, name } = this.#tree.locate('make directory', directory);
      this.begin('makeDirectory', directory, '');
      this.#change([{ directory: parent, name, node: new TreeDirectory() }]);
    }
    return missing[0];
  }

  removeDirectory(path: string): void {
    const { parent, name } = this.#tree.locateEmptyDirectory(path);
    this.begin('removeDirectory', path, '');
    this.#change([{ directory: parent, name, node: undefined }]);
  }

  isDirectory(path: string): boolean {
    this.mustRun('stat', path);
    return this.#tree.lookup(path) instanceof TreeDirectory;
  }

  limitAccess(): void {
    // Every file is the simulation's own.
  }

  isWritable(directory: string): boolean {
    return this.isDirectory(directory);
  }

  async syncDirectory(path: string): Promise<void> {
    const directory = this.#tree.mustDirectory('sync directory', path);
    this.begin('syncDirectory', path, '');
    const through = this.nextId();
    await laterTurn();
    this.mustRun('sync directory', path);
    this.#makeEntriesDurable(directory, through);
  }

  syncDirectorySync(path: string): void {
    const directory = this.#tree.mustDirectory('sync directory', path);
    this.begin('syncDirectory', path, '');
    this.#makeEntriesDurable(directory, this.nextId());
  }

  realPath(path: string): string {
    this.mustRun('resolve', path);
    if (!this.exists(path)) throw makeIoError('ENOENT', 'resolve', path);
    return resolve(path);
  }

  async lock(directory: string): Promise<VfsLock> {
    this.mustRun('lock', directory);
    this.#tree.mustDirectory('lock', directory);
    return takeInstanceLock(this.#locks, resolve(directory));
  }

  /** The effect of a failed sync: users still see the unsynced bytes of the file, the disk never gets them. */
  dropUnsynced(path: string): void {
    this.#tree.mustFile('drop unsynced bytes', path).pending = [];
  }

  /** One state of the disk after a power cut at this moment, all of it durable. */
  crash(options: CrashOptions): CrashVfs {
    const random = makeRandom(options.seed);
    const kept = this.#entriesAfter(entryModeOf(options, random), random);
    const builder = new CrashBuilder(options.mode, random, kept);
    const root = builder.directoryAfter(this.#tree.root);
    return new CrashVfs({}, { ...emptyState(root), syncedEntries: builder.syncedEntries });
  }

  /**
   * The state after the process died: all that was written is there, and just as unsynced as
   * before.
   */
  kill(): CrashVfs {
    const copier = new Copier();
    const root = copier.directory(this.#tree.root);
    const syncedEntries = new Map<TreeDirectory<Inode>, Entries>();
    for (const [directory, entries] of this.#syncedEntries) {
      syncedEntries.set(copier.directory(directory), copier.entries(entries));
    }
    const pendingEntries = this.#pendingEntries.map(({ id, changes }) => ({
      id,
      changes: changes.map(({ directory, name, node }) => ({
        directory: copier.directory(directory),
        name,
        node: node === undefined ? undefined : copier.node(node),
      })),
    }));
    return new CrashVfs({}, { root, syncedEntries, pendingEntries, lastId: this.#lastId });
  }

  /** For CrashFile: counts an operation, or throws because the machine is off by now (W1). */
  begin(operation: CrashOperation, path: string, detail: string): void {
    this.mustRun(operation, path);
    const entry: TraceEntry = { index: this.#trace.length, operation, path, detail };
    if (entry.index >= this.stopAt) this.#isStopped = true;
    else this.beforeOperation?.(entry);
    this.mustRun(operation, path); // the hook may have stopped it, too
    this.#trace.push(entry);
  }

  /** For CrashFile: throws if the machine is off. */
  mustRun(operation: string, path: string): void {
    if (this.#isStopped) throw new SimulatedCrash(operation, path);
  }

  /** For CrashFile: orders changes and syncs among each other. */
  nextId(): number {
    return ++this.#lastId;
  }

  #change(changes: readonly EntryChange[]): void {
    for (const { directory, name, node } of changes) applyEntry(directory.entries, name, node);
    this.#pendingEntries.push({ id: this.nextId(), changes });
  }

  /**
   * Makes durable what touches `directory`, and so that nothing overtakes, what touched the other
   * directory of such a rename before it.
   */
  #makeEntriesDurable(directory: TreeDirectory<Inode>, through: number): void {
    const touched = new Set([directory]);
    const durable = new Set<EntryOperation>();
    for (let i = this.#pendingEntries.length - 1; i >= 0; i--) {
      const operation = this.#pendingEntries[i]!; // i is in range
      if (operation.id >= through) continue;
      if (!operation.changes.some((change) => touched.has(change.directory))) continue;
      durable.add(operation);
      for (const change of operation.changes) touched.add(change.directory);
    }
    for (const operation of this.#pendingEntries) {
      if (!durable.has(operation)) continue;
      for (const { directory: changed, name, node } of operation.changes) {
        applyEntry(entriesIn(this.#syncedEntries, changed), name, node);
      }
    }
    this.#pendingEntries = this.#pendingEntries.filter((operation) => !durable.has(operation));
  }

  /** The entries of every directory after a power cut, by the directory of today. */
  #entriesAfter(mode: EntryMode, random: Random): Map<TreeDirectory<Inode>, Entries> {
    const result = new Map<TreeDirectory<Inode>, Entries>();
    for (const [directory, entries] of this.#syncedEntries) result.set(directory, new Map(entries));
    const survives = entryFilter(mode, this.#pendingEntries, random);
    for (const operation of this.#pendingEntries) {
      if (!survives(operation)) continue;
      for (const { directory, name, node } of operation.changes) {
        applyEntry(entriesIn(result, directory), name, node);
      }
    }
    return result;
  }
}

function entryModeOf(options: CrashOptions, random: Random): EntryMode {
  if (options.entries !== undefined) return options.entries;
  if (options.mode === 'synced-only' || options.mode === 'everything') return options.mode;
  return random.chance(0.5) ? 'prefix' : 'subset';
}

async function laterTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
