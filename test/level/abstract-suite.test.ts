/**
 * The suite that abstract-level publishes for its implementations, over the built package and real files.
 *
 * The suite runs in a process of its own, under the runner that it is written for (abstract-suite.mjs).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtFile } from '../support/built.ts';
import { ROOT } from '../support/packed-package.ts';

/** Assertions of the suite of abstract-level 3.1.1 over classic-level 3.0.0, which passes them all. */
const CLASSIC_LEVEL_COUNT = 5168;

let directory = '';

beforeAll(() => {
  builtFile('level.js'); // refuses a stale build
  directory = mkdtempSync(join(tmpdir(), 'varve-level-suite-'));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The count that a line of the TAP summary states. */
function countIn(tap: string, word: string): number {
  const found = new RegExp(`^# ${word} +(\\d+)$`, 'm').exec(tap);
  return Number(found?.[1] ?? 0);
}

describe('the suite of abstract-level', () => {
  it('passes whole, with as many assertions as over classic-level', () => {
    const run = spawnSync(
      process.execPath,
      [join(ROOT, 'test/level/abstract-suite.mjs'), directory],
      {
        cwd: ROOT,
        encoding: 'utf8',
        maxBuffer: 256 * 1024 * 1024,
      },
    );
    const failed = run.stdout.split('\n').filter((line) => line.startsWith('not ok'));
    const passCount = countIn(run.stdout, 'pass');
    console.log(`abstract-level: ${passCount} of ${CLASSIC_LEVEL_COUNT} assertions`);
    expect(failed).toEqual([]);
    expect(run.stderr).toBe('');
    expect(run.status).toBe(0);
    expect(countIn(run.stdout, 'tests')).toBe(CLASSIC_LEVEL_COUNT);
    expect(passCount).toBe(CLASSIC_LEVEL_COUNT);
  });
});
