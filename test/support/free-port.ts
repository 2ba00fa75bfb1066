/**
 * A free port of the loopback address, for a server that a test starts.
 *
 * Owns: how it is found. Another process may take it before the server does; then the server says so.
 *
 * Suspension: `freePort` suspends until the system has answered.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port
  server.close();
  await once(server, 'close');
  return port;
}
