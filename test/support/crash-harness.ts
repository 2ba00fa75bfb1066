/**
 * The crash harness: cuts the power at every operation of a scripted run.
 *
 * Owns: `explore`, which runs a script and sends every state of every moment through the checker,
 * those of crashes during the recovery from a crash included. What is checked: crash-checker.ts.
 *
 * Suspension: everything here suspends.
 */
import { tossCoins } from '../../src/base/coin.ts';
import { crc32 } from '../../src/bytes/crc32.ts';
import { type Vfs } from '../../src/vfs/vfs.ts';
import { emptyTally, StateChecker, type Tally } from './crash-checker.ts';
import { CrashSession, type Moment, type SessionOptions } from './crash-session.ts';
import { CRASH_MODES, type CrashMode } from './crash-vfs.ts';
import { makeRandom } from './prng.ts';

export interface ExploreOptions extends SessionOptions {
  readonly name: string;
  /** Seeds of crash states for each moment and mode; default 1. */
  readonly seedCount?: number;
  readonly modes?: readonly CrashMode[];
  /** One in so many moments is recovered with crashes during the recovery; default 32, Infinity: none. */
  readonly nestEvery?: number;
  /** How many first moments are always recovered with crashes: creation has no second chance. Default 4. */
  readonly nestedFirstCount?: number;
  readonly continueEvery?: number;
  /** Share of the operations that a moment is taken before, drawn by the seed; default 1: all. */
  readonly momentShare?: number;
  /** The Vfs between a recovering engine and the disk. */
  readonly wrapRecovery?: (vfs: Vfs) => Vfs;
}

const NESTED_FIRST_COUNT = 4;

export type Script = (session: CrashSession) => Promise<void>;

const KEY = new Uint8Array(32).fill(0x5a);
/** One run in so many is of an encrypted database. */
const ENCRYPTED_EVERY = 3;

/** By seed and name, the run is of an encrypted database. */
function maybeEncrypted(options: ExploreOptions): ExploreOptions {
  const { name, seed = 1 } = options;
  const toss = (seed + crc32(Buffer.from(name))) % ENCRYPTED_EVERY;
  if (toss !== 0) return options;
  const tuning = { encryption: { key: KEY }, ...options.tuning };
  return { ...options, name: `${name}, encrypted`, tuning };
}

/**
 * Runs the script and checks every crash of every moment, with coins (base/coin.ts) by the same seed. Throws at the first
 * broken promise.
 */
export async function explore(script: Script, given: ExploreOptions): Promise<Tally> {
  const options = maybeEncrypted(given);
  tossCoins(options.seed ?? 1);
  try {
    return await exploreTossing(script, options);
  } finally {
    tossCoins();
  }
}

async function exploreTossing(script: Script, options: ExploreOptions): Promise<Tally> {
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
    const { nestEvery = 32, nestedFirstCount = NESTED_FIRST_COUNT } = options;
    if (nestEvery !== Infinity && (index < nestedFirstCount || index % nestEvery === 0)) {
      await crashInRecovery(checker, moment, story, options, index, true);
      await crashInRecovery(checker, moment, story, options, index, false);
    }
  }
  return tally;
}

/** Every mode and seed of a power cut, and a kill. */
async function checkMoment(
  checker: StateChecker,
  { disk, oracle, bounds, copies }: Moment,
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
        copies,
        story: `${story}: power cut, mode ${mode}, seed ${seed}`,
      });
    }
  }
  const floor = bounds.processFloor;
  const killed = { disk: disk.kill(), oracle, floor, ceiling, copies, story: `${story}: kill` };
  await checker.check(killed);
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
  const { oracle: before, copies } = moment;
  const count = await checker.check({
    disk: disk.kill(), // a copy: recovery changes it
    oracle: before,
    floor,
    ceiling,
    copies,
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
    copies,
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
