/**
 * Puts by shape of key: `node scripts/run-ts.mjs bench/micro/key-shapes.ts [memtable|database] [keys] [value bytes]`.
 *
 * Owns: the shapes of keys that people have, each alone, behind one byte, and behind several keyspace numbers of one to
 * three bytes. Rows are processor time a put, in nanoseconds, in ascending and in random order, the median of three. The
 * memtable is measured alone, with seeks, or by puts through the whole database with durability 'os'.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashKey } from '../../src/bytes/hash.ts';
import { SEQUENCE_NUMBER_ZERO, sequenceNumber } from '../../src/base/ids.ts';
import { Random } from '../../src/base/random.ts';
import { READY } from '../../src/iterator/internal-iterator.ts';
import { VALUE } from '../../src/base/value-type.ts';
import { open } from '../../src/index.ts';
import { ArenaPool } from '../../src/memtable/arena-pool.ts';
import { Memtable } from '../../src/memtable/memtable.ts';
import { Operation } from '../../src/memtable/operation.ts';

const CAPACITY_BYTES = 256 * 1024 * 1024;
const RUN_COUNT = Number(process.env['RUNS'] ?? 3);
/** So many puts wait for one another, as in a loop that awaits batches of promises. */
const WINDOW_COUNT = 1000;

const mode = process.argv[2] ?? 'memtable';
const keyCount = Number(process.argv[3] ?? 300_000);
const valueSize = Number(process.argv[4] ?? 100);
const only = process.env['ONLY'];
const random = new Random(42);
let checksum = 0;

const digits = (value: number, length: number): string => String(value).padStart(length, '0');
const hex = (): string => (random.nextInt32() >>> 0).toString(16).padStart(8, '0');
const KINDS = [
  'users',
  'orders',
  'invoice',
  'product',
  'session',
  'payment',
  'accounts',
  'reviews',
];

function uuid(): string {
  const text = hex() + hex() + hex() + hex();
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-4${text.slice(13, 16)}-a${text.slice(17, 20)}-${text.slice(20)}`;
}

/** The key of an index. Kinds interleave. */
const SHAPES: Readonly<Record<string, (index: number) => string>> = {
  '16 digits': (i) => digits(i, 16),
  '20 digits': (i) => digits(i, 20),
  '60 digits': (i) => digits(i, 60),
  UUIDs: uuid,
  'two kinds': (i) => `${i % 2 === 0 ? 'account' : 'posting'}:${digits(i >> 1, 12)}`,
  'eight kinds': (i) => `${KINDS[i % 8]}:${digits(i >> 3, 10)}`,
  'paths of 60 B': (i) =>
    `tenants/${digits(i % 97, 6)}/projects/${digits((i * 7) % 1009, 10)}/documents/${digits(i, 16)}`,
  sensors: (i) => `sensor-${digits(i % 1000, 4)}/2026-${digits(1 + (i % 12), 2)}-01/${i}`,
};

/** What stands before the key: nothing, one keyspace, or several that interleave. */
const FRONTS: Readonly<Record<string, (index: number) => number[]>> = {
  bare: () => [],
  '1 byte': () => [2],
  mixed: (i) => [[2], [3], [7], [241, 20], [249, 1, 44]][i % 5]!,
};

function makeKeys(shape: string, front: string, isAscending: boolean): Buffer[] {
  const keys = Array.from({ length: keyCount }, (_, i) =>
    Buffer.concat([
      Buffer.from(FRONTS[front]!(i)),
      Buffer.from(SHAPES[shape]!(i), 'latin1'), // names come from the tables
    ]),
  );
  // Ascending: each kind goes up by itself, while kinds and keyspaces interleave. UUIDs and sensors are sorted.
  if (isAscending && (shape === 'UUIDs' || shape === 'sensors')) {
    keys.sort((a, b) => a.compare(b));
  } else if (!isAscending) {
    for (let i = keyCount - 1; i > 0; i--) {
      const j = Math.floor(random.nextFraction() * (i + 1));
      [keys[i], keys[j]] = [keys[j]!, keys[i]!]; // i and j are indexes
    }
  }
  return keys;
}

function processorNs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

const pool = new ArenaPool(CAPACITY_BYTES);

/** Nanoseconds an insert, and a seek. */
function memtableRun(keys: readonly Buffer[]): number[] {
  const table = Memtable.create({
    capacityBytes: CAPACITY_BYTES,
    baseSequence: SEQUENCE_NUMBER_ZERO,
    pool,
  });
  const entry = new Uint8Array(256 + valueSize).fill(7);
  const operation = new Operation();
  operation.type = VALUE;
  operation.bytes = entry;
  const start = processorNs();
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!; // i < length
    entry.set(key);
    operation.keyEnd = operation.valueStart = key.length;
    operation.valueEnd = key.length + valueSize;
    if (!table.hasRoom(1, operation.valueEnd)) throw new Error('full');
    operation.sequence = sequenceNumber(i + 1);
    operation.hash = hashKey(entry, 0, key.length);
    table.insert(operation);
  }
  const inserted = processorNs();
  const iterator = table.iterator(keyCount);
  for (let i = 0; i < keys.length; i++) {
    if (iterator.seekAtLeast(keys[(i * 7919) % keyCount]!) === READY) checksum += iterator.keyStart;
  }
  const sought = processorNs();
  table.release();
  return [(inserted - start) / keyCount, (sought - inserted) / keyCount];
}

/** Nanoseconds a put. */
async function databaseRun(keys: readonly Buffer[]): Promise<number[]> {
  const directory = mkdtempSync(join(tmpdir(), 'key-shapes-'));
  const db = await open(directory, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    durability: 'os',
    memtableSizeBytes: CAPACITY_BYTES,
  });
  const value = new Uint8Array(valueSize).fill(7);
  const start = processorNs();
  for (let at = 0; at < keys.length; at += WINDOW_COUNT) {
    const puts: Promise<unknown>[] = [];
    for (const key of keys.slice(at, at + WINDOW_COUNT)) puts.push(db.put(key, value));
    await Promise.all(puts);
  }
  const time = (processorNs() - start) / keyCount;
  await db.close();
  rmSync(directory, { recursive: true });
  return [time];
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!; // not empty
}

for (const shape of Object.keys(SHAPES)) {
  for (const front of Object.keys(FRONTS)) {
    const name = `${shape}, ${front}`;
    if (only !== undefined && !new RegExp(only, 'u').test(name)) continue;
    const row: number[] = [];
    for (const isAscending of [true, false]) {
      const keys = makeKeys(shape, front, isAscending);
      const runs: number[][] = [];
      for (let run = 0; run < RUN_COUNT; run++) {
        runs.push(mode === 'database' ? await databaseRun(keys) : memtableRun(keys));
      }
      runs[0]!.forEach((_, column) => row.push(median(runs.map((times) => times[column]!)))); // RUN_COUNT > 0
    }
    console.log(`${name.padEnd(26)}\t${row.map((time) => time.toFixed(0)).join('\t')}`);
  }
}
if (mode === 'memtable' && checksum === 0) throw new Error('nothing was read');
