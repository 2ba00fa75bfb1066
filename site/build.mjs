/**
 * Builds the documents as a site: `make docs-site`.
 *
 * Owns: which pages the site has, and where their links lead. `docs` stays as it is, for who reads it in the repository; pages
 * are copies, with four changes. The README is the page `tour`. A link to a source leads to the repository, whose address is
 * in package.json. Angle brackets outside of code are text, but for a line that is a comment: it goes. The reference comes
 * from the comments of the declarations.
 *
 * VitePress fails at a link that leads to no page. Output: site/.vitepress/dist.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vitepress';

const SITE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = join(SITE, '..');
const PAGES = join(SITE, 'pages');
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const repository = manifest.homepage.replace(/#.*/, '');

/** Documents beside README.md that are pages, by their names there. */
const AT_THE_ROOT = {
  'README.md': 'tour.md',
  'CHANGELOG.md': 'changelog.md',
  'CONTRIBUTING.md': 'contributing.md',
  'SECURITY.md': 'security.md',
};

/** From a path of the repository to the page that it is; undefined for what is no page. */
function pageOf(path) {
  if (path in AT_THE_ROOT) return AT_THE_ROOT[path];
  if (path === 'docs/README.md') return 'documents.md';
  if (path === 'docs/adr/README.md') return 'adr/index.md';
  return path.startsWith('docs/') && path.endsWith('.md') ? path.slice('docs/'.length) : undefined;
}

function filesIn(folder) {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    return entry.isDirectory() ? filesIn(path) : [path];
  });
}

/** A link of the document at `path`, as the page has it. */
function relinked(path, link) {
  if (/^[a-z]+:/.test(link) || link.startsWith('#')) return link;
  const [target = '', fragment] = link.split('#');
  const place = posix.join(posix.dirname(path), target);
  const page = pageOf(place);
  const hash = fragment === undefined ? '' : `#${fragment}`;
  if (page !== undefined) return posix.join('/', page) + hash;
  if (place.startsWith('docs/')) return posix.join('/', place.slice('docs/'.length));
  if (!existsSync(join(ROOT, place)))
    throw new Error(`Link leads nowhere: file=${path} link=${link}`);
  return `${repository}/blob/main/${place}${hash}`;
}

/** The text of a page. Code stays as it is, but for marks of the tests behind the language. */
function pageText(path) {
  let isCode = false;
  return readFileSync(join(ROOT, path), 'utf8')
    .split('\n')
    .map((line) => {
      if (line.startsWith('```')) {
        isCode = !isCode;
        return line.replace(/^(```\w+) .*/, '$1').replace(/^```hex$/, '```txt');
      }
      if (isCode || /^ {4}/.test(line)) return line;
      if (/^<!--.*-->$/.test(line)) return '';
      return line
        .split(/(`[^`]*`)/)
        .map((part, index) =>
          index % 2 === 1 ? part.replaceAll('{{', '{&#8203;{') : part.replaceAll('<', '&lt;'),
        )
        .join('')
        .replaceAll(/\]\(([^)\s]+)\)/g, (_, link) => `](${relinked(path, link)})`);
    })
    .join('\n');
}

function writePage(page, text) {
  mkdirSync(dirname(join(PAGES, page)), { recursive: true });
  writeFileSync(join(PAGES, page), text);
}

function writePages() {
  rmSync(PAGES, { recursive: true, force: true });
  for (const path of [...Object.keys(AT_THE_ROOT), ...filesIn('docs')]) {
    const page = pageOf(path);
    if (page !== undefined) writePage(page, pageText(path));
    else
      cpSync(join(ROOT, path), join(PAGES, 'public', path.slice('docs/'.length)), {
        recursive: true,
      });
  }
  cpSync(join(SITE, 'public'), join(PAGES, 'public'), { recursive: true });
  writePage(
    'index.md',
    `---
layout: home
hero:
  name: Varve
  text: An embedded transactional store for Node.js
  tagline: Durable by default, serializable on request, in one directory of your process.
  image: { src: /favicon.svg, alt: Layers of a lake bed }
  actions:
    - { theme: brand, text: The tour, link: /tour }
    - { theme: alt, text: Guides, link: /guides/ledger }
    - { theme: alt, text: Reference, link: /reference/ }
features:
  - title: Data that is there after the crash
    details: A write is acknowledged after fdatasync, and many callers share one sync.
    link: /durability
  - title: Balances, counters, stock
    details: Two transactions never silently overwrite each other's update.
    link: /isolation
  - title: Indexes, documents, graphs
    details: Secondary indexes, queries and traversals, in the same transactions.
    link: /data-model
  - title: History and backups
    details: A stream of all commits, reads of the past, backups back to any commit.
    link: /guides/backup
---
`,
  );
}

/** The reference, a page for each entry, class and type. */
function writeReference() {
  const run = spawnSync('npx', ['typedoc', '--options', 'typedoc.json'], {
    cwd: SITE,
    stdio: 'inherit',
  });
  if (run.status !== 0) throw new Error('The reference was not made');
}

writePages();
writeReference();
await build(SITE);
