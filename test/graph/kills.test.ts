/** A short run of crash-tests/graph-kills.ts, which `make graph-kills` runs for longer. */
import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const SEED = process.env['SEED'] ?? '7';

test('a graph whose process is killed has every acknowledged call, and none by half', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['scripts/run-ts.mjs', 'crash-tests/graph-kills.ts'],
    { env: { ...process.env, ROUNDS: '5', SEED } },
  );
  expect(stdout).toMatch(/^graph kills: 5 kills .* [1-9]\d* calls .*No promise was broken\.$/m);
});
