/**
 * A cluster of etcd of a test: one member, or three.
 *
 * Owns: the members' processes, their folder and their ports on the loopback; deaths and pauses. It finds the binary
 * (`ETCD_BIN`, `.cache/etcd` of `make etcd`, PATH) and tells when there is none. It ends processes by their number.
 *
 * What it waits for are lines of the members' logs, never an amount of time.
 *
 * Suspension: starting and ending suspend; killing and pausing do not.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/free-port.ts';

const CACHED = fileURLToPath(new URL('../../.cache/etcd/usr/bin', import.meta.url));

const SHARED = '/dev/shm';

/** The path of `etcd`; undefined when this machine has none. */
export function findEtcd(): string | undefined {
  const { ETCD_BIN, PATH = '' } = process.env;
  if (ETCD_BIN !== undefined && ETCD_BIN !== '') return ETCD_BIN;
  const places = [CACHED, ...PATH.split(delimiter)];
  return places.map((place) => join(place, 'etcd')).find((path) => existsSync(path));
}

interface Place {
  readonly binary: string;
  readonly name: string;
  readonly directory: string;
  readonly clientPort: number;
  readonly peerPort: number;
}

/** One member. */
export class EtcdMember {
  readonly name: string;
  readonly clientPort: number;
  readonly peerPort: number;
  readonly #place: Place;
  #log: string[] = [];
  readonly #waiting = new Set<() => void>();
  #child: ChildProcess | undefined;

  constructor(place: Place) {
    this.#place = place;
    this.name = place.name;
    this.clientPort = place.clientPort;
    this.peerPort = place.peerPort;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /** Begins its process. `logged` tells when it serves. */
  start(all: readonly EtcdMember[], options: readonly string[]): void {
    const { binary, directory } = this.#place;
    const client = `http://127.0.0.1:${this.clientPort}`;
    const cluster = all.map(({ name, peerPort }) => `${name}=http://127.0.0.1:${peerPort}`);
    const peer = `http://127.0.0.1:${this.peerPort}`;
    this.#log = [];
    const child = spawn(
      binary,
      [
        ...['--name', this.name, '--data-dir', directory],
        ...['--listen-client-urls', client, '--advertise-client-urls', client],
        ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
        ...['--initial-cluster', cluster.join(','), '--initial-cluster-state', 'new'],
        ...['--heartbeat-interval', '50', '--election-timeout', '500'],
        ...['--logger', 'zap', '--log-outputs', 'stderr'],
        ...options,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#child = child;
    createInterface({ input: child.stderr }).on('line', (line) => this.#note(line));
    child.on('exit', () => {
      if (this.#child === child) this.#child = undefined;
      this.#note('varve: process has ended');
    });
  }

  /** Resolves with the first line of its log, since its start, that fits. */
  async logged(pattern: RegExp): Promise<string> {
    for (;;) {
      const line = this.#log.find((each) => pattern.test(each));
      if (line !== undefined) return line;
      if (!this.isRunning) throw new Error(`etcd has ended:\n${this.#log.slice(-20).join('\n')}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  goOn(): void {
    this.#child?.kill('SIGCONT');
  }

  /** As a power cut of its machine, but for its files. */
  kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return Promise.resolve();
    child.kill('SIGKILL');
    return once(child, 'exit').then(() => undefined);
  }

  #note(line: string): void {
    this.#log.push(line);
    for (const wake of [...this.#waiting]) {
      this.#waiting.delete(wake);
      wake();
    }
  }
}

/** What a member tells of itself. */
interface Status {
  readonly leader?: string;
  readonly header?: { readonly member_id: string; readonly revision: string };
}

/** Asks a member over its interface for plain HTTP. */
async function ask<T>({ clientPort }: EtcdMember, path: string, body: object): Promise<T> {
  const answer = await fetch(`http://127.0.0.1:${clientPort}/v3/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  return (await answer.json()) as T;
}

/** What a cluster is started with. */
export interface ClusterOptions {
  readonly memberCount: 1 | 3;
  /** Files in memory, where the system has such a folder: for tests that kill nobody. */
  readonly isInMemory?: boolean;
  /** More options of etcd. */
  readonly options?: readonly string[];
}

export class EtcdCluster {
  readonly members: readonly EtcdMember[];
  readonly #directory: string;
  readonly #options: readonly string[];

  private constructor(
    members: readonly EtcdMember[],
    directory: string,
    options: readonly string[],
  ) {
    this.members = members;
    this.#directory = directory;
    this.#options = options;
  }

  static async start({
    memberCount,
    isInMemory = false,
    options = [],
  }: ClusterOptions): Promise<EtcdCluster> {
    const binary = findEtcd();
    if (binary === undefined) throw new Error('This machine has no etcd: make etcd');
    const directory = mkdtempSync(
      join(isInMemory && existsSync(SHARED) ? SHARED : tmpdir(), 'varve-etcd-'),
    );
    const members: EtcdMember[] = [];
    for (let i = 0; i < memberCount; i++) {
      const [clientPort, peerPort] = [await freePort(), await freePort()];
      const name = `m${i}`;
      members.push(
        new EtcdMember({ binary, name, directory: join(directory, name), clientPort, peerPort }),
      );
    }
    const cluster = new EtcdCluster(members, directory, options);
    try {
      await cluster.startAll();
    } catch (error) {
      await cluster.end();
      throw error;
    }
    return cluster;
  }

  /** Starts those that do not run; resolves when all serve. */
  async startAll(): Promise<void> {
    const started = this.members.filter(({ isRunning }) => !isRunning);
    for (const member of started) member.start(this.members, this.#options);
    await Promise.all(
      started.map((member) =>
        member.logged(/serving client traffic|ready to serve client requests/),
      ),
    );
  }

  /** A connection string over all members, the one with that index first. */
  url(prefix: string, first = 0): string {
    const { length } = this.members;
    const hosts = this.members.map((_, i) => {
      const { clientPort } = this.members[(first + i) % length]!; // below length
      return `127.0.0.1:${clientPort}`;
    });
    return `etcd://${hosts.join(',')}/${prefix}`;
  }

  /** The index of the leader; waits until one is known. */
  async leader(): Promise<number> {
    for (;;) {
      for (const [index, member] of this.members.entries()) {
        if (!member.isRunning) continue;
        const found = await ask<Status>(member, 'maintenance/status', {}).catch(() => undefined);
        if (found?.leader !== undefined && found.leader === found.header?.member_id) return index;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Lets the members forget every state before this moment. */
  async compact(): Promise<void> {
    const [member] = this.members;
    const { header } = await ask<Status>(member!, 'maintenance/status', {}); // of one at least
    await ask(member!, 'kv/compaction', { revision: header?.revision, physical: true });
  }

  /** Writes a key of etcd itself. */
  async put(key: Uint8Array, value: string): Promise<void> {
    const encoded = { key: Buffer.from(key).toString('base64'), value: btoa(value) };
    await ask(this.members[0]!, 'kv/put', encoded); // of one at least
  }

  async end(): Promise<void> {
    for (const member of this.members) member.goOn();
    await Promise.all(this.members.map((member) => member.kill()));
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
