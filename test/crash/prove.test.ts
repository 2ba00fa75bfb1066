/**
 * `make prove` says no when a part of it does, in whichever way it says so.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { type Part, PARTS } from '../../crash-tests/prove/parts.ts';
import { type Outcome, runPart } from '../../crash-tests/prove/runner.ts';
import { parseProof } from '../support/proof-line.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'varve-prove-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PROOF = { part: 'x', count: { states: 7 }, failures: 0, seconds: 1 };
const print = (proof: object): string => `console.log('PROVE ' + '${JSON.stringify(proof)}');\n`;

function run(name: string, text: string, atLeast: Record<string, number> = {}): Promise<Outcome> {
  const program = join(folder, `${name}.ts`);
  writeFileSync(program, text);
  const variant = { env: {}, atLeast };
  const part: Part = {
    name,
    claim: '',
    run: { program },
    variants: { long: variant, quick: variant },
  };
  return runPart(part, { root, mode: 'quick', seed: undefined, logs: folder });
}

describe('a part', () => {
  it('passes with status 0, no failure, and enough that was tried; its lines are added up', async () => {
    const outcome = await run('sound', print(PROOF) + print(PROOF), { states: 14 });
    expect(outcome).toMatchObject({ complaints: [], failureCount: 0, count: { states: 14 } });
  });

  it.each([
    ['ends with another status', `${print(PROOF)}process.exitCode = 3;`, {}],
    ['throws', `${print(PROOF)}throw new Error('x');`, {}],
    ['is killed', `${print(PROOF)}process.kill(process.pid, 'SIGKILL');`, {}],
    ['does not compile', 'const a = ;', {}],
    ['tells of a failure', print({ ...PROOF, failures: 2 }), {}],
    ['tried too little', print(PROOF), { states: 8 }],
    ['says nothing', '', { states: 1 }],
  ])('fails when its program %s (V1)', async (name, text, atLeast) => {
    const outcome = await run(name.replaceAll(' ', '-'), text, atLeast);
    expect(outcome.complaints).not.toEqual([]);
    expect(outcome.failureCount).toBeGreaterThan(0);
  });

  it('fails when its tests are not found (V1)', async () => {
    const variant = { env: {}, atLeast: {} };
    const tests = ['test/no/such.test.ts'];
    const variants = { long: variant, quick: variant };
    const part: Part = { name: 'missing', claim: '', run: { tests }, variants };
    const outcome = await runPart(part, { root, mode: 'quick', seed: undefined, logs: folder });
    expect(outcome.complaints).not.toEqual([]);
  });

  it('has a floor in both forms, so that an empty run fails', () => {
    for (const { name, variants } of PARTS) {
      for (const { atLeast } of Object.values(variants)) {
        expect(Object.keys(atLeast).length, name).toBeGreaterThan(0);
      }
    }
  });
});

describe('a proof line', () => {
  it('is found behind what a test runner puts before it', () => {
    expect(parseProof(`stdout | x PROVE ${JSON.stringify(PROOF)}`)).toEqual(PROOF);
    expect(parseProof('PROVE that')).toBeUndefined();
  });

  it('is refused when it is not whole', () => {
    expect(() => parseProof('PROVE {"part":"x"}')).toThrow('Malformed');
    expect(() =>
      parseProof('PROVE {"part":"x","count":{"a":"1"},"failures":0,"seconds":1}'),
    ).toThrow();
  });
});
