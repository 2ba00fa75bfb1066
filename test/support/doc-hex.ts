/**
 * Worked examples in docs/formats.
 *
 * Owns: finding a fenced block that opens with "```hex NAME" in a document and reading its bytes, so that a test can
 * decode what a reader of the document sees. In a block everything from a '#' to the end of its line is a remark.
 *
 * Suspension: every function here is synchronous.
 */
import { readFileSync } from 'node:fs';

export function hexExample(document: string, name: string): Uint8Array {
  const url = new URL(`../../docs/formats/${document}`, import.meta.url);
  const text = readFileSync(url, 'utf8');
  const block = new RegExp('^```hex ' + name + '\\n([^`]*)^```', 'm').exec(text)?.[1];
  if (block === undefined) throw new Error(`No hex example: document=${document} name=${name}`);
  const digits = block.replaceAll(/#.*$/gm, '').replaceAll(/\s+/g, '');
  return new Uint8Array(Buffer.from(digits, 'hex'));
}
