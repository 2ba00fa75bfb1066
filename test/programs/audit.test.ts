/**
 * The audit must be able to fail: a true history passes, and each way of breaking it is found by name.
 *
 * The history is a model bank: random transfers by several clients, applied to an array. Each test then changes what
 * the auditor is shown, as a broken engine would.
 */
import { describe, expect, it } from 'vitest';

import { Auditor, type AuditReport, PROBLEM_COUNT_MAX } from '../../src/programs/bank/audit.ts';
import {
  type Checkpoint,
  drawOrder,
  type TransferOrder,
} from '../../src/programs/bank/transfer.ts';
import { Random } from '../../src/base/random.ts';

const SEED = 20_241;
const ACCOUNT_COUNT = 20;
const CLIENT_COUNT = 5;
const INITIAL_BALANCE = 100_000;

interface Row {
  client: number;
  sequence: number;
  order: TransferOrder;
}

interface History {
  base: Checkpoint;
  rows: Row[];
  balances: (number | undefined)[];
  acknowledged: Map<number, number>;
  stored: Checkpoint | undefined;
}

/** A bank that did everything right; client 0 has one transfer in flight. */
function makeHistory(): History {
  const random = new Random(SEED);
  const base: Checkpoint = {
    balances: Array.from({ length: ACCOUNT_COUNT }, () => INITIAL_BALANCE),
    sequences: new Map([[3, 7]]),
  };
  const balances = [...base.balances];
  const rows: Row[] = [];
  const acknowledged = new Map<number, number>();
  for (let client = 0; client < CLIENT_COUNT; client++) {
    const first = (base.sequences.get(client) ?? 0) + 1;
    for (let sequence = first; sequence < first + 10; sequence++) {
      const order = drawOrder(random, ACCOUNT_COUNT);
      rows.push({ client, sequence, order });
      balances[order.from]! -= order.amount; // below ACCOUNT_COUNT
      balances[order.to]! += order.amount;
      acknowledged.set(client, sequence);
    }
  }
  acknowledged.set(0, acknowledged.get(0)! - 1);
  return { base, rows, balances, acknowledged, stored: base };
}

function audit(history: History): AuditReport {
  const auditor = new Auditor(history.base, history.acknowledged);
  auditor.addStoredCheckpoint(history.stored);
  history.balances.forEach((balance, account) => {
    if (balance !== undefined) auditor.addBalance(account, balance);
  });
  for (const { client, sequence, order } of history.rows) {
    auditor.addTransfer(client, sequence, order);
  }
  return auditor.finish();
}

function kindsOf(report: AuditReport): string[] {
  expect(report.isOk).toBe(report.problemCount === 0);
  return [...new Set(report.problems.map(({ kind }) => kind))].sort();
}

/** Shows the auditor a history that `breakIt` has changed. */
function kindsAfter(breakIt: (history: History) => void): string[] {
  const history = makeHistory();
  breakIt(history);
  return kindsOf(audit(history));
}

/** The index of the client's last record. */
const lastRowOf = (history: History, client: number): number =>
  history.rows.findLastIndex((row) => row.client === client);

function undo(history: History, { order }: Row): void {
  history.balances[order.from]! += order.amount; // accounts of the history
  history.balances[order.to]! -= order.amount;
}

