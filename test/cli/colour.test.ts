/** Colours: where they are wanted, and nowhere else. */
import { expect, it } from 'vitest';
import { paintOf } from '../../src/cli/colour.ts';
import { varveHere, withFolder } from './run-varve.ts';

const isColoured = (
  color: 'auto' | 'always' | 'never',
  isTTY: boolean,
  env: NodeJS.ProcessEnv,
): boolean => paintOf({ color }, { isTTY }, env)('red', 'x') !== 'x';

it('a terminal has them unless NO_COLOR or --color says otherwise', () => {
  expect(isColoured('auto', true, { TERM: 'xterm' })).toBe(true);
  expect(isColoured('auto', true, { TERM: 'dumb' })).toBe(false);
  expect(isColoured('auto', true, { NO_COLOR: '1' })).toBe(false);
  expect(isColoured('auto', true, { NO_COLOR: '' })).toBe(true);
  expect(isColoured('auto', false, {})).toBe(false);
  expect(isColoured('always', false, { NO_COLOR: '1' })).toBe(true);
  expect(isColoured('never', true, {})).toBe(false);
});

it('the text says the same without them, and columns stay (colour/never-alone, colour/whole)', () =>
  withFolder(async (folder) => {
    const run = async (color: string): Promise<string> =>
      (await varveHere(['doctor', `${folder}/none`, '--color', color])).stdout;
    const [plain, coloured] = [await run('never'), await run('always')];
    expect(coloured).toContain('\u001b[31mWRONG\u001b[0m  directory');
    expect(plain).toContain('WRONG  directory');
    // eslint-disable-next-line no-control-regex -- the codes of colours are what it takes out
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(plain);
  }));
