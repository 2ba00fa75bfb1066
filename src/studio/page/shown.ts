/**
 * Keys and values as they are drawn.
 *
 * Owns: how JSON is laid out and coloured. It is read token by token and never parsed, so that numbers stay as written.
 *
 * Suspension: every function here is synchronous.
 */
import type { Shown } from './api.ts';
import { make, seen, seenLine } from './dom.ts';

/** On one line, for lists. */
export function shownLine({ text, form, isCut }: Shown): HTMLElement {
  const element = make('code', { class: `shown ${form}` });
  if (form === 'hex') element.append(make('span', { class: 'prefix' }, '0x'));
  element.append(text === '' ? make('span', { class: 'empty' }, 'empty') : seenLine(text));
  if (isCut) element.append(make('span', { class: 'cut' }, '\u2026'));
  return element;
}

/** Whole, over several lines. */
export function shownBlock(shown: Shown): HTMLElement {
  const { text, form } = shown;
  const block = make('pre', { class: `block ${form}`, tabindex: 0 });
  if (text === '') block.append(make('span', { class: 'empty' }, 'empty'));
  else if (form === 'json' || form === 'tuple') block.append(...laidOut(text));
  else if (form === 'hex') block.append(hexLines(text));
  else block.append(seen(text));
  return block;
}

const TOKEN = /"(?:[^"\\]|\\.)*"?|[[\]{}]|[:,]|[^\s"[\]{}:,]+|\s+/g;

function laidOut(text: string): Node[] {
  const nodes: Node[] = [];
  let depth = 0;
  let before = '';
  const line = (): void => void nodes.push(document.createTextNode(`\n${'  '.repeat(depth)}`));
  const tokens = text.match(TOKEN)?.filter((each) => each.trim() !== '') ?? [];
  tokens.forEach((token, index) => {
    const next = tokens[index + 1];
    const isOpening = token === '{' || token === '[';
    const isClosing = token === '}' || token === ']';
    if (isClosing) depth = Math.max(0, depth - 1);
    if (isClosing && before !== '{' && before !== '[') line();
    nodes.push(make('span', { class: kindOf(token, next) }, seen(token)));
    if (token === ':') nodes.push(document.createTextNode(' '));
    if (isOpening) depth++;
    if ((isOpening && next !== '}' && next !== ']' && next !== undefined) || token === ',') line();
    before = token;
  });
  return nodes;
}

function kindOf(token: string, next: string | undefined): string {
  if (token.startsWith('"')) return next === ':' ? 'name' : 'string';
  if (/^[-\d]/.test(token)) return 'number';
  return /^[a-z]/.test(token) ? 'word' : 'mark';
}

/** Sixteen bytes a line. */
function hexLines(text: string): string {
  const lines = text.match(/.{1,32}/g) ?? [];
  return lines.map((line) => (line.match(/../g) ?? []).join(' ')).join('\n');
}
