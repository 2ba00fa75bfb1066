/**
 * `varve studio`: a page in the browser on one database, for one person on this machine.
 *
 * Owns: how the database is opened: as a follower, beside the process that writes it; with `--write` as the process that
 * writes. The command runs until it is interrupted, which is its good end.
 */
import type { Command } from 'commander';

import { addCommand, addDirectory, addJson, integerParser, type JsonOption } from '../arguments.ts';
import { encryptionOf } from '../key-file.ts';
import { withDatabase } from '../open-database.ts';
import { printJson, printLine } from '../output.ts';
import { packageVersion } from '../package-version.ts';
import { keySourceOf } from '../../encryption/encryption-options.ts';

interface StudioOptions extends JsonOption {
  readonly port: number;
  readonly write?: true;
}

const PORT_MAX = 65_535;

export function registerStudio(program: Command): void {
  const command = addCommand(program, 'studio', 'Show a database in the browser.', [
    'studio ./ledger                    # prints the address; Ctrl-C ends it',
    'studio ./ledger --write            # may change entries; no other process may write then',
    'studio ./ledger --port 4711',
  ]);
  addDirectory(command).action(runStudio);
  addJson(command, 'print the address as JSON')
    .option('--write', 'let the page put and delete')
    .option('--port <number>', 'port; one that is free by default', integerParser(0, PORT_MAX), 0);
}

async function runStudio(directory: string, options: StudioOptions): Promise<void> {
  const { keyFile, port } = options;
  const isWritable = options.write === true;
  const settings = isWritable ? { createIfMissing: false } : { follow: true as const };
  const ended = untilInterrupted();
  await withDatabase(directory, { ...settings, keyFile }, async (db) => {
    const [{ startStudio }, { readTree }, { NodeVfs }, { unlockedVfs }] = await Promise.all([
      import('../../studio/studio.ts'),
      import('../../inspect/read-tree.ts'),
      import('../../vfs/node-vfs.ts'),
      import('../../version/database-keys.ts'),
    ]);
    const source = keySourceOf(encryptionOf({ keyFile }).encryption);
    const files = await unlockedVfs(new NodeVfs(), db.location, source);
    const studio = await startStudio({
      db,
      port,
      isWritable,
      packageVersion: packageVersion(),
      readTree: () => readTree(files, db.location),
    });
    try {
      await announce(studio.url, options);
      await ended;
    } finally {
      await studio.close();
    }
  });
}

async function announce(url: string, { json, write }: StudioOptions): Promise<void> {
  if (json === true) {
    await printJson({ url });
    return;
  }
  await printLine(`${url}\n`);
  await printLine(
    write === true
      ? 'Open it in a browser of this machine. The page may change entries. Ctrl-C ends the studio.'
      : 'Open it in a browser of this machine. Nothing is changed (--write). Ctrl-C ends the studio.',
  );
}

function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => resolve());
  });
}
