/**
 * A budget for the memtables of several databases together.
 *
 * Owns: the sum of what databases that share a budget have written and not frozen yet, and which of them freezes its
 * memtable early when the sum is too large: the one with the most in it, because that frees most for one flush.
 *
 * The bound is above what one database can fill, so a database alone never notices. Frozen memtables come on top, and
 * are bounded by each database's own `immutableMemtableCountMax`.
 *
 * Suspension: every method is synchronous. Freezing comes a turn later: `note` is called in the middle of a commit.
 */
import { nextTurn } from '../../base/clock.ts';

/** A database. */
export interface WriteBudgetMember {
  /** Begins to flush what is in memory; false when that must wait. */
  freezeEarly(): boolean;
}

/** A flush of less frees nothing worth its files. */
const FREEZE_SIZE_BYTES_MIN = 256 * 1024;

export class WriteBudget {
  readonly sizeBytesMax: number;
  readonly #accounts = new Set<WriteAccount>();
  #isRelieving = false;
  /** Written by the accounts. */
  sizeBytes = 0;

  constructor(sizeBytesMax: number) {
    this.sizeBytesMax = sizeBytesMax;
  }

  open(): WriteAccount {
    const account = new WriteAccount(this);
    this.#accounts.add(account);
    return account;
  }

  /** For an account. */
  close(account: WriteAccount): void {
    this.#accounts.delete(account);
  }

  /** For an account: the sum is too large. */
  relieve(): void {
    if (this.#isRelieving) return;
    this.#isRelieving = true;
    void nextTurn().then(() => {
      this.#isRelieving = false;
      const bySize = [...this.#accounts].sort((one, other) => other.sizeBytes - one.sizeBytes);
      for (const account of bySize) {
        if (this.sizeBytes <= this.sizeBytesMax) return;
        if (account.sizeBytes < FREEZE_SIZE_BYTES_MIN) return;
        if (account.member?.freezeEarly() === true) account.note(0);
      }
    });
  }
}

/** The share of one database. */
export class WriteAccount {
  /** Set once, when the database is open. */
  member: WriteBudgetMember | undefined = undefined;
  readonly #budget: WriteBudget;
  #sizeBytes = 0;

  constructor(budget: WriteBudget) {
    this.#budget = budget;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The memtable that takes writes holds so much now. Called for each group of commits. */
  note(sizeBytes: number): void {
    const budget = this.#budget;
    budget.sizeBytes += sizeBytes - this.#sizeBytes;
    this.#sizeBytes = sizeBytes;
    if (budget.sizeBytes > budget.sizeBytesMax) budget.relieve();
  }

  close(): void {
    this.note(0);
    this.#budget.close(this);
  }
}
