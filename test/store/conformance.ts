/**
 * What every store must keep: the guarantees of src/store/contract.ts, as tests.
 *
 * Owns: the suite. An implementation calls `describeStore` with a way to open an empty store; broken stores are its canaries
 * (conformance-canary.test.ts).
 */
import { describe, expect, it } from 'vitest';

import { hashKey } from '../../src/bytes/hash.ts';
import { sliceOf } from '../../src/bytes/bytes.ts';
import { DELETION, RANGE_DELETION, VALUE } from '../../src/base/value-type.ts';
import {
  EXHAUSTED,
  FOUND,
  LookupResult,
  NEEDS_BLOCK,
} from '../../src/iterator/internal-iterator.ts';
import type { CommitBatch } from '../../src/batch/commit-batch.ts';
import type { Store, StoreSnapshot, StoreView } from '../../src/store/contract.ts';
import type { PublishedChange } from '../../src/txn/commit-request.ts';
import { ReadSet } from '../../src/txn/read-set.ts';
import { type PlainOperation } from '../support/operations.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { LATE_CLAIMS } from './late-claims.ts';

/** A new, empty store; the suite closes it. */
export type OpenStore = () => Promise<Store>;

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

export function fill(batch: CommitBatch, operations: readonly PlainOperation[]): CommitBatch {
  for (const [type, key, value] of operations) {
    batch.add(type, sliceOf(bytesOf(key as string)), sliceOf(bytesOf((value ?? '') as string)));
  }
  return batch;
}

export function commit(store: Store, operations: readonly PlainOperation[]): Promise<void> {
  const batch = fill(store.batch(), operations);
  return store.commit({ batch, durability: 'os', signal: undefined });
}

/** What a lookup in the same turn finds, or else one that may wait. */
async function read(view: StoreView, key: string): Promise<string | undefined> {
  const bytes = bytesOf(key);
  const hash = hashKey(bytes, 0, bytes.length);
  const result = new LookupResult();
  const shown = ({ value, valueStart, valueEnd }: LookupResult): string =>
    textOf(value.slice(valueStart, valueEnd));
  const status = view.find(sliceOf(bytes), hash, result);
  if (status === FOUND) return shown(result);
  return status === NEEDS_BLOCK ? view.findLater(bytes, hash, shown) : undefined;
}

function readSync(view: StoreView, key: string): string | undefined {
  const bytes = bytesOf(key);
  const result = new LookupResult();
  if (!view.findSync(sliceOf(bytes), hashKey(bytes, 0, bytes.length), result)) return undefined;
  return textOf(result.value.slice(result.valueStart, result.valueEnd));
}

/** Everything in the range, by one scan. */
function entriesOf(view: StoreView, lower?: string, upper?: string): [string, string][] {
  const { cursor, close } = view.scan({
    lower: lower === undefined ? undefined : bytesOf(lower),
    upper: upper === undefined ? undefined : bytesOf(upper),
  });
  const entries: [string, string][] = [];
  try {
    let status = lower === undefined ? cursor.seekFirst() : cursor.seekAtLeast(bytesOf(lower));
    while (status !== EXHAUSTED) {
      if (status === NEEDS_BLOCK) {
        cursor.loadSync();
        status = cursor.resume();
        continue;
      }
      entries.push([
        textOf(cursor.key.slice(cursor.keyStart, cursor.keyEnd)),
        textOf(cursor.value.slice(cursor.valueStart, cursor.valueEnd)),
      ]);
      status = cursor.next();
    }
    return entries;
  } finally {
    close();
  }
}

/** A transaction that has read and written what it is told to. Resolves with true when it has won. */
async function contend(
  store: Store,
  place: StoreSnapshot,
  operations: readonly PlainOperation[],
  reads?: ReadSet,
): Promise<boolean> {
  const contender = {
    get sequence() {
      return place.sequence;
    },
    get isDoomed() {
      return place.isDoomed;
    },
    reads,
    isUnnoted: false,
    rider: undefined,
    lostTo: undefined as Uint8Array | undefined,
  };
  const batch = fill(store.batch(), operations);
  await store.commit({ batch, durability: 'os', signal: undefined, contender });
  place.close();
  return contender.lostTo === undefined;
}

function readOf(...keys: string[]): ReadSet {
  const reads = new ReadSet();
  for (const key of keys) {
    const bytes = bytesOf(key);
    reads.addKey(hashKey(bytes, 0, bytes.length), bytes, 0, bytes.length);
  }
  return reads;
}

/** Long enough for everything that a microtask may do. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

export interface Claim {
  readonly claim: string;
  /** Rejects when the stores that `open` gives do not keep it. */
  readonly check: (open: OpenStore) => Promise<void>;
  /** True for what only a store keeps whose commits have their place in the turn of their call (`Store.isInTurn`). */
  readonly isOfTurn?: boolean;
}

function withStore(run: (store: Store) => Promise<void>): Claim['check'] {
  return async (open) => {
    const store = await open();
    try {
      await run(store);
    } finally {
      await store.close();
    }
  };
}