describe('Auditor', () => {
  it('passes a bank that did everything right, and counts the transfer in flight', () => {
    const history = makeHistory();
    const report = audit(history);
    expect(report).toMatchObject({ isOk: true, problems: [], transferCount: CLIENT_COUNT * 10 });
    expect(report.unacknowledgedCount).toBe(1);
    expect(report.total).toBe(ACCOUNT_COUNT * INITIAL_BALANCE);
    expect(report.checkpoint.balances).toEqual(history.balances);
    expect(report.checkpoint.sequences.get(3)).toBe(17);
  });

  it('passes when the transfers in flight were not committed (audit/surplus)', () => {
    const history = makeHistory();
    undo(history, history.rows.splice(lastRowOf(history, 0), 1)[0]!); // found
    const report = audit(history);
    expect(report).toMatchObject({ isOk: true, unacknowledgedCount: 0 });
  });

  it('finds an acknowledged transfer that was rolled back cleanly (audit/lost)', () => {
    expect(
      kindsAfter((history) => undo(history, history.rows.splice(lastRowOf(history, 2), 1)[0]!)),
    ).toEqual(['lost']);
  });

  it('finds a client of whom nothing is left (audit/lost)', () => {
    const kinds = kindsAfter((history) => {
      for (const row of history.rows.filter(({ client }) => client === 4)) undo(history, row);
      history.rows = history.rows.filter(({ client }) => client !== 4);
    });
    expect(kinds).toEqual(['lost']);
  });

  it('finds a record lost while its money moved (audit/lost, audit/balance)', () => {
    const kinds = kindsAfter((history) => void history.rows.splice(lastRowOf(history, 2), 1));
    expect(kinds).toEqual(['balance', 'lost']);
  });

  it('finds a transfer applied twice (audit/balance)', () => {
    const kinds = kindsAfter((history) => {
      const { order } = history.rows[11]!; // of 50
      history.balances[order.from]! -= order.amount; // accounts of the history
      history.balances[order.to]! += order.amount;
    });
    expect(kinds).toEqual(['balance']);
  });

  it('finds a transfer that only took the money (audit/total, audit/balance)', () => {
    const kinds = kindsAfter((history) => {
      const { order } = history.rows[12]!; // of 50
      history.balances[order.to]! -= order.amount; // an account of the history
    });
    expect(kinds).toEqual(['balance', 'total']);
  });

  it('finds a transfer that only gave the money (audit/total, audit/balance)', () => {
    const kinds = kindsAfter((history) => {
      const { order } = history.rows[12]!; // of 50
      history.balances[order.from]! += order.amount; // an account of the history
    });
    expect(kinds).toEqual(['balance', 'total']);
  });

  it('finds a hole in a client, even when every balance follows (audit/hole)', () => {
    const kinds = kindsAfter((history) => {
      const index = history.rows.findIndex(({ client }) => client === 1) + 4;
      undo(history, history.rows.splice(index, 1)[0]!); // ten rows a client
    });
    expect(kinds).toEqual(['hole']);
  });

  it('finds a record that is there twice (audit/hole)', () => {
    const kinds = kindsAfter((history) => history.rows.splice(5, 0, history.rows[5]!)); // of 50
    expect(kinds).toContain('hole');
  });

  it('finds more unacknowledged transfers than can be in flight (audit/surplus)', () => {
    expect(kindsAfter(({ acknowledged }) => acknowledged.set(2, 8))).toEqual(['surplus']);
  });

  it('finds records of a client that never existed (audit/surplus)', () => {
    const kinds = kindsAfter((history) => {
      for (const sequence of [1, 2]) {
        const order = { from: 0, to: 1, amount: 1 };
        history.rows.push({ client: 99, sequence, order });
        history.balances[0]! -= 1; // accounts of the history
        history.balances[1]! += 1;
      }
    });
    expect(kinds).toEqual(['surplus']);
  });

  it('finds money from nowhere (audit/total, audit/balance)', () => {
    expect(kindsAfter(({ balances }) => (balances[3]! += 1))).toEqual(['balance', 'total']);
  });

  it('finds an account that is gone (audit/total, audit/balance)', () => {
    expect(kindsAfter(({ balances }) => (balances[7] = undefined))).toEqual(['balance', 'total']);
  });

  it('finds money moved between accounts without a record, the total unchanged (audit/balance)', () => {
    const kinds = kindsAfter(({ balances }) => {
      balances[1]! -= 5; // accounts of the history
      balances[2]! += 5;
    });
    expect(kinds).toEqual(['balance']);
  });

  it('finds a balance below zero, even when the records lead there (audit/overdraft)', () => {
    const kinds = kindsAfter((history) => {
      const order = { from: 0, to: 1, amount: 10 * INITIAL_BALANCE };
      const sequence = history.acknowledged.get(4)! + 1; // every client has acknowledged some
      history.rows.push({ client: 4, sequence, order });
      history.balances[0]! -= order.amount; // accounts of the history
      history.balances[1]! += order.amount;
    });
    expect(kinds).toEqual(['overdraft']);
  });

  it('finds a checkpoint that is missing, old or not ours (audit/malformed)', () => {
    expect(kindsAfter((history) => (history.stored = undefined))).toEqual(['checkpoint']);
    const { base } = makeHistory();
    const older = { balances: base.balances, sequences: new Map([[3, 6]]) };
    expect(kindsAfter((history) => (history.stored = older))).toEqual(['checkpoint']);
    const other = { balances: [1, ...base.balances.slice(1)], sequences: base.sequences };
    expect(kindsAfter((history) => (history.stored = other))).toEqual(['checkpoint']);
  });

  it('finds accounts and transfers that the bank cannot have written (audit/malformed)', () => {
    expect(kindsAfter(({ balances }) => balances.push(0))).toEqual(['malformed']);
    const auditor = new Auditor({ balances: [], sequences: new Map() }, new Map());
    auditor.addStoredCheckpoint({ balances: [], sequences: new Map() });
    auditor.addMalformed("account [ 'x' ]", 17);
    expect(kindsOf(auditor.finish())).toEqual(['malformed']);
  });

  it('judges no acknowledgements that no process heard, and everything else as always', () => {
    const history = makeHistory();
    const auditor = new Auditor(history.base, undefined);
    auditor.addStoredCheckpoint(history.stored);
    history.balances.forEach((balance, account) => auditor.addBalance(account, balance ?? 0));
    for (const row of history.rows) auditor.addTransfer(row.client, row.sequence, row.order);
    expect(auditor.finish().isOk).toBe(true);
  });

  it(`describes at most ${PROBLEM_COUNT_MAX} problems and counts them all`, () => {
    const balances = Array.from({ length: 100 }, () => 10);
    const base = { balances, sequences: new Map<number, number>() };
    const auditor = new Auditor(base, new Map());
    auditor.addStoredCheckpoint(base);
    const report = auditor.finish();
    expect(report.problemCount).toBe(101);
    expect(report.problems).toHaveLength(PROBLEM_COUNT_MAX);
  });
});
