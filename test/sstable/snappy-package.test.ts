/** The snappy package in a job worker: what cannot be loaded for a moment is waited out. */
import { createRequire } from 'node:module';
import process from 'node:process';
import { expect, it, vi } from 'vitest';

it('a package that its owner has loaded, and that does not load here, is a shortage and tried again', async () => {
  forgetSnappy();
  const { loadSnappy, prepareSnappy } = await import('../../src/sstable/snappy-package.ts');
  const { shortageOf } = await import('../../src/base/shortage.ts');
  const { IoError } = await import('../../src/base/errors.ts');
  const real = process.dlopen.bind(process);
  process.dlopen = () => {
    throw new Error('Too many open files');
  };
  let error: unknown;
  try {
    prepareSnappy();
    loadSnappy();
  } catch (thrown) {
    error = thrown;
  } finally {
    process.dlopen = real;
  }
  expect(error).toBeInstanceOf(IoError);
  expect(shortageOf(error)).toBe('resource');
  expect(loadSnappy().compressSync('x'.repeat(100)).length).toBeLessThan(100);
});

/** From now on imports are as in a thread that has loaded nothing yet. */
function forgetSnappy(): void {
  const { cache } = createRequire(import.meta.url);
  for (const path of Object.keys(cache)) {
    if (/[\\/]node_modules[\\/](@[^\\/]+[\\/])?snappy/.test(path)) delete cache[path];
  }
  vi.resetModules();
}
