/**
 * The process that is killed: it opens the bank and moves money until then.
 *
 * Owns: the clients and the acknowledgements that they hand to the parent over standard output. Settings come as JSON
 * in the first argument; standard input is held open by the parent and ends when the parent does.
 *
 * Lines to the parent:
 *   ready                                  the bank is open, the clients start
 *   <reruns> <refusals> {<client> <sequence>}...   acknowledged since the last line
 *
 * Invariants:
 *   bank-child/reported-after-commit: a transfer is reported only after its commit resolved.
 *   bank-child/one-in-flight: a client goes on only after its report is in the pipe, which outlives this process. So a
 *       committed transfer that is not in the pipe is in flight: one a client at most (audit/surplus).
 *
 * Suspension: reports of one turn of the event loop, as of one group commit, leave as one line.
 */
import { nextTurn } from '../../base/clock.ts';
import { ConflictError } from '../../base/errors.ts';
import type { TuningOptions } from '../../base/options.ts';
import { Random } from '../../base/random.ts';
import {
  createBankIfMissing,
  initialCheckpoint,
  lastSequenceOf,
  openBank,
  readCheckpoint,
} from './books.ts';
import {
  type Bank,
  drawOrder,
  RETRY_COUNT_MAX,
  transfer,
  type TransferOptions,
} from './transfer.ts';

export interface ChildSettings extends TransferOptions {
  readonly directory: string;
  readonly accountCount: number;
  readonly initialBalance: number;
  readonly clientCount: number;
  /** Transfers move among the first so many accounts. */
  readonly hotCount: number;
  readonly seed: number;
  readonly tuning: TuningOptions;
}

/** Gathers acknowledgements and writes them to the parent, one line a turn. */
class Reports {
  #rerunCount = 0;
  #refusalCount = 0;
  #acknowledged = '';
  #isScheduled = false;
  #written: Promise<void> = Promise.resolve();
  #markWritten: () => void = () => undefined;

  /** Resolves when the report is in the pipe (bank-child/one-in-flight). */
  acknowledge(client: number, sequence: number): Promise<void> {
    this.#acknowledged += ` ${client} ${sequence}`;
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      this.#written = new Promise((resolve) => (this.#markWritten = resolve));
      setImmediate(() => this.#writeLine());
    }
    return this.#written;
  }

  count(rerunCount: number, refusalCount: number): void {
    this.#rerunCount += rerunCount;
    this.#refusalCount += refusalCount;
  }

  #writeLine(): void {
    const line = `${this.#rerunCount} ${this.#refusalCount}${this.#acknowledged}\n`;
    const markWritten = this.#markWritten;
    this.#rerunCount = 0;
    this.#refusalCount = 0;
    this.#acknowledged = '';
    this.#isScheduled = false;
    process.stdout.write(line, () => markWritten());
  }
}

async function runClient(
  bank: Bank,
  settings: ChildSettings,
  client: number,
  firstSequence: number,
  reports: Reports,
): Promise<never> {
  const random = new Random(
    Math.imul(settings.seed, 0x9e3779b1) ^ Math.imul(client + 1, 0x85ebca6b),
  );
  const { durability, isolation, way } = settings;
  let sequence = firstSequence;
  for (;;) {
    const order = drawOrder(random, settings.hotCount);
    try {
      const options = { durability, isolation, way };
      const outcome = await transfer(bank, order, [client, sequence], options);
      reports.count(outcome.rerunCount, outcome.isDone ? 0 : 1);
      if (outcome.isDone) await reports.acknowledge(client, sequence++);
      else await nextTurn(); // a bank of empty accounts must not keep the event loop to itself
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      reports.count(RETRY_COUNT_MAX, 0); // nothing was written: the number is still free
    }
  }
}

async function main(settings: ChildSettings): Promise<void> {
  const bank = await openBank(settings.directory, settings.tuning);
  const initial = initialCheckpoint(settings.accountCount, settings.initialBalance);
  await createBankIfMissing(bank, initial);
  const checkpoint = (await readCheckpoint(bank)) ?? initial;
  const firstSequences: number[] = [];
  for (let client = 0; client < settings.clientCount; client++) {
    firstSequences.push((await lastSequenceOf(bank, client, checkpoint)) + 1);
  }
  process.stdout.write('ready\n');
  const reports = new Reports();
  await Promise.all(
    firstSequences.map((first, client) => runClient(bank, settings, client, first, reports)),
  );
}

function endWithParent(): void {
  process.stdin.on('end', () => process.exit(0));
  process.stdin.on('error', () => process.exit(0));
  process.stdout.on('error', () => process.exit(0));
  process.stdin.resume();
}

endWithParent();
try {
  await main(JSON.parse(process.argv[2] ?? '') as ChildSettings);
} catch (error) {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${typeof code === 'string' ? `${code}: ` : ''}${stack}\n`);
  process.exit(1);
}
