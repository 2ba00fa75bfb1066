/**
 * `varve backups`: lists the backups in a directory, or checks them.
 *
 * Owns: that damage is an answer (status 1).
 */
import type { Command } from 'commander';

import type { BackupInfo } from '../../backup/backups.ts';
import type { BackupVerifyReport } from '../../backup/verify-backups.ts';
import { formatBytes, formatCount, formatTable } from '../../programs/figures.ts';
import { NegativeAnswer } from '../../programs/outcome.ts';
import { addCommand, addJson, type JsonOption } from '../arguments.ts';
import { addBackups, withProgress } from '../backup-options.ts';
import { printJson, printLine } from '../output.ts';

interface BackupsCommandOptions extends JsonOption {
  readonly verify?: true;
}

export function registerBackups(program: Command): void {
  const command = addCommand(
    program,
    'backups',
    'List the backups in a directory, or check them.',
    ['backups ./backups', 'backups ./backups --json', 'backups ./backups --verify || echo damaged'],
  );
  addBackups(command).action(runBackups);
  addJson(command).option('--verify', 'read every object and check it; status 1 for damage');
}

async function runBackups(backups: string, { verify, json }: BackupsCommandOptions): Promise<void> {
  const { listBackups, verifyBackups } = await import('../../backup/backups.ts');
  if (verify !== true) {
    const infos = await listBackups(backups);
    await (json === true ? printJson(infos) : printLine(describeBackups(infos)));
    return;
  }
  const report = await withProgress('checking', json === true, (onProgress) =>
    verifyBackups(backups, { onProgress }),
  );
  const { isSound, ...facts } = report;
  await (json === true ? printJson({ ok: isSound, ...facts }) : printLine(describeReport(report)));
  if (!isSound) throw new NegativeAnswer('Damage was found');
}

function describeBackups(infos: readonly BackupInfo[]): string {
  if (infos.length === 0) return 'no backups';
  const rows = infos.map((info) => [
    info.name,
    info.database,
    info.time.toISOString(),
    String(info.sequence),
    info.problem === undefined ? formatCount(info.files) : 'DAMAGED',
    info.problem === undefined ? formatBytes(info.bytes) : '',
  ]);
  const headings = ['name', 'database', 'time', 'sequence', 'files', 'size'];
  return formatTable(headings, rows, [0, 1, 2]);
}

function describeReport(report: BackupVerifyReport): string {
  const { isSound, backups, objects, bytes, segments, problems } = report;
  const checked =
    `${formatCount(backups)} backups with ${formatCount(objects)} objects, ` +
    `${formatCount(segments)} pieces of archives, ${formatBytes(bytes)} checked`;
  if (isSound) return `ok: ${checked}`;
  const lines = problems.map(({ backup, message }) =>
    backup === undefined ? message : `backup ${backup}: ${message}`,
  );
  return ['DAMAGED', ...lines, checked].join('\n');
}
