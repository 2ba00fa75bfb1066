/**
 * The bank's report as text.
 *
 * Owns: the table of rounds, the totals and the verdict line. Pure: numbers in, text out.
 */
import { formatCount, formatRow } from '../figures.ts';
import type { Isolation } from '../../api/transaction-options.ts';
import type { AuditProblem } from './audit.ts';
import type { BankReport, BankSettings, RoundReport } from './bank.ts';
import type { TransferWay } from './transfer.ts';

const COLUMNS: readonly (readonly [heading: string, width: number])[] = [
  ['round', 5],
  ['killed after', 12],
  ['acknowledged', 12],
  ['transfers/s', 11],
  ['run again', 9],
  ['in flight', 9],
  ['recovery', 9],
  ['audit', 5],
];
const WIDTHS = COLUMNS.map(([, width]) => width);
const TEXT_COLUMNS = [COLUMNS.length - 1];

const WAY_TEXTS: Readonly<Record<TransferWay, (isolation: Isolation) => string>> = {
  await: (isolation) => `${isolation} isolation, bodies that await`,
  sync: () => 'bodies that do not wait',
  updates: () => 'two updates in a batch',
};

export function describeSettings(settings: BankSettings): string {
  const { accountCount, clientCount, hotCount, durability, isolation, way } = settings;
  const hot = hotCount < accountCount ? `, transfers among ${formatCount(hotCount)} of them` : '';
  return [
    `${formatCount(accountCount)} accounts of ${formatCount(settings.initialBalance)}${hot}; ` +
      `${formatCount(clientCount)} clients; ${durability} durability, ` +
      `${WAY_TEXTS[way](isolation)}`,
    `${count(settings.roundCount, 'round')}, SIGKILL at a random moment within ` +
      `${settings.secondsMax} s; seed ${settings.seed}; ${settings.directory}`,
  ].join('\n');
}

export function roundHeading(): string {
  return formatRow(
    COLUMNS.map(([heading]) => heading),
    WIDTHS,
    TEXT_COLUMNS,
  );
}

export function describeRound(report: RoundReport): string {
  const row = formatRow(
    [
      String(report.round),
      `${(report.killedAfterMs / 1000).toFixed(3)} s`,
      formatCount(report.acknowledgedCount),
      formatCount(report.transfersPerSecond),
      formatCount(report.rerunCount),
      formatCount(report.audit.unacknowledgedCount),
      `${report.recoveryMs.toFixed(0)} ms`,
      report.audit.isOk ? 'pass' : 'FAIL',
    ],
    WIDTHS,
    TEXT_COLUMNS,
  );
  return [row, ...describeProblems(report.audit.problems, report.audit.problemCount)].join('\n');
}

function count(value: number, noun: string): string {
  return `${formatCount(value)} ${value === 1 ? noun : `${noun}s`}`;
}

function describeProblems(problems: readonly AuditProblem[], problemCount: number): string[] {
  const lines = problems.map(({ kind, message }) => `       ${kind}: ${message}`);
  const rest = problemCount - problems.length;
  return rest > 0 ? [...lines, `       and ${formatCount(rest)} more`] : lines;
}

export function describeTotals(report: BankReport): string {
  const seconds = report.ranMs / 1000;
  const perSecond = seconds === 0 ? 0 : report.acknowledgedCount / seconds;
  return [
    `${formatCount(report.transferCount)} transfers in ${seconds.toFixed(1)} s of work, ` +
      `${formatCount(perSecond)} a second; ` +
      `${formatCount(report.unacknowledgedCount)} of them committed but not yet acknowledged`,
    `${formatCount(report.rerunCount)} bodies run again, ` +
      `${formatCount(report.refusalCount)} overdrafts refused, ` +
      `slowest recovery ${report.recoveryMsMax.toFixed(0)} ms`,
    ...describeProblems(report.findings, report.findings.length),
  ].join('\n');
}

export function describeVerdict(report: BankReport): string {
  const kills = count(report.roundCount, 'kill');
  if (report.isOk) {
    return (
      `VERDICT: PASS - after ${kills} every one of ${formatCount(report.acknowledgedCount)} ` +
      `acknowledged transfers is there, whole and once; ` +
      `the total is still ${formatCount(report.total)}`
    );
  }
  const kinds = [...new Set(report.problems.map(({ kind }) => kind))].join(', ');
  return `VERDICT: FAIL - after ${kills} the books are wrong: ${kinds}`;
}
