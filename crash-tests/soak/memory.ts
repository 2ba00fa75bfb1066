/**
 * The parent's memory of every promise, and the audit of a database after an end.
 *
 * Owns: the bank's checkpoint and acknowledgements, the ledgers of the writers. Nothing that judges is read back from
 * the database.
 *
 * Checked: the bank's books (src/programs/bank/audit.ts, audit/total to audit/storage), the writers' states
 * (ledger.ts, G1 and G2), that every value is whole, that verify() finds nothing, and that few files are there which
 * no version names.
 */
import { readdirSync } from 'node:fs';
import {
  auditBank,
  createBankIfMissing,
  foldTransfers,
  initialCheckpoint,
  openBank,
} from '../../src/programs/bank/books.ts';
import type { Bank, Checkpoint } from '../../src/programs/bank/transfer.ts';
import { WriterLedger } from './ledger.ts';
import { ACCOUNT_COUNT, INITIAL_BALANCE, PIPELINE_MAX, TUNING, WRITER_COUNT } from './settings.ts';
import {
  type LoadKeyspace,
  loadPrefix,
  openLoad,
  slotOfKey,
  type Stamp,
  stampOf,
} from './writer-plan.ts';

/** Log, manifest, CURRENT, LOCK, and what background work writes in the first moments after an open. */
const OTHER_FILES_MAX = 12;

export interface AuditOutcome {
  readonly problems: readonly string[];
  readonly recoveryMs: number;
  readonly auditMs: number;
}

export class Memory {
  readonly #directory: string;
  readonly #acknowledged = new Map<number, number>();
  readonly #ledgers: readonly WriterLedger[];
  #checkpoint: Checkpoint = initialCheckpoint(ACCOUNT_COUNT, INITIAL_BALANCE);

  constructor(directory: string, seed: number) {
    this.#directory = directory;
    this.#ledgers = Array.from(
      { length: WRITER_COUNT },
      (_, writer) => new WriterLedger(seed, writer),
    );
  }

  get lastNumbers(): number[] {
    return this.#ledgers.map((ledger) => ledger.lastNumber);
  }

  acknowledgeTransfer(client: number, sequence: number): void {
    if (sequence > (this.#acknowledged.get(client) ?? 0)) this.#acknowledged.set(client, sequence);
  }

  acknowledgeCommit(writer: number, number: number): void {
    this.#ledgers[writer]?.acknowledge(number);
  }

  /** Before the first child: a kill may come before that one has made anything. */
  async create(): Promise<void> {
    const bank = await openBank(this.#directory, TUNING);
    try {
      await createBankIfMissing(bank, this.#checkpoint);
      await openLoad(bank.db, true);
    } finally {
      await bank.db.close();
    }
  }

  /** Opens what is there and judges it; never throws. */
  async audit(epoch: number, isCleanEnd: boolean): Promise<AuditOutcome> {
    const startMs = performance.now();
    let recoveryMs = 0;
    const problems: string[] = [];
    try {
      const bank = await openBank(this.#directory, { ...TUNING, createIfMissing: false });
      const { db } = bank;
      recoveryMs = performance.now() - startMs;
      try {
        problems.push(...this.#countFiles(bank));
        const load = await openLoad(db, false);
        problems.push(...(await this.#auditWriters(load, epoch, isCleanEnd)));
        const report = await db.verify();
        problems.push(
          ...report.problems.map(({ file, message }) => `${file ?? 'tree'}: ${message}`),
        );
        problems.push(...(await this.#auditAndFold(bank, problems.length === 0)));
      } finally {
        await db.close();
      }
    } catch (error) {
      problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    return { problems, recoveryMs, auditMs: performance.now() - startMs - recoveryMs };
  }

  #countFiles({ db }: Bank): string[] {
    const fileCount = readdirSync(this.#directory).length;
    const tableCount = db.stats().tables.count;
    if (fileCount <= tableCount + OTHER_FILES_MAX) return [];
    return [`${fileCount} files after an open, of which ${tableCount} are live tables`];
  }

  async #auditWriters(load: LoadKeyspace, epoch: number, isCleanEnd: boolean): Promise<string[]> {
    const problems: string[] = [];
    for (const [writer, ledger] of this.#ledgers.entries()) {
      const found = new Map<number, Stamp>();
      for await (const [key, value] of load.entries({ prefix: loadPrefix(writer) })) {
        const slot = slotOfKey(writer, key);
        const stamp = slot === undefined ? undefined : stampOf(value, writer, slot);
        if (slot === undefined || stamp === undefined) problems.push(`malformed value: key=${key}`);
        else found.set(slot, stamp);
      }
      problems.push(...ledger.settle(found, epoch, isCleanEnd ? 0 : PIPELINE_MAX));
    }
    return problems;
  }

  /** After a breach the records stay as they are: they are evidence. */
  async #auditAndFold(bank: Bank, mayFold: boolean): Promise<string[]> {
    const report = await auditBank(bank, this.#checkpoint, this.#acknowledged);
    if (!report.isOk) return report.problems.map(({ kind, message }) => `${kind}: ${message}`);
    if (!mayFold) return [];
    await foldTransfers(bank, report.checkpoint);
    this.#checkpoint = report.checkpoint;
    // A transfer that was in flight is in the books now, and must never vanish again.
    for (const [client, sequence] of report.checkpoint.sequences) {
      this.acknowledgeTransfer(client, sequence);
    }
    return [];
  }
}
