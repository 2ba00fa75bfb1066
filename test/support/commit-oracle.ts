/**
 * The commit oracle: the states that a database may have after a crash.
 *
 * Owns: the commits of a run in their order, what was promised of each and when, and the state after
 * every prefix of them. A plain map is the specification.
 *
 * Invariants:
 *   O1. The order of `begin` is the commit order: a script begins a commit in the oracle in the turn
 *       in which it hands it to the engine, which admits commits first come first served.
 *   O2. A floor only rises: `syncFloor` counts the commits that every power cut must keep,
 *       `processFloor` those that the death of the process must.
 *   O3. A commit id belongs to one commit, or, when that was refused, to none.
 *
 * States are compared by a 64-bit digest that does not depend on the order of the entries, so that
 * one more commit costs one more operation, not one more map.
 *
 * Suspension: everything here is synchronous.
 */
import * as zlib from 'node:zlib';
import { type Durability } from '../../src/base/options.ts';
import { WALL_MS_MAX } from '../../src/log/frame-clock.ts';

/**
 * When an entry expires, so that it is the same for every reader, whatever clock a crash is looked at with: before all of
 * them, so the put deletes, or after all of them.
 */
export type OracleExpiry = number;
export const EXPIRED: OracleExpiry = 0;
export const EXPIRES_LATE: OracleExpiry = WALL_MS_MAX;

export type OracleOperation =
  | {
      readonly type: 'put';
      readonly key: string;
      readonly value: Uint8Array;
      readonly expiresAt?: OracleExpiry;
    }
  | { readonly type: 'del'; readonly key: string }
  | { readonly type: 'delRange'; readonly gte: string; readonly lt: string };

/** How many commits a crash at some moment must leave, and how many it may leave at most. */
export interface Bounds {
  readonly syncFloor: number;
  readonly processFloor: number;
  readonly ceiling: number;
}

export type DatabaseState = Map<string, Uint8Array>;

export class CommitOracle {
  readonly #commits: (readonly OracleOperation[])[] = [];
  readonly #state: DatabaseState = new Map();
  /** The digest of the state after each number of commits. */
  readonly #digests: string[];
  /** The index of the commit of each id; Infinity for one that was refused (O3). */
  readonly #ids = new Map<string, number>();
  #sumA = 0;
  #sumB = 0;
  #syncFloor = 0;
  #processFloor = 0;

  constructor() {
    this.#digests = [this.#digest()];
  }

  get count(): number {
    return this.#commits.length;
  }

  /** How many operations, and so sequence numbers, each commit has. */
  get operationCounts(): number[] {
    return this.#commits.map((operations) => operations.length);
  }

  /** The state after all commits. */
  get state(): ReadonlyMap<string, Uint8Array> {
    return this.#state;
  }

  get bounds(): Bounds {
    return {
      syncFloor: this.#syncFloor,
      processFloor: this.#processFloor,
      ceiling: this.#commits.length,
    };
  }

  /** Every commit id that was ever handed to the engine. */
  get commitIds(): string[] {
    return [...this.#ids.keys()];
  }

  /** True when the commit with this id is one of the first `count`. */
  isCommitted(id: string, count: number): boolean {
    return (this.#ids.get(id) ?? Infinity) < count;
  }

  /** Notes an id whose commit was refused: `hasCommitted` must never say otherwise. */
  refuse(id: string): void {
    this.#ids.set(id, Infinity);
  }

  /** Adds a commit, with its id if it has one, and returns its index (O1). */
  begin(operations: readonly OracleOperation[], id?: string): number {
    if (id !== undefined) this.#ids.set(id, this.#commits.length);
    for (const operation of operations) this.#apply(operation);
    this.#commits.push(operations);
    this.#digests.push(this.#digest());
    return this.#commits.length - 1;
  }

  /** The commit with this index and with it all before it were promised. */
  acknowledge(index: number, durability: Durability): void {
    this.#processFloor = Math.max(this.#processFloor, index + 1);
    if (durability === 'sync') this.#syncFloor = Math.max(this.#syncFloor, index + 1);
  }

  /** An oracle in which the first `count` commits have happened and no other ever will. */
  forkAt(count: number, syncFloor: number): CommitOracle {
    const fork = new CommitOracle();
    for (const operations of this.#commits.slice(0, count)) fork.begin(operations);
    for (const [id, index] of this.#ids) fork.#ids.set(id, index < count ? index : Infinity);
    fork.#processFloor = count;
    fork.#syncFloor = Math.min(syncFloor, count);
    return fork;
  }

  /** The numbers of commits that give this state, ascending; none for a state that never was. */
  countsOf(state: ReadonlyMap<string, Uint8Array>): number[] {
    const digest = digestOf(state);
    return [...this.#digests.keys()].filter((count) => this.#digests[count] === digest);
  }

  /** The state after `count` commits. */
  stateAt(count: number): DatabaseState {
    const fork = new CommitOracle();
    for (const operations of this.#commits.slice(0, count)) fork.begin(operations);
    return fork.#state;
  }

  #apply(operation: OracleOperation): void {
    if (operation.type === 'delRange') {
      for (const key of [...this.#state.keys()]) {
        if (key >= operation.gte && key < operation.lt) this.#remove(key);
      }
      return;
    }
    this.#remove(operation.key);
    if (operation.type !== 'put' || operation.expiresAt === EXPIRED) return;
    this.#state.set(operation.key, operation.value);
    this.#add(operation.key, operation.value, 1);
  }

  #remove(key: string): void {
    const value = this.#state.get(key);
    if (value === undefined) return;
    this.#state.delete(key);
    this.#add(key, value, -1);
  }

  #add(key: string, value: Uint8Array, sign: 1 | -1): void {
    const [a, b] = entryHash(key, value);
    this.#sumA = (this.#sumA + sign * a) | 0;
    this.#sumB = (this.#sumB + sign * b) | 0;
  }

  #digest(): string {
    return `${this.#state.size}:${this.#sumA}:${this.#sumB}`;
  }
}

function digestOf(state: ReadonlyMap<string, Uint8Array>): string {
  let sumA = 0;
  let sumB = 0;
  for (const [key, value] of state) {
    const [a, b] = entryHash(key, value);
    sumA = (sumA + a) | 0;
    sumB = (sumB + b) | 0;
  }
  return `${state.size}:${sumA}:${sumB}`;
}

/** Two hashes that a sum does not cancel: checksums are linear, the mixing after them is not. */
function entryHash(key: string, value: Uint8Array): [number, number] {
  const keyBytes = Buffer.from(key, 'utf8');
  const forward = zlib.crc32(value, zlib.crc32(keyBytes));
  const backward = zlib.crc32(keyBytes, zlib.crc32(value, value.length));
  return [mix(forward ^ 0x5bd1e995), mix(Math.imul(backward, 31) + forward)];
}

function mix(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return mixed ^ (mixed >>> 15);
}
