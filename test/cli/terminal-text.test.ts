/**
 * What the command shows of keys and values that would steer a terminal.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { safeJson, safeLine, safeText } from '../../src/text/terminal-text.ts';
import { open } from '../../src/index.ts';
import { MAIN, varve, withFolder } from './run-varve.ts';

const ESCAPE = '\u001b]0;owned\u0007';
const SCRIPT = '/usr/bin/script';

describe('text for a terminal', () => {
  it('has every control and every mark of direction written out, and all else as it is', () => {
    expect(safeText(`a${ESCAPE}b`)).toBe('a\\u001b]0;owned\\u0007b');
    expect(safeText('\u009b2J \u007f \u202e \u2028 \r')).toBe(
      '\\u009b2J \\u007f \\u202e \\u2028 \\u000d',
    );
    expect(safeText('line\n\tnext, Grüße, 漢字, 🙂')).toBe('line\n\tnext, Grüße, 漢字, 🙂');
    expect(safeLine('a\tb\nc')).toBe('a\\tb\\nc');
  });

  it('as JSON means the same', () => {
    const value = { key: ESCAPE, value: '\u009b\u2028\u202e\u007f' };
    const text = safeJson(value);
    expect(text).not.toMatch(/[^ -~]/);
    expect(JSON.parse(text)).toEqual(value);
  });
});

describe('the command', () => {
  const filled = async (folder: string): Promise<string> => {
    const directory = join(folder, 'db');
    const db = await open(directory, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
    await db.put(`key${ESCAPE}`, `value${ESCAPE}\nsecond line`);
    await db.close();
    return directory;
  };

  it.runIf(existsSync(SCRIPT))('steers no terminal by what it scans and gets', () =>
    withFolder(async (folder) => {
      const directory = await filled(folder);
      const onTerminal = (...args: string[]): string => {
        const words = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(' ');
        const { stdout } = spawnSync(SCRIPT, ['-qec', words, '/dev/null'], { encoding: 'utf8' });
        return stdout;
      };
      const scanned = onTerminal('scan', directory);
      expect(scanned).toBe(
        'key\\u001b]0;owned\\u0007\tvalue\\u001b]0;owned\\u0007\\nsecond line\r\n',
      );
      expect(onTerminal('get', directory, `key${ESCAPE}`)).toBe(
        'value\\u001b]0;owned\\u0007\r\nsecond line\r\n',
      );
      expect(onTerminal('scan', directory, '--json')).not.toContain('\u001b');
    }),
  );

  it('gives a pipe the bytes as they are', () =>
    withFolder(async (folder) => {
      const { stdout } = await varve(['scan', await filled(folder)]);
      expect(stdout).toBe(`key${ESCAPE}\tvalue${ESCAPE}\nsecond line\n`);
    }));

  it('writes out what an error quotes', () =>
    withFolder(async (folder) => {
      const { stderr, status } = await varve(['get', join(folder, `no${ESCAPE}`), 'k']);
      expect(status).toBe(3);
      expect(stderr).toContain('no\\u001b]0;owned');
      expect(stderr).not.toContain('\u001b');
    }));
});
