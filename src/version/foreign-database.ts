/**
 * Databases of other engines.
 *
 * Owns: telling whose files lie in a directory that holds no sound database of ours. LevelDB, RocksDB and their kin have a
 * CURRENT, manifests, logs and tables of nearly our names. Taken for a damaged database of ours they would be "repaired", and
 * taken for a creation cut short they would lose their logs as orphans.
 *
 * Invariants:
 *   foreign-database/ours-first: a directory with a file that is ours by its content is ours, whatever else is in it. So
 *       damage stays damage, and is never explained away.
 *   foreign-database/nothing-beside: an engine whose files have other names than ours is only told where no file of a
 *       name of ours is: it explains no damage.
 *   foreign-database/by-content: a name alone proves nothing. Each product is told by bytes that it writes.
 *
 * Suspension: every function here is synchronous.
 */
import { join } from 'node:path';

import { CorruptionError, InvalidArgumentError, IoError } from '../base/errors.ts';
import { shortageOf } from '../base/shortage.ts';
import { decodeLogHeader, LOG_HEADER_SIZE_BYTES } from '../log/frame-format.ts';
import { endsAsTable, MAGIC_SIZE_BYTES } from '../sstable/footer.ts';
import { fileName, parseFileName } from '../vfs/filenames.ts';
import { readFully, type Vfs } from '../vfs/vfs.ts';
import { decodeCurrent } from './manifest.ts';

/** The beginning and the end of a file. */
interface Sample {
  readonly head: Buffer;
  readonly tail: Buffer;
}

interface Signature {
  readonly product: string;
  readonly name: RegExp;
  readonly matches: (sample: Sample) => boolean;
}

const HEAD_SIZE_BYTES = 256; // of the tail as many bytes as our tables and theirs end with
/** So many files of one signature are looked at: the first of them tells, unless it is damaged itself. */
const SAMPLE_COUNT_MAX = 16;

const ANY_NAME = /^/;

/** Engines with names like ours. The most telling first: but for options and tables a RocksDB directory passes for LevelDB. */
const ALIKE: readonly Signature[] = [
  { product: 'RocksDB', name: /^OPTIONS-\d+$/, matches: begins('# This is a RocksDB option file') },
  { product: 'Pebble', name: /^OPTIONS-\d+$/, matches: begins('[Version]\n  pebble_version=') },
  { product: 'RocksDB', name: /^\d+\.sst$/, matches: ends('f7cff485b741e288') },
  { product: 'Pebble', name: /^\d+\.sst$/, matches: ends('f09faab3f09faab3') },
  { product: 'Badger', name: /^MANIFEST$/, matches: begins('Bdgr') },
  { product: 'LevelDB', name: /^\d+\.(ldb|sst)$/, matches: ends('57fb808b247547db') },
  { product: 'LevelDB', name: /^MANIFEST-\d+$/, matches: isLevelManifest },
  { product: 'LevelDB', name: /^CURRENT$/, matches: isLevelCurrent },
];

/** Engines with other names: their files may lie beside a database of ours, however damaged that is. */
const OTHERS: readonly Signature[] = [
  { product: 'LMDB', name: /\.mdb$/, matches: hasOneAt([12, 16, 24], ['dec0efbe']) },
  { product: 'WiredTiger', name: /^WiredTiger$/, matches: begins('WiredTiger\n') },
  { product: 'SQLite', name: ANY_NAME, matches: begins('SQLite format 3') },
  { product: 'DuckDB', name: ANY_NAME, matches: hasOneAt([8], ['4455434b']) },
  {
    product: 'Berkeley DB',
    name: ANY_NAME,
    matches: hasOneAt([12], ['62310500', '00053162', '61150600', '00061561', '53220400']),
  },
  { product: 'Redis', name: /\.rdb$/, matches: begins('REDIS0') },
  { product: 'Redis', name: /\.aof$/, matches: begins('*2\r\n$6\r\nSELECT\r\n') },
];

function begins(text: string): Signature['matches'] {
  return ({ head }) => head.toString('latin1').startsWith(text);
}

function ends(hex: string): Signature['matches'] {
  return ({ tail }) => tail.toString('hex') === hex;
}

function hasOneAt(offsets: readonly number[], hex: readonly string[]): Signature['matches'] {
  return ({ head }) =>
    offsets.some((offset) => hex.includes(head.subarray(offset, offset + 4).toString('hex')));
}

