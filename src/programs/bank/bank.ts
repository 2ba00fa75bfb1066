/**
 * The bank: rounds of moving money, a kill in the middle, and an audit of what is left.
 *
 * Owns: the sequence of a run, and what this process remembers between the rounds: the checkpoint and the highest
 * acknowledged transfer of each client. Neither is read back from the database that it judges; only a run over an
 * existing bank starts from the checkpoint it finds.
 *
 *      spawn child -> clients run -> SIGKILL -> open (timed) -> audit on a snapshot -> fold -> close -> next round
 *
 * A run stops at the first failure, also one that an earlier run left behind, and leaves the database as it is. A
 * database that does not open again, or a child that dies by itself, is a failure of the bank like a wrong balance
 * (audit/storage).
 */
import { InvalidArgumentError, StorageError } from '../../base/errors.ts';
import type { TuningOptions } from '../../base/options.ts';
import { Random } from '../../base/random.ts';
import type { RecoveryReport } from '../../engine/state/events.ts';
import { UsageError } from '../outcome.ts';
import type { AuditProblem, AuditReport } from './audit.ts';
import {
  auditBank,
  foldTransfers,
  initialCheckpoint,
  isEmptyBank,
  isOnServers,
  noBank,
  openBank,
  readCheckpoint,
  verifyBank,
} from './books.ts';
import { ChildFailedError, type RoundOutcome, runRound } from './round.ts';
import type { Bank, Checkpoint, TransferOptions } from './transfer.ts';

export interface BankSettings extends TransferOptions {
  readonly directory: string;
  readonly accountCount: number;
  readonly initialBalance: number;
  readonly clientCount: number;
  readonly hotCount: number;
  readonly roundCount: number;
  /** The kill comes at a random moment within so many seconds. */
  readonly secondsMax: number;
  readonly seed: number;
  readonly tuning: TuningOptions;
}

export interface RoundReport {
  readonly round: number;
  readonly killedAfterMs: number;
  readonly acknowledgedCount: number;
  readonly transfersPerSecond: number;
  /** How often bodies ran again, as TransferOutcome says. */
  readonly rerunCount: number;
  readonly refusalCount: number;
  /** From the call of open() after the kill until the database answers. */
  readonly recoveryMs: number;
  /** The findings of the engine's recovery; undefined when the database did not open, and on servers. */
  readonly recovery: RecoveryReport | undefined;
  readonly auditMs: number;
  readonly audit: AuditVerdict;
}

export type AuditVerdict = Omit<AuditReport, 'checkpoint'>;

export interface BankReport {
  readonly isOk: boolean;
  readonly roundCount: number;
  readonly transferCount: number;
  readonly acknowledgedCount: number;
  readonly unacknowledgedCount: number;
  readonly rerunCount: number;
  readonly refusalCount: number;
  readonly ranMs: number;
  readonly recoveryMsMax: number;
  readonly total: number;
  readonly expectedTotal: number;
  /** Those of the rounds, and `findings`. */
  readonly problems: readonly AuditProblem[];
  /** Found before the first round or after the last. */
  readonly findings: readonly AuditProblem[];
}

export interface BankEvents {
  /** A child is about to start; it will be killed `killAfterMs` after its clients have started. */
  readonly onRoundStart: (round: number, killAfterMs: number) => Promise<void>;
  readonly onRoundEnd: (report: RoundReport) => Promise<void>;
}

/** The memory of the auditing process. */
interface Ledger {
  checkpoint: Checkpoint;
  readonly acknowledged: Map<number, number>;
}

interface OpenedLedger {
  readonly ledger: Ledger;
  /** The problems of the books before the first round. */
  readonly problems: readonly AuditProblem[];
}

/** The facts of a round that are known after the kill. */
interface Inspection {
  readonly recoveryMs: number;
  readonly recovery: RecoveryReport | undefined;
  readonly auditMs: number;
  readonly audit: AuditVerdict;
}

/**
 * Runs every round, or stops at the first that fails. Throws UsageError when the directory holds something else, and
 * what the signal was aborted with.
 */
export async function runBank(
  settings: BankSettings,
  events: BankEvents,
  signal: AbortSignal,
): Promise<BankReport> {
  const { ledger, problems } = await openLedger(settings);
  const expectedTotal = sumOf(ledger.checkpoint.balances);
  if (problems.length > 0) return summarize([], expectedTotal, problems);
  const random = new Random(settings.seed);
  const rounds: RoundReport[] = [];
  for (let round = 1; round <= settings.roundCount; round++) {
    const killAfterMs = random.nextFraction() * settings.secondsMax * 1000;
    const seed = random.nextInt32();
    await events.onRoundStart(round, killAfterMs);
    const report = await runOneRound(settings, { round, killAfterMs, seed }, ledger, signal);
    rounds.push(report);
    await events.onRoundEnd(report);
    if (!report.audit.isOk) break;
  }
  const isOk = rounds.every(({ audit }) => audit.isOk);
  const findings = isOk ? await verifyBank(settings.directory, settings.tuning) : [];
  return summarize(rounds, expectedTotal, findings);
}

