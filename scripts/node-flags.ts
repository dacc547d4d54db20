import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the program's first line gives to Node: variables for glibc, then flags of V8. Image and unit start it with the same. */
export interface NodeStart {
  readonly environment: Readonly<Record<string, string>>;
  readonly flags: readonly string[];
}

/** @throws when `file` does not begin with `env -S … node …`. */
export function nodeStartOf(file = join(import.meta.dirname, '../src/main.ts')): NodeStart {
  const [, variables, flags] = /^#!\S+ -S (.*?)node (.*)/.exec(readFileSync(file, 'utf8')) ?? [];
  if (flags === undefined) throw new Error(`${file} does not begin with env -S … node …`);
  const pairs = variables.split(' ').filter((pair) => pair !== '');
  return { environment: Object.fromEntries(pairs.map((pair) => pair.split('='))), flags: flags.split(' ') };
}
