/**
 * Runs decoders on damaged input.
 *
 * Owns: what a decoder may do with it: give a result that its target finds right, or refuse by one of the errors that
 * stand for bad bytes. Anything else, and memory out of proportion, fails with the seed and the input.
 *
 * Every input has a seed of its own, made of the run's and its index, so that one can be replayed alone.
 *
 * Suspension: `fuzz` suspends as its targets do.
 */
import { getHeapStatistics } from 'node:v8';
import {
  CorruptionError,
  EncryptionKeyError,
  IncompatibleFormatError,
  InvalidArgumentError,
} from '../../src/base/errors.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { mutated } from './mutate.ts';

/** Far more than any decoder needs for inputs of a few kilobytes, and far less than a length that was believed. */
const GROWTH_SIZE_BYTES_MAX = 16 * 1024 * 1024;
const SHOWN_SIZE_BYTES_MAX = 512;

export interface Input {
  readonly bytes: Uint8Array;
  readonly random: Random;
}

export interface FuzzTarget {
  readonly name: string;
  /** Decoded whole without an error: so that refusing everything is no success. */
  readonly valid: readonly Uint8Array[];
  /** By default `mutated`. */
  readonly mutate?: (random: Random, valid: readonly Uint8Array[]) => Uint8Array;
  /** Decodes and uses the result; throws a WrongResult when that is not right. */
  readonly run: (input: Input) => void | Promise<void>;
  /** How many times costlier than the others an input is; so many fewer are tried. */
  readonly cost?: number;
  /** What a target may take that opens whole databases, whose memtables are larger than any input. */
  readonly growthSizeBytesMax?: number;
}

export class WrongResult extends Error {}

export interface FuzzReport {
  readonly inputCount: number;
  readonly acceptedCount: number;
  readonly refusedCount: number;
  /** By name of the class. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly growthSizeBytesMax: number;
}

export async function fuzz(target: FuzzTarget, seed: number, count: number): Promise<FuzzReport> {
  for (const bytes of target.valid) await target.run({ bytes, random: makeRandom(seed) });
  const refusals: Record<string, number> = {};
  let acceptedCount = 0;
  let growthSizeBytesMax = 0;
  for (let index = 0; index < count; index++) {
    const random = makeRandom(Math.imul(seed, 0x9e3779b1) + index);
    const bytes = (target.mutate ?? mutated)(random, target.valid);
    const before = memoryInUse();
    try {
      const pending = target.run({ bytes, random });
      if (pending !== undefined) await pending;
      acceptedCount++;
    } catch (error) {
      if (!isRefusal(error)) throw failure(target, seed, index, bytes, error);
      refusals[error.name] = (refusals[error.name] ?? 0) + 1;
    }
    const growth = memoryInUse() - before;
    if (growth > growthSizeBytesMax) growthSizeBytesMax = growth;
    if (growth > (target.growthSizeBytesMax ?? GROWTH_SIZE_BYTES_MAX)) {
      throw failure(target, seed, index, bytes, new Error(`Memory grew by ${growth} bytes`));
    }
  }
  const refusedCount = count - acceptedCount;
  return { inputCount: count, acceptedCount, refusedCount, refusals, growthSizeBytesMax };
}

function isRefusal(error: unknown): error is Error {
  return (
    error instanceof CorruptionError ||
    error instanceof EncryptionKeyError ||
    error instanceof IncompatibleFormatError ||
    error instanceof InvalidArgumentError
  );
}

function memoryInUse(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}

function failure(
  { name }: FuzzTarget,
  seed: number,
  index: number,
  bytes: Uint8Array,
  cause: unknown,
): Error {
  const shown = Buffer.from(bytes.subarray(0, SHOWN_SIZE_BYTES_MAX)).toString('hex');
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return new Error(
    `${name}: seed=${seed} index=${index} size=${bytes.length} input=${shown}\n${text}`,
    { cause },
  );
}
