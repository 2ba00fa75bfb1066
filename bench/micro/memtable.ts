/**
 * Speed of the memtable alone: `node scripts/run-ts.mjs bench/micro/memtable.ts [keys]`.
 *
 * Owns: inserts, point reads, seeks and scans, over keys in random and in ascending order. Keys are 16 random bytes or
 * decimal digits, values 100 bytes. Each row is the median of three memtables in recycled arenas.
 */
import { cpus } from 'node:os';
import { hashKey } from '../../src/bytes/hash.ts';
import { SEQUENCE_NUMBER_ZERO, sequenceNumber } from '../../src/base/ids.ts';
import { FOUND, LookupResult, READY } from '../../src/iterator/internal-iterator.ts';
import { Random } from '../../src/base/random.ts';
import { VALUE } from '../../src/base/value-type.ts';
import { ArenaPool } from '../../src/memtable/arena-pool.ts';
import { Memtable } from '../../src/memtable/memtable.ts';
import { Operation } from '../../src/memtable/operation.ts';

const KEY_SIZE = 16;
const VALUE_SIZE = 100;
const RUN_COUNT = 3;
const CAPACITY_BYTES = 256 * 1024 * 1024;

const keyCount = Number(process.argv[2] ?? 1_000_000);
const random = new Random(42);
const pool = new ArenaPool(CAPACITY_BYTES);
const value = new Uint8Array(VALUE_SIZE * 2).fill(7);
let checksum = 0;

/** All keys one after another, in the order of insertion. */
function makeKeys(isDecimal: boolean, isAscending: boolean): Uint8Array {
  const keys: Buffer[] = [];
  for (let i = 0; i < keyCount; i++) {
    const key = Buffer.alloc(KEY_SIZE);
    if (isDecimal) key.write(String(i).padStart(KEY_SIZE, '0'), 'latin1');
    else for (let at = 0; at < KEY_SIZE; at += 4) key.writeInt32LE(random.nextInt32(), at);
    keys.push(key);
  }
  if (isAscending) keys.sort((a, b) => a.compare(b));
  else shuffle(keys);
  return Buffer.concat(keys);
}

function shuffle<T>(items: T[]): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random.nextFraction() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!]; // i and j are indexes
  }
}

function fill(keys: Uint8Array): Memtable {
  const table = Memtable.create({
    capacityBytes: CAPACITY_BYTES,
    baseSequence: SEQUENCE_NUMBER_ZERO,
    pool,
  });
  const entry = new Uint8Array(KEY_SIZE + VALUE_SIZE);
  entry.set(value, KEY_SIZE);
  const operation = new Operation();
  operation.type = VALUE;
  operation.bytes = entry;
  operation.keyEnd = operation.valueStart = KEY_SIZE;
  operation.valueEnd = entry.length;
  for (let i = 0; i < keyCount; i++) {
    const at = i * KEY_SIZE;
    const end = at + KEY_SIZE;
    if (!table.hasRoom(1, KEY_SIZE + VALUE_SIZE)) throw new Error('full');
    entry.set(keys.subarray(at, end));
    operation.sequence = sequenceNumber(i + 1);
    operation.hash = hashKey(keys, at, end);
    table.insert(operation);
  }
  return table;
}

function getAll(table: Memtable, keys: Uint8Array, order: Int32Array): void {
  const result = new LookupResult();
  for (const i of order) {
    const at = i * KEY_SIZE;
    const hash = hashKey(keys, at, at + KEY_SIZE);
    const status = table.get(keys, at, at + KEY_SIZE, hash, keyCount, result);
    if (status === FOUND) checksum += result.value[result.valueStart]!; // the value is not empty
  }
}

function seekAll(table: Memtable, keys: Uint8Array, order: Int32Array): void {
  const iterator = table.iterator(keyCount);
  for (const i of order) {
    const key = keys.subarray(i * KEY_SIZE, (i + 1) * KEY_SIZE);
    if (iterator.seekAtLeast(key) === READY) checksum += iterator.keyStart;
  }
}

function scan(table: Memtable, isForward: boolean): void {
  const iterator = table.iterator(keyCount);
  let status = isForward ? iterator.seekFirst() : iterator.seekLast();
  let count = 0;
  while (status === READY) {
    count++;
    checksum += iterator.valueEnd;
    status = isForward ? iterator.next() : iterator.prev();
  }
  if (count !== keyCount) throw new Error(`scanned ${count}`);
}

function rate(work: () => void): number {
  const start = process.hrtime.bigint();
  work();
  return (keyCount * 1000) / Number(process.hrtime.bigint() - start);
}

function measure(name: string, keys: Uint8Array, absent: Uint8Array): void {
  const order = new Int32Array(keyCount).map((_, i) => i);
  for (let i = keyCount - 1; i > 0; i--) {
    const j = Math.floor(random.nextFraction() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!]; // i and j are indexes
  }
  const rows: number[][] = [];
  let bytesPerEntry = 0;
  for (let run = 0; run < RUN_COUNT; run++) {
    let table: Memtable | undefined;
    const insert = rate(() => (table = fill(keys)));
    const filled = table!; // assigned by the call above
    rows.push([
      insert,
      rate(() => getAll(filled, keys, order)),
      rate(() => getAll(filled, absent, order)),
      rate(() => seekAll(filled, keys, order)),
      rate(() => scan(filled, true)),
      rate(() => scan(filled, false)),
    ]);
    bytesPerEntry = filled.sizeBytes / keyCount;
    filled.release();
  }
  const medians = ['insert', 'hit', 'miss', 'seek', 'next', 'prev'].map((label, column) => {
    const sorted = rows.map((row) => row[column]!).sort((a, b) => a - b); // every row has six
    return `${label} ${sorted[RUN_COUNT >> 1]!.toFixed(2)}`; // RUN_COUNT rows
  });
  console.log(`${name.padEnd(18)} ${medians.join('  ')}  (${bytesPerEntry.toFixed(0)} B/entry)`);
}

console.log(`M/s, ${keyCount} keys of ${KEY_SIZE} B, ${cpus()[0]?.model}, Node ${process.version}`);
for (const isDecimal of [false, true]) {
  for (const isAscending of [false, true]) {
    const keys = makeKeys(isDecimal, isAscending);
    const absent = Uint8Array.from(keys, (byte) => byte ^ 0x55);
    measure(
      `${isDecimal ? 'decimal' : 'hash'} ${isAscending ? 'ascending' : 'random'}`,
      keys,
      absent,
    );
  }
}
if (checksum === 0) throw new Error('nothing was read');
