/** A comparison that is ended keeps its rows, and says which it has. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mustWorkload } from '../../bench/harness/catalogue.ts';
import { plannedIdsOf } from '../../bench/harness/plan.ts';
import { type Comparison, missingIds, type Row } from '../../bench/harness/results.ts';
import { readComparison, writeComparison } from '../../bench/harness/results-file.ts';
import { describeSetting } from '../../bench/harness/table.ts';

const PLANNED_IDS = plannedIdsOf(['fillrandom', 'readrandom', 'readseq'].map(mustWorkload));

function rowOf(id: string): Row {
  const result = { values: [1, 2, 3], facts: {}, peakResidentBytes: 0 };
  const given = { unit: 'ops/s', clientCount: 1, durability: 'os', aim: undefined } as const;
  return { id, title: id, ...given, engines: { varve: result } };
}

function comparisonWith(rowIds: readonly string[]): Comparison {
  return {
    machine: { cpu: 'none', cpuCount: 1, memoryBytes: 1, system: 'none', node: 'v20.0.0' },
    startedAt: '2026-01-01T00:00:00.000Z',
    runCount: 3,
    sizes: {
      entryCount: 1000,
      valueSizeBytes: 100,
      keyShape: 'digits',
      cacheSizeBytes: 1,
      writeBufferSizeBytes: 1,
      seed: 1,
      secondsMin: 2,
    },
    engines: [],
    plannedIds: PLANNED_IDS,
    rows: rowIds.map(rowOf),
  };
}

describe('the file of a comparison', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'varve-results-test-'));
    path = join(folder, 'results', 'comparison.json');
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('is whole after every row, and nothing else is left beside it (F1)', () => {
    for (let count = 1; count <= PLANNED_IDS.length; count++) {
      const written = comparisonWith(PLANNED_IDS.slice(0, count));
      writeComparison(path, written);
      expect(readComparison(path).rows).toEqual(written.rows);
      expect(readdirSync(join(folder, 'results'))).toEqual(['comparison.json']);
    }
  });

  it('is the older one when the newer was not written to its end (F1)', () => {
    writeComparison(path, comparisonWith(['size']));
    const rows: Row[] = Object.defineProperty([], 'toJSON', {
      value: () => {
        throw new Error('ended');
      },
    });
    expect(() => writeComparison(path, { ...comparisonWith([]), rows })).toThrow('ended');
    expect(readComparison(path).rows.map(({ id }) => id)).toEqual(['size']);
    writeComparison(path, comparisonWith(['size', 'fillrandom']));
    expect(readComparison(path).rows.map(({ id }) => id)).toEqual(['size', 'fillrandom']);
  });

  it('tells which rows a run has that was ended', () => {
    expect(PLANNED_IDS).toEqual([
      ...['size', 'fillrandom', 'memory-fillrandom'],
      ...['readrandom', 'memory-readrandom', 'readseq'],
    ]);
    const ended = comparisonWith(PLANNED_IDS.slice(0, 4));
    expect(missingIds(ended)).toEqual(['memory-readrandom', 'readseq']);
    expect(describeSetting(ended)).toContain(
      'Ended after 4 rows of 6; without memory-readrandom, readseq',
    );
    const whole = comparisonWith(PLANNED_IDS);
    expect(missingIds(whole)).toEqual([]);
    expect(describeSetting(whole).join('\n')).not.toContain('Ended');
  });
});
