/**
 * Moments on the command line: a time, or the sequence of a commit.
 *
 * Owns: their form, and the option `--at` of the commands that read.
 *
 * Suspension: everything here is synchronous.
 */
import { type Command, InvalidArgumentError as BadArgument } from 'commander';

import type { At } from '../store/at.ts';

export interface AtOption {
  readonly at?: number | Date;
}

/** What a moment must look like, for messages. */
export const MOMENT_FORM = 'a sequence, or a time such as 2026-01-31T12:00:00Z';

/** A sequence, or a time; undefined for what is neither. */
export function momentIn(text: string): number | Date | undefined {
  if (/^\d+$/.test(text)) {
    const sequence = Number(text);
    return Number.isSafeInteger(sequence) ? sequence : undefined;
  }
  const time = new Date(/^\d{4}-\d\d/.test(text) ? text : Number.NaN);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** The same, for commander. */
export function parseMoment(text: string): number | Date {
  const moment = momentIn(text);
  if (moment === undefined) throw new BadArgument(`It must be ${MOMENT_FORM}.`);
  return moment;
}

export function addAt(command: Command): Command {
  return command.option(
    '--at <moment>',
    'as it was at this time, or after the commit with this sequence',
    parseMoment,
  );
}

/** The option of a read or of a snapshot; none for the newest state. */
export function atOf(moment: number | Date | undefined): { readonly at?: At } {
  if (moment === undefined) return {};
  return { at: typeof moment === 'number' ? { sequence: moment } : { time: moment } };
}
