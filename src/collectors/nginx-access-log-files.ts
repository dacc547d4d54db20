import { compileAccessFormat } from '../parse/access-log/access-format.ts';
import { BUILTIN_FORMATS } from '../parse/access-log/builtin-formats.ts';
import { isProblem } from '../parse/access-log/format-problem.ts';
import { isCounted } from '../parse/access-log/variables.ts';
import { type Directive, modulesOf, type NginxConf, walkConf } from '../parse/nginx-conf-tree.ts';
import { isFollowable, type LogPlace, logFile, readLogConf } from './nginx-log-conf.ts';

/** A file that requests are logged to. */
export interface FoundAccessLog {
  /** As the host sees it. */
  readonly path: string;
  /** Name of its format. */
  readonly format: string;
  /** Behind the name in its `log_format`, without quotes; undefined when there is none of this name. */
  readonly words: readonly string[] | undefined;
}

/** One `access_log` of a block. */
interface Use extends FoundAccessLog {
  /** It has `if=`. */
  readonly isConditional: boolean;
}

/** Wherever nginx decides by values of the request where to write: the path says nothing. */
const VARIABLE = /\$/;
/** More than a format has fields. */
const LESS = 100;

/**
 * The `access_log` files of one nginx configuration that say each request once. A request is written to every `access_log` of the
 * innermost block that has one: of several files the one that says most is taken. What is not seen goes to `notes`.
 */
export function readAccessLogs(place: LogPlace, notes: string[]): FoundAccessLog[] {
  const blocks = new Map<Directive | null, Use[]>();
  let [isOff, logsSubrequests] = [0, false];
  for (const { module, directives } of modulesOf(readLogConf(place, notes))) {
    const formats = formatsOf(directives);
    for (const { directive, parents } of walkConf(directives)) {
      logsSubrequests ||= directive.name === 'log_subrequest' && directive.args[0]?.toLowerCase() === 'on';
      if (directive.name !== 'access_log' || directive.kind !== 'simple') continue;
      const [target = '', ...parameters] = directive.args;
      if (module !== 'http') notes.push(`${place.config}: access_log ${target} of ${module} has no requests`);
      else if (target === 'off') isOff++;
      else {
        const block = parents.at(-1) ?? null;
        if (!blocks.has(block)) blocks.set(block, []);
        const use = useOf(place, { target, parameters, formats }, notes);
        if (use !== undefined) blocks.get(block)?.push(use);
      }
    }
  }
  if (isOff > 0) notes.push(`${place.config}: ${isOff} blocks have access_log off: their requests are not seen`);
  if (logsSubrequests)
    notes.push(
      `${place.config}: log_subrequest on: subrequests (auth_request, mirror) have lines too and count as requests`,
    );
  if (blocks.size === 0 && isOff === 0) notes.push(`${place.config}: no access_log; the compiled-in one is not known`);
  return chosen([...blocks.values()], notes);
}

/** Every file that an `access_log` names, of any module and whatever is written to it. */
export function accessLogPaths({ directives }: NginxConf, place: LogPlace): string[] {
  const paths: string[] = [];
  for (const { directive } of walkConf(directives)) {
    const { name, kind, args } = directive;
    if (name !== 'access_log' || kind !== 'simple' || args.length === 0) continue;
    const path = logFile(place, 'access_log', args[0], []);
    if (path !== undefined) paths.push(path);
  }
  return paths;
}

function formatsOf(directives: readonly Directive[]): ReadonlyMap<string, readonly string[]> {
  const formats = new Map<string, readonly string[]>([['combined', BUILTIN_FORMATS.combined]]);
  for (const { name, kind, args } of directives)
    if (name === 'log_format' && kind === 'simple' && args.length > 1) formats.set(args[0], args.slice(1));
  return formats;
}

interface Said {
  readonly target: string;
  readonly parameters: readonly string[];
  readonly formats: ReadonlyMap<string, readonly string[]>;
}

function useOf(place: LogPlace, { target, parameters, formats }: Said, notes: string[]): Use | undefined {
  const isNamed = parameters.length > 0 && !/^(?:if|buffer|flush|gzip)(?:=|$)/.test(parameters[0]);
  const format = isNamed ? parameters[0] : 'combined';
  const has = (name: string) => parameters.slice(isNamed ? 1 : 0).some((word) => word.split('=')[0] === name);
  const say = (why: string) => void notes.push(`${place.config}: access_log ${target} ${why}`);
  if (VARIABLE.test(target)) return say('has variables in its path: configure its files');
  const path = logFile(place, 'access_log', target, notes);
  if (path === undefined || !isFollowable(path, place.host, notes)) return undefined;
  if (has('gzip')) return say('is compressed while it is written: it cannot be followed');
  if (has('buffer')) say('is buffered: what it says comes late');
  if (has('if')) say('has if=: other requests are not seen');
  return { path: place.host.resolve(path), format, words: formats.get(format), isConditional: has('if') };
}

/** Of the files of each block one, so that no request is in two of those that are left. */
function chosen(blocks: readonly (readonly Use[])[], notes: string[]): FoundAccessLog[] {
  const taken = new Map<string, Use>();
  const left = new Set<string>();
  // Those without a choice first.
  for (const uses of blocks.map(bestFirst).sort((a, b) => a.length - b.length)) {
    const best = uses.find(({ path }) => taken.has(path)) ?? uses[0];
    if (best === undefined) continue;
    const known = taken.get(best.path) ?? best;
    if (known.format !== best.format)
      notes.push(`${best.path} is written in ${known.format} and in ${best.format}: only ${known.format} is read`);
    taken.set(best.path, known);
    for (const { path } of uses) if (path !== best.path) left.add(path);
  }
  for (const path of left) {
    const isTaken = taken.delete(path);
    const others = isTaken ? ', nor what else is in it' : '';
    notes.push(`${path} has requests that another access log has too: they are not counted again${others}`);
  }
  return [...taken.values()].map(({ path, format, words }) => ({ path, format, words }));
}

/** Each file once: with all requests before with some, then by how much it says. */
function bestFirst(uses: readonly Use[]): Use[] {
  const all = [...new Map(uses.map((use) => [use.path, use])).values()];
  const worth = (use: Use) => worthOf(use) - (use.isConditional ? LESS : 0);
  return all.sort((a, b) => worth(b) - worth(a));
}

function worthOf({ words }: Use): number {
  const format = words === undefined ? undefined : compileAccessFormat(words);
  return format === undefined || isProblem(format) ? -LESS : [...format.fields].filter(isCounted).length;
}
