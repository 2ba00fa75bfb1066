/** The engine, and a backend in memory, keep what every database keeps. */
import { open, openBackend } from '../../src/index.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { describeDatabase } from './database-contract.ts';
import { MemoryBackend, MemoryServers } from './memory-backend.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const SIZES = { seed: SEED, transactionCount: 120, transferCount: 60 };
const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;

describeDatabase('the engine', {
  ...SIZES,
  openPair: async () => {
    const vfs = new MemoryVfs();
    const db = await open<string, unknown>('/db', {
      ...ENCODINGS,
      vfs,
      history: { keepMs: 60_000 },
    });
    return [db, db];
  },
});

const LIMITS = { valueSizeBytesMax: 100_000, commitWriteCountMax: 500 };

describeDatabase('a backend in memory', {
  ...SIZES,
  tooMuch: { valueSizeBytes: 100_001, keyCount: 501 },
  openPair: async () => {
    const servers = new MemoryServers();
    const openOne = () =>
      openBackend<string, unknown>(new MemoryBackend(servers, LIMITS), ENCODINGS);
    return [await openOne(), await openOne()];
  },
});
