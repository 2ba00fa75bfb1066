/**
 * A stand-in of FoundationDB and its client: what its documents say that it does, in memory.
 *
 * Owns: rows with all their versions, commits in batches, the check of conflicts, stamps, watches, limits, and errors that are
 * asked for. Several clients may share one cluster. It is no proof of how a real cluster behaves: it is what varve/foundationdb
 * was written against.
 *
 *      - A commit is checked against all commits after its read version, and against those before it in its batch. Commits of
 *        a batch share a version.
 *      - A batch is resolved in one turn and visible in a later one. A commit that has lost hears of it before what it has lost
 *        to is visible.
 *      - Read versions grow also without a commit. A state is kept for five million versions.
 *
 * Suspension: every call answers in a later turn.
 */
import type {
  Client,
  ClientDatabase,
  ClientRangeOptions,
  ClientTransaction,
  ClientTransactionOptions,
  ClientWatch,
} from '../../src/foundationdb/client.ts';
import { makeRandom, type Random } from './prng.ts';

const KEPT_VERSIONS = 5_000_000;
const VERSIONS_PER_MS = 1000;
const TRANSACTION_SIZE_BYTES_MAX = 10_000_000;
const KEY_SIZE_BYTES_MAX = 10_000;
const VALUE_SIZE_BYTES_MAX = 100_000;
const BATCH_COUNT_MAX = 6;
const STAMP_SIZE_BYTES = 10;
const CONFLICTING = '\xff\xff/transaction/conflicting_keys/';

/** What becomes of a commit, beside success: a number is its error, and nothing is applied. */
export type CommitFault =
  | number
  /** It is applied, and 1021 comes. */
  | 'applied'
  /** It is not applied, and 1021 comes. */
  | 'dropped'
  /** 1031 comes, and some batches later it is applied, if nothing it has read was written until then. */
  | 'late';

export class FoundationError extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`Error ${code} of the stand-in`);
    this.code = code;
  }
}

/** Keys by their bytes as characters, so that strings compare as bytes. */
type Name = string;
type Span = readonly [start: Name, end: Name];
type Write = (version: number, stamp: Buffer) => readonly [key: Name, value: Buffer | undefined][];

interface Pending {
  readonly readVersion: number;
  readonly reads: readonly Span[];
  readonly writes: readonly Write[];
  readonly writeSpans: readonly Span[];
  readonly fault: CommitFault | undefined;
  readonly answer: (version: number | FoundationError, lostTo?: readonly Span[]) => void;
}

interface Waiting {
  readonly key: Name;
  readonly value: Buffer | undefined;
  readonly ring: () => void;
}

export const nameOf = (key: Uint8Array): Name => Buffer.from(key).toString('latin1');
export const bytesOf = (name: Name): Buffer => Buffer.from(name, 'latin1');
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function versionBuffer(version: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(version));
  return bytes;
}

const isSame = (a: Buffer | undefined, b: Buffer | undefined): boolean =>
  a === undefined || b === undefined ? a === b : a.equals(b);

export class FoundationServers {
  readonly random: Random;
  /** Asked for each commit that writes. */
  onCommit: (() => CommitFault | undefined) | undefined = undefined;
  /** Asked for each read, and each read version: the number of an error. */
  onRead: (() => number | undefined) | undefined = undefined;
  /** No call is answered. */
  isDown = false;
  /** Watches fail with 1034. */
  isDeaf = false;
  apiVersion: number | undefined = undefined;
  batchSizeMax = 0;
  /** The newest that was given to a batch. */
  #version = 1_000_000;
  /** Up to here everything is visible. */
  #visible = 1_000_000;
  readonly #rows = new Map<Name, { version: number; value: Buffer | undefined }[]>();
  /** Names of rows, in order. */
  readonly #names: Name[] = [];
  readonly #resolved: { readonly version: number; readonly spans: readonly Span[] }[] = [];
  readonly #queue: Pending[] = [];
  readonly #late: { pending: Pending; batchesLeft: number }[] = [];
  readonly #watches = new Set<Waiting>();
  #isScheduled = false;

