/** A graph on a backend in memory keeps what it keeps in a directory. SEED= another seed. */
import process from 'node:process';
import { openBackend } from '../../src/index.ts';
import { MemoryBackend, MemoryServers } from '../remote/memory-backend.ts';
import { describeGraph } from './servers.ts';

const all = new Map<string, MemoryServers>();

describeGraph('a backend in memory', {
  seed: Number(process.env['SEED'] ?? 1),
  stepCount: process.env['VARVE_QUICK'] ? 150 : 300,
  matchCount: 12,
  openOne: (name) => {
    const servers = all.get(name) ?? new MemoryServers();
    all.set(name, servers);
    return openBackend(new MemoryBackend(servers, { commitWriteCountMax: 126 }));
  },
});
