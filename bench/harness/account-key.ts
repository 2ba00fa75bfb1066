/**
 * Keys of accounts that every engine takes.
 *
 * Owns: their text. Numbers are padded, so that accounts lie in their order.
 */
const DIGITS = 8;

export function accountKey(account: number): string {
  return `account:${String(account).padStart(DIGITS, '0')}`;
}