  constructor(seed: number) {
    this.random = makeRandom(seed);
  }

  get visible(): number {
    return this.#visible;
  }

  /** As if so much time went by. Nothing may be under way. */
  pass(ms: number): void {
    this.#version += ms * VERSIONS_PER_MS;
    this.#visible = this.#version;
  }

  /** The rows that are there now under a prefix. */
  rowsUnder(prefix: Name): readonly (readonly [Name, Buffer])[] {
    return this.range([prefix, `${prefix}\xff`], this.#visible);
  }

  newReadVersion(): number {
    if (this.#visible === this.#version && this.random.chance(0.3)) {
      this.#version += 1 + this.random.below(5000);
      this.#visible = this.#version;
    }
    return this.#visible;
  }

  mustKeep(version: number): void {
    if (this.#version - version > KEPT_VERSIONS) throw new FoundationError(1007);
    if (version > this.#visible) throw new FoundationError(1009);
  }

  get(key: Name, version: number): Buffer | undefined {
    return this.#rows.get(key)?.findLast((each) => each.version <= version)?.value;
  }

  range([start, end]: Span, version: number): [Name, Buffer][] {
    const found: [Name, Buffer][] = [];
    for (let at = this.#placeOf(start); at < this.#names.length; at++) {
      const name = this.#names[at]!; // below the length
      if (name >= end) break;
      const value = this.get(name, version);
      if (value !== undefined) found.push([name, value]);
    }
    return found;
  }

  watch(waiting: Waiting): () => void {
    this.#watches.add(waiting);
    this.#ring();
    return () => this.#watches.delete(waiting);
  }

  commit(pending: Pending): void {
    this.#queue.push(pending);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      while (this.#queue.length > 0) this.#resolve(this.#nextBatch());
    });
  }

  #nextBatch(): Pending[] {
    const batch = this.#queue.splice(0, 1 + this.random.below(BATCH_COUNT_MAX));
    for (const late of [...this.#late]) {
      if (late.batchesLeft-- > 0) continue;
      this.#late.splice(this.#late.indexOf(late), 1);
      batch.splice(this.random.below(batch.length + 1), 0, late.pending);
    }
    return batch;
  }

  #resolve(batch: readonly Pending[]): void {
    this.#version += 1 + (this.random.chance(0.5) ? this.random.below(3000) : 0);
    const version = this.#version;
    const writes: (() => ReturnType<Write>)[] = [];
    const answers: (() => void)[] = [];
    let acceptedCount = 0;
    for (const [place, pending] of batch.entries()) {
      const refusal = this.#refusalOf(pending, version);
      if (refusal !== undefined) {
        refusal();
        continue;
      }
      this.#resolved.push({ version, spans: pending.writeSpans });
      const stamp = Buffer.concat([versionBuffer(version), Buffer.of(place >> 8, place & 0xff)]);
      for (const write of pending.writes) writes.push(() => write(version, stamp));
      acceptedCount++;
      answers.push(() =>
        pending.answer(pending.fault === 'applied' ? new FoundationError(1021) : version),
      );
    }
    this.batchSizeMax = Math.max(this.batchSizeMax, acceptedCount);
    setImmediate(() => {
      for (const write of writes) {
        for (const [name, value] of write()) this.#put(name, version, value);
      }
      this.#visible = Math.max(this.#visible, version);
      for (const answer of answers) answer();
      this.#ring();
    });
  }

