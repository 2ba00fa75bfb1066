/**
 * Named consumers: how far each has come in the order of commits.
 *
 * Owns: the bytes of their records, which are ordinary entries of the system's keyspace. So a place moves by a commit, and in
 * the transaction that has the effect of what was consumed.
 *
 * Layout (normative text and a worked example in docs/formats/keyspace.md):
 *
 *      key:    head of keyspace 0 | 5 | name in UTF-8
 *      value:  JSON text, ConsumerRecord
 *
 * Invariants:
 *   consumer-places/unknown-refused: a record with a field that this engine does not know is refused as incompatible.
 *
 * Suspension: only `consumerInfosOf` suspends, for reads of logs.
 */
import { CorruptionError, IncompatibleFormatError, StorageError } from '../../base/errors.ts';
import { SEQUENCE_NUMBER_MAX } from '../../base/ids.ts';
import { copyRange } from '../../bytes/bytes.ts';
import type { BoundedRange } from '../../bytes/key-range.ts';
import {
  CONSUMER_KIND,
  SYSTEM_KEY_HEAD_SIZE_BYTES,
  systemRange,
} from '../../bytes/keyspace-number.ts';
import { loadedSync, READY } from '../../iterator/internal-iterator.ts';
import type { Vfs } from '../../vfs/vfs.ts';
import type { ReadView } from '../read/read-view.ts';

/** What the system's keyspace says of a consumer. */
export interface ConsumerRecord {
  /** It has acknowledged every commit up to here. */
  readonly sequence: number;
  /** Bytes of logs that stay for it alone. */
  readonly holdBytes: number;
}

export interface ConsumerPlace extends ConsumerRecord {
  readonly name: string;
}

/** A consumer as `db.consumers()` tells of it. */
export interface ConsumerInfo {
  /** As `db.consumer` takes it. */
  readonly name: string;
  /** It has acknowledged every commit up to this sequence. */
  readonly sequence: number;
  /** Operations that were committed since, those of other keyspaces and its own acknowledgements included. */
  readonly behindOperationCount: number;
  /** Bytes of the logs that have what it has not acknowledged. */
  readonly behindBytes: number;
  /** Up to so many bytes of logs stay for it, whatever the option `history` says. */
  readonly holdBytes: number;
  /** True when the commit that comes next for it is not in the logs any more: its stream ends with HistoryGoneError. */
  readonly isGone: boolean;
}

/** Every record of a consumer. */
const CONSUMER_RANGE: BoundedRange = systemRange(CONSUMER_KIND);

const FIELDS: ReadonlySet<string> = new Set(['sequence', 'holdBytes']);

/** The consumers that a view shows, by their names. A block that is not in memory is read at once. Throws CorruptionError. */
export function consumersIn(view: Pick<ReadView, 'scan'>): ConsumerPlace[] {
  const { start, end } = CONSUMER_RANGE;
  const { cursor, close } = view.scan({ lower: start, upper: end });
  const places: ConsumerPlace[] = [];
  try {
    for (let step = cursor.seekAtLeast(start); loadedSync(cursor, step) === READY;) {
      const { key, keyStart, keyEnd, value, valueStart, valueEnd } = cursor;
      const name = Buffer.from(copyRange(key, keyStart + SYSTEM_KEY_HEAD_SIZE_BYTES, keyEnd));
      const record = decodeConsumer(copyRange(value, valueStart, valueEnd));
      places.push({ name: name.toString('utf8'), ...record });
      step = cursor.next();
    }
  } finally {
    close();
  }
  return places;
}

/** For statistics: consumers whose records cannot be read count none. */
export function consumerUsage(
  view: Pick<ReadView, 'scan'>,
  published: number,
): { readonly consumerCount: number; readonly consumerBehindMax: number } {
  try {
    const sequences = consumersIn(view).map(({ sequence }) => sequence);
    const consumerBehindMax = published - Math.min(published, ...sequences);
    return { consumerCount: sequences.length, consumerBehindMax };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return { consumerCount: 0, consumerBehindMax: 0 };
  }
}

/** Throws CorruptionError, or IncompatibleFormatError (consumer-places/unknown-refused). */
export function decodeConsumer(bytes: Uint8Array): ConsumerRecord {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new CorruptionError('Record of a consumer is no JSON', { cause });
  }
  const record = (value ?? {}) as Partial<ConsumerRecord>;
  for (const name of Object.keys(record)) {
    if (FIELDS.has(name)) continue;
    throw new IncompatibleFormatError(`Record of a consumer has an unknown field: name=${name}`);
  }
  const { sequence, holdBytes } = record;
  if (!isCount(sequence) || sequence > SEQUENCE_NUMBER_MAX || !isCount(holdBytes)) {
    throw new CorruptionError('Record of a consumer is malformed');
  }
  return { sequence, holdBytes };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

interface ReadLog {
  readonly path: string;
  /** Undefined for a log that is finished. */
  readonly sizeBytes: number | undefined;
}

/** The logs, as the state of a consumer needs them. */
interface ReadLogs<L extends ReadLog> {
  logs(): readonly L[];
  startOf(log: L): Promise<{ readonly firstSequence: number } | undefined>;
}

/** How far each consumer is behind. Rejects with what reading the start of a log rejects with. */
export async function consumerInfosOf<L extends ReadLog>(
  places: readonly ConsumerPlace[],
  history: ReadLogs<L>,
  vfs: Pick<Vfs, 'open'>,
  published: number,
): Promise<ConsumerInfo[]> {
  const logs: { readonly first: number; readonly sizeBytes: number }[] = [];
  for (const log of history.logs()) {
    const start = await history.startOf(log);
    if (start === undefined) continue;
    logs.push({ first: start.firstSequence, sizeBytes: log.sizeBytes ?? sizeOf(vfs, log.path) });
  }
  return places.map(({ name, sequence, holdBytes }) => ({
    name,
    sequence,
    behindOperationCount: Math.max(0, published - sequence),
    behindBytes: logs.reduce((sum, { sizeBytes }, i) => {
      const last = (logs[i + 1]?.first ?? published + 1) - 1;
      return last > sequence ? sum + sizeBytes : sum;
    }, 0),
    holdBytes,
    isGone: sequence < published && (logs[0]?.first ?? Infinity) > sequence + 1,
  }));
}

/** Zero for a log that has gone meanwhile. */
function sizeOf(vfs: Pick<Vfs, 'open'>, path: string): number {
  try {
    const file = vfs.open(path, 'read');
    try {
      return file.sizeSync();
    } finally {
      file.closeSync();
    }
  } catch {
    return 0;
  }
}
