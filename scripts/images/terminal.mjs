/**
 * What a terminal shows after a program has written to it.
 *
 * Owns: the few sequences that the command and the line editor of Node.js write: colours, moves within the line, and erasing.
 * Others are an error, so that no picture is wrong in silence.
 *
 * Suspension: every function here is synchronous.
 */
const ESCAPE = String.fromCharCode(27);
const SEQUENCE = new RegExp(
  `${ESCAPE}\\[([?\\d;]*)([A-Za-z])|\\r\\n|[\\r\\n\\t]|[^${ESCAPE}]`,
  'gu',
);
const TAB = 8;

/** Styles by their codes. */
const STYLES = { 1: 'bold', 31: 'red', 32: 'green', 33: 'yellow' };

class Screen {
  rows = [[]];
  row = 0;
  column = 0;
  style = '';

  write(sign) {
    const row = this.rows[this.row];
    while (row.length < this.column) row.push({ sign: ' ', style: '' });
    row[this.column] = { sign, style: this.style };
    this.column++;
  }

  newLine() {
    this.row++;
    this.column = 0;
    this.rows[this.row] ??= [];
  }

  /** A sequence `ESC [ numbers letter`. */
  control(numbers, letter) {
    const count = Number(numbers.split(';')[0] || 1);
    if (letter === 'm') this.style = STYLES[numbers] ?? '';
    else if (letter === 'G') this.column = count - 1;
    else if (letter === 'C') this.column += count;
    else if (letter === 'D') this.column = Math.max(0, this.column - count);
    else if (letter === 'A') this.row = Math.max(0, this.row - count);
    else if (letter === 'K') this.rows[this.row].length = this.column;
    else if (letter === 'J') this.erase();
    else if (letter !== 'h' && letter !== 'l')
      throw new Error(`Unknown sequence: ${numbers}${letter}`);
  }

  /** From the cursor to the end. */
  erase() {
    this.rows.length = this.row + 1;
    this.rows[this.row].length = Math.min(this.rows[this.row].length, this.column);
  }
}

/** The lines, each a list of pieces `{ text, style }`. */
export function screenOf(output) {
  const screen = new Screen();
  for (const [part, numbers, letter] of output.matchAll(SEQUENCE)) {
    if (letter !== undefined) screen.control(numbers, letter);
    else if (part === '\r') screen.column = 0;
    else if (part === '\n' || part === '\r\n') screen.newLine();
    else if (part === '\t') screen.column += TAB - (screen.column % TAB);
    else screen.write(part);
  }
  return screen.rows.map(piecesOf);
}

function piecesOf(row) {
  const pieces = [];
  for (const { sign, style } of row) {
    const last = pieces.at(-1);
    if (last?.style === style) last.text += sign;
    else pieces.push({ text: sign, style });
  }
  return pieces;
}

const escaped = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** The same as HTML. */
export function htmlOf(lines) {
  return lines
    .map((pieces) =>
      pieces
        .map(({ text, style }) =>
          style === '' ? escaped(text) : `<span class="${style}">${escaped(text)}</span>`,
        )
        .join(''),
    )
    .join('\n');
}
