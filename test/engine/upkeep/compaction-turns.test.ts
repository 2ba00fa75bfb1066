/** Whose turn it is, and what it costs to ask. */
import { ALL_KEYS } from '../../../src/bytes/key-range.ts';
import { expect, it } from 'vitest';
import { sequenceNumber } from '../../../src/base/ids.ts';
import { resolveOptions } from '../../../src/base/options.ts';
import { CompactionTurns, type TurnsHost } from '../../../src/engine/upkeep/compaction-turns.ts';
import { emptyVersionState } from '../../../src/version/version-builder.ts';
import { Version } from '../../../src/version/version.ts';
import { makeFile } from '../../version/version-fixture.ts';

type Levels = Version['levels'];

function versionOf(level: number, files: Levels[number]): Version {
  const levels = emptyVersionState().levels.map((none, each) => (each === level ? files : none));
  return new Version({ ...emptyVersionState(), levels });
}

function hostOf(current: Version, oldestSequence: number): TurnsHost & { oldestSequence: number } {
  const versions = { current, flushedSequence: sequenceNumber(100) };
  return {
    parts: { options: resolveOptions({}), versions },
    oldestSequence,
    oldestWallMs: 0,
    isIngesting: false,
  };
}

it('with nothing to do, asking again looks at no table, until version or oldest pin change it (compaction-turns/constant)', () => {
  let lookCount = 0;
  const held = makeFile(9, 'a', 'b', {
    rangeTombstoneCount: 1,
    largestSequence: sequenceNumber(9),
  });
  const version = versionOf(6, [held]);
  const { levels } = version;
  Object.defineProperty(version, 'levels', { get: () => (lookCount++, levels) });
  const host = hostOf(version, 5);
  const turns = new CompactionTurns(host);
  expect(turns.mayHaveWork).toBe(true);
  expect(turns.next()).toBeUndefined();
  const before = lookCount;
  for (const oldest of [5, 6, 8]) {
    host.oldestSequence = oldest;
    expect(turns.mayHaveWork).toBe(false);
  }
  expect(lookCount).toBe(before);
  host.oldestSequence = 9;
  expect(turns.mayHaveWork, 'the last pin below the table has gone').toBe(true);
  expect(turns.next()).toMatchObject({ reason: 'reclaim', inputs: [held] });
});

it('a call has every second turn and what saves space every ninth, beside pressing work (compaction-turns/all-get-on)', async () => {
  const files = Array.from({ length: 40 }, (_, i) =>
    makeFile(i + 1, `k${String(i).padStart(3, '0')}`, `k${String(i).padStart(3, '0')}x`, {
      sizeBytes: 100 * 1024 * 1024,
      rangeTombstoneCount: i === 30 ? 1 : 0,
    }),
  );
  const turns = new CompactionTurns(hostOf(versionOf(1, files), Infinity));
  const controller = new AbortController();
  const ended = turns.add(ALL_KEYS, 1, controller.signal);
  const reasons = Array.from({ length: 18 }, () => turns.next()?.reason);
  controller.abort();
  await expect(ended).rejects.toThrow('Compaction was aborted');
  expect(reasons.filter((reason) => reason === 'manual')).toHaveLength(8);
  expect(reasons.filter((reason) => reason === 'level-size')).toHaveLength(8);
  expect(reasons.filter((reason) => reason === 'reclaim')).toHaveLength(2);
});
