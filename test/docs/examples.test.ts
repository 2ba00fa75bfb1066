/**
 * The programs in the documents, run as a reader would run them.
 *
 * Each block that is marked `runnable` is a program of its own. The blocks of one document run in their order, in one
 * new directory, against the built package under its own name. What a program prints must be, line by line, what its
 * `// =>` remarks say. `make test` builds the package before.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { type Document, type FencedBlock, parseDocument, readDocuments, ROOT } from './documents.ts';
import { connectExample } from './reference.ts';

const LANGUAGES: readonly (string | undefined)[] = ['js', 'ts'];

const isProgram = ({ words }: FencedBlock): boolean => LANGUAGES.includes(words[0]);
const isRunnable = (block: FencedBlock): boolean =>
  isProgram(block) && block.words.includes('runnable');

function expectedOutput({ code }: FencedBlock): string {
  return [...code.matchAll(/\/\/ => (.*)$/gm)].map((match) => `${match[1] ?? ''}\n`).join('');
}

/** A directory in which `varve` can be imported. */
async function withWorkplace<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'varve-docs-'));
  try {
    mkdirSync(join(directory, 'node_modules'));
    symlinkSync(ROOT, join(directory, 'node_modules', 'varve'));
    symlinkSync(join(ROOT, 'node_modules', '@types'), join(directory, 'node_modules', '@types'));
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runNode(directory: string, args: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, args, {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

async function runBlock(directory: string, block: FencedBlock): Promise<Run> {
  const name = `example-${block.line}.${block.words.includes('cjs') ? 'cjs' : 'mjs'}`;
  const loader = block.words[0] === 'ts' ? 'ts' : 'js';
  const { code } = await transform(block.code, { loader, target: 'node20.15' });
  writeFileSync(join(directory, name), code);
  return runNode(directory, [name]);
}

async function expectTrue(document: Document): Promise<void> {
  await withWorkplace(async (directory) => {
    for (const block of document.blocks.filter(isRunnable)) {
      const place = `${document.path}:${block.line}`;
      const { status, stdout, stderr } = await runBlock(directory, block);
      expect(`${stdout}${stderr}`, place).toBe(expectedOutput(block));
      expect(status, place).toBe(0);
    }
  });
}

const documents = readDocuments();

describe('programs in the documents', () => {
  it('are all marked runnable, so that none escapes this test', () => {
    const unmarked = documents.flatMap(({ path, blocks }) =>
      blocks
        .filter((block) => isProgram(block) && !isRunnable(block))
        .map(({ line }) => `${path}:${line}`),
    );
    expect(unmarked).toEqual([]);
  });

  it('fail this test when they print something else (canary)', async () => {
    const text = '```js runnable\nconsole.log(1 + 1); // => 3\n```\n';
    await expect(expectTrue(parseDocument('canary.md', text))).rejects.toThrow('canary.md:1');
  });

  for (const document of documents.filter(({ blocks }) => blocks.some(isRunnable))) {
    it(`of ${document.path} print what they say`, () => expectTrue(document));
  }

  it('in TypeScript have right types', () =>
    withWorkplace(async (directory) => {
      const names: string[] = [];
      for (const { path, blocks } of documents) {
        for (const block of blocks.filter(({ words }) => words[0] === 'ts')) {
          const name = `${path.replaceAll(/\W/g, '-')}-${block.line}.mts`;
          writeFileSync(join(directory, name), block.code);
          names.push(name);
        }
      }
      // Those of the entries over servers, which run where there are servers.
      for (const entry of ['etcd', 'foundationdb', 'postgres']) {
        const name = `connect-${entry}.mts`;
        writeFileSync(join(directory, name), connectExample(entry));
        names.push(name);
      }
      const flags = '--noEmit --strict --module nodenext --target es2022 --skipLibCheck --types node';
      const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
      const lib = ['--lib', 'es2023,esnext.disposable'];
      const run = await runNode(directory, [tsc, ...flags.split(' '), ...lib, ...names]);
      expect(run).toEqual({ status: 0, stdout: '', stderr: '' });
    }));
});
