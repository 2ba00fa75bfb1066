/**
 * Where a block lies in its table file.
 *
 * Owns: the pair of offset and length, and its form as the value of an index entry: two varints. The index reads it
 * back.
 *
 * Suspension: every function here is synchronous.
 */
import type { ByteWriter } from '../bytes/coding.ts';

export interface BlockHandle {
  /** Offset in the file of the first byte of the payload. */
  readonly offset: number;
  /** Bytes of the payload as stored, without the trailer. */
  readonly length: number;
}

/** The handle of a block that the table does not have. */
export const ABSENT_BLOCK: BlockHandle = { offset: 0, length: 0 };

export function encodeBlockHandle(writer: ByteWriter, handle: BlockHandle): void {
  writer.varint(handle.offset).varint(handle.length);
}
