/**
 * Text that is safe to show.
 *
 * Owns: what happens to characters that would steer a terminal instead of being seen. A key or a value may hold an
 * escape sequence that hides lines, renames the window or types on the user's behalf; an error message may quote such
 * a key.
 *
 * A terminal gets such a character as JavaScript writes it: `\u001b`. A pipe or a file gets the bytes as they are.
 * JSON gets the escape in both cases, because it means the same there.
 *
 * Suspension: every function here is synchronous.
 */

/**
 * Controls but for tab and line feed, delete, the second block of controls, the separators of lines that JSON leaves
 * alone, and the marks that change the direction of what follows.
 */
const UNSAFE =
  // eslint-disable-next-line no-control-regex -- controls are what it looks for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Text with every character that a terminal would obey written out; lines and tabs stay. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** As `safeText`, on one line and in one column: tab and line feed are written out as well. */
export function safeLine(text: string): string {
  return safeText(text).replaceAll('\t', '\\t').replaceAll('\n', '\\n');
}

/** One JSON value that shows nothing but itself, and means the same. */
export function safeJson(value: unknown): string {
  return safeText(JSON.stringify(value));
}
