/**
 * The published suite of abstract-level over varve/level, as TAP on the standard output: `node abstract-suite.mjs <directory>`.
 *
 * Owns: a new directory of real files for each database of the suite, in the directory that is given.
 *
 * It runs the built package under its own name.
 */
import { join } from 'node:path';
import suite from 'abstract-level/test/index.js';
import test from 'tape';
import { VarveLevel } from 'varve/level';

const [directory] = process.argv.slice(2);
let databaseCount = 0;

suite({
  test,
  factory: (options) => new VarveLevel(join(directory, `db-${++databaseCount}`), options),
});
