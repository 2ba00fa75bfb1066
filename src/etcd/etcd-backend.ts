/**
 * etcd as a backend.
 *
 * Owns: the four verbs. A snapshot is a revision, a commit is one transaction of etcd, a watch is one of its streams.
 *
 * Invariants:
 *   etcd-backend/newest: the revision of a snapshot is that of a read which a majority has confirmed. So it shows every commit
 *       that was acknowledged before.
 *   etcd-backend/format-known: data of a newer format is refused by name, before anything else is read or written.
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
  type SnapshotRequest,
  type WatchedCommit,
  type WatchRequest,
} from '../index.ts';
import { type EtcdOptions, type EtcdSettings, settingsOf } from './address.ts';
import { CommitSlots } from './commit-slots.ts';
import { Layout } from './layout.ts';
import { Members } from './members.ts';
import { EtcdSnapshot, valueOf } from './snapshot.ts';
import { tidy } from './tidy.ts';
import { sleep } from '../adapters/time.ts';
import { watchCommits } from './watch.ts';

/** How long a close waits for a member. */
const CLOSE_MS_MAX = 1000;
/** Bytes that a request has beside what is written. */
const REQUEST_SIZE_BYTES = 16 * 1024;
/** Writes of a commit beside its own: its slot. And of the store: the number of the catalog. */
const OWN_WRITE_COUNT = 2;

/**
 * Connects to a cluster: `etcd://host:port,host:port/prefix`. All members are named that may be asked. The backend is for
 * `openBackend`; `open` of a connection string does both.
 *
 * Rejects with InvalidArgumentError for a bad connection string or option, UnavailableError when no member answers, and with
 * IncompatibleFormatError for data of a newer version.
 *
 * @example
 * import { openBackend } from 'varve';
 * import { connect } from 'varve/etcd';
 *
 * const backend = await connect('etcd://10.0.0.1:2379,10.0.0.2:2379,10.0.0.3:2379/orders', {
 *   txnOperationCountMax: 8192, // as --max-txn-ops of the members
 * });
 * const db = await openBackend(backend, { keyEncoding: 'utf8', valueEncoding: 'json' });
 * await db.put('o-1', { total: 12 });
 * await db.get('o-1'); // => { total: 12 }
 * await db.close(); // the backend too
 */
export async function connect(location: string, options?: EtcdOptions): Promise<Backend> {
  const backend = new EtcdBackend(settingsOf(location, options));
  try {
    await backend.begin();
    return backend;
  } catch (error) {
    await backend.close();
    throw error;
  }
}

class EtcdBackend implements Backend {
  readonly name: string = 'etcd';
  readonly location: string;
  readonly capabilities: BackendCapabilities;
  readonly #settings: EtcdSettings;
  readonly #members: Members;
  readonly #layout: Layout;
  readonly #slots: CommitSlots;
  #closing: Promise<void> | undefined = undefined;

  constructor(settings: EtcdSettings) {
    const { requestSizeBytesMax, txnOperationCountMax } = settings;
    this.#settings = settings;
    this.location = settings.location;
    this.#layout = new Layout(settings.prefix);
    this.#members = new Members(settings);
    this.#slots = new CommitSlots(this.#members, this.#layout, settings);
    const sizeBytesMax = requestSizeBytesMax - REQUEST_SIZE_BYTES;
    this.capabilities = {
      isolation: ['snapshot', 'serializable'],
      mustCommitReads: false, // every snapshot shows whole commits, in their order
      canWatch: true,
      keySizeBytesMax: Math.floor(sizeBytesMax / 4),
      valueSizeBytesMax: sizeBytesMax,
      commitSizeBytesMax: sizeBytesMax,
      commitWriteCountMax: txnOperationCountMax - OWN_WRITE_COUNT,
    };
  }

  /** Finds a member that answers (etcd-backend/format-known). */
  async begin(): Promise<void> {
    const { kvs } = await this.#members.range({ key: this.#layout.format });
    const [found] = kvs;
    if (found === undefined) return;
    throw new IncompatibleFormatError(
      `Data has a format that this version does not know, open it with a newer one: format=${found.value.toString('latin1')} location=${this.location}`,
    );
  }

  async snapshot({ firstKey }: SnapshotRequest): Promise<BackendSnapshot> {
    const layout = this.#layout;
    const members = this.#members;
    const request =
      firstKey === undefined
        ? { key: layout.horizon, count_only: true }
        : { key: layout.dataKey(firstKey) };
    const { header, kvs } = await members.range(request); // etcd-backend/newest
    return new EtcdSnapshot({
      members,
      layout,
      revision: header.revision,
      readCountMax: this.#settings.txnOperationCountMax,
      first: firstKey && { key: firstKey, value: valueOf(kvs[0]) },
    });
  }

  commit(commit: BackendCommit): Promise<BackendOutcome> {
    return this.#slots.commit(commit);
  }

  watch(request: WatchRequest): AsyncIterable<WatchedCommit> {
    return watchCommits(this.#members, this.#layout, request);
  }

  readonly tidy = (range: BackendRange, signal: AbortSignal | undefined): Promise<void> => {
    const { txnOperationCountMax } = this.#settings;
    const parts = { members: this.#members, layout: this.#layout, txnOperationCountMax };
    return tidy(parts, range, signal);
  };

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  /** The slots go with the client; where no member answers soon they stay, a few keys. */
  async #close(): Promise<void> {
    const { txnOperationCountMax } = this.#settings;
    const keys = this.#slots.keys.slice(0, txnOperationCountMax);
    if (keys.length > 0) {
      const success = keys.map((key) => ({ request_delete_range: { key } }));
      const removed = this.#members.commit({ compare: [], success, failure: [] });
      const over = new AbortController();
      await Promise.race([
        removed.then(
          () => undefined,
          () => undefined,
        ),
        sleep(CLOSE_MS_MAX, over.signal),
      ]);
      over.abort();
    }
    this.#members.close();
  }
}
