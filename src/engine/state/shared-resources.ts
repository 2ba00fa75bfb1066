/**
 * The resources that the databases of a process share.
 *
 * Owns: descriptors of tables, memory for blocks and the budget of written bytes, each one for all databases whose
 * options leave it open. A database that names the option has its own, as large as it said. Idle memory for memtables is
 * one for all databases.
 *
 * All that is shared is one per process and per copy of this package (ESM and CommonJS load twice). Databases over files
 * that are not the operating system's share idle memory alone: tests need runs that repeat.
 *
 * Invariants:
 *   shared-resources/given-back: shared resources are let go when the last database that uses them closes; idle memory
 *       for memtables stays for the next one, up to 20 seconds.
 *
 * Suspension: every function here is synchronous.
 */
import type { Clock } from '../../base/clock.ts';
import { systemClock } from '../../base/clock.ts';
import { type EngineOptions, resolveOptions } from '../../base/options.ts';
import { BlockCache, CacheSegments } from '../../cache/block-cache.ts';
import { LoadChoice } from '../../cache/load-choice.ts';
import { roundedCapacity } from '../../memtable/arena.ts';
import { ArenaPool } from '../../memtable/arena-pool.ts';
import { descriptorCountMax } from '../../vfs/node-vfs.ts';
import { OpenFiles } from '../../vfs/open-files.ts';
import type { Vfs } from '../../vfs/vfs.ts';
import { type WriteAccount, WriteBudget } from './write-budget.ts';

/** Twice what one database has in the memtable that takes writes. */
const WRITE_BUDGET_MEMTABLE_COUNT = 2;
/** The program has files and sockets of its own, and each database a log or two, a manifest and a lock. */
const DESCRIPTOR_PART = 1 / 4;
const TABLE_DESCRIPTOR_COUNT_MIN = 16;
/** Of a process that cannot be asked: macOS gives 256 unless told otherwise. */
const DESCRIPTOR_COUNT_UNKNOWN = 256;

/** The resources that one database uses, its own or shared. */
export interface Resources {
  readonly files: OpenFiles;
  readonly blocks: BlockCache;
  readonly arenas: ArenaPool;
  /** Undefined when its memtables are bounded by its own options alone. */
  readonly writes: WriteAccount | undefined;
  /** Databases of this process that may share with it, itself included. */
  readonly databaseCount: number;
  /** Idempotent. */
  close(): void;
}

class ProcessResources {
  readonly files: OpenFiles;
  readonly segments: CacheSegments;
  readonly budget: WriteBudget;
  readonly members = new Set<object>();

  constructor(defaults: EngineOptions) {
    this.files = new OpenFiles(tableDescriptorCountMax(defaults, descriptorCountMax()));
    this.segments = new CacheSegments(defaults.blockCacheSizeBytes);
    this.budget = new WriteBudget(WRITE_BUDGET_MEMTABLE_COUNT * defaults.memtableSizeBytes);
  }
}

/** Idle memory for memtables, of all databases that are and were open. */
const arenas = new ArenaPool(0, systemClock);

/** There while a database that may share is open. */
let shared: ProcessResources | undefined;

/** The resources of a database with these options, which closes them. */
export function openResources(options: EngineOptions, vfs: Vfs, clock: Clock): Resources {
  // As many as wait for their flush beside the memtable that takes writes.
  arenas.allow(roundedCapacity(options.memtableSizeBytes) * options.immutableMemtableCountMax);
  const choice = new LoadChoice(() => clock.nowMs());
  if (!vfs.isNodeFileSystem) {
    return {
      files: new OpenFiles(options.openTableCountMax),
      blocks: new BlockCache(options.blockCacheSizeBytes, choice),
      arenas,
      writes: undefined,
      databaseCount: 1,
      close: () => undefined,
    };
  }
  const own = options.given;
  const process = (shared ??= new ProcessResources(resolveOptions({})));
  const member = {};
  process.members.add(member);
  const hasOwnMemtables = own.has('memtableSizeBytes') || own.has('immutableMemtableCountMax');
  const writes = hasOwnMemtables ? undefined : process.budget.open();
  return {
    files: own.has('openTableCountMax') ? new OpenFiles(options.openTableCountMax) : process.files,
    blocks: new BlockCache(
      own.has('blockCacheSizeBytes') ? options.blockCacheSizeBytes : process.segments,
      choice,
    ),
    arenas,
    writes,
    get databaseCount(): number {
      return process.members.size;
    },
    close: () => {
      if (!process.members.delete(member)) return;
      writes?.close();
      if (process.members.size === 0 && shared === process) shared = undefined;
    },
  };
}

/** How many tables may have a descriptor in a process that may have so many in all. */
export function tableDescriptorCountMax(
  { openTableCountMax }: Pick<EngineOptions, 'openTableCountMax'>,
  descriptorCount: number = DESCRIPTOR_COUNT_UNKNOWN,
): number {
  const part = Math.floor(descriptorCount * DESCRIPTOR_PART);
  return Math.min(openTableCountMax, Math.max(TABLE_DESCRIPTOR_COUNT_MIN, part));
}
