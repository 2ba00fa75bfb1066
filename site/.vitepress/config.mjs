/** The look of the site: its menus, those for users first. What a page says is in docs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));

/** The title of a document: its first heading. */
const titleOf = (path) => /^# (.*)$/m.exec(readFileSync(join(DOCS, path), 'utf8'))?.[1] ?? path;

const item = (path) => ({ text: titleOf(path), link: `/${path.replace(/\.md$/, '')}` });

const all = (folder) =>
  readdirSync(join(DOCS, folder))
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .sort()
    .map((name) => item(`${folder}/${name}`));

const USERS = [
  {
    text: 'Begin',
    items: [
      { text: 'Tour', link: '/tour' },
      { text: 'All documents', link: '/documents' },
      { text: 'Changelog', link: '/changelog' },
    ],
  },
  { text: 'Guides', items: all('guides') },
  {
    text: 'Concepts',
    items: ['data-model', 'durability', 'isolation', 'concurrency', 'threads'].map((name) =>
      item(`${name}.md`),
    ),
  },
  {
    text: 'Look up',
    items: [
      { text: 'Reference', link: '/reference/' },
      ...['errors', 'performance', 'repair', 'versioning', 'glossary'].map((name) =>
        item(`${name}.md`),
      ),
      { text: 'The command', link: '/tour#the-varve-command' },
    ],
  },
];

const MAINTAINERS = [
  {
    text: 'For maintainers',
    items: [
      ...['architecture', 'finding', 'lifetimes', 'memtable', 'testing', 'releasing'].map((name) =>
        item(`${name}.md`),
      ),
      { text: 'Contributing', link: '/contributing' },
      { text: 'Security', link: '/security' },
    ],
  },
  { text: 'Formats', collapsed: true, items: all('formats') },
  { text: 'Decisions', collapsed: true, items: all('adr') },
];

/** What the search reads of a page: in the reference a call is one place, with its parameters, its result and its example. */
function searchedHtml(text, env, markdown) {
  const html = markdown.render(text, env);
  if (!env.relativePath.startsWith('reference/')) return html;
  return html.replaceAll(/<h[4-6]\b[^>]*>(.*?)<\/h[4-6]>/g, '<p>$1</p>');
}

export default {
  title: 'Varve',
  description: 'An embedded transactional key-value store for Node.js',
  srcDir: 'pages',
  head: [
    ['link', { rel: 'icon', type: 'image/svg+xml', href: '/favicon.svg' }],
    // Code that is indented, without a fence, scrolls by itself on a phone.
    ['style', {}, '.vp-doc div > pre, .vp-doc li > pre { overflow-x: auto; }'],
  ],
  cleanUrls: true,
  themeConfig: {
    logo: '/favicon.svg',
    search: {
      provider: 'local',
      options: {
        _render: searchedHtml,
        miniSearch: {
          searchOptions: { boostDocument: (id) => (/^\/reference\//.test(id) ? 0.5 : 1) },
        },
      },
    },
    outline: [2, 3], // deeper, a class of the reference would have hundreds
    nav: [
      { text: 'Tour', link: '/tour' },
      { text: 'Guides', link: '/guides/ledger' },
      { text: 'Reference', link: '/reference/' },
      { text: 'Maintainers', link: '/architecture' },
    ],
    sidebar: [...USERS, ...MAINTAINERS],
  },
};
