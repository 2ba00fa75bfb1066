/**
 * The lines of an archive: which segments follow a backup.
 *
 * Owns: finding sessions, and joining them. A session is one run of an archive; it goes on from the session before where it
 * has seen that the logs are the same. Copies of a database that go on by themselves are two sessions with one parent.
 *
 *      session a   1 -- 2 -- 3 -- 4
 *                            |
 *      session b             + -- 1 -- 2        line of b: a1 a2 a3 b1 b2
 *
 * Invariants:
 *   archive-lines/one-history: a line has the commits of one history. A backup is on a line when the open that made it ran
 *       a session of the line, and for all but the last session, when it was made before the line left that session.
 *
 * Suspension: `findLines` suspends for the store.
 */
import { BackupError } from '../base/errors.ts';
import type { StoreCalls } from './backup-store.ts';
import { ARCHIVE, parseSegmentName, parseStartName, type SegmentKey, startName } from './layout.ts';
import { decodeRecord, type SessionRecord } from './record.ts';

const START_SIZE_BYTES_MAX = 64 * 1024;

/** A session as far as a line follows it. */
export interface LineStretch {
  readonly session: SessionRecord;
  /** By ordinal. */
  readonly segments: readonly SegmentKey[];
  /** The commit with which the line leaves the session; Infinity for the last one, of which it has all. */
  readonly sequenceMax: number;
}

export interface Line {
  readonly stretches: readonly LineStretch[];
  /** The last segment; undefined when it has none. */
  readonly end: SegmentKey | undefined;
}

/** All lines of a database, that of each session, the one that ends last at the end. */
export async function findLines(store: StoreCalls, database: string): Promise<Line[]> {
  const sessions = new Map<string, SessionRecord>();
  const segments = new Map<string, SegmentKey[]>();
  for (const name of (await store.list(`${ARCHIVE}${database}/`)).keys()) {
    const start = parseStartName(name);
    if (start !== undefined) {
      const session = await readSession(store, start.database, start.session);
      if (session !== undefined) sessions.set(session.session, session);
    }
    const key = parseSegmentName(name);
    if (key === undefined) continue;
    const list = segments.get(key.session) ?? [];
    list.push(key);
    segments.set(key.session, list);
  }
  for (const list of segments.values()) list.sort((a, b) => a.ordinal - b.ordinal);
  return [...sessions.values()]
    .map((session) => lineOf(session, sessions, segments))
    .sort((a, b) => compareEnds(a.end, b.end));
}

/** Undefined when a prune has just removed it. */
async function readSession(
  store: StoreCalls,
  database: string,
  session: string,
): Promise<SessionRecord | undefined> {
  const name = startName(database, session);
  try {
    const bytes = await store.getBytes(name, START_SIZE_BYTES_MAX);
    const record = decodeRecord<SessionRecord>('session', bytes, name);
    if (record.session === session && record.database === database) return record;
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'BACKUP_DAMAGED') throw error;
    if (!(await store.list(name)).has(name)) return undefined;
    throw error;
  }
  throw new BackupError('BACKUP_DAMAGED', 'Session of an archive is another one', name);
}

function lineOf(
  last: SessionRecord,
  sessions: ReadonlyMap<string, SessionRecord>,
  segments: ReadonlyMap<string, readonly SegmentKey[]>,
): Line {
  const stretches: LineStretch[] = [];
  const seen = new Set<string>();
  let session: SessionRecord | undefined = last;
  let ordinalMax = Infinity;
  let sequenceMax = Infinity;
  while (session !== undefined && !seen.has(session.session)) {
    seen.add(session.session);
    const limit: number = ordinalMax;
    const all: readonly SegmentKey[] = segments.get(session.session) ?? [];
    const own = all.filter(({ ordinal }) => ordinal <= limit);
    stretches.unshift({ session, segments: own, sequenceMax });
    ordinalMax = session.parent?.ordinal ?? 0;
    sequenceMax = session.parent?.lastSequence ?? 0;
    session = session.parent === undefined ? undefined : sessions.get(session.parent.session);
  }
  const end = stretches.findLast((stretch) => stretch.segments.length > 0)?.segments.at(-1);
  return { stretches, end };
}

function compareEnds(a: SegmentKey | undefined, b: SegmentKey | undefined): number {
  return (a?.lastMs ?? 0) - (b?.lastMs ?? 0) || (a?.lastSequence ?? 0) - (b?.lastSequence ?? 0);
}

/** Keeps archive-lines/one-history. */
export function isOnLine(
  line: Line,
  backup: { readonly incarnation: string; readonly sequence: number },
): boolean {
  return line.stretches.some(
    ({ session, sequenceMax }) =>
      session.incarnation === backup.incarnation && backup.sequence <= sequenceMax,
  );
}

/**
 * The segments of a line with commits after a sequence, in their order. Throws BackupError, BACKUP_GAP, when one between
 * them is missing.
 */
export function segmentsAfter(line: Line, sequence: number): SegmentKey[] {
  const found: SegmentKey[] = [];
  for (const { segments } of line.stretches) {
    for (const [index, key] of segments.entries()) {
      if (key.lastSequence <= sequence) continue;
      const previous = segments[index - 1];
      const isFirst =
        found.length === 0 && previous === undefined && key.firstSequence <= sequence + 1;
      if (!isFirst && key.ordinal !== (previous?.ordinal ?? 0) + 1) {
        throw new BackupError(
          'BACKUP_GAP',
          `Archive has a gap: session=${key.session} missing=${(previous?.ordinal ?? 0) + 1}` +
            ` found=${key.ordinal} after=${previous?.lastSequence ?? sequence}` +
            ` next=${key.firstSequence}`,
        );
      }
      found.push(key);
    }
  }
  return found;
}
