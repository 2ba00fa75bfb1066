/**
 * The third view: commits as they come.
 *
 * Owns: how many are kept, and that a pause loses none that the history still has: the stream goes on from the last one.
 *
 * Suspension: everything here is synchronous; commits come by a stream.
 */
import type { Commit, Operation } from './api.ts';
import { button, make, seenLine } from './dom.ts';
import { clock, count, plural } from './figures.ts';
import { shownLine } from './shown.ts';

/** What a stream says first. */
interface Begin {
  readonly since: number;
  readonly historyKept: boolean;
}

const COMMIT_COUNT_MAX = 400;
const RETRY_MS = 2000;

export class ChangesView {
  readonly element: HTMLElement;
  readonly #list: HTMLElement;
  readonly #note: HTMLElement;
  readonly #pause: HTMLButtonElement;
  readonly #only: HTMLInputElement;
  #stream: EventSource | undefined = undefined;
  #since: number | undefined = undefined;
  #isPaused = false;

  constructor() {
    this.#list = make('ol', { class: 'commits', 'aria-label': 'Commits, newest first' });
    this.#note = make('p', { class: 'note', role: 'status' }, 'Waiting for commits\u2026');
    this.#pause = button('Pause', () => this.#toggle());
    this.#only = make('input', {
      type: 'search',
      placeholder: 'Keyspace',
      'aria-label': 'Only this keyspace',
    });
    this.#only.addEventListener('input', () => this.#filterAll());
    this.element = make(
      'div',
      { class: 'changes' },
      make('div', { class: 'tools' }, this.#only, this.#pause),
      this.#note,
      this.#list,
    );
  }

  /** Goes on from where it was. */
  begin(): void {
    if (this.#stream !== undefined || this.#isPaused) return;
    const query = this.#since === undefined ? '' : `?since=${this.#since}`;
    const stream = new EventSource(`api/changes${query}`);
    this.#stream = stream;
    stream.addEventListener('begin', (event) =>
      this.#onBegin(JSON.parse(event.data as string) as Begin),
    );
    stream.addEventListener('commit', (event) =>
      this.#onCommit(JSON.parse(event.data as string) as Commit),
    );
    stream.addEventListener('gone', (event) => {
      const { message } = JSON.parse(event.data as string) as { message: string };
      this.end();
      this.#since = undefined;
      this.#note.textContent = `${message}. Going on with what is committed now.`;
      setTimeout(() => this.begin(), RETRY_MS);
    });
  }

  end(): void {
    this.#stream?.close();
    this.#stream = undefined;
  }

  #toggle(): void {
    this.#isPaused = !this.#isPaused;
    this.#pause.textContent = this.#isPaused ? 'Go on' : 'Pause';
    if (this.#isPaused) this.end();
    else this.begin();
  }

  #onBegin({ since, historyKept }: Begin): void {
    const kept = historyKept
      ? ''
      : ' This database keeps no history (option history of open): commits are seen until their flush.';
    this.#note.textContent = `Commits after sequence ${count(since)}, once they survive a power cut.${kept}`;
  }

  #onCommit(commit: Commit): void {
    this.#since = commit.sequence;
    const item = commitItem(commit);
    this.#filter(item);
    this.#list.prepend(item);
    while (this.#list.childElementCount > COMMIT_COUNT_MAX) this.#list.lastElementChild?.remove();
  }

  #filterAll(): void {
    for (const item of this.#list.children) if (item instanceof HTMLElement) this.#filter(item);
  }

  #filter(item: HTMLElement): void {
    const wanted = this.#only.value;
    const names = item.dataset['keyspaces']?.split('\n') ?? [];
    item.hidden = wanted !== '' && !names.some((name) => name.startsWith(wanted));
  }
}

function commitItem({ sequence, time, operations, operationCount }: Commit): HTMLElement {
  const item = make(
    'li',
    {},
    make(
      'header',
      {},
      make('b', {}, count(sequence)),
      make('time', {}, clock(time)),
      make('span', {}, plural(operationCount, 'operation')),
    ),
    make(
      'ul',
      {},
      ...operations.map((each) => make('li', { class: each.type }, ...operationParts(each))),
    ),
  );
  if (operationCount > operations.length) {
    item.append(
      make('p', { class: 'note' }, `and ${count(operationCount - operations.length)} more`),
    );
  }
  item.dataset['keyspaces'] = operations.map(({ keyspace }) => keyspace).join('\n');
  return item;
}

function operationParts({ type, keyspace, key, value, gte, lt }: Operation): (Node | string)[] {
  const mark = make('span', { class: `kind ${type}` }, type);
  const space = make('span', { class: 'space' }, seenLine(keyspace));
  if (type === 'delRange') {
    const bound = (shown: typeof gte): Node | string =>
      shown === undefined ? 'the end' : shownLine(shown);
    return [mark, space, bound(gte), ' to ', bound(lt)];
  }
  const parts: (Node | string)[] = [mark, space];
  if (key !== undefined) parts.push(shownLine(key));
  if (value !== undefined) parts.push(shownLine(value));
  return parts;
}