  /** What tells a commit that it is not applied now; undefined: it is. */
  #refusalOf(pending: Pending, version: number): (() => void) | undefined {
    const { fault, answer, readVersion } = pending;
    if (typeof fault === 'number') return () => answer(new FoundationError(fault));
    if (fault === 'dropped') return () => answer(new FoundationError(1021));
    if (fault === 'late') {
      const pendingLate = { ...pending, fault: undefined, answer: () => undefined };
      this.#late.push({ pending: pendingLate, batchesLeft: this.random.below(4) });
      return () => answer(new FoundationError(1031));
    }
    if (version - readVersion > KEPT_VERSIONS) return () => answer(new FoundationError(1007));
    const lostTo = this.#lostTo(pending);
    return lostTo.length === 0 ? undefined : () => answer(new FoundationError(1020), lostTo);
  }

  #lostTo({ reads, readVersion }: Pending): Span[] {
    const lost = new Set<Span>();
    for (let at = this.#resolved.length - 1; at >= 0; at--) {
      const { version, spans } = this.#resolved[at]!; // below the length
      if (version <= readVersion) break;
      for (const read of reads) {
        if (spans.some(([start, end]) => start < read[1] && read[0] < end)) lost.add(read);
      }
    }
    return [...lost];
  }

  #put(name: Name, version: number, value: Buffer | undefined): void {
    const versions = this.#rows.get(name);
    if (versions !== undefined) {
      versions.push({ version, value });
      return;
    }
    if (value === undefined) return;
    this.#rows.set(name, [{ version, value }]);
    this.#names.splice(this.#placeOf(name), 0, name);
  }

  #placeOf(name: Name): number {
    let [low, high] = [0, this.#names.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#names[middle]! < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #ring(): void {
    for (const waiting of [...this.#watches]) {
      if (isSame(this.get(waiting.key, this.#visible), waiting.value)) continue;
      this.#watches.delete(waiting);
      waiting.ring();
    }
  }
}

/** A client of a cluster; each has opened it by itself. */
export function standInClient(servers: FoundationServers): Client {
  return {
    setAPIVersion: (version) => {
      if (servers.apiVersion !== undefined && servers.apiVersion !== version) {
        throw new Error(`foundationdb already initialized with API version ${servers.apiVersion}`);
      }
      servers.apiVersion = version;
    },
    open: () => new StandInDatabase(servers),
  };
}

class StandInDatabase implements ClientDatabase {
  readonly #servers: FoundationServers;
  #isClosed = false;

  constructor(servers: FoundationServers) {
    this.#servers = servers;
  }

  rawCreateTransaction(options: ClientTransactionOptions = {}): ClientTransaction {
    if (this.#isClosed) throw new Error('The stand-in is closed');
    return new StandInTransaction(this.#servers, options).serializable;
  }

  close(): void {
    this.#isClosed = true;
  }
}

/** What the calls of a transaction share, serializable and snapshot. */
class StandInTransaction {
  readonly serializable: ClientTransaction;
  readonly #servers: FoundationServers;
  readonly #options: ClientTransactionOptions;
  readonly #startedMs = performance.now();
  #readVersion: Promise<number> | undefined = undefined;
  #committedVersion: number | undefined = undefined;
  readonly #reads: Span[] = [];
  readonly #writes: Write[] = [];
  readonly #writeSpans: Span[] = [];
  #sizeBytes = 0;
  #oversize: number | undefined = undefined;
  readonly #watches: (() => void)[] = [];
  readonly #watchFailures: ((error: FoundationError) => void)[] = [];
  #conflicting: readonly Span[] = [];
  #endedBy: number | undefined = undefined;
  readonly #onEnd = new Set<() => void>();

  constructor(servers: FoundationServers, options: ClientTransactionOptions) {
    this.#servers = servers;
    this.#options = options;
    this.serializable = this.#calls(false);
  }

  #calls(isSnapshot: boolean): ClientTransaction {
    return {
      snapshot: () => this.#calls(true),
      get: (key) => this.#get(nameOf(key), isSnapshot),
      getRangeBatch: (start, end, options) =>
        this.#rangeBatch([nameOf(start), nameOf(end)], isSnapshot, options),
      set: (key, value) => this.#set(key, value),
      clear: (key) => {
        const name = nameOf(key);
        this.#write([name, `${name}\0`], () => [[name, undefined]], 2 * key.length);
      },
      clearRange: (start, end) => this.#clearRange([nameOf(start), nameOf(end)]),
      byteMax: (key, value) => this.#byteMax(nameOf(key), value),
      addReadConflictKey: (key) => this.#read([nameOf(key), `${nameOf(key)}\0`]),
      addReadConflictRange: (start, end) => this.#addReadRange([nameOf(start), nameOf(end)]),
      setVersionstampSuffixedKey: (key, value, suffix) => this.#stampKey(key, value, suffix),
      setVersionstampPrefixedValue: (key, value) => this.#stampValue(key, value),
      setReadVersion: (version) => {
        if (version.length !== 8) throw new Error('Invalid version buffer - must be 8 bytes');
        this.#readVersion = Promise.resolve(Number(version.readBigUInt64BE(0)));
      },
      getReadVersion: async () => versionBuffer(await this.#version()),
      getCommittedVersion: () => {
        if (this.#committedVersion === undefined) throw new FoundationError(2021);
        return versionBuffer(this.#committedVersion);
      },
      watch: (key) => this.#watch(nameOf(key)),
      rawCommit: () => this.#commit(),
      rawCancel: () => this.#end(1025),
    };
  }

  #end(code: number): void {
    this.#endedBy ??= code;
    for (const each of this.#onEnd) each();
    this.#onEnd.clear();
  }

  /** A turn, or the end of the transaction, or of its patience with a cluster that is gone. */
  async #answered(): Promise<void> {
    await turn();
    if (this.#servers.isDown && this.#endedBy === undefined) await this.#untilEnd();
    if (this.#endedBy !== undefined) throw new FoundationError(this.#endedBy);
  }

  async #untilEnd(): Promise<void> {
    const { timeout = 0 } = this.#options;
    await new Promise<void>((resolve) => {
      this.#onEnd.add(resolve);
      if (timeout === 0) return;
      const leftMs = this.#startedMs + timeout - performance.now();
      setTimeout(() => this.#end(1031), Math.max(0, leftMs)).unref();
    });
  }

  #version(): Promise<number> {
    this.#readVersion ??= (async () => {
      await this.#answered();
      this.#fail();
      return this.#servers.newReadVersion();
    })();
    return this.#readVersion;
  }

  #fail(): void {
    const code = this.#servers.onRead?.();
    if (code !== undefined) throw new FoundationError(code);
  }

  async #get(name: Name, isSnapshot: boolean): Promise<Buffer | undefined> {
    if (this.#writeSpans.some(([start, end]) => name >= start && name < end)) {
      throw new FoundationError(1036); // what it has written itself is not read in this entry
    }
    if (!isSnapshot) this.#read([name, `${name}\0`]);
    const version = await this.#version();
    await this.#answered();
    this.#fail();
    this.#servers.mustKeep(version);
    const value = this.#servers.get(name, version);
    return value && Buffer.from(value);
  }

  async *#rangeBatch(
    span: Span,
    isSnapshot: boolean,
    { limit = 0, reverse = false }: ClientRangeOptions = {},
  ): AsyncGenerator<[Buffer, Buffer][]> {
    if (span[0].startsWith(CONFLICTING)) {
      yield this.#conflicting.flatMap(([start, end]): [Buffer, Buffer][] => [
        [bytesOf(`${CONFLICTING}${start}`), Buffer.from('1')],
        [bytesOf(`${CONFLICTING}${end}`), Buffer.from('0')],
      ]);
      return;
    }
    if (span[0] > span[1]) throw new FoundationError(2005);
    if (!isSnapshot) this.#read(span);
    const version = await this.#version();
    await this.#answered();
    this.#servers.mustKeep(version);
    const found = this.#servers.range(span, version);
    if (reverse) found.reverse();
    const rows = limit === 0 ? found : found.slice(0, limit);
    for (let at = 0; at < rows.length;) {
      await this.#answered();
      this.#fail();
      this.#servers.mustKeep(version);
      const next = at + 1 + this.#servers.random.below(1 + at * 2);
      yield rows
        .slice(at, next)
        .map(([name, value]) => [bytesOf(name), Buffer.from(value)] as [Buffer, Buffer]);
      at = next;
    }
  }

  #read(span: Span): void {
    this.#reads.push(span);
    this.#sizeBytes += span[0].length + span[1].length;
  }

  #addReadRange(span: Span): void {
    if (span[0] > span[1]) throw new FoundationError(2005);
    this.#read(span);
  }

  #write(span: Span, write: Write, sizeBytes: number): void {
    this.#writes.push(write);
    this.#writeSpans.push(span);
    this.#sizeBytes += sizeBytes + span[0].length + span[1].length;
    if (span[0].length > KEY_SIZE_BYTES_MAX) this.#oversize ??= 2102;
  }

  #set(key: Buffer, value: Buffer): void {
    const [name, kept] = [nameOf(key), Buffer.from(value)];
    if (value.length > VALUE_SIZE_BYTES_MAX) this.#oversize ??= 2103;
    this.#write([name, `${name}\0`], () => [[name, kept]], key.length + value.length);
  }

  #clearRange(span: Span): void {
    const servers = this.#servers;
    const write: Write = (version) =>
      servers.range(span, version).map(([name]) => [name, undefined] as const);
    this.#write(span, write, span[0].length + span[1].length);
  }

  #byteMax(name: Name, value: Buffer): void {
    const kept = Buffer.from(value);
    const write: Write = (version) => {
      const found = this.#servers.get(name, version);
      return [[name, found !== undefined && found.compare(kept) > 0 ? found : kept]];
    };
    this.#write([name, `${name}\0`], write, name.length + value.length);
  }

  #stampKey(key: Buffer, value: Buffer, suffix: Buffer = Buffer.alloc(0)): void {
    const [start, kept, end] = [nameOf(key), Buffer.from(value), nameOf(suffix)];
    if (value.length > VALUE_SIZE_BYTES_MAX) this.#oversize ??= 2103;
    const write: Write = (_, stamp) => [[`${start}${nameOf(stamp)}${end}`, kept]];
    const sizeBytes = key.length + suffix.length + STAMP_SIZE_BYTES + 4 + value.length;
    this.#write([start, `${start}\xff`], write, sizeBytes);
  }

  #stampValue(key: Buffer, value: Buffer = Buffer.alloc(0)): void {
    const [name, kept] = [nameOf(key), Buffer.from(value)];
    const write: Write = (_, stamp) => [[name, Buffer.concat([stamp, kept])]];
    this.#write([name, `${name}\0`], write, key.length + value.length + STAMP_SIZE_BYTES + 4);
  }

  #watch(name: Name): ClientWatch {
    let resolve!: (isRung: boolean) => void;
    let reject!: (error: FoundationError) => void;
    const promise = new Promise<boolean>((yes, no) => ([resolve, reject] = [yes, no]));
    promise.catch(() => undefined);
    let forget = (): void => undefined;
    this.#watchFailures.push(reject);
    this.#watches.push(() => {
      if (this.#servers.isDeaf) return reject(new FoundationError(1034));
      void this.#version().then((version) => {
        const value = this.#servers.get(name, version);
        forget = this.#servers.watch({ key: name, value, ring: () => resolve(true) });
      });
    });
    return {
      promise,
      cancel: () => {
        forget();
        resolve(false);
      },
    };
  }

  async #commit(): Promise<void> {
    try {
      await this.#committed();
      for (const watch of this.#watches) watch();
    } catch (error) {
      for (const fail of this.#watchFailures) fail(error as FoundationError); // all are
      throw error;
    }
  }

  async #committed(): Promise<void> {
    if (this.#oversize !== undefined) throw new FoundationError(this.#oversize);
    if (this.#sizeBytes > TRANSACTION_SIZE_BYTES_MAX) throw new FoundationError(2101);
    const readVersion = await this.#version();
    await this.#answered();
    if (this.#writes.length === 0) return; // nothing is checked
    const servers = this.#servers;
    await new Promise<void>((resolve, reject) => {
      this.#onEnd.add(() => reject(new FoundationError(this.#endedBy ?? 1025)));
      servers.commit({
        readVersion,
        reads: this.#reads,
        writes: this.#writes,
        writeSpans: this.#writeSpans,
        fault: servers.onCommit?.(),
        answer: (answer, lostTo = []) => {
          if (this.#options.report_conflicting_keys === true) this.#conflicting = lostTo;
          if (answer instanceof FoundationError) return reject(answer);
          this.#committedVersion = answer;
          resolve();
        },
      });
    });
  }
}
