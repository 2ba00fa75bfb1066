/**
 * `varve/level`: a Varve database with the interface of Level.
 *
 * The public surface of this entry, listed name by name. It stands on the package `abstract-level`, which the program
 * installs, and on the public surface of Varve alone.
 */
export { VarveLevel } from './varve-level.ts';
export { LevelError } from './level-error.ts';
export type { SyncOption } from './level-batch.ts';
export type {
  LevelBatchOptions,
  LevelChainedBatch,
  LevelChainedPutOptions,
  LevelClearOptions,
  LevelDelOptions,
  LevelHasItsOwn,
  LevelOpenOptions,
  LevelOptions,
  LevelOverOptions,
  LevelPutOptions,
  LevelRangeOptions,
  LevelWriteOptions,
} from './level-options.ts';
