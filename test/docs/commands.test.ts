import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Command } from 'commander';
import { createProgram } from '../../src/cli.ts';
import { ROOT } from '../deploy/manifests.ts';

const GROUPS = ['generate', 'report'];
const COMMANDS =
  'audit|capacity-report|check-config|demo|diagnose|explain|generate|preview-dashboards|remedy|report|serve|upstreams|verify';
const MENTION = new RegExp(`(?:badgateway(?:\\.mjs)?|src/main\\.ts) (${COMMANDS})(?![\\w-])([^\\n\`;|]*)`, 'g');
const FILES = [
  'README.md',
  'docs/**/*.md',
  'deploy/**/*.{md,yaml,txt,service}',
  'alerts/*.{yaml,yml}',
  'alerts/templates/*',
  'src/**/*.ts',
];

interface Mention {
  readonly file: string;
  /** `generate rules` */
  readonly command: string;
  readonly flags: readonly string[];
}

/** What pages, alerts and messages tell people to type. */
function mentions(): Mention[] {
  return globSync(FILES, { cwd: ROOT }).flatMap((file) =>
    [...readFileSync(`${ROOT}/${file}`, 'utf8').matchAll(MENTION)].map(([, name = '', rest = '']) => {
      const below = GROUPS.includes(name) ? /^ ([a-z][a-z-]*)/.exec(rest)?.[1] : undefined;
      // Flags after that are those of another command.
      const own = rest.split(/ && | > | # /)[0] ?? '';
      const flags = [...own.matchAll(/(?<=\s)--[a-z][\w.-]*/g)].map(([flag]) => flag);
      return { file, command: below === undefined ? name : `${name} ${below}`, flags };
    }),
  );
}

/** `generate rules` → its flags. */
function flagsOf(command: Command, path: readonly string[] = []): [string, Set<string | undefined>][] {
  const own: [string, Set<string | undefined>] = [path.join(' '), new Set(command.options.map(({ long }) => long))];
  return [own, ...command.commands.flatMap((below) => flagsOf(below, [...path, below.name()]))];
}

test('every command that is told of is there, with every flag that is told of', () => {
  const known = new Map(flagsOf(createProgram(() => {})));
  const told = mentions();
  for (const name of COMMANDS.split('|'))
    assert.ok(
      told.some(({ command }) => command.startsWith(name)),
      name,
    );
  const wrong = told.flatMap(({ file, command, flags }) => {
    const own = known.get(command);
    if (own === undefined) return [`${file}: ${command}`];
    return flags.filter((flag) => flag !== '--help' && !own.has(flag)).map((flag) => `${file}: ${command} ${flag}`);
  });
  assert.deepEqual(wrong, []);
});
