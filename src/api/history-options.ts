/**
 * How much history a database keeps: logs, and old versions of entries.
 *
 * Owns: the options of `open` for both, their defaults and bounds.
 */
import { describe } from '../base/describe.ts';
import { checkInteger, takeOptions, type Template } from '../base/options.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import type { HistoryBounds } from '../version/version-edit.ts';

/** How much of the log stays after its commits are in tables, for `db.changes`. */
export interface HistoryOptions {
  /** Commits younger than this stay, in milliseconds; 1 to 10 years, default 7 days. */
  readonly keepMs?: number;
  /** Logs beyond so many bytes go all the same, the oldest first; 1 MiB to 64 TiB, default 1 GiB. */
  readonly keepBytes?: number;
}

const HISTORY_OPTIONS: Template<HistoryOptions> = { keepMs: undefined, keepBytes: undefined };

const DAY_MS = 24 * 3600 * 1000;
const KEEP_MS_DEFAULT = 7 * DAY_MS;
const KEEP_MS_MAX = 3650 * DAY_MS;
const GIB = 1024 ** 3;
const KEEP_BYTES_MIN = 1024 ** 2;
const KEEP_BYTES_MAX = 64 * 1024 * GIB;

/** Undefined: as it was recorded. Throws InvalidArgumentError. */
export function historyBoundsOf(option: unknown): HistoryBounds | undefined {
  if (option === undefined) return undefined;
  if (option === 'off') return { keepMs: 0, keepBytes: 0 };
  if (typeof option !== 'object' || option === null) {
    throw new InvalidArgumentError(
      `Option history must be 'off' or an object: found=${describe(option)}`,
    );
  }
  const { keepMs, keepBytes } = takeOptions<HistoryOptions>('history', option, HISTORY_OPTIONS);
  return {
    keepMs: checkInteger('keepMs', keepMs ?? KEEP_MS_DEFAULT, 1, KEEP_MS_MAX),
    keepBytes: checkInteger('keepBytes', keepBytes ?? GIB, KEEP_BYTES_MIN, KEEP_BYTES_MAX),
  };
}

/** For how long old versions are kept; undefined: as it was recorded. Throws InvalidArgumentError. */
export function versionRetentionOf(option: unknown): number | undefined {
  if (option === undefined) return undefined;
  return checkInteger('versionRetentionMs', option, 0, KEEP_MS_MAX);
}
