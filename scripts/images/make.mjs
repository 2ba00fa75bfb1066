/**
 * Makes the pictures in docs/images: `make images`, or `node scripts/images/make.mjs [folder]`.
 *
 * Owns: the browser, the folders, and the size of the files: few colours are enough for what is on them. It needs a build,
 * Chromium and pngquant (`make browser`), and for the pictures of the site `make docs-site`. ONLY is a part of the names.
 *
 * Suspension: suspends for each picture.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { chromium } from 'playwright-core';
import { makeCommandImages } from './command.mjs';
import { makeSiteImages } from './site.mjs';
import { makeStudioImages } from './studio.mjs';

const root = new URL('../../', import.meta.url).pathname;
const target = process.argv[2] ?? join(root, 'docs', 'images');
const executablePath = process.env.VARVE_CHROMIUM ?? '/usr/bin/chromium';
const isWanted = (name) => name.includes(process.env.ONLY ?? '');

/** The same pictures, with fewer colours. */
function makeSmall() {
  const files = readdirSync(target).filter((name) => name.endsWith('.png') && isWanted(name));
  for (const name of files) {
    const path = join(target, name);
    const colours = name.startsWith('command-') ? '24' : '256';
    const args = ['--force', '--ext', '.png', '--skip-if-larger', '--strip', '--nofs', colours];
    const { error } = spawnSync('pngquant', [...args, '--', path]);
    if (error !== undefined) {
      console.log('SKIPPED: the pictures stay three times as large: no pngquant (make browser)');
      return;
    }
    console.log(`${name}  ${statSync(path).size} bytes`);
  }
}

mkdirSync(target, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), 'varve-images-'));
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
  const place = { browser, target, folder, isWanted };
  await makeCommandImages(place);
  await makeSiteImages(place);
  await makeStudioImages(place);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
makeSmall();
