/**
 * Segments: pieces of logs on their way to a store, and back.
 *
 * Owns: the bytes of a segment. Layout (normative text in docs/formats/backup.md):
 *
 *      record of kind segment (two lines) | bytes of the first piece | bytes of the second ...
 *
 * Invariants:
 *   segment/own-record: a segment says the same as its name does, and its bytes have the hash that it says. Anything else is
 *       refused with BACKUP_DAMAGED.
 *
 * Suspension: every function here is synchronous.
 */
import { createHash } from 'node:crypto';

import type { LogPiece } from '../engine/history/log-tail.ts';
import { type SegmentKey, segmentName } from './layout.ts';
import {
  damaged,
  decodeRecord,
  encodeRecord,
  type SegmentPiece,
  type SegmentRecord,
} from './record.ts';

/** A piece, and its bytes in the segment. */
export interface PieceContent extends SegmentPiece {
  readonly bytes: Uint8Array;
}

/** What a session knows of the log that it ships. */
export interface LogPrefix {
  readonly sizeBytes: number;
  readonly hash: string;
}

export function encodeSegment(
  session: string,
  ordinal: number,
  pieces: readonly LogPiece[],
  prefix: LogPrefix,
): Uint8Array {
  const hasher = createHash('sha256');
  for (const { bytes } of pieces) hasher.update(bytes);
  const record: SegmentRecord = {
    session,
    ordinal,
    pieces: pieces.map(({ number, bytes, ...piece }) => ({
      log: number,
      offset: piece.offset,
      sizeBytes: bytes.length,
      firstSequence: piece.firstSequence,
      lastSequence: piece.lastSequence,
      firstMs: piece.firstMs,
      lastMs: piece.lastMs,
    })),
    hash: hasher.digest('hex'),
    prefixSizeBytes: prefix.sizeBytes,
    prefixHash: prefix.hash,
  };
  return Buffer.concat([encodeRecord('segment', record), ...pieces.map(({ bytes }) => bytes)]);
}

/** Throws BackupError (segment/own-record), and IncompatibleFormatError. */
export function decodeSegment(
  bytes: Uint8Array,
  key: SegmentKey,
): { readonly record: SegmentRecord; readonly pieces: readonly PieceContent[] } {
  const name = segmentName(key);
  const firstEnd = bytes.indexOf(0x0a);
  const headEnd = firstEnd < 0 ? -1 : bytes.indexOf(0x0a, firstEnd + 1);
  if (headEnd < 0) throw damaged(name);
  const record = decodeRecord<SegmentRecord>('segment', bytes.subarray(0, headEnd + 1), name);
  const body = bytes.subarray(headEnd + 1);
  if (createHash('sha256').update(body).digest('hex') !== record.hash) throw damaged(name);
  const pieces: PieceContent[] = [];
  let start = 0;
  for (const piece of record.pieces) {
    pieces.push({ ...piece, bytes: body.subarray(start, start + piece.sizeBytes) });
    start += piece.sizeBytes;
  }
  const [first] = pieces;
  const last = pieces.at(-1);
  const isOwn =
    start === body.length &&
    record.session === key.session &&
    record.ordinal === key.ordinal &&
    first?.firstSequence === key.firstSequence &&
    last?.lastSequence === key.lastSequence &&
    last.lastMs === key.lastMs;
  if (!isOwn) throw damaged(name);
  return { record, pieces };
}
