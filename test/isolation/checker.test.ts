/** The canaries of the checker: histories and databases that are wrong in a known way, and others that are right. */
import { describe, expect, it } from 'vitest';
import type { Isolation } from '../../src/api/transaction-options.ts';
import { CANARIES } from './broken-targets.ts';
import { findViolation } from './checker.ts';
import type { History, List, Operation, TransactionRecord } from './history.ts';
import { runHistory } from './run-history.ts';

const KEYS = ['w', 'x', 'y', 'z'];

/**
 * A transaction from a line such as `1-4 committed: r x 1.2, a y 3, s x..z {x 1.2}`: its times, how it ended, and its
 * reads, appends and scans; `s-` is a scan backward, `~` after it one that did not come to its end.
 */
function transactionOf(line: string, index: number): TransactionRecord {
  const [, began, ended, outcome, steps = ''] = /^(\d+)-(\d+) (\w+): (.*)$/.exec(line) ?? [];
  return {
    id: index + 1,
    beganAt: Number(began),
    endedAt: Number(ended),
    outcome: outcome as TransactionRecord['outcome'],
    operations: steps.split(', ').map(operationOf),
  };
}

function operationOf(text: string): Operation {
  const [kind, key = '', what = ''] = text.split(' ');
  if (kind === 'a') return { kind: 'append', key, element: Number(what) };
  if (kind === 'r') return { kind: 'read', key, list: listOf(what) };
  const [lower = '', upper = ''] = key.split('..');
  const rows = [...text.matchAll(/(\w+)=([-\d.]+)/g)].map(
    ([, name = '', list = '']) => [name, listOf(list)] as const,
  );
  const isReverse = kind === 's-';
  return { kind: 'scan', lower, upper, isReverse, isComplete: !text.endsWith('~'), rows };
}

function listOf(text: string): List {
  return text === '' ? [] : text.split('.').map(Number);
}

function historyOf(lines: readonly string[]): History {
  return { keys: KEYS, transactions: lines.map(transactionOf) };
}

function anomalyOf(lines: readonly string[], isolation: Isolation): string | undefined {
  return findViolation(historyOf(lines), isolation)?.anomaly;
}

/** The verdict of each level on a history, and the history. */
type Planted = readonly [
  name: string,
  snapshot: string | undefined,
  serializable: string | undefined,
  lines: readonly string[],
];

