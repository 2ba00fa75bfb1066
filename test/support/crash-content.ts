/**
 * The content of a recovered database, read in every way.
 *
 * Owns: reading all of it, telling which prefixes of the commits that can be, writing on, and the
 * fingerprint of the files that it was read from.
 *
 * Suspension: whatever waits for the engine gives up with HangError instead of waiting for ever.
 */
import * as zlib from 'node:zlib';
import { type Database } from '../../src/api/database.ts';
import { type CommitOracle } from './commit-oracle.ts';
import { type CrashVfs } from './crash-vfs.ts';
import { settled } from './settle.ts';

type Content = Database<string, Uint8Array>;

/**
 * The numbers of commits that the database may hold, by its entries and by the commit ids that it
 * knows; throws when it is no prefix of them.
 */
export async function prefixesIn(db: Content, oracle: CommitOracle): Promise<readonly number[]> {
  const found = await readEverything(db, oracle);
  const counts = oracle.countsOf(found);
  if (counts.length === 0) {
    throw new Error(`No prefix of the commits: ${differences(found, oracle)}`);
  }
  const known: string[] = [];
  for (const id of oracle.commitIds) {
    if (await settled('hasCommitted', db.hasCommitted(id))) known.push(id);
  }
  const fitting = counts.filter((count) =>
    oracle.commitIds.every((id) => known.includes(id) === oracle.isCommitted(id, count)),
  );
  if (fitting.length > 0) return fitting;
  throw new Error(`Commit ids do not fit ${counts.join(' or ')} commits: known=${known.join()}`);
}

/** Reads all there is in three ways, which must agree. */
async function readEverything(db: Content, oracle: CommitOracle): Promise<Map<string, Uint8Array>> {
  const entries = await settled('scan', db.entries().all());
  const found = new Map(entries);
  const reverse = await settled('reverse scan', db.entries({ reverse: true }).all());
  reverse.reverse();
  if (found.size !== entries.length || !areEqualEntries(entries, reverse)) {
    throw new Error(`Scans disagree: forward=${keysOf(entries)} reverse=${keysOf(reverse)}`);
  }
  for (const key of new Set([...found.keys(), ...oracle.state.keys(), 'absent'])) {
    const value = db.getSync(key);
    const expected = found.get(key);
    if (value === undefined ? expected !== undefined : !areEqual(value, expected)) {
      throw new Error(
        `getSync disagrees with the scan: key=${key.slice(0, 40)} ` +
          `get=${text(value)} scan=${text(expected)}`,
      );
    }
  }
  const report = await settled('verify', db.verify());
  if (!report.isSound) throw new Error(`verify found ${JSON.stringify(report.problems)}`);
  return found;
}

/** New commits, and again every commit that has an id: each is there once then. */
export async function writeMore(db: Content, oracle: CommitOracle): Promise<void> {
  const value = new Uint8Array(Buffer.from('written after the crash'));
  const first = [...oracle.state.keys()][0] ?? 'k00';
  oracle.begin([{ type: 'put', key: 'after', value }]);
  const put = db.put('after', value);
  const operations = [
    { type: 'del', key: first },
    { type: 'put', key: 'zz-after', value },
  ] as const;
  oracle.begin(operations);
  await settled('commits after the crash', Promise.all([put, db.batch(operations)]));
  for (const id of oracle.commitIds) await commitAgain(db, oracle, id, value);
}

/** Tries a commit of unknown outcome again, as its user would. */
async function commitAgain(
  db: Content,
  oracle: CommitOracle,
  id: string,
  value: Uint8Array,
): Promise<void> {
  const wasCommitted = oracle.isCommitted(id, oracle.count);
  let wasRun = false;
  const again = db.transaction(
    (tx) => {
      wasRun = true;
      tx.put(`again ${id}`, value);
    },
    { commitId: id },
  );
  if (!wasCommitted) oracle.begin([{ type: 'put', key: `again ${id}`, value }], id);
  await settled('retry of a commit', again);
  if (wasRun === wasCommitted) {
    throw new Error(`Retry of a commit: id=${id} wasCommitted=${wasCommitted} wasRun=${wasRun}`);
  }
}

/** Throws unless the database holds every commit of the oracle. */
export async function expectAll(db: Content, oracle: CommitOracle): Promise<void> {
  const counts = await prefixesIn(db, oracle);
  if (counts.includes(oracle.count)) return;
  throw new Error(
    `Commits after the crash are not all there: ${counts.join(' or ')} of ${oracle.count}`,
  );
}

let scratch = new Uint8Array(1024 * 1024);

/** Names and contents of all files in the directory, reduced to a line. */
export function fingerprintOf(disk: CrashVfs, directory: string): string {
  if (!disk.exists(directory)) return 'absent';
  const parts = disk
    .list(directory)
    .sort()
    .map((name) => {
      const file = disk.open(`${directory}/${name}`, 'read');
      const size = file.sizeSync();
      if (size > scratch.length) scratch = new Uint8Array(2 * size);
      file.readSync(scratch, 0, size, 0);
      file.closeSync();
      return `${name}=${size}:${zlib.crc32(scratch.subarray(0, size))}`;
    });
  return parts.join(' ');
}

function differences(found: ReadonlyMap<string, Uint8Array>, oracle: CommitOracle): string {
  const lines: string[] = [];
  for (const key of new Set([...found.keys(), ...oracle.state.keys()])) {
    const value = found.get(key);
    const expected = oracle.state.get(key);
    if (value !== undefined && expected !== undefined && areEqual(value, expected)) continue;
    lines.push(`${key.slice(0, 20)}: found ${text(value)}, last written ${text(expected)}`);
  }
  return lines.slice(0, 12).join('; ');
}

function text(value: Uint8Array | undefined): string {
  return value === undefined ? 'nothing' : Buffer.from(value.subarray(0, 24)).toString('latin1');
}

function keysOf(entries: readonly (readonly [string, Uint8Array])[]): string {
  return entries.map(([key]) => key.slice(0, 20)).join(',');
}

function areEqual(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && Buffer.compare(a, b) === 0;
}

function areEqualEntries(
  left: readonly (readonly [string, Uint8Array])[],
  right: readonly (readonly [string, Uint8Array])[],
): boolean {
  return (
    left.length === right.length &&
    left.every(([key, value], i) => key === right[i]?.[0] && areEqual(value, right[i][1]))
  );
}
