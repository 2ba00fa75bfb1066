/**
 * A backend in memory: what every backend must do (src/remote/backend.ts), in its plainest form.
 *
 * Owns: every version of every row. Several stores may stand on one, as several processes do on servers.
 *
 * Suspension: every call answers in a later turn, as over a network.
 */
import { ClosedError, HistoryGoneError } from '../../src/base/errors.ts';
import { compareBytes } from '../../src/bytes/bytes.ts';
import type {
  Backend,
  BackendCapabilities,
  BackendCommit,
  BackendOutcome,
  BackendRange,
  BackendRow,
  BackendSnapshot,
  Page,
  PageRequest,
  WatchedCommit,
  WatchRequest,
} from '../../src/remote/backend.ts';

interface Row {
  readonly key: Uint8Array;
  /** From old to new. */
  readonly versions: { readonly version: number; readonly value: Uint8Array | undefined }[];
}

const nameOf = (key: Uint8Array): string => Buffer.from(key).toString('latin1');

const isIn = ({ start, end }: BackendRange, key: Uint8Array): boolean =>
  compareBytes(key, start) >= 0 && (end === undefined || compareBytes(key, end) < 0);

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The data, for as many clients as there are. */
export class MemoryServers {
  version = 0;
  readonly rows = new Map<string, Row>();
  readonly commits: WatchedCommit[] = [];
  readonly waiting = new Set<() => void>();
  /** Commits up to this one are not kept for watches. */
  forgotten = 0;
  openSnapshotCount = 0;

  ordered(): Row[] {
    return [...this.rows.values()].sort((a, b) => compareBytes(a.key, b.key));
  }

  valueAt(row: Row | undefined, version: number): Uint8Array | undefined {
    return row?.versions.findLast((each) => each.version <= version)?.value;
  }
}

const CAPABILITIES: BackendCapabilities = {
  isolation: ['snapshot', 'serializable'],
  mustCommitReads: false,
  canWatch: true,
  keySizeBytesMax: 1024 * 1024,
  valueSizeBytesMax: 16 * 1024 * 1024,
  commitSizeBytesMax: 64 * 1024 * 1024,
  commitWriteCountMax: 100_000,
};

export class MemoryBackend implements Backend {
  readonly name = 'memory';
  readonly location = 'memory://';
  readonly capabilities: BackendCapabilities;
  readonly servers: MemoryServers;
  /** Called before a commit is applied. */
  onCommit: ((commit: BackendCommit) => unknown) | undefined = undefined;
  /** Called before each request but commits; what it throws fails the request. */
  onRead: (() => void) | undefined = undefined;
  /** Requests so far. */
  requestCount = 0;
  #isClosed = false;

  constructor(servers = new MemoryServers(), capabilities: Partial<BackendCapabilities> = {}) {
    this.servers = servers;
    this.capabilities = { ...CAPABILITIES, ...capabilities };
  }

  async snapshot(): Promise<BackendSnapshot> {
    await this.#read();
    this.servers.openSnapshotCount++;
    const { version } = this.servers;
    return new MemorySnapshot(this.servers, version, () => this.#read());
  }

  async commit(commit: BackendCommit): Promise<BackendOutcome> {
    await this.#request();
    await this.onCommit?.(commit);
    const { servers } = this;
    for (const { key, value } of commit.guards) {
      const found = servers.valueAt(servers.rows.get(nameOf(key)), servers.version);
      const isSame =
        found === undefined
          ? value === undefined
          : value !== undefined && compareBytes(found, value) === 0;
      if (!isSame) return { isCommitted: false, key };
    }
    const lostTo = commit.snapshot && this.#conflict(commit, commit.snapshot.version);
    if (lostTo !== undefined) return { isCommitted: false, key: lostTo };
    const version = ++servers.version;
    for (const { key, value } of commit.writes) {
      const row = servers.rows.get(nameOf(key)) ?? { key, versions: [] };
      servers.rows.set(nameOf(key), row);
      row.versions.push({ version, value });
    }
    servers.commits.push({ version, wallMs: commit.wallMs, writes: commit.writes });
    for (const wake of [...servers.waiting]) wake();
    return { isCommitted: true, version };
  }

  async *watch({ start, end, after, signal }: WatchRequest): AsyncIterable<WatchedCommit> {
    const { servers } = this;
    if (after < servers.forgotten)
      throw new HistoryGoneError('Commits are gone', servers.forgotten + 1);
    let next = servers.commits.findIndex(({ version }) => version > after);
    if (next < 0) next = servers.commits.length;
    while (!signal.aborted && !this.#isClosed) {
      const commit = servers.commits[next];
      if (commit === undefined) {
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            servers.waiting.delete(wake);
            signal.removeEventListener('abort', wake);
            resolve();
          };
          servers.waiting.add(wake);
          signal.addEventListener('abort', wake, { once: true });
        });
        await turn();
        continue;
      }
      next++;
      const writes = commit.writes.filter(({ key }) => isIn({ start, end }, key));
      if (writes.length > 0) yield { ...commit, writes };
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const wake of [...this.servers.waiting]) wake();
    await turn();
  }

  /** The key of a conflict; undefined for none. */
  #conflict({ reads, writes }: BackendCommit, after: number): Uint8Array | undefined {
    const isNewer = ({ versions }: Row): boolean => (versions.at(-1)?.version ?? 0) > after;
    for (const { key } of writes) {
      const row = this.servers.rows.get(nameOf(key));
      if (row !== undefined && isNewer(row)) return key;
    }
    for (const row of this.servers.rows.values()) {
      if (isNewer(row) && reads.some((range) => isIn(range, row.key))) return row.key;
    }
    return undefined;
  }

  async #read(): Promise<void> {
    await this.#request();
    this.onRead?.();
  }

  async #request(): Promise<void> {
    if (this.#isClosed) throw new ClosedError('Backend is closed');
    this.requestCount++;
    await turn();
  }
}

class MemorySnapshot implements BackendSnapshot {
  readonly version: number;
  readonly #servers: MemoryServers;
  readonly #request: () => Promise<void>;
  #isOpen = true;

  constructor(servers: MemoryServers, version: number, request: () => Promise<void>) {
    this.#servers = servers;
    this.version = version;
    this.#request = request;
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    const [value] = await this.getMany([key]);
    return value;
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    await this.#read();
    const servers = this.#servers;
    return keys.map((key) => servers.valueAt(servers.rows.get(nameOf(key)), this.version)?.slice());
  }

  async page({ isReverse, rowCountMax, ...range }: PageRequest): Promise<Page> {
    await this.#read();
    const rows: BackendRow[] = [];
    for (const row of this.#servers.ordered()) {
      const value = isIn(range, row.key) ? this.#servers.valueAt(row, this.version) : undefined;
      if (value !== undefined) rows.push({ key: row.key.slice(), value: value.slice() });
    }
    if (isReverse) rows.reverse();
    return { rows: rows.slice(0, rowCountMax), hasMore: rows.length > rowCountMax };
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#servers.openSnapshotCount--;
  }

  async #read(): Promise<void> {
    if (!this.#isOpen) throw new ClosedError('Snapshot is closed');
    await this.#request();
  }
}
