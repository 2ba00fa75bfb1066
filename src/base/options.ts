/**
 * Options of a database.
 *
 * Owns: their names, defaults and bounds. `resolveOptions` refuses what it does not know, so that no option is ever
 * silently without effect.
 */
import { isArray, isPlain, isRoot, prototypeOf } from './caller-value.ts';
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import { describe } from './describe.ts';
import { machineMemoryBytes } from './machine-memory.ts';
import { InvalidArgumentError } from './errors.ts';

/** `sync`: acknowledged after fdatasync, survives power loss. `os`: after write(), survives the process's death. */
export type Durability = 'sync' | 'os';
/**
 * `snapshot`: writes conflict with writes. `serializable`: the keys and ranges that a transaction has read must still be
 * as they were at its commit; the outcome is as if transactions ran one after the other.
 */
export type Isolation = 'snapshot' | 'serializable';
/** How blocks of level 2 and below are compressed. */
export type Compression = 'snappy' | 'none';
/** Where flush and compaction run. `inline` shares the caller's thread, in slices. */
export type BackgroundMode = 'worker' | 'inline';

/** The options that tune the engine. All others of `open` are about the caller's types and files. */
export interface TuningOptions {
  /** Default for commits that name none. Default `'sync'`. */
  readonly durability?: Durability;
  /** Bytes of one memtable; 256 KiB to 2 GiB, default 64 MiB. Up to `immutableMemtableCountMax` + 1 of them live. */
  readonly memtableSizeBytes?: number;
  /** Frozen memtables that may wait for their flush before writes stall; 1 to 16, default 2. */
  readonly immutableMemtableCountMax?: number;
  /**
   * Bytes of table blocks kept in memory; 0 to 64 GiB. The default is an eighth of the memory of the machine, or of what its
   * container may use, and at least 16 MiB and at most 1 GiB; `stats().shared.blockCacheBytesMax` tells. Filters and
   * indexes come on top.
   */
  readonly blockCacheSizeBytes?: number;
  /** Raw bytes that a block holds before it is closed; 256 to 1 MiB, default 4 KiB. */
  readonly blockSizeBytes?: number;
  /** Codec of levels 2 and below; levels 0 and 1 are never compressed. Default `'snappy'`. */
  readonly compression?: Compression;
  /** Bits per key of the bloom filters; 0 (none) to 32, default 10 (about 1 % false positives). */
  readonly filterBitsPerKey?: number;
  /** Bytes of a table that compaction writes; 64 KiB to 1 GiB, default 8 MiB. */
  readonly targetFileSizeBytes?: number;
  /** Level 0 tables that start a compaction; 2 to 64, default 4. */
  readonly level0CompactionTrigger?: number;
  /** Level 0 tables at which writes are slowed; default 12. */
  readonly level0SlowdownTrigger?: number;
  /** Level 0 tables at which writes wait; default 20. */
  readonly level0StopTrigger?: number;
  /** Bytes that level 1 may hold; 256 KiB to 1 TiB, default four memtables. */
  readonly level1SizeBytes?: number;
  /** How much larger each level is than the one above; 2 to 100, default 10. */
  readonly levelSizeMultiplier?: number;
  /** Open table files; 8 to 100,000, default 1,000. */
  readonly openTableCountMax?: number;
  /** Bytes a second that are read in the background to find damaged tables early; 0 (off) to 1 GiB, default 0. */
  readonly scrubBytesPerSecond?: number;
  /** Bytes of keys and values that one transaction may write; 4 KiB to 1 GiB, default 64 MiB. */
  readonly transactionSizeBytesMax?: number;
  /** For how long, at least, the id of a commit is remembered; 1 second to 10 years in ms, default 24 hours. */
  readonly commitIdRetentionMs?: number;
  /** Milliseconds after which an open snapshot or transaction is reported; 0 (never) to 1 day, default 60,000. */
  readonly pinWarningMs?: number;
  /** Default `'worker'`; `'inline'` where the files are not the operating system's. */
  readonly background?: BackgroundMode;
}

export interface EngineOptions extends Required<TuningOptions> {
  /** Names of the options that the caller gave. The others may be shared with other databases. */
  readonly given: ReadonlySet<keyof TuningOptions>;
}

/** The parts that a test injects. */
export interface Environment {
  /** The only clock and timers that the database uses. */
  readonly clock: Clock;
}

export const systemEnvironment = (): Environment => ({
  clock: systemClock,
});

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** The share of the memory of the machine that is the default for blocks, and its bounds. */
const CACHE_PART = 1 / 8;
const CACHE_DEFAULT_MIN = 16 * MIB;
const CACHE_DEFAULT_MAX = GIB;

/** The default of `blockCacheSizeBytes` where a process may use so many bytes. */
export function defaultCacheSizeBytes(memoryBytes: number): number {
  const part = Math.floor(memoryBytes * CACHE_PART);
  return Math.min(CACHE_DEFAULT_MAX, Math.max(CACHE_DEFAULT_MIN, part));
}

