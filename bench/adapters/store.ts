/**
 * The store of the comparison: the calls that it asks of an engine.
 *
 * Owns: the contract between workloads and adapters. Each adapter does what its own documentation recommends; where
 * its API has no concurrent form, it may put waiting callers into one transaction, as an application would.
 *
 * Durability means the same for all:
 *
 *   sync   a promise resolves after fdatasync, or a write that is as good, has returned; checked by check-fsync.ts
 *   os     it resolves after the operating system has the bytes; a killed process loses nothing
 *
 * Keys are strings of ASCII digits and letters, values are bytes. Values that are handed to a visitor or returned may
 * be views of the engine's own memory; a workload that keeps one copies it.
 */
export type StoreDurability = 'sync' | 'os';

export interface StoreSettings {
  readonly directory: string;
  readonly durability: StoreDurability;
  /** Callers that will be active at once: engines whose synchronous form is the best for one use it then. */
  readonly clientCount: number;
  readonly cacheSizeBytes: number;
  /** The size of a memtable, for engines that have one. */
  readonly writeBufferSizeBytes: number;
}

export interface StoreEntry {
  readonly key: string;
  readonly value: Uint8Array;
}

export interface StoreRange {
  readonly gte?: string;
  readonly limit?: number;
  readonly reverse?: boolean;
}

export type Found = Uint8Array | undefined;
export type Visitor = (key: string, value: Uint8Array) => void;
/** Given what is stored at the keys, what is to be stored there instead; undefined changes nothing. */
export type Change = (values: readonly Found[]) => readonly Uint8Array[] | undefined;

/** Background work so far. */
export interface BackgroundWork {
  readonly flushCount: number;
  readonly compactionCount: number;
}

export interface Store {
  put(key: string, value: Uint8Array): Promise<unknown>;
  /** All or nothing. */
  batch(entries: readonly StoreEntry[]): Promise<unknown>;
  /** Absent where the engine has none. */
  readonly getSync?: (key: string) => Found;
  get(key: string): Promise<Found>;
  getMany(keys: readonly string[]): Promise<readonly Found[]>;
  /** In key order. */
  scan(range: StoreRange, visit: Visitor): Promise<void>;
  /** Reads the keys, decides, and writes, with no other write in between. */
  update(keys: readonly string[], change: Change): Promise<unknown>;
  /** As small and as ordered as the engine can make it. */
  compact(): Promise<void>;
  /** Absent where the engine has no such work or does not tell of it. */
  readonly background?: () => BackgroundWork;
  close(): Promise<void>;
}

export interface Adapter {
  readonly name: string;
  /** How it is used, one line each for what matters; printed with the results. */
  readonly idioms: readonly string[];
  /** Variables of the environment for the processes that measure it. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Its version. Throws when it is not installed or does not load. */
  version(): string;
  open(settings: StoreSettings): Promise<Store>;
}
