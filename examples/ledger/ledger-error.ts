/**
 * Errors of the ledger: the requests that it refuses, and why.
 *
 * Owns: the codes. A refused request has changed nothing, and may be sent again with the same id. Errors of the
 * database (`IoError`, `DatabaseFailedError`, ...) pass through: after one of these the outcome may be unknown, and
 * sending the request again with the same id is how to find out.
 */
export type LedgerErrorCode =
  /** A field is malformed: an id, an amount, a time. */
  | 'INVALID_REQUEST'
  /** The postings of an entry do not sum to zero in each currency. */
  | 'UNBALANCED'
  /** A sum left the range of safe integers. */
  | 'AMOUNT_OVERFLOW'
  | 'UNKNOWN_ACCOUNT'
  /** The account exists with another owner, currency or rule. */
  | 'ACCOUNT_EXISTS'
  | 'INSUFFICIENT_FUNDS'
  | 'UNKNOWN_HOLD'
  /** The hold was captured, released, or has expired. */
  | 'HOLD_CLOSED'
  /** The id was used before, for a request that was not this one. */
  | 'ID_REUSED';

export class LedgerError extends Error {
  readonly code: LedgerErrorCode;

  constructor(code: LedgerErrorCode, message: string) {
    super(message);
    this.name = 'LedgerError';
    this.code = code;
  }
}
