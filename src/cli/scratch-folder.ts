/**
 * A folder for the time of one command.
 *
 * Owns: its removal, however the command ends: by itself, by an error, by Ctrl-C or by SIGTERM. A process that is
 * ended by a signal ends by that signal all the same, so that its parent sees what happened.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Calls `use` with a new folder in `home`, and removes it afterwards. */
export async function withScratchFolder<T>(
  home: string,
  prefix: string,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(home, prefix));
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  const onSignal = (signal: NodeJS.Signals): void => {
    remove();
    process.kill(process.pid, signal); // the handlers are gone after one call: this one ends the process
  };
  for (const signal of ENDING_SIGNALS) process.once(signal, onSignal);
  try {
    return await use(folder);
  } finally {
    for (const signal of ENDING_SIGNALS) process.off(signal, onSignal);
    remove();
  }
}