/** Inclusive bounds and default of each number. `level1SizeBytes` 0 stands for four memtables. */
const NUMBERS = {
  memtableSizeBytes: [256 * KIB, 2 * GIB, 64 * MIB],
  immutableMemtableCountMax: [1, 16, 2],
  blockCacheSizeBytes: [0, 64 * GIB, CACHE_DEFAULT_MIN],
  blockSizeBytes: [256, MIB, 4 * KIB],
  filterBitsPerKey: [0, 32, 10],
  targetFileSizeBytes: [64 * KIB, GIB, 8 * MIB],
  level0CompactionTrigger: [2, 64, 4],
  level0SlowdownTrigger: [3, 1000, 12],
  level0StopTrigger: [4, 1000, 20],
  level1SizeBytes: [256 * KIB, 1024 * GIB, 256 * MIB],
  levelSizeMultiplier: [2, 100, 10],
  openTableCountMax: [8, 100_000, 1000],
  scrubBytesPerSecond: [0, GIB, 0],
  transactionSizeBytesMax: [4 * KIB, GIB, 64 * MIB],
  pinWarningMs: [0, 24 * 3600 * 1000, 60_000],
  commitIdRetentionMs: [1000, 10 * 365 * 24 * 3600 * 1000, 24 * 3600 * 1000],
} as const;

type NumberName = keyof typeof NUMBERS;

export const COMPRESSIONS = ['snappy', 'none'] as const;

const CHOICES = {
  durability: ['sync', 'os'],
  compression: COMPRESSIONS,
  background: ['worker', 'inline'],
} as const;

/** Own names all: nothing that is polluted shows through. */
export const TUNING_OPTIONS: Template<TuningOptions> = templateOf({ ...NUMBERS, ...CHOICES });

function templateOf<T extends object>(named: T): Template<T> {
  return Object.fromEntries(Object.keys(named).map((name) => [name, undefined])) as Template<T>;
}

/** Fills in defaults. Throws InvalidArgumentError, naming the option and its value, for anything out of bounds. */
export function resolveOptions(given: Taken<TuningOptions> | TuningOptions): EngineOptions {
  const number = (name: NumberName, fallback: number = NUMBERS[name][2]): number => {
    const [min, max] = NUMBERS[name];
    return checkInteger(name, given[name] ?? fallback, min, max);
  };
  const memtableSizeBytes = number('memtableSizeBytes');
  const resolved: EngineOptions = {
    durability: checkChoice('durability', given.durability ?? 'sync', CHOICES.durability),
    memtableSizeBytes,
    immutableMemtableCountMax: number('immutableMemtableCountMax'),
    blockCacheSizeBytes: number('blockCacheSizeBytes', defaultCacheSizeBytes(machineMemoryBytes())),
    blockSizeBytes: number('blockSizeBytes'),
    compression: checkChoice('compression', given.compression ?? 'snappy', CHOICES.compression),
    filterBitsPerKey: number('filterBitsPerKey'),
    targetFileSizeBytes: number('targetFileSizeBytes'),
    level0CompactionTrigger: number('level0CompactionTrigger'),
    level0SlowdownTrigger: number('level0SlowdownTrigger'),
    level0StopTrigger: number('level0StopTrigger'),
    level1SizeBytes: number('level1SizeBytes', 4 * memtableSizeBytes),
    levelSizeMultiplier: number('levelSizeMultiplier'),
    openTableCountMax: number('openTableCountMax'),
    scrubBytesPerSecond: number('scrubBytesPerSecond'),
    transactionSizeBytesMax: number('transactionSizeBytesMax'),
    commitIdRetentionMs: number('commitIdRetentionMs'),
    pinWarningMs: number('pinWarningMs'),
    background: checkChoice('background', given.background ?? 'worker', CHOICES.background),
    given: new Set(givenNames(given)),
  };
  if (
    resolved.level0CompactionTrigger >= resolved.level0SlowdownTrigger ||
    resolved.level0SlowdownTrigger >= resolved.level0StopTrigger
  ) {
    throw new InvalidArgumentError(
      'Options must rise: level0CompactionTrigger < level0SlowdownTrigger < level0StopTrigger',
    );
  }
  return Object.freeze(resolved);
}

function givenNames(given: Taken<TuningOptions> | TuningOptions): (keyof TuningOptions)[] {
  const names = Object.keys(TUNING_OPTIONS) as (keyof TuningOptions)[];
  return names.filter((name) => given[name] !== undefined);
}

/** Returns `value` when it is one of `choices`; throws InvalidArgumentError naming the option otherwise. */
export function checkChoice<T extends string>(
  name: string,
  value: unknown,
  choices: readonly T[],
): T {
  for (const choice of choices) if (choice === value) return choice;
  const list = choices.map((choice) => `'${choice}'`).join(' or ');
  throw new InvalidArgumentError(`Option ${name} must be ${list}: found=${describe(value)}`);
}

/** Returns `value` when it is an integer within the bounds, both inclusive. */
export function checkInteger(name: string, value: unknown, min: number, max: number): number {
  if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return Number(value);
  throw new InvalidArgumentError(
    `Option ${name} must be an integer from ${min} to ${max}: found=${describe(value)}`,
  );
}

