/**
 * Results of a comparison, as they are stored.
 *
 * Owns: the shape of the JSON file, and what is derived from its values: medians, ratios, verdicts.
 */
import type { Machine } from '../../src/programs/bench/suite.ts';
import type { StoreDurability } from '../adapters/store.ts';
import { type Aim, isHigherBetter, type Sizes, type Unit } from './workload.ts';

export interface EngineResult {
  /** One a run, in the unit of the row. */
  readonly values: number[];
  /** The figures of the run with the median value. */
  readonly facts: Readonly<Record<string, number>>;
  readonly peakResidentBytes: number;
  readonly error?: string;
}

export interface Row {
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  readonly clientCount: number;
  readonly durability: StoreDurability | undefined;
  readonly aim: Aim | undefined;
  /** By name of the engine; absent when it was not measured. */
  readonly engines: Readonly<Record<string, EngineResult>>;
}

export interface EngineInfo {
  readonly name: string;
  readonly version: string | undefined;
  readonly idioms: readonly string[];
  /** Why it was not measured. */
  readonly problem: string | undefined;
}

export interface Comparison {
  readonly machine: Machine;
  readonly startedAt: string;
  readonly runCount: number;
  readonly sizes: Sizes;
  readonly engines: readonly EngineInfo[];
  /** Ids of the rows that the run was to have, in order; one that was ended has the first of them. */
  readonly plannedIds: readonly string[];
  readonly rows: readonly Row[];
}

/** Rows that the run was ended before. */
export function missingIds({ plannedIds, rows }: Comparison): string[] {
  const found = new Set(rows.map(({ id }) => id));
  return plannedIds.filter((id) => !found.has(id));
}

/** Ours; every other engine is a peer. */
export const OWN_ENGINE = 'varve';

export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >>> 1;
  const upper = sorted[middle];
  const lower = sorted[middle - 1];
  if (upper === undefined || sorted.length % 2 === 1 || lower === undefined) return upper;
  return (lower + upper) / 2;
}

export interface BestPeer {
  readonly name: string;
  readonly value: number;
}

export function bestPeer(row: Row): BestPeer | undefined {
  const higher = isHigherBetter(row.unit);
  let best: BestPeer | undefined;
  for (const [name, result] of Object.entries(row.engines)) {
    const value = name === OWN_ENGINE ? undefined : median(result.values);
    if (value === undefined) continue;
    if (best === undefined || (higher ? value > best.value : value < best.value)) {
      best = { name, value };
    }
  }
  return best;
}

/** How many times better than the best peer we are; under 1 is worse. */
export function ratioToBest(row: Row): number | undefined {
  const own = median(row.engines[OWN_ENGINE]?.values ?? []);
  const best = bestPeer(row);
  if (own === undefined || best === undefined || own === 0 || best.value === 0) return undefined;
  return isHigherBetter(row.unit) ? own / best.value : best.value / own;
}

/** Gaps under a quarter are ties on a noisy machine. */
export const TIE_RATIO = 1.25;

export type Verdict = 'reached' | 'ahead' | 'tie' | 'behind';

/** Against the aim of the row; without one, against the best peer. */
export function verdictOf(row: Row): Verdict | undefined {
  const own = median(row.engines[OWN_ENGINE]?.values ?? []);
  const ratio = ratioToBest(row);
  if (own !== undefined && Number.isFinite(own) && row.aim?.kind === 'limit') {
    return own <= row.aim.limit ? 'reached' : 'behind';
  }
  if (ratio === undefined) return undefined;
  if (row.aim?.kind === 'ratio' && ratio >= row.aim.ratio) return 'reached';
  if (ratio >= TIE_RATIO) return 'ahead';
  return ratio >= 1 / TIE_RATIO ? 'tie' : 'behind';
}

export function aimText({ aim, unit }: Row): string {
  if (aim === undefined) return '-';
  return aim.kind === 'ratio' ? `${aim.ratio}x` : `<= ${aim.limit} ${unit}`;
}

/** 1234567 -> '1.23 M', 0.5 -> '0.50'. */
export function shortNumber(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(0)} k`;
  if (value >= 1e3) return `${(value / 1e3).toFixed(1)} k`;
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2);
}

/** The median, and in brackets the lowest and the highest. */
export function spreadText(result: EngineResult | undefined): string {
  if (result === undefined) return '-';
  const middle = median(result.values);
  if (middle === undefined) return 'failed';
  const low = Math.min(...result.values);
  const high = Math.max(...result.values);
  if (result.values.length === 1) return shortNumber(middle);
  return `${shortNumber(middle)} [${shortNumber(low)}-${shortNumber(high)}]`;
}
