/**
 * Which encodings a database was written with.
 *
 * Owns: the rule by which an open binds a database to an encoding, and refuses another (docs/adr/0027-recorded-encodings.md).
 *
 * Raw bytes and encodings without a name bind nothing and may open everything. Any other encoding is recorded by the first
 * open that uses it. While the database holds no entry, a later open may record another.
 *
 * Suspension: every function here is synchronous.
 */
import { InvalidArgumentError } from '../../base/errors.ts';
import type { VersionEdit } from '../../version/version-edit.ts';
import type { VersionState } from '../../version/version.ts';

/** Undefined for what binds nothing. */
export interface RecordedEncodings {
  readonly key: string | undefined;
  readonly value: string | undefined;
}

/** What the open has to record, if anything. Throws InvalidArgumentError when the database is bound to another encoding. */
export function encodingsToRecord(
  state: Pick<VersionState, 'keyEncoding' | 'valueEncoding'>,
  asked: RecordedEncodings | undefined,
  isEmpty: boolean,
): Pick<VersionEdit, 'keyEncoding' | 'valueEncoding'> {
  const key = toRecord('Keys', state.keyEncoding, asked?.key, isEmpty);
  const value = toRecord('Values', state.valueEncoding, asked?.value, isEmpty);
  return {
    ...(key === undefined ? {} : { keyEncoding: key }),
    ...(value === undefined ? {} : { valueEncoding: value }),
  };
}

function toRecord(
  what: string,
  found: string | undefined,
  asked: string | undefined,
  isEmpty: boolean,
): string | undefined {
  if (asked === undefined || asked === found) return undefined;
  if (found === undefined || isEmpty) return asked;
  throw new InvalidArgumentError(
    `${what} of this database have another encoding: recorded=${found} asked=${asked}`,
  );
}
