/**
 * The names of the workloads, in the order in which they are printed in the help.
 *
 * Owns: nothing else, so that the command can list them without loading the engine. Meanings: workloads.ts.
 */

export const WORKLOAD_NAMES = [
  'fillseq',
  'fillawait',
  'fillbatch',
  'ingest',
  'fillsync',
  'fillrandom',
  'readrandom',
  'readrandomsync',
  'readmissing',
  'readmissingsync',
  'readmany',
  'readseq',
  'readreverse',
  'seekrandom',
  'transfers',
] as const;

export type WorkloadName = (typeof WORKLOAD_NAMES)[number];
