/**
 * Makes the pictures of docs/guides/studio.md: `node scripts/studio-images.mjs [folder]`, by `make studio-images`.
 *
 * Owns: a database with some life in it, and what is seen in each picture. It needs a build, and Chromium (`make browser`).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { open } from '../dist/index.js';

const root = new URL('../', import.meta.url).pathname;
const target = process.argv[2] ?? join(root, 'docs', 'images');
const executablePath = process.env.VARVE_CHROMIUM ?? '/usr/bin/chromium';

const CITIES = ['Graz', 'Porto', 'Turku', 'Bergen', 'Lyon', 'Krakow', 'Ghent', 'Malaga'];

function random(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

async function fill(db) {
  const pick = random(7);
  const users = await db.keyspace('users', {
    keyEncoding: 'utf8',
    valueEncoding: 'json',
    indexes: { byCity: { on: ['city', 'age'] }, byEmail: { on: ['email'], unique: true } },
  });
  const orders = await db.keyspace('orders', { keyEncoding: 'tuple', valueEncoding: 'json' });
  await db.keyspace('sessions', { keyEncoding: 'utf8', valueEncoding: 'json', ttlMs: 86_400_000 });
  const user = (number) => ({
    name: `user ${number}`,
    email: `user${number}@example.org`,
    city: CITIES[number % CITIES.length],
    age: 18 + pick(60),
  });
  for (let lot = 0; lot < 100; lot++) {
    const operations = [];
    for (let index = 0; index < 200; index++) {
      const number = lot * 200 + index;
      operations.push({
        type: 'put',
        in: users,
        key: `user:${String(number).padStart(6, '0')}`,
        value: user(number),
      });
    }
    await db.batch(operations, { durability: 'os' });
  }
  const text = 'The quick brown fox jumps over the lazy dog. ';
  for (let number = 0; number < 30_000; number++) {
    const value = {
      total: pick(90_000) / 100,
      items: 1 + pick(9),
      note: text.slice(0, pick(45)) + pick(1e9),
    };
    await orders.put([pick(20_000), new Date(1.77e12 + number * 61_000)], value, {
      durability: 'os',
    });
  }
  return { users, orders, user, pick };
}

/** Some hundred operations a second, until it is stopped. */
async function live(db, { users, orders, user, pick }, life) {
  for (let round = 0; !life.isEnded; round++) {
    for (let index = 0; index < 1 + pick(30); index++) {
      const number = pick(20_000);
      await db.transaction((tx) => {
        tx.in(orders).put([number, new Date(1.78e12 + round * 1000 + index)], {
          total: pick(9000) / 100,
          items: 1 + pick(9),
        });
        tx.in(users).put(`user:${String(number).padStart(6, '0')}`, user(number));
      });
    }
    await delay(20 + pick(60));
  }
}

async function startStudio(directory) {
  const main = join(root, 'dist', 'cli', 'main.js');
  const child = spawn(process.execPath, [main, 'studio', directory, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, url: JSON.parse(line).url };
}

async function picture(browser, url, { name, view, scheme, width, height, act = () => {} }) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme });
  const problems = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(`${url}#/${view}`);
  await page.waitForSelector('main');
  await act(page);
  await page.screenshot({ path: join(target, `studio-${name}.png`) });
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
    name: 'overview-light',
    view: 'overview',
    scheme: 'light',
    width: 1100,
    height: 800,
    act: chooseTable,
  },
  {
    name: 'overview-dark',
    view: 'overview',
    scheme: 'dark',
    width: 1100,
    height: 800,
    act: settled,
  },
  {
    name: 'overview-phone',
    view: 'overview',
    scheme: 'light',
    width: 390,
    height: 780,
    act: settled,
  },
  {
    name: 'data-light',
    view: 'data/users',
    scheme: 'light',
    width: 1100,
    height: 640,
    act: openEntry,
  },
  {
    name: 'data-dark',
    view: 'data/users/byCity',
    scheme: 'dark',
    width: 1100,
    height: 640,
    act: openEntry,
  },
  {
    name: 'data-phone',
    view: 'data/orders',
    scheme: 'dark',
    width: 390,
    height: 780,
    act: (page) => page.waitForSelector('tbody tr'),
  },
  {
    name: 'changes-dark',
    view: 'changes',
    scheme: 'dark',
    width: 1100,
    height: 640,
    act: (page) => page.waitForSelector('.commits li:nth-child(12)'),
  },
];

mkdirSync(target, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), 'varve-studio-'));
const directory = join(folder, 'shop');
const life = { isEnded: false };
const db = await open(directory, {
  keyEncoding: 'utf8',
  memtableSizeBytes: 1024 * 1024,
  level1SizeBytes: 1024 * 1024,
  targetFileSizeBytes: 256 * 1024,
  history: { keepMs: 3_600_000, keepBytes: 64 * 1024 * 1024 },
});
let studio;
let browser;
let running;
try {
  running = live(db, await fill(db), life);
  studio = await startStudio(directory);
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  for (const each of PICTURES.filter(({ name }) => name.includes(process.env.ONLY ?? '')))
    await picture(browser, studio.url, each);
} finally {
  life.isEnded = true;
  await running;
  await browser?.close();
  studio?.child.kill('SIGTERM');
  await db.close();
  rmSync(folder, { recursive: true, force: true });
}
