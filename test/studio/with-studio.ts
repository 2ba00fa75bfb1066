/**
 * A studio for a test: a writer in a directory of its own, and a studio that follows it or is it.
 *
 * Owns: requests that say exactly what a test wants, the host among it; `fetch` would choose that.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTree } from '../../src/inspect/read-tree.ts';
import { type Database, open } from '../../src/index.ts';
import { startStudio, type Studio } from '../../src/studio/studio.ts';
import { NodeVfs } from '../../src/vfs/node-vfs.ts';

export interface StudioRun {
  readonly studio: Studio;
  /** The writer, with keys and values as text. */
  readonly writer: Database<string, string>;
  /** The open of the studio; without `isWritable` another one, which follows. */
  readonly shown: Database;
}

export async function withStudio(
  isWritable: boolean,
  use: (run: StudioRun) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'varve-studio-test-'));
  const directory = join(folder, 'db');
  const tuning = {
    background: 'inline',
    history: { keepMs: 3_600_000, keepBytes: 2 ** 24 },
  } as const;
  const writer = await open(directory, { ...tuning, keyEncoding: 'utf8', valueEncoding: 'utf8' });
  await writer.put('first', 'value'); // binds the encodings
  let owner: Database | undefined;
  let studio: Studio | undefined;
  try {
    if (isWritable) await writer.close();
    owner = await open(directory, isWritable ? tuning : { follow: true, background: 'inline' });
    const { location } = owner;
    studio = await startStudio({
      db: owner,
      port: 0,
      isWritable,
      packageVersion: '0.0.0',
      readTree: () => readTree(new NodeVfs(), location),
    });
    await use({ studio, writer, shown: owner });
  } finally {
    await studio?.close();
    await owner?.close();
    await writer.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One request as it is given. */
export function rawRequest(url: string, asked: Asked = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body } = asked;
    const sent = request(url, { method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** The JSON of `api/...`, which must answer well. */
export async function api<T>({ url }: Studio, path: string): Promise<T> {
  const { status, text } = await rawRequest(`${url}api/${path}`);
  if (status !== 200) throw new Error(`status=${status} ${text}`);
  return JSON.parse(text) as T;
}

export function post({ url }: Studio, path: string, body: object): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  return rawRequest(`${url}api/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

interface StreamEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Calls `use` with the next event of a stream each time, and leaves it then. */
export async function withStream(
  { url }: Studio,
  path: string,
  use: (next: () => Promise<StreamEvent>) => Promise<void>,
): Promise<void> {
  const events: StreamEvent[] = [];
  let wake = (): void => undefined;
  let rest = '';
  const sent = request(`${url}api/${path}`, { agent: false }, (response) => {
    response.setEncoding('utf8').on('data', (piece: string) => {
      const blocks = (rest + piece).split('\n\n');
      rest = blocks.pop() ?? '';
      events.push(...blocks.map(eventOf));
      wake();
    });
    response.on('error', () => undefined);
  });
  sent.on('error', () => undefined);
  sent.end();
  const next = async (): Promise<StreamEvent> => {
    while (events.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return events.shift()!; // not empty
  };
  try {
    await use(next);
  } finally {
    sent.destroy();
  }
}

function eventOf(block: string): StreamEvent {
  const field = (name: string): string =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2) ?? '';
  return { event: field('event'), data: JSON.parse(field('data')) as StreamEvent['data'] };
}
