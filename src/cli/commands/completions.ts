/**
 * `varve completions`: a script that teaches a shell the commands and their options.
 *
 * Owns: that the script is made from the program as it is.
 */
import { Argument, type Command } from 'commander';

import { addCommand, addJson } from '../arguments.ts';
import { completionScript, type ShellName, SHELLS } from '../completion-script.ts';
import { printJson, writeOut } from '../output.ts';

interface CompletionsOptions {
  readonly json?: true;
}

export function registerCompletions(program: Command): void {
  const command = addCommand(program, 'completions', 'Print completions for a shell.', [
    'completions bash > varve.bash      # then: source varve.bash',
    'completions zsh > _varve           # in a folder of fpath',
    'completions fish > varve.fish      # in ~/.config/fish/completions',
  ]);
  addJson(command, 'print the script as a JSON string')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .action(async (shell: ShellName, { json }: CompletionsOptions) => {
      const script = completionScript(program, shell);
      await (json === true ? printJson({ shell, script }) : writeOut(script));
    });
}
