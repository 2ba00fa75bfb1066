/**
 * Amounts of money: whole numbers of a currency's smallest unit (cents, pence, yen).
 *
 * Owns: the arithmetic on amounts. A `number` is exact up to 2^53 - 1, some 90 trillion in cents; a sum that left this
 * range would be rounded in silence, so every sum goes through `add`, which refuses instead.
 */
import { LedgerError } from './ledger-error.ts';

/** Smallest units; may be negative. A safe integer, always. */
export type Amount = number;

/** The exact sum. Throws AMOUNT_OVERFLOW when a safe integer cannot hold it. */
export function add(a: Amount, b: Amount): Amount {
  const sum = a + b;
  if (Number.isSafeInteger(sum)) return sum;
  throw new LedgerError('AMOUNT_OVERFLOW', `Sum is no safe integer: a=${a} b=${b}`);
}

export function sumOf(amounts: Iterable<Amount>): Amount {
  let sum = 0;
  for (const amount of amounts) sum = add(sum, amount);
  return sum;
}

/** The amount itself, when it is a whole number above zero. Throws INVALID_REQUEST. */
export function mustBePositive(amount: Amount): Amount {
  if (Number.isSafeInteger(amount) && amount > 0) return amount;
  throw new LedgerError(
    'INVALID_REQUEST',
    `Amount must be a whole number above 0: found=${amount}`,
  );
}

/** Currencies whose smallest unit is not a hundredth. */
const DECIMALS: Readonly<Record<string, number>> = { JPY: 0, KRW: 0, BHD: 3, KWD: 3 };

/** For people: `-12.05 EUR`. Made from digits, not by a division, which would round. */
export function formatAmount(amount: Amount, currency: string): string {
  const decimals = DECIMALS[currency] ?? 2;
  const digits = String(Math.abs(amount)).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = decimals === 0 ? '' : `.${digits.slice(-decimals)}`;
  return `${amount < 0 ? '-' : ''}${whole}${fraction} ${currency}`;
}
