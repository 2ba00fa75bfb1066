/**
 * States of a simulated disk.
 *
 * Owns: what one state consists of (files, directories, and the changes of entries that wait for a
 * sync), and the two ways to make another of it: `CrashBuilder` after a power cut, `Copier` after a
 * kill. `crash-vfs.ts` has the model as a whole.
 *
 * Suspension: every function here is synchronous.
 */
import { type MemoryBytes, TreeDirectory } from '../../src/vfs/memory-vfs.ts';
import { applyPending, type CrashMode, type DataOperation, type Image } from './crash-modes.ts';
import { type Random } from './prng.ts';

/** Which unsynced changes of directory entries survive; a prefix is taken per directory. */
export type EntryMode = 'synced-only' | 'everything' | 'prefix' | 'subset';

/** A file, whatever its names. */
export class Inode {
  /** The bytes that users see. */
  live: Image;
  /** The bytes that the last sync made durable. */
  synced: Image;
  /** In order; what lies between the two. Rewritten by each sync and write. */
  pending: DataOperation[];

  constructor(live: Image, synced: Image, pending: DataOperation[]) {
    this.live = live;
    this.synced = synced;
    this.pending = pending;
  }
}

export type Node = Inode | TreeDirectory<Inode>;

/** One atomic change of entries; a rename changes two names, perhaps in two directories. */
export interface EntryOperation {
  readonly id: number;
  readonly changes: readonly EntryChange[];
}

export interface EntryChange {
  readonly directory: TreeDirectory<Inode>;
  readonly name: string;
  /** Undefined takes the name away. */
  readonly node: Node | undefined;
}

export type Entries = Map<string, Node>;

/** All that one state of the disk consists of. */
export interface CrashState {
  readonly root: TreeDirectory<Inode>;
  readonly syncedEntries: Map<TreeDirectory<Inode>, Entries>;
  readonly pendingEntries: EntryOperation[];
  readonly lastId: number;
}

export function emptyState(root: TreeDirectory<Inode> = new TreeDirectory()): CrashState {
  return { root, syncedEntries: new Map(), pendingEntries: [], lastId: 0 };
}

export function applyEntry(entries: Entries, name: string, node: Node | undefined): void {
  if (node === undefined) entries.delete(name);
  else entries.set(name, node);
}

export function entriesIn(
  all: Map<TreeDirectory<Inode>, Entries>,
  directory: TreeDirectory<Inode>,
): Entries {
  let entries = all.get(directory);
  if (entries === undefined) {
    entries = new Map();
    all.set(directory, entries);
  }
  return entries;
}

/** Which pending changes of entries survive. */
export function entryFilter(
  mode: EntryMode,
  pending: readonly EntryOperation[],
  random: Random,
): (operation: EntryOperation) => boolean {
  if (mode === 'synced-only') return () => false;
  if (mode === 'everything') return () => true;
  if (mode === 'subset') {
    const share = random.pick([0.1, 0.5, 0.9]);
    return () => random.chance(share);
  }
  // A directory's prefix ends before its first change that is lost; one lost in either directory is
  // lost in both.
  const positions = new Map(pending.map((operation, index) => [operation, index]));
  const cuts = new Map<TreeDirectory<Inode>, number>();
  return (operation) => {
    const index = positions.get(operation) ?? 0; // always there: the caller asks of `pending` only
    let survives = true;
    for (const { directory } of operation.changes) {
      let cut = cuts.get(directory);
      if (cut === undefined) {
        cut = random.below(pending.length + 1);
        cuts.set(directory, cut);
      }
      if (index >= cut) survives = false;
    }
    if (!survives) for (const { directory } of operation.changes) cuts.set(directory, 0);
    return survives;
  };
}

/** Makes the tree after a power cut. */
export class CrashBuilder {
  readonly syncedEntries: Map<TreeDirectory<Inode>, Entries>;
  readonly #mode: CrashMode;
  readonly #random: Random;
  readonly #kept: ReadonlyMap<TreeDirectory<Inode>, Entries>;
  readonly #files: Map<Inode, Inode>;
  /** Content that stale sectors may show. */
  #stale: MemoryBytes | undefined;

  constructor(mode: CrashMode, random: Random, kept: ReadonlyMap<TreeDirectory<Inode>, Entries>) {
    this.syncedEntries = new Map();
    this.#mode = mode;
    this.#random = random;
    this.#kept = kept;
    this.#files = new Map();
    this.#stale = undefined;
  }

  directoryAfter(directory: TreeDirectory<Inode>): TreeDirectory<Inode> {
    const result = new TreeDirectory<Inode>();
    for (const [name, node] of this.#kept.get(directory) ?? []) {
      const after =
        node instanceof TreeDirectory ? this.directoryAfter(node) : this.#fileAfter(node);
      result.entries.set(name, after);
    }
    this.syncedEntries.set(result, new Map(result.entries));
    return result;
  }

  /** Two names of one file stay that. */
  #fileAfter(inode: Inode): Inode {
    let after = this.#files.get(inode);
    if (after === undefined) {
      const image = inode.synced.fork();
      if (inode.pending.length > 0) {
        applyPending(this.#mode, image, inode.pending, this.#random, this.#stale);
      }
      after = new Inode(image, image.fork(), []);
      this.#files.set(inode, after);
    }
    if (this.#stale === undefined || this.#random.chance(0.5)) this.#stale = inode.live.bytes;
    return after;
  }
}

/**
 * Copies a state for `kill`, names of one file and places of one directory staying what they are.
 */
export class Copier {
  readonly #directories: Map<TreeDirectory<Inode>, TreeDirectory<Inode>> = new Map();
  readonly #files: Map<Inode, Inode> = new Map();

  node(node: Node): Node {
    return node instanceof TreeDirectory ? this.directory(node) : this.#file(node);
  }

  directory(directory: TreeDirectory<Inode>): TreeDirectory<Inode> {
    let copy = this.#directories.get(directory);
    if (copy === undefined) {
      copy = new TreeDirectory<Inode>();
      this.#directories.set(directory, copy);
      for (const [name, node] of directory.entries) copy.entries.set(name, this.node(node));
    }
    return copy;
  }

  entries(entries: Entries): Entries {
    const copy: Entries = new Map();
    for (const [name, node] of entries) copy.set(name, this.node(node));
    return copy;
  }

  #file(inode: Inode): Inode {
    let copy = this.#files.get(inode);
    if (copy === undefined) {
      copy = new Inode(inode.live.fork(), inode.synced.fork(), inode.pending.slice());
      this.#files.set(inode, copy);
    }
    return copy;
  }
}
