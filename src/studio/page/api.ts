/**
 * What the page asks of its server, and the shapes of the answers.
 *
 * Owns: the addresses. All are relative to that of the page, which has the token in it.
 *
 * Suspension: every function that returns a promise suspends for the server.
 */
export interface Shown {
  readonly text: string;
  readonly form: 'utf8' | 'json' | 'tuple' | 'hex' | 'base64';
  readonly sizeBytes: number;
  readonly isCut: boolean;
}

export interface IndexInfo {
  readonly name: string;
  readonly on?: readonly string[];
  readonly isUnique: boolean;
  readonly isReady: boolean;
  readonly entryCount: number;
  readonly sizeBytes: number;
}

export interface KeyspaceInfo {
  readonly name: string;
  readonly keyEncoding?: string;
  readonly valueEncoding?: string;
  readonly ttlMs: number | null;
  readonly indexes: readonly IndexInfo[];
  readonly tableCount: number;
  readonly sizeBytes: number;
  readonly entryCount: number;
}

export interface Info {
  readonly location: string;
  readonly databaseId: string;
  readonly packageVersion: string;
  readonly isFollower: boolean;
  readonly isWritable: boolean;
  readonly defaultName: string;
  readonly keyspaces: readonly KeyspaceInfo[];
}

export interface Histogram {
  readonly count: number;
  readonly totalMs: number;
  readonly boundsMs: readonly number[];
  readonly counts: readonly number[];
}

/** The part of the statistics that the page shows. */
export interface Stats {
  readonly failure?: string;
  readonly follower?: { readonly behindMs: number; readonly behindOperationCount: number };
  readonly sequence: {
    readonly published: number;
    readonly durable: number;
    readonly flushed: number;
  };
  readonly commits: { readonly count: number; readonly conflictCount: number };
  readonly memory: {
    readonly memtableBytes: number;
    readonly memtableUsedBytes: number;
    readonly immutableMemtableCount: number;
    readonly blockCacheBytes: number;
  };
  readonly blockCache: { readonly hitCount: number; readonly missCount: number };
  readonly levels: readonly {
    readonly sizeBytes: number;
    readonly tableCount: number;
    readonly entryCount: number;
  }[];
  readonly tables: { readonly count: number; readonly sizeBytes: number };
  readonly background: {
    readonly flushBytesWritten: number;
    readonly compactionBytesWritten: number;
    readonly compactionCount: number;
  };
  readonly stalls: { readonly totalMs: number; readonly slowdownCount: number };
  readonly latencies: Readonly<Record<'get' | 'commit' | 'scanStep' | 'sync', Histogram>>;
  readonly readers: {
    readonly snapshotCount: number;
    readonly transactionCount: number;
    readonly scanCount: number;
  };
}

export interface Tick {
  readonly now: number;
  readonly stats: Stats;
}

export interface Bound {
  readonly keyspace: string;
  readonly key: Shown;
}

export interface Table {
  readonly number: number;
  readonly sizeBytes: number;
  readonly entryCount: number;
  readonly deletionCount: number;
  readonly rangeTombstoneCount: number;
  readonly smallestSequence: number;
  readonly largestSequence: number;
  readonly first: Bound;
  readonly last: Bound;
}

export interface Level {
  readonly level: number;
  readonly tableCount: number;
  readonly sizeBytes: number;
  readonly entryCount: number;
  readonly tables: readonly Table[];
}

export interface Tree {
  readonly levels: readonly Level[];
  readonly logs: readonly {
    readonly number: number;
    readonly sizeBytes: number;
    readonly isKept: boolean;
  }[];
}

export interface Entry {
  readonly id: string;
  readonly key: Shown;
  readonly value: Shown;
  readonly values?: readonly unknown[];
}

export interface EntryPage {
  readonly entries: readonly Entry[];
  readonly next?: string;
}

export interface WholeEntry extends Entry {
  readonly keyHex: string;
  readonly expiresAt?: number;
}

export interface Version {
  readonly sequence: number;
  readonly time: string;
  readonly type: 'put' | 'del' | 'delRange';
  readonly value?: Shown;
}

export interface Versions {
  readonly versions: readonly Version[];
  readonly isWhole: boolean;
  readonly since: number;
}

export interface Operation {
  readonly type: 'put' | 'del' | 'delRange';
  readonly keyspace: string;
  readonly key?: Shown;
  readonly value?: Shown;
  readonly gte?: Shown;
  readonly lt?: Shown;
}

export interface Commit {
  readonly sequence: number;
  readonly time: number;
  readonly operationCount: number;
  readonly operations: readonly Operation[];
}

export type Query = Readonly<Record<string, string | undefined>>;

/** Rejects with an Error whose message is for the reader. */
export async function ask<T>(path: string, query: Query = {}): Promise<T> {
  const given = Object.entries(query).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  const search = new URLSearchParams(given).toString();
  return answered<T>(fetch(`api/${path}${search === '' ? '' : `?${search}`}`));
}

export async function tell(path: string, body: Query): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await answered(fetch(`api/${path}`, { method: 'POST', headers, body: JSON.stringify(body) }));
}

async function answered<T>(asking: Promise<Response>): Promise<T> {
  let response: Response;
  try {
    response = await asking;
  } catch {
    throw new Error('The studio does not answer: is the command still running?');
  }
  const answer: unknown = await response.json();
  if (response.ok) return answer as T;
  const { error } = answer as { error?: { message?: string } };
  throw new Error(error?.message ?? `Status ${response.status}`);
}
