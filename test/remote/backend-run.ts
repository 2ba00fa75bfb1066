/**
 * A run of random clients over a backend, and what each of them saw.
 *
 * Owns: what the clients do. Some commits depend on a snapshot and on what was read from it; some depend on nothing. Keys are
 * few, so that commits meet.
 *
 * Suspension: clients suspend for each call.
 */
import { type Backend, type BackendSnapshot, StateGoneError } from '../../src/index.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { between, commitOf, rowsOf, single, snapshotOf, writesOf } from './backend-contract.ts';
import type { BackendRun, SeenChange, SeenCommit, SeenSnapshot } from './backend-oracle.ts';

const KEY_COUNT = 24;
const CLIENTS_PER_BACKEND = 5;

interface Recorder {
  readonly commits: SeenCommit[];
  readonly snapshots: SeenSnapshot[];
  eventCount: number;
  commitsLeft: number;
  /** Transactions whose snapshot was lost with its server. */
  goneCount: number;
}

export interface RunOptions {
  readonly commitCount: number;
  readonly seed: number;
}

export async function runClients(
  backends: readonly [Backend, ...Backend[]],
  { commitCount, seed }: RunOptions,
): Promise<BackendRun & Pick<Recorder, 'goneCount'>> {
  const random = makeRandom(seed);
  const recorder: Recorder = {
    commits: [],
    snapshots: [],
    eventCount: 0,
    commitsLeft: commitCount,
    goneCount: 0,
  };
  const controller = new AbortController();
  const start = await snapshotOf(backends[0]);
  const changes = collect(backends[0], start.version, controller);
  start.close();
  await Promise.all(
    backends.flatMap((backend) =>
      Array.from({ length: CLIENTS_PER_BACKEND }, () =>
        runClient(backend, recorder, makeRandom(random.next())),
      ),
    ),
  );
  await backends[0].commit(commitOf({ end: 'end' }));
  return { ...recorder, changes: (await changes).slice(0, -1) };
}

/** Until the commit that writes the key `end`. */
async function collect(
  backend: Backend,
  after: number,
  controller: AbortController,
): Promise<SeenChange[]> {
  const found: SeenChange[] = [];
  for await (const commit of backend.watch({ ...between(''), after, signal: controller.signal })) {
    const writes = new Map(Object.entries(writesOf(commit)));
    found.push({ version: commit.version, writes });
    if (writes.has('end')) controller.abort();
  }
  return found;
}

function note(recorder: Recorder, commit: Omit<SeenCommit, 'endedAt'>): void {
  recorder.commits.push({ ...commit, endedAt: ++recorder.eventCount });
}

async function runClient(backend: Backend, recorder: Recorder, random: Random): Promise<void> {
  while (recorder.commitsLeft-- > 0) {
    if (random.chance(0.15)) await commitBlindly(backend, recorder, random);
    else
      await transact(backend, recorder, random).catch((error: unknown) => {
        if (!(error instanceof StateGoneError)) throw error;
        recorder.goneCount++;
      });
  }
}

const keyOf = (random: Random): string => `k${String(random.below(KEY_COUNT)).padStart(2, '0')}`;

function writesBy(random: Random, recorder: Recorder): Map<string, string | undefined> {
  const writes = new Map<string, string | undefined>();
  for (let i = random.below(4); i > 0; i--) {
    writes.set(keyOf(random), random.chance(0.3) ? undefined : `v${++recorder.eventCount}`);
  }
  return new Map([...writes].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function commitBlindly(backend: Backend, recorder: Recorder, random: Random): Promise<void> {
  const writes = writesBy(random, recorder);
  const startedAt = ++recorder.eventCount;
  const outcome = await backend.commit(commitOf(Object.fromEntries(writes)));
  note(recorder, {
    startedAt,
    snapshotVersion: undefined,
    reads: [],
    writes,
    version: outcome.isCommitted ? outcome.version : undefined,
  });
}

async function transact(backend: Backend, recorder: Recorder, random: Random): Promise<void> {
  const begun = ++recorder.eventCount;
  const snapshot = await snapshotOf(backend);
  try {
    await transactFrom(snapshot, { recorder, random, begun, backend });
  } finally {
    snapshot.close();
  }
}

interface Step {
  readonly recorder: Recorder;
  readonly random: Random;
  readonly begun: number;
}

async function transactFrom(
  snapshot: BackendSnapshot,
  { backend, recorder, random, begun }: Step & { readonly backend: Backend },
): Promise<void> {
  const reads = await readSome(snapshot, { recorder, random, begun });
  const writes = writesBy(random, recorder);
  const startedAt = ++recorder.eventCount;
  const outcome = await backend.commit(
    commitOf(Object.fromEntries(writes), {
      snapshot,
      reads: reads.map(([start, end]) =>
        end === `${start}\0` ? single(start) : between(start, end),
      ),
    }),
  );
  note(recorder, {
    startedAt,
    snapshotVersion: snapshot.version,
    reads,
    writes,
    version: outcome.isCommitted ? outcome.version : undefined,
  });
}

async function readSome(
  snapshot: BackendSnapshot,
  { recorder, random, begun }: Step,
): Promise<(readonly [string, string | undefined])[]> {
  const reads: (readonly [string, string | undefined])[] = [];
  for (let i = random.below(3); i > 0; i--) {
    const key = keyOf(random);
    await snapshot.get(single(key).start);
    reads.push([key, `${key}\0`]);
  }
  if (random.chance(0.3)) {
    const start = keyOf(random);
    const end = random.chance(0.2) ? undefined : `${start}~`;
    await rowsOf(snapshot, between(start, end), { isReverse: random.chance(0.5) });
    reads.push([start, end]);
  }
  if (random.chance(0.2)) {
    const rows = await rowsOf(snapshot, between(''), { rowCountMax: 1 + random.below(40) });
    recorder.snapshots.push({ startedAt: begun, version: snapshot.version, rows });
  }
  return reads;
}
