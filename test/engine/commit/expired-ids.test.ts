/** The search for expired commit ids: it goes on where it ended, and seldom looks in vain. */
import { describe, expect, it } from 'vitest';
import { compareBytes } from '../../../src/bytes/bytes.ts';
import { ageKeyOf } from '../../../src/engine/commit/commit-id-keys.ts';
import { type AgedId, ExpiredIds, type IdIndex } from '../../../src/engine/commit/expired-ids.ts';

const RETENTION_MS = 800;
const ID_COUNT = 1000;

/** One id for each millisecond from 0 on; counts how often a search meets each. */
class Ids implements IdIndex {
  readonly visitCounts = new Array<number>(ID_COUNT).fill(0);
  searchCount = 0;

  visitFrom(lower: Uint8Array, visit: (found: AgedId) => boolean): void {
    this.searchCount++;
    for (let ageMs = 0; ageMs < ID_COUNT; ageMs++) {
      const id = Buffer.from(`id ${ageMs}`);
      if (compareBytes(ageKeyOf(ageMs, id), lower) < 0) continue;
      this.visitCounts[ageMs]!++; // ageMs < ID_COUNT
      if (!visit({ ageMs, id })) return;
    }
  }

  recordedMs(): undefined {
    return undefined;
  }
}

/** Takes up to `count` ids, as a commit does; returns how many keys it is to delete. */
function take(expired: ExpiredIds, count: number, nowMs: number): number {
  return expired.take(expired.allowance(count, nowMs), nowMs).length;
}

describe('ExpiredIds', () => {
  it('steps over no id that was taken, and at most once over one that was left (expired-ids/no-step-twice)', () => {
    const ids = new Ids();
    const expired = new ExpiredIds(ids, RETENTION_MS);
    const nowMs = ID_COUNT + 2 * RETENTION_MS;
    let takenCount = 0;
    for (let i = 0; i < ID_COUNT; i++) takenCount += take(expired, 16, nowMs);
    expect(takenCount).toBe(ID_COUNT);
    expect(Math.max(...ids.visitCounts)).toBeLessThanOrEqual(2); // a full list ends at one that it leaves
    expect(ids.visitCounts.filter((count) => count === 1).length).toBeGreaterThan(900);
  });

  it('starts no search before the oldest id has been over for an eighth of the retention (expired-ids/no-step-twice)', () => {
    const ids = new Ids();
    const expired = new ExpiredIds(ids, RETENTION_MS);
    let takenCount = 0;
    const endMs = RETENTION_MS + ID_COUNT;
    for (let nowMs = RETENTION_MS; nowMs < endMs; nowMs++) takenCount += take(expired, 16, nowMs);
    expect(takenCount).toBeGreaterThan(ID_COUNT - RETENTION_MS / 8 - 1);
    expect(ids.searchCount).toBeLessThan(3 * (ID_COUNT / (RETENTION_MS / 8)));
  });

  it('goes back to the start after a commit that removed ids was refused (expired-ids/no-step-twice)', () => {
    const ids = new Ids();
    const expired = new ExpiredIds(ids, RETENTION_MS);
    const nowMs = ID_COUNT + 2 * RETENTION_MS;
    take(expired, 16, nowMs);
    expired.startOver();
    take(expired, 16, nowMs);
    expect(ids.visitCounts[0]).toBe(2);
  });
});
