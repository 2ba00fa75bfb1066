/**
 * Checks the built site: `make site-test`.
 *
 * Owns: what a reader may rely on. Each link within the site leads to a page, and its fragment to a place on that page. The
 * index of the search has each page, and finds words. In a real browser the search works by keyboard alone, no page is wider
 * than a phone, and nothing fails to load, by day and by night.
 *
 * Without a Chromium (`make browser`) the last part is left out, which is said. VARVE_CHROMIUM names another than Debian's.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import MiniSearch from 'minisearch';
import { DIST, fileFor, serve } from './serve.mjs';

const CHROMIUM = process.env.VARVE_CHROMIUM ?? '/usr/bin/chromium';
/** Words that a reader looks for. */
const WORDS = ['savepoint', 'CONFLICT', 'fdatasync', 'kubernetes', 'etcd', 'VarveLevel', 'doctor'];
const PHONE = { width: 390, height: 780 };
const DESK = { width: 1280, height: 800 };

const problems = [];
const pages = readdirSync(DIST, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.html'))
  .sort();

const decoded = (text) =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

/** The values of an attribute in a page. */
const valuesOf = (html, attribute) =>
  [...html.matchAll(new RegExp(`\\s${attribute}="([^"]*)"`, 'g'))].map(([, value]) =>
    decoded(value),
  );

const idsByFile = new Map();
function idsIn(file) {
  const known = idsByFile.get(file);
  if (known !== undefined) return known;
  const ids = new Set(valuesOf(readFileSync(file, 'utf8'), 'id'));
  idsByFile.set(file, ids);
  return ids;
}

/** Why an address leads nowhere; undefined when it leads somewhere. */
function deadness(address) {
  const file = fileFor(address);
  if (file === undefined) return 'no such page';
  const fragment = decodeURIComponent(new URL(address, 'http://site').hash.slice(1));
  const isThere = fragment === '' || !file.endsWith('.html') || idsIn(file).has(fragment);
  return isThere ? undefined : 'no such place on the page';
}

function checkLinks() {
  let count = 0;
  for (const page of pages) {
    const html = readFileSync(join(DIST, page), 'utf8');
    const here = `http://site/${page}`;
    const links = new Set([...valuesOf(html, 'href'), ...valuesOf(html, 'src')]);
    for (const link of links) {
      const { protocol, host, pathname, hash } = new URL(link, here);
      if (protocol !== 'http:' || host !== 'site') continue;
      count++;
      const reason = deadness(pathname + hash);
      if (reason !== undefined) problems.push(`link: page=${page} link=${link} ${reason}`);
    }
  }
  console.log(`links: ${count} of ${pages.length} pages`);
}

async function checkIndex() {
  const folder = join(DIST, 'assets', 'chunks');
  const name = readdirSync(folder).find((each) => each.startsWith('@localSearchIndexroot'));
  if (name === undefined) return void problems.push('search: there is no index');
  const { default: text } = await import(pathToFileURL(join(folder, name)).href);
  const fields = { fields: ['title', 'titles', 'text'], storeFields: ['title', 'titles'] };
  const index = MiniSearch.loadJSON(text, fields);
  const places = Object.values(JSON.parse(text).documentIds);
  for (const place of places) {
    const reason = deadness(place);
    if (reason !== undefined) problems.push(`search: place=${place} ${reason}`);
  }
  const found = new Set(places.map((place) => fileFor(place)));
  for (const page of pages) {
    const isSought = !['404.html', 'index.html'].includes(page);
    if (isSought && !found.has(join(DIST, page))) problems.push(`search: page is missing: ${page}`);
  }
  for (const word of WORDS) {
    if (index.search(word).length === 0) problems.push(`search: nothing is found for ${word}`);
  }
  console.log(`search: ${places.length} places, ${WORDS.length} words`);
}

/** A page whose errors are problems. */
async function openPage(browser, look) {
  const page = await browser.newPage(look);
  const at = () => `page=${new URL(page.url()).pathname}`;
  page.on('pageerror', (error) => problems.push(`browser: ${at()} ${error}`));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`browser: ${at()} ${message.text()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`browser: ${at()} ${response.url()} is missing`);
  });
  return page;
}

/** From the keyboard: opens the search, types, goes to the second result, and is there. */
async function checkSearchBox(browser, origin, look) {
  const page = await openPage(browser, look);
  await page.goto(`${origin}/`, { waitUntil: 'networkidle' });
  await page.keyboard.press('Control+k');
  await page.waitForSelector('.VPLocalSearchBox input');
  await page.keyboard.type('savepoint');
  await page.waitForSelector('.VPLocalSearchBox .result');
  await page.keyboard.press('ArrowDown');
  const wanted = await page.getAttribute('.VPLocalSearchBox .result.selected', 'href');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.VPLocalSearchBox', { state: 'detached' });
  await page.waitForSelector('.vp-doc h1');
  const { pathname } = new URL(page.url());
  if (pathname !== wanted?.replace(/#.*/, '')) problems.push(`browser: search led to ${pathname}`);
  await page.keyboard.press('/');
  await page.waitForSelector('.VPLocalSearchBox input');
  await page.keyboard.press('Escape');
  await page.waitForSelector('.VPLocalSearchBox', { state: 'detached' });
  await page.close();
}

/** What does not fit must scroll by itself, as a wide table does. */
async function checkWidths(browser, origin) {
  const page = await openPage(browser, { viewport: PHONE });
  const isReference = (name) => name.startsWith('reference');
  const documents = pages.filter((name) => name !== '404.html' && !isReference(name));
  const some = pages.filter(isReference).filter((_, index) => index % 10 === 0); // they are all alike
  for (const name of [...documents, ...some]) {
    const address = `${origin}/${name.replace(/(index)?\.html$/, '')}`;
    await page.goto(address, { waitUntil: 'domcontentloaded' });
    const width = await page.evaluate('document.documentElement.scrollWidth');
    if (width > PHONE.width) problems.push(`browser: page is wider than a phone: ${name} ${width}`);
  }
  await page.close();
  const count = documents.length + some.length;
  console.log(`browser: ${count} pages at ${PHONE.width} pixels; of the reference each tenth`);
}

async function checkInBrowser() {
  if (!existsSync(CHROMIUM)) {
    console.log(
      `SKIPPED: nothing was tried in a browser: no Chromium at ${CHROMIUM} (make browser)`,
    );
    return;
  }
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  const { origin, close } = await serve();
  try {
    for (const colorScheme of ['light', 'dark']) {
      for (const viewport of [DESK, PHONE]) {
        await checkSearchBox(browser, origin, { viewport, colorScheme });
      }
    }
    console.log('browser: the search, by keyboard, by day and by night');
    await checkWidths(browser, origin);
  } finally {
    close();
    await browser.close();
  }
}

if (pages.length === 0) throw new Error('The site is not built: make docs-site');
checkLinks();
await checkIndex();
await checkInBrowser();
for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? 'The site is sound.' : `${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