/** The start of a run: a new bank, or the one that an earlier run left, audited once more. */
async function openLedger(settings: BankSettings): Promise<OpenedLedger> {
  const { accountCount, initialBalance, directory, tuning } = settings;
  const ledger: Ledger = {
    checkpoint: initialCheckpoint(accountCount, initialBalance),
    acknowledged: new Map(),
  };
  const bank = await openBank(directory, tuning).catch((error: unknown) => {
    // Another engine's files: it refused before it wrote.
    throw error instanceof InvalidArgumentError ? noBank(directory) : error;
  });
  try {
    const found = await readCheckpoint(bank);
    if (found === undefined) {
      if (await isEmptyBank(bank)) return { ledger, problems: [] }; // the first child creates the accounts
      throw noBank(directory);
    }
    if (found.balances.length !== accountCount) {
      throw new UsageError(
        `The bank here has other accounts: give --accounts ${found.balances.length}`,
      );
    }
    const audit = await auditBank(bank, found, undefined);
    ledger.checkpoint = found;
    if (!audit.isOk) return { ledger, problems: audit.problems };
    await foldInto(ledger, bank, audit.checkpoint);
    return { ledger, problems: [] };
  } finally {
    await bank.db.close();
  }
}

async function runOneRound(
  settings: BankSettings,
  plan: { readonly round: number; readonly killAfterMs: number; readonly seed: number },
  ledger: Ledger,
  signal: AbortSignal,
): Promise<RoundReport> {
  const { roundCount: _roundCount, secondsMax: _secondsMax, ...common } = settings;
  let outcome: RoundOutcome | undefined;
  try {
    const child = { ...common, seed: plan.seed };
    outcome = await runRound(child, plan.killAfterMs, ledger.acknowledged, signal);
    signal.throwIfAborted();
    return describeRound(plan.round, outcome, await inspect(settings, ledger));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ChildFailedError || error instanceof StorageError)) throw error;
    return describeRound(plan.round, outcome, failedInspection(error, ledger));
  }
}

/** Opens what the kill left behind, judges it, and folds it when all is well. */
async function inspect(settings: BankSettings, ledger: Ledger): Promise<Inspection> {
  const openMs = performance.now();
  const bank = await openBank(settings.directory, { ...settings.tuning, createIfMissing: false });
  const recoveryMs = performance.now() - openMs;
  try {
    const recovery = isOnServers(settings.directory) ? undefined : bank.db.stats().recovery;
    const auditStartMs = performance.now();
    const report = await auditBank(bank, ledger.checkpoint, ledger.acknowledged);
    const auditMs = performance.now() - auditStartMs;
    const { checkpoint, ...audit } = report;
    if (audit.isOk) await foldInto(ledger, bank, checkpoint);
    return { recoveryMs, recovery, auditMs, audit };
  } finally {
    await bank.db.close();
  }
}

/** Folds the records, and remembers the new checkpoint only when the database has acknowledged it. */
async function foldInto(ledger: Ledger, bank: Bank, checkpoint: Checkpoint): Promise<void> {
  if (!isOnServers(bank.db.location)) {
    await foldTransfers(bank, checkpoint);
    ledger.checkpoint = checkpoint;
  }
  // A transfer that was in flight is in the books now, and must never vanish again.
  for (const [client, sequence] of checkpoint.sequences) ledger.acknowledged.set(client, sequence);
}

function failedInspection(error: Error, ledger: Ledger): Inspection {
  const code: unknown = error instanceof StorageError ? `${error.code}: ` : '';
  const expectedTotal = sumOf(ledger.checkpoint.balances);
  const problems = [{ kind: 'storage' as const, message: `${String(code)}${error.message}` }];
  const audit = { isOk: false, transferCount: 0, unacknowledgedCount: 0, total: 0, expectedTotal };
  return {
    ...{ recoveryMs: 0, recovery: undefined, auditMs: 0 },
    audit: { ...audit, problemCount: 1, problems },
  };
}

function describeRound(
  round: number,
  outcome: RoundOutcome | undefined,
  inspection: Inspection,
): RoundReport {
  const ranMs = outcome?.ranMs ?? 0;
  const acknowledgedCount = outcome?.acknowledgedCount ?? 0;
  return {
    round,
    killedAfterMs: ranMs,
    acknowledgedCount,
    transfersPerSecond: ranMs === 0 ? 0 : (acknowledgedCount / ranMs) * 1000,
    rerunCount: outcome?.rerunCount ?? 0,
    refusalCount: outcome?.refusalCount ?? 0,
    ...inspection,
  };
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}

function summarize(
  rounds: readonly RoundReport[],
  expectedTotal: number,
  findings: readonly AuditProblem[],
): BankReport {
  const sum = (of: (round: RoundReport) => number): number => sumOf(rounds.map(of));
  const problems = [...rounds.flatMap(({ audit }) => audit.problems), ...findings];
  return {
    isOk: findings.length === 0 && rounds.every(({ audit }) => audit.isOk),
    roundCount: rounds.length,
    transferCount: sum(({ audit }) => audit.transferCount),
    acknowledgedCount: sum((round) => round.acknowledgedCount),
    unacknowledgedCount: sum(({ audit }) => audit.unacknowledgedCount),
    rerunCount: sum((round) => round.rerunCount),
    refusalCount: sum((round) => round.refusalCount),
    ranMs: sum((round) => round.killedAfterMs),
    recoveryMsMax: Math.max(0, ...rounds.map((round) => round.recoveryMs)),
    total: rounds.at(-1)?.audit.total ?? expectedTotal,
    expectedTotal,
    problems,
    findings,
  };
}
