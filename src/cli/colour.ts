/**
 * Colours in what a person reads.
 *
 * Owns: when there are any: `--color always` and `never` decide; otherwise NO_COLOR, what the terminal can, and whether
 * there is one.
 *
 * Invariants:
 *   colour/never-alone: what a colour says, the text says too.
 *   colour/whole: text is coloured after it was made safe and padded, so that columns stay, and a value brings no colour.
 *
 * Suspension: every function here is synchronous.
 */
import { type Command, Option } from 'commander';

export const COLOUR_CHOICES = ['auto', 'always', 'never'] as const;
export type ColourChoice = (typeof COLOUR_CHOICES)[number];

export interface ColourOption {
  readonly color?: ColourChoice;
}

const CODES = { bold: 1, red: 31, green: 32, yellow: 33 } as const;

export type Paint = (style: keyof typeof CODES, text: string) => string;

export function addColour(command: Command): Command {
  return command.addOption(
    new Option('--color <when>', 'colours: auto, for a terminal and without NO_COLOR')
      .choices(COLOUR_CHOICES)
      .default('auto'),
  );
}

/** What colours a text, or leaves it as it is. */
export function paintOf(
  { color = 'auto' }: ColourOption,
  stream: { readonly isTTY?: boolean } = process.stdout,
  env: NodeJS.ProcessEnv = process.env,
): Paint {
  return isColoured(color, stream, env)
    ? (style, text) => `\u001b[${CODES[style]}m${text}\u001b[0m`
    : (_style, text) => text;
}

/** By no-color.org: NO_COLOR counts when it is not empty. */
function isColoured(
  choice: ColourChoice,
  { isTTY }: { readonly isTTY?: boolean },
  env: NodeJS.ProcessEnv,
): boolean {
  if (choice !== 'auto') return choice === 'always';
  const isUnwanted = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return isTTY === true && !isUnwanted;
}
