/**
 * Random lives of a graph, beside a model in memory (life.ts). SEED= another first one, GRAPH_STEPS= how many steps.
 */
import process from 'node:process';
import { describe, it } from 'vitest';
import { MemoryVfs, open } from '../../src/index.ts';
import { Life, live } from './life.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const STEPS = Number(process.env['GRAPH_STEPS'] ?? (process.env['VARVE_QUICK'] ? 2000 : 10_000));

describe('a random life of a graph', () => {
  it.each([SEED, SEED + 1])('answers as the model does, from seed %i on', async (seed) => {
    const vfs = new MemoryVfs();
    const opener = () => open('/db', { vfs, memtableSizeBytes: 256 * 1024 });
    await live(new Life(seed, opener), STEPS / 2);
  });
});
