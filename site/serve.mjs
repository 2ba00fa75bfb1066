/**
 * The built site, as a host of static files has it: for the check and for the pictures.
 *
 * Owns: which file answers a path. `/guides/ledger` is guides/ledger.html, and `/reference/` is reference/index.html.
 *
 * Suspension: `serve` suspends until it listens; the rest is synchronous.
 */
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const DIST = fileURLToPath(new URL('.vitepress/dist/', import.meta.url));

const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

const isFile = (path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

/** The file that answers an address of the site, which begins with a slash; undefined for none. */
export function fileFor(address) {
  const path = decodeURIComponent(address.replace(/[?#].*$/, ''));
  const names = path.endsWith('/') ? [`${path}index.html`] : [path, `${path}.html`];
  return names
    .map((name) => join(DIST, name))
    .find((file) => file.startsWith(DIST) && isFile(file));
}

/** Serves the site on the loopback, until `close`. */
export async function serve() {
  const server = createServer(({ url }, response) => {
    const file = fileFor(url);
    if (file === undefined) return response.writeHead(404).end('No such page');
    response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
    return response.end(readFileSync(file));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
