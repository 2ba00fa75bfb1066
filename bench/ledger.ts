/**
 * What append-only and verifiable keyspaces cost, and how small a proof is: `make bench-ledger`; ENTRIES=, VALUE_SIZE=,
 * ROUNDS= from the environment.
 *
 * Owns: three keyspaces of one database, written in turns, ROUNDS= times. Appends are measured by the processor time of all
 * threads, since others may use the machine; what waits for the disk by the clock. Then a ledger of ENTRIES= entries: its
 * root, proofs of random entries, and their checks, which are those of varve/ledger.
 */
import { join } from 'node:path';
import { type Database, type Keyspace, open } from '../src/index.ts';
import { verifyExtension, verifyProof } from '../src/ledger/index.ts';
import { describeMachine, machineLine } from '../src/programs/bench/suite.ts';
import { formatCount, formatTable } from '../src/programs/figures.ts';
import { halfRandom } from './harness/half-random.ts';
import { inScratch } from './harness/scratch.ts';

const ENTRY_COUNT = Number(process.env['ENTRIES'] ?? 1_000_000);
const VALUE_SIZE_BYTES = Number(process.env['VALUE_SIZE'] ?? 100);
const ROUND_COUNT = Number(process.env['ROUNDS'] ?? 5);
const PUT_COUNT = 10_000;
const DURABLE_COUNT = 200;
const IN_FLIGHT_COUNT = 500;
const BATCH_SIZE = 100;
const FILL_BATCH_SIZE = 1000;
const PROOF_COUNT = 2000;
const SIZE_BYTES_MAX = 2048;
const CHECK_MS_MAX = 1;
/** A prime: steps of this size go through all entries in an order of their own. */
const STEP = 7_368_787;

type Space = Keyspace<string, Uint8Array>;

const keyOf = (i: number): string => String(i).padStart(16, '0');
const values = Array.from({ length: 1000 }, (_, i) => halfRandom(i, VALUE_SIZE_BYTES));
const valueOf = (i: number): Uint8Array => values[i % values.length]!; // below the length

const KINDS = [
  ['as usual', {}],
  ['append-only', { mode: 'append-only' }],
  ['verifiable', { mode: 'append-only', verifiable: true }],
] as const;

interface Subject {
  readonly name: string;
  readonly space: Space;
  /** Keys are new each time. */
  next: number;
}

const ROWS: Readonly<Record<string, (subject: Subject) => Promise<number>>> = {
  'put, 500 in flight, os, us of processor': async (subject) => {
    const spent = await processorUs(async () => {
      for (let i = 0; i < PUT_COUNT; i += IN_FLIGHT_COUNT) {
        await Promise.all(Array.from({ length: IN_FLIGHT_COUNT }, () => put(subject, 'os')));
      }
    });
    return spent / PUT_COUNT;
  },
  'put in batches of 100, os, us of processor': async (subject) => {
    const spent = await processorUs(async () => {
      for (let i = 0; i < PUT_COUNT; i += BATCH_SIZE) await batch(subject, BATCH_SIZE);
    });
    return spent / PUT_COUNT;
  },
  'durable put, one after the other, us': async (subject) => {
    const startMs = performance.now();
    for (let i = 0; i < DURABLE_COUNT; i++) await put(subject, 'sync');
    return ((performance.now() - startMs) * 1000) / DURABLE_COUNT;
  },
  '32 durable puts at once, us a put': async (subject) => {
    const startMs = performance.now();
    for (let i = 0; i < DURABLE_COUNT; i += 32) {
      await Promise.all(Array.from({ length: 32 }, () => put(subject, 'sync')));
    }
    return ((performance.now() - startMs) * 1000) / (Math.ceil(DURABLE_COUNT / 32) * 32);
  },
};

function put(subject: Subject, durability: 'sync' | 'os'): Promise<void> {
  const i = subject.next++;
  return subject.space.put(keyOf(i), valueOf(i), { durability });
}

function batch(subject: Subject, count: number): Promise<void> {
  const operations = Array.from({ length: count }, () => {
    const i = subject.next++;
    return { type: 'put', key: keyOf(i), value: valueOf(i) } as const;
  });
  return subject.space.batch(operations, { durability: 'os' });
}

