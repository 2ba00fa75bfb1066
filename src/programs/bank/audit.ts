/**
 * The audit: whether what a database holds can be the outcome of what its clients were promised.
 *
 * Owns: the checks, as a pure function of what was read. It opens nothing and trusts nothing that is stored: the
 * checkpoint and the acknowledgements are those that the auditing process remembers.
 *
 * Invariants that it checks:
 *   audit/total: the balances add up to the sum that they always had.
 *   audit/lost: every acknowledged transfer has its record.
 *   audit/balance: the records, applied to the balances of the checkpoint, give every balance exactly. So no transfer
 *       is missing, half applied or applied twice.
 *   audit/hole: the records of a client are numbered without a gap.
 *   audit/surplus: a client has at most one record more than was acknowledged: the transfer in flight.
 *   audit/overdraft: no balance is below zero.
 *   audit/malformed: every key and value is one that the bank wrote; the stored checkpoint is the bank's own.
 *   audit/storage: the database opened and was read to the end. bank.ts does both, and reports it.
 *
 * Feed it the records in the order of their keys. Memory: two numbers an account and a client, and at most
 * PROBLEM_COUNT_MAX problems in words; the rest are counted.
 */
import type { Checkpoint, TransferOrder } from './transfer.ts';

export const PROBLEM_COUNT_MAX = 20;

export type ProblemKind =
  | 'total'
  | 'lost'
  | 'balance'
  | 'hole'
  | 'surplus'
  | 'overdraft'
  | 'malformed'
  | 'checkpoint'
  | 'storage';

export interface AuditProblem {
  readonly kind: ProblemKind;
  readonly message: string;
}

export interface AuditReport {
  readonly isOk: boolean;
  /** Records found since the checkpoint. */
  readonly transferCount: number;
  /** The number of these that were in flight: committed, but not acknowledged before the kill. */
  readonly unacknowledgedCount: number;
  readonly total: number;
  readonly expectedTotal: number;
  readonly problemCount: number;
  /** The first PROBLEM_COUNT_MAX of them. */
  readonly problems: readonly AuditProblem[];
  /** The checkpoint to fold the records into, when the audit passed. */
  readonly checkpoint: Checkpoint;
}

export class Auditor {
  /** The checkpoint that the process remembers, not the stored one. */
  readonly #base: Checkpoint;
  /** The highest acknowledged sequence of each client; undefined when no process was listening. */
  readonly #acknowledged: ReadonlyMap<number, number> | undefined;
  /** The base with every record applied. */
  readonly #expected: number[];
  readonly #found: (number | undefined)[];
  readonly #sequences: Map<number, number>;
  readonly #problems: AuditProblem[];
  #problemCount: number;
  #transferCount: number;

  constructor(base: Checkpoint, acknowledged: ReadonlyMap<number, number> | undefined) {
    this.#base = base;
    this.#acknowledged = acknowledged;
    this.#expected = [...base.balances];
    this.#found = base.balances.map(() => undefined);
    this.#sequences = new Map(base.sequences);
    this.#problems = [];
    this.#problemCount = 0;
    this.#transferCount = 0;
  }

  /** A record of a client. In the order of client and sequence. */
  addTransfer(client: number, sequence: number, order: TransferOrder): void {
    this.#transferCount++;
    const next = (this.#sequences.get(client) ?? 0) + 1;
    if (sequence !== next) {
      this.#report('hole', `client ${client}: record ${sequence} where ${next} was to come`);
    }
    this.#sequences.set(client, sequence);
    this.#apply(order.from, -order.amount);
    this.#apply(order.to, order.amount);
  }

  addBalance(account: number, balance: number): void {
    if (account >= this.#found.length) {
      this.#report('malformed', `account ${account} is none of ${this.#found.length}`);
      return;
    }
    this.#found[account] = balance;
  }

  addMalformed(key: string, value: unknown): void {
    this.#report('malformed', `${key} holds ${JSON.stringify(value)}`);
  }

  addStoredCheckpoint(stored: Checkpoint | undefined): void {
    if (stored === undefined) this.#report('checkpoint', 'no checkpoint is stored');
    else if (!isSameCheckpoint(stored, this.#base)) {
      this.#report('checkpoint', 'the stored checkpoint is not the last one that was acknowledged');
    }
  }

  finish(): AuditReport {
    const unacknowledgedCount = this.#checkAcknowledged();
    const total = this.#checkBalances();
    const expectedTotal = this.#base.balances.reduce((sum, balance) => sum + balance, 0);
    if (total !== expectedTotal) {
      this.#report('total', `the balances add up to ${total}, not to ${expectedTotal}`);
    }
    return {
      isOk: this.#problemCount === 0,
      transferCount: this.#transferCount,
      unacknowledgedCount,
      total,
      expectedTotal,
      problemCount: this.#problemCount,
      problems: this.#problems,
      checkpoint: { balances: this.#expected, sequences: this.#sequences },
    };
  }

  /** audit/lost and audit/surplus; returns how many transfers were in flight. */
  #checkAcknowledged(): number {
    if (this.#acknowledged === undefined) return 0;
    let unacknowledgedCount = 0;
    const clients = new Set([...this.#acknowledged.keys(), ...this.#sequences.keys()]);
    for (const client of clients) {
      const acknowledged = this.#acknowledged.get(client) ?? 0;
      const last = this.#sequences.get(client) ?? 0;
      if (last < acknowledged) {
        const lost = `transfers ${last + 1} to ${acknowledged}`;
        this.#report('lost', `client ${client}: ${lost} were acknowledged and are gone`);
      } else if (last > acknowledged + 1) {
        const surplus = `records up to ${last}, acknowledged up to ${acknowledged}`;
        this.#report('surplus', `client ${client}: ${surplus}, and one in flight at most`);
      }
      unacknowledgedCount += Math.max(0, last - acknowledged);
    }
    return unacknowledgedCount;
  }

  /** audit/balance and audit/overdraft; returns the total. */
  #checkBalances(): number {
    let total = 0;
    this.#found.forEach((balance, account) => {
      const expected = this.#expected[account];
      if (balance === undefined) {
        this.#report('balance', `account ${account} is gone, expected=${expected}`);
        return;
      }
      total += balance;
      if (balance !== expected) {
        const difference = balance - (expected ?? 0);
        const facts = `found=${balance} expected=${expected} difference=${difference}`;
        this.#report('balance', `account ${account} does not follow from its transfers: ${facts}`);
      }
      if (balance < 0) this.#report('overdraft', `account ${account} holds ${balance}`);
    });
    return total;
  }

  #apply(account: number, difference: number): void {
    const balance = this.#expected[account];
    if (balance === undefined) {
      this.#report('malformed', `a transfer names account ${account}, which does not exist`);
      return;
    }
    this.#expected[account] = balance + difference;
  }

  #report(kind: ProblemKind, message: string): void {
    this.#problemCount++;
    if (this.#problems.length < PROBLEM_COUNT_MAX) this.#problems.push({ kind, message });
  }
}

function isSameCheckpoint(a: Checkpoint, b: Checkpoint): boolean {
  if (a.balances.length !== b.balances.length || a.sequences.size !== b.sequences.size) {
    return false;
  }
  for (const [client, sequence] of a.sequences) {
    if (b.sequences.get(client) !== sequence) return false;
  }
  return a.balances.every((balance, account) => balance === b.balances[account]);
}
