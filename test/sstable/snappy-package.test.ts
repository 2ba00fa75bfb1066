/** The snappy package in a job worker: what cannot be loaded for a moment is waited out. */
import process from 'node:process';
import { expect, it } from 'vitest';
import { IoError } from '../../src/base/errors.ts';
import { shortageOf } from '../../src/base/shortage.ts';
import { loadSnappy, prepareSnappy } from '../../src/sstable/snappy-package.ts';

it('a package that its owner has loaded, and that does not load here, is a shortage and tried again', () => {
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
