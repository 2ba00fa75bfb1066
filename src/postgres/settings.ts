/**
 * A connection string, taken apart.
 *
 * Owns: the parameters of this entry, their bounds, and one connection string for each host. Whatever else the string has,
 * such as `sslmode` or `application_name`, goes to the package `pg` as it is.
 *
 * Suspension: every function here is synchronous.
 */
import { type Bounds, wholeNumber } from '../adapters/parameters.ts';
import { InvalidArgumentError } from '../index.ts';

/** What a connection string says. */
export interface Settings {
  /** A string for `pg` for each host, in the order of the hosts. */
  readonly servers: readonly Server[];
  /** The string without a password, for messages. */
  readonly shown: string;
  readonly schema: string;
  readonly table: string;
  /** Connections for reads: as many snapshots may be open at once. */
  readonly connectionCountMax: number;
  /** How long a call waits for a server that takes it. */
  readonly timeoutMs: number;
  /** How long the commits of the past are kept, for streams and for the checks of transactions. */
  readonly historyMs: number;
}

export interface Server {
  /** As `host:port`. */
  readonly name: string;
  readonly connectionString: string;
}

const LOCATION = /^(postgres(?:ql)?):\/\/(?:([^@/]*)@)?([^/?@]*)(?:\/([^?]*))?(?:\?(.*))?$/i;
const NAME = /^[a-z_][a-z0-9_]{0,39}$/;
const WRITABLE = ['read-write', 'primary'];

/** Throws InvalidArgumentError for what is no connection string, and for a parameter that is out of its bounds. */
export function parseLocation(location: string): Settings {
  const parts = LOCATION.exec(location);
  if (parts === null) {
    throw new InvalidArgumentError(
      'Location must be like postgres://user@host:5432/database, with a comma between several hosts',
    );
  }
  const [, scheme = '', login, hosts = '', database = '', query = ''] = parts;
  const given = new URLSearchParams(query);
  const sessionAttributes = taken(given, 'target_session_attrs') ?? 'read-write';
  if (!WRITABLE.includes(sessionAttributes)) {
    throw new InvalidArgumentError(
      `Parameter target_session_attrs must be read-write or primary, because a standby may be behind: found=${sessionAttributes}`,
    );
  }
  const schema = nameOf(given, 'schema', 'varve');
  const table = nameOf(given, 'table', 'entries');
  const connectionCountMax = numberOf(given, 'connections', { min: 1, max: 1000, otherwise: 20 });
  const timeoutMs = numberOf(given, 'timeout_ms', { min: 100, max: 3_600_000, otherwise: 60_000 });
  const historyMs = numberOf(given, 'history_ms', {
    min: 1000,
    max: 30 * 86_400_000,
    otherwise: 600_000,
  });
  const rest = given.toString();
  const tail = `/${database}${rest === '' ? '' : `?${rest}`}`;
  const user = login?.replace(/:.*$/s, '');
  return {
    servers: hosts.split(',').map((host) => ({
      name: host === '' ? (given.get('host') ?? 'localhost') : host,
      connectionString: `postgres://${login === undefined ? '' : `${login}@`}${host}${tail}`,
    })),
    shown: `${scheme}://${user === undefined ? '' : `${user}@`}${hosts}/${database}?schema=${schema}&table=${table}`,
    schema,
    table,
    connectionCountMax,
    timeoutMs,
    historyMs,
  };
}

function taken(given: URLSearchParams, name: string): string | undefined {
  const value = given.get(name) ?? undefined;
  given.delete(name);
  return value;
}

function nameOf(given: URLSearchParams, parameter: string, otherwise: string): string {
  const name = taken(given, parameter) ?? otherwise;
  if (NAME.test(name)) return name;
  throw new InvalidArgumentError(
    `Parameter ${parameter} must be up to 40 of a-z, 0-9 and _, and begin with no digit: found=${name}`,
  );
}

function numberOf(given: URLSearchParams, parameter: string, bounds: Bounds): number {
  return wholeNumber(parameter, taken(given, parameter), bounds);
}
