/**
 * A way to a server that breaks connections.
 *
 * Owns: a port, the connections through it, and when they break: before a piece of a request is passed on, or after it, so
 * that the server has it and its answer is lost.
 *
 * Suspension: starting and ending suspend.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

import type { Random } from './prng.ts';

interface Cuts {
  readonly random: Random;
  /** How likely each piece of a request is where its connection breaks. */
  readonly chance: number;
}

export class CuttingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #target: number;
  #cuts: Cuts | undefined;
  /** While true, answers go nowhere. */
  isMute = false;
  /** Connections that were broken. */
  cutCount = 0;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (client) => {
      this.#pass(client);
    });
  }

  static async start(target: number): Promise<CuttingProxy> {
    const server = createServer({ noDelay: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CuttingProxy(server, target);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on connections break by chance; undefined: none does. */
  cutAt(cuts: Cuts | undefined): void {
    this.#cuts = cuts;
  }

  /** Breaks all connections; later ones lead to this port. */
  leadTo(target: number): void {
    this.#target = target;
    for (const socket of this.#sockets) socket.destroy();
  }

  async end(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #pass(client: Socket): void {
    const server = connect({ port: this.#target, host: '127.0.0.1', noDelay: true });
    let isCut = false;
    const cut = (): void => {
      isCut = true;
      this.cutCount++;
      client.destroy();
      server.destroy();
    };
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
    server.on('data', (piece) => {
      if (!isCut && !this.isMute) client.write(piece);
    });
    client.on('data', (piece) => {
      const { random, chance } = this.#cuts ?? {};
      if (isCut) return;
      if (random === undefined || chance === undefined || !random.chance(chance)) {
        server.write(piece);
      } else if (random.chance(0.5)) {
        cut();
      } else {
        isCut = true; // what is answered goes nowhere
        server.write(piece);
        server.once('data', cut);
      }
    });
  }
}
