/**
 * Completion scripts for shells, made from the commands as they are.
 *
 * Owns: what is offered where. The first word is a command; a word that begins with a dash is an option of it; the value of
 * an option is one of its choices; all else is a file, which is what most arguments are.
 *
 * Invariants:
 *   completion-script/from-the-program: no name is written here. A command or option that is added is offered.
 *   completion-script/quoted: descriptions are text to the shell, whatever characters they have.
 *
 * Suspension: every function here is synchronous.
 */
import type { Argument, Command, Option } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type ShellName = (typeof SHELLS)[number];

interface Completed {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** Of its first argument; empty for files. */
  readonly choices: readonly string[];
}

interface CompletedOption {
  readonly long: string;
  readonly short: string | undefined;
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

export function completionScript(program: Command, shell: ShellName): string {
  const commands = program.commands.map(completedOf);
  const name = program.name();
  if (shell === 'bash') return bashScript(name, commands);
  return shell === 'zsh' ? zshScript(name, commands) : fishScript(name, commands);
}

function completedOf(command: Command): Completed {
  const [first]: readonly (Argument | undefined)[] = command.registeredArguments;
  return {
    name: command.name(),
    description: command.description(),
    options: command.createHelp().visibleOptions(command).flatMap(optionOf),
    choices: first?.argChoices ?? [],
  };
}

function optionOf(option: Option): CompletedOption[] {
  const { long, short, description, required, optional, argChoices } = option;
  if (long === undefined || long === null) return [];
  const takesValue = required || optional;
  return [{ long, short: short ?? undefined, description, takesValue, choices: argChoices ?? [] }];
}

/** Text between single quotes, for each of the three. */
function quoted(text: string, escape: string): string {
  return `'${text.replaceAll("'", escape)}'`;
}

const inPosix = (text: string): string => quoted(text, `'\\''`);

function bashScript(program: string, commands: readonly Completed[]): string {
  const cases = commands.map(({ name, options, choices }) => {
    const words = options.map(({ long }) => long).join(' ');
    return `    ${name}) options=${inPosix(words)} choices=${inPosix(choices.join(' '))} ;;`;
  });
  const values = commands.flatMap(({ name, options }) =>
    options
      .filter((each) => each.choices.length > 0)
      .map(({ long, choices }) => `    ${name},${long}) values=${inPosix(choices.join(' '))} ;;`),
  );
  return `# Completion of ${program} for bash: ${program} completions bash > ~/.local/share/bash-completion/completions/${program}
_${program}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  local options='' choices='' values='' command="\${COMP_WORDS[1]}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=( $(compgen -W ${inPosix(commands.map(({ name }) => name).join(' '))} -- "$current") )
    return
  fi
  case "$command" in
${cases.join('\n')}
  esac
  case "$command,$before" in
${values.join('\n')}
    *) ;;
  esac
  if [ -n "$values" ]; then
    COMPREPLY=( $(compgen -W "$values" -- "$current") )
  elif [ "\${current#-}" != "$current" ]; then
    COMPREPLY=( $(compgen -W "$options" -- "$current") )
  elif [ -n "$choices" ] && [ "$COMP_CWORD" -eq 2 ]; then
    COMPREPLY=( $(compgen -W "$choices" -- "$current") )
  fi
}
complete -o bashdefault -o default -F _${program} ${program}
`;
}

function zshScript(program: string, commands: readonly Completed[]): string {
  const described = (name: string, text: string): string =>
    inPosix(`${name.replaceAll(':', '\\:')}:${text}`);
  const list = commands.map(({ name, description }) => `    ${described(name, description)}`);
  const cases = commands.map(({ name, options, choices }) => {
    const lines = options.map(({ long, description }) => `        ${described(long, description)}`);
    const first = choices.length === 0 ? '_files' : `compadd -- ${choices.join(' ')}`;
    return `    ${name})
      options=(
${lines.join('\n')}
      )
      first() { ${first} } ;;`;
  });
  const values = commands.flatMap(({ name, options }) =>
    options
      .filter((each) => each.choices.length > 0)
      .map(
        ({ long, choices }) => `    ${name},${long}) compadd -- ${choices.join(' ')}; return ;;`,
      ),
  );
  return `#compdef ${program}
# Completion of ${program} for zsh: ${program} completions zsh > "\${fpath[1]}/_${program}"
_${program}() {
  local -a commands options
  commands=(
${list.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case "\${words[2]},\${words[CURRENT-1]}" in
${values.join('\n')}
  esac
  case "\${words[2]}" in
${cases.join('\n')}
    *) return ;;
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    _describe option options
  elif (( CURRENT == 3 )); then
    first
  else
    _files
  fi
}
if [ "$funcstack[1]" = "_${program}" ]; then
  _${program} "$@"
else
  compdef _${program} ${program}
fi
`;
}

function fishScript(program: string, commands: readonly Completed[]): string {
  const inFish = (text: string): string => quoted(text.replaceAll('\\', '\\\\'), "\\'");
  const lines = commands.flatMap(({ name, description, options, choices }) => {
    const seen = `-n ${inFish(`__fish_seen_subcommand_from ${name}`)}`;
    const command = `complete -c ${program} -n __fish_use_subcommand -f -a ${name} -d ${inFish(description)}`;
    const first =
      choices.length === 0
        ? []
        : [`complete -c ${program} ${seen} -f -a ${inFish(choices.join(' '))}`];
    const all = options.map((option) => {
      const short = option.short === undefined ? '' : ` -s ${option.short.slice(1)}`;
      const value = option.takesValue ? ' -r' : '';
      const words = option.choices.length === 0 ? '' : ` -f -a ${inFish(option.choices.join(' '))}`;
      return `complete -c ${program} ${seen} -l ${option.long.slice(2)}${short}${value}${words} -d ${inFish(option.description)}`;
    });
    return [command, ...first, ...all];
  });
  const head = `# Completion of ${program} for fish: ${program} completions fish > ~/.config/fish/completions/${program}.fish`;
  return `${[head, ...lines].join('\n')}\n`;
}
