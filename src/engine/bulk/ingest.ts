/**
 * Bulk loading: sorted entries become tables, past log and memtable.
 *
 * Owns: the two phases of a load, and its place in the commit order.
 *
 *      entries -> tables, durable, with no sequence           beside commits, flushes and compactions
 *      lock the range -> hold commits back -> flush           short: what is left in memory is small by then
 *           -> sequence -> stamp and sync the tables -> places -> edit in the manifest = visible -> go on
 *
 * A load is one commit: all its entries have one sequence, which no log holds. So every commit before it is put into
 * tables first, and the log of the next commits begins after it. So no log has a hole, and a power cut that leaves
 * the edit leaves every commit before it.
 *
 * Invariants:
 *   ingest/sequence-last: the sequence is given when everything before it is published and nothing after it has begun.
 *       Given earlier, commits made meanwhile would be newer by their numbers and older by their places.
 *   ingest/memtables-are-empty: when the tables are placed, no memtable holds anything older than them
 *       (read-state/by-age).
 *   ingest/deepest-free-level: a table lies at the deepest level at and above which no table shares a key with it:
 *       every table that it overlaps is older and below. The level that a running compaction writes to is left out,
 *       since its outputs may span any gap.
 *   ingest/refused-leaves-nothing: after the edit was refused, or before it, nothing of the load stays. After a failed
 *       sync of the manifest the files stay, for the next open to tell.
 *
 * Suspension: suspends between entries as the pacer says, for the caller's entries, for syncs and for its turn.
 * Commits are held back in the second phase only.
 */
import { Mutex } from 'async-mutex';
import { compareRanges, copyRange, keySuccessor } from '../../bytes/bytes.ts';
import { describeTreeKey } from '../../bytes/keyspace-number.ts';
import { isArray } from '../../base/caller-value.ts';
import { InvalidArgumentError, IoError } from '../../base/errors.ts';
import { sequenceAfter } from '../../base/ids.ts';
import { describe } from '../../base/describe.ts';
import { describeShortage, shortageOf } from '../../base/shortage.ts';
import { compressionOf } from '../../compaction/compaction.ts';
import { INLINE_PACE, Pacer } from '../../compaction/pacer.ts';
import { LOCK_TIMEOUT_MS_DEFAULT } from '../../txn/lock-table.ts';
import { rangeOf } from '../../bytes/key-range.ts';
import type { FileMetadata, LevelFile } from '../../version/file-metadata.ts';
import { LEVEL_COUNT } from '../../version/version-edit.ts';
import type { Version } from '../../version/version.ts';
import type { Engine } from '../engine.ts';
import { type IngestEntry, IngestTables } from './ingest-tables.ts';
import type { StopCheck } from '../state/long-calls.ts';

/** The options of `ingest`. */
export interface IngestOptions {
  /** Ends the load with AbortedError, up to the moment at which it becomes visible; nothing of it stays. */
  readonly signal?: AbortSignal;
}

/** The report of a finished bulk load. */
export interface IngestReport {
  /** Entries that were loaded. */
  readonly entryCount: number;
  /** Tables that hold them. */
  readonly tableCount: number;
  /** Bytes of the tables, after compression. */
  readonly sizeBytes: number;
}

/** Entries in strictly ascending order of their encoded keys. */
export type IngestSource<K, V> = Iterable<readonly [K, V]> | AsyncIterable<readonly [K, V]>;

/** How a load is ended before its time. */
export interface IngestStop {
  readonly check: StopCheck;
  /** Aborted when `check` may begin to throw. */
  readonly signal: AbortSignal;
}

/** From the caller's types to bytes, which the next call may overwrite. Throws InvalidArgumentError. */
export interface EntryEncoder<K, V> {
  encodeEntry(key: K, value: V): IngestEntry;
}

/** Where a load came to stand in the commit order, and how long commits were held back for it. */
interface Place {
  readonly sequence: number;
  readonly holdMs: number;
}

const KEY_SIZE_BYTES_START = 64;

