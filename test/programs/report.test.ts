/** The report of the bank as text: each number by what it counts. */
import { expect, it } from 'vitest';

import type { BankReport } from '../../src/programs/bank/bank.ts';
import { describeTotals, roundHeading } from '../../src/programs/bank/report.ts';

it('bodies that ran again are no conflicts: one that does not wait has none', () => {
  const report: BankReport = {
    isOk: true,
    roundCount: 1,
    transferCount: 10,
    acknowledgedCount: 10,
    unacknowledgedCount: 0,
    rerunCount: 3,
    refusalCount: 2,
    ranMs: 1000,
    recoveryMsMax: 5,
    total: 100,
    expectedTotal: 100,
    problems: [],
    findings: [],
  };
  expect(describeTotals(report)).toContain('3 bodies run again, 2 overdrafts refused');
  expect(`${roundHeading()}${describeTotals(report)}`).not.toContain('conflict');
});
