/**
 * Files of a database as records that a person, or a program, can read: a log, a table, a manifest.
 *
 * Owns: which facts of a file are told, in the order of the file. Keys are split into the number of their keyspace and what
 * their user encoded.
 *
 * Invariants:
 *   dump/changes-nothing: a file is read, and nothing is locked or written: it may be one that a writer appends to.
 *   dump/as-far-as-sound: the records before a damaged place are told; then the damage is thrown.
 *
 * Suspension: every function suspends for the file and for its reader.
 */
import { unreachable } from '../base/assert.ts';
import {
  DELETION,
  EXPIRING_VALUE,
  RANGE_DELETION,
  VALUE,
  type ValueType,
} from '../base/value-type.ts';
import { BatchReader } from '../batch/batch-reader.ts';
import { EXPIRY_SIZE_BYTES, expiryIn } from '../bytes/expiry.ts';
import { splitTreeKey } from '../bytes/keyspace-number.ts';
import { ALL_VERSIONS, loadedSync, READY } from '../iterator/internal-iterator.ts';
import { LOG_KIND_MANIFEST, LOG_KIND_WAL } from '../log/frame-format.ts';
import { type LogSummary, readLog } from '../log/log-reader.ts';
import type { LogFrame } from '../log/log-window.ts';
import { TableReader } from '../sstable/table-reader.ts';
import { decodeVersionEdit } from '../version/version-edit.ts';
import { keysOf } from '../vfs/keyed-vfs.ts';
import type { Vfs } from '../vfs/vfs.ts';

/** A key in the tree. */
export interface DumpedKey {
  /** The number of its keyspace; -1 for bytes without one. */
  readonly keyspace: number;
  readonly key: Uint8Array;
}

/** Facts by name: numbers, text, bytes, keys, and records and lists of these. */
export interface DumpRecord {
  /** What it tells of. */
  readonly record: string;
  readonly [fact: string]: unknown;
}

/** May return a promise, which is waited for. */
export type OnRecord = (record: DumpRecord) => void | Promise<void>;

/** A file, with what reads it. */
export interface DumpSource {
  /** With the keys of an encrypted database. */
  readonly vfs: Vfs;
  readonly path: string;
  readonly number: number;
}

/** A record for each frame, one for each operation in it, and one at the end. */
export async function dumpLog(
  { vfs, path, number }: DumpSource,
  onRecord: OnRecord,
): Promise<void> {
  const reader = new BatchReader();
  const summary = await readLog(vfs, path, LOG_KIND_WAL, number, async (frame) => {
    await onRecord(frameRecord(frame));
    reader.reset({ ...frame, payload: Uint8Array.from(frame.payload) }); // it is waited between operations
    while (reader.next()) await onRecord(operationRecord(reader));
  });
  await onRecord(endRecord(summary));
}

function frameRecord(frame: LogFrame): DumpRecord {
  const { offset, sizeBytes, operationCount, firstSequence, durableSequence, wallMs } = frame;
  return {
    record: operationCount === 0 ? 'mark' : 'frame',
    offset,
    sizeBytes,
    firstSequence,
    operationCount,
    durableSequence,
    time: new Date(wallMs).toISOString(),
  };
}

function operationRecord(reader: BatchReader): DumpRecord {
  const { bytes, sequence, type, keyStart, keyEnd, valueStart, valueEnd, isCommitStart } = reader;
  return {
    record: 'operation',
    sequence,
    beginsCommit: isCommitStart,
    ...entryFacts(type, bytes.subarray(keyStart, keyEnd), bytes.subarray(valueStart, valueEnd)),
  };
}

/** By the type of an entry, what its second bytes are. */
function entryFacts(type: ValueType, key: Uint8Array, second: Uint8Array): object {
  const at = splitDumped(key);
  switch (type) {
    case VALUE:
      return { type: 'put', at, value: second };
    case EXPIRING_VALUE: {
      const expiresAt = new Date(expiryIn(second, 0, second.length)).toISOString();
      return { type: 'put', at, value: second.subarray(EXPIRY_SIZE_BYTES), expiresAt };
    }
    case DELETION:
      return { type: 'del', at };
    case RANGE_DELETION:
      return { type: 'delRange', at, until: splitDumped(second) };
    default:
      return unreachable(type);
  }
}

function splitDumped(treeKey: Uint8Array): DumpedKey {
  const { keyspace, userKey } = splitTreeKey(treeKey);
  return { keyspace, key: userKey };
}

function endRecord({ frameCount, end, tornAt, lastSequence, sizeBytes }: LogSummary): DumpRecord {
  return { record: 'end', frameCount, lastSequence, sizeBytes, end, tornAt };
}

/** A record of the properties, one for each range tombstone, and one for each entry, versions and tombstones included. */
export async function dumpTable(
  { vfs, path, number }: DumpSource,
  onRecord: OnRecord,
): Promise<void> {
  const table = TableReader.open(vfs.open(path, 'read'), number, undefined, keysOf(vfs));
  try {
    const { smallestKey, largestKey, ...properties } = table.properties;
    await onRecord({
      record: 'table',
      ...properties,
      smallest: splitDumped(smallestKey),
      largest: splitDumped(largestKey),
    });
    for (const { start, end, sequence } of table.rangeTombstones.all()) {
      await onRecord({ record: 'entry', sequence, ...entryFacts(RANGE_DELETION, start, end) });
    }
    const cursor = table.iterator(ALL_VERSIONS, { fillCache: false });
    try {
      let step = loadedSync(cursor, cursor.seekFirst());
      for (; step === READY; step = loadedSync(cursor, cursor.next())) {
        const { key, keyStart, keyEnd, sequence, type, value, valueStart, valueEnd } = cursor;
        const treeKey = Uint8Array.from(key.subarray(keyStart, keyEnd));
        const second = value.subarray(valueStart, valueEnd);
        await onRecord({ record: 'entry', sequence, ...entryFacts(type, treeKey, second) });
      }
    } finally {
      cursor.close();
    }
  } finally {
    table.close();
  }
}

/** A record for each edit, with its parts, and one at the end. */
export async function dumpManifest(
  { vfs, path, number }: DumpSource,
  onRecord: OnRecord,
): Promise<void> {
  let ordinal = 0;
  const summary = await readLog(vfs, path, LOG_KIND_MANIFEST, number, async (frame) => {
    if (frame.operationCount === 0) return; // a durable mark
    const { offset, sizeBytes, wallMs, payload } = frame;
    const edit = decodeVersionEdit(payload);
    const time = new Date(wallMs).toISOString();
    await onRecord({
      record: 'edit',
      ordinal: ++ordinal,
      offset,
      sizeBytes,
      time,
      ...partsOf(edit),
    });
  });
  await onRecord(endRecord(summary));
}

/** An edit with its keys taken apart. */
function partsOf(edit: ReturnType<typeof decodeVersionEdit>): object {
  const { addedFiles, compactionCursors, ...others } = edit;
  return {
    ...others,
    ...(addedFiles === undefined
      ? {}
      : {
          addedFiles: addedFiles.map(({ level, file: { smallest, largest, ...facts } }) => ({
            level,
            ...facts,
            smallest: splitDumped(smallest),
            largest: splitDumped(largest),
          })),
        }),
    ...(compactionCursors === undefined
      ? {}
      : {
          compactionCursors: compactionCursors.map(({ level, key }) => ({
            level,
            at: splitDumped(key),
          })),
        }),
  };
}
