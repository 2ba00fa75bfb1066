/**
 * A read view: one read state, the sequence up to which it is seen, and the clock of its reader, as a value.
 *
 * Owns: the lookups and scans that a view answers, and what they need beside it: blocks that a lookup waits for, the list of
 * open scans, and the count of lookups under way.
 *
 * Invariants:
 *   read-view/one-state: all that a view answers comes from one state. A lookup that waits, and a scan, hold that state, so
 *       its memtables and files stay.
 *
 * Suspension: `findLater` suspends while it reads a block; `ReadSource.settled` until none of those is under way.
 */
import { INVARIANTS } from '../../base/assert.ts';
import { isSlowWay } from '../../base/coin.ts';
import type { Clock } from '../../base/clock.ts';
import type { SequenceNumber } from '../../base/ids.ts';
import { type ByteSlice, sliceOf } from '../../bytes/bytes.ts';
import type { KeyRange } from '../../bytes/key-range.ts';
import {
  FOUND,
  LookupResult,
  type LookupStatus,
  NEEDS_BLOCK,
} from '../../iterator/internal-iterator.ts';
import type { OpenScan, Overlay } from '../../iterator/overlay.ts';
import { PinnedBlocks } from '../../sstable/pinned-blocks.ts';
import type { TableCache } from '../../sstable/table-cache.ts';
import type { ExpiryClock } from '../state/expiry-clock.ts';
import type { Horizons } from '../state/horizons.ts';
import { Pin, type PinList } from '../state/pin-list.ts';
import type { ReadState } from '../state/read-state.ts';
import { DeadStretches, ScanStretches } from './dead-stretches.ts';
import { lookUp, openScan } from './read-path.ts';

/** What all views of a database read with. */
export class ReadSource {
  readonly tables: TableCache;
  readonly horizons: Horizons;
  readonly expiryClock: ExpiryClock;
  /** Undefined in another thread than the owner's: what was written of late is known to the owner alone. */
  readonly stretches: DeadStretches | undefined;
  /** Of lookups that end in the turn in which they begin, and may stop the loop for a block. */
  readonly calls: PinnedBlocks = new PinnedBlocks('call');
  /** Of lookups that are awaited, in the turn in which they begin. */
  readonly pins: PinnedBlocks = new PinnedBlocks();
  readonly #readers: PinList;
  readonly #clock: Clock;
  /** Lookups that wait for a block, and views that are held. */
  #pendingCount = 0;
  #onSettled: (() => void) | undefined = undefined;

  constructor(
    tables: TableCache,
    horizons: Horizons,
    readers: PinList,
    clocks: { readonly clock: Clock; readonly expiryClock: ExpiryClock },
    stretches: DeadStretches | null = new DeadStretches(),
  ) {
    this.tables = tables;
    this.horizons = horizons;
    this.expiryClock = clocks.expiryClock;
    this.stretches = stretches ?? undefined;
    this.#readers = readers;
    this.#clock = clocks.clock;
  }

  /** Resolves when no view is held. */
  async settled(): Promise<void> {
    if (this.#pendingCount > 0) {
      await new Promise<void>((resolve) => (this.#onSettled = resolve));
    }
  }

  hold(state: ReadState): void {
    state.ref();
    this.#pendingCount++;
  }

  letGo(state: ReadState): void {
    state.unref();
    this.#pendingCount--;
    if (this.#pendingCount === 0) this.#onSettled?.();
  }

  /** Lists a scan for its age; returns what takes it off again. */
  listScan(sequence: number): () => void {
    const pin = new Pin('scan', sequence, this.#clock.nowMs());
    this.#readers.add(pin);
    return () => this.#readers.remove(pin);
  }
}

export class ReadView {
  readonly state: ReadState;
  readonly sequence: SequenceNumber;
  /** Undefined: each read is as of its own time. */
  readonly fixedMs: number | undefined;
  readonly #source: ReadSource;

  constructor(
    source: ReadSource,
    state: ReadState,
    sequence: SequenceNumber,
    fixedMs: number | undefined,
  ) {
    this.#source = source;
    this.state = state;
    this.sequence = sequence;
    this.fixedMs = fixedMs;
  }

  /** The clock of a read that begins now. */
  get wallMs(): number {
    return this.fixedMs ?? this.#source.expiryClock.now();
  }

  fixed(): ReadView {
    if (this.fixedMs !== undefined) return this;
    return new ReadView(this.#source, this.state, this.sequence, this.wallMs);
  }

  withExpired(): ReadView {
    return new ReadView(this.#source, this.state, this.sequence, 0); // nothing expires by then
  }

  find(key: ByteSlice, hash: number, result: LookupResult): LookupStatus {
    if (INVARIANTS && isSlowWay('same-turn')) return NEEDS_BLOCK;
    const { tables, pins } = this.#source;
    const status = lookUp(this, tables, key, hash, result, pins);
    if (status === NEEDS_BLOCK) pins.clear(); // shared with the next caller: the slow path asks again
    return status;
  }

  findSync(key: ByteSlice, hash: number, result: LookupResult): boolean {
    const { tables, calls } = this.#source;
    return lookUp(this, tables, key, hash, result, calls) === FOUND;
  }

  async findLater<T>(
    key: Uint8Array,
    hash: number,
    take: (result: LookupResult) => T,
  ): Promise<T | undefined> {
    const pins = new PinnedBlocks();
    const result = new LookupResult();
    const slice = sliceOf(key);
    this.hold();
    try {
      for (;;) {
        const status = lookUp(this, this.#source.tables, slice, hash, result, pins);
        if (status === NEEDS_BLOCK) await pins.load();
        else return status === FOUND ? take(result) : undefined;
      }
    } finally {
      pins.clear();
      this.release();
    }
  }

  scan(range: KeyRange, overlay?: Overlay): OpenScan {
    const source = this.#source;
    const { state, sequence, wallMs } = this;
    const isPublished = sequence <= source.horizons.published;
    const { stretches } = source;
    const runs =
      overlay === undefined && isPublished && stretches !== undefined
        ? new ScanStretches(stretches, state, sequence, wallMs)
        : undefined;
    const at = { state, sequence, wallMs };
    const opened = openScan(at, source.tables, range, { overlay, runs });
    state.ref();
    const unlist = source.listScan(sequence);
    let isOpen = true;
    const close = (): void => {
      if (!isOpen) return;
      isOpen = false;
      opened.close();
      unlist();
      state.unref();
    };
    return { cursor: opened.cursor, close };
  }

  hold(): void {
    this.#source.hold(this.state);
  }

  release(): void {
    this.#source.letGo(this.state);
  }
}
