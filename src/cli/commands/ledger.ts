/**
 * `varve ledger`: the root of a verifiable keyspace, proofs of its entries, and their check.
 *
 * Owns: a root as text, `size:hash`, and that a check needs no database: it reads the proof alone, and compares with the root
 * that its user has kept.
 */
import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError as BadArgument } from 'commander';

import { systemCodeOf } from '../../base/errors.ts';
import { describeKey } from '../../bytes/bytes.ts';
import {
  ProofError,
  type ProvenEntry,
  type TreeRoot,
  verifyExtension,
  verifyProof,
} from '../../merkle/proofs.ts';
import { NegativeAnswer, UsageError } from '../../programs/outcome.ts';
import {
  addCommand,
  addForm,
  addJson,
  addKeyspace,
  type FormOptions,
  type JsonOption,
  type KeyspaceOption,
} from '../arguments.ts';
import { addKeyFile } from '../key-file.ts';
import { type BytesKeyspace, READ_ONLY, withKeyspace } from '../open-database.ts';
import { printJson, printLine } from '../output.ts';
import { safeText } from '../terminal-text.ts';
import { bytesToJson, type Forms, parseBytes } from '../text-form.ts';

interface LedgerOptions extends JsonOption, FormOptions, KeyspaceOption {
  readonly from?: TreeRoot;
  readonly root?: TreeRoot;
}

type Action = 'root' | 'prove' | 'verify';

const STANDARD_INPUT = 0;

export function registerLedger(program: Command): void {
  const command = addCommand(
    program,
    'ledger',
    'Print the root of a verifiable keyspace, prove what is in it, or check a proof.',
    [
      'ledger root ./books --keyspace entries > root',
      'ledger prove ./books rent --keyspace entries > proof.json',
      'ledger prove ./books --keyspace entries --from "$(cat root)" > extension.json',
      'ledger verify proof.json --root "$(cat root)"     # needs no database',
      'ledger verify extension.json --root "$(cat root)"',
    ],
  );
  command
    .argument('<action>', 'root, prove or verify', parseAction)
    .argument('<path>', 'directory of the database; to verify: the proof, - for standard input')
    .argument('[key]', 'the key of the entry; to prove')
    .action(runLedger);
  addForm(addKeyspace(addJson(addKeyFile(command))))
    .option('--from <root>', 'prove that nothing was changed since this root, size:hash', parseRoot)
    .option('--root <root>', 'the root that you have kept, size:hash; to verify', parseRoot);
}

function parseAction(text: string): Action {
  if (text === 'root' || text === 'prove' || text === 'verify') return text;
  throw new BadArgument('It must be root, prove or verify.');
}

function parseRoot(text: string): TreeRoot {
  const [, size, hash] = /^(\d+):([0-9a-f]{64})$/.exec(text.trim()) ?? [];
  if (size !== undefined && hash !== undefined && Number.isSafeInteger(Number(size))) {
    return { size: Number(size), hash };
  }
  throw new BadArgument('It must be size:hash, as varve ledger root prints it.');
}

function rootText({ size, hash }: TreeRoot): string {
  return `${size}:${hash}`;
}

async function runLedger(
  action: Action,
  path: string,
  keyText: string | undefined,
  options: LedgerOptions,
): Promise<void> {
  checkOptions(action, keyText, options);
  if (action === 'verify') return verify(path, options);
  const settings = { ...READ_ONLY, keyFile: options.keyFile };
  const answer = await withKeyspace(path, settings, options, (keyspace, forms) =>
    action === 'root' ? keyspace.root() : prove(keyspace, forms, keyText, options.from),
  );
  if (answer === undefined) throw new NegativeAnswer('Absent key');
  if (action === 'root' && options.json !== true) await printLine(rootText(answer as TreeRoot));
  else await printJson(answer);
}

function checkOptions(
  action: Action,
  key: string | undefined,
  { from, root, keyspace }: LedgerOptions,
): void {
  if (action === 'verify') {
    if (root === undefined) throw new UsageError('Give the root that you have kept with --root');
    if ((key ?? from ?? keyspace) !== undefined) {
      throw new UsageError('A check reads the proof alone: give it and --root');
    }
    return;
  }
  if (keyspace === undefined) throw new UsageError('Give the keyspace with --keyspace');
  if (root !== undefined) throw new UsageError('--root is to verify');
  if (action === 'root' && (key ?? from) !== undefined) {
    throw new UsageError('A root takes neither a key nor --from');
  }
  if (action === 'prove' && (key === undefined) === (from === undefined)) {
    throw new UsageError('Give the key of an entry, or an earlier root with --from');
  }
}

function prove(
  keyspace: BytesKeyspace,
  forms: Forms,
  key: string | undefined,
  from: TreeRoot | undefined,
): Promise<object | undefined> {
  if (from !== undefined) return keyspace.proveExtension(from);
  return keyspace.prove(parseBytes(key ?? '', forms.key));
}

/** Ends with status 1 for a proof that does not hold. */
async function verify(path: string, { root, json }: LedgerOptions): Promise<void> {
  const text = readProof(path);
  const isJson = json === true;
  try {
    const facts = checked(text, root);
    if (isJson) await printJson({ ok: true, ...factsToJson(facts) });
    else await printLine(safeText(describeFacts(facts)));
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    if (isJson) await printJson({ ok: false, message: error.message });
    else await printLine(safeText(`REFUSED: ${error.message}`));
    throw new NegativeAnswer('Proof does not hold');
  }
}

function readProof(path: string): string {
  try {
    return readFileSync(path === '-' ? STANDARD_INPUT : path, 'utf8');
  } catch (error) {
    throw new UsageError(
      `Proof cannot be read: path=${path} (${systemCodeOf(error) ?? 'unknown'})`,
    );
  }
}

type Facts =
  | { readonly kind: 'inclusion'; readonly root: TreeRoot; readonly entry: ProvenEntry }
  | { readonly kind: 'extension'; readonly root: TreeRoot; readonly newer: TreeRoot };

/** Throws ProofError. */
function checked(text: string, root: TreeRoot | undefined): Facts {
  if (root === undefined) throw new ProofError('There is no root');
  const proof = parse(text);
  const kind: unknown = typeof proof === 'object' && proof && Reflect.get(proof, 'kind');
  if (kind === 'varve-extension-1') {
    return { kind: 'extension', root, newer: verifyExtension(proof, root) };
  }
  return { kind: 'inclusion', root, entry: verifyProof(proof, root) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProofError('Proof is no JSON');
  }
}

function factsToJson(facts: Facts): object {
  if (facts.kind === 'extension') return facts;
  const { kind, root, entry } = facts;
  const key = bytesToJson(entry.key, 'utf8');
  return { kind, root, index: entry.index, key, value: bytesToJson(entry.value, 'utf8') };
}

function describeFacts(facts: Facts): string {
  const { root } = facts;
  if (facts.kind === 'extension') {
    return `ok: ${rootText(facts.newer)} continues ${rootText(root)}`;
  }
  const { index, key, value } = facts.entry;
  return `ok: entry ${index} of ${root.size} key=${describeKey(key)} value=${describeKey(value)}`;
}
