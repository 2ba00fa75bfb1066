/**
 * Clients of random histories that lock.
 *
 * Owns: which transactions are pessimistic, and what they lock: some of what they read and scan, all else they read
 * without locks, as an application may.
 *
 * Suspension: `lock` waits for its turn among the others.
 */
import type { Target, TargetTransaction } from './list-client.ts';
import type { ListDatabase } from './run-history.ts';

/** Every transaction that may write is pessimistic, or every other one. */
export type Crowd = 'optimistic' | 'pessimistic' | 'both modes';

export const CROWDS: readonly Crowd[] = ['optimistic', 'pessimistic', 'both modes'];

export function targetOf(crowd: Crowd): (db: ListDatabase) => Target {
  if (crowd === 'optimistic') return (db) => db;
  return (db) => {
    let count = 0;
    return {
      begin({ readOnly, ...options }): TargetTransaction {
        const isOptimistic = crowd === 'both modes' && count++ % 2 === 0;
        if (readOnly || isOptimistic) return db.begin({ ...options, readOnly });
        const tx = db.begin({ ...options, mode: 'pessimistic' });
        return Object.assign(tx, {
          lockFor: (key: string) => tx.lockRange({ gte: key, lte: key }),
          lockAll: (lower: string, upper: string) => tx.lockRange({ gte: lower, lt: upper }),
        });
      },
    };
  };
}
