/** The default size of the block cache follows the memory of the machine or of the container. */
import { totalmem } from 'node:os';
import process from 'node:process';
import { afterEach, expect, it, vi } from 'vitest';
import { machineMemoryBytes } from '../../src/base/machine-memory.ts';
import { defaultCacheSizeBytes } from '../../src/base/options.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

afterEach(() => vi.restoreAllMocks());

it.each([
  ['the limit of a container', 512 * MIB, 512 * MIB],
  ['the machine, where the container has no limit', 0, totalmem()],
  ['the machine, where the limit is no limit', 2 ** 63, totalmem()],
])('is %s', (_, limit, expected) => {
  vi.spyOn(process, 'constrainedMemory').mockReturnValue(limit);
  expect(machineMemoryBytes()).toBe(expected);
});

it('blocks take an eighth of it by default, within bounds', () => {
  expect(defaultCacheSizeBytes(512 * MIB)).toBe(64 * MIB);
  expect(defaultCacheSizeBytes(64 * MIB)).toBe(16 * MIB);
  expect(defaultCacheSizeBytes(64 * GIB)).toBe(GIB);
});