const PLANTED: readonly Planted[] = [
  [
    'dirty write: two transactions interleave on two keys',
    'dirty write (G0)',
    'dirty write (G0)',
    [
      '1-10 committed: a x 1, a y 2',
      '2-9 committed: a x 3, a y 4',
      '20-21 committed: r x 1.3, r y 4.2',
    ],
  ],
  [
    'aborted read',
    'aborted read (G1a)',
    'aborted read (G1a)',
    ['1-10 aborted: a x 1', '2-9 committed: r x 1'],
  ],
  [
    'intermediate read',
    'intermediate read (G1b)',
    'intermediate read (G1b)',
    ['1-10 committed: a x 1, a x 2', '2-9 committed: r x 1', '20-21 committed: r x 1.2'],
  ],
  [
    'circular information flow',
    'circular information flow (G1c)',
    'circular information flow (G1c)',
    ['1-10 committed: a x 1, r y 2', '2-9 committed: a y 2, r x 1'],
  ],
  [
    'lost update: both append after the same list',
    'lost update (P4)',
    'lost update (P4)',
    ['1-10 committed: r x , a x 1', '2-9 committed: r x , a x 2', '20-21 committed: r x 1.2'],
  ],
  [
    'an append that a later one overwrote',
    'lost append',
    'lost append',
    ['1-10 committed: r x , a x 1', '2-9 committed: r x , a x 2', '20-21 committed: r x 2'],
  ],
  [
    'read skew',
    'read skew (G-single)',
    'read skew (G-single)',
    ['1-9 committed: a x 1, a y 2', '2-10 committed: r x , r y 2', '20-21 committed: r x 1, r y 2'],
  ],
  [
    'read skew of a transaction that was rolled back',
    'read skew (G-single)',
    'read skew (G-single)',
    ['1-9 committed: a x 1, a y 2', '2-10 aborted: r x , r y 2', '20-21 committed: r x 1, r y 2'],
  ],
  [
    'read skew through a scan that misses a key',
    'read skew (G-single)',
    'read skew (G-single)',
    ['1-9 committed: a x 1, a z 2', '2-10 committed: s x..z {}, r z 2', '20-21 committed: r x 1'],
  ],
  [
    'read skew over three transactions',
    'read skew (G-single)',
    'read skew (G-single)',
    [
      '1-9 committed: a x 1',
      '2-10 committed: r x 1, a y 2',
      '3-11 committed: r y 2, r x ',
      '20-21 committed: r x 1, r y 2',
    ],
  ],
  [
    'two skews apart from each other',
    'G-nonadjacent',
    'G-nonadjacent',
    [
      '1-10 committed: r x , r w 4',
      '2-9 committed: a x 1, a y 2',
      '3-12 committed: r y 2, r z ',
      '4-11 committed: a z 3, a w 4',
      '20-21 committed: r x 1, r z 3',
    ],
  ],
  [
    'write skew',
    undefined,
    'write skew (G2-item)',
    ['1-10 committed: r x , a y 1', '2-9 committed: r y , a x 2', '20-21 committed: r x 2, r y 1'],
  ],
  [
    'phantoms',
    undefined,
    'phantoms (G2)',
    [
      '1-10 committed: s x..y {}, a y 1',
      '2-9 committed: s y..z {}, a x 2',
      '20-21 committed: r x 2, r y 1',
    ],
  ],
  [
    'write skew by deletions, seen through scans',
    undefined,
    'write skew (G2-item)',
    [
      '1-2 committed: a x 1, a y 2',
      '3-10 committed: s x..z {x=1 y=2}, a x -3',
      '4-9 committed: s- x..z {y=2 x=1}, a y -4',
      '20-21 committed: r x 1.-3, r y 2.-4',
    ],
  ],
  [
    'read-only anomaly',
    undefined,
    'write skew (G2-item)',
    [
      '1-9 committed: r x , r y , a x 1',
      '2-4 committed: r y , a y 2',
      '5-6 committed: r x , r y 2',
      '20-21 committed: r x 1, r y 2',
    ],
  ],
  [
    'stale read',
    'read skew (G-single) in real time',
    'read skew (G-single) in real time',
    ['1-2 committed: a x 1', '3-4 committed: r x ', '5-6 committed: r x 1'],
  ],
  [
    'stale scan',
    'stale absence',
    'stale absence',
    ['1-2 committed: a x 1', '3-4 committed: s x..y {}', '5-6 committed: r x 1'],
  ],
  [
    'lost acknowledged append',
    'lost append',
    'lost append',
    ['1-2 committed: a x 1', '3-4 committed: r x '],
  ],
  [
    'half of an unknown transaction',
    'lost append',
    'lost append',
    ['1-2 unknown: a x 1, a y 2', '3-4 committed: r x 1, r y '],
  ],
  [
    'an acknowledged reader of what a death undid',
    'read skew (G-single) in real time',
    'read skew (G-single) in real time',
    ['1-9 unknown: a x 1', '2-8 committed: r x 1', '10-11 committed: r x '],
  ],
  [
    'torn order',
    'incompatible order',
    'incompatible order',
    [
      '1-8 committed: a x 1',
      '2-9 committed: a x 2',
      '3-10 committed: r x 1.2',
      '4-11 committed: r x 2.1',
    ],
  ],
  [
    'own write not seen',
    'unrepeatable read',
    'unrepeatable read',
    ['1-2 committed: r x , a x 1, r x '],
  ],
  [
    'own write not seen by a scan',
    'unrepeatable read',
    'unrepeatable read',
    ['1-2 committed: a x 1, s x..y {}'],
  ],
  [
    'own deletion not seen by a scan',
    'stray row',
    'stray row',
    ['1-2 committed: a x 1, a x -2, s x..y {x=1.-2}'],
  ],
  ['value of nobody', 'read of nothing', 'read of nothing', ['1-2 committed: r x 9']],
  [
    'duplicate',
    'duplicate element',
    'duplicate element',
    ['1-2 committed: a x 1', '3-4 committed: r x 1.1'],
  ],
];

