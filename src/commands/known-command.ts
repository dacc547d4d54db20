import { Command } from 'commander';

type ErrorOptions = Parameters<Command['error']>[1];

/** As commander says what it does not know, and what is like it. */
const UNKNOWN = /^error: unknown (option|command) '(.*?)'(\n\(Did you mean .*\))?$/s;
/** Options of one meaning that have another name in other commands. */
const OTHER_NAMES: Readonly<Record<string, string>> = { '--server': '--url', '--url': '--server' };
/** More would hide the one that is meant. */
const MOST = 4;
const SHORTEST_WORD = 3;

/** A command that says of an unknown option or command which one may be meant, and `help` that finds what is below others. */
export class KnownCommand extends Command {
  override createCommand(name?: string): Command {
    return new KnownCommand(name);
  }

  override error(message: string, options?: ErrorOptions): never {
    // Commander asks for what is missing first: where it is misspelt, that is the mistake.
    const misspelt =
      options?.code === 'commander.missingMandatoryOptionValue' && this.args.find((word) => /^--?[a-z]/i.test(word));
    if (misspelt)
      return super.error(this.#better(`error: unknown option '${misspelt}'`), { code: 'commander.unknownOption' });
    return super.error(this.#better(message), options);
  }

  /** `help report timeouts`. */
  addHelpBelow(): void {
    this.helpCommand(false)
      .command('help')
      .argument('[command...]')
      .description('display help for command')
      .action((names: readonly string[]) => {
        let command: Command = this;
        for (const name of names) {
          const below = command.commands.find((one) => one.name() === name);
          if (below === undefined)
            command.error(`error: unknown command '${name}'`, { code: 'commander.unknownCommand' });
          command = below;
        }
        command.help();
      });
  }

  #better(message: string): string {
    const [, kind, word, likely = ''] = UNKNOWN.exec(message) ?? [];
    if (word === undefined) return message;
    if (kind === 'command') return `error: unknown command '${word}'${meant(this.#commandsMeant(word)) || likely}`;
    const name = `--${word.replace(/^-+/, '').replace(/=.*$/s, '')}`;
    const options = optionsOf(this);
    if (options.includes(name))
      return word.startsWith('--')
        ? `error: option '${name}' takes no value: write ${name}`
        : `error: unknown option '${word}'${meant([name])}`;
    const hint = meant(prefixed(name, options)) || likely || meant(containing(name, options)) || this.#elsewhere(name);
    return `error: unknown option '${word}'${hint}`;
  }

  #commandsMeant(word: string): string[] {
    const names = this.commands.map((command) => command.name());
    const below = this.commands.flatMap((command) =>
      command.commands.filter((one) => one.name() === word && word !== 'help').map(() => `${command.name()} ${word}`),
    );
    const longer = word.length < SHORTEST_WORD ? [] : names.filter((name) => begins(name, word));
    return longer.length > 0 ? longer : below.length > 0 ? below : names.filter((name) => name.endsWith(`-${word}`));
  }

  /** Where an option that this command does not have may have been meant for. */
  #elsewhere(name: string): string {
    const options = optionsOf(this);
    const other = OTHER_NAMES[name];
    if (other !== undefined && options.includes(other)) return meant([other]);
    if (options.includes('--set') && name.includes('.'))
      return `\n(Keys of the configuration are written --set ${name.slice(2)}=VALUE)`;
    const having = this.commands
      .filter((command) => optionsOf(command).includes(name))
      .map((command) => command.name());
    return having.length === 0 ? '' : `\n(It stands after the command: ${having.slice(0, MOST).join(', ')})`;
  }
}

function optionsOf(command: Command): string[] {
  return [...command.options.filter(({ hidden }) => !hidden).flatMap(({ long }) => long ?? []), '--help'];
}

/** One begins with the other: `--config` and `--config.file`, `--output-dir` and `--output`. */
function prefixed(name: string, options: readonly string[]): string[] {
  const longer = options.filter((option) => option.startsWith(name));
  return longer.length > 0 ? longer : options.filter((option) => name.startsWith(option));
}

/** `--listen-address`: a part of `--web.listen-address`. */
function containing(name: string, options: readonly string[]): string[] {
  const word = name.slice(2);
  if (word.length < SHORTEST_WORD) return [];
  return options.filter((option) => option.includes(`.${word}`) || option.includes(`-${word}`, 2));
}

function begins(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(`${one}-`);
}

/** In the words of commander. */
function meant(names: readonly string[]): string {
  if (names.length === 0 || names.length > MOST) return '';
  return `\n(Did you mean ${names.length === 1 ? names[0] : `one of ${names.join(', ')}`}?)`;
}
