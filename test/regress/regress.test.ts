/**
 * Replays the scripts in this folder: histories that once failed, or guard a promise, each named for it.
 *
 * The first line names the option set: `# options crash seed 7`. The format of the rest is in test/model/step.ts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { optionSetOf } from '../model/option-sets.ts';
import { runHistory } from '../model/runner.ts';
import { parseHistory } from '../model/step.ts';

const folder = new URL('.', import.meta.url);
const scripts = readdirSync(folder).filter((name) => name.endsWith('.txt'));

describe('scripts', () => {
  it.each(scripts)('%s holds', async (name) => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    const [, options = '', seed = '0'] = /^# options (\S+) seed (\d+)/.exec(text) ?? [];
    const steps = parseHistory(text);
    const result = await runHistory(steps, optionSetOf(options), Number(seed));
    expect(result.stepCount).toBe(steps.length);
  });
});