export class Ingester {
  readonly #engine: Engine;
  readonly #turn = new Mutex();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async run<K, V>(
    source: IngestSource<K, V>,
    encoder: EntryEncoder<K, V>,
    stop: IngestStop,
  ): Promise<IngestReport> {
    const { parts, error } = this.#engine;
    if (error.isFailed) throw error.toError('not-applied');
    const startMs = parts.clock.nowMs();
    const load = new Load(this.#engine, encoder);
    try {
      await this.#build(load, source, stop);
      if (load.entryCount > 0) this.#report(load, await this.#publish(load, stop), startMs);
      const { tableCount, sizeBytes } = load.tables;
      return { entryCount: load.entryCount, tableCount, sizeBytes };
    } catch (failure) {
      throw await this.#ended(load, failure);
    }
  }

  async #build<K, V>(
    load: Load<K, V>,
    source: IngestSource<K, V>,
    stop: IngestStop,
  ): Promise<void> {
    const { parts, error } = this.#engine;
    const pacer = new Pacer({ clock: parts.clock, pace: INLINE_PACE, cancellation: undefined });
    const step = (entry: readonly [K, V]): boolean => {
      load.add(entry);
      return pacer.tick(load.entrySizeBytes) || load.tables.isTableFull;
    };
    const pause = async (): Promise<void> => {
      if (load.tables.isTableFull) await load.tables.closeTable();
      await pacer.pause();
      stop.check();
      if (error.isFailed) throw error.toError('not-applied');
    };
    await drainSource(source, step, pause, stop.signal);
    stop.check();
    await load.tables.finish();
    stop.check();
  }

  /** Takes the range as a writer does, waits for its turn, and gives the tables their place. */
  async #publish<K, V>(load: Load<K, V>, stop: IngestStop): Promise<Place> {
    const engine = this.#engine;
    const owner = { cost: Infinity };
    const range = { start: load.firstKey, end: keySuccessor(load.lastKey) };
    const lookAgain = (): void => engine.background.changed();
    stop.signal.addEventListener('abort', lookAgain);
    try {
      await engine.flush(stop.check); // most of what the turn would wait for
      const { signal } = stop;
      await engine.locks.acquire(
        owner,
        { keys: [], ranges: [range] },
        { timeoutMs: LOCK_TIMEOUT_MS_DEFAULT, signal },
      );
      return await this.#turn.runExclusive(() => this.#install(load, stop.check));
    } catch (failure) {
      stop.check(); // whatever it interrupted
      throw failure;
    } finally {
      stop.signal.removeEventListener('abort', lookAgain);
      engine.locks.release(owner);
    }
  }

  async #install<K, V>(load: Load<K, V>, check: StopCheck): Promise<Place> {
    const engine = this.#engine;
    const { versions, clock } = engine.parts;
    const heldSinceMs = clock.nowMs();
    try {
      await engine.beginIngest(check); // ingest/memtables-are-empty
      const sequence = sequenceAfter(engine.horizons.assigned, 1); // ingest/sequence-last
      const files = await load.tables.stamp(sequence);
      check();
      const addedFiles = placed(files, versions.current, engine.background.outputLevel);
      load.isOffered = true;
      const place = { sequence, wallMs: engine.frameClock.next() };
      const retained = engine.retention?.record(sequence, [place]);
      await versions.apply({ addedFiles, flushedSequence: sequence, ...retained }, () =>
        engine.installIngest(place, load.firstKey, load.lastKey),
      );
      return { sequence, holdMs: clock.nowMs() - heldSinceMs };
    } finally {
      engine.endIngest();
    }
  }

  #report<K, V>({ entryCount, tables }: Load<K, V>, place: Place, startMs: number): void {
    const { metrics, parts } = this.#engine;
    const { tableCount, sizeBytes } = tables;
    metrics.ingestCount++;
    metrics.ingestEntryCount += entryCount;
    metrics.ingestBytesWritten += sizeBytes;
    metrics.ingestHoldMsMax = Math.max(metrics.ingestHoldMsMax, place.holdMs);
    const durationMs = parts.clock.nowMs() - startMs;
    parts.events.emit('ingest-finished', {
      ...place,
      tableCount,
      sizeBytes,
      entryCount,
      durationMs,
    });
  }

  /** Keeps ingest/refused-leaves-nothing. Returns the error for the caller. */
  async #ended<K, V>(load: Load<K, V>, failure: unknown): Promise<unknown> {
    const engine = this.#engine;
    if (load.isOffered && engine.parts.versions.failure !== undefined) {
      engine.error.fail(failure);
      return engine.error.toError('unknown');
    }
    await load.tables.discard();
    const shortage = failure instanceof IoError ? shortageOf(failure) : undefined; // not of the caller's source
    if (shortage !== undefined) {
      engine.onShortage(shortage, failure);
      return new IoError(`${describeShortage(shortage)}: nothing was ingested`, {
        cause: failure instanceof IoError ? failure.cause : failure,
        ...(failure instanceof IoError && failure.path !== undefined ? { path: failure.path } : {}),
      });
    }
    const { syncFailure } = load.tables;
    if (syncFailure === undefined || shortageOf(syncFailure) !== undefined) return failure;
    engine.error.fail(syncFailure); // never tried again: docs/durability.md
    return engine.error.toError('not-applied');
  }
}

