/**
 * Arguments and options of one statement.
 *
 * Owns: `--name value` and `--name`, and that one which the statement does not know is refused.
 *
 * Suspension: everything here is synchronous.
 */
import { UsageError } from '../../programs/outcome.ts';
import { MOMENT_FORM, momentIn } from '../moments.ts';
import type { Word } from './words.ts';

export class StatementArguments {
  readonly #name: string;
  readonly #words: readonly Word[];
  readonly #options = new Map<string, Word | undefined>();

  /** `valued` are options with a value, `flags` those without. */
  constructor(
    name: string,
    words: readonly Word[],
    valued: readonly string[],
    flags: readonly string[],
  ) {
    this.#name = name;
    const positional: Word[] = [];
    for (let index = 0; index < words.length; index++) {
      const word = words[index]!; // within
      const isOption = word.raw.startsWith('--') && word.raw.length > 2;
      const option = word.raw.slice(2);
      if (!isOption) positional.push(word);
      else if (flags.includes(option)) this.#options.set(option, undefined);
      else if (valued.includes(option) && index + 1 < words.length) {
        this.#options.set(option, words[++index]);
      } else {
        const known = [
          ...valued.map((each) => `--${each} <value>`),
          ...flags.map((each) => `--${each}`),
        ];
        throw new UsageError(
          `${name} takes ${known.join(', ') || 'no options'}: found=${word.raw}`,
        );
      }
    }
    this.#words = positional;
  }

  /** Exactly so many arguments, or from `min` to `max`. */
  mustHave(usage: string, min: number, max: number = min): readonly Word[] {
    const { length } = this.#words;
    if (length < min || length > max)
      throw new UsageError(`Write: ${this.#name} ${usage}`.trimEnd());
    return this.#words;
  }

  has(option: string): boolean {
    return this.#options.has(option);
  }

  get(option: string): Word | undefined {
    return this.#options.get(option);
  }

  /** A sequence, or a time. */
  moment(option: string): number | Date | undefined {
    const word = this.#options.get(option);
    if (word === undefined) return undefined;
    const moment = momentIn(word.text);
    if (moment !== undefined) return moment;
    throw new UsageError(`Option --${option} must be ${MOMENT_FORM}: found=${word.text}`);
  }

  /** A whole number from `min` up. */
  count(option: string, min: number): number | undefined {
    const word = this.#options.get(option);
    if (word === undefined) return undefined;
    const value = /^\d+$/.test(word.text) ? Number(word.text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= min) return value;
    throw new UsageError(
      `Option --${option} must be an integer from ${min} up: found=${word.text}`,
    );
  }
}
