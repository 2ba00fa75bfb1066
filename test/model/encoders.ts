/**
 * Encodings that use the database, for histories.
 *
 * Owns: which history has one, and what it does inside each encode and decode: reads, scans, writes in a transaction
 * that is rolled back, writes that are refused, all by the seed. Nothing of it may show: what the outer call stores and
 * answers is what the model says.
 */
import type { Encoding } from '../../src/api/encoding.ts';
import type { Database } from '../../src/api/database.ts';
import { makeRandom, type Random } from '../support/prng.ts';

/** One history in so many has such encodings. */
const HISTORIES_PER_ENCODER = 5;

type Meddler = (db: Database, bytes: Uint8Array) => void;

const OTHER = Uint8Array.from({ length: 40 }, (_, i) => i);

const MEDDLERS: readonly Meddler[] = [
  (db) => void db.getSync(OTHER),
  (db, bytes) => void db.getSync(bytes),
  (db) => void db.getMany([OTHER]).catch(() => undefined),
  (db) => void db.put(OTHER, undefined as unknown as Uint8Array).catch(() => undefined),
  (db) => void db.delRange({ gte: OTHER, lt: OTHER }).catch(() => undefined),
  (db, bytes) => {
    const scan = db.entries({ gte: bytes, limit: 1 });
    scan[Symbol.iterator]().next();
    scan.close();
  },
  (db) => {
    const tx = db.begin();
    tx.put(OTHER, OTHER);
    tx.getSync(OTHER);
    tx.rollback();
  },
];

/** Encodings of bytes as themselves; nothing for the other seeds. `database` is asked when they run. */
export function meddlingEncodings(
  seed: number,
  database: () => Database | undefined,
): { keyEncoding?: Encoding<Uint8Array>; valueEncoding?: Encoding<Uint8Array> } {
  if (seed % HISTORIES_PER_ENCODER !== 1) return {};
  const random = makeRandom(seed);
  return {
    keyEncoding: meddling(random, database),
    valueEncoding: meddling(random, database),
  };
}

function meddling(random: Random, database: () => Database | undefined): Encoding<Uint8Array> {
  let isInside = false;
  const meddle = (bytes: Uint8Array): Uint8Array => {
    const db = database();
    if (isInside || db?.isOpen !== true) return bytes;
    isInside = true;
    try {
      MEDDLERS[random.below(MEDDLERS.length)]!(db, bytes); // below its length
    } catch {
      // The database is on its way to its end.
    } finally {
      isInside = false;
    }
    return bytes;
  };
  return { encode: meddle, decode: meddle };
}
