/**
 * The sequence that a whole table gets after it was written.
 *
 * Owns: writing it into the file. Every entry of such a table is stored at sequence 0, and read at the table's
 * sequence base. So when the table gets its place in the commit order, one block of a hundred bytes is written over.
 *
 * A power cut in between leaves a properties block of before, of after, or a torn one: no version names the table yet.
 *
 * Suspension: synchronous; the caller syncs the file.
 */
import { assert } from '../base/assert.ts';
import type { SequenceNumber } from '../base/ids.ts';
import type { FileCipher } from '../encryption/file-cipher.ts';
import { type VfsFile, writeFully } from '../vfs/vfs.ts';
import type { BlockHandle } from './block-handle.ts';
import { propertiesBlockOf, TRAILER_SIZE_BYTES } from './block-trailer.ts';
import { encodeProperties, type TableProperties } from './table-properties.ts';

/** A table that was written whole, and where its properties lie. */
export interface UnsequencedTable {
  readonly properties: TableProperties;
  readonly propertiesHandle: BlockHandle;
  /** That of an encrypted table. */
  readonly cipher: FileCipher | undefined;
}

/** Gives every entry of the table in `file` this sequence. Returns the properties as they are now. */
export function stampSequence(
  file: VfsFile,
  { properties, propertiesHandle, cipher }: UnsequencedTable,
  sequence: SequenceNumber,
): TableProperties {
  assert(
    properties.sequenceBase === 0 && sequence > 0,
    'a table gets its sequence once (table-properties/base-stands-last)',
  );
  const stamped = {
    ...properties,
    smallestSequence: sequence,
    largestSequence: sequence,
    sequenceBase: sequence,
  };
  const { offset, length } = propertiesHandle;
  const block = propertiesBlockOf(encodeProperties(stamped), sequence, offset, cipher);
  assert(
    block.length === length + TRAILER_SIZE_BYTES,
    'a sequence base has a fixed size (table-properties/base-stands-last)',
  );
  writeFully(file, block, 0, block.length, offset);
  return stamped;
}
