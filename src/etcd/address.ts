/**
 * Connection strings: `etcd://host:port,host:port/prefix`.
 *
 * Owns: their parts, the options of a connection, and their defaults and bounds.
 *
 * Suspension: everything here is synchronous.
 */
import { decodedPath, prefixBytes } from '../adapters/parameters.ts';
import { InvalidArgumentError } from '../index.ts';

/** Options of `connect`. */
export interface EtcdOptions {
  /**
   * What all keys in etcd begin with: several databases share a cluster by different prefixes. The path of the connection
   * string, when there is one. Default `varve`.
   */
  readonly prefix?: string;
  /** The `--max-txn-ops` of the servers; 16 to 1,000,000, default 128, as theirs. */
  readonly txnOperationCountMax?: number;
  /** The `--max-request-bytes` of the servers; 65,536 to 2^30, default 1.5 MiB, as theirs. */
  readonly requestSizeBytesMax?: number;
  /** Milliseconds after which a call gives up on all members; 100 to 600,000, default 30,000. */
  readonly timeoutMs?: number;
  /** The certificate of the authority that has signed those of the servers, as PEM: calls are encrypted then. */
  readonly rootCertificate?: Uint8Array;
  /** The key and the certificate of this client, as PEM, for servers that ask for them. Needs `rootCertificate`. */
  readonly clientKey?: Uint8Array;
  /** See `clientKey`. */
  readonly clientCertificate?: Uint8Array;
}

/** A connection string and options, checked. */
export interface EtcdSettings {
  /** `host:port` of each member, in the order given. */
  readonly endpoints: readonly string[];
  readonly prefix: Buffer;
  /** As it was given; it has no password. */
  readonly location: string;
  readonly txnOperationCountMax: number;
  readonly requestSizeBytesMax: number;
  readonly timeoutMs: number;
  readonly rootCertificate: Uint8Array | undefined;
  readonly clientKey: Uint8Array | undefined;
  readonly clientCertificate: Uint8Array | undefined;
}

const FORM = /^etcd:\/\/([^/?#]+)(?:\/([^?#]*))?$/i;
const ENDPOINT = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/i;
const PORT_DEFAULT = 2379;
const PREFIX_DEFAULT = 'varve';

const NUMBERS = {
  txnOperationCountMax: [16, 1_000_000, 128],
  requestSizeBytesMax: [65_536, 2 ** 30, 1.5 * 1024 * 1024],
  timeoutMs: [100, 600_000, 30_000],
} as const;

const NAMES = new Set([
  ...Object.keys(NUMBERS),
  'prefix',
  'rootCertificate',
  'clientKey',
  'clientCertificate',
]) as ReadonlySet<string>;

/** Throws InvalidArgumentError. */
export function settingsOf(location: string, options: EtcdOptions = {}): EtcdSettings {
  for (const name of Object.keys(options)) {
    if (!NAMES.has(name)) {
      throw new InvalidArgumentError(
        `Unknown option of connect: name=${name} known=${[...NAMES].join(',')}`,
      );
    }
  }
  const found = typeof location === 'string' ? FORM.exec(location) : null;
  if (found?.[1]?.includes('@') === true) {
    throw new InvalidArgumentError(
      'Location has a login, and etcd is not asked with one: give connect clientKey and clientCertificate',
    );
  }
  if (found === null) {
    throw new InvalidArgumentError(
      `Location must be etcd://host:port,host:port/prefix: found=${withoutLogin(String(location))}`,
    );
  }
  const [, hosts = '', path = ''] = found;
  const { rootCertificate, clientKey, clientCertificate } = options;
  const isPaired = (clientKey === undefined) === (clientCertificate === undefined);
  if (!isPaired || (clientKey !== undefined && rootCertificate === undefined)) {
    throw new InvalidArgumentError(
      'Options clientKey and clientCertificate go together, and with rootCertificate',
    );
  }
  return {
    endpoints: hosts.split(',').map(endpointOf),
    prefix: prefixBytes(
      'Option prefix',
      path === '' ? (options.prefix ?? PREFIX_DEFAULT) : decodedPath(path),
    ),
    location,
    txnOperationCountMax: number('txnOperationCountMax', options),
    requestSizeBytesMax: number('requestSizeBytesMax', options),
    timeoutMs: number('timeoutMs', options),
    rootCertificate,
    clientKey,
    clientCertificate,
  };
}

/** A login is for no message. */
function withoutLogin(location: string): string {
  return location.replace(/\/\/[^/]*@/, '//...@');
}

function endpointOf(text: string): string {
  const found = ENDPOINT.exec(text);
  const port = Number(found?.[1] ?? PORT_DEFAULT);
  if (found === null || port === 0 || port > 65_535) {
    throw new InvalidArgumentError(`Location has a member that is no host:port: found=${text}`);
  }
  return found[1] === undefined ? `${text}:${port}` : text;
}

function number(name: keyof typeof NUMBERS, options: EtcdOptions): number {
  const [min, max, fallback] = NUMBERS[name];
  const value: unknown = options[name] ?? fallback;
  if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return Number(value);
  throw new InvalidArgumentError(
    `Option ${name} must be an integer from ${min} to ${max}: found=${String(value)}`,
  );
}
