/**
 * Fuzz targets of an encrypted database: the key ring, a log and a table.
 *
 * Owns: valid files, and damage that checksums do not tell: half of the inputs are sealed again as somebody would who
 * knows the format and not the key. Whatever opens all the same must be what was written.
 *
 * Suspension: the target of the log suspends.
 */
import { createSecretKey } from 'node:crypto';
import { equalBytes } from '../../src/bytes/bytes.ts';
import { getUint32, putUint32 } from '../../src/bytes/coding.ts';
import { maskedCrc32 } from '../../src/bytes/crc32.ts';
import { FileKeys } from '../../src/encryption/file-keys.ts';
import {
  decodeKeyRing,
  encodeKeyRing,
  newRing,
  withNewGeneration,
} from '../../src/encryption/key-ring-format.ts';
import { callerKeyOf } from '../../src/encryption/key-source.ts';
import { LOG_KIND_WAL, sealFrame } from '../../src/log/frame-format.ts';
import { readLog } from '../../src/log/log-reader.ts';
import { LogWriter } from '../../src/log/log-writer.ts';
import { tableCipher } from '../../src/sstable/block-encryption.ts';
import { TableBuilder } from '../../src/sstable/table-builder.ts';
import { TableReader } from '../../src/sstable/table-reader.ts';
import { VALUE } from '../../src/base/value-type.ts';
import { keyedVfs } from '../../src/vfs/keyed-vfs.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { readFully } from '../../src/vfs/vfs.ts';
import type { Random } from '../support/prng.ts';
import { type FuzzTarget, WrongResult } from './fuzzer.ts';
import { changed } from './mutate.ts';

const NUMBER = 7;
const FRAME_COUNT = 6;
const CALLER_KEY = callerKeyOf(new Uint8Array(32).fill(9));
const RING = withNewGeneration(newRing());
const KEYS = new FileKeys({
  generations: new Map([['ab'.repeat(8), createSecretKey(new Uint8Array(32).fill(3))]]),
});

function contentOf(vfs: MemoryVfs, path: string): Uint8Array {
  const file = vfs.open(path, 'read');
  const bytes = new Uint8Array(file.sizeSync());
  readFully(file, bytes, 0, bytes.length, 0);
  file.closeSync();
  return bytes;
}

function vfsWith(path: string, bytes: Uint8Array): MemoryVfs {
  const vfs = new MemoryVfs();
  const file = vfs.open(path, 'create');
  if (bytes.length > 0) file.writeSync(bytes, 0, bytes.length, 0);
  file.closeSync();
  return vfs;
}

const payloadOf = (i: number): Uint8Array => new Uint8Array(20 + 7 * i).fill(65 + i);

async function validLog(): Promise<Uint8Array> {
  const vfs = new MemoryVfs();
  const path = '/000007.log';
  const options = { zeroAheadBytes: 0 };
  const log = await LogWriter.create(keyedVfs(vfs, KEYS), path, LOG_KIND_WAL, NUMBER, options);
  for (let i = 0; i < FRAME_COUNT; i++) {
    const payload = payloadOf(i);
    const frame = new Uint8Array(41 + payload.length);
    frame.set(payload, 40);
    sealFrame(frame, frame.length, 1, {
      fileNumber: NUMBER,
      firstSequence: i + 1,
      durableSequence: i,
      wallMs: 1000 + i,
    });
    log.append(frame, frame.length);
  }
  await log.finish();
  log.close();
  return contentOf(vfs, path);
}

/** Gives the frame at a place where one begins the checksum of its bytes, if its length still lies in the file. */
function resealFrames(bytes: Uint8Array, frames: readonly number[]): void {
  for (const start of frames) {
    if (start + 41 > bytes.length) continue;
    const length = getUint32(bytes, start + 4);
    if (length < 8 || start + length > bytes.length) continue;
    putUint32(bytes, start, maskedCrc32(bytes, start + 4, start + length));
  }
}

function framesOf(bytes: Uint8Array): number[] {
  const frames: number[] = [];
  for (let at = 64; at < bytes.length; at += getUint32(bytes, at + 4)) frames.push(at);
  return frames;
}

const LOG = await validLog();
const FRAMES = framesOf(LOG);

