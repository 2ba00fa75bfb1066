/**
 * The child's lines to the parent.
 *
 * Owns: gathering the acknowledgements of one turn of the event loop into one line, and telling who waits when it is
 * in the pipe (settings.ts, L1).
 */
import process from 'node:process';

export type AcknowledgementKind = 'bank' | 'load';

export function writeLine(line: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(`${line}\n`, () => resolve()));
}

export class Reports {
  readonly #pending: Record<AcknowledgementKind, string> = { bank: '', load: '' };
  #written: Promise<void> | undefined = undefined;

  /** Resolves when the line is in the pipe. */
  acknowledge(kind: AcknowledgementKind, who: number, number: number): Promise<void> {
    this.#pending[kind] += ` ${who} ${number}`;
    this.#written ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#written = undefined;
        void this.#writeLines().then(resolve);
      });
    });
    return this.#written;
  }

  async #writeLines(): Promise<void> {
    const { bank, load } = this.#pending;
    this.#pending.bank = '';
    this.#pending.load = '';
    const lines = [bank === '' ? [] : [`bank${bank}`], load === '' ? [] : [`load${load}`]].flat();
    await writeLine(lines.join('\n'));
  }
}
