/**
 * One operation, as a memtable takes it.
 *
 * Owns: its fields. Callers fill one object again and again, because passing so many arguments costs more.
 *
 * Suspension: everything here is synchronous.
 */
import { sequenceNumber, type SequenceNumber } from '../base/ids.ts';
import { DELETION, type ValueType } from '../base/value-type.ts';
import { EMPTY_BYTES } from '../bytes/bytes.ts';

export class Operation {
  type: ValueType = DELETION;
  sequence: SequenceNumber = sequenceNumber(0);
  /** The `hashKey` of the key. */
  hash = 0;
  /** The key is `bytes[keyStart, keyEnd)`, or the start of a range. */
  bytes: Uint8Array = EMPTY_BYTES;
  keyStart = 0;
  keyEnd = 0;
  /** The value is `bytes[valueStart, valueEnd)`, or the exclusive end of a range; empty for a deletion. */
  valueStart = 0;
  valueEnd = 0;

  /** Bytes of key and value. */
  get sizeBytes(): number {
    return this.keyEnd - this.keyStart + (this.valueEnd - this.valueStart);
  }
}