const logTarget: FuzzTarget = {
  name: 'encrypted log',
  valid: [LOG],
  mutate: (random) => {
    const bytes = changed(random, LOG.slice());
    if (random.chance(0.6)) resealFrames(bytes, FRAMES);
    return bytes;
  },
  run: async ({ bytes }) => {
    const vfs = keyedVfs(vfsWith('/000007.log', bytes), KEYS);
    let count = 0;
    await readLog(vfs, '/000007.log', LOG_KIND_WAL, NUMBER, ({ payload, firstSequence }) => {
      if (firstSequence !== count + 1 || !equalBytes(payload, payloadOf(count))) {
        throw new WrongResult(`frame ${count} is not the one that was written`);
      }
      count++;
    });
  },
};

const keyOf = (i: number): Uint8Array => Buffer.from(`key ${String(i).padStart(3, '0')}`);
const ENTRY_COUNT = 60;

function validTable(): Uint8Array {
  const vfs = new MemoryVfs();
  const path = '/000007.sst';
  const file = vfs.open(path, 'create');
  const options = { blockSizeBytes: 200, compression: 'none', filterBitsPerKey: 10 } as const;
  const builder = new TableBuilder(file, options, tableCipher(KEYS, NUMBER, path));
  for (let i = 0; i < ENTRY_COUNT; i++) {
    const [key, value] = [keyOf(i), Buffer.from(`value ${i}`)];
    builder.add(key, 0, key.length, 5, VALUE, value, 0, value.length);
  }
  builder.finish();
  file.closeSync();
  return contentOf(vfs, path);
}

const TABLE = validTable();

/** The blocks, by the checksums behind them: where each begins and where its codec byte is. */
const BLOCKS: readonly (readonly [number, number])[] = (() => {
  const blocks: [number, number][] = [];
  let start = 0;
  for (let end = 0; end + 5 <= TABLE.length - 112; end++) {
    if (TABLE[end] !== 0x10) continue;
    if (getUint32(TABLE, end + 1) !== maskedCrc32(TABLE, start, end + 1)) continue;
    blocks.push([start, end]);
    start = end + 5;
  }
  return blocks;
})();

function resealTable(bytes: Uint8Array): void {
  if (bytes.length !== TABLE.length) return;
  for (const [start, end] of BLOCKS) putUint32(bytes, end + 1, maskedCrc32(bytes, start, end + 1));
  const footer = bytes.length - 64;
  putUint32(bytes, footer - 4, maskedCrc32(bytes, footer - 48, footer - 4));
  putUint32(bytes, footer + 52, maskedCrc32(bytes, footer, footer + 52));
}

/** Damage, or two blocks of one length that change places. */
function mutateTable(random: Random): Uint8Array {
  const bytes = TABLE.slice();
  const [a, b] = [BLOCKS[random.below(BLOCKS.length)]!, BLOCKS[random.below(BLOCKS.length)]!];
  if (random.chance(0.3) && a !== b && a[1] - a[0] === b[1] - b[0]) {
    bytes.set(TABLE.subarray(a[0], a[1] + 5), b[0]);
    bytes.set(TABLE.subarray(b[0], b[1] + 5), a[0]);
    return bytes;
  }
  const damaged = changed(random, bytes);
  if (random.chance(0.7)) resealTable(damaged);
  return damaged;
}

const tableTarget: FuzzTarget = {
  name: 'encrypted table',
  cost: 5,
  valid: [TABLE],
  mutate: mutateTable,
  run: ({ bytes }) => {
    const file = vfsWith('/000007.sst', bytes).open('/000007.sst', 'read');
    const reader = TableReader.open(file, NUMBER, undefined, KEYS);
    try {
      if (reader.properties.entryCount !== ENTRY_COUNT) throw new WrongResult('other properties');
      reader.verify();
    } finally {
      reader.close();
    }
  },
};

const RING_BYTES = encodeKeyRing(RING, CALLER_KEY);

const ringTarget: FuzzTarget = {
  name: 'key ring',
  valid: [RING_BYTES],
  mutate: (random) => {
    if (random.chance(0.05)) return RING_BYTES; // all else is refused
    const bytes = changed(random, RING_BYTES.slice());
    if (bytes.length >= 64 && random.chance(0.7)) {
      putUint32(bytes, bytes.length - 4, maskedCrc32(bytes, 0, bytes.length - 4));
    }
    return bytes;
  },
  run: ({ bytes }) => {
    const { id, generations } = decodeKeyRing(bytes, CALLER_KEY, 'KEYRING');
    const isSame =
      equalBytes(id, RING.id) &&
      generations.size === RING.generations.size &&
      [...generations].every(([name, key]) => RING.generations.get(name)?.equals(key) === true);
    if (!isSame) throw new WrongResult('other keys than were written');
  },
};

export const ENCRYPTION_TARGETS: readonly FuzzTarget[] = [ringTarget, logTarget, tableTarget];