/** The name of a manifest and a newline; ours has a checksum between. */
function isLevelCurrent({ head }: Sample): boolean {
  return /^MANIFEST-\d+\n$/.test(head.toString('latin1'));
}

/** A record (checksum, length, type, all of seven bytes) that begins with the name of the key order: tag 1, its length. */
function isLevelManifest({ head }: Sample): boolean {
  const nameLength = head[8];
  if (head[6] !== 1 || head[7] !== 1 || nameLength === undefined || nameLength === 0) return false;
  const name = head.subarray(9, 9 + nameLength).toString('latin1');
  return name.length === nameLength && /^[\w.:-]+$/.test(name);
}

/** Throws InvalidArgumentError when another engine's database lies in the directory, and none of ours. */
export function mustNotBeForeign(vfs: Vfs, directory: string): void {
  const product = foreignDatabaseIn(vfs, directory);
  if (product === undefined) return;
  throw new InvalidArgumentError(
    `Directory holds a database of ${product}, not of Varve: path=${directory}`,
  );
}

/** The product; undefined when the directory is ours, or tells nothing. Changes nothing, and takes no lock. */
export function foreignDatabaseIn(vfs: Vfs, directory: string): string | undefined {
  if (isOwn(vfs, directory, fileName('current'))) return undefined; // all is well, mostly
  const names = vfs.list(directory).sort();
  if (hasOwnFile(vfs, directory, names)) return undefined;
  const productOf = (signatures: readonly Signature[]): string | undefined =>
    signatures.find((signature) => isFound(vfs, directory, names, signature))?.product;
  const isNamedLikeOurs = names.some((name) => {
    const kind = parseFileName(name)?.kind;
    return kind !== undefined && kind !== 'lock';
  });
  return productOf(ALIKE) ?? (isNamedLikeOurs ? undefined : productOf(OTHERS));
}

function isFound(
  vfs: Vfs,
  directory: string,
  names: readonly string[],
  { name, matches }: Signature,
): boolean {
  const candidates = names.filter((each) => name.test(each)).slice(0, SAMPLE_COUNT_MAX);
  return candidates.some((each) => {
    const sample = sampleOf(vfs, join(directory, each));
    return sample !== undefined && matches(sample);
  });
}

/** foreign-database/ours-first. */
function hasOwnFile(vfs: Vfs, directory: string, names: readonly string[]): boolean {
  const isTable = (name: string): boolean => parseFileName(name)?.kind === 'table';
  const looked = [
    ...names.filter((name) => !isTable(name)),
    ...names.filter(isTable).slice(0, SAMPLE_COUNT_MAX),
  ];
  return looked.some((name) => isOwn(vfs, directory, name));
}

function isOwn(vfs: Vfs, directory: string, name: string): boolean {
  const kind = parseFileName(name)?.kind;
  if (kind !== 'current' && kind !== 'manifest' && kind !== 'log' && kind !== 'table') return false;
  const sample = sampleOf(vfs, join(directory, name));
  if (sample === undefined) return false;
  const { head, tail } = sample;
  if (kind === 'table') return endsAsTable(tail);
  if (kind === 'current') return decodeCurrent(head) !== undefined;
  return head.length >= LOG_HEADER_SIZE_BYTES && decodeLogHeader(head) !== undefined;
}

/** Undefined for a file that cannot be read. A shortage is thrown: nothing is known then. */
function sampleOf(vfs: Vfs, path: string): Sample | undefined {
  try {
    const file = vfs.open(path, 'read');
    try {
      const head = new Uint8Array(HEAD_SIZE_BYTES);
      const headCount = readFully(file, head, 0, head.length, 0);
      const tail = new Uint8Array(MAGIC_SIZE_BYTES);
      const tailStart = Math.max(0, file.sizeSync() - tail.length);
      const tailCount = readFully(file, tail, 0, tail.length, tailStart);
      return {
        head: Buffer.from(head.buffer, 0, headCount),
        tail: Buffer.from(tail.buffer, 0, tailCount),
      };
    } finally {
      file.closeSync();
    }
  } catch (error) {
    if (error instanceof CorruptionError) return undefined; // no regular file
    if (error instanceof IoError && shortageOf(error) !== 'resource') return undefined;
    throw error;
  }
}
