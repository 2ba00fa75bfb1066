/**
 * The crash checker: the verdict on the state that a crash left.
 *
 * Owns: `StateChecker`, which opens a state of the disk and compares it with what was promised.
 *
 * Checks of each state, as docs/durability.md promises it:
 *   R1. It opens. A power cut damages nothing that was promised, so CorruptionError is a bug.
 *   R2. It holds the state after some prefix of the commit order: whole commits, no hole.
 *   R3. The prefix has every promised commit: acknowledged 'sync' ones after a power cut, all
 *       acknowledged ones after a kill; and none that had not begun.
 *   R4. Point reads, scans both ways and verify() agree.
 *   R5. It takes new commits, and after a close and an open holds both.
 *   R6. hasCommitted() knows the ids of the commits in the prefix, and no others; a commit that is
 *       tried again with its id is applied if it was not there.
 *
 * And of each checkpoint that had begun (checkpoint/whole-prefix, checkpoint/current-last):
 *   C1. Where CURRENT is, there is a whole database: R1, R2, R4 and R5 hold for it. Its prefix has
 *       every commit that was acknowledged before the call, and none that began after it.
 *   C2. A checkpoint that had resolved is such a database, after a power cut too.
 *   C3. Where CURRENT is not, `open` finds no database to open. What it would create one over is as
 *       good as empty; over a table it refuses with CorruptionError.
 *   C4. Source and copy do not disturb each other: both are opened, and written to, on one disk,
 *       in either order.
 *
 * Equal states are opened once: the recovered prefix depends on the files alone.
 *
 * Suspension: everything here suspends.
 */
import { CorruptionError, InvalidArgumentError } from '../../src/base/errors.ts';
import { open } from '../../src/api/open.ts';
import { type Vfs } from '../../src/vfs/vfs.ts';
import { type CommitOracle } from './commit-oracle.ts';
import { expectAll, fingerprintOf, prefixesIn, writeMore } from './crash-content.ts';
import {
  type CopyClaim,
  type CrashTuning,
  DIRECTORY,
  openOptions,
  type TestDatabase,
} from './crash-session.ts';
import { type CrashVfs } from './crash-vfs.ts';
import { ManualClock } from './manual-clock.ts';
import { settled } from './settle.ts';

/** A state that breaks a promise. Its message says how to get it again. */
export class BrokenPromiseError extends Error {}

export interface CheckerOptions {
  readonly tuning?: CrashTuning | undefined;
  /** One in so many opened states is also written, closed and opened again (R5); default 4. */
  readonly continueEvery?: number;
  /** The Vfs between the recovering engine and the disk. */
  readonly wrap?: ((vfs: Vfs) => Vfs) | undefined;
}

export interface Tally {
  /** Moments at which the run was interrupted. */
  momentCount: number;
  /** States made of them. */
  stateCount: number;
  /** How many of these were different, and so opened. */
  openedCount: number;
  /** How many of these were also written, closed and opened again. */
  continuedCount: number;
  /** Crashes inside the recovery from a crash, as states. */
  nestedCount: number;
  /** Different states of checkpoints: those that were a database, and those that were none. */
  copyCount: number;
  noCopyCount: number;
}

export function emptyTally(): Tally {
  return {
    momentCount: 0,
    stateCount: 0,
    openedCount: 0,
    continuedCount: 0,
    nestedCount: 0,
    copyCount: 0,
    noCopyCount: 0,
  };
}

export function addTally(total: Tally, part: Tally): void {
  for (const name of Object.keys(total) as (keyof Tally)[]) total[name] += part[name];
}

/** A state of the disk and what it must and may hold. */
export interface Suspect {
  readonly disk: CrashVfs;
  readonly oracle: CommitOracle;
  readonly floor: number;
  readonly ceiling: number;
  readonly copies: readonly CopyClaim[];
  /** How it came about. */
  readonly story: string;
}

type Counts = readonly number[];

const RETENTIONS_MS = [86_400_000, 1000, 1001, 172_800_000, 315_360_000_000];
const WALL_ERRORS_MS = [0, 40_000_000_000, -1_700_000_000_000];

/** The mark of a copy that is no database. */
const NO_DATABASE: Counts = [];

export class StateChecker {
  readonly tally: Tally;
  readonly #options: CheckerOptions;
  /** Which prefixes a directory with this fingerprint was found to hold. */
  readonly #known = new WeakMap<CommitOracle, Map<string, Counts>>();

  constructor(tally: Tally, options: CheckerOptions = {}) {
    this.tally = tally;
    this.#options = options;
  }

