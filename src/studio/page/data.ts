/**
 * The second view: keyspaces and indexes, the entries of one, and an entry beside them.
 *
 * Owns: what is shown for which address, and moving through the list by keys.
 *
 * Suspension: suspends for the server; the answer to an earlier question is dropped.
 */
import { ask, type Entry, type EntryPage, type Info, type KeyspaceInfo } from './api.ts';
import { button, make, seenLine } from './dom.ts';
import { EntryPanel, failure } from './entry-panel.ts';
import { bytes, count } from './figures.ts';
import { shownLine } from './shown.ts';

export interface Place {
  readonly keyspace: string;
  readonly index?: string;
}

export function placeAddress({ keyspace, index }: Place): string {
  const base = `#/data/${encodeURIComponent(keyspace)}`;
  return index === undefined ? base : `${base}/${encodeURIComponent(index)}`;
}

export class DataView {
  readonly element: HTMLElement;
  readonly #list: HTMLElement;
  readonly #chooser: HTMLSelectElement;
  readonly #filter: HTMLInputElement;
  readonly #reverse: HTMLInputElement;
  readonly #rows: HTMLElement;
  readonly #table: HTMLElement;
  readonly #head: HTMLElement;
  readonly #foot: HTMLElement;
  readonly #summary: HTMLElement;
  readonly #panel: EntryPanel;
  #keyspaces: readonly KeyspaceInfo[];
  #place: Place;
  /** Grows with each question: an answer to an older one is dropped. */
  #question = 0;
  #shownCount = 0;
  #chosen: HTMLElement | undefined = undefined;

