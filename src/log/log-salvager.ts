/**
 * Salvages the intact frames of a damaged log.
 *
 * Owns: finding every intact frame of a log file, and reporting the damage between them.
 *
 * For tools only. Recovery never reads like this: frames behind damage are delivered here although commits before them
 * are lost, so the result may have holes in the commit order. Each hole is reported with the sequences around it.
 *
 * Invariants:
 *   log-salvager/every-byte-told: every byte after the header is in a delivered frame, in a reported damage, or in the
 *       zeros at the end.
 *   log-salvager/never-goes-back: frames are delivered in the order of the file, with sequences that never go back. A
 *       frame that would go back is an old copy in some value or block, and is passed over as damage.
 *
 * Limits: the damage may be in the frame's own header. So the number of its operations is known only from the frames
 * around it. A value that holds a copy of a frame of this log may, when its own frame is damaged, be taken for one.
 *
 * Suspension: suspends at every chunk and at every promise that `onFrame` returns.
 */
import type { Vfs } from '../vfs/vfs.ts';
import {
  decodeLogHeader,
  FRAME_SIZE_BYTES_MIN,
  LOG_HEADER_SIZE_BYTES,
  type LogKind,
  lowNumberOf,
  mustBeReadable,
} from './frame-format.ts';
import type { FrameHandler } from './log-reader.ts';
import { LogWindow } from './log-window.ts';

export interface LogDamage {
  readonly offset: number;
  readonly sizeBytes: number;
  /** The last sequence delivered before it; undefined when there was none. */
  readonly sequenceBefore: number | undefined;
  /** The first sequence of the frame after it; undefined when none came. */
  readonly sequenceAfter: number | undefined;
}

export interface LogSalvage {
  readonly isHeaderSound: boolean;
  readonly frameCount: number;
  readonly damages: readonly LogDamage[];
}

/**
 * Delivers every intact frame. Throws IoError, what `onFrame` throws, and IncompatibleFormatError for a format or a
 * transform that this engine does not know; damage of any kind is only reported.
 */
export async function salvageLog(
  vfs: Vfs,
  path: string,
  kind: LogKind,
  number: number,
  onFrame: FrameHandler,
): Promise<LogSalvage> {
  const file = vfs.open(path, 'read');
  try {
    const window = new LogWindow(file, lowNumberOf(number));
    const salvager = new LogSalvager(window, path, onFrame);
    const isHeaderSound = await isHeaderOf(window, kind, number, path);
    await salvager.run();
    return { isHeaderSound, frameCount: salvager.frameCount, damages: salvager.damages };
  } finally {
    file.closeSync();
  }
}

async function isHeaderOf(
  window: LogWindow,
  kind: LogKind,
  number: number,
  path: string,
): Promise<boolean> {
  if (!(await window.cover(0, LOG_HEADER_SIZE_BYTES))) return false;
  const header = decodeLogHeader(window.bytes);
  if (header === undefined) return false;
  mustBeReadable(header, path);
  return header.isPadded && header.kind === kind && header.number === number;
}

class LogSalvager {
  readonly damages: LogDamage[] = [];
  frameCount = 0;
  readonly #window: LogWindow;
  readonly #path: string;
  readonly #onFrame: FrameHandler;
  #lastSequence: number | undefined = undefined;
  /** Where the damage began that is being passed over. */
  #damageStart: number | undefined = undefined;

  constructor(window: LogWindow, path: string, onFrame: FrameHandler) {
    this.#window = window;
    this.#path = path;
    this.#onFrame = onFrame;
  }

  async run(): Promise<void> {
    const window = this.#window;
    let offset = LOG_HEADER_SIZE_BYTES;
    while (offset + FRAME_SIZE_BYTES_MIN <= window.sizeBytes) {
      if (!(await window.cover(offset, FRAME_SIZE_BYTES_MIN))) break;
      if (await this.#isFrameAt(offset)) {
        this.#endDamage(offset, window.header.firstSequence);
        offset = await this.#deliver(offset);
        continue;
      }
      if (this.#damageStart === undefined) {
        if (await window.isZeroFrom(offset)) return;
        if (!(await window.cover(offset, FRAME_SIZE_BYTES_MIN))) break;
        this.#damageStart = offset;
      }
      // The test of the header is cheap, and tried only where the number of the log stands.
      offset = Math.max(window.skipTo(offset + 1), offset + 1);
    }
    const end = window.sizeBytes;
    const rest = this.#damageStart ?? offset;
    if (rest >= end || (await window.isZeroFrom(rest))) return;
    this.#damageStart = rest;
    this.#endDamage(end, undefined);
  }

  /** Keeps log-salvager/never-goes-back. */
  async #isFrameAt(offset: number): Promise<boolean> {
    const window = this.#window;
    if (!(await window.loadFrame(offset))) return false;
    return window.header.firstSequence > (this.#lastSequence ?? 0);
  }

  /** Returns the offset after the frame. */
  async #deliver(offset: number): Promise<number> {
    const window = this.#window;
    const { length, operationCount, firstSequence } = window.header;
    window.header.mustBeReadable(this.#path, offset);
    const pending = this.#onFrame(window.frameAt(offset));
    if (pending !== undefined) await pending;
    this.frameCount++;
    if (operationCount > 0) this.#lastSequence = firstSequence + operationCount - 1;
    return offset + length;
  }

  #endDamage(end: number, sequenceAfter: number | undefined): void {
    const offset = this.#damageStart;
    if (offset === undefined) return;
    this.#damageStart = undefined;
    this.damages.push({
      offset,
      sizeBytes: end - offset,
      sequenceBefore: this.#lastSequence,
      sequenceAfter,
    });
  }
}
