import type { ConfPlace, ConfProblem } from './nginx-conf-problem.ts';

/**
 * `data`: the body's lines are values, as in `map`. `lua`: the Lua text is the last argument, as lua-nginx-module passes it.
 */
export type DirectiveKind = 'simple' | 'block' | 'data' | 'lua';

export interface Directive extends ConfPlace {
  readonly name: string;
  /** Words without quotes and escapes. */
  readonly args: readonly string[];
  readonly kind: DirectiveKind;
  /**
   * What stands between the braces of a block or data, in the order in which nginx reads it: what an `include` brings in
   * follows the `include`, with its own file and line.
   */
  readonly body: readonly Directive[];
}

export type ConfLimit =
  | 'nesting'
  | 'bytes'
  | 'directives'
  | 'arguments'
  | 'include_depth'
  | 'include_cycle'
  | 'files'
  | 'problems';

export interface NginxConf {
  readonly directives: readonly Directive[];
  /** Paths of all files read, each once, in reading order. */
  readonly files: readonly string[];
  /** In reading order; at most 100, more are counted in `limits.problems`. */
  readonly problems: readonly ConfProblem[];
  /** How often each limit was hit. */
  readonly limits: Readonly<Record<ConfLimit, number>>;
}

/** Which block the file's own top level is in; a volume may hold only what nginx.conf includes inside `http`. */
export type ConfContext = 'main' | 'http' | 'stream' | 'mail';

export interface ConfModule {
  readonly module: 'http' | 'stream' | 'mail';
  readonly directives: readonly Directive[];
}

/** A word of its own: what is cut out of a text keeps the whole text in memory. */
export function detached(word: string): string {
  return Buffer.from(word).toString();
}

/** The bodies of `http`, `stream` and `mail`. */
export function modulesOf(conf: NginxConf, context: ConfContext = 'main'): ConfModule[] {
  if (context !== 'main') return [{ module: context, directives: conf.directives }];
  const modules: ConfModule[] = [];
  for (const { name, kind, body } of conf.directives) {
    if (kind === 'block' && (name === 'http' || name === 'stream' || name === 'mail'))
      modules.push({ module: name, directives: body });
  }
  return modules;
}

/** Every directive with the blocks around it, outermost first; not the values in `map` and its like. */
export function* walkConf(
  directives: readonly Directive[],
  parents: readonly Directive[] = [],
): Generator<{ directive: Directive; parents: readonly Directive[] }> {
  for (const directive of directives) {
    yield { directive, parents };
    if (directive.kind === 'block' && directive.body.length > 0)
      yield* walkConf(directive.body, [...parents, directive]);
  }
}
