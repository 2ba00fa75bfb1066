/**
 * What the commands about backups share.
 *
 * Owns: the argument that names a directory of backups, spans of time on the command line, and the bar.
 */
import { type Command, InvalidArgumentError as BadArgument } from 'commander';

import type { ProgressListener } from '../backup/meter.ts';
import { startProgress } from './progress.ts';

export function addBackups(command: Command): Command {
  return command.argument('<backups>', 'directory of the backups');
}

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds: '90s', '30m', '12h', '7d'. */
export function parseDuration(text: string): number {
  const match = /^(\d+)([smhd])$/.exec(text.trim());
  const unit = UNITS[match?.[2] ?? ''];
  const value = match === null || unit === undefined ? Number.NaN : Number(match[1]) * unit;
  if (Number.isSafeInteger(value)) return value;
  throw new BadArgument('It must be a time span such as 90s, 30m, 12h or 7d.');
}

/** Runs a call with a bar of the bytes that it has moved. */
export async function withProgress<T>(
  label: string,
  isJson: boolean,
  call: (onProgress: ProgressListener) => Promise<T>,
): Promise<T> {
  const bar = await startProgress(label, 1000, isJson);
  try {
    return await call(({ bytesDone, bytes, filesDone, files, phase }) => {
      const part = bytes === 0 ? filesDone / Math.max(1, files) : bytesDone / bytes;
      bar.update(Math.floor(part * 1000), phase);
    });
  } finally {
    bar.stop();
  }
}
