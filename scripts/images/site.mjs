/**
 * Pictures of the documents as a site, with the README as a reader sees it.
 *
 * Owns: which pages, in which light, how wide.
 *
 * Suspension: suspends for the browser.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DIST, serve } from '../../site/serve.mjs';

const DESK = { width: 1280, height: 860 };
const PHONE = { width: 390, height: 780 };

/** Types into the search, and leaves what it finds open. */
async function search(page) {
  await page.keyboard.press('Control+k');
  await page.waitForSelector('.VPLocalSearchBox input');
  await page.keyboard.type('savepoint');
  await page.waitForSelector('.VPLocalSearchBox .result');
}

const PICTURES = [
  { name: 'site-front-light', path: '/', scheme: 'light', viewport: DESK },
  { name: 'site-front-phone', path: '/', scheme: 'dark', viewport: PHONE },
  { name: 'site-readme-light', path: '/tour', scheme: 'light', viewport: DESK },
  { name: 'site-readme-dark', path: '/tour', scheme: 'dark', viewport: DESK },
  { name: 'site-readme-phone', path: '/tour', scheme: 'light', viewport: PHONE },
  { name: 'site-search-dark', path: '/guides/ledger', scheme: 'dark', viewport: DESK, act: search },
];

/** Makes the pictures that are wanted; says it when the site is not built. */
export async function makeSiteImages({ browser, target, isWanted }) {
  const wanted = PICTURES.filter(({ name }) => isWanted(name));
  if (wanted.length === 0) return;
  if (!existsSync(DIST)) {
    console.log('SKIPPED: there are no pictures of the site: it is not built (make docs-site)');
    return;
  }
  const { origin, close } = await serve();
  try {
    for (const { name, path, scheme, viewport, act } of wanted) {
      const page = await browser.newPage({ viewport, colorScheme: scheme });
      await page.goto(origin + path, { waitUntil: 'networkidle' });
      await act?.(page);
      await page.screenshot({ path: join(target, `${name}.png`) });
      await page.close();
    }
  } finally {
    close();
  }
}
