/** A short run of crash-tests/followers.ts, which `make followers` runs for longer. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const SEED = process.env['SEED'] ?? '7';

test('readers in another process show whole states of a writer that is killed, and change nothing', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['scripts/run-ts.mjs', 'crash-tests/followers.ts'],
    { env: { ...process.env, ROUNDS: '4', SEED } },
  );
  expect(stdout).toMatch(/^followers: 4 rounds, .*No promise was broken\.$/m);
});
