/**
 * The ledger of a load writer: the content that its keys must have, as the parent remembers it.
 *
 * Owns: the state after the last commit that was found, and the search for the one that a kill left.
 *
 * Invariants:
 *   G1. What is found is the state after some number of the writer's commits: none half, no hole.
 *   G2. The number is at least the last acknowledged one, and at most PIPELINE_MAX more (settings.ts, L1).
 *
 * A digest, kept up to date from commit to commit, says which numbers are worth comparing key by key.
 *
 * Suspension: every function here is synchronous.
 */
import { PIPELINE_MAX } from './settings.ts';
import { commitOf, type LoadCommit, type Stamp } from './writer-plan.ts';

const PROBLEM_COUNT_MAX = 5;

/** The values that a scan found under a writer's prefix, by slot. */
export type FoundEntries = ReadonlyMap<number, Stamp>;

/** `epoch.number.length` by slot, and a digest of the pairs that does not depend on their order. */
class SlotStates {
  readonly #states = new Map<number, string>();
  #digest = 0;

  get size(): number {
    return this.#states.size;
  }

  get digest(): number {
    return this.#digest;
  }

  get(slot: number): string | undefined {
    return this.#states.get(slot);
  }

  set(slot: number, state: string | undefined): void {
    const old = this.#states.get(slot);
    if (old !== undefined) this.#digest ^= hashOf(slot, old);
    if (state === undefined) {
      this.#states.delete(slot);
      return;
    }
    this.#digest ^= hashOf(slot, state);
    this.#states.set(slot, state);
  }

  /** The slots at which the two differ. */
  differences(other: SlotStates): number[] {
    const slots = new Set([...this.#states.keys(), ...other.#states.keys()]);
    return [...slots].filter((slot) => this.get(slot) !== other.get(slot));
  }
}

export class WriterLedger {
  readonly #seed: number;
  readonly #writer: number;
  readonly #states = new SlotStates();
  /** The number of the last commit in the state. */
  #lastNumber = 0;
  /** Commits of the present epoch are counted from here. */
  #acknowledged = 0;

  constructor(seed: number, writer: number) {
    this.#seed = seed;
    this.#writer = writer;
  }

  get lastNumber(): number {
    return this.#lastNumber;
  }

  acknowledge(number: number): void {
    if (number > this.#acknowledged) this.#acknowledged = number;
  }

  /**
   * Moves on to the state that was found. Returns what is wrong with it (G1, G2). `inFlightMax` is 0 after a clean
   * end, when everything was acknowledged.
   */
  settle(entries: FoundEntries, epoch: number, inFlightMax: number = PIPELINE_MAX): string[] {
    const found = new SlotStates();
    for (const [slot, stamp] of entries) found.set(slot, describeStamp(stamp));
    const first = Math.max(this.#acknowledged, this.#lastNumber);
    const last = first + inFlightMax;
    while (this.#lastNumber < first) this.#applyNext(epoch);
    const problems = this.#problems(found);
    while (!this.#isEqual(found)) {
      if (this.#lastNumber === last) return problems;
      this.#applyNext(epoch);
    }
    this.#acknowledged = this.#lastNumber;
    return [];
  }

  #applyNext(epoch: number): void {
    this.#lastNumber++;
    this.#apply(commitOf(this.#seed, epoch, this.#writer, this.#lastNumber));
  }

  #apply({ epoch, number, operations }: LoadCommit): void {
    for (const each of operations) {
      switch (each.type) {
        case 'put':
          this.#states.set(each.slot, `${epoch}.${number}.${each.length}`);
          break;
        case 'del':
          this.#states.set(each.slot, undefined);
          break;
        case 'delRange':
          for (let slot = each.first; slot <= each.last; slot++) this.#states.set(slot, undefined);
          break;
      }
    }
  }

  #isEqual(found: SlotStates): boolean {
    const { size, digest } = this.#states;
    if (size !== found.size || digest !== found.digest) return false;
    return this.#states.differences(found).length === 0;
  }

  /** How the found state differs from that after the last acknowledged commit. */
  #problems(found: SlotStates): string[] {
    const slots = this.#states.differences(found);
    const lines = slots.slice(0, PROBLEM_COUNT_MAX).map((slot) => {
      const expected = this.#states.get(slot) ?? 'nothing';
      return `  slot ${slot}: expected=${expected} found=${found.get(slot) ?? 'nothing'}`;
    });
    const place = `writer ${this.#writer} after acknowledged commit ${this.#lastNumber}`;
    return [`${place}: ${slots.length} slots differ (epoch.number.length)\n${lines.join('\n')}`];
  }
}

function describeStamp({ epoch, number, length }: Stamp): string {
  return `${epoch}.${number}.${length}`;
}

/** FNV-1a of the pair. */
function hashOf(slot: number, state: string): number {
  let hash = 0x811c9dc5 ^ slot;
  for (let i = 0; i < state.length; i++) hash = Math.imul(hash ^ state.charCodeAt(i), 0x01000193);
  return hash ^ (hash >>> 13);
}
