/**
 * `varve bank`: the durability of this engine on this machine, shown and not told.
 *
 * Owns: the options, the temporary directory and its removal, and Ctrl-C. The bank itself is programs/bank/bank.ts.
 *
 * The directory is removed at the end only if this command made it and the books were right; after a failure it is
 * evidence, and its place is printed.
 */
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Command, Option } from 'commander';

import type { Durability } from '../../base/options.ts';
import { entropySeed } from '../../base/random.ts';
import type { Isolation } from '../../api/transaction-options.ts';
import {
  addCommand,
  addJson,
  durabilityOption,
  integerParser,
  type JsonOption,
  numberParser,
  parseSize,
} from '../arguments.ts';
import type { BankSettings, RoundReport } from '../../programs/bank/bank.ts';
import {
  describeRound,
  describeSettings,
  describeTotals,
  describeVerdict,
  roundHeading,
} from '../../programs/bank/report.ts';
import {
  ACCOUNT_COUNT_MAX,
  CLIENT_COUNT_MAX,
  TRANSFER_WAYS,
  type TransferWay,
} from '../../programs/bank/transfer.ts';
import { checkTuning } from '../open-database.ts';
import {
  BrokenPipeError,
  InterruptedError,
  NegativeAnswer,
  UsageError,
} from '../../programs/outcome.ts';
import { printJson, printLine } from '../output.ts';
import { type Progress, startProgress } from '../progress.ts';

interface BankOptions extends JsonOption {
  readonly accounts: number;
  readonly initialBalance: number;
  readonly clients: number;
  readonly hot?: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly seed?: number;
  readonly durability: Durability;
  readonly isolation: Isolation;
  readonly way: TransferWay;
  readonly memtableSize: number;
  readonly keep?: true;
}

const KIB = 1024;
const MEMTABLE_SIZE_BYTES = 1024 * KIB;
const ISOLATION_LEVELS: readonly Isolation[] = ['snapshot'];
const TMPFS_MAGIC = 0x01021994;
const PROGRESS_TICK_MS = 100;

export function registerBank(program: Command): void {
  const command = addCommand(
    program,
    'bank',
    'Move money between accounts, kill the process at a random moment, reopen, count again.',
    [
      'bank                               # five rounds in a temporary directory',
      'bank ./ledger --rounds 200         # keeps the database; run it again to go on',
      'bank --hot 10 --clients 128        # everybody wants the same ten accounts',
      'bank --way updates                 # transfers that cannot conflict',
      'bank --durability os --json        # one JSON object per round, and the verdict',
      'bank --seed 42                     # the same transfers and moments of the kills',
      'bank etcd://127.0.0.1:2379         # on servers; the kills hit the client',
    ],
  );
  command
    .argument(
      '[directory]',
      'where the bank lives, or a connection string; without it, a temporary directory',
    )
    .action(runBankCommand);
  addBankOptions(addJson(command, 'print one JSON object per round, then the verdict'));
}

function addBankOptions(command: Command): void {
  const integer = (flags: string, text: string, min: number, max: number): Option =>
    new Option(flags, text).argParser(integerParser(min, max));
  command
    .addOption(
      integer('--accounts <count>', 'accounts of the bank', 2, ACCOUNT_COUNT_MAX).default(1000),
    )
    .addOption(integer('--initial-balance <units>', 'of each account', 0, 10 ** 9).default(1000))
    .addOption(integer('--clients <count>', 'concurrent clients', 1, CLIENT_COUNT_MAX).default(32))
    .addOption(integer('--hot <count>', 'move money among so few accounts', 2, ACCOUNT_COUNT_MAX))
    .addOption(integer('--rounds <count>', 'kills', 1, 1_000_000).default(5))
    .addOption(
      new Option('--seconds <seconds>', 'longest time before a kill')
        .argParser(numberParser(0.001, 3600))
        .default(2),
    )
    .addOption(integer('--seed <number>', 'of transfers and kills (random)', -(2 ** 31), 2 ** 32))
    .addOption(durabilityOption('acknowledge after fdatasync, or after write').default('sync'))
    .addOption(
      new Option('--isolation <level>', 'of the transfers')
        .choices(ISOLATION_LEVELS)
        .default(ISOLATION_LEVELS[0]),
    )
    .addOption(
      new Option(
        '--way <way>',
        'a body that awaits, a body that does not wait, or updates in a batch',
      )
        .choices(TRANSFER_WAYS)
        .default(TRANSFER_WAYS[0]),
    )
    .addOption(
      new Option('--memtable-size <bytes>', 'small, so that files are written and compacted')
        .argParser(parseSize)
        .default(MEMTABLE_SIZE_BYTES, '1M'),
    )
    .option('--keep', 'keep the temporary directory');
}

