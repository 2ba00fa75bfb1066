/**
 * Micro benchmark of what every write and every end of a pin asks the background: is there anything to do?
 *
 * `node scripts/run-ts.mjs bench/micro/wake.ts`: a version of 100, 1,000 and 50,000 tables with nothing to compact, and
 * 10 and 10,000 pins. Prints the time of one question, of closing one pin, and of planning once after another version.
 */
import { fileNumber, sequenceNumber } from '../../src/base/ids.ts';
import { resolveOptions } from '../../src/base/options.ts';
import { CompactionTurns } from '../../src/engine/upkeep/compaction-turns.ts';
import {
  livePinSequences,
  oldestPinSequence,
  Pin,
  PinQueue,
} from '../../src/engine/state/pin-list.ts';
import type { FileMetadata } from '../../src/version/file-metadata.ts';
import { emptyVersionState } from '../../src/version/version-builder.ts';
import { Version } from '../../src/version/version.ts';

const ASK_COUNT = 1_000_000;

function versionOf(tableCount: number): Version {
  const table = (i: number): FileMetadata => ({
    number: fileNumber(i + 1),
    sizeBytes: 4 * 1024 * 1024,
    smallest: Buffer.from(`k${String(2 * i).padStart(9, '0')}`),
    largest: Buffer.from(`k${String(2 * i + 1).padStart(9, '0')}`),
    isLargestExclusive: false,
    smallestSequence: sequenceNumber(0),
    largestSequence: sequenceNumber(i),
    entryCount: 1000,
    deletionCount: 0,
    rangeTombstoneCount: 0,
    hasSequenceBase: false,
  });
  const levels = emptyVersionState().levels.map((_, level) =>
    level === 6 ? Array.from({ length: tableCount }, (__, i) => table(i)) : [],
  );
  return new Version({ ...emptyVersionState(), levels });
}

function timeNs(count: number, run: () => void): number {
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) run();
  return Number(process.hrtime.bigint() - start) / count;
}

function measure(tableCount: number, pinCount: number): void {
  const snapshots = new PinQueue(() => void turns.mayHaveWork);
  const transactions = new PinQueue();
  const pins = Array.from({ length: pinCount }, (_, i) => new Pin('snapshot', i, 0));
  for (const pin of pins) snapshots.add(pin);
  const versions = { current: versionOf(tableCount), flushedSequence: sequenceNumber(1) };
  const turns = new CompactionTurns({
    parts: { options: resolveOptions({}), versions },
    isIngesting: false,
    oldestWallMs: 0,
    get oldestSequence() {
      return oldestPinSequence(snapshots, transactions);
    },
  });
  turns.next();
  const askNs = timeNs(ASK_COUNT, () => {
    if (turns.mayHaveWork) turns.next();
  });
  const planNs = timeNs(1, () => {
    versions.current = versionOf(tableCount);
    const start = process.hrtime.bigint();
    turns.next();
    firstNs = Number(process.hrtime.bigint() - start);
  });
  const listNs = timeNs(20, () => livePinSequences(snapshots, transactions));
  const closeNs = timeNs(pinCount, () => snapshots.remove(pins.pop()!)); // as many as there are
  const columns = [
    `${tableCount} tables, ${pinCount} pins:`,
    `ask ${askNs.toFixed(1)} ns`,
    `close a pin ${closeNs.toFixed(1)} ns`,
    `plan after another version ${(firstNs / 1000).toFixed(0)} us`,
    `list pins for a job ${(listNs / 1000).toFixed(1)} us`,
  ];
  if (planNs > 0) console.log(columns.join('   '));
}

let firstNs = 0;
measure(100, 10); // compiles
for (const tableCount of [100, 1000, 50_000]) {
  for (const pinCount of [10, 10_000]) measure(tableCount, pinCount);
}
