/**
 * Cutting the power at every operation of a scripted run.
 *
 * Owns: `StateChecker`, which opens what a crash left and compares it with what was promised, and
 * `explore`, which runs a script and sends every state of every moment through it, those of crashes
 * during the recovery from a crash included.
 *
 * What is checked of each state (design section 4, invariants 1 to 3):
 *   R1. It opens. A power cut damages nothing that was promised, so CorruptionError is a bug.
 *   R2. It holds the state after some prefix of the commit order: whole commits, no hole.
 *   R3. The prefix has every promised commit: acknowledged 'sync' ones after a power cut, all
 *       acknowledged ones after a kill; and none that had not begun.
 *   R4. Point reads, scans both ways and verify() agree.
 *   R5. It takes new commits, and after a close and an open holds both.
 *
 * Equal states are opened once: the recovered prefix depends on the files alone.
 *
 * Suspension: everything here suspends.
 */
import * as zlib from 'node:zlib';
import { open } from '../../src/db/open.ts';
import { type TuningOptions } from '../../src/base/options.ts';
import { type Vfs } from '../../src/vfs/vfs.ts';
import { type CommitOracle } from './commit-oracle.ts';
import { CRASH_MODES, type CrashMode, type CrashVfs } from './crash-vfs.ts';
import {
  CrashSession,
  DIRECTORY,
  type Moment,
  openOptions,
  type SessionOptions,
  type TestDatabase,
} from './crash-session.ts';
import { ManualClock } from './manual-clock.ts';
import { makeRandom } from './prng.ts';
import { settled } from './settle.ts';

/** A state that breaks a promise. Its message says how to get it again. */
export class BrokenPromiseError extends Error {}

export interface CheckerOptions {
  readonly tuning?: TuningOptions | undefined;
  /** One in so many opened states is also written, closed and opened again (R5); default 4. */
  readonly continueEvery?: number;
  /** What lies between the recovering engine and the disk. */
  readonly wrap?: ((vfs: Vfs) => Vfs) | undefined;
}

export interface Tally {
  /** Moments at which the run was interrupted. */
  momentCount: number;
  /** States made of them. */
  stateCount: number;
  /** Of those, how many were different, and so opened. */
  openedCount: number;
  /** Of those, how many were also written, closed and opened again. */
  continuedCount: number;
  /** Crashes inside the recovery from a crash, as states. */
  nestedCount: number;
}

export function emptyTally(): Tally {
  return { momentCount: 0, stateCount: 0, openedCount: 0, continuedCount: 0, nestedCount: 0 };
}

/** A state of the disk and what it must and may hold. */
export interface Suspect {
  readonly disk: CrashVfs;
  readonly oracle: CommitOracle;
  readonly floor: number;
  readonly ceiling: number;
  /** How it came about. */
  readonly story: string;
}

export class StateChecker {
  readonly tally: Tally;
  readonly #options: CheckerOptions;
  /** Which prefixes a state with this fingerprint was found to hold. */
  readonly #known = new WeakMap<CommitOracle, Map<string, readonly number[]>>();

  constructor(tally: Tally, options: CheckerOptions = {}) {
    this.tally = tally;
    this.#options = options;
  }

  /** How many commits the state holds; throws BrokenPromiseError when that is not as promised. */
  async check(suspect: Suspect): Promise<number> {
    const { disk, oracle, floor, ceiling, story } = suspect;
    this.tally.stateCount++;
    let known = this.#known.get(oracle);
    if (known === undefined) this.#known.set(oracle, (known = new Map<string, number[]>()));
    const fingerprint = fingerprintOf(disk);
    let counts = known.get(fingerprint);
    if (counts === undefined) {
      try {
        counts = await this.#recover(disk, oracle);
      } catch (error) {
        throw new BrokenPromiseError(`${describe(error)}\n  after ${story}`, { cause: error });
      }
      known.set(fingerprint, counts);
    }
    const count = counts.findLast((each) => each <= ceiling); // equal states: the kindest reading
    if (count === undefined || count < floor) {
      throw new BrokenPromiseError(
        `Recovered ${counts.join(' or ')} commits, promised ${floor} of ${ceiling}\n  after ${story}`,
      );
    }
    return count;
  }

  /** R1, R2, R4 and perhaps R5. */
  async #recover(disk: CrashVfs, oracle: CommitOracle): Promise<readonly number[]> {
    const clock = new ManualClock();
    const { tuning } = this.#options;
    const vfs = this.#options.wrap?.(disk) ?? disk;
    const reopen = async (): Promise<TestDatabase> =>
      settled('open', open(DIRECTORY, openOptions(vfs, clock, tuning)) as Promise<TestDatabase>);
    let db = await reopen();
    const index = this.tally.openedCount++;
    const found = await readEverything(db, oracle);
    const counts = oracle.countsOf(found);
    if (counts.length === 0)
      throw new Error(`No prefix of the commits: ${differences(found, oracle)}`);
    if (index % (this.#options.continueEvery ?? 4) === 0) {
      this.tally.continuedCount++;
      const after = oracle.forkAt(counts[0]!, 0); // not empty: checked above
      await writeMore(db, after);
      await settled('close', db.close());
      db = await reopen();
      expectEqualStates(await readEverything(db, after), after);
    }
    await settled('close', db.close());
    return counts;
  }
}

