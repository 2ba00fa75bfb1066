/**
 * Where the history of a database begins.
 *
 * Owns: the place from which a stream of changes shows all that the logs still have.
 *
 * Suspension: suspends for one step of a stream.
 */
import type { Database } from '../api/database.ts';
import { HistoryGoneError } from '../base/errors.ts';

/** The sequence after which the history begins: 0 when all of it is there. */
export async function historyStart(db: Database): Promise<number> {
  const changes = db.changes({ since: 0, follow: false });
  try {
    await changes.next();
    return 0;
  } catch (error) {
    if (!(error instanceof HistoryGoneError)) throw error;
    return error.oldestSequence === undefined
      ? db.stats().sequence.published
      : error.oldestSequence - 1;
  } finally {
    changes.close();
  }
}
