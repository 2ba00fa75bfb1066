/**
 * `varve bench`: how fast this engine is on this machine, with the user's own sizes.
 *
 * Owns: the options. The workloads are in bench/workloads.ts, their order in bench/suite.ts; they are loaded when they
 * are wanted, so that help and mistakes are quick.
 */
import { tmpdir } from 'node:os';

import { type Command, InvalidArgumentError as BadArgument, Option } from 'commander';

import type { Durability } from '../../base/options.ts';
import {
  addCommand,
  addJson,
  durabilityOption,
  integerListParser,
  integerParser,
  type JsonOption,
  parseSize,
} from '../arguments.ts';
import type { SuiteSettings } from '../../programs/bench/suite.ts';
import { WORKLOAD_NAMES, type WorkloadName } from '../../programs/bench/workload-names.ts';
import { checkTuning } from '../open-database.ts';
import { printJson, printLine } from '../output.ts';
import { formatCount } from '../../programs/figures.ts';
import { type Progress, startProgress } from '../progress.ts';
import { withScratchFolder } from '../scratch-folder.ts';

interface BenchOptions extends JsonOption {
  readonly entries: number;
  readonly valueSize: number;
  readonly clients: number[];
  readonly durability?: Durability;
  readonly workloads: WorkloadName[];
  readonly seed: number;
  readonly memtableSize?: number;
}

const VALUE_SIZE_BYTES_MAX = 16 * 1024 * 1024;
const ENTRY_COUNT_MAX = 100_000_000;
const CLIENT_COUNT_MAX = 10_000;

export function registerBench(program: Command): void {
  const command = addCommand(program, 'bench', 'Measure this engine on this machine.', [
    'bench                              # in a temporary directory',
    'bench ./here --entries 1000000 --value-size 1024',
    'bench --workloads fillsync,transfers --clients 1,8,64',
    'bench --json > figures.jsonl       # one object per line',
  ]);
  command
    .argument('[directory]', 'where databases are made and removed; else a temporary directory')
    .action(runBench);
  addJson(command, 'print one JSON object per line: settings, results, summary')
    .addOption(
      new Option('--entries <count>', 'entries of the database')
        .argParser(integerParser(1, ENTRY_COUNT_MAX))
        .default(100_000),
    )
    .addOption(
      new Option('--value-size <bytes>', 'of each value')
        .argParser(integerParser(0, VALUE_SIZE_BYTES_MAX))
        .default(100),
    )
    .addOption(
      new Option('--clients <counts>', 'concurrent callers of fillsync and transfers')
        .argParser(integerListParser(1, CLIENT_COUNT_MAX))
        .default([1, 32, 512], '1,32,512'),
    )
    .addOption(durabilityOption('of the fills and of transfers (default: os, and sync)'))
    .addOption(
      new Option('--workloads <names>', `which, of ${WORKLOAD_NAMES.join(', ')}`)
        .argParser(parseWorkloads)
        .default([...WORKLOAD_NAMES], 'all'),
    )
    .addOption(
      new Option('--seed <number>', 'of keys and values')
        .argParser(integerParser(0, 2 ** 32))
        .default(1),
    )
    .addOption(new Option('--memtable-size <bytes>', 'such as 16M').argParser(parseSize));
}

function parseWorkloads(text: string): WorkloadName[] {
  return text.split(',').map((part) => {
    const found = WORKLOAD_NAMES.find((name) => name === part.trim());
    if (found === undefined) throw new BadArgument(`Known are ${WORKLOAD_NAMES.join(', ')}.`);
    return found;
  });
}

async function runBench(givenDirectory: string | undefined, options: BenchOptions): Promise<void> {
  const tuning =
    options.memtableSize === undefined ? {} : { memtableSizeBytes: options.memtableSize };
  checkTuning(tuning);
  const home = givenDirectory ?? tmpdir();
  await withScratchFolder(home, 'varve-bench-', (root) => measureAndPrint(root, options, tuning));
}

async function measureAndPrint(
  root: string,
  options: BenchOptions,
  tuning: { memtableSizeBytes?: number },
): Promise<void> {
  const [{ describeResult, describeSummary, runSuite }, { BenchData }] = await Promise.all([
    import('../../programs/bench/suite.ts'),
    import('../../programs/bench/workloads.ts'),
  ]);
  const isJson = options.json === true;
  const suite: SuiteSettings = {
    root,
    workloads: options.workloads,
    putClientCounts: options.clients,
    transferClientCounts: options.clients,
    fillDurability: options.durability ?? 'os',
    transferDurability: options.durability ?? 'sync',
  };
  const data = new BenchData({
    entryCount: options.entries,
    valueSizeBytes: options.valueSize,
    seed: options.seed,
    tuning,
  });
  await printOpening(options, isJson);
  const runCount = countRuns(suite);
  let doneCount = 0;
  let progress: Progress | undefined;
  try {
    const summary = await runSuite(data, suite, {
      onStart: async (name) => {
        progress = await startProgress('bench', runCount, isJson);
        progress.update(doneCount++, name);
      },
      onResult: async (result) => {
        progress?.stop(); // the bar gives its line to the result
        await (isJson
          ? printJson({ type: 'result', ...result })
          : printLine(describeResult(result)));
      },
    });
    await (isJson
      ? printJson({ type: 'summary', ...summary })
      : printLine(`\n${describeSummary(summary)}`));
  } finally {
    progress?.stop();
  }
}

function countRuns({ workloads, putClientCounts, transferClientCounts }: SuiteSettings): number {
  const extra = (name: WorkloadName, counts: readonly number[]): number =>
    workloads.includes(name) ? counts.length - 1 : 0;
  return (
    workloads.length + extra('fillsync', putClientCounts) + extra('transfers', transferClientCounts)
  );
}

async function printOpening(options: BenchOptions, isJson: boolean): Promise<void> {
  const { describeMachine, machineLine, resultHeading } =
    await import('../../programs/bench/suite.ts');
  const machine = describeMachine();
  const { entries, valueSize, seed } = options;
  if (isJson) {
    await printJson({
      type: 'settings',
      entryCount: entries,
      valueSizeBytes: valueSize,
      seed,
      machine,
    });
    return;
  }
  const sizes = `${formatCount(entries)} entries, keys of 16 B, values of ${formatCount(valueSize)} B`;
  await printLine([machineLine(machine), `${sizes}; seed ${seed}`, '', resultHeading()].join('\n'));
}
