/**
 * Who may ask the studio: the checks of each request before anything else looks at it.
 *
 * Owns: the token, the names under which the server answers, and what a page of another origin must not do.
 *
 * Invariants:
 *   studio-gate/own-host: a request that names another host is refused. So a name that an attacker points at this machine
 *       (DNS rebinding) gets nothing, not even the page.
 *   studio-gate/token-each-time: each request has the token as the first part of its path. Without it every path answers
 *       alike, so that nothing is learned.
 *   studio-gate/no-foreign-page: a request that a page of another origin makes is refused. A write must be JSON, which a
 *       browser does not send to another origin without asking; the server never says yes to that.
 *
 * Suspension: every function here is synchronous.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Bytes of a token: it cannot be guessed. */
const TOKEN_SIZE_BYTES = 24;

export interface Gate {
  readonly token: string;
  readonly port: number;
}

/** Why a request is refused: the status, and a sentence. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
}

/** A request that is let in: the part of its path behind the token, and its parameters. */
export interface Admitted {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly isWrite: boolean;
}

export function newToken(): string {
  return randomBytes(TOKEN_SIZE_BYTES).toString('base64url');
}

/** The address of the page. */
export function addressOf({ token, port }: Gate): string {
  return `http://127.0.0.1:${port}/${token}/`;
}

/** Lets a request in, or says why not. */
export function admit(request: IncomingMessage, gate: Gate): Admitted | Refusal {
  const { host, origin } = request.headers;
  const hosts = [`127.0.0.1:${gate.port}`, `localhost:${gate.port}`];
  if (host === undefined || !hosts.includes(host.toLowerCase())) {
    return { status: 421, message: 'The studio answers under 127.0.0.1 and localhost alone' };
  }
  const [pathname = '', search = ''] = splitOnce(request.url ?? '', '?');
  const [token = '', rest] = splitOnce(pathname.slice(1), '/');
  if (!isSame(token, gate.token) || rest === undefined) {
    return { status: 404, message: 'Open the address that the command has printed' };
  }
  const { method } = request;
  if (method !== 'GET' && method !== 'POST') {
    return { status: 405, message: 'The studio knows GET and POST' };
  }
  const isOwn = origin === undefined || hosts.some((each) => origin === `http://${each}`);
  if (!isOwn || (rest !== '' && isFromElsewhere(request))) {
    return { status: 403, message: 'A page of another origin may not ask' };
  }
  const isWrite = method === 'POST';
  if (isWrite && !/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    return { status: 415, message: 'A write is JSON' };
  }
  return { path: rest, query: new URLSearchParams(search), isWrite };
}

/** As the browser tells; an address that was typed or followed from outside has the page alone. */
function isFromElsewhere({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

/** In a time that does not tell how much of the two is alike. */
function isSame(given: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}
