/**
 * One entry beside the list: key, value, expiry, versions; and where the studio may write, changing it.
 *
 * Owns: that a value which was cut is not edited, since the rest would be lost.
 *
 * Suspension: suspends for the server.
 */
import { ask, tell, type Version, type Versions, type WholeEntry } from './api.ts';
import { button, make, seenLine } from './dom.ts';
import { bytes, count, moment } from './figures.ts';
import { shownBlock, shownLine } from './shown.ts';

export interface EntryPanelSettings {
  readonly isWritable: boolean;
  /** After a change. */
  readonly onChange: () => void;
  readonly onClose: () => void;
}

const CUT_NOTE = 'This is the beginning; varve get prints the whole.';

export class EntryPanel {
  readonly element: HTMLElement;
  readonly #settings: EntryPanelSettings;

  constructor(settings: EntryPanelSettings) {
    this.#settings = settings;
    this.element = make('aside', { class: 'panel card', hidden: true, 'aria-label': 'Entry' });
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
    });
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  close(): void {
    if (!this.isOpen) return;
    this.element.hidden = true;
    this.#settings.onClose();
  }

  async show(keyspace: string, id: string): Promise<void> {
    this.element.hidden = false;
    try {
      const entry = await ask<WholeEntry>('entry', { keyspace, id });
      this.#draw(keyspace, entry);
    } catch (error) {
      this.element.replaceChildren(this.#head('Entry'), failure(error));
    }
  }

  /** An empty form for a new entry. */
  create(keyspace: string, keyHint: string): void {
    this.element.hidden = false;
    const key = make('textarea', {
      rows: 2,
      'aria-label': 'Key',
      placeholder: keyHint,
      spellcheck: 'false',
    });
    const value = make('textarea', { rows: 10, 'aria-label': 'Value', spellcheck: 'false' });
    const result = make('div', { class: 'result', role: 'status' });
    const save = button(
      'Put',
      () => {
        void this.#write(result, 'put', { keyspace, key: key.value, value: value.value });
      },
      { class: 'primary' },
    );
    this.element.replaceChildren(
      this.#head('New entry'),
      make('h4', {}, 'Key'),
      key,
      make('h4', {}, 'Value'),
      value,
      make('div', { class: 'actions' }, save),
      result,
    );
    key.focus();
  }

  #head(title: string): HTMLElement {
    const close = button('\u00d7', () => this.close(), { class: 'close', 'aria-label': 'Close' });
    return make('header', {}, make('h3', {}, title), close);
  }

  #draw(keyspace: string, entry: WholeEntry): void {
    const { key, value, expiresAt, keyHex } = entry;
    const facts: [string, string][] = [
      ['keyspace', seenLine(keyspace)],
      ['value', `${bytes(value.sizeBytes)}, ${value.form === 'hex' ? 'bytes' : value.form}`],
      ['expires', expiresAt === undefined ? 'never' : moment(expiresAt)],
    ];
    this.element.replaceChildren(
      this.#head('Entry'),
      make('h4', {}, 'Key'),
      shownBlock(key),
      make(
        'details',
        {},
        make('summary', {}, 'Bytes of the key'),
        make('pre', { class: 'block hex' }, keyHex),
      ),
      make(
        'dl',
        { class: 'facts' },
        ...facts.map(([name, text]) => make('div', {}, make('dt', {}, name), make('dd', {}, text))),
      ),
      make('h4', {}, 'Value'),
      shownBlock(value),
      value.isCut ? make('p', { class: 'note' }, CUT_NOTE) : '',
      this.#actions(keyspace, entry),
      this.#versions(keyspace, entry.id),
    );
  }

  #actions(keyspace: string, { id, value }: WholeEntry): HTMLElement {
    const actions = make('div', { class: 'actions' });
    if (!this.#settings.isWritable) return actions;
    const result = make('div', { class: 'result', role: 'status' });
    const edit = button('Edit', () => {
      const area = make('textarea', { rows: 10, 'aria-label': 'New value', spellcheck: 'false' });
      area.value = value.text;
      const save = button(
        'Put',
        () => {
          void this.#write(result, 'put', { keyspace, id, value: area.value });
        },
        { class: 'primary' },
      );
      actions.replaceChildren(area, save, result);
      area.focus();
    });
    edit.disabled = value.isCut || value.form === 'hex';
    const remove = button('Delete', () => {
      const sure = button(
        'Delete it for good',
        () => {
          void this.#write(result, 'del', { keyspace, id });
        },
        { class: 'danger' },
      );
      remove.replaceWith(sure);
      sure.focus();
    });
    actions.append(edit, remove, result);
    return actions;
  }

  async #write(
    result: HTMLElement,
    path: 'put' | 'del',
    body: Record<string, string>,
  ): Promise<void> {
    result.textContent = '';
    try {
      await tell(path, body);
      if (path === 'del') this.close();
      else result.textContent = 'Written, and durable.';
      this.#settings.onChange();
    } catch (error) {
      result.replaceChildren(failure(error));
    }
  }

  /** They are looked for when they are wanted: that reads the history. */
  #versions(keyspace: string, id: string): HTMLElement {
    const list = make('div', {});
    const details = make(
      'details',
      { class: 'versions' },
      make('summary', {}, 'Versions in the history'),
      list,
    );
    details.addEventListener('toggle', () => {
      if (!details.open || list.childElementCount > 0) return;
      list.replaceChildren(make('p', { class: 'note' }, 'Reading the history\u2026'));
      ask<Versions>('versions', { keyspace, id }).then(
        (found) => list.replaceChildren(...versionRows(found)),
        (error: unknown) => list.replaceChildren(failure(error)),
      );
    });
    return details;
  }
}

function versionRows({ versions, isWhole, since }: Versions): HTMLElement[] {
  const rows = versions.map(({ sequence, time, type, value }: Version) =>
    make(
      'li',
      {},
      make('span', { class: 'when' }, `${moment(Date.parse(time))}, sequence ${count(sequence)}`),
      value === undefined
        ? make('em', {}, type === 'del' ? 'deleted' : 'deleted with a range')
        : shownLine(value),
    ),
  );
  const reach =
    since === 0
      ? 'The history begins with the first commit.'
      : `The history begins after sequence ${count(since)}.`;
  const limit = isWhole ? '' : ' It is longer than what was read.';
  const none = rows.length === 0 ? 'It has no version of this key. ' : '';
  return [make('ol', {}, ...rows), make('p', { class: 'note' }, none + reach + limit)];
}

export function failure(error: unknown): HTMLElement {
  const text = error instanceof Error ? error.message : String(error);
  return make('p', { class: 'failure', role: 'alert' }, seenLine(text));
}
