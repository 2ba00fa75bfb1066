/**
 * Seeded histories.
 *
 * Owns: which steps a random history takes and how often, and the small universe of keys that makes them
 * meet: the empty key, zero and 0xff bytes, shared prefixes, long keys.
 *
 * Suspension: every function here is synchronous.
 */
import { CRASH_MODES } from '../support/crash-vfs.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import {
  type Bounds,
  type Durability,
  type Key,
  LOCK_KINDS,
  READ_KINDS,
  ROW_KINDS,
  type ScanShape,
  type Step,
  STEP_KINDS,
  type TransactionMode,
  type Value,
  type View,
  type Write,
} from './step.ts';

export const SLOT_COUNT = 3;
/** About as long as most entries that expire live; and sometimes longer than all of them. */
const WAIT_MS_MAX = 60;
const LONG_WAIT_MS_MAX = 1000;

const BEGUN_MODES: readonly TransactionMode[] = [
  ...Array.from({ length: 4 }, () => 'snapshot' as const),
  ...Array.from({ length: 4 }, () => 'serializable' as const),
  'readOnly',
  ...Array.from({ length: 3 }, () => 'pessimistic' as const),
  'pessimisticSerializable',
];

export interface HistoryOptions {
  readonly seed: number;
  readonly stepCount: number;
  /** Power cuts too: what was acknowledged as `os` may then be lost. */
  readonly hasCrashes: boolean;
  /** Share of values of 100 KiB; they fill the memtables. */
  readonly hugeShare: number;
  /** Mostly transactions, over so few keys that what one reads and another writes nearly always touches. */
  readonly isContended?: boolean;
}

export function makeHistory(options: HistoryOptions): Step[] {
  const random = makeRandom(options.seed);
  const maker = new StepMaker(random, options);
  return Array.from({ length: options.stepCount }, () => maker.step());
}

function makeUniverse(random: Random): Key[] {
  const keys: Key[] = [
    '',
    '\0',
    '\0\0',
    '\0\x01',
    '\xff',
    '\xff\xff',
    '\xff\0',
    'a',
    'a\0',
    'a\xff',
  ];
  for (let i = 0; i < 40; i++) keys.push(`user:${String(i).padStart(3, '0')}`);
  for (let i = 0; i < 12; i++) keys.push(`user:00${i % 3}:${i}`);
  for (let i = 0; i < 30; i++) keys.push(String(random.below(10 ** 9)).padStart(16, '0'));
  const stem = 'p'.repeat(300);
  for (let i = 0; i < 6; i++) keys.push(stem + String(i), stem.slice(0, 60 + i));
  for (let i = 0; i < 30; i++) {
    keys.push(Buffer.from(random.bytes(1 + random.below(12))).toString('latin1'));
  }
  keys.push('k'.repeat(5000), '\xff'.repeat(255));
  return keys;
}

const CONTENDED_KEYS: readonly Key[] = [
  '',
  'a',
  'a\0',
  'b',
  'c',
  'd',
  'e',
  'f',
  'g',
  'h',
  'p',
  'user:',
];

type Maker = () => Step;

class StepMaker {
  readonly #random: Random;
  readonly #keys: readonly Key[];
  readonly #isContended: boolean;
  readonly #hugeShare: number;
  readonly #makers: { readonly weight: number; readonly make: Maker }[];
  readonly #weightTotal: number;

