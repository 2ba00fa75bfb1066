/**
 * `varve consumers`: lists the named consumers of a database with how far each is behind, or drops one.
 *
 * Owns: the form of the list.
 */
import type { Command } from 'commander';

import type { ConsumerInfo } from '../../engine/history/consumer-places.ts';
import { addCommand, addDirectory, addJson, type JsonOption } from '../arguments.ts';
import { READ_ONLY, withDatabase } from '../open-database.ts';
import { printJson, printLine } from '../output.ts';
import { formatBytes, formatCount, formatTable } from '../../programs/figures.ts';
import { safeLine } from '../../text/terminal-text.ts';

interface ConsumersOptions extends JsonOption {
  readonly drop?: string;
}

export function registerConsumers(program: Command): void {
  const command = addCommand(
    program,
    'consumers',
    'List the named consumers of the stream of changes, or drop one.',
    ['consumers ./ledger', 'consumers ./ledger --json', 'consumers ./ledger --drop mails'],
  );
  addDirectory(command).action(runConsumers);
  addJson(command).option('--drop <name>', 'drop this one: no log stays for it any more');
}

async function runConsumers(directory: string, options: ConsumersOptions): Promise<void> {
  const { drop, keyFile } = options;
  const settings = drop === undefined ? READ_ONLY : { createIfMissing: false };
  const consumers = await withDatabase(directory, { ...settings, keyFile }, async (db) => {
    if (drop !== undefined) await db.dropConsumer(drop);
    return db.consumers();
  });
  await (options.json === true ? printJson(consumers) : printLine(describeConsumers(consumers)));
}

function describeConsumers(consumers: readonly ConsumerInfo[]): string {
  if (consumers.length === 0) return 'no consumers';
  const rows = consumers.map((each) => [
    safeLine(each.name),
    String(each.sequence),
    formatCount(each.behindOperationCount),
    each.isGone ? 'GONE' : formatBytes(each.behindBytes),
    formatBytes(each.holdBytes),
  ]);
  return formatTable(['name', 'place', 'behind', 'in logs of', 'held up to'], rows, [0]);
}
