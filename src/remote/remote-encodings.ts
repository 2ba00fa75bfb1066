/**
 * The encodings that a database on a backend was written with.
 *
 * Owns: their record, and that an open agrees with it, by the rule of every database (recorded-encodings.ts).
 *
 * What a kill leaves: the record as it was, or the new one: it is one commit.
 *
 * Suspension: `bindEncodings` suspends for the backend.
 */
import { randomBytes } from 'node:crypto';
import { DEFAULT_KEYSPACE, keyspaceRange } from '../bytes/keyspace-number.ts';
import {
  encodingsToRecord,
  type RecordedEncodings,
} from '../engine/recovery/recorded-encodings.ts';
import type { Backend } from './backend.ts';
import { decodeEncodings, encodeEncodings, ENCODINGS_KEY } from './remote-records.ts';

/** Records what an open asks for, unless it is recorded. Rejects with InvalidArgumentError for another encoding. */
export async function bindEncodings(
  backend: Backend,
  asked: RecordedEncodings,
  wallMs: number,
): Promise<RecordedEncodings> {
  for (;;) {
    const bound = await tryToBind(backend, asked, wallMs);
    if (bound !== undefined) return bound;
  }
}

/** Undefined when another open came first. */
async function tryToBind(
  backend: Backend,
  asked: RecordedEncodings,
  wallMs: number,
): Promise<RecordedEncodings | undefined> {
  const own = keyspaceRange(DEFAULT_KEYSPACE);
  const snapshot = await backend.snapshot({
    isolation: 'serializable',
    isReadOnly: false,
    firstKey: ENCODINGS_KEY,
    signal: undefined,
  });
  try {
    const found = await snapshot.get(ENCODINGS_KEY);
    const recorded = found ? decodeEncodings(found) : { key: undefined, value: undefined };
    const one = { ...own, isReverse: false, rowCountMax: 1, sizeBytesMax: 1 };
    const isEmpty = (await snapshot.page(one)).rows.length === 0;
    const { key: keyEncoding, value: valueEncoding } = recorded;
    const added = encodingsToRecord({ keyEncoding, valueEncoding }, asked, isEmpty);
    const bound = {
      key: added.keyEncoding ?? keyEncoding,
      value: added.valueEncoding ?? valueEncoding,
    };
    if (added.keyEncoding === undefined && added.valueEncoding === undefined) return bound;
    const outcome = await backend.commit({
      snapshot,
      reads: isEmpty ? [own] : [],
      guards: [],
      writes: [{ key: ENCODINGS_KEY, value: encodeEncodings(bound) }],
      id: randomBytes(16),
      durability: 'sync',
      wallMs,
      signal: undefined,
    });
    return outcome.isCommitted ? bound : undefined;
  } finally {
    snapshot.close();
  }
}