/** R4. Reads all there is in three ways, which must agree. */
async function readEverything(
  db: TestDatabase,
  oracle: CommitOracle,
): Promise<Map<string, Uint8Array>> {
  const entries = await settled('scan', db.entries().all());
  const found = new Map(entries);
  const reverse = await settled('reverse scan', db.entries({ reverse: true }).all());
  reverse.reverse();
  if (found.size !== entries.length || !areEqualEntries(entries, reverse)) {
    throw new Error(`Scans disagree: forward=${keysOf(entries)} reverse=${keysOf(reverse)}`);
  }
  for (const key of new Set([...found.keys(), ...oracle.state.keys(), 'absent'])) {
    const value = db.getSync(key);
    const expected = found.get(key);
    if (value === undefined ? expected !== undefined : !areEqual(value, expected)) {
      throw new Error(
        `getSync disagrees with the scan: key=${key.slice(0, 40)} ` +
          `get=${text(value)} scan=${text(expected)}`,
      );
    }
  }
  const report = await settled('verify', db.verify());
  if (!report.isSound) throw new Error(`verify found ${JSON.stringify(report.problems)}`);
  return found;
}

/** R5, first half. */
async function writeMore(db: TestDatabase, oracle: CommitOracle): Promise<void> {
  const value = new Uint8Array(Buffer.from('written after the crash'));
  const first = [...oracle.state.keys()][0] ?? 'k00';
  oracle.begin([{ type: 'put', key: 'after', value }]);
  const put = db.put('after', value);
  const operations = [
    { type: 'del', key: first },
    { type: 'put', key: 'zz-after', value },
  ] as const;
  oracle.begin(operations);
  await settled('commits after the crash', Promise.all([put, db.batch(operations)]));
}

function expectEqualStates(found: ReadonlyMap<string, Uint8Array>, oracle: CommitOracle): void {
  if (oracle.countsOf(found).includes(oracle.count)) return;
  throw new Error(`Commits after the crash are not all there: ${differences(found, oracle)}`);
}

export interface ExploreOptions extends SessionOptions {
  readonly name: string;
  /** Seeds of crash states for each moment and mode; default 1. */
  readonly seedCount?: number;
  readonly modes?: readonly CrashMode[];
  /** One in so many moments is recovered with crashes during the recovery; default 32, Infinity: none. */
  readonly nestEvery?: number;
  readonly continueEvery?: number;
  /** Share of the operations that a moment is taken before, drawn by the seed; default 1: all. */
  readonly momentShare?: number;
  /** What lies between a recovering engine and the disk. */
  readonly wrapRecovery?: (vfs: Vfs) => Vfs;
}

/** Creation has no second chance: these moments are always recovered from with crashes. */
const NESTED_FIRST_COUNT = 4;

export type Script = (session: CrashSession) => Promise<void>;

/** Runs the script and checks every crash of every moment. Throws at the first broken promise. */
export async function explore(script: Script, options: ExploreOptions): Promise<Tally> {
  const tally = emptyTally();
  const checker = new StateChecker(tally, {
    tuning: options.tuning,
    wrap: options.wrapRecovery,
    ...(options.continueEvery === undefined ? {} : { continueEvery: options.continueEvery }),
  });
  const moments: Moment[] = [];
  const draw = makeRandom((options.seed ?? 1) ^ 0x5eed);
  const session = new CrashSession({
    ...options,
    isTaken: () => draw.chance(options.momentShare ?? 1),
    onMoment: (moment) => moments.push(moment),
  });
  await script(session);
  moments.push(session.momentNow());
  for (const [index, moment] of moments.entries()) {
    const story = `${options.name}, seed ${options.seed ?? 1}, before ${moment.before}`;
    await checkMoment(checker, moment, story, options, index);
    tally.momentCount++;
    const nestEvery = options.nestEvery ?? 32;
    if (nestEvery !== Infinity && (index < NESTED_FIRST_COUNT || index % nestEvery === 0)) {
      await crashInRecovery(checker, moment, story, options, index, true);
      await crashInRecovery(checker, moment, story, options, index, false);
    }
  }
  return tally;
}

