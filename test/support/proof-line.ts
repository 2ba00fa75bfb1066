/**
 * The line by which a long test run says what it tried.
 *
 *      PROVE {"part": "power-loss", "count": {"crash states": 100000}, "failures": 0, "seconds": 312}
 *
 * Owns: its form, for those who print it and for crash-tests/prove.ts, which adds the lines up. A run may print
 * several; equal names under `count` are added.
 *
 * Suspension: every function here is synchronous.
 */

import process from 'node:process';

export interface Proof {
  readonly part: string;
  readonly count: Readonly<Record<string, number>>;
  readonly failures: number;
  readonly seconds: number;
}

const MARK = 'PROVE ';

export function printProof(proof: Proof): void {
  console.log(MARK + JSON.stringify({ ...proof, seconds: Math.round(proof.seconds * 10) / 10 }));
}

/** For tests, whose failures the runner counts: prints only for crash-tests/prove.ts, which sets VARVE_PROVE. */
export function printTestProof(part: string, count: Proof['count']): void {
  if (process.env['VARVE_PROVE'] !== '1') return;
  printProof({ part, count, failures: 0, seconds: process.uptime() });
}

/** The proof of a line, or undefined when it holds none. A test runner may have put something before it. */
export function parseProof(line: string): Proof | undefined {
  const start = line.indexOf(`${MARK}{`);
  if (start < 0) return undefined;
  const value: unknown = JSON.parse(line.slice(start + MARK.length));
  if (!isProof(value)) throw new Error(`Malformed proof line: ${line}`);
  return value;
}

function isProof(value: unknown): value is Proof {
  if (typeof value !== 'object' || value === null) return false;
  const { part, count, failures, seconds } = value as Record<string, unknown>;
  if (typeof part !== 'string' || typeof count !== 'object' || count === null) return false;
  if (!Object.values(count).every((each) => typeof each === 'number')) return false;
  return typeof failures === 'number' && typeof seconds === 'number';
}
