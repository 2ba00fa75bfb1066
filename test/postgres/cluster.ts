/**
 * A PostgreSQL of a test: one server, or a primary with two standbys of which one must have each commit.
 *
 * Owns: the servers' processes, their folder and their ports; deaths, pauses and promotions. It finds the binaries
 * (`PG_BIN`, the places of Debian, PATH) and tells when there are none. PostgreSQL refuses to run as root: then its files and
 * processes belong to the user `postgres`, or `nobody`.
 *
 * What it waits for are lines of the servers' logs, never an amount of time. It ends processes by their number.
 *
 * Suspension: starting, promoting and ending suspend; killing does not.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { freePort } from '../support/free-port.ts';

const USER = 'varve';
const DATABASE = 'postgres';

/** The folder with `postgres` and `initdb`; undefined when this machine has none. */
export function findPostgres(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => +b - +a) : [];
  const places = [
    process.env['PG_BIN'] ?? '',
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  return places.find(
    (place) =>
      place !== '' && existsSync(join(place, 'initdb')) && existsSync(join(place, 'postgres')),
  );
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Whom the servers run as; undefined: as this process. */
function unprivileged(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((each) => each.startsWith(`${name}:`));
    const [, , uid, gid] = line?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error('No unprivileged user to run PostgreSQL as');
}

interface Answer {
  readonly rows: Record<string, unknown>[];
}

/** One server. */
export class PostgresServer {
  readonly name: string;
  readonly directory: string;
  readonly port: number;
  readonly #bin: string;
  readonly #owner: Owner | undefined;
  readonly #log: string[] = [];
  readonly #waiting = new Set<() => void>();
  #child: ChildProcess | undefined;

  constructor(place: { bin: string; owner: Owner | undefined; directory: string; port: number }) {
    this.#bin = place.bin;
    this.#owner = place.owner;
    this.directory = place.directory;
    this.port = place.port;
    this.name = `s${place.port}`;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /** Resolves when it takes connections, of readers at least. */
  async start(): Promise<void> {
    const seen = this.#log.length;
    const child = spawn(join(this.#bin, 'postgres'), ['-D', this.directory], {
      stdio: ['ignore', 'ignore', 'pipe'],
      ...this.#owner,
    });
    this.#child = child;
    const reap = (): void => void child.kill('SIGKILL'); // a server does not outlive its test
    process.once('exit', reap);
    createInterface({ input: child.stderr }).on('line', (line) => this.#note(line));
    child.on('exit', () => {
      process.off('exit', reap);
      if (this.#child === child) this.#child = undefined;
      this.#note('varve: process has ended');
    });
    await this.logged(/ready to accept (?:read-only )?connections|process has ended/, seen);
    if (!this.isRunning) throw new Error(`PostgreSQL did not start:\n${this.#log.join('\n')}`);
  }

  /** Resolves with the first line of the log that fits, from the line with that number on. */
  async logged(pattern: RegExp, from = 0): Promise<string> {
    for (;;) {
      const line = this.#log.slice(from).find((each) => pattern.test(each));
      if (line !== undefined) return line;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** As a power cut: nothing of it goes on. Resolves when its processes are gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined) return;
    const exited = once(child, 'exit');
    for (const pid of this.#family(child.pid)) signal(pid, 'SIGKILL');
    await exited;
  }

  /** It keeps its connections and answers nothing. */
  pause(): void {
    for (const pid of this.#family(this.#child?.pid)) signal(pid, 'SIGSTOP');
  }

  resume(): void {
    for (const pid of this.#family(this.#child?.pid)) signal(pid, 'SIGCONT');
  }

  /** From the next reload on this user needs a password. */
  requirePassword(user: string): void {
    const path = join(this.directory, 'pg_hba.conf');
    const rule = `host all ${user} 127.0.0.1/32 scram-sha-256\n`;
    writeFileSync(path, rule + readFileSync(path, 'utf8'));
  }

  /** A session of its administrator. */
  async client(): Promise<Client> {
    const client = new Client({
      host: '127.0.0.1',
      port: this.port,
      user: USER,
      database: DATABASE,
    });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** Runs statements, and resolves with the rows of the last. */
  async sql(text: string): Promise<Record<string, unknown>[]> {
    const client = await this.client();
    try {
      // Of several statements the package gives several results, which its types leave out.
      const found = (await client.query(text)) as unknown as Answer | Answer[];
      return (Array.isArray(found) ? found.at(-1) : found)?.rows ?? [];
    } finally {
      await client.end();
    }
  }

  #note(line: string): void {
    this.#log.push(line);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** The server and what it has forked. The first is the one that would fork again. */
  #family(pid: number | undefined): number[] {
    if (pid === undefined) return [];
    return [pid, ...childrenOf(pid).split(/\s+/).filter(Boolean).map(Number)];
  }
}

/** The numbers of its children, as text. */
function childrenOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  } catch {
    return execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}

export class PostgresCluster {
  /** The first was made as the primary. */
  readonly servers: readonly PostgresServer[];
  readonly #directory: string;

  private constructor(directory: string, servers: readonly PostgresServer[]) {
    this.#directory = directory;
    this.servers = servers;
  }

  /** Starts a primary with that many standbys. Each commit is on the primary and on one of them. */
  static async start({ standbyCount = 0, hasFsync = false } = {}): Promise<PostgresCluster> {
    const bin = findPostgres();
    if (bin === undefined) throw new Error('This machine has no PostgreSQL');
    const owner = unprivileged();
    const directory = mkdtempSync(join(tmpdir(), 'varve-postgres-'));
    if (owner !== undefined) chownSync(directory, owner.uid, owner.gid);
    const servers: PostgresServer[] = [];
    for (let i = 0; i <= standbyCount; i++) {
      const place = { bin, owner, directory: join(directory, `server-${i}`) };
      servers.push(new PostgresServer({ ...place, port: await freePort() }));
    }
    const cluster = new PostgresCluster(directory, servers);
    try {
      cluster.#make(bin, owner, hasFsync);
      const [primary, ...standbys] = servers as [PostgresServer, ...PostgresServer[]]; // at least one was made
      await primary.start();
      for (const standby of standbys) await standby.start();
      for (const { name } of standbys) {
        await primary.logged(new RegExp(`standby "${name}" is now a candidate`));
      }
    } catch (error) {
      await cluster.end();
      throw error;
    }
    return cluster;
  }

  /** What `open` takes. Every server is named, the first one first. */
  url(parameters: Readonly<Record<string, string | number>> = {}): string {
    const hosts = this.servers.map(({ port }) => `127.0.0.1:${port}`).join(',');
    const query = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
    return `postgres://${USER}@${hosts}/${DATABASE}?${query.join('&')}`;
  }

  /**
   * Makes a primary of the standby that has most, as a manager of failovers would. The old primary must be gone. The others
   * follow the new one.
   */
  async promote(): Promise<PostgresServer> {
    const standbys: { server: PostgresServer; place: bigint }[] = [];
    for (const server of this.servers.filter(({ isRunning }) => isRunning)) {
      const [row] = await server.sql(
        `select pg_is_in_recovery() as standby, coalesce(pg_last_wal_receive_lsn() - '0/0', 0)::text as place`,
      );
      if (row?.['standby'] === true) standbys.push({ server, place: BigInt(String(row['place'])) });
    }
    const [first, ...others] = standbys.sort((a, b) => (a.place < b.place ? 1 : -1));
    if (first === undefined) throw new Error('No standby to promote');
    await first.server.sql('select pg_promote(true, 60)');
    for (const { server } of others) await this.#follow(server, first.server);
    return first.server;
  }

  async end(): Promise<void> {
    for (const server of this.servers) {
      server.resume();
      await server.kill();
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #follow(standby: PostgresServer, primary: PostgresServer): Promise<void> {
    const client = await standby.client();
    await client.query(`alter system set primary_conninfo = '${conninfo(primary, standby)}'`);
    await client.query('select pg_reload_conf()');
    await client.end();
    await primary.logged(new RegExp(`standby "${standby.name}" is now a candidate`));
  }

  #make(bin: string, owner: Owner | undefined, hasFsync: boolean): void {
    const [primary, ...standbys] = this.servers as [PostgresServer, ...PostgresServer[]]; // at least one was made
    execFileSync(
      join(bin, 'initdb'),
      ['-D', primary.directory, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
      { stdio: 'pipe', cwd: '/', ...owner },
    );
    for (const standby of standbys) copy(primary.directory, standby.directory, owner);
    const names = this.servers.map(({ name }) => name).join(', ');
    for (const server of this.servers) {
      const settings: Record<string, string | number> = {
        port: server.port,
        listen_addresses: "'127.0.0.1'",
        unix_socket_directories: "''",
        shared_buffers: "'32MB'",
        fsync: hasFsync ? 'on' : 'off', // a kill of processes loses nothing that was written
        logging_collector: 'off',
        log_min_messages: 'log',
        lc_messages: "'C'",
        wal_retrieve_retry_interval: "'50ms'",
        wal_receiver_timeout: "'5s'",
        recovery_target_timeline: "'latest'",
      };
      if (standbys.length > 0) {
        settings['synchronous_standby_names'] = `'ANY 1 (${names})'`;
        if (server !== primary) settings['primary_conninfo'] = `'${conninfo(primary, server)}'`;
      }
      const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
      writeFileSync(join(server.directory, 'postgresql.conf'), `${lines.join('\n')}\n`);
      if (server !== primary) writeFileSync(join(server.directory, 'standby.signal'), '');
    }
  }
}

function conninfo(primary: PostgresServer, standby: PostgresServer): string {
  return `host=127.0.0.1 port=${primary.port} user=${USER} application_name=${standby.name}`;
}

/** A copy of a server that does not run is a standby of it: both have one identity and one past. */
function copy(from: string, to: string, owner: Owner | undefined): void {
  cpSync(from, to, { recursive: true });
  if (owner !== undefined) execFileSync('chown', ['-R', `${owner.uid}:${owner.gid}`, to]);
  execFileSync('chmod', ['700', to]);
}
