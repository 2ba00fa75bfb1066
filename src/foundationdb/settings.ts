/**
 * Connection strings: `foundationdb:///etc/foundationdb/fdb.cluster?prefix=orders`.
 *
 * Owns: their parts, and the defaults and bounds of their parameters.
 *
 * Suspension: everything here is synchronous.
 */
import { type Bounds, decodedPath, prefixBytes, wholeNumber } from '../adapters/parameters.ts';
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
    clusterFile: path === '' ? undefined : decodedPath(path),
    prefix: prefixBytes('Parameter prefix', given.get(PREFIX) ?? 'varve'),
    timeoutMs: numberOf(given, 'timeout_ms'),
    historyMs: numberOf(given, 'history_ms'),
    apiVersion: numberOf(given, 'api_version'),
  };
}

function numberOf(given: URLSearchParams, name: keyof typeof NUMBERS): number {
  return wholeNumber(name, given.get(name) ?? undefined, NUMBERS[name]);
}
