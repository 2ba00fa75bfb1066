/**
 * The pictures of docs/guides/studio.md.
 *
 * Owns: what is seen in each picture: the shop, with some life in it.
 *
 * Suspension: suspends for the command and for the browser.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fillShop, live, openShop } from './shop.mjs';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;

async function startStudio(directory) {
  const child = spawn(process.execPath, [MAIN, 'studio', directory, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, url: JSON.parse(line).url };
}

async function takePicture(
  { browser, target },
  url,
  { name, view, scheme, width, height, act = () => {} },
) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme });
  const problems = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(`${url}#/${view}`);
  await page.waitForSelector('main');
  await act(page);
  await page.screenshot({ path: join(target, `${name}.png`) });
  await page.close();
  if (problems.length > 0) throw new Error(`The page has errors: ${problems.join('; ')}`);
}

const settled = (page) => page.waitForTimeout(25_000);
const openEntry = async (page) => {
  await page.click('tbody tr:nth-child(4)');
  await page.waitForSelector('.panel pre');
  await page.click('.versions summary');
  await page.waitForSelector('.versions .note:not(:has-text("Reading"))');
};
const chooseTable = async (page) => {
  await settled(page);
  await page.click('.layer:last-child .piece');
};

const PICTURES = [
  {
    name: 'studio-overview-light',
    view: 'overview',
    scheme: 'light',
    width: 1100,
    height: 800,
    act: chooseTable,
  },
  {
    name: 'studio-overview-dark',
    view: 'overview',
    scheme: 'dark',
    width: 1100,
    height: 800,
    act: settled,
  },
  {
    name: 'studio-overview-phone',
    view: 'overview',
    scheme: 'light',
    width: 390,
    height: 780,
    act: settled,
  },
  {
    name: 'studio-data-light',
    view: 'data/users',
    scheme: 'light',
    width: 1100,
    height: 640,
    act: openEntry,
  },
  {
    name: 'studio-data-dark',
    view: 'data/users/byCity',
    scheme: 'dark',
    width: 1100,
    height: 640,
    act: openEntry,
  },
  {
    name: 'studio-data-phone',
    view: 'data/orders',
    scheme: 'dark',
    width: 390,
    height: 780,
    act: (page) => page.waitForSelector('tbody tr'),
  },
  {
    name: 'studio-changes-dark',
    view: 'changes',
    scheme: 'dark',
    width: 1100,
    height: 640,
    act: (page) => page.waitForSelector('.commits li:nth-child(12)'),
  },
];

/** Makes the pictures that are `wanted`, in the folder `target`. */
export async function makeStudioImages({ browser, target, folder, isWanted }) {
  const wanted = PICTURES.filter(({ name }) => isWanted(name));
  if (wanted.length === 0) return;
  const directory = join(folder, 'live-shop');
  const life = { isEnded: false };
  const db = await openShop(directory);
  let studio;
  let running;
  try {
    running = live(db, await fillShop(db), life);
    studio = await startStudio(directory);
    for (const each of wanted) await takePicture({ browser, target }, studio.url, each);
  } finally {
    life.isEnded = true;
    await running;
    studio?.child.kill('SIGTERM');
    await db.close();
  }
}
