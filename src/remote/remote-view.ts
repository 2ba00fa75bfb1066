/**
 * The views of a database on a backend, and its places.
 *
 * Owns: how reads of a view become requests to a backend. A lookup answers in the same turn what was read before; all else
 * is NEEDS_BLOCK, as a block that is not in memory is in the engine. What must answer within its turn, such as `getSync`, is
 * refused with UnsupportedError.
 *
 * Invariants:
 *   remote-view/one-state: all that a view answers comes from one state of the backend.
 *   remote-view/catalog-at-hand: the catalog is read from the copy that the store keeps (catalog-copy.ts).
 *
 * Suspension: `findLater` suspends for the backend, and `inStep` where it gives a promise.
 */
import { sequenceNumber, type SequenceNumber } from '../base/ids.ts';
import type { Isolation } from '../base/options.ts';
import { type ByteSlice, copyRange } from '../bytes/bytes.ts';
import { isAround, type KeyRange } from '../bytes/key-range.ts';
import { CATALOG_KIND, systemRange } from '../bytes/keyspace-number.ts';
import {
  FOUND,
  LookupResult,
  type LookupStatus,
  NEEDS_BLOCK,
} from '../iterator/internal-iterator.ts';
import type { OpenScan, Overlay } from '../iterator/overlay.ts';
import type { StoreSnapshot, StoreView } from '../store/contract.ts';
import type { BackendRow } from './backend.ts';
import { ListCursor, PageCursor, visible } from './remote-cursor.ts';
import { showRow } from './remote-records.ts';
import { RemoteState, type StateHost, type StateUse } from './remote-state.ts';

const CATALOG = systemRange(CATALOG_KIND);

/** What views need of the store. */
export interface ViewHost extends StateHost {
  /** The clock of a read that begins now. */
  readonly wallMs: number;
  /** The copy of the catalog, in the order of keys. */
  readonly catalogRows: readonly BackendRow[];
}

/** The source of the state of a view: its own, or that of a place. */
type StateSource = () => RemoteState;

export class RemoteView implements StoreView {
  readonly #host: ViewHost;
  readonly #stateOf: StateSource;
  /** Undefined: each read is as of its own time. */
  readonly #fixedMs: number | undefined;
  readonly #isOfPlace: boolean;

  constructor(
    host: ViewHost,
    stateOf: StateSource,
    { fixedMs, isOfPlace }: { readonly fixedMs: number | undefined; readonly isOfPlace: boolean },
  ) {
    this.#host = host;
    this.#stateOf = stateOf;
    this.#fixedMs = fixedMs;
    this.#isOfPlace = isOfPlace;
  }

  get sequence(): SequenceNumber {
    return sequenceNumber(this.#stateOf().version);
  }

  get #wallMs(): number {
    return this.#fixedMs ?? this.#host.wallMs;
  }

  fixed(): RemoteView {
    return this.#fixedMs === undefined ? this.#at(this.#host.wallMs) : this;
  }

  withExpired(): RemoteView {
    return this.#at(0); // nothing expires by then
  }

  #at(fixedMs: number): RemoteView {
    return new RemoteView(this.#host, this.#stateOf, { fixedMs, isOfPlace: this.#isOfPlace });
  }

