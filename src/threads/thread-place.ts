/**
 * A place in the commit order, as a thread holds it, or as the owner holds it for the thread.
 *
 * Owns: the reference to its state, and what the owner is told of it. A snapshot tells nothing but the cell of its state:
 * memtables and files of that state stay. The place of a transaction that may write is told too, so that the owner finds
 * what was committed since. A place that the owner holds has no state of its own.
 *
 * Invariants:
 *   held-place/in-later-states: the owner has pinned the place before the thread hears of it, and holds it as long as the
 *       thread reads there. So each state that the thread finds meanwhile has every version that the place sees:
 *       compactions drop none of them.
 *
 * Suspension: everything here is synchronous.
 */
import { assert } from '../base/assert.ts';
import type { AttachedStates } from '../engine/read/attached-states.ts';
import type { ReadView } from '../engine/read/read-view.ts';
import type { StoreSnapshot, StoreView } from '../store/contract.ts';

export class ThreadPlace implements StoreSnapshot {
  /** It reads what is published, and no publication is taken back. */
  readonly isDoomed: boolean = false;
  readonly #states: AttachedStates;
  readonly #mayWrite: boolean;
  #view: ReadView;
  #isOpen = true;

  constructor(states: AttachedStates, mayWrite: boolean) {
    this.#states = states;
    this.#mayWrite = mayWrite;
    this.#view = this.#take();
  }

  get sequence(): number {
    return this.#view.sequence;
  }

  get wallMs(): number {
    return this.#view.wallMs;
  }

  view(): StoreView {
    return this.#view;
  }

  advance(): void {
    const before = this.#view;
    this.#view = this.#take();
    this.#letGo(before);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#letGo(this.#view);
  }

  #take(): ReadView {
    const states = this.#states;
    const { state, sequence } = this.#mayWrite ? states.viewWithPlace() : states.view();
    state.ref();
    return states.viewAt(state, sequence, states.expiryClock.now());
  }

  #letGo({ state, sequence }: ReadView): void {
    if (this.#mayWrite) this.#states.endPlace(sequence);
    state.unref();
  }
}

/** A place that the owner holds (held-place/in-later-states). Each view is of the newest state, so no older one waits. */
export class HeldPlace implements StoreSnapshot {
  /** The owner shows what is published, and no publication is taken back. */
  readonly isDoomed: boolean = false;
  readonly sequence: number;
  readonly wallMs: number;
  readonly #states: AttachedStates;
  #view: ReadView | undefined = undefined;

  constructor(states: AttachedStates, at: { readonly sequence: number; readonly wallMs: number }) {
    this.#states = states;
    this.sequence = at.sequence;
    this.wallMs = at.wallMs;
  }

  view(): StoreView {
    const { state, sequence } = this.#states.view();
    assert(
      sequence >= this.sequence,
      'held-place/in-later-states: the thread sees what the owner saw',
    );
    if (this.#view?.state !== state) {
      this.#view = this.#states.viewAt(state, this.sequence, this.wallMs);
    }
    return this.#view;
  }

  advance(): void {
    assert(false, 'a place that the owner holds stays there');
  }

  close(): void {
    this.#view = undefined; // the owner gives the place back
  }
}
