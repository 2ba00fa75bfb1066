/**
 * Pictures of the command, as a terminal shows it.
 *
 * Owns: what is typed, and the look of the terminal. The commands run for real, on a terminal of `script` (util-linux), over
 * the shop. One copy of it is damaged on purpose, so that `varve doctor` has something to say.
 *
 * Suspension: suspends for the commands and for the browser.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fillShop, openShop } from './shop.mjs';
import { htmlOf, screenOf } from './terminal.mjs';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
/** In place of the folder of a run, whose name is another each time. */
const SHOWN_FOLDER = '/srv';
const COLUMNS = { desk: 92, phone: 54 };
const ESCAPE = String.fromCharCode(27);
/** A prompt of the shell, where it waits for a line. */
const PROMPT = new RegExp(`> ${ESCAPE}\\[\\d+G$`);

const CONVERSATION = [
  'use users',
  'count',
  'by byCity ["Graz"] --limit 3',
  'begin',
  'put user:000008 {"name": "Ada", "email": "ada@example.org", "city": "Graz", "age": 36}',
  'by byEmail ["ada@example.org"]',
  'commit',
  'put user:000009 {"email": "ada@example.org"}',
  'use orders',
  'scan --limit 2',
  'exit',
];

const STYLE = `
  :root { color-scheme: light dark; --back: #fbfaf8; --text: #24211c; --edge: #ddd7cc;
    --red: #b3261e; --green: #1d7a3a; --yellow: #8a6100; }
  @media (prefers-color-scheme: dark) {
    :root { --back: #1b1a18; --text: #e6e1d8; --edge: #3a372f;
      --red: #ff8a80; --green: #7fd494; --yellow: #f0c674; }
  }
  body { margin: 0; background: var(--back); }
  pre { margin: 0; padding: 14px 16px; width: fit-content; min-width: 380px; box-sizing: border-box;
    background: var(--back); color: var(--text); border: 1px solid var(--edge);
    font: 13px/1.45 'DejaVu Sans Mono', monospace; }
  .phone pre { font-size: 11px; padding: 8px; width: 390px; white-space: pre-wrap; overflow-wrap: anywhere; }
  .bold { font-weight: bold; } .red { color: var(--red); } .green { color: var(--green); }
  .yellow { color: var(--yellow); }`;

/** A command on a terminal with so many columns, in `folder`. */
function onTerminal(folder, columns, args) {
  const words = args.map((word) => `'${word}'`).join(' ');
  const text = `stty cols ${columns} rows 60; exec '${process.execPath}' '${MAIN}' ${words}`;
  const options = { cwd: folder, env: { ...process.env, NO_COLOR: '', TERM: 'xterm-256color' } };
  return spawn('script', ['-qec', text, '/dev/null'], {
    ...options,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

async function outputOf(folder, columns, args) {
  const child = onTerminal(folder, columns, args);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  await once(child, 'close');
  return `$ varve ${args.join(' ')}\n${output}`;
}

/** Types each line when the shell waits for it. */
async function talk(folder, columns, lines) {
  const args = ['shell', './shop', '--no-history'];
  const child = onTerminal(folder, columns, args);
  const left = [...lines];
  let output = '';
  let fresh = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
    fresh += text;
    if (!PROMPT.test(fresh) || left.length === 0) return;
    fresh = '';
    child.stdin.write(`${left.shift()}\r`);
  });
  await once(child, 'close');
  return `$ varve shell ./shop\n${output}`;
}

/** One byte in the middle of a table is another one now. */
function damage(directory) {
  const [table] = readdirSync(directory).filter((name) => name.endsWith('.sst'));
  const path = join(directory, table);
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] ^= 0xff;
  writeFileSync(path, bytes);
}

const TEXTS = {
  async stats(folder, columns) {
    const text = await outputOf(folder, columns, ['stats', './shop']);
    return text.split('\n').slice(0, 46).join('\n');
  },
  async doctor(folder, columns) {
    const sound = await outputOf(folder, columns, ['doctor', './shop', '--verify']);
    const damaged = await outputOf(folder, columns, ['doctor', './damaged', '--verify']);
    return `${sound}\n${damaged}`;
  },
  shell: (folder, columns) => talk(folder, columns, CONVERSATION),
};

const PICTURES = ['stats', 'doctor', 'shell'].flatMap((subject) => [
  { name: `command-${subject}-light`, subject, scheme: 'light', form: 'desk' },
  { name: `command-${subject}-dark`, subject, scheme: 'dark', form: 'desk' },
  { name: `command-${subject}-phone`, subject, scheme: 'dark', form: 'phone' },
]);

/** Makes the pictures that are wanted; says it when this machine has no `script`. */
export async function makeCommandImages({ browser, target, folder, isWanted }) {
  const wanted = PICTURES.filter(({ name }) => isWanted(name));
  if (wanted.length === 0) return;
  if (spawnSync('script', ['--version']).error !== undefined) {
    console.log('SKIPPED: there are no pictures of the command: this machine has no `script`');
    return;
  }
  const db = await openShop(join(folder, 'shop'));
  await fillShop(db);
  await db.flush();
  await db.close();
  cpSync(join(folder, 'shop'), join(folder, 'damaged'), { recursive: true });
  damage(join(folder, 'damaged'));
  for (const { name, subject, scheme, form } of wanted) {
    const text = await TEXTS[subject](folder, COLUMNS[form]);
    const lines = screenOf(text.trimEnd().replaceAll(folder, SHOWN_FOLDER));
    const page = await browser.newPage({ colorScheme: scheme, deviceScaleFactor: 2 });
    await page.setContent(
      `<style>${STYLE}</style><body class="${form}"><pre>${htmlOf(lines)}</pre>`,
    );
    await page.locator('pre').screenshot({ path: join(target, `${name}.png`) });
    await page.close();
  }
}