export const CLAIMS: readonly Claim[] = [
  {
    claim: 'shows a commit whole, with everything before it (store/one-order)',
    check: withStore(async (store) => {
      const acknowledged: Promise<void>[] = [];
      for (let i = 0; i < 50; i++) {
        acknowledged.push(
          commit(store, [
            [VALUE, 'left', String(i)],
            [VALUE, 'right', String(i)],
          ]),
        );
        const view = store.view();
        expect(readSync(view, 'left')).toBe(readSync(view, 'right'));
        if (i % 7 === 0) await acknowledged[i - 3];
      }
      await Promise.all(acknowledged);
      expect(readSync(store.view(), 'right')).toBe('49');
    }),
  },
  {
    claim: 'shows a commit to every view after its promise (store/own-commits)',
    check: withStore(async (store) => {
      for (const durability of ['os', 'sync'] as const) {
        const batch = fill(store.batch(), [[VALUE, 'k', durability]]);
        await store.commit({ batch, durability, signal: undefined });
        expect(await read(store.view(), 'k')).toBe(durability);
      }
      await commit(store, [[DELETION, 'k']]);
      expect(await read(store.view(), 'k')).toBeUndefined();
      expect(entriesOf(store.view())).toEqual([]);
    }),
  },
  {
    claim: 'keeps a held view and a snapshot as they are (store/view-fixed)',
    check: withStore(async (store) => {
      await commit(store, [
        [VALUE, 'a', '1'],
        [VALUE, 'b', '1'],
      ]);
      const view = store.view();
      view.hold();
      const snapshot = store.snapshot();
      for (let i = 0; i < 20; i++) {
        await commit(store, [
          [VALUE, 'a', `later ${i}`],
          [RANGE_DELETION, 'b', 'z'],
          [VALUE, 'c', 'new'],
        ]);
      }
      try {
        for (const each of [view, snapshot.view()]) {
          expect(await read(each, 'a')).toBe('1');
          expect(readSync(each, 'b')).toBe('1');
          expect(readSync(each, 'c')).toBeUndefined();
          expect(entriesOf(each)).toEqual([
            ['a', '1'],
            ['b', '1'],
          ]);
        }
      } finally {
        view.release();
      }
      snapshot.close();
      snapshot.close(); // idempotent
      expect(entriesOf(store.view(), 'b')).toEqual([['c', 'new']]);
    }),
  },
  {
    claim: 'lets the first of two writers of a key win (store/first-committer)',
    check: withStore(async (store) => {
      await commit(store, [[VALUE, 'k', '0']]);
      const [first, second, other] = [
        store.begin('writing'),
        store.begin('writing'),
        store.begin('writing'),
      ];
      expect(await contend(store, first, [[VALUE, 'k', '1']])).toBe(true);
      expect(
        await contend(store, second, [
          [VALUE, 'mine', '2'],
          [VALUE, 'k', '2'],
        ]),
      ).toBe(false);
      expect(await contend(store, other, [[VALUE, 'other', '3']])).toBe(true);
      expect(entriesOf(store.view())).toEqual([
        ['k', '1'],
        ['other', '3'],
      ]);
    }),
  },
  {
    claim: 'counts commits on their way, range deletions and what was read (store/first-committer)',
    check: withStore(async (store) => {
      await commit(store, [[VALUE, 'k', '0']]);
      const late = store.begin('writing');
      const onItsWay = commit(store, [[RANGE_DELETION, 'a', 'z']]);
      expect(await contend(store, late, [[VALUE, 'k', '1']])).toBe(false);
      await onItsWay;

      const ranging = store.begin('writing');
      await commit(store, [[VALUE, 'm', '1']]);
      expect(await contend(store, ranging, [[RANGE_DELETION, 'l', 'n']])).toBe(false);

      const reader = store.begin('writing');
      await commit(store, [[VALUE, 'read', '1']]);
      expect(await contend(store, reader, [[VALUE, 'w', '1']], readOf('read'))).toBe(false);
      const calm = store.begin('writing');
      await commit(store, [[VALUE, 'unread', '1']]);
      expect(await contend(store, calm, [[VALUE, 'w', '1']], readOf('read'))).toBe(true);
    }),
  },
  {
    claim:
      'begins a transaction behind commits on their way, and acknowledges it after them (store/one-order)',
    isOfTurn: true,
    check: withStore(async (store) => {
      const order: string[] = [];
      const first = commit(store, [[VALUE, 'k', '1']]).then(() => order.push('first'));
      const place = store.begin('writing');
      expect(readSync(place.view(), 'k')).toBe('1');
      const second = contend(store, place, [[VALUE, 'k', '2']]).then(() => order.push('second'));
      await Promise.all([first, second]);
      expect(order).toEqual(['first', 'second']);
      const reading = store.begin('read-only');
      expect(readSync(reading.view(), 'k')).toBe('2');
      reading.close();
    }),
  },
  {
    claim: 'moves a place to the newest state when it is asked to',
    check: withStore(async (store) => {
      const place = store.begin('writing');
      await commit(store, [[VALUE, 'k', '1']]);
      expect(readSync(place.view(), 'k')).toBeUndefined();
      place.advance();
      expect(readSync(place.view(), 'k')).toBe('1');
      expect(await contend(store, place, [[VALUE, 'k', '2']])).toBe(true);
    }),
  },
  {
    claim: 'rejects what it refuses, and writes nothing of it (store/outcome-told)',
    check: withStore(async (store) => {
      store.refuseCommits();
      await expect(
        Promise.resolve().then(() => commit(store, [[VALUE, 'k', '1']])),
      ).rejects.toThrow();
      expect(readSync(store.view(), 'k')).toBeUndefined();
    }),
  },
  {
    claim:
      'calls watchers after what they hear of is visible, and only of their range (store/watch-after)',
    check: withStore(async (store) => {
      const heard: [string, number, string | undefined][] = [];
      const watch = (name: string, lower?: string, upper?: string): (() => void) =>
        store.watch(
          {
            lower: lower === undefined ? undefined : bytesOf(lower),
            upper: upper === undefined ? undefined : bytesOf(upper),
          },
          ({ sequence }: PublishedChange) => {
            heard.push([name, sequence, readSync(store.view(), 'm')]);
          },
        );
      const ends = [watch('all'), watch('m to n', 'm', 'n'), watch('below m', undefined, 'm')];
      const acknowledged = commit(store, [[VALUE, 'm', '1']]);
      expect(heard).toEqual([]);
      await acknowledged;
      await settle();
      const { sequence } = store.view();
      expect(heard.splice(0).sort()).toEqual([
        ['all', sequence, '1'],
        ['m to n', sequence, '1'],
      ]);
      await commit(store, [[DELETION, 'n']]);
      await settle();
      expect(heard.splice(0).map(([name]) => name)).toEqual(['all']);
      await commit(store, [[RANGE_DELETION, 'a', 'm']]);
      await settle();
      expect(
        heard
          .splice(0)
          .map(([name]) => name)
          .sort(),
      ).toEqual(['all', 'below m']);
      for (const end of ends) end();
      await commit(store, [[VALUE, 'm', '2']]);
      await settle();
      expect(heard).toEqual([]);
    }),
  },
  {
    claim: 'is not harmed by a watcher that throws or ends itself',
    check: withStore(async (store) => {
      let count = 0;
      const end = store.watch({ lower: undefined, upper: undefined }, () => {
        count++;
        end();
      });
      await commit(store, [[VALUE, 'k', '1']]);
      await commit(store, [[VALUE, 'k', '2']]);
      await settle();
      expect(count).toBe(1);
    }),
  },
  {
    claim:
      'finishes what has its place when it is closed, and takes nothing after (store/close-is-last)',
    check: async (open) => {
      const store = await open();
      const acknowledged = commit(store, [[VALUE, 'k', '1']]);
      const closed = store.close();
      await acknowledged;
      await closed;
      await expect(
        Promise.resolve().then(() => commit(store, [[VALUE, 'k', '2']])),
      ).rejects.toThrow();
    },
  },
  {
    claim: 'shows, at every place, what a plain map shows (store/one-order, store/view-fixed)',
    check: withStore(async (store) => {
      await checkHistory(store, makeRandom(1), 'seed=1');
    }),
  },
  ...LATE_CLAIMS.map(({ run, ...claim }) => ({ ...claim, check: withStore(run) })),
];

