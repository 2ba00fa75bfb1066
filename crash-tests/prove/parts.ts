/**
 * The parts of `make prove`.
 *
 * Owns: for each part its command, what makes it long and what makes it quick, and how much of what it must at least
 * have tried: a part that did nothing, and so found nothing, fails.
 *
 * Each program prints one or more proof lines (test/support/proof-line.ts). Runs of the test runner are counted in
 * tests as well.
 */

export type Mode = 'long' | 'quick';

export interface Variant {
  readonly env: Readonly<Record<string, string>>;
  /** By the names of the proof lines, and `tests`. */
  readonly atLeast: Readonly<Record<string, number>>;
}

export interface Part {
  readonly name: string;
  /** Its subject, for the reader of the log. */
  readonly claim: string;
  /** A program of this repository, or tests by path. */
  readonly run: { readonly program: string } | { readonly tests: readonly string[] };
  /** The name under which its tests are counted, when each of them is one case. */
  readonly testsAre?: string;
  readonly variants: Readonly<Record<Mode, Variant>>;
}

export const PARTS: readonly Part[] = [
  {
    name: 'power-loss',
    claim: 'a power cut at any operation leaves a prefix with all that was promised',
    run: { program: 'crash-tests/power-loss.ts' },
    variants: {
      long: { env: { VARVE_CRASH_STATES: '100000' }, atLeast: { 'crash states': 100_000 } },
      quick: { env: { VARVE_CRASH_STATES: '1000' }, atLeast: { 'crash states': 1000 } },
    },
  },
  {
    name: 'faults',
    claim: 'every operation of the file system may fail, and nothing acknowledged is lost',
    run: { tests: ['test/crash/faults.test.ts', 'test/engine/upkeep/worker-failures.test.ts'] },
    variants: {
      long: { env: { VARVE_FAULTS: 'all' }, atLeast: { faults: 5000, tests: 150 } },
      quick: { env: {}, atLeast: { faults: 400, tests: 150 } },
    },
  },
  {
    name: 'model',
    claim: 'the engine answers as a sorted map of versions does, under every option set',
    run: { tests: ['test/model/model.test.ts', 'test/regress'] },
    variants: {
      long: {
        env: { VARVE_MODEL: 'all', VARVE_MODEL_RUNS: '100' },
        atLeast: { histories: 900, steps: 900_000 },
      },
      quick: { env: { VARVE_MODEL_RUNS: '1' }, atLeast: { histories: 10 } },
    },
  },
  {
    name: 'metamorphic',
    claim: 'one history reads the same under every option set',
    run: { tests: ['test/model/metamorphic.test.ts'] },
    variants: {
      long: { env: { VARVE_METAMORPHIC: 'all' }, atLeast: { 'option sets': 30 } },
      quick: { env: {}, atLeast: { 'option sets': 6 } },
    },
  },
  {
    name: 'isolation',
    claim:
      'no history has an anomaly that its isolation level forbids; each anomaly is tried by name',
    run: { tests: ['test/isolation'] },
    variants: {
      long: {
        env: { ISOLATION_RUNS: '1000', ISOLATION_TRANSACTIONS: '20000' },
        atLeast: { histories: 2000, tests: 50 },
      },
      quick: { env: { ISOLATION_RUNS: '30' }, atLeast: { histories: 60, tests: 50 } },
    },
  },
  {
    name: 'fuzz',
    claim: 'decoders refuse damaged bytes by name, or decode what they say',
    run: { tests: ['test/fuzz'] },
    variants: {
      long: { env: { FUZZ_INPUTS: '1000000' }, atLeast: { 'fuzz inputs': 8_000_000 } },
      quick: { env: { FUZZ_INPUTS: '2000' }, atLeast: { 'fuzz inputs': 16_000 } },
    },
  },
  {
    name: 'soak',
    claim: 'under load that never rests, memory and files stay bounded, and kills lose nothing',
    run: { program: 'crash-tests/soak.ts' },
    variants: {
      long: { env: { MINUTES: '30', SOAK_SECONDS: '' }, atLeast: { 'kill rounds': 10 } },
      quick: { env: { SOAK_SECONDS: '20' }, atLeast: { 'kill rounds': 1 } },
    },
  },
  {
    name: 'damage',
    claim: 'every flipped bit, cut, lost and swapped file is noticed or harmless',
    run: { tests: ['test/crash/damage.test.ts'] },
    variants: {
      long: {
        env: { VARVE_DAMAGE: 'all' },
        atLeast: { 'bits flipped': 15_000, 'files cut': 1900 },
      },
      quick: { env: {}, atLeast: { 'bits flipped': 1000, 'files cut': 500 } },
    },
  },
  {
    name: 'canaries',
    claim: 'each planted bug is found',
    run: { tests: ['test/crash/canaries.test.ts'] },
    testsAre: 'canaries',
    variants: {
      long: { env: {}, atLeast: { canaries: 12 } },
      quick: { env: {}, atLeast: { canaries: 12 } },
    },
  },
  {
    name: 'kill9',
    claim: 'a process killed with -9 leaves a prefix with every acknowledged commit',
    run: { program: 'crash-tests/kill9.ts' },
    variants: {
      long: { env: { ROUNDS: '1000' }, atLeast: { 'kill rounds': 1000 } },
      quick: { env: { ROUNDS: '20' }, atLeast: { 'kill rounds': 20 } },
    },
  },
  {
    name: 'indexes',
    claim: 'a power cut or a fault leaves rows and index entries that agree',
    run: { tests: ['test/indexes'] },
    variants: {
      long: { env: { VARVE_INDEX_CUTS: 'all' }, atLeast: { tests: 30 } },
      quick: { env: {}, atLeast: { tests: 30 } },
    },
  },
  {
    name: 'history',
    claim: 'streams show each commit once, in order, and none that a crash takes back',
    run: { tests: ['test/crash/history.test.ts', 'test/engine/history'] },
    variants: {
      long: { env: { VARVE_HISTORY_CUTS: 'all' }, atLeast: { tests: 20 } },
      quick: { env: {}, atLeast: { tests: 20 } },
    },
  },
  {
    name: 'encryption',
    claim:
      'nothing is readable without the key, no nonce comes twice, and what was moved is refused',
    run: { tests: ['test/encryption'] },
    variants: {
      long: { env: { VARVE_KEY_CUTS: 'all' }, atLeast: { tests: 50 } },
      quick: { env: {}, atLeast: { tests: 50 } },
    },
  },
  {
    name: 'backups',
    claim: 'each commit that was shipped is restored, and no backup only looks whole',
    run: { tests: ['test/backup'] },
    variants: {
      long: { env: { LOST_ROUNDS: '200' }, atLeast: { tests: 40 } },
      quick: { env: {}, atLeast: { tests: 40 } },
    },
  },
  {
    name: 'followers',
    claim: 'a reader in another process shows no commit that recovery lacks, and changes no byte',
    run: { program: 'crash-tests/followers.ts' },
    variants: {
      long: { env: { ROUNDS: '300' }, atLeast: { 'writer rounds': 300 } },
      quick: { env: { ROUNDS: '4' }, atLeast: { 'writer rounds': 4 } },
    },
  },
  {
    name: 'threads',
    claim: 'attached threads see whole commits in order, and one that dies leaves nothing behind',
    run: { tests: ['test/threads'] },
    variants: {
      long: { env: { THREAD_ROUNDS: '6000', THREAD_KILLS: '2000' }, atLeast: { tests: 55 } },
      quick: { env: {}, atLeast: { tests: 55 } },
    },
  },
  {
    name: 'migrations',
    claim:
      'a move between backends that is cut off anywhere goes on, and ends with both ends equal',
    run: { tests: ['test/migrate/migrate.test.ts'] },
    variants: {
      long: { env: { MIGRATE_RUNS: '60' }, atLeast: { tests: 14 } },
      quick: { env: { MIGRATE_RUNS: '2' }, atLeast: { tests: 14 } },
    },
  },
  {
    name: 'graph-kills',
    claim:
      'a process killed amid the load of a graph loses no acknowledged node, edge or index entry',
    run: { program: 'crash-tests/graph-kills.ts' },
    variants: {
      long: { env: { ROUNDS: '200' }, atLeast: { 'kill rounds': 200 } },
      quick: { env: { ROUNDS: '5' }, atLeast: { 'kill rounds': 5 } },
    },
  },
];