  /** How many commits the state holds; throws BrokenPromiseError when that is not as promised. */
  async check(suspect: Suspect): Promise<number> {
    const { disk, oracle, floor, ceiling, copies, story } = suspect;
    this.tally.stateCount++;
    const isSourceFirst = this.tally.stateCount % 2 === 0; // C4
    try {
      if (!isSourceFirst) for (const copy of copies) await this.#checkCopy(disk, copy);
      const counts = await this.#remembered(oracle, DIRECTORY, disk, () => {
        const index = this.tally.openedCount++;
        const isContinued = index % (this.#options.continueEvery ?? 4) === 0;
        return this.#recover(disk, DIRECTORY, oracle, isContinued);
      });
      if (isSourceFirst) for (const copy of copies) await this.#checkCopy(disk, copy);
      return within(counts, floor, ceiling);
    } catch (error) {
      throw new BrokenPromiseError(`${describe(error)}\n  after ${story}`, { cause: error });
    }
  }

  /** C1 to C3. */
  async #checkCopy(disk: CrashVfs, claim: CopyClaim): Promise<void> {
    const { directory, oracle, floor, ceiling, isDone } = claim;
    try {
      const counts = await this.#remembered(oracle, directory, disk, () => {
        if (!disk.exists(`${directory}/CURRENT`)) return this.#expectNoDatabase(disk, directory);
        this.tally.copyCount++;
        return this.#recover(disk, directory, oracle, true); // few differ: CURRENT comes last
      });
      if (counts !== NO_DATABASE) within(counts, floor, ceiling);
      else if (isDone) throw new Error('It had resolved, and is no database');
    } catch (error) {
      throw new Error(`Checkpoint ${directory}: ${describe(error)}`, { cause: error });
    }
  }

  /** C3. */
  async #expectNoDatabase(disk: CrashVfs, directory: string): Promise<Counts> {
    this.tally.noCopyCount++;
    const names = disk.exists(directory) ? disk.list(directory) : [];
    for (const createIfMissing of [false, true]) {
      const options = { ...this.#openOptions(disk.kill()), createIfMissing };
      let db: TestDatabase;
      try {
        db = await settled('open', open(directory, options) as Promise<TestDatabase>);
      } catch (error) {
        if (error instanceof CorruptionError) continue;
        if (!createIfMissing && error instanceof InvalidArgumentError) continue;
        throw error;
      }
      const entries = await settled('scan', db.entries().all());
      await settled('close', db.close());
      const table = names.find((name) => name.endsWith('.sst'));
      if (createIfMissing && table === undefined && entries.length === 0) continue;
      throw new Error(`open() takes it for a database: files=${names.join()}`);
    }
    return NO_DATABASE;
  }

  async #remembered(
    oracle: CommitOracle,
    directory: string,
    disk: CrashVfs,
    find: () => Promise<Counts>,
  ): Promise<Counts> {
    let known = this.#known.get(oracle);
    if (known === undefined) this.#known.set(oracle, (known = new Map<string, Counts>()));
    const fingerprint = `${directory} ${fingerprintOf(disk, directory)}`;
    let counts = known.get(fingerprint);
    if (counts === undefined) known.set(fingerprint, (counts = await find()));
    return counts;
  }

  /** R1, R2, R4 and perhaps R5. */
  async #recover(
    disk: CrashVfs,
    directory: string,
    oracle: CommitOracle,
    isContinued: boolean,
  ): Promise<Counts> {
    const options = this.#openOptions(disk);
    const reopen = async (): Promise<TestDatabase> =>
      settled('open', open(directory, options) as Promise<TestDatabase>);
    let db = await reopen();
    const counts = await prefixesIn(db, oracle);
    if (isContinued) {
      this.tally.continuedCount++;
      const after = oracle.forkAt(counts[0]!, 0); // not empty: prefixesIn() found one
      await writeMore(db, after);
      await settled('close', db.close());
      db = await reopen();
      await expectAll(db, after);
    }
    await settled('close', db.close());
    return counts;
  }

  /** Under another retention and at another time of day each: no id is forgotten for that (R6). */
  #openOptions(disk: CrashVfs): ReturnType<typeof openOptions> {
    const vfs = this.#options.wrap?.(disk) ?? disk;
    const clock = new ManualClock();
    const index = this.tally.openedCount;
    clock.wallErrorMs = WALL_ERRORS_MS[index % WALL_ERRORS_MS.length]!; // index below length
    const commitIdRetentionMs = RETENTIONS_MS[index % RETENTIONS_MS.length]!; // index below length
    return openOptions(vfs, clock, { commitIdRetentionMs, ...this.#options.tuning });
  }
}

/** R3. Equal states: the kindest reading. */
function within(counts: Counts, floor: number, ceiling: number): number {
  const count = counts.findLast((each) => each <= ceiling);
  if (count !== undefined && count >= floor) return count;
  throw new Error(`Recovered ${counts.join(' or ')} commits, promised ${floor} of ${ceiling}`);
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