export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new InvalidArgumentError(`Option ${name} must be a boolean: found=${describe(value)}`);
}

/** Returns `value` when it is an AbortSignal, of whatever realm, or absent. */
export function checkSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined) return undefined;
  if (hasMethods(value, ['addEventListener', 'removeEventListener'])) return value as AbortSignal;
  throw new InvalidArgumentError(`Option signal must be an AbortSignal: found=${describe(value)}`);
}

/** True for an object that has a method of each name. No more can be checked of an object that a caller implements. */
export function hasMethods(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => typeof Reflect.get(value, name) === 'function');
}

/** Every name that an option object may have, with `undefined` for each. */
export type Template<T> = { readonly [Name in keyof T]-?: undefined };
/** A caller's options, read: every name is there. */
export type Taken<T> = { readonly [Name in keyof T]-?: T[Name] | undefined };

/**
 * Names that bound a range, wherever they occur: one that is there has a value, or a forgotten variable bounds
 * nothing.
 */
const NO_BOUNDS = {
  gt: undefined,
  gte: undefined,
  lt: undefined,
  lte: undefined,
  prefix: undefined,
};

/**
 * A caller's options, each read once. Only the object's own enumerable properties count: nothing that it inherits,
 * least of all from `Object.prototype`, which anything in the process may have changed. Throws InvalidArgumentError
 * for what is no object, an unknown name, a bound without a value, and an object that inherits an option: that would
 * be without effect.
 */
export function takeOptions<T extends object>(
  what: string,
  options: T | undefined,
  template: Template<T>,
): Taken<T> {
  if (options === undefined) return template;
  const taken: Record<string, unknown> = { ...template };
  for (const name of ownNames(what, options, template)) {
    const value: unknown = Reflect.get(options, name);
    if ((value === undefined || value === null) && Object.hasOwn(NO_BOUNDS, name)) {
      throw new InvalidArgumentError(`Bound ${name} of ${what} must not be ${String(value)}`);
    }
    taken[name] = value;
  }
  return taken as Taken<T>;
}

/** The names of the options that are there, all of them known. */
function ownNames(what: string, options: unknown, template: object): string[] {
  if (typeof options !== 'object' || options === null || isArray(options)) {
    throw new InvalidArgumentError(
      `Options of ${what} must be an object: found=${describe(options)}`,
    );
  }
  const names = Object.keys(options);
  for (const name of names) {
    if (Object.hasOwn(template, name)) continue;
    const known = Object.keys(template).join(',');
    throw new InvalidArgumentError(`Unknown option of ${what}: name=${name} known=${known}`);
  }
  if (!isPlain(options)) refuseInherited(what, options, names, template);
  return names;
}

/** An instance of a class may carry options, as its own properties. A Map, a Date or a promise carries none. */
function refuseInherited(
  what: string,
  options: object,
  names: readonly string[],
  template: object,
): void {
  if (names.length === 0) {
    throw new InvalidArgumentError(
      `Options of ${what} must be its own properties: found=${describe(options)}`,
    );
  }
  for (let owner = prototypeOf(options); owner !== null; owner = prototypeOf(owner)) {
    if (isRoot(owner)) return;
    for (const name of Object.getOwnPropertyNames(owner)) {
      if (!Object.hasOwn(template, name)) continue;
      throw new InvalidArgumentError(
        `Options of ${what} must be its own properties: inherited=${name}`,
      );
    }
  }
}

/**
 * A field of an operation: its own, or one that its class defines. Inherited properties do not count, since any code
 * in the process may have put them there.
 */
export function fieldOf(operation: object, name: string): unknown {
  return hasField(operation, name) ? Reflect.get(operation, name) : undefined;
}

function hasField(operation: object, name: string): boolean {
  if (Object.hasOwn(operation, name)) return true;
  for (let owner = prototypeOf(operation); owner !== null; owner = prototypeOf(owner)) {
    if (isRoot(owner)) return false;
    if (Object.hasOwn(owner, name)) return true;
  }
  return false;
}

/** The bounds that an operation of a batch has; it is its own range. Throws as `takeOptions` does. */
export function takeOperationRange(operation: object): Record<string, unknown> {
  const bounds: Record<string, unknown> = { ...NO_BOUNDS };
  for (const name of Object.keys(operation)) {
    if (name === 'type' || name === 'in' || Object.hasOwn(NO_BOUNDS, name)) continue;
    const known = Object.keys(NO_BOUNDS).join(',');
    throw new InvalidArgumentError(`Unknown option of a range: name=${name} known=${known}`);
  }
  for (const name of Object.keys(NO_BOUNDS)) {
    if (!hasField(operation, name)) continue;
    const value: unknown = Reflect.get(operation, name);
    if (value === undefined || value === null) {
      throw new InvalidArgumentError(`Bound ${name} of a range must not be ${String(value)}`);
    }
    bounds[name] = value;
  }
  return bounds;
}
