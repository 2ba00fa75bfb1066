/**
 * A place in the commit order, as a thread holds it.
 *
 * Owns: the reference to its state, and what the owner is told of it. A snapshot tells nothing but the cell of its state:
 * memtables and files of that state stay. The place of a transaction that may write is told too, so that the owner finds
 * what was committed since.
 *
 * Suspension: everything here is synchronous.
 */
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
