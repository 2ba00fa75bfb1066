/**
 * Tries programs that are written for Level over varve/level: `make level-clients`, or `node test/clients/run.mjs [part of a
 * name...]`.
 *
 * Owns: the list of clients, and the table of what became of each. Two run the suites of the interfaces that they implement,
 * one its own published tests, two a smoke program. Anything that fails makes the status 1. Where the clients are not
 * installed, because no registry could be reached, that is said, and the status is 0.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, 'node_modules');
const place = mkdtempSync(join(tmpdir(), 'varve-clients-'));
const RUN_LIMIT_MS = 300_000;

const mocha = (spec) => [join(modules, 'mocha', 'bin', 'mocha.js'), '--exit', spec];

/** What each runs, and how its output tells that all went well: the count, where there is one. */
const CLIENTS = [
  { name: 'datastore-level', args: mocha('datastore.spec.mjs'), told: /^ +(\d+) passing/m },
  { name: 'blockstore-level', args: mocha('blockstore.spec.mjs'), told: /^ +(\d+) passing/m },
  {
    name: 'aedes-persistence-level',
    args: [
      '--require',
      join(here, 'level-is-varve.cjs'),
      join(modules, 'aedes-persistence-level', 'test', 'test.js'),
    ],
    told: /^(?:#|\u2139) pass (\d+)/m,
  },
  { name: 'quadstore', args: ['quadstore.mjs'], told: /^QUADSTORE OK$/m },
  { name: 'search-index', args: ['search-index.mjs'], told: /^SEARCH-INDEX OK$/m },
];

function runClient({ name, args, told }) {
  if (!existsSync(join(modules, name))) return { isSkipped: true, text: 'SKIPPED: not installed' };
  const { version } = JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8'));
  const env = { ...process.env, TMPDIR: place };
  const options = { cwd: here, env, encoding: 'utf8', timeout: RUN_LIMIT_MS, maxBuffer: 1 << 26 };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, options);
  const found = told.exec(stdout);
  const isRight = status === 0 && found !== null;
  if (!isRight) console.log(`${stdout}\n${stderr}`);
  const count = found?.[1] === undefined ? '' : `, ${found[1]} tests`;
  return { isFailed: !isRight, text: isRight ? `ok ${version}${count}` : `FAILED ${version}` };
}

const wanted = process.argv.slice(2);
const chosen = CLIENTS.filter(
  ({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
);
const results = chosen.map((client) => ({ name: client.name, ...runClient(client) }));
rmSync(place, { recursive: true, force: true });
for (const { name, text } of results) console.log(`${name.padEnd(26)}${text}`);
if (results.some(({ isSkipped }) => isSkipped)) {
  console.log(
    '\n!!! CLIENTS WERE SKIPPED. They are not installed: no registry could be reached. !!!',
  );
}
process.exitCode = results.some(({ isFailed }) => isFailed) ? 1 : 0;