export function describeStore(name: string, open: OpenStore, isInTurn = true): void {
  const claims = CLAIMS.filter(({ isOfTurn = false }) => isInTurn || !isOfTurn);
  describe(`store: ${name}`, () => {
    it.each(claims)('$claim', ({ check }) => check(open));
  });
}

/** Random commits against a plain map, with snapshots on the way that are looked at again later. */
async function checkHistory(store: Store, random: Random, hint: string): Promise<void> {
  const model = new Map<string, string>();
  const kept: { place: StoreSnapshot; entries: [string, string][] }[] = [];
  const keyOf = (): string => `k${String(random.below(60)).padStart(2, '0')}`;
  const sorted = (): [string, string][] => [...model].sort(([a], [b]) => (a < b ? -1 : 1));
  for (let step = 0; step < 150; step++) {
    const operations: PlainOperation[] = [];
    for (let count = 1 + random.below(4); count > 0; count--) {
      const key = keyOf();
      if (random.chance(0.6)) {
        const value = `${step}:${'x'.repeat(random.below(6000))}`;
        operations.push([VALUE, key, value]);
        model.set(key, value);
      } else if (random.chance(0.7)) {
        operations.push([DELETION, key]);
        model.delete(key);
      } else {
        const end = `${key}~`.slice(0, 1 + random.below(4)) + '~';
        operations.push([RANGE_DELETION, key, end]);
        for (const each of model.keys()) if (each >= key && each < end) model.delete(each);
      }
    }
    await commit(store, operations);
    if (random.chance(0.1)) kept.push({ place: store.snapshot(), entries: sorted() });
    const key = keyOf();
    expect(await read(store.view(), key), hint).toBe(model.get(key));
    if (random.chance(0.1)) expect(entriesOf(store.view()), hint).toEqual(sorted());
  }
  for (const { place, entries } of kept) {
    expect(entriesOf(place.view()), hint).toEqual(entries);
    place.close();
  }
}
