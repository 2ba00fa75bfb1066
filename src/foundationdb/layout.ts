/**
 * Where a database lies in FoundationDB.
 *
 * Owns: the keys that it has there beside those of rows (adapters/row-keys.ts).
 *
 * Layout (big-endian):
 *
 *      prefix | 0x00 | 'd' | key                       the value of a row
 *      prefix | 0x00 | 'f'                             the format of this layout: one digit
 *      prefix | 0x00 | 'h'                             8 bytes: up to this version the log may have been cut
 *      prefix | 0x00 | 'i' | version 8 | id | try 2    what became of a try of a commit (commits.ts)
 *      prefix | 0x00 | 'l' | stamp 10 | part 2         a part of the writes of a commit (log-entry.ts)
 *      prefix | 0x00 | 'w'                             the stamp of the last commit: streams wait for its change
 *
 * Invariants:
 *   foundationdb-layout/apart: no prefix has a zero byte. So no database lies in another.
 *
 * Suspension: everything here is synchronous.
 */
import { RowKeys } from '../adapters/row-keys.ts';
import { STAMP_SIZE_BYTES, versionBytes } from './versions.ts';

/** The format that this version writes. Persisted. */
export const FORMAT: Buffer = Buffer.from('1');

const FORMAT_TAG = 0x66;
const HORIZON = 0x68;
const ID = 0x69;
const LOG = 0x6c;
const BELL = 0x77;

export class Layout extends RowKeys {
  readonly format: Buffer;
  readonly horizon: Buffer;
  readonly bell: Buffer;
  /** What a stamp and the number of a part follow. */
  readonly log: Buffer;
  readonly logEnd: Buffer;
  readonly ids: Buffer;

  constructor(prefix: Buffer) {
    super(prefix);
    this.format = this.at(FORMAT_TAG);
    this.horizon = this.at(HORIZON);
    this.bell = this.at(BELL);
    this.log = this.at(LOG);
    this.logEnd = this.at(LOG + 1);
    this.ids = this.at(ID);
  }

  /** Where a try of a commit says that it was applied. `version`: the state that it was tried at. */
  idKey(version: number, id: Uint8Array, attempt: number): Buffer {
    return Buffer.concat([this.idsBefore(version), id, Buffer.of(attempt >> 8, attempt & 0xff)]);
  }

  /** The end of all ids of tries at a state before a version. */
  idsBefore(version: number): Buffer {
    return Buffer.concat([this.ids, versionBytes(version)]);
  }

  /** The start of the log behind all commits up to a version. */
  logAfter(version: number): Buffer {
    return Buffer.concat([this.log, versionBytes(version + 1)]);
  }

  /** The stamp of a key of the log. */
  stampIn(key: Buffer): Buffer {
    return key.subarray(this.log.length, this.log.length + STAMP_SIZE_BYTES);
  }
}
