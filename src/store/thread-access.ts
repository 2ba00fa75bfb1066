/**
 * What threads beside the owner need of a store that lies in files of this machine.
 *
 * Owns: the list: read states, shared indexes and filters, the share of the block cache, and the settings that a thread is told.
 *
 * Suspension: every method is synchronous.
 */
import type { Durability } from '../base/options.ts';
import type { KeyMaterial } from '../encryption/file-keys.ts';
import type { RecordedEncodings } from '../engine/recovery/recorded-encodings.ts';
import type { PartsSender, SharedStates } from '../engine/read/shared-states.ts';
import type { SharedLookups } from '../sstable/shared-lookups.ts';

/** The facts that a thread is told at its start. Survives structured cloning. */
export interface ThreadSettings {
  /** The words of SharedWords. */
  readonly words: SharedArrayBuffer;
  readonly slot: number;
  /** The directory, as an absolute path. */
  readonly location: string;
  readonly encodings: RecordedEncodings;
  readonly durability: Durability;
  readonly transactionSizeBytesMax: number;
  readonly commitIdRetentionMs: number;
  /** True when the owner keeps the catalog of keyspaces, and so the indexes. */
  readonly hasCatalog: boolean;
  /** The time of the newest frame: milliseconds since 1970. */
  readonly lastMs: number;
  /** Tables that the thread may have open, and descriptors that these may take. */
  readonly openTableCountMax: number;
  readonly descriptorCountMax: number;
  /** The share of the block cache that the owner has lent. */
  readonly blockCacheSizeBytes: number;
  /** Of an encrypted database: a thread reads its tables. No rotation takes place while there are threads. */
  readonly keys: KeyMaterial | undefined;
}

export interface ThreadAccess {
  readonly states: SharedStates;
  /** Indexes and filters of tables, those of the owner first. */
  readonly lookups: SharedLookups;
  /** False for a table that no reader needs any more. */
  hasTable(fileNumber: number): boolean;
  /** The settings of a thread in this slot that has borrowed so much of the block cache. */
  settings(slot: number, blockCacheSizeBytes: number, hasCatalog: boolean): ThreadSettings;
  attach(slot: number, sender: PartsSender): void;
  /** Takes so many bytes from the block cache, a quarter of it when none are named; how many it could spare. */
  lendBlocks(sizeBytes: number | undefined): number;
  takeBackBlocks(sizeBytes: number): void;
}