/** Right at both levels. */
const INNOCENT: readonly (readonly [string, readonly string[]])[] = [
  [
    'one after the other',
    ['1-2 committed: r x , a x 1', '3-4 committed: r x 1, a x 2', '5-6 committed: r x 1.2'],
  ],
  [
    'a reader beside a writer sees either state',
    ['1-9 committed: a x 1, a y 2', '2-8 committed: r x , r y ', '3-10 committed: r x 1, r y 2'],
  ],
  [
    'a conflict that was refused',
    ['1-10 committed: r x , a x 1', '2-9 aborted: r x , a x 2', '20-21 committed: r x 1'],
  ],
  [
    'an unknown transaction that vanished, and one that took effect',
    ['1-2 unknown: a x 1, a y 2', '1-3 unknown: a z 3', '5-6 committed: r x , r y , r z 3'],
  ],
  [
    'a reader that died with what it had read',
    [
      '1-4 unknown: a x 1',
      '2-4 aborted: r x 1',
      '5-6 committed: r x , a x 2',
      '7-8 committed: r x 2',
    ],
  ],
  [
    'a scan that stopped before the key',
    [
      '1-4 committed: a x 1',
      '5-9 committed: s x..z {x=1~',
      '6-7 committed: a y 2',
      '20-21 committed: r y 2',
    ],
  ],
  [
    'a key absent before it came, and after it went',
    [
      '1-2 committed: s x..z {}',
      '3-4 committed: r x , a x 1',
      '5-6 committed: s x..z {x=1}',
      '7-8 committed: r x 1, a x -2',
      '9-10 committed: s- x..z {}',
      '11-12 committed: r x 1.-2',
    ],
  ],
];

describe('the checker', () => {
  it.each(PLANTED)('finds: %s', (_name, snapshot, serializable, lines) => {
    expect(anomalyOf(lines, 'snapshot')).toBe(snapshot);
    expect(anomalyOf(lines, 'serializable')).toBe(serializable);
  });

  it.each(INNOCENT)('has nothing against: %s', (_name, lines) => {
    expect(anomalyOf(lines, 'snapshot')).toBeUndefined();
    expect(anomalyOf(lines, 'serializable')).toBeUndefined();
  });

  it('gives a shortest cycle as its witness', () => {
    const lines = [
      '1-19 committed: a z 9',
      '1-10 committed: r x , a y 1',
      '2-9 committed: r y , a x 2',
      '20-21 committed: r x 2, r y 1, r z 9',
    ];
    const { witness = '' } = findViolation(historyOf(lines), 'serializable') ?? {};
    expect(witness.split('\n').filter((line) => line.includes('->'))).toEqual([
      'T2 -rw-> T3: read x as [], before 2 was appended',
      'T3 -rw-> T2: read y as [], before 1 was appended',
    ]);
  });
});

/** Within so many histories each planted bug shows; most in the first. */
const CANARY_RUN_COUNT_MAX = 40;

describe('a database in which', () => {
  it.each(CANARIES)(
    '$bug is found out ($isolation)',
    async ({ isolation, makeTarget, hasDeletions }) => {
      for (let seed = 1; seed <= CANARY_RUN_COUNT_MAX; seed++) {
        const history = await runHistory({ seed, isolation, makeTarget, hasDeletions });
        const violation = findViolation(history, isolation);
        if (violation === undefined) continue;
        return;
      }
      expect.unreachable(`not found in ${CANARY_RUN_COUNT_MAX} histories`);
    },
  );
});