async function runBankCommand(
  givenDirectory: string | undefined,
  options: BankOptions,
): Promise<void> {
  const tuning = { memtableSizeBytes: options.memtableSize };
  checkTuning(tuning);
  if (options.hot !== undefined && options.hot > options.accounts) {
    throw new UsageError(`--hot ${options.hot} is more than --accounts ${options.accounts}`);
  }
  const directory = givenDirectory ?? mkdtempSync(join(tmpdir(), 'varve-bank-'));
  const { durability, isolation, way } = options;
  const settings: BankSettings = {
    ...{ directory, durability, isolation, way, tuning },
    accountCount: options.accounts,
    initialBalance: options.initialBalance,
    clientCount: options.clients,
    hotCount: options.hot ?? options.accounts,
    roundCount: options.rounds,
    secondsMax: options.seconds,
    seed: options.seed ?? entropySeed() >>> 0,
  };
  let isEvidence = false;
  try {
    if (await runAndPrint(settings, options.json === true)) return;
    isEvidence = true;
    throw new NegativeAnswer('The audit failed');
  } catch (error) {
    isEvidence ||= !(error instanceof BrokenPipeError || error instanceof InterruptedError);
    throw error;
  } finally {
    const isTemporary = givenDirectory === undefined && options.keep !== true;
    if (isTemporary && !isEvidence) rmSync(directory, { recursive: true, force: true });
  }
}

/** Returns whether the books were right. */
async function runAndPrint(settings: BankSettings, isJson: boolean): Promise<boolean> {
  const interrupt = new AbortController();
  const onInterrupt = (): void => interrupt.abort(new InterruptedError('Interrupted'));
  process.once('SIGINT', onInterrupt);
  process.once('SIGTERM', onInterrupt);
  const watcher = new RoundWatcher(settings, isJson);
  try {
    const { runBank } = await import('../../programs/bank/bank.ts');
    await printOpening(settings, isJson);
    const report = await runBank(
      settings,
      {
        onRoundStart: (round, killAfterMs) => watcher.start(round, killAfterMs),
        onRoundEnd: (round) => watcher.end(round),
      },
      interrupt.signal,
    );
    if (isJson) await printJson({ type: 'verdict', ...report });
    else await printLine(`\n${describeTotals(report)}\n${describeVerdict(report)}`);
    if (!report.isOk && !isJson) await printLine(`The database is kept in ${settings.directory}`);
    return report.isOk;
  } finally {
    watcher.stop();
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onInterrupt);
  }
}

async function printOpening(settings: BankSettings, isJson: boolean): Promise<void> {
  if (isJson) {
    await printJson({ type: 'settings', ...settings });
    return;
  }
  const memory = isInMemory(settings.directory)
    ? ['Note: this directory is in memory (tmpfs), where a sync costs nothing: name one on a disk.']
    : [];
  await printLine([describeSettings(settings), ...memory, '', roundHeading()].join('\n'));
}

/** True on Linux's tmpfs. A directory that does not exist yet is taken to be on a disk. */
function isInMemory(directory: string): boolean {
  try {
    return process.platform === 'linux' && statfsSync(directory).type === TMPFS_MAGIC;
  } catch {
    return false;
  }
}

/** Shows a bar while a round runs and a line when it is over. */
class RoundWatcher {
  readonly #settings: BankSettings;
  readonly #isJson: boolean;
  #progress: Progress | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(settings: BankSettings, isJson: boolean) {
    this.#settings = settings;
    this.#isJson = isJson;
  }

  async start(round: number, killAfterMs: number): Promise<void> {
    const label = `round ${round}/${this.#settings.roundCount}`;
    const progress = await startProgress(label, Math.max(1, killAfterMs), this.#isJson);
    const startMs = performance.now();
    this.#progress = progress;
    this.#timer = setInterval(() => {
      const passedMs = performance.now() - startMs;
      progress.update(passedMs, passedMs < killAfterMs ? 'moving money' : 'killed, counting');
    }, PROGRESS_TICK_MS);
  }

  async end(report: RoundReport): Promise<void> {
    this.stop();
    if (this.#isJson) await printJson({ type: 'round', ...report });
    else await printLine(describeRound(report));
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#progress?.stop();
    this.#progress = undefined;
  }
}
