/**
 * What every store must keep of late operations: writes that are computed in the step of their commit, such as updates and the
 * upkeep of indexes.
 *
 * Owns: the part of the suite that is about them (conformance.ts), and its helpers.
 */
import { expect } from 'vitest';

import { hashKey } from '../../src/bytes/hash.ts';
import { sliceOf } from '../../src/bytes/bytes.ts';
import { VALUE } from '../../src/base/value-type.ts';
import { LookupResult } from '../../src/iterator/internal-iterator.ts';
import type { CommitBatch } from '../../src/batch/commit-batch.ts';
import type { Store } from '../../src/store/contract.ts';
import type { CommitRequest } from '../../src/txn/commit-request.ts';
import type { LateOperations, TurnView } from '../../src/txn/late-operations.ts';
import type { PlainOperation } from '../support/operations.ts';

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1');

export function found(view: TurnView, key: string): string | undefined {
  const bytes = bytesOf(key);
  const result = new LookupResult();
  if (!view.findSync(sliceOf(bytes), hashKey(bytes, 0, bytes.length), result)) return undefined;
  const { value, valueStart, valueEnd } = result;
  return Buffer.from(value.slice(valueStart, valueEnd)).toString('latin1');
}

function add(batch: CommitBatch, key: string, value: string): void {
  batch.add(VALUE, sliceOf(bytesOf(key)), sliceOf(bytesOf(value)));
}

/** Operations of which nothing is known before. */
function lateOf(
  addTo: (batch: CommitBatch, view: TurnView) => void,
  readAhead: LateOperations['readAhead'] = () => undefined,
): LateOperations {
  return { keys: [], operationCount: 0, sizeBytes: 0, readAhead, addTo };
}

const increment = (key: string): LateOperations =>
  lateOf((batch, view) => add(batch, key, String(Number(found(view, key) ?? 0) + 1)));

export interface LateClaim {
  readonly claim: string;
  readonly isOfTurn?: boolean;
  readonly run: (store: Store) => Promise<void>;
}

type Extra = Partial<Pick<CommitRequest, 'late' | 'guard' | 'derived' | 'contender'>>;

function commitWith(
  store: Store,
  operations: readonly PlainOperation[],
  extra: Extra,
): Promise<void> {
  const batch = store.batch();
  for (const [, key, value] of operations) add(batch, key as string, (value ?? '') as string);
  // What a store throws at once counts as what it rejects with.
  return (async () => store.commit({ batch, durability: 'os', signal: undefined, ...extra }))();
}

