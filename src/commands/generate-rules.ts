import { oneRuleFile, PARAMETERS, prometheusRules, ruleFiles } from './generate-rules-files.ts';
import { type RulesOptions, readLabels, readVariant } from './generate-rules-options.ts';
import { UNITS } from './generate-rules-units.ts';
import { ownTerminal } from './report.ts';
import type { Terminal } from './upstreams.ts';
import { writeFiles } from './write-files.ts';

type RulesTerminal = Pick<Terminal, 'out' | 'note'>;

/** The command: returns the exit code, 0 or 2: a parameter is wrong, or a file cannot be written. `args`: how it was called. */
export function runGenerateRules(
  options: RulesOptions,
  args: readonly string[],
  terminal: RulesTerminal = ownTerminal(),
): number {
  try {
    if (options.list === true) {
      terminal.out(listText());
      return 0;
    }
    const files = ruleFiles(readVariant(options, noteOf(args)));
    const labels = readLabels(options.label);
    if (options.label !== undefined && options.format !== 'prometheusrule')
      throw new Error('--label is for the objects of --format prometheusrule');
    const whole = options.format === 'prometheusrule';
    const made = whole ? new Map([['prometheusrule.yaml', prometheusRules(files, labels)]]) : files;
    if (options.output === undefined) terminal.out(whole ? [...made.values()].join('') : oneRuleFile(files));
    else write(options.output, made, terminal);
    return 0;
  } catch (error) {
    terminal.note((error as Error).message);
    return 2;
  }
}

/** Comments of the rules tell of the defaults: whoever reads them has to know. */
function noteOf(args: readonly string[]): string {
  const shown = args.map((arg) => (/^[\w=./,:%@-]+$/.test(arg) ? arg : `'${arg.replace(/\s+/g, ' ')}'`)).join(' ');
  return `# Generated: badgateway generate rules ${shown}\n# Comments tell of the defaults.\n`;
}

function write(directory: string, files: ReadonlyMap<string, string>, { note }: RulesTerminal): void {
  writeFiles(directory, files);
  note(`${files.size} ${files.size === 1 ? 'file' : 'files'} in ${directory}`);
}

/** All parameters: name, default, unit, meaning, and the alerts that they are in. */
export function listText(): string {
  const rows = PARAMETERS.map(({ name, value, unit, meaning, sites }) => {
    return [name, String(value), UNITS[unit].shown, `${meaning} (${sites.map(({ rule }) => rule).join(', ')})`];
  });
  const table = [['threshold', 'default', 'unit', 'meaning'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table.map((row) => `${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}\n`).join('');
}
