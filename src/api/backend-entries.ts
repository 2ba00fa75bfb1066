/**
 * The backends that a connection string names.
 *
 * Owns: which entry of the package goes with which scheme, and how it is loaded. An entry is loaded when it is asked for,
 * because it needs a package that most programs do not have.
 *
 * Suspension: `connectBackend` suspends for the load and for the servers.
 */
import { InvalidArgumentError, systemCodeOf } from '../base/errors.ts';
import type { Backend } from '../remote/backend.ts';

/** What each entry exports. */
interface BackendEntry {
  /** Connects to the servers of a connection string. */
  connect(location: string): Promise<Backend>;
}

interface KnownEntry {
  readonly module: string;
  /** The package that it needs. */
  readonly needs: string;
}

const ETCD: KnownEntry = { module: 'varve/etcd', needs: '@grpc/grpc-js @grpc/proto-loader' };
const FOUNDATIONDB: KnownEntry = { module: 'varve/foundationdb', needs: 'foundationdb' };
const POSTGRES: KnownEntry = { module: 'varve/postgres', needs: 'pg' };

const ENTRIES: ReadonlyMap<string, KnownEntry> = new Map([
  ['etcd', ETCD],
  ['foundationdb', FOUNDATIONDB],
  ['postgres', POSTGRES],
  ['postgresql', POSTGRES],
]);

const SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i;

/** The scheme of a location such as `etcd://127.0.0.1:2379`; undefined for a path. */
export function schemeOf(location: string): string | undefined {
  return SCHEME.exec(location)?.[1]?.toLowerCase();
}

/** Rejects with InvalidArgumentError for a scheme that no entry has, or one whose package is not installed. */
export async function connectBackend(scheme: string, location: string): Promise<Backend> {
  const entry = ENTRIES.get(scheme);
  if (entry === undefined) {
    const known = [...ENTRIES.keys()].map((name) => `${name}://`).join(', ');
    throw new InvalidArgumentError(
      `Location has an unknown scheme; a directory is named by its path alone: found=${scheme}:// known=${known}`,
    );
  }
  const loaded = await load(entry);
  return loaded.connect(location);
}

async function load({ module, needs }: KnownEntry): Promise<BackendEntry> {
  try {
    // Bundlers leave it as it is: most programs have no such entry.
    return (await import(/* webpackIgnore: true */ /* @vite-ignore */ module)) as BackendEntry;
  } catch (cause) {
    if (systemCodeOf(cause) !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new InvalidArgumentError(
      `Locations of this kind need a package that is not installed: npm install ${needs}`,
      { cause },
    );
  }
}