  find({ bytes, start, end }: ByteSlice, _hash: number, result: LookupResult): LookupStatus {
    const key = bytes.subarray(start, end);
    const state = this.#stateOf();
    if (!state.hasRow(key)) return NEEDS_BLOCK;
    return showRow(state.rowOf(key), key, this.#wallMs, result);
  }

  findSync({ bytes, start, end }: ByteSlice, _hash: number, result: LookupResult): boolean {
    const state = this.#stateOf();
    const key = bytes.subarray(start, end);
    if (!state.hasRow(key)) return state.missRow(copyRange(bytes, start, end));
    return showRow(state.rowOf(key), key, this.#wallMs, result) === FOUND;
  }

  async findLater<T>(
    key: Uint8Array,
    _hash: number,
    take: (result: LookupResult) => T,
  ): Promise<T | undefined> {
    const state = this.#stateOf();
    const wallMs = this.#wallMs;
    const row = await state.row(key);
    const result = new LookupResult();
    return showRow(row, key, wallMs, result) === FOUND ? take(result) : undefined;
  }

  scan(range: KeyRange, overlay?: Overlay): OpenScan {
    const { lower, upper } = range;
    const wallMs = this.#wallMs;
    const isOfCatalog =
      lower !== undefined && upper !== undefined && isAround(CATALOG, { start: lower, end: upper });
    if (isOfCatalog && !this.#isOfPlace) {
      const rows = new ListCursor(this.#host.catalogRows); // remote-view/catalog-at-hand
      return { cursor: visible(rows, range, wallMs, undefined), close: () => undefined };
    }
    const state = this.#stateOf();
    state.ref();
    state.fix();
    let isOpen = true;
    const close = (): void => {
      if (!isOpen) return;
      isOpen = false;
      state.unref();
    };
    return { cursor: visible(new PageCursor(state, range), range, wallMs, overlay), close };
  }

  hold(): void {
    this.#stateOf().ref();
  }

  release(): void {
    this.#stateOf().unref();
  }
}

const READING: StateUse = { isolation: 'snapshot', isReadOnly: true };

/**
 * A view of the newest state, for the turn of the call. Its snapshot goes back when what was begun with it has ended.
 */
export function viewOfNewest(host: ViewHost): RemoteView {
  let state: RemoteState | undefined;
  const stateOf = (): RemoteState => {
    if (state?.isClosed === false) return state;
    state = new RemoteState(host, READING);
    return state;
  };
  return new RemoteView(host, stateOf, { fixedMs: undefined, isOfPlace: false });
}

/** A place in the commit order: of a snapshot, or of a transaction. */
export class RemotePlace implements StoreSnapshot {
  /** What was acknowledged is never taken back. */
  readonly isDoomed: boolean = false;
  readonly isolation: Isolation;
  readonly #host: ViewHost;
  readonly #use: StateUse;
  #state: RemoteState;
  #wallMs: number;
  #view: RemoteView;
  #isOpen = true;

  constructor(host: ViewHost, use: StateUse) {
    this.#host = host;
    this.#use = use;
    this.isolation = use.isolation;
    this.#state = this.#newState();
    this.#wallMs = host.wallMs;
    this.#view = this.#newView();
  }

  get sequence(): number {
    return this.#state.version;
  }

  get wallMs(): number {
    return this.#wallMs;
  }

  get isReadOnly(): boolean {
    return this.#use.isReadOnly;
  }

  /** What its reads come from. */
  get state(): RemoteState {
    return this.#state;
  }

  view(): RemoteView {
    return this.#view;
  }

  inStep<T>(
    ahead: (view: StoreView) => Promise<unknown> | undefined,
    run: (view: StoreView) => T,
  ): T | Promise<T> {
    const view = this.#view;
    return this.#state.inStep(
      () => ahead(view),
      () => run(view),
    );
  }

  advance(): void {
    const before = this.#state;
    this.#state = this.#newState();
    this.#wallMs = this.#host.wallMs;
    this.#view = this.#newView();
    before.unref();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#state.unref();
  }

  #newState(): RemoteState {
    const state = new RemoteState(this.#host, this.#use);
    state.ref();
    state.fix();
    return state;
  }

  #newView(): RemoteView {
    const state = this.#state;
    return new RemoteView(this.#host, () => state, { fixedMs: this.#wallMs, isOfPlace: true });
  }
}

/** A place on which late operations are computed: everything that is read there stays in memory until it is closed. */
export class BorrowedPlace implements StoreSnapshot {
  readonly isDoomed: boolean = false;
  readonly #place: RemotePlace;
  readonly #isOwn: boolean;

  constructor(place: RemotePlace, isOwn: boolean) {
    this.#place = place;
    this.#isOwn = isOwn;
    place.state.beginStep();
  }

  get sequence(): number {
    return this.#place.sequence;
  }

  get wallMs(): number {
    return this.#place.wallMs;
  }

  get state(): RemoteState {
    return this.#place.state;
  }

  view(): RemoteView {
    return this.#place.view();
  }

  advance(): void {
    this.#place.advance();
  }

  close(): void {
    this.#place.state.endStep();
    if (this.#isOwn) this.#place.close();
  }
}
