/**
 * The refusal to run on a Node.js that is too old for the engine.
 *
 * Must be imported first. `zlib.crc32` came with 20.15 and 22.2: its presence tells the 22.x versions apart.
 */
import * as zlib from 'node:zlib';

const found = process.versions.node;
const [major = 0, minor = 0] = found.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 15) || !('crc32' in zlib)) {
  throw new Error(`Varve needs Node.js 20.15, 22.2 or newer: found=${found}`);
}