/** Every mode and seed of a power cut, and a kill. */
async function checkMoment(
  checker: StateChecker,
  { disk, oracle, bounds }: Moment,
  story: string,
  options: ExploreOptions,
  salt: number,
): Promise<void> {
  const { ceiling } = bounds;
  for (const mode of options.modes ?? CRASH_MODES) {
    const isCertain = mode === 'synced-only' || mode === 'everything';
    const seedCount = isCertain ? 1 : (options.seedCount ?? 1);
    for (let i = 0; i < seedCount; i++) {
      const seed = ((options.seed ?? 1) * 1_000_003 + salt) * 101 + i;
      await checker.check({
        disk: disk.crash({ mode, seed }),
        oracle,
        floor: bounds.syncFloor,
        ceiling,
        story: `${story}: power cut, mode ${mode}, seed ${seed}`,
      });
    }
  }
  const floor = bounds.processFloor;
  await checker.check({ disk: disk.kill(), oracle, floor, ceiling, story: `${story}: kill` });
}

/** Recovers from a crash, and crashes at every operation of that and of what is written next. */
async function crashInRecovery(
  checker: StateChecker,
  moment: Moment,
  story: string,
  options: ExploreOptions,
  salt: number,
  isKill: boolean,
): Promise<void> {
  const random = makeRandom((options.seed ?? 1) * 7919 + salt);
  const mode = random.pick(CRASH_MODES);
  const seed = random.next();
  const disk = isKill ? moment.disk.kill() : moment.disk.crash({ mode, seed });
  const how = isKill ? 'kill' : `power cut, mode ${mode}, seed ${seed}`;
  const first = `${story}: ${how}`;
  const floor = isKill ? moment.bounds.processFloor : moment.bounds.syncFloor;
  const { ceiling } = moment.bounds;
  const { oracle: before } = moment;
  const count = await checker.check({
    disk: disk.kill(), // a copy: recovery changes it
    oracle: before,
    floor,
    ceiling,
    story: first,
  });
  // After a power cut all that is there is durable; after a kill only what was promised is.
  const oracle = before.forkAt(count, isKill ? moment.bounds.syncFloor : count);
  const nested: Moment[] = [];
  const { wrap, tuning } = options;
  const session = new CrashSession(
    {
      ...(wrap === undefined ? {} : { wrap }),
      ...(tuning === undefined ? {} : { tuning }),
      onMoment: (each) => nested.push(each),
      seed,
    },
    disk,
    oracle,
  );
  await session.open();
  session.put('k01', 'os');
  session.put('nested', 'sync');
  await session.settle();
  session.put('k02', 'os');
  await session.close();
  nested.push(session.momentNow());
  const stateCount = checker.tally.stateCount;
  for (const [index, each] of nested.entries()) {
    const then = `${first}, then before ${each.before}`;
    await checkMoment(checker, each, then, { ...options, seedCount: 1 }, index);
  }
  checker.tally.nestedCount += checker.tally.stateCount - stateCount;
}

let scratch = new Uint8Array(1024 * 1024);

/** Names and contents of all files, reduced to a line. */
function fingerprintOf(disk: CrashVfs): string {
  if (!disk.exists(DIRECTORY)) return 'absent';
  const parts = disk
    .list(DIRECTORY)
    .sort()
    .map((name) => {
      const file = disk.open(`${DIRECTORY}/${name}`, 'read');
      const size = file.sizeSync();
      if (size > scratch.length) scratch = new Uint8Array(2 * size);
      file.readSync(scratch, 0, size, 0);
      file.closeSync();
      return `${name}=${size}:${zlib.crc32(scratch.subarray(0, size))}`;
    });
  return parts.join(' ');
}

function differences(found: ReadonlyMap<string, Uint8Array>, oracle: CommitOracle): string {
  const lines: string[] = [];
  for (const key of new Set([...found.keys(), ...oracle.state.keys()])) {
    const value = found.get(key);
    const expected = oracle.state.get(key);
    if (value !== undefined && expected !== undefined && areEqual(value, expected)) continue;
    lines.push(`${key.slice(0, 20)}: found ${text(value)}, last written ${text(expected)}`);
  }
  return lines.slice(0, 12).join('; ');
}

function text(value: Uint8Array | undefined): string {
  return value === undefined ? 'nothing' : Buffer.from(value.subarray(0, 24)).toString('latin1');
}

function keysOf(entries: readonly (readonly [string, Uint8Array])[]): string {
  return entries.map(([key]) => key.slice(0, 20)).join(',');
}

function areEqual(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && Buffer.compare(a, b) === 0;
}

function areEqualEntries(
  left: readonly (readonly [string, Uint8Array])[],
  right: readonly (readonly [string, Uint8Array])[],
): boolean {
  return (
    left.length === right.length &&
    left.every(([key, value], i) => key === right[i]?.[0] && areEqual(value, right[i][1]))
  );
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

export function addTally(total: Tally, part: Tally): void {
  total.momentCount += part.momentCount;
  total.stateCount += part.stateCount;
  total.openedCount += part.openedCount;
  total.continuedCount += part.continuedCount;
  total.nestedCount += part.nestedCount;
}
