/**
 * What a tuple key costs: encoding and decoding of four short elements, in nanoseconds of processor time.
 *
 * Run after `make build`: node scripts/run-ts.mjs bench/micro/tuple.ts
 */
import { decodeTuple, TupleEncoder } from '../../src/bytes/tuple.ts';

const COUNT = 400_000;
const ROUNDS = 5;

const encoder = new TupleEncoder();
let checksum = 0;

/** Nanoseconds of processor time for each call. */
function measure(call: (index: number) => number): string {
  const start = process.cpuUsage().user;
  for (let i = 0; i < COUNT; i++) checksum += call(i);
  return (((process.cpuUsage().user - start) * 1000) / COUNT).toFixed(0);
}

const bytes = encoder.encode(['account', 'alice', 123_456, 17]);
console.log(`Node.js ${process.version}, ${bytes.length} bytes a key`);
for (let round = 0; round < ROUNDS; round++) {
  const encode = measure((i) => encoder.encode(['account', 'alice', i, 17]).length);
  const decode = measure(() => decodeTuple(bytes, 0, bytes.length).length);
  console.log(`encode ${encode} ns, decode ${decode} ns`);
}
if (checksum === 0) throw new Error('nothing was measured');
