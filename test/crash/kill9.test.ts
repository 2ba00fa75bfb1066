/** A short run of crash-tests/kill9.ts, which `make crash` runs for longer. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const SEED = process.env['SEED'] ?? '7';

test('processes killed with -9 leave a prefix with every acknowledged commit', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['scripts/run-ts.mjs', 'crash-tests/kill9.ts'],
    { env: { ...process.env, ROUNDS: '5', SEED } },
  );
  expect(stdout).toMatch(/^kill -9: 5 kills .*No promise was broken\.$/m);
});
