/**
 * Programs that wait, and programs that do not.
 *
 * Owns: running a small program over the built package in a process of its own, as a user would, and what it printed. The body
 * of a program is JavaScript; it finds `open`, `directory`, `text` (encodings), `tiny` (small memtables), `fullDisk` and `hang`.
 *
 * Suspension: `run` suspends until the process has ended.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PACKAGE = new URL('../../dist/index.js', import.meta.url).href;

const PRELUDE = `
import { MemoryVfs, open } from ${JSON.stringify(PACKAGE)};
const directory = process.argv[1];
const text = { keyEncoding: 'utf8', valueEncoding: 'utf8' };
const tiny = { ...text, memtableSizeBytes: 256 * 1024, targetFileSizeBytes: 64 * 1024, level1SizeBytes: 256 * 1024 };
const say = (line) => process.stdout.write(line + '\\n');
const codeOf = (promise) => promise.then(() => 'resolved', (error) => error.code ?? String(error));
const value = 'v'.repeat(8000);
/** Memory files whose tables cannot be written while \`isFull\` is set. */
class FullDisk extends MemoryVfs {
  isFull = false;
  open(path, mode) {
    if (this.isFull && mode === 'create' && /sst$/.test(path)) {
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    }
    return super.open(path, mode);
  }
}
/** A commit that is written and never wants the disk again; nothing else is pending after it. */
const quiet = { durability: 'os' };
`;

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lines: readonly string[];
  readonly stderr: string;
}

/** Runs \`body\` as the whole program. It ends by itself or the test does not. */
export async function run(body: string): Promise<Ended> {
  const directory = mkdtempSync(join(tmpdir(), 'varve-alive-'));
  const program = `${PRELUDE}async function main() {${body}}\nmain();`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program, directory], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, VARVE_INVARIANTS: '1' },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
  try {
    return await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status, signal) => {
        resolve({ status, signal, lines: stdout.split('\n').filter(Boolean), stderr });
      });
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