/** One load: its tables, and the order of its keys. */
class Load<K, V> {
  readonly tables: IngestTables;
  /** True once the manifest may name the tables. */
  isOffered = false;
  entryCount = 0;
  entrySizeBytes = 0;
  firstKey: Uint8Array = new Uint8Array(0);
  readonly #encoder: EntryEncoder<K, V>;
  #last: Uint8Array = new Uint8Array(KEY_SIZE_BYTES_START);
  #lastLength = 0;

  constructor({ parts }: Engine, encoder: EntryEncoder<K, V>) {
    const { options, versions, vfs, directory, runner } = parts;
    this.#encoder = encoder;
    this.tables = new IngestTables({
      vfs,
      directory,
      newFileNumber: () => versions.newFileNumber(),
      tableOptions: {
        blockSizeBytes: options.blockSizeBytes,
        filterBitsPerKey: options.filterBitsPerKey,
        // Where they land is known only when they are written; mostly it is the bottom.
        compression: compressionOf(LEVEL_COUNT - 1, options.compression),
      },
      targetFileSizeBytes: Math.min(options.targetFileSizeBytes, runner.targetFileSizeBytesMax),
    });
  }

  get lastKey(): Uint8Array {
    return copyRange(this.#last, 0, this.#lastLength);
  }

  /** Throws InvalidArgumentError for what is no entry, or not above the one before. */
  add(entry: readonly [K, V]): void {
    if (!isArray(entry) || entry.length !== 2) {
      throw new InvalidArgumentError(
        `Entry must be a pair of key and value: position=${this.entryCount} found=${describe(entry)}`,
      );
    }
    const encoded = this.#encoder.encodeEntry(entry[0], entry[1]);
    const { key, value } = encoded;
    const { bytes, start, end } = key;
    if (this.entryCount === 0) this.firstKey = copyRange(bytes, start, end);
    else if (compareRanges(this.#last, 0, this.#lastLength, bytes, start, end) >= 0) {
      throw this.#outOfOrder(copyRange(bytes, start, end));
    }
    this.tables.add(encoded);
    this.#keep(bytes, start, end);
    this.entrySizeBytes = end - start + (value.end - value.start);
    this.entryCount++;
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length > this.#last.length) this.#last = new Uint8Array(length * 2);
    const last = this.#last;
    for (let i = 0; i < length; i++) last[i] = bytes[start + i]!; // below end
    this.#lastLength = length;
  }

  #outOfOrder(key: Uint8Array): InvalidArgumentError {
    return new InvalidArgumentError(
      `Keys must ascend: position=${this.entryCount} key=${describeTreeKey(key)} ` +
        `previous=${describeTreeKey(this.lastKey)}`,
    );
  }
}

/** Keeps ingest/deepest-free-level table by table: the load's own share no key. */
function placed(
  files: readonly FileMetadata[],
  version: Version,
  outputLevel: number | undefined,
): LevelFile[] {
  return files.map((file) => {
    const range = rangeOf(file);
    let level = 0;
    for (let below = 0; below < LEVEL_COUNT; below++) {
      if (version.overlapping(below, range).length > 0) break;
      if (below !== outputLevel) level = below;
    }
    return { level, file };
  });
}

/**
 * Hands every entry to `step`, and waits for `pause` when that says so. Ends the source when anything fails, and
 * waits for no entry longer than until `signal`.
 */
async function drainSource<K, V>(
  source: IngestSource<K, V>,
  step: (entry: readonly [K, V]) => boolean,
  pause: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  if (Symbol.asyncIterator in source) {
    await drainAsync(source[Symbol.asyncIterator](), step, pause, signal);
    return;
  }
  for (const entry of source) if (step(entry)) await pause();
}

async function drainAsync<K, V>(
  iterator: AsyncIterator<readonly [K, V]>,
  step: (entry: readonly [K, V]) => boolean,
  pause: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let isWaiting = false;
  let stopWaiting = (): void => undefined;
  const onAbort = (): void => stopWaiting();
  signal.addEventListener('abort', onAbort);
  // Not Promise.race with one long promise: that would keep every entry's reaction until the end.
  const next = (): Promise<IteratorResult<readonly [K, V]> | undefined> =>
    new Promise((resolve, reject) => {
      stopWaiting = () => resolve(undefined);
      Promise.resolve(iterator.next()).then(resolve, reject);
      if (signal.aborted) stopWaiting();
    });
  try {
    for (;;) {
      isWaiting = true;
      const result = await next();
      if (result === undefined) break; // the error of the stop says why
      isWaiting = false;
      if (result.done === true) return;
      if (step(result.value)) await pause();
    }
  } catch (error) {
    // A source that threw has ended by itself.
    if (!isWaiting) await iterator.return?.();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  // The source is still busy with an entry that is not awaited any more. It is told to end, and not awaited either.
  void iterator.return?.().then(undefined, () => undefined);
}