export const LATE_CLAIMS: readonly LateClaim[] = [
  {
    claim:
      'computes late operations from every commit before, on its way or not (late-operations/newest)',
    isOfTurn: true,
    run: async (store) => {
      const acknowledged: Promise<void>[] = [];
      for (let i = 0; i < 20; i++) {
        acknowledged.push(commitWith(store, [], { late: increment('n') }));
        if (i === 9) acknowledged.push(commitWith(store, [[VALUE, 'n', '100']], {}));
      }
      await Promise.all(acknowledged);
      expect(found(store.view(), 'n')).toBe('110');
    },
  },
  {
    claim: 'validates a contender, and not its late operations (late-operations/newest)',
    run: async (store) => {
      const place = store.begin('writing');
      await commitWith(store, [[VALUE, 'n', '5']], {});
      const contender = {
        sequence: place.sequence,
        isDoomed: false,
        reads: undefined,
        isUnnoted: false,
        rider: undefined,
        lostTo: undefined as Uint8Array | undefined,
      };
      await commitWith(store, [[VALUE, 'own', '1']], { late: increment('n'), contender });
      expect(contender.lostTo).toBeUndefined();
      expect([found(store.view(), 'n'), found(store.view(), 'own')]).toEqual(['6', '1']);
      await commitWith(store, [[VALUE, 'own', '2']], { late: increment('n'), contender });
      expect(contender.lostTo, 'own was written since').toBeDefined();
      expect([found(store.view(), 'n'), found(store.view(), 'own')]).toEqual(['6', '1']);
      place.close();
    },
  },
  {
    claim: 'refuses the whole commit when late operations or the guard throw (store/outcome-told)',
    run: async (store) => {
      const refusal = new RangeError('not this one');
      const throwing = lateOf((batch) => {
        add(batch, 'late', '1');
        throw refusal;
      });
      const plain: PlainOperation[] = [[VALUE, 'plain', '1']];
      const before = commitWith(store, [[VALUE, 'before', '1']], {});
      const after = commitWith(store, plain, { late: throwing });
      const guarded = commitWith(store, plain, {
        late: increment('n'),
        guard: () => {
          throw refusal;
        },
      });
      const derived = commitWith(store, plain, { late: increment('n'), guard: () => throwing });
      const next = commitWith(store, [[VALUE, 'next', '1']], {});
      const outcomes = await Promise.allSettled([before, after, guarded, derived, next]);
      expect(
        outcomes.map((each) => (each.status === 'rejected' ? (each.reason as unknown) : '')),
      ).toEqual(
        ['', refusal, refusal, refusal, ''], // in the order of the calls
      );
      const view = store.view();
      const keys = ['before', 'next', 'plain', 'late', 'n'];
      expect(keys.map((key) => found(view, key))).toEqual([
        '1',
        '1',
        ...keys.slice(2).map(() => undefined),
      ]);
    },
  },
  {
    claim:
      'adds what the guard demands last, and shows it the others (late-operations/derived-last)',
    run: async (store) => {
      const counts: number[] = [];
      const derived = lateOf((batch) => {
        counts.push(batch.operationCount);
        add(batch, 'k', 'derived');
      });
      const late = lateOf((batch) => {
        counts.push(batch.operationCount);
        add(batch, 'k', 'late');
      });
      await commitWith(store, [[VALUE, 'k', 'plain']], { late, guard: () => derived, derived });
      expect(counts).toEqual([1, 2]);
      expect(found(store.view(), 'k')).toBe('derived');
      // A guard that demands something only by the time of the step.
      await commitWith(store, [[VALUE, 'k', 'plain']], { guard: () => derived });
      expect(found(store.view(), 'k')).toBe('derived');
    },
  },
  {
    claim: 'keeps the order of calls while one of them reads ahead (read-ahead-line/in-call-order)',
    isOfTurn: true,
    run: async (store) => {
      let letOn = (): void => undefined;
      const read = new Promise<void>((resolve) => (letOn = resolve));
      const order: string[] = [];
      const slow = commitWith(store, [], {
        late: lateOf(
          (batch) => add(batch, 'k', 'late'),
          () => read,
        ),
      }).then(() => order.push('late'));
      const put = commitWith(store, [[VALUE, 'k', 'put']], {}).then(() => order.push('put'));
      const other = commitWith(store, [], { late: increment('n') }).then(() => order.push('other'));
      await new Promise<void>((resolve) => setImmediate(resolve));
      expect([order, found(store.view(), 'k')]).toEqual([[], undefined]);
      letOn();
      await Promise.all([slow, put, other]);
      expect(order).toEqual(['late', 'put', 'other']);
      expect(found(store.view(), 'k')).toBe('put');
    },
  },
  {
    claim: 'goes on after a read ahead that fails, without its commit',
    run: async (store) => {
      const failing = commitWith(store, [[VALUE, 'k', 'late']], {
        late: lateOf(
          () => undefined,
          () => Promise.reject(new RangeError('no block')),
        ),
      });
      const put = commitWith(store, [[VALUE, 'other', 'put']], {});
      const [failed] = await Promise.allSettled([failing, put]);
      expect(failed.status).toBe('rejected');
      expect([found(store.view(), 'k'), found(store.view(), 'other')]).toEqual([undefined, 'put']);
    },
  },
  {
    claim:
      'begins with the same batch each time when late operations have to wait for room (late-operations/again)',
    run: async (store) => {
      const value = 'x'.repeat(120_000);
      const counts: number[] = [];
      const large = (i: number): LateOperations =>
        lateOf((batch, view) => {
          counts.push(batch.operationCount);
          add(batch, `big${i}`, value);
          add(batch, 'n', String(Number(found(view, 'n') ?? 0) + 1));
        });
      await Promise.all(
        Array.from({ length: 12 }, (_, i) =>
          commitWith(store, [[VALUE, `small${i}`, '']], { late: large(i) }),
        ),
      );
      expect(counts.length).toBeGreaterThanOrEqual(12);
      expect(new Set(counts)).toEqual(new Set([1]));
      const view = store.view();
      expect(found(view, 'n')).toBe('12');
      for (let i = 0; i < 12; i++)
        expect(found(store.view(), `big${i}`)?.length).toBe(value.length);
    },
  },
  {
    claim:
      'refuses a commit from within late operations, and theirs with it (late-operations/writes-nothing-else)',
    run: async (store) => {
      await commitWith(store, [[VALUE, 'k', '1']], {});
      let seen: string | undefined;
      const meddling = lateOf((batch) => {
        seen = found(store.view(), 'k'); // it may read
        add(batch, 'late', '1');
        commitWith(store, [[VALUE, 'within', '1']], {}).catch(() => undefined);
      });
      await expect(commitWith(store, [[VALUE, 'k', '2']], { late: meddling })).rejects.toThrow();
      expect(seen).toBe('1');
      const view = store.view();
      expect(['k', 'late', 'within'].map((key) => found(view, key))).toEqual([
        '1',
        undefined,
        undefined,
      ]);
    },
  },
  {
    claim: 'has no commit for late operations that add nothing',
    run: async (store) => {
      await commitWith(store, [[VALUE, 'k', '1']], {});
      const { sequence } = store.view();
      await commitWith(store, [], { late: lateOf(() => undefined) });
      expect(store.view().sequence).toBe(sequence);
    },
  },
];
