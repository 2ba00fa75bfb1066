/**
 * The example of an entry over servers, run against servers of a test.
 *
 * Owns: how the example becomes a function: what it imports, the test hands over.
 *
 * Suspension: as the example does.
 */
import { inspect } from 'node:util';
import { runInThisContext } from 'node:vm';
import { expect } from 'vitest';
import { type Backend, openBackend } from '../../src/index.ts';
import { connectExample, programOf, statedOutput } from './reference.ts';

const IMPORT = /^import .*;$/gm;

/** Runs the example with another `connect`, which knows where the servers are. It must print what it says. */
export async function expectExample(
  entry: string,
  connect: (location: string) => Promise<Backend>,
): Promise<void> {
  const example = connectExample(entry);
  const lines: string[] = [];
  const show = (value: unknown): void => void lines.push(inspect(value));
  const body = programOf(example).replaceAll(IMPORT, '');
  const text = `(async ({ connect, openBackend, show }) => {\n${body}\n})`;
  const run = runInThisContext(text) as (tools: object) => Promise<void>;
  await run({ connect, openBackend, show });
  expect(lines).toEqual(statedOutput(example));
  expect(lines).not.toEqual([]);
}
