/**
 * The page of the studio in a real Chromium: what comes from the database stays text, keys work, and all of it fits.
 *
 * Without a Chromium (`make browser`) these tests are left out, and say so. VARVE_CHROMIUM names another than Debian's.
 */
import { existsSync } from 'node:fs';
import process from 'node:process';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withStudio } from './with-studio.ts';

const executablePath = process.env['VARVE_CHROMIUM'] ?? '/usr/bin/chromium';
const isThere = existsSync(executablePath);
if (!isThere) {
  console.warn(
    `The page of the studio is NOT tested: no Chromium at ${executablePath} (make browser)`,
  );
}

const HOSTILE = '<script>window.taken = 1</script><img src=x onerror="window.taken = 1">';

describe.skipIf(!isThere)('in Chromium', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });
  afterAll(() => browser.close());

  /** A page whose errors and requests to anywhere else fail the test. */
  async function withPage(
    url: string,
    use: (page: Page) => Promise<void>,
    size = { width: 1200, height: 800 },
  ): Promise<void> {
    const page = await browser.newPage({ viewport: size });
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(url)) problems.push(`request to ${request.url()}`);
    });
    await page.goto(url);
    await page.waitForSelector('.layers .level-1');
    await use(page);
    expect(problems).toEqual([]);
    await page.close();
  }

  it('hostile keys and values are seen as they are and run nowhere (studio-page/text-alone, studio-page/seen)', () =>
    withStudio(false, async ({ studio, writer, shown }) => {
      await writer.put(HOSTILE, HOSTILE);
      await writer.put('turned\u202e', 'hidden\u0000\u200b');
      await writer.keyspace(HOSTILE.slice(0, 60), { keyEncoding: 'utf8' });
      await writer.flush();
      await shown.refresh();
      await withPage(studio.url, async (page) => {
        await page.keyboard.press('2');
        await page.waitForSelector('tbody tr');
        const keys = await page.locator('tbody tr td:first-child').allInnerTexts();
        expect(keys).toEqual([HOSTILE, 'first', 'turned\\u202e']);
        const values = await page.locator('tbody tr td:nth-child(2)').allInnerTexts();
        expect(values).toEqual([HOSTILE, 'value', 'hidden\\u0000\\u200b']);
        expect(await page.locator('nav.keyspaces').innerText()).toContain('<script>');
        await page.click('tbody tr:first-child');
        await page.click('.versions summary');
        await page.waitForSelector('.versions li');
        expect(await page.locator('.panel pre').first().innerText()).toBe(HOSTILE);
        await page.keyboard.press('Escape');
        await page.goto(`${studio.url}#/changes`);
        await page.waitForSelector('.commits li');
        expect(await page.evaluate('window.taken')).toBeUndefined();
        expect(await page.locator('main img, main script, .panel script').count()).toBe(0);
      });
    }));

  it('everything is reached by keys alone', () =>
    withStudio(false, async ({ studio, writer, shown }) => {
      for (const name of ['a', 'ab', 'b']) await writer.put(name, `value of ${name}`);
      await writer.flush();
      await shown.refresh();
      await withPage(studio.url, async (page) => {
        await page.keyboard.press('2');
        await page.waitForSelector('tbody tr');
        await page.keyboard.press('/');
        await page.keyboard.type('a');
        await expect.poll(() => page.locator('tbody tr').count()).toBe(2);
        await page.locator('tbody tr').first().focus();
        await page.keyboard.press('ArrowDown');
        await page.keyboard.press('Enter');
        await page.waitForSelector('.panel pre');
        expect(await page.locator('.panel pre').last().innerText()).toBe('value of ab');
        await page.keyboard.press('Escape');
        expect(await page.locator('.panel').isHidden()).toBe(true);
        await page.keyboard.press('3');
        await page.waitForSelector('.commits li');
        await page.keyboard.press('?');
        expect(await page.locator('dialog').isVisible()).toBe(true);
      });
    }));

  it('each view fits a phone, and the dark one is dark', () =>
    withStudio(false, async ({ studio, writer, shown }) => {
      await writer.put('k'.repeat(500), 'v'.repeat(500));
      await writer.flush();
      await shown.refresh();
      await withPage(
        studio.url,
        async (page) => {
          const views = { 1: '.layers .piece', 2: 'tbody tr', 3: '.commits li' };
          for (const [key, content] of Object.entries(views)) {
            await page.keyboard.press(key);
            await page.waitForSelector(content);
            const [width, inner] = [
              await page.evaluate('document.documentElement.scrollWidth'),
              await page.evaluate('innerWidth'),
            ];
            expect(width).toBe(inner);
          }
          const paper = (): Promise<unknown> =>
            page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
          const light = await paper();
          await page.keyboard.press('t');
          expect(await paper()).not.toBe(light);
        },
        { width: 390, height: 780 },
      );
    }));

  it('a studio that may write edits, adds and deletes', () =>
    withStudio(true, async ({ studio, shown }) => {
      await withPage(studio.url, async (page) => {
        await page.keyboard.press('2');
        await page.click('tbody tr:first-child');
        await page.click('text=Edit');
        await page.fill('.panel textarea', 'changed');
        await page.click('.panel .primary');
        await page.waitForSelector('text=Written, and durable.');
        expect(Buffer.from((await shown.get(Buffer.from('first'))) ?? []).toString()).toBe(
          'changed',
        );
        await page.click('text=New');
        await page.fill('[aria-label=Key]', 'second');
        await page.fill('[aria-label=Value]', 'two');
        await page.click('.panel .primary');
        await expect.poll(() => page.locator('tbody tr').count()).toBe(2);
        await page.click('tbody tr:last-child');
        await page.click('text=Delete');
        await page.click('text=Delete it for good');
        await expect.poll(() => page.locator('tbody tr').count()).toBe(1);
        expect(await shown.has(Buffer.from('second'))).toBe(false);
      });
    }));
});