  constructor(random: Random, { hasCrashes, hugeShare, isContended = false }: HistoryOptions) {
    this.#random = random;
    this.#keys = isContended ? CONTENDED_KEYS : makeUniverse(random);
    this.#isContended = isContended;
    this.#hugeShare = hugeShare;
    const weigh = (weight: number, make: Maker): { weight: number; make: Maker } => ({
      weight,
      make,
    });
    const slot = (): number => random.below(SLOT_COUNT);
    this.#makers = [
      weigh(isContended ? 8 : 30, () => ({
        do: 'write',
        durability: this.#durability(),
        write: this.#point(),
      })),
      weigh(isContended ? 0.5 : 4, () => ({
        do: 'write',
        durability: this.#durability(),
        write: this.#range(),
      })),
      weigh(isContended ? 1 : 9, () => this.#batch()),
      weigh(15, () => this.#read()),
      weigh(isContended ? 20 : 12, () => this.#scan()),
      weigh(2, () => ({ do: 'snapshot', slot: slot() })),
      weigh(1, () => ({ do: 'closeSnapshot', slot: slot() })),
      weigh(3, () => ({
        do: 'openScan',
        slot: slot(),
        view: this.#lastingView(),
        shape: this.#shape(),
      })),
      weigh(6, () => ({
        do: 'stepScan',
        slot: slot(),
        kind: random.pick(STEP_KINDS),
        count: 1 + random.below(8),
      })),
      weigh(1, () => ({ do: 'seekScan', slot: slot(), key: this.#key() })),
      weigh(1, () => ({ do: 'closeScan', slot: slot() })),
      weigh(isContended ? 10 : 5, () => this.#begin()),
      weigh(11, () => ({ do: 'tx', slot: slot(), write: this.#write() })),
      weigh(isContended ? 12 : 4, () => this.#lock()),
      weigh(1.5, () => ({ do: 'savepoint', slot: slot() })),
      weigh(1.5, () => ({ do: 'rollbackTo', slot: slot(), index: random.below(3) })),
      weigh(isContended ? 12 : 4, () => ({ do: 'commit', slot: slot() })),
      weigh(1, () => ({ do: 'rollback', slot: slot() })),
      weigh(4, () => this.#together()),
      weigh(isContended ? 2 : 1.5, () => this.#ingest()),
      weigh(3, () => ({
        do: 'wait',
        ms: 1 + random.below(random.chance(0.2) ? LONG_WAIT_MS_MAX : WAIT_MS_MAX),
      })),
      weigh(1.2, () => ({ do: 'flush' })),
      weigh(0.5, () => ({ do: 'compact', bounds: {} })),
      weigh(0.5, () => ({ do: 'compact', bounds: this.#bounds() })),
      weigh(0.5, () => ({ do: 'reopen' })),
      weigh(0.5, () => ({ do: 'kill' })),
      ...(hasCrashes ? [weigh(0.5, () => this.#crash())] : []),
    ];
    this.#weightTotal = this.#makers.reduce((total, { weight }) => total + weight, 0);
  }

  step(): Step {
    let rest = (this.#random.next() / 2 ** 32) * this.#weightTotal;
    for (const { weight, make } of this.#makers) {
      rest -= weight;
      if (rest < 0) return make();
    }
    return { do: 'flush' };
  }

  #key(): Key {
    return this.#random.pick(this.#keys);
  }

  #value(): Value {
    const random = this.#random;
    const seed = random.below(1000);
    if (random.chance(this.#hugeShare)) return `${seed}:${90_000 + random.below(20_000)}`;
    if (random.chance(0.1)) return `${seed}:0`;
    if (random.chance(0.1)) return `${seed}:${random.below(9000)}`;
    return `${seed}:${random.below(200)}`;
  }

  #durability(): Durability {
    return this.#random.chance(0.5) ? 'sync' : 'os';
  }

  #point(): Write {
    const key = this.#key();
    const kind = this.#random.below(10);
    if (kind < 2) return { op: 'update', key, salt: this.#random.below(1000) };
    return kind < 8 ? this.#put(key) : { op: 'del', key };
  }

  /** A third expires, and most of that before long: many steps pass between two waits. */
  #put(key: Key): Write {
    const { below, chance } = this.#random;
    const put = { op: 'put', key, value: this.#value() } as const;
    if (chance(0.6)) return put;
    return { ...put, ttlMs: chance(0.03) ? Infinity : 1 + below(chance(0.7) ? 60 : 600) };
  }

  #range(): Write {
    return { op: 'delRange', bounds: this.#deletedBounds() };
  }

  #write(): Write {
    return this.#random.chance(this.#isContended ? 0.97 : 0.88) ? this.#point() : this.#range();
  }

  /** Mostly small, or the database is empty most of the time. */
  #deletedBounds(): Bounds {
    const { chance, below } = this.#random;
    const kind = below(20);
    if (kind === 0) return {};
    if (kind === 1) return chance(0.5) ? { gt: this.#key() } : { lte: this.#key() };
    if (kind === 2) return { prefix: 'user:' };
    if (kind <= 5) return this.#bounds();
    if (kind <= 8) return { gte: this.#key(), lte: this.#key() }; // empty half of the time
    const sorted = [...this.#keys].sort();
    const start = below(sorted.length);
    const end = Math.min(sorted.length - 1, start + 1 + below(4));
    return { gte: sorted[start]!, lt: sorted[end]! }; // both in range
  }

  #bounds(): Bounds {
    const { chance, pick } = this.#random;
    const [low, high] = [this.#key(), this.#key()].sort() as [Key, Key];
    return {
      ...(chance(0.45) ? (chance(0.5) ? { gte: low } : { gt: low }) : {}),
      ...(chance(0.45) ? (chance(0.5) ? { lt: high } : { lte: high }) : {}),
      ...(chance(0.2) ? { prefix: pick(['user:', 'u', '0', 'p', '\xff', '', 'user:001']) } : {}),
    };
  }

  #shape(): ScanShape {
    const { chance, below } = this.#random;
    return {
      bounds: this.#bounds(),
      isReverse: chance(0.5),
      limit: chance(this.#isContended ? 0.7 : 0.3) ? below(this.#isContended ? 4 : 12) : undefined,
    };
  }

  #view(): View {
    const { chance, below } = this.#random;
    if (chance(this.#isContended ? 0.9 : 0.4)) return `t${below(SLOT_COUNT)}`;
    return this.#random.chance(0.5) ? 'db' : `s${below(SLOT_COUNT)}`;
  }

  /** A scan over a transaction does not outlive its next write. */
  #lastingView(): View {
    const { chance, below } = this.#random;
    return chance(0.7) ? 'db' : `s${below(SLOT_COUNT)}`;
  }

  #batch(): Step {
    const { below } = this.#random;
    const writes = Array.from({ length: below(10) }, () => this.#write());
    const first = writes[0];
    // The same key twice in one batch: the later operation counts.
    if (first?.op === 'put') writes.push(this.#put(first.key));
    return { do: 'batch', durability: this.#durability(), writes };
  }

  /** Some keys of a stretch of the universe, in order; none at times. */
  #ingest(): Step {
    const { below, chance } = this.#random;
    const sorted = [...this.#keys].sort();
    const start = below(sorted.length);
    const stretch = sorted.slice(start, start + 1 + below(chance(0.2) ? sorted.length : 12));
    const keys = stretch.filter((key, index) => key !== stretch[index - 1] && chance(0.7));
    return { do: 'ingest', rows: keys.map((key) => ({ key, value: this.#value() })) };
  }

  #read(): Step {
    const { pick, below } = this.#random;
    const kind = pick(READ_KINDS);
    const count = kind === 'getMany' ? 1 + below(6) : 1;
    return {
      do: 'read',
      kind,
      view: this.#view(),
      keys: Array.from({ length: count }, () => this.#key()),
    };
  }

  #scan(): Step {
    const { pick, chance, below } = this.#random;
    const seeks = Array.from({ length: chance(0.3) ? 1 + below(2) : 0 }, () => ({
      after: below(5),
      key: this.#key(),
    }));
    return {
      do: 'scan',
      kind: pick(STEP_KINDS),
      rows: pick(ROW_KINDS),
      view: this.#view(),
      shape: this.#shape(),
      seeks,
    };
  }

  #begin(): Step {
    return {
      do: 'begin',
      slot: this.#random.below(SLOT_COUNT),
      durability: this.#durability(),
      mode: this.#random.pick(BEGUN_MODES),
    };
  }

  /** Commits that are on their way at once, and transactions that begin between them. */
  #lock(): Step {
    const kind = this.#random.pick(LOCK_KINDS);
    const bounds = kind === 'range' ? this.#deletedBounds() : { gte: this.#key() };
    return { do: 'lock', slot: this.#random.below(SLOT_COUNT), kind, bounds };
  }

  #together(): Step {
    const { below } = this.#random;
    const steps = Array.from({ length: 2 + below(6) }, (): Step => {
      const kind = below(12);
      const slot = below(SLOT_COUNT);
      if (kind <= 1) return this.#batch();
      if (kind <= 3) return { do: 'commit', slot };
      if (kind === 4) return this.#begin();
      if (kind === 5) return { do: 'tx', slot, write: this.#write() };
      return { do: 'write', durability: this.#durability(), write: this.#write() };
    });
    return { do: 'together', steps };
  }

  #crash(): Step {
    const { below, pick } = this.#random;
    return { do: 'crash', seed: below(2 ** 31), mode: pick(CRASH_MODES) };
  }
}
