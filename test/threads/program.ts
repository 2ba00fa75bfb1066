/**
 * Starting a worker thread from a TypeScript file of the tests.
 *
 * Owns: its bundle, which lies in node_modules/.cache under the digest of its code.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

// @ts-expect-error: a script, without declarations
import * as bundling from '../../scripts/bundling.mjs';
import type { DatabaseHandle } from '../../src/index.ts';

interface Bundling {
  readonly root: string;
  bundleModules(settings: object): Promise<[{ readonly code: string }]>;
}

const { bundleModules, root } = bundling as Bundling;

const bundled = new Map<string, Promise<string>>();

/** The path of the bundle of a file beside this one. */
export function threadProgram(name = 'thread-program.ts'): Promise<string> {
  let program = bundled.get(name);
  if (program === undefined) bundled.set(name, (program = bundle(name)));
  return program;
}

async function bundle(name: string): Promise<string> {
  const input = { program: fileURLToPath(new URL(name, import.meta.url)) };
  const settings = { input, format: 'esm', sourcemap: false, plugins: [] };
  const [chunk] = await bundleModules(settings);
  const folder = join(root, 'node_modules', '.cache', 'varve-threads');
  mkdirSync(folder, { recursive: true });
  const digest = createHash('sha256').update(chunk.code).digest('hex').slice(0, 16);
  const path = join(folder, `${digest}.mjs`);
  writeFileSync(path, chunk.code);
  return path;
}

export interface ThreadTask {
  readonly kind: 'read' | 'write' | 'hold';
  readonly seed: number;
  /** The first word is not 0 once the thread is to stop. */
  readonly stop: Int32Array;
}

export async function startThread(handle: DatabaseHandle, task: ThreadTask): Promise<Worker> {
  return new Worker(await threadProgram(), {
    workerData: { handle, task },
    transferList: [handle.port],
    execArgv: [],
  });
}
