/** Which commits share a transaction. */
import { describe, expect, it } from 'vitest';

import type { BackendCommit, BackendSnapshot } from '../../src/index.ts';
import { conditionsOf, type Pending, takeGroup } from '../../src/postgres/commit-group.ts';
import { Deadline } from '../../src/adapters/time.ts';
import { between, bytesOf, commitOf, single, type Writes } from '../remote/backend-contract.ts';

const snapshot = {} as BackendSnapshot; // only that there is one counts

function pendingOf(writes: Writes, more: Partial<BackendCommit> = {}, sizeBytes = 1): Pending {
  const commit = commitOf(writes, more);
  return {
    commit,
    ...conditionsOf(commit),
    sizeBytes,
    deadline: new Deadline(1000),
    floor: 0,
    isUnsure: false,
    settle: () => undefined,
    fail: () => undefined,
  };
}

/** How many commits each group has. */
function groupsOf(line: Pending[]): number[] {
  const counts: number[] = [];
  while (line.length > 0) counts.push(takeGroup(line).length);
  return counts;
}

describe('takeGroup()', () => {
  it('takes the first that wait, up to the one that may not join (commit-group/first-come)', () => {
    const line = [
      pendingOf({ a: '1' }),
      pendingOf({ b: '1' }, { snapshot }),
      pendingOf({ a: '2' }, { snapshot }),
      pendingOf({ c: '1' }),
    ];
    const [first, second, third, fourth] = line;
    expect(takeGroup(line)).toEqual([first, second]);
    expect(takeGroup(line)).toEqual([third, fourth]);
  });

  it.each<[string, Partial<BackendCommit> & { put: Writes }, number[]]>([
    ['writes it', { put: { k: '2' }, snapshot }, [1, 1]],
    ['has read it', { put: { z: '2' }, snapshot, reads: [single('k')] }, [1, 1]],
    ['has read around it', { put: { z: '2' }, snapshot, reads: [between('j', 'l')] }, [1, 1]],
    ['has read from below it on', { put: {}, snapshot, reads: [between('j')] }, [1, 1]],
    [
      'has it as a guard',
      { put: { z: '2' }, guards: [{ key: bytesOf('k'), value: undefined }] },
      [1, 1],
    ],
    [
      'has read beside it',
      { put: { z: '2' }, snapshot, reads: [between('j', 'k'), single('k\0')] },
      [2],
    ],
    ['writes it and depends on nothing (commit-group/last-wins)', { put: { k: '2' } }, [2]],
  ])(
    'parts a commit from one that %s, if it must (commit-group/independent)',
    (_, { put, ...more }, expected) => {
      expect(groupsOf([pendingOf({ k: '1' }), pendingOf(put, more)])).toEqual(expected);
    },
  );

  it('lets a commit join one that has read what it writes: it comes after it', () => {
    const reader = pendingOf({ a: '1' }, { snapshot, reads: [single('k')] });
    expect(groupsOf([reader, pendingOf({ k: '1' }, { snapshot })])).toEqual([2]);
  });

  it('ends a group by count and by size, and takes a commit of any size', () => {
    const many = Array.from({ length: 600 }, (_, i) => pendingOf({ [`k${i}`]: '1' }));
    expect(groupsOf(many)).toEqual([512, 88]);
    const large = 5 * 1024 * 1024;
    expect(groupsOf([1, 2, 3].map((i) => pendingOf({ [`k${i}`]: '1' }, {}, large)))).toEqual([
      1, 1, 1,
    ]);
  });
});
