/**
 * The page of the studio: the frame around its views.
 *
 * Owns: the address behind `#`, the theme, the keys that work everywhere, and the stream of statistics.
 *
 * Suspension: suspends for the server.
 */
import { ask, type Info, type Tick } from './api.ts';
import { ChangesView } from './changes.ts';
import { DataView, type Place } from './data.ts';
import { button, make, seenLine } from './dom.ts';
import { failure } from './entry-panel.ts';
import { Overview } from './overview.ts';

type ViewName = 'overview' | 'data' | 'changes';

const VIEWS: readonly { readonly name: ViewName; readonly label: string; readonly key: string }[] =
  [
    { name: 'overview', label: 'Overview', key: '1' },
    { name: 'data', label: 'Data', key: '2' },
    { name: 'changes', label: 'Changes', key: '3' },
  ];

const KEYS: readonly [string, string][] = [
  ['1, 2, 3', 'overview, data, changes'],
  ['/', 'filter keys'],
  ['\u2191 \u2193, j k', 'move through entries'],
  ['Enter', 'open an entry'],
  ['Esc', 'close it'],
  ['t', 'light or dark'],
  ['?', 'this list'],
];

class Studio {
  readonly #overview: Overview;
  readonly #data: DataView;
  readonly #changes: ChangesView;
  readonly #nav: HTMLElement;
  readonly #state: HTMLElement;
  readonly #help: HTMLDialogElement;
  #current: ViewName = 'overview';

  constructor(info: Info) {
    this.#overview = new Overview(info);
    this.#data = new DataView(info);
    this.#changes = new ChangesView();
    this.#nav = make('nav', { class: 'views', 'aria-label': 'Views' });
    this.#state = make('span', { class: 'badge', role: 'status' }, modeOf(info));
    this.#help = helpDialog();
    mustFind('app').replaceChildren(
      this.#head(info),
      make('main', {}, this.#overview.element, this.#data.element, this.#changes.element),
      this.#help,
    );
    document.title = `${nameOf(info.location)} \u2013 Varve studio`;
    window.addEventListener('hashchange', () => this.#route());
    window.addEventListener('keydown', (event) => this.#onKey(event));
    this.#route();
    this.#listen(info);
  }

  #head({ location: path, packageVersion }: Info): HTMLElement {
    const theme = button('\u25d0', switchTheme, {
      class: 'plain',
      'aria-label': 'Light or dark',
      title: 'Light or dark (t)',
    });
    const help = button('?', () => this.#help.showModal(), {
      class: 'plain',
      'aria-label': 'Keys',
      title: 'Keys (?)',
    });
    return make(
      'header',
      { class: 'top' },
      make('span', { class: 'mark', title: `Varve ${packageVersion}` }, 'varve'),
      make('span', { class: 'path', title: seenLine(path) }, seenLine(nameOf(path))),
      this.#state,
      this.#nav,
      theme,
      help,
    );
  }

  #route(): void {
    const [, view = '', ...rest] = location.hash.split('/');
    this.#current = VIEWS.find(({ name }) => name === view)?.name ?? 'overview';
    this.#nav.replaceChildren(
      ...VIEWS.map(({ name, label, key }) =>
        make(
          'a',
          {
            href: `#/${name}`,
            title: `${label} (${key})`,
            'aria-current': name === this.#current ? 'page' : undefined,
          },
          label,
        ),
      ),
    );
    this.#overview.element.hidden = this.#current !== 'overview';
    this.#data.element.hidden = this.#current !== 'data';
    this.#changes.element.hidden = this.#current !== 'changes';
    if (this.#current === 'overview') this.#overview.draw();
    if (this.#current === 'data') void this.#data.show(placeIn(rest));
    if (this.#current === 'changes') this.#changes.begin();
    else this.#changes.end();
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const view = VIEWS.find(({ key }) => key === event.key);
    if (view !== undefined) location.hash = `#/${view.name}`;
    if (event.key === 't') switchTheme();
    if (event.key === '?') this.#help.showModal();
    if (event.key === '/' && this.#current === 'data') {
      event.preventDefault();
      this.#data.focusFilter();
    }
  }

  #listen(info: Info): void {
    const stream = new EventSource('api/stats');
    stream.addEventListener('stats', (event) => {
      this.#overview.take(JSON.parse(event.data as string) as Tick, this.#current === 'overview');
      this.#state.textContent = modeOf(info);
      this.#state.classList.remove('lost');
    });
    stream.addEventListener('error', () => {
      this.#state.textContent = 'no connection';
      this.#state.classList.add('lost');
    });
  }
}

function placeIn([keyspace, index]: readonly string[]): Place | undefined {
  if (keyspace === undefined || keyspace === '') return undefined;
  const place = { keyspace: decodeURIComponent(keyspace) };
  return index === undefined ? place : { ...place, index: decodeURIComponent(index) };
}

function modeOf({ isFollower, isWritable }: Info): string {
  if (isWritable) return 'read and write';
  return isFollower ? 'read only, following' : 'read only';
}

function nameOf(path: string): string {
  return (
    path
      .split(/[\\/]/)
      .filter((part) => part !== '')
      .at(-1) ?? path
  );
}

function helpDialog(): HTMLDialogElement {
  const dialog = make(
    'dialog',
    { 'aria-label': 'Keys' },
    make('h2', {}, 'Keys'),
    make(
      'dl',
      {},
      ...KEYS.map(([key, text]) =>
        make('div', {}, make('dt', {}, make('kbd', {}, key)), make('dd', {}, text)),
      ),
    ),
  );
  dialog.append(button('Close', () => dialog.close()));
  return dialog;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select, dialog') !== null;
}

const THEME = 'varve-studio-theme';

function switchTheme(): void {
  const { dataset } = document.documentElement;
  const isDark = dataset['theme'] === 'dark' || (dataset['theme'] === undefined && prefersDark());
  dataset['theme'] = isDark ? 'light' : 'dark';
  localStorage.setItem(THEME, dataset['theme']);
}

function prefersDark(): boolean {
  return matchMedia('(prefers-color-scheme: dark)').matches;
}

function mustFind(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`The page lacks an element: id=${id}`);
  return element;
}

const theme = localStorage.getItem(THEME);
if (theme === 'dark' || theme === 'light') document.documentElement.dataset['theme'] = theme;
ask<Info>('info').then(
  (info) => new Studio(info),
  (error: unknown) => mustFind('app').replaceChildren(failure(error)),
);
