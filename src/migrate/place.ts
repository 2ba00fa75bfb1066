/**
 * How far a migration has come, as the target keeps it.
 *
 * Owns: the record, which is the one entry of a keyspace of its own in the target.
 *
 * Layout: JSON text, PlaceRecord, at key 'place'. It is there from before the first entry until the end.
 *
 * Suspension: everything here is synchronous.
 */
import { CorruptionError, IncompatibleFormatError } from '../base/errors.ts';

/** The keyspace of the record. Persisted. */
export const PLACE_KEYSPACE = 'varve.migration';
/** The key of the record. Persisted. */
export const PLACE_KEY: Uint8Array = Buffer.from('place', 'latin1');
/** Bytes of a record, but for the key in it. */
export const PLACE_SIZE_BYTES_MAX = 2048;
/** Persisted. */
const VERSION = 1;

/** The place of a migration. */
export interface PlaceRecord {
  readonly version: number;
  /** Of the source: no other database has it. */
  readonly source: string;
  /** Of the keyspaces of the source. */
  readonly catalog: string;
  /** `clearing`: what an earlier run has written is being deleted. */
  readonly state: 'clearing' | 'moving';
  /** What is in the target is as of this commit of the source. */
  readonly since: number;
  /** Keyspaces that are whole, in the order of the catalog. */
  readonly doneCount: number;
  /** The last key that was copied of the next one, in base64; null: none. */
  readonly after: string | null;
  /** Entries that were copied of the next one. */
  readonly leafCount: number;
  /** Entries that were copied. */
  readonly copiedCount: number;
  /** Commits that were applied. */
  readonly commitCount: number;
}

/** The place before the first entry. */
export function firstPlace(source: string, catalog: string, since: number): PlaceRecord {
  return {
    version: VERSION,
    source,
    catalog,
    state: 'moving',
    since,
    doneCount: 0,
    after: null,
    leafCount: 0,
    copiedCount: 0,
    commitCount: 0,
  };
}

export function encodePlace(place: PlaceRecord): Uint8Array {
  return Buffer.from(JSON.stringify(place), 'utf8');
}

/** Throws CorruptionError, or IncompatibleFormatError for a record of a newer version. */
export function decodePlace(bytes: Uint8Array): PlaceRecord {
  let place: Partial<PlaceRecord>;
  try {
    place = JSON.parse(Buffer.from(bytes).toString('utf8')) as Partial<PlaceRecord>;
  } catch (cause) {
    throw new CorruptionError('Place of a migration is no JSON', { cause });
  }
  if (typeof place.version === 'number' && place.version > VERSION) {
    throw new IncompatibleFormatError(
      `Place of a migration is of a newer version: found=${place.version} known=${VERSION}`,
    );
  }
  const counts = [place.since, place.doneCount, place.leafCount, place.copiedCount];
  const isWhole =
    place.version === VERSION &&
    typeof place.source === 'string' &&
    typeof place.catalog === 'string' &&
    (place.state === 'moving' || place.state === 'clearing') &&
    (place.after === null || typeof place.after === 'string') &&
    [...counts, place.commitCount].every((count) => Number.isSafeInteger(count));
  if (!isWhole) throw new CorruptionError('Place of a migration is malformed');
  return place as PlaceRecord; // every field was checked
}

/** The last key that was copied; undefined: none. */
export function lastKeyOf({ after }: PlaceRecord): Uint8Array | undefined {
  return after === null ? undefined : Buffer.from(after, 'base64');
}
