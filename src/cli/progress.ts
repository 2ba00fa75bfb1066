/**
 * Progress bars for a person at a terminal.
 *
 * Owns: when there is one: only while standard error is a terminal, and never with --json. Otherwise nothing is drawn
 * and the library is not even loaded.
 */

export interface Progress {
  /** `done` of the total; `note` stands beside the bar. */
  update(done: number, note?: string): void;
  /** Removes the bar. Idempotent. */
  stop(): void;
}

const NO_PROGRESS: Progress = { update: () => undefined, stop: () => undefined };

const BAR_WIDTH = 32;
const REDRAWS_PER_SECOND = 10;

export async function startProgress(
  label: string,
  total: number,
  isJson: boolean,
): Promise<Progress> {
  if (isJson || !process.stderr.isTTY) return NO_PROGRESS;
  const { default: cliProgress } = await import('cli-progress');
  const bar = new cliProgress.SingleBar({
    format: `${label} [{bar}] {percentage}% {note}`,
    stream: process.stderr,
    barsize: BAR_WIDTH,
    fps: REDRAWS_PER_SECOND,
    barCompleteChar: '=',
    barIncompleteChar: ' ',
    hideCursor: true,
    clearOnComplete: true,
  });
  bar.start(total, 0, { note: '' });
  return {
    update(done, note) {
      bar.update(Math.min(done, total), note === undefined ? {} : { note });
    },
    stop() {
      bar.stop();
    },
  };
}

/** A bar for work of unknown length: it shows the seconds that passed, and a note. */
export async function startClock(
  label: string,
  isJson: boolean,
  note: () => string,
): Promise<() => void> {
  if (isJson || !process.stderr.isTTY) return () => undefined;
  const { default: cliProgress } = await import('cli-progress');
  const bar = new cliProgress.SingleBar({
    format: `${label} {duration_formatted} {note}`,
    stream: process.stderr,
    fps: REDRAWS_PER_SECOND,
    hideCursor: true,
    clearOnComplete: true,
  });
  bar.start(1, 0, { note: '' });
  const timer = setInterval(() => bar.update(0, { note: note() }), 1000 / REDRAWS_PER_SECOND);
  return () => {
    clearInterval(timer);
    bar.stop();
  };
}
