/** Completions of shells: made from the program, and run by bash itself where it is there. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { mustVarveHere, varveHere } from './run-varve.ts';

const hasBash = spawnSync('bash', ['--version']).status === 0;

/** What bash offers for the last of these words. */
async function offered(...words: string[]): Promise<string[]> {
  const script = await mustVarveHere(['completions', 'bash']);
  const list = words.map((word) => `'${word}'`).join(' ');
  const program = `${script}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _varve; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync('bash', ['-euc', program], { encoding: 'utf8' });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout.split('\n').filter((line) => line !== '');
}

describe.skipIf(!hasBash)('in bash', () => {
  it('offers commands, options, and the choices of an option and of an argument', async () => {
    expect(await offered('varve', 'ke')).toEqual(['keyspaces']);
    expect(await offered('varve', 'put', './x', '--dura')).toEqual(['--durability']);
    expect(await offered('varve', 'put', './x', '--durability', '')).toEqual(['sync', 'os']);
    expect(await offered('varve', 'completions', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(await offered('varve', 'get', './x')).toEqual([]); // a file, by bash's own
  });

  it('offers every command of the help, and every option of each (completion-script/from-the-program)', async () => {
    const help = await mustVarveHere(['--help']);
    const names = [...help.matchAll(/^ {2}([a-z]+) (?:\[|<)/gm)].map(([, name]) => name!);
    expect(names.length).toBeGreaterThan(15);
    const commands = await offered('varve', '');
    expect([...commands].sort()).toEqual(names.filter((name) => name !== 'help').sort());
    const own = await mustVarveHere(['scan', '--help']);
    const options = [...own.matchAll(/^ {2}(?:-\w, )?(--[a-z0-9-]+)/gm)].map(([, name]) => name!);
    expect(await offered('varve', 'scan', './x', '-')).toEqual(options);
  });
});

it('a script for zsh and fish has every command, with its text quoted (completion-script/quoted)', async () => {
  const commands = await mustVarveHere(['completions', 'bash']);
  const [, list = ''] = /compgen -W '([^']+)'/.exec(commands) ?? [];
  for (const shell of ['zsh', 'fish']) {
    const script = await mustVarveHere(['completions', shell]);
    for (const name of list.split(' ')) expect(script).toContain(name);
    const isThere = spawnSync(shell, ['--version']).status === 0;
    if (isThere) expect(spawnSync(shell, ['-n', '-c', script]).status).toBe(0);
    const quotes = script.replaceAll(`'\\''`, '').replaceAll("\\'", '').match(/'/g) ?? [];
    expect(quotes.length % 2).toBe(0);
  }
});

it('another shell is refused', async () => {
  const { status, stderr } = await varveHere(['completions', 'csh']);
  expect(status).toBe(2);
  expect(stderr).toContain('bash');
});
