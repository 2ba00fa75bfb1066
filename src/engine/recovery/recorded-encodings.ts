/**
 * The encodings that a database was written with.
 *
 * Owns: the rule by which an open binds a database to an encoding, and refuses another
 * (docs/adr/0027-recorded-encodings.md).
 *
 * Raw bytes and encodings without a name bind nothing and may open everything. The first open that uses any other
 * encoding records it. While the database holds no entry, a later open may record another.
 *
 * Suspension: every function here is synchronous.
 */
import { InvalidArgumentError } from '../../base/errors.ts';
import type { VersionEdit } from '../../version/version-edit.ts';
import type { VersionState } from '../../version/version.ts';

/** Names of encodings; undefined for an encoding that binds nothing. */
export interface RecordedEncodings {
  readonly key: string | undefined;
  readonly value: string | undefined;
}

/** Returns the encodings that the open has to record. Throws InvalidArgumentError for a database bound to another. */
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
