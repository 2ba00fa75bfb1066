/**
 * How long awaited calls may answer before the event loop turns.
 */
import { expect, it } from 'vitest';
import { TurnBudget } from '../../src/base/turn-budget.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** Steps until the budget is spent; undefined after `most`. */
function stepsUntilSpent(budget: TurnBudget, clock: ManualClock, stepMs: number): number {
  for (let steps = 1; steps <= 1_000_000; steps++) {
    clock.advance(stepMs);
    if (budget.spend()) return steps;
  }
  throw new Error('The budget is never spent');
}

it.each([0.0002, 0.002, 0.05, 1, 20])(
  'a budget is spent after some four milliseconds of steps of %f ms (turn-budget/time)',
  async (stepMs) => {
    const clock = new ManualClock();
    const budget = new TurnBudget(clock);
    await budget.turn();
    stepsUntilSpent(budget, clock, stepMs); // finds how long a step takes
    await budget.turn();
    const steps = stepsUntilSpent(budget, clock, stepMs);
    // Two looks more than the time: one begins it, and the last may come late by one.
    expect(steps * stepMs).toBeGreaterThanOrEqual(4);
    expect(steps * stepMs).toBeLessThan(4 + 3 * Math.max(stepMs, 0.5));
  },
);

it('a budget is never spent while no time passes', () => {
  const budget = new TurnBudget(new ManualClock());
  for (let i = 0; i < 10_000; i++) expect(budget.spend()).toBe(false);
});

it('a turn begins a new budget', async () => {
  const clock = new ManualClock();
  const budget = new TurnBudget(clock);
  stepsUntilSpent(budget, clock, 1);
  expect(budget.spend()).toBe(true);
  await budget.turn();
  expect(budget.spend()).toBe(false);
});

it('answers that wait for a turn come in the order of their calls (turn-budget/order)', async () => {
  const budget = new TurnBudget(new ManualClock());
  const heard: number[] = [];
  const hear = (value: number): void => void heard.push(value);
  await Promise.all([1, 2, 3].map((value) => budget.afterTurn(value).then(hear)));
  await Promise.all([4, 5].map((value) => budget.afterTurn(value).then(hear)));
  expect(heard).toEqual([1, 2, 3, 4, 5]);
});
