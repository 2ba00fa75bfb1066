/**
 * The licences of the packages whose code is in the bundles, as their authors ask.
 *
 * Owns: finding the packages by the files that the bundlers took in, and their licence texts. A package without one is named
 * with the licence and the author that its package.json states.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LICENSE_FILE = /^(licen[cs]e|copying|notice|copyrightnotice)(\.|$)/i;
const PACKAGE_FOLDER = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;

/** `inputs` are paths relative to `root`, with slashes; those outside node_modules are ours. */
export function thirdPartyLicenses(root, inputs) {
  const folders = inputs.map((path) => PACKAGE_FOLDER.exec(path)?.[0]);
  const distinct = [...new Set(folders.filter((folder) => folder !== undefined))].sort();
  const texts = distinct.map((folder) => licenseOf(join(root, folder)));
  return `Code of these packages is part of the files in this directory.\n\n${texts.join('\n')}`;
}

function licenseOf(folder) {
  const { name, version, license, author } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  );
  if (typeof license !== 'string') throw new Error(`No licence is stated: package=${name}`);
  const by = typeof author === 'object' ? author.name : author;
  const files = readdirSync(folder).filter((file) => LICENSE_FILE.test(file));
  const texts = files.map((file) => `\n${readFileSync(join(folder, file), 'utf8').trim()}\n`);
  const line = '-'.repeat(80);
  return `${line}\n${name} ${version}, ${license}${by ? `, ${by}` : ''}\n${texts.join('')}`;
}
