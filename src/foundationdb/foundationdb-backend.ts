/**
 * FoundationDB as a backend.
 *
 * Owns: the four verbs. A snapshot is a read version, a commit is a transaction, a watch reads a log that commits write.
 *
 * Invariants:
 *   foundationdb-backend/newest: the version of a snapshot is a read version that the cluster gives after the call. It is that
 *       of every commit which was acknowledged before, or a later one.
 *   foundationdb-backend/format-known: data of another format is refused by name, before anything else is read or written.
 *
 * Suspension: as the contract says.
 */
import {
  type Backend,
  type BackendCapabilities,
  type BackendCommit,
  type BackendOutcome,
  type BackendRange,
  type BackendSnapshot,
  IncompatibleFormatError,
  InvalidArgumentError,
  type SnapshotRequest,
  AbortedError,
  type WatchedCommit,
  type WatchRequest,
} from '../index.ts';
import { type Client, loadClient } from './client.ts';
import { Cluster } from './cluster.ts';
import { Commits } from './commits.ts';
import { Cutter } from './cutter.ts';
import { describe } from './failures.ts';
import { watchCommits } from './feed.ts';
import { FORMAT, Layout } from './layout.ts';
import { parseLocation, type Settings } from './settings.ts';
import { FoundationSnapshot, plain } from './snapshot.ts';

/** Of FoundationDB, with what is put before a key. */
const KEY_SIZE_BYTES_MAX = 10_000;
const VALUE_SIZE_BYTES_MAX = 100_000;
/** Each write is there twice, in its row and in the log, and in what is checked: 10,000,000 bytes hold all of that. */
const COMMIT_SIZE_BYTES_MAX = 4_000_000;
const WRITE_COUNT_MAX = 50_000;

/**
 * Connects to a cluster: `foundationdb:///etc/foundationdb/fdb.cluster?prefix=orders`. The path is that of a cluster file.
 * The backend is for `openBackend`; `open` of a connection string does both.
 *
 * Rejects with InvalidArgumentError for a bad connection string, and where the package `foundationdb` or the client library
 * is missing. Rejects with UnavailableError when the cluster does not answer, and with IncompatibleFormatError for data of a
 * newer version.
 *
 * @example
 * import { openBackend } from 'varve';
 * import { connect } from 'varve/foundationdb';
 *
 * const backend = await connect('foundationdb:///etc/foundationdb/fdb.cluster?prefix=orders');
 * const db = await openBackend(backend, { keyEncoding: 'utf8', valueEncoding: 'json' });
 * await db.put('o-1', { total: 12 });
 * await db.get('o-1'); // => { total: 12 }
 * await db.close(); // the backend too
 */
export async function connect(location: string): Promise<Backend> {
  return connectBy(parseLocation(location), await loadClient());
}

/** The same, with a client that is loaded. */
export async function connectBy(settings: Settings, client: Client): Promise<Backend> {
  const backend = new FoundationBackend(settings, openCluster(settings, client));
  try {
    await backend.begin();
    return backend;
  } catch (error) {
    await backend.close();
    throw error;
  }
}

class FoundationBackend implements Backend {
  readonly name: string = 'foundationdb';
  readonly location: string;
  readonly capabilities: BackendCapabilities;
  readonly #cluster: Cluster;
  readonly #layout: Layout;
  readonly #commits: Commits;
  readonly #cutter: Cutter;
  readonly #historyMs: number;

  constructor({ location, prefix, historyMs }: Settings, cluster: Cluster) {
    this.location = location;
    this.#historyMs = historyMs;
    this.#cluster = cluster;
    this.#layout = new Layout(prefix);
    this.#commits = new Commits(cluster, this.#layout);
    this.#cutter = new Cutter(cluster, this.#layout, historyMs);
    this.capabilities = {
      isolation: ['snapshot', 'serializable'],
      mustCommitReads: false, // a read version is a state that was there
      canWatch: true,
      keySizeBytesMax: KEY_SIZE_BYTES_MAX - this.#layout.headSizeBytes,
      valueSizeBytesMax: VALUE_SIZE_BYTES_MAX,
      commitSizeBytesMax: COMMIT_SIZE_BYTES_MAX,
      commitWriteCountMax: WRITE_COUNT_MAX,
    };
  }

  /** foundationdb-backend/format-known. Two clients that begin at once write the same. */
  async begin(): Promise<void> {
    const { format } = this.#layout;
    await this.#cluster.read(async (transaction) => {
      const found = await transaction.get(format);
      if (found === undefined) {
        transaction.set(format, FORMAT);
        await transaction.rawCommit();
      } else if (!found.equals(FORMAT)) {
        throw new IncompatibleFormatError(
          `Data has a format that this version does not know: format=${found.toString('latin1')} known=${FORMAT.toString()} location=${this.location}`,
        );
      }
    });
  }

  async snapshot({ firstKey, signal }: SnapshotRequest): Promise<BackendSnapshot> {
    const layout = this.#layout;
    try {
      return await this.#cluster.read(
        async (transaction) => {
          const [readVersion, value] = await Promise.all([
            transaction.getReadVersion(), // foundationdb-backend/newest
            firstKey && transaction.snapshot().get(layout.dataKey(firstKey)),
          ]);
          const first = firstKey && { key: firstKey, value: plain(value) };
          return new FoundationSnapshot({ cluster: this.#cluster, layout, readVersion, first });
        },
        signal === undefined ? {} : { signal },
      );
    } catch (error) {
      if (signal?.aborted !== true) throw error;
      throw new AbortedError('Read was aborted', { cause: signal.reason });
    }
  }

  commit(commit: BackendCommit): Promise<BackendOutcome> {
    return this.#commits.commit(commit);
  }

  watch(request: WatchRequest): AsyncIterable<WatchedCommit> {
    const source = { cluster: this.#cluster, layout: this.#layout, historyMs: this.#historyMs };
    return watchCommits(source, request);
  }

  /** Deleted rows leave nothing; the log and the tries of commits do, of all ranges. */
  readonly tidy = async (_range: BackendRange, signal: AbortSignal | undefined): Promise<void> => {
    try {
      await this.#cutter.cut(signal);
    } catch (error) {
      if (signal?.aborted !== true) throw error;
      throw new AbortedError('Compaction was aborted', { cause: signal.reason });
    }
  };

  async close(): Promise<void> {
    this.#cutter.close();
    await this.#cluster.close();
  }
}

/** A process has one version of the interface, and one thread of the client library. */
function openCluster({ apiVersion, clusterFile, timeoutMs }: Settings, client: Client): Cluster {
  try {
    client.setAPIVersion(apiVersion, apiVersion);
  } catch (cause) {
    throw new InvalidArgumentError(
      `Version of the interface cannot be chosen, give the one that this process uses, or that the client library knows, as api_version= in the location: api_version=${apiVersion} ${describe(cause)}`,
      { cause },
    );
  }
  try {
    return new Cluster(client.open(clusterFile), timeoutMs);
  } catch (cause) {
    throw new InvalidArgumentError(
      `Cluster file cannot be used: file=${clusterFile ?? 'default'} ${describe(cause)}`,
      { cause },
    );
  }
}
