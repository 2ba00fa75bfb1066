/**
 * Fuzz target of the messages between the database and its job worker.
 *
 * Owns: thrown values of every kind, and records as a worker of another mood might send them.
 *
 * Suspension: everything here is synchronous.
 */
import { AssertionError } from '../../src/base/assert.ts';
import {
  AbortedError,
  CorruptionError,
  IncompatibleFormatError,
  InvalidArgumentError,
  IoError,
} from '../../src/base/errors.ts';
import { decodeError, encodeError, type ErrorRecord } from '../../src/compaction/job-protocol.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { type FuzzTarget, WrongResult } from './fuzzer.ts';

const TEXTS = ['', 'x', 'Block checksum mismatch', '__proto__', '\ud800', 'a'.repeat(300)];
const NAMES = ['IoError', 'CorruptionError', 'AbortedError', 'TypeError', 'constructor', ''];

function thrown(random: Random, depth: number): unknown {
  const text = random.pick(TEXTS);
  const hasCause = depth > 0 && random.chance(0.6);
  const options = hasCause ? { cause: thrown(random, depth - 1) } : {};
  switch (random.below(12)) {
    case 0:
      return new CorruptionError(text, {
        ...options,
        file: random.pick(TEXTS),
        offset: random.next(),
      });
    case 1:
      return new IoError(text, {
        ...options,
        path: random.pick(TEXTS),
        outcome: random.pick(['unknown', 'not-applied']),
      });
    case 2:
      return new IncompatibleFormatError(text, options);
    case 3:
      return new InvalidArgumentError(text, options);
    case 4:
      return new AbortedError(text, options);
    case 5:
      return new AssertionError(text, options);
    case 6:
      return Object.assign(new Error(text, options), {
        code: 'ENOSPC',
        errno: -28,
        syscall: 'write',
        path: text,
      });
    case 7: {
      const circular = new Error(text);
      circular.cause = circular;
      return circular;
    }
    case 8:
      return random.pick([undefined, null, text, 0, NaN, 1n, Symbol(text), [], {}, () => text]);
    case 9:
      return Object.assign(new TypeError(text, options), {
        code: 7,
        path: {},
        offset: 'x',
        toJSON: () => text,
      });
    case 10:
      return { message: text, code: text, name: random.pick(NAMES) };
    default:
      return new AggregateError([new Error(text)], text, options);
  }
}

function recordOf(random: Random, depth: number): ErrorRecord {
  const maybe = <T>(value: T): T | undefined => (random.chance(0.5) ? value : undefined);
  return {
    name: random.pick(NAMES),
    message: random.pick(TEXTS),
    stack: maybe(random.pick(TEXTS)),
    code: maybe(random.pick(TEXTS)),
    errno: maybe(random.next()),
    syscall: maybe(random.pick(TEXTS)),
    path: maybe(random.pick(TEXTS)),
    file: maybe(random.pick(TEXTS)),
    offset: maybe(random.pick([0, -1, NaN, 2 ** 60])),
    outcome: maybe('unknown'),
    cause: depth > 0 && random.chance(0.5) ? recordOf(random, depth - 1) : undefined,
  };
}

function checkCrossing(error: unknown): void {
  const crossed = decodeError(structuredClone(encodeError(error)));
  if (!(error instanceof Error)) return;
  if (crossed.message !== error.message || crossed.name !== error.name) {
    throw new WrongResult(`Crossed as ${crossed.name}: ${crossed.message}`);
  }
  const isOurs = 'code' in error && 'code' in crossed && error.constructor === crossed.constructor;
  if (isOurs && error.code !== crossed.code && typeof error.code === 'string') {
    throw new WrongResult('Another code (job-protocol/errors-cross-whole)');
  }
  if (error instanceof CorruptionError) {
    const same = crossed instanceof CorruptionError && crossed.file === error.file;
    if (!same || crossed.offset !== error.offset)
      throw new WrongResult('Another place (job-protocol/errors-cross-whole)');
  }
  if (error instanceof IoError) {
    const same = crossed instanceof IoError && crossed.outcome === error.outcome;
    if (!same || crossed.path !== error.path)
      throw new WrongResult('Another failure (job-protocol/errors-cross-whole)');
  }
}

/** The input is only where the seed comes from. */
const jobErrors: FuzzTarget = {
  name: 'job protocol',
  valid: [Uint8Array.of(1)],
  mutate: (random) => random.bytes(4),
  run: ({ bytes }) => {
    const random = makeRandom(Buffer.from(bytes).readUIntLE(0, bytes.length));
    checkCrossing(thrown(random, 6));
    const record = recordOf(random, 6);
    const error = decodeError(structuredClone(record));
    if (error.message !== record.message) throw new WrongResult('Another message');
    decodeError(structuredClone(encodeError(error)));
  },
};

export const JOB_TARGETS: readonly FuzzTarget[] = [jobErrors];