  constructor(info: Info) {
    this.#keyspaces = info.keyspaces;
    this.#place = { keyspace: info.defaultName };
    this.#list = make('nav', { class: 'keyspaces', 'aria-label': 'Keyspaces' });
    this.#chooser = make('select', { class: 'chooser', 'aria-label': 'Keyspace' });
    this.#chooser.addEventListener('change', () => (location.hash = this.#chooser.value));
    this.#filter = make('input', {
      type: 'search',
      'aria-label': 'Prefix of keys',
      spellcheck: 'false',
    });
    this.#filter.addEventListener('input', () => void this.#reload());
    this.#reverse = make('input', { type: 'checkbox' });
    this.#reverse.addEventListener('change', () => void this.#reload());
    this.#head = make('thead');
    this.#rows = make('tbody');
    this.#rows.addEventListener('keydown', (event) => this.#onKey(event));
    this.#table = make('table', {}, this.#head, this.#rows);
    this.#foot = make('div', { class: 'foot' });
    this.#summary = make('p', { class: 'summary' });
    this.#panel = new EntryPanel({
      isWritable: info.isWritable,
      onChange: () => void this.#reload(),
      onClose: () => this.#chosen?.focus(),
    });
    this.element = make(
      'div',
      { class: 'data' },
      this.#list,
      make(
        'div',
        { class: 'entries' },
        this.#chooser,
        this.#summary,
        this.#tools(info),
        this.#table,
        this.#foot,
      ),
      this.#panel.element,
    );
  }

  #tools({ isWritable }: Info): HTMLElement {
    const tools = make(
      'div',
      { class: 'tools' },
      this.#filter,
      make('label', {}, this.#reverse, ' last first'),
      button('Reload', () => void this.#reload()),
    );
    if (isWritable) {
      tools.append(
        button('New\u2026', () => {
          this.#panel.create(this.#place.keyspace, this.#keyHint());
        }),
      );
    }
    return tools;
  }

  get #info(): KeyspaceInfo | undefined {
    return this.#keyspaces.find(({ name }) => name === this.#place.keyspace);
  }

  #keyHint(): string {
    return this.#info?.keyEncoding === 'tuple' ? 'An array, such as ["alice", 17]' : '';
  }

  focusFilter(): void {
    this.#filter.focus();
    this.#filter.select();
  }

  async show(place: Place | undefined): Promise<void> {
    if (place !== undefined) {
      const isOther = place.keyspace !== this.#place.keyspace || place.index !== this.#place.index;
      this.#place = place;
      if (isOther) this.#filter.value = '';
      if (isOther) this.#panel.close();
    }
    await this.#refreshKeyspaces();
    await this.#reload();
  }

  async #refreshKeyspaces(): Promise<void> {
    try {
      this.#keyspaces = await ask<KeyspaceInfo[]>('keyspaces');
    } catch {
      // The entries say what is wrong.
    }
    this.#drawKeyspaces();
  }

  #drawKeyspaces(): void {
    const places = this.#keyspaces.flatMap((info): [Place, KeyspaceInfo][] => [
      [{ keyspace: info.name }, info],
      ...info.indexes.map(({ name }): [Place, KeyspaceInfo] => [
        { keyspace: info.name, index: name },
        info,
      ]),
    ]);
    const current = placeAddress(this.#place);
    this.#list.replaceChildren(
      make('h2', {}, 'Keyspaces'),
      ...places.map(([place, info]) => {
        const address = placeAddress(place);
        const isCurrent = address === current;
        return make(
          'a',
          {
            href: address,
            class: place.index === undefined ? 'keyspace' : 'index',
            'aria-current': isCurrent ? 'page' : undefined,
          },
          make('span', {}, seenLine(place.index ?? place.keyspace)),
          make('small', {}, place.index === undefined ? encodings(info) : 'index'),
        );
      }),
    );
    this.#chooser.replaceChildren(
      ...places.map(([place]) => {
        const label =
          place.index === undefined ? place.keyspace : `${place.keyspace} by ${place.index}`;
        return make(
          'option',
          { value: placeAddress(place), selected: placeAddress(place) === current },
          seenLine(label),
        );
      }),
    );
  }

  #drawHead(): void {
    const { index } = this.#place;
    const info = this.#info;
    const found = info?.indexes.find(({ name }) => name === index);
    const isTuple = info?.keyEncoding === 'tuple' || index !== undefined;
    const of = index === undefined ? 'keys' : 'values';
    this.#filter.placeholder = isTuple ? `Prefix of ${of}, such as ["alice"]` : 'Prefix of keys';
    this.#table.className = index === undefined ? 'plain-entries' : 'index-entries';
    const columns = index === undefined ? ['Key', 'Value', 'Size'] : ['Index', 'Key', 'Value'];
    this.#head.replaceChildren(
      make('tr', {}, ...columns.map((name) => make('th', { scope: 'col' }, name))),
    );
    const facts =
      found !== undefined
        ? [
            found.on?.join(', ') ?? 'by a function',
            found.isUnique ? 'unique' : '',
            found.isReady ? '' : 'not built',
          ]
        : info === undefined
          ? []
          : [
              encodings(info),
              `${bytes(info.sizeBytes)} in tables of its own`,
              info.ttlMs === null ? '' : `expires after ${count(info.ttlMs)} ms`,
            ];
    this.#summary.replaceChildren(
      make(
        'b',
        {},
        seenLine(
          index === undefined ? this.#place.keyspace : `${this.#place.keyspace} by ${index}`,
        ),
      ),
      ` ${facts.filter((each) => each !== '').join(' \u00b7 ')}`,
    );
  }

  async #reload(): Promise<void> {
    this.#drawHead();
    this.#shownCount = 0;
    await this.#page(undefined);
  }

  async #page(after: string | undefined): Promise<void> {
    const question = ++this.#question;
    const { keyspace, index } = this.#place;
    const prefix = this.#filter.value === '' ? undefined : this.#filter.value;
    const reverse = this.#reverse.checked ? '1' : undefined;
    try {
      const path = index === undefined ? 'entries' : 'index';
      const page = await ask<EntryPage>(path, { keyspace, index, prefix, reverse, after });
      if (question === this.#question) this.#drawPage(page, after === undefined);
    } catch (error) {
      if (question !== this.#question) return;
      if (after === undefined) this.#rows.replaceChildren();
      this.#foot.replaceChildren(failure(error));
    }
  }

  #drawPage({ entries, next }: EntryPage, isFirst: boolean): void {
    const rows = entries.map((entry) => this.#row(entry));
    if (isFirst) this.#rows.replaceChildren(...rows);
    else this.#rows.append(...rows);
    this.#rows.querySelector<HTMLElement>('tr')?.setAttribute('tabindex', '0');
    if (!isFirst) rows[0]?.focus();
    this.#shownCount += entries.length;
    const total = next === undefined ? 'that is all' : 'there are more';
    const text =
      this.#shownCount === 0 ? 'Nothing here.' : `${count(this.#shownCount)} shown, ${total}.`;
    this.#foot.replaceChildren(
      make('span', { role: 'status' }, text),
      next === undefined ? '' : button('More', () => void this.#page(next), { class: 'more' }),
    );
  }

  #row(entry: Entry): HTMLElement {
    const cells =
      entry.values === undefined
        ? [shownLine(entry.key), shownLine(entry.value), bytes(entry.value.sizeBytes)]
        : [
            make('code', {}, seenLine(JSON.stringify(entry.values))),
            shownLine(entry.key),
            shownLine(entry.value),
          ];
    const row = make('tr', { tabindex: -1 }, ...cells.map((cell) => make('td', {}, cell)));
    const choose = (): void => {
      this.#chosen?.classList.remove('chosen');
      this.#chosen = row;
      row.classList.add('chosen');
      void this.#panel.show(this.#place.keyspace, entry.id);
    };
    row.addEventListener('click', choose);
    row.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault();
        choose();
      }
    });
    return row;
  }

  #onKey(event: KeyboardEvent): void {
    const row = event.target instanceof Element ? event.target.closest('tr') : null;
    const isDown = event.key === 'ArrowDown' || event.key === 'j';
    const isUp = event.key === 'ArrowUp' || event.key === 'k';
    const target = isDown
      ? row?.nextElementSibling
      : isUp
        ? row?.previousElementSibling
        : undefined;
    if (target instanceof HTMLElement) {
      event.preventDefault();
      target.focus();
    } else if (isDown && row !== null) {
      event.preventDefault();
      this.#foot.querySelector('button')?.focus();
    }
    if (event.key === 'Escape') this.#panel.close();
  }
}

function encodings({ keyEncoding = 'bytes', valueEncoding = 'bytes' }: KeyspaceInfo): string {
  return `${seenLine(keyEncoding)} \u2192 ${seenLine(valueEncoding)}`;
}
