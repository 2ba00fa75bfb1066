/** What an auditor loads, and how small a proof is. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inclusionProofOf, treeRootOf } from '../../src/merkle/proofs.ts';
import { extensionCovers, inclusionCovers } from '../../src/merkle/tree-shape.ts';

it('varve/ledger loads nothing but its own modules and the hashes of the runtime', () => {
  const root = join(import.meta.dirname, '../../src');
  const files = [
    join(root, 'ledger/index.ts'),
    ...readdirSync(join(root, 'merkle')).map((name) => join(root, 'merkle', name)),
  ];
  const imported = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/from '([^']+)'/g)].map(([, name]) => name),
  );
  const isOwn = (name = ''): boolean =>
    name.startsWith('../merkle/') || /^\.\/[a-z-]+\.ts$/.test(name) || name === 'node:crypto';
  expect(imported.length).toBeGreaterThan(4);
  expect(imported.filter((name) => !isOwn(name))).toEqual([]);
});

it('a proof among a million entries has at most twenty hashes, and is below 2 KB', () => {
  const size = 1_000_000;
  for (const index of [0, 1, 524_287, 524_288, 777_777, size - 1]) {
    const hash = new Uint8Array(32).fill(0xab);
    const path = inclusionCovers(index, size).map(() => hash);
    expect(path.length).toBeLessThanOrEqual(20);
    const entry = { key: new Uint8Array(16), value: new Uint8Array(100), index };
    const proof = inclusionProofOf(entry, treeRootOf(size, hash), path);
    expect(JSON.stringify(proof).length).toBeLessThan(2048);
  }
  for (const from of [1, 999, 524_288, 999_999]) {
    expect(extensionCovers(from, size).length).toBeLessThanOrEqual(21);
  }
});
