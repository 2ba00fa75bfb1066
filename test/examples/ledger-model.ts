/**
 * The specification of examples/ledger: plain maps, sums taken anew each time.
 *
 * Owns: what each request must be answered with, one request at a time, and what the books hold then. It has no
 * keys, no transactions, no stored balances, and no expiry: a hold counts while it is open and its time has not come.
 *
 * Suspension: everything here is synchronous.
 */
import type { LedgerErrorCode } from '../../examples/ledger/ledger-error.ts';
import type {
  AccountRequest,
  CaptureRequest,
  Funds,
  HoldRequest,
  TransferRequest,
} from '../../examples/ledger/ledger.ts';
import type { Leg } from '../../examples/ledger/book.ts';

export type Answer = 'ok' | LedgerErrorCode;

export interface ModelLine {
  readonly entry: string;
  readonly amount: number;
  readonly balance: number;
}

interface ModelHold extends HoldRequest {
  isOpen: boolean;
  capturedBy: string | undefined;
}

export class LedgerModel {
  readonly #accounts = new Map<string, AccountRequest>();
  readonly #lines = new Map<string, ModelLine[]>();
  readonly #holds = new Map<string, ModelHold>();
  readonly #entries = new Map<string, string>();

  openAccount(request: AccountRequest): void {
    this.#accounts.set(request.id, request);
    this.#lines.set(request.id, []);
  }

  post(id: string, legs: readonly Leg[], now: number): Answer {
    const content = JSON.stringify(legs);
    const existing = this.#entries.get(id);
    if (existing !== undefined) return existing === content ? 'ok' : 'ID_REUSED';
    if (legs.some(({ account }) => !this.#accounts.has(account))) return 'UNKNOWN_ACCOUNT';
    const sums: Record<string, number> = {};
    for (const { account, amount } of legs) {
      const { currency = '' } = this.#accounts.get(account) ?? {};
      sums[currency] = (sums[currency] ?? 0) + amount;
    }
    if (Object.values(sums).some((sum) => sum !== 0)) return 'UNBALANCED';
    for (const leg of legs) this.#append(id, leg);
    if (legs.every(({ account, amount }) => amount > 0 || this.#isCovered(account, now))) {
      this.#entries.set(id, content);
      return 'ok';
    }
    for (const { account } of legs) this.#lines.get(account)?.pop();
    return 'INSUFFICIENT_FUNDS';
  }

  transfer({ id, from, to, amount }: TransferRequest, now: number): Answer {
    const legs = [
      { account: from, amount: -amount },
      { account: to, amount },
    ];
    return this.post(id, legs, now);
  }

  authorise(request: HoldRequest, now: number): Answer {
    const { id, account, amount, expiresAt } = request;
    const existing = this.#holds.get(id);
    if (existing !== undefined) {
      const isSame = existing.account === account && existing.amount === amount;
      return isSame && existing.expiresAt === expiresAt ? 'ok' : 'ID_REUSED';
    }
    if (expiresAt <= now) return 'INVALID_REQUEST';
    this.#holds.set(id, { ...request, isOpen: true, capturedBy: undefined });
    if (this.#isCovered(account, now)) return 'ok';
    this.#holds.delete(id);
    return 'INSUFFICIENT_FUNDS';
  }

  capture({ id, hold: holdId, to, amount }: CaptureRequest, now: number): Answer {
    const hold = this.#holds.get(holdId);
    if (hold === undefined) return 'UNKNOWN_HOLD';
    const captured = amount ?? hold.amount;
    const legs = [
      { account: hold.account, amount: -captured },
      { account: to, amount: captured },
    ];
    if (this.#entries.has(id)) {
      const isSame = this.#entries.get(id) === JSON.stringify(legs) && hold.capturedBy === id;
      return isSame ? 'ok' : 'ID_REUSED';
    }
    if (!hold.isOpen || hold.expiresAt <= now) return 'HOLD_CLOSED';
    if (captured > hold.amount) return 'INSUFFICIENT_FUNDS';
    hold.isOpen = false;
    hold.capturedBy = id;
    return this.post(id, legs, now);
  }

  release(holdId: string): Answer {
    const hold = this.#holds.get(holdId);
    if (hold === undefined) return 'UNKNOWN_HOLD';
    if (hold.capturedBy !== undefined) return 'HOLD_CLOSED';
    hold.isOpen = false;
    return 'ok';
  }

  funds(account: string, now: number): Funds {
    const posted = this.#lines.get(account)?.at(-1)?.balance ?? 0;
    let held = 0;
    for (const hold of this.#holds.values()) {
      if (hold.account === account && hold.isOpen && hold.expiresAt > now) held += hold.amount;
    }
    return { posted, held, available: posted - held };
  }

  linesOf(account: string): readonly ModelLine[] {
    return this.#lines.get(account) ?? [];
  }

  #append(entry: string, { account, amount }: Leg): void {
    const lines = this.#lines.get(account);
    lines?.push({ entry, amount, balance: (lines.at(-1)?.balance ?? 0) + amount });
  }

  #isCovered(id: string, now: number): boolean {
    const account = this.#accounts.get(id);
    if (account === undefined || account.overdraft === 'unlimited') return true;
    if (account.overdraft !== 'pooled') return this.funds(id, now).available >= 0;
    let available = 0;
    for (const { id: member, owner, currency, overdraft } of this.#accounts.values()) {
      const isMember = owner === account.owner && currency === account.currency;
      if (isMember && overdraft === 'pooled') available += this.funds(member, now).available;
    }
    return available >= 0;
  }
}