async function processorUs(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function medianOf(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
}

async function measureAppends(db: Database<string, Uint8Array>): Promise<string> {
  const subjects = await Promise.all(
    KINDS.map(async ([name, options]): Promise<Subject> => {
      const space = await db.keyspace<string, Uint8Array>(name, {
        keyEncoding: 'utf8',
        valueEncoding: 'view',
        ...options,
      });
      return { name, space, next: 0 };
    }),
  );
  const rows: string[][] = [];
  for (const [what, measure] of Object.entries(ROWS)) {
    const figures = subjects.map((): number[] => []);
    for (let round = 0; round <= ROUND_COUNT; round++) {
      for (let turn = 0; turn < subjects.length; turn++) {
        const at = (turn + round) % subjects.length;
        const figure = await measure(subjects[at]!); // below the length
        if (round > 0) figures[at]!.push(figure);
      }
    }
    const [usual = 1, ...others] = figures.map(medianOf);
    const others_ = others.map(
      (figure) => `${figure.toFixed(2)} (${(figure / usual).toFixed(2)}x)`,
    );
    rows.push([what, usual.toFixed(2), ...others_]);
  }
  return formatTable(['median of rounds', ...KINDS.map(([name]) => name)], rows, [0]);
}

async function fill(ledger: Space): Promise<void> {
  const subject = { name: 'ledger', space: ledger, next: 0 };
  for (let i = 0; i < ENTRY_COUNT; i += FILL_BATCH_SIZE) await batch(subject, FILL_BATCH_SIZE);
}

/** Prints sizes and times. Fails when a proof is larger, or its check slower, than it must be. */
async function measureProofs(ledger: Space): Promise<void> {
  const root = await ledger.root();
  const texts: string[] = [];
  const proveMs: number[] = [];
  for (let i = 0; i < PROOF_COUNT; i++) {
    const startMs = performance.now();
    const proof = await ledger.prove(keyOf((i * STEP) % ENTRY_COUNT));
    proveMs.push(performance.now() - startMs);
    texts.push(JSON.stringify(proof));
  }
  const checkMs = texts.map((text) => {
    const startMs = performance.now();
    verifyProof(JSON.parse(text), root);
    return performance.now() - startMs;
  });
  const from = await ledger.root();
  await ledger.put('one more', valueOf(0));
  const extension = JSON.stringify(await ledger.proveExtension(from));
  verifyExtension(JSON.parse(extension), from);
  const sizeMax = Math.max(...texts.map(({ length }) => length));
  const rows = [
    ['largest proof, as JSON, bytes', String(sizeMax)],
    ['proof, median, ms', medianOf(proveMs).toFixed(3)],
    ['check with JSON.parse, median, ms', medianOf(checkMs).toFixed(3)],
    ['check, the first, ms', checkMs[0]!.toFixed(3)],
    ['proof of extension, bytes', String(extension.length)],
  ];
  console.log(formatTable([`${formatCount(root.size)} entries`, ''], rows, [0]));
  const isSmall = sizeMax < SIZE_BYTES_MAX && medianOf(checkMs) < CHECK_MS_MAX;
  if (!isSmall)
    throw new Error(`Proof is larger than ${SIZE_BYTES_MAX} bytes, or its check slower`);
}

console.log(machineLine(describeMachine()));
await inScratch('ledger', async (folder) => {
  const db = await open(join(folder, 'db'), { keyEncoding: 'utf8', valueEncoding: 'view' });
  console.log(await measureAppends(db));
  const ledger = await db.keyspace<string, Uint8Array>('ledger', {
    keyEncoding: 'utf8',
    valueEncoding: 'view',
    mode: 'append-only',
    verifiable: true,
  });
  const spent = await processorUs(() => fill(ledger));
  console.log(
    `filled in batches of ${FILL_BATCH_SIZE}: ${(spent / ENTRY_COUNT).toFixed(2)} us an entry`,
  );
  await measureProofs(ledger);
  await db.close();
});
