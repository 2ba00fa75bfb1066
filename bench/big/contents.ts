/**
 * Writing a history into a database, and reading all of it back.
 *
 * Owns: what is compared. Scans must deliver every key that is there, in order, and nothing else; each point read must
 * find the newest value, or nothing. Differences are counted, and the first few are described.
 *
 * Suspension: `fill` and the checks suspend between windows of calls, and say so through `onWindow`: memory is sampled
 * there.
 */
import type { Database } from '../../src/api/database.ts';
import type { History } from './history.ts';

export type BigDatabase = Pick<
  Database,
  'put' | 'del' | 'get' | 'getSync' | 'getMany' | 'entries' | 'has'
>;

const FILL_WINDOW_COUNT = 1000;
const READ_WINDOW_COUNT = 100;
const DESCRIBED_COUNT_MAX = 10;
/** A scan waits for the loop once in so many entries, so that nothing starves beside it. */
const SCAN_CHUNK_COUNT = 1000;
/** One missing key is read for so many stored ones. */
const MISSING_STEP = 10;

/** Differences from the model. */
export class Differences {
  #count = 0;
  readonly #described: string[] = [];

  get count(): number {
    return this.#count;
  }

  get described(): readonly string[] {
    return this.#described;
  }

  add(where: string, what: string): void {
    this.#count++;
    if (this.#described.length < DESCRIBED_COUNT_MAX) this.#described.push(`${where}: ${what}`);
  }

  /** Compares what was read for key `index` with the model. */
  compare(where: string, history: History, index: number, found: Uint8Array | undefined): void {
    const expected = history.expected(index);
    if (expected === undefined && found === undefined) return;
    if (expected === undefined) {
      this.add(where, `a key is there that should not be: key=${2 * index}`);
    } else if (found === undefined) {
      this.add(where, `a key is missing: key=${2 * index} length=${expected.length}`);
    } else if (Buffer.compare(found, expected) !== 0) {
      this.add(where, `a value is wrong: key=${2 * index} length=${found.length}`);
    }
  }
}

/** Puts and deletes everything, in windows of calls that do not wait for each other. */
export async function fill(db: BigDatabase, history: History, onWindow: () => void): Promise<void> {
  const window: Promise<void>[] = [];
  const options = { durability: 'os' } as const;
  while (!history.isFinished) {
    for (let i = 0; i < FILL_WINDOW_COUNT && !history.isFinished; i++) {
      history.next(({ kind, key, value }) => {
        window.push(kind === 'put' ? db.put(key, value, options) : db.del(key, options));
      });
    }
    await Promise.all(window);
    window.length = 0;
    onWindow();
  }
}

/** One scan over everything. */
export async function checkScan(
  db: BigDatabase,
  history: History,
  differences: Differences,
  { reverse, onWindow }: { readonly reverse: boolean; readonly onWindow: () => void },
): Promise<number> {
  const where = reverse ? 'reverse scan' : 'scan';
  const step = reverse ? -1 : 1;
  let next = reverse ? history.keyCount - 1 : 0;
  let count = 0;
  const skipTo = (index: number): void => {
    for (; reverse ? next > index : next < index; next += step) {
      if (history.isPresent(next)) differences.add(where, `a key is missing: key=${2 * next}`);
    }
  };
  const scan = db.entries({ reverse });
  for (;;) {
    const entries = await scan.nextMany(SCAN_CHUNK_COUNT);
    if (entries.length === 0) break;
    for (const [key, value] of entries) {
      count++;
      const index = history.indexOf(key);
      if (index === undefined) {
        differences.add(where, `a key was never written: key=${Buffer.from(key).toString('hex')}`);
        continue;
      }
      if (reverse ? index > next : index < next) {
        differences.add(where, `a key is out of order or comes twice: key=${2 * index}`);
        continue;
      }
      skipTo(index);
      differences.compare(where, history, index, value);
      next += step;
    }
    onWindow();
  }
  skipTo(reverse ? -1 : history.keyCount);
  return count;
}

/** Every key once, far from key order, by `get`, `getSync` and `getMany` in turn; and keys that are missing. */
export async function checkPoints(
  db: BigDatabase,
  history: History,
  differences: Differences,
  onWindow: () => void,
): Promise<number> {
  const { keyCount } = history;
  const stride = strideOf(keyCount);
  let count = 0;
  for (let first = 0; first < keyCount; first += READ_WINDOW_COUNT) {
    const length = Math.min(READ_WINDOW_COUNT, keyCount - first);
    const indexes = Array.from({ length }, (_, i) => ((first + i) * stride) % keyCount);
    const way = READ_WAYS[(first / READ_WINDOW_COUNT) % READ_WAYS.length]!; // within its length
    const found = await way.read(db, history, indexes);
    for (const [i, index] of indexes.entries()) {
      differences.compare(way.name, history, index, found[i]);
      count++;
      if (index % MISSING_STEP !== 0) continue;
      const isThere = db.getSync(history.missingKey(index)) !== undefined;
      if (isThere) differences.add(way.name, `a key was never written: key=${2 * index + 1}`);
    }
    onWindow();
  }
  return count;
}

interface ReadWay {
  readonly name: string;
  readonly read: (
    db: BigDatabase,
    history: History,
    indexes: readonly number[],
  ) => Promise<(Uint8Array | undefined)[]>;
}

const READ_WAYS: readonly ReadWay[] = [
  {
    name: 'get',
    read: (db, history, indexes) => Promise.all(indexes.map((index) => db.get(history.key(index)))),
  },
  {
    name: 'getSync',
    read: (db, history, indexes) =>
      Promise.resolve(indexes.map((index) => db.getSync(history.key(index)))),
  },
  {
    name: 'getMany',
    read: (db, history, indexes) => db.getMany(indexes.map((index) => history.key(index).slice())),
  },
];

/** About the golden section of `count`, with no common divisor: steps of it visit every number below once. */
function strideOf(count: number): number {
  let stride = Math.max(1, Math.floor(count * 0.618));
  while (divisorOf(stride, count) !== 1) stride++;
  return stride;
}

function divisorOf(a: number, b: number): number {
  return b === 0 ? a : divisorOf(b, a % b);
}
