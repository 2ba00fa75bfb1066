/** Starts the production server of a built Next.js application and calls its smoke route: `next-main.mjs <application>`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

const dir = process.argv[2];
const next = createRequire(join(dir, 'package.json'))('next');
const app = next({ dir, dev: false, hostname: '127.0.0.1' });
await app.prepare();
const handle = app.getRequestHandler();
const server = createServer((request, response) => void handle(request, response));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address();
for (const [background, compression] of [
  ['worker', 'snappy'],
  ['inline', 'snappy'],
  ['worker', 'none'],
  ['inline', 'none'],
]) {
  const directory = mkdtempSync(join(tmpdir(), 'varve-next-'));
  const query = new URLSearchParams({ directory, background, compression });
  const response = await fetch(`http://127.0.0.1:${port}/smoke?${query}`);
  const text = await response.text();
  rmSync(directory, { recursive: true, force: true });
  if (text !== 'SMOKE OK') throw new Error(`${background}, ${compression}: ${text.slice(0, 500)}`);
}
console.log('SMOKE OK');
process.exit(0);
