/**
 * Looking for damage before a reader meets it.
 *
 * Owns: the background walk over all tables, block by block, at a bounded rate, and the report of what it finds. It
 * repairs nothing and stops nothing: a damaged database goes on answering from what is whole.
 *
 * A pass takes the tables by number, those that are there when it begins: one made meanwhile is left to the next
 * pass, so that a pass ends while tables are made faster than it reads. One removed meanwhile is passed over. The
 * next pass begins an hour after this one began, or when it is done.
 *
 * Invariants:
 *   scrub/a-block-a-turn: one block is read and checked at a time, with a suspension before each. So the event loop is
 *       never held for more than a block (opening a table reads its index and filter at once).
 *   scrub/within-the-rate: over any stretch of time no more is read than the rate allows, but for one block.
 *   scrub/told-once: each damaged place is told once while the database is open.
 *   scrub/ends-with-close: after `close` has resolved nothing runs and no timer waits.
 *
 * Limit: reads may be answered by the operating system's cache, which does not see the disk's decay.
 *
 * Suspension: `close` suspends for the block that is being read; the walk suspends at every block.
 */
import { backgroundTurn, type Clock, type Timer } from '../../base/clock.ts';
import { CorruptionError, IoError, StorageError } from '../../base/errors.ts';
import { shortageOf } from '../../base/shortage.ts';
import { TableReader } from '../../sstable/table-reader.ts';
import type { TableVerifier } from '../../sstable/table-verifier.ts';
import type { FileMetadata } from '../../version/file-metadata.ts';
import type { Version } from '../../version/version.ts';
import { keysOf } from '../../vfs/keyed-vfs.ts';
import type { Vfs } from '../../vfs/vfs.ts';
import type { Events } from '../state/events.ts';
import type { Metrics } from '../state/metrics.ts';

/** A small database is not read over and over. */
export const SCRUB_PASS_MS_MIN: number = 60 * 60 * 1000;
/** Shorter pauses are added up: timers are no finer. */
const PAUSE_MS_MIN = 1;
/** Before a table is tried again that could not be opened for want of a descriptor. */
const SHORTAGE_PAUSE_MS = 1000;

/** The parts of the engine that the scrub needs. */
export interface ScrubHost {
  readonly parts: {
    readonly vfs: Vfs;
    readonly clock: Clock;
    readonly events: Events;
    readonly options: { readonly scrubBytesPerSecond: number };
    readonly versions: { readonly current: Version };
  };
  readonly metrics: Metrics;
  pathOf(kind: 'log' | 'table', number: number): string;
}

export class Scrub {
  readonly #engine: ScrubHost;
  readonly #bytesPerMs: number;
  /** Places already told (scrub/told-once). */
  readonly #told = new Set<string>();
  /** When what was read is paid for (scrub/within-the-rate). */
  #paidAtMs = 0;
  #timer: Timer | undefined = undefined;
  #wake: (() => void) | undefined = undefined;
  #isClosed = false;
  #walk: Promise<void> = Promise.resolve();

  constructor(engine: ScrubHost) {
    this.#engine = engine;
    this.#bytesPerMs = engine.parts.options.scrubBytesPerSecond / 1000;
  }

  /** Begins, unless the rate is 0. Called once. */
  start(): void {
    if (this.#bytesPerMs === 0) return;
    this.#walk = this.#run().catch((error: unknown) => this.#report(error, 'scrub'));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#wake?.();
    await this.#walk;
  }

  async #run(): Promise<void> {
    const { clock } = this.#engine.parts;
    while (!this.#isClosed) {
      const startMs = clock.nowMs();
      await this.#pass();
      if (this.#isClosed) return;
      this.#engine.metrics.scrubPassCount++;
      await this.#pause(Math.max(PAUSE_MS_MIN, startMs + SCRUB_PASS_MS_MIN - clock.nowMs()));
    }
  }

  async #pass(): Promise<void> {
    let lastNumber = 0;
    let numberMax = 0;
    this.#engine.parts.versions.current.forEachFile(({ number }) => {
      numberMax = Math.max(numberMax, number);
    });
    while (!this.#isClosed) {
      const next = this.#tableAfter(lastNumber);
      if (next === undefined || next.number > numberMax) return;
      if (await this.#scrubTable(next)) lastNumber = next.number;
      else await this.#pause(SHORTAGE_PAUSE_MS);
    }
  }

  #tableAfter(number: number): FileMetadata | undefined {
    let next: FileMetadata | undefined;
    this.#engine.parts.versions.current.forEachFile((file) => {
      if (file.number > number && (next === undefined || file.number < next.number)) next = file;
    });
    return next;
  }

  /** The file stays readable while it is open, also when its name is removed. False: a shortage, which is no damage. */
  async #scrubTable({ number, sizeBytes }: FileMetadata): Promise<boolean> {
    const { parts, metrics } = this.#engine;
    const path = this.#engine.pathOf('table', number);
    let reader: TableReader | undefined;
    try {
      const file = parts.vfs.open(path, 'read');
      reader = TableReader.open(file, number, undefined, keysOf(parts.vfs));
      const { dataSizeBytes } = reader.properties;
      await this.#pay(sizeBytes - dataSizeBytes);
      await this.#scrubBlocks(reader.verifier(), path);
      metrics.scrubTableCount++;
      return true;
    } catch (error) {
      if (this.#isObsolete(number)) return true;
      if (shortageOf(error) === 'resource') return false;
      this.#report(error, path);
      return true;
    } finally {
      reader?.close();
    }
  }

  async #scrubBlocks(verifier: TableVerifier, path: string): Promise<void> {
    let isSound = true;
    for (let i = 0; i < verifier.blockCount; i++) {
      await backgroundTurn(); // scrub/a-block-a-turn
      if (this.#isClosed) return;
      try {
        await verifier.loadAndVerifyBlock(i);
      } catch (error) {
        isSound = false;
        this.#report(error, path);
      }
      await this.#pay(verifier.blockSizeBytes(i));
    }
    if (isSound && !this.#isClosed) verifier.verifyWhole();
  }

  #isObsolete(number: number): boolean {
    let isLive = false;
    this.#engine.parts.versions.current.forEachFile((file) => (isLive ||= file.number === number));
    return !isLive;
  }

  /** Keeps scrub/within-the-rate. */
  async #pay(sizeBytes: number): Promise<void> {
    const { clock } = this.#engine.parts;
    this.#engine.metrics.scrubBytesRead += sizeBytes;
    const now = clock.nowMs();
    this.#paidAtMs = Math.max(now, this.#paidAtMs) + sizeBytes / this.#bytesPerMs;
    const delayMs = this.#paidAtMs - now;
    if (delayMs >= PAUSE_MS_MIN) await this.#pause(delayMs);
  }

  /** Ends early when the database closes. */
  async #pause(delayMs: number): Promise<void> {
    if (this.#isClosed) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#timer = this.#engine.parts.clock.schedule(delayMs, resolve);
    });
    this.#timer = undefined;
    this.#wake = undefined;
  }

  #report(error: unknown, path: string): void {
    const file = error instanceof CorruptionError ? (error.file ?? path) : path;
    const offset = error instanceof CorruptionError ? error.offset : undefined;
    const place = `${file}:${offset ?? ''}`;
    if (this.#told.has(place) || (error instanceof IoError && this.#isClosed)) return;
    this.#told.add(place); // scrub/told-once
    this.#engine.metrics.scrubDamageCount++;
    this.#engine.parts.events.emit('damage-found', {
      file,
      offset,
      code: error instanceof StorageError ? error.code : 'INTERNAL',
      error,
    });
  }
}
