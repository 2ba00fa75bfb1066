/**
 * Databases of varve/level for the clients, each in a directory of its own.
 *
 * Owns: these directories, which `removeAll` removes.
 *
 * The clients bring their own copy of abstract-level; varve/level is the built one, with the copy of this repository.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VarveLevel } from '../../dist/level.js';

export { VarveLevel };

const place = mkdtempSync(join(tmpdir(), 'varve-clients-'));
let databaseCount = 0;

export const newDirectory = () => join(place, `db-${++databaseCount}`);

export const newLevel = (options) => new VarveLevel(newDirectory(), options);

export const removeAll = () => rmSync(place, { recursive: true, force: true });
