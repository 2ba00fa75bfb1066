/**
 * Connection strings: `foundationdb:///etc/foundationdb/fdb.cluster?prefix=orders`.
 *
 * Owns: their parts, and the defaults and bounds of their parameters.
 *
 * Suspension: everything here is synchronous.
 */
import { InvalidArgumentError } from '../index.ts';

/** What a connection string says. */
export interface Settings {
  /** As it was given; it has no password. */
  readonly location: string;
  /** Undefined: at the default place of the client library, or where FDB_CLUSTER_FILE says. */
  readonly clusterFile: string | undefined;
  readonly prefix: Buffer;
  /** How long a call waits for a server that answers. */
  readonly timeoutMs: number;
  /** How long the commits of the past are kept, for streams. */
  readonly historyMs: number;
  readonly apiVersion: number;
}

const LOCATION = /^foundationdb:\/\/([^?#]*)(?:\?([^#]*))?$/i;
const PREFIX_SIZE_BYTES_MAX = 200;

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly otherwise: number;
}

const PREFIX = 'prefix';
const NUMBERS = {
  timeout_ms: { min: 100, max: 600_000, otherwise: 30_000 },
  history_ms: { min: 1000, max: 30 * 86_400_000, otherwise: 600_000 },
  api_version: { min: 630, max: 720, otherwise: 630 },
} as const satisfies Record<string, Bounds>;

/** Throws InvalidArgumentError. */
export function parseLocation(location: string): Settings {
  const found = LOCATION.exec(location);
  if (found === null) {
    throw new InvalidArgumentError(
      `Location must be like foundationdb:///etc/foundationdb/fdb.cluster?prefix=orders: found=${location}`,
    );
  }
  const [, path = '', query = ''] = found;
  const given = new URLSearchParams(query);
  const known = [PREFIX, ...Object.keys(NUMBERS)];
  for (const name of given.keys()) {
    if (known.includes(name)) continue;
    throw new InvalidArgumentError(
      `Location has an unknown parameter: name=${name} known=${known.join(',')}`,
    );
  }
  return {
    location,
    clusterFile: path === '' ? undefined : decoded(path),
    prefix: prefixOf(given.get(PREFIX) ?? 'varve'),
    timeoutMs: numberOf(given, 'timeout_ms'),
    historyMs: numberOf(given, 'history_ms'),
    apiVersion: numberOf(given, 'api_version'),
  };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw new InvalidArgumentError(`Location has a malformed path: found=${path}`, { cause });
  }
}

/** Without a zero byte, which ends it in a key (layout.ts). */
function prefixOf(prefix: string): Buffer {
  const bytes = Buffer.from(prefix, 'utf8');
  const isFit = bytes.length > 0 && bytes.length <= PREFIX_SIZE_BYTES_MAX && !bytes.includes(0);
  if (isFit) return bytes;
  throw new InvalidArgumentError(
    `Parameter prefix must be text of 1 to ${PREFIX_SIZE_BYTES_MAX} bytes without a zero byte: found=${prefix}`,
  );
}

function numberOf(given: URLSearchParams, name: keyof typeof NUMBERS): number {
  const { min, max, otherwise } = NUMBERS[name];
  const text = given.get(name);
  if (text === null) return otherwise;
  const number = /^\d+$/.test(text) ? Number(text) : NaN;
  if (number >= min && number <= max) return number;
  throw new InvalidArgumentError(
    `Parameter ${name} must be a whole number from ${min} to ${max}: found=${text}`,
  );
}
