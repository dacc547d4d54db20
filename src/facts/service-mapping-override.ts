import { isDnsLabel, type ServiceRef } from '../parse/upstream-name-ref.ts';

/** What the configuration says of upstreams that nothing else tells. */
export interface UpstreamOverride {
  /** Regular expression for the whole name. */
  readonly upstream: string;
  /** `namespace/name`, or `none`: no Service of this cluster, as of a mesh over several. */
  readonly service: string;
  /** Number or name of the Service's port; without one it is the only port, or the one that the servers have. */
  readonly port?: number | string | undefined;
}

export interface CompiledOverride {
  readonly pattern: RegExp;
  /** Null: it stands for no Service. */
  readonly ref: ServiceRef | null;
}

const LONGEST_PATTERN = 200;
/** Each may try every length of the rest of the name. */
const MOST_REPEATS = 4;
const LONGEST_NAME = 256;

/**
 * The overrides that can be used, and a sentence for each that cannot. A pattern that could take long on some name is refused:
 * repeats within a repeated group, back references, looking around.
 */
export function compileOverrides(list: readonly UpstreamOverride[]): {
  readonly overrides: readonly CompiledOverride[];
  readonly problems: readonly string[];
} {
  const overrides: CompiledOverride[] = [];
  const problems: string[] = [];
  for (const [index, { upstream, service, port = null }] of list.entries()) {
    const pattern = compile(upstream);
    const [namespace, name, ...more] = service.split('/');
    if (typeof pattern === 'string') problems.push(`override ${index + 1}: ${pattern}`);
    else if (service === 'none') overrides.push({ pattern, ref: null });
    else if (name === undefined || more.length > 0 || !isDnsLabel(namespace) || !isDnsLabel(name))
      problems.push(`override ${index + 1}: the Service must be written as namespace/name`);
    else overrides.push({ pattern, ref: { namespace, service: name, port, method: 'override' } });
  }
  return { overrides, problems };
}

/** The first that fits. */
export function findOverride(overrides: readonly CompiledOverride[], name: string): CompiledOverride | undefined {
  return name.length > LONGEST_NAME ? undefined : overrides.find(({ pattern }) => pattern.test(name));
}

function compile(text: string): RegExp | string {
  if (text === '' || text.length > LONGEST_PATTERN) return `the pattern must have 1 to ${LONGEST_PATTERN} characters`;
  if (!isFast(text)) return 'the pattern may take too long: no nested repeats, back references or looking around';
  try {
    return new RegExp(`^(?:${text})$`, 'u');
  } catch {
    return 'the pattern is no regular expression';
  }
}

/** Escapes and classes, what opens and closes a group (with the repeat behind it), alternatives, repeats. */
const TOKENS = /\\.|\[(?:\\.|[^\]\\])*\]|\(|\)[*+{]?|\||[*+]|\{/gu;

/** Goes through the pattern once; wrong syntax is left to the compiler. */
function isFast(text: string): boolean {
  if (/\\[1-9k]|\(\?(?:[=!]|<[=!])/.test(text)) return false;
  // Whether the groups that are open have a repeat in them, or several ways to go on.
  const groups = [false];
  let repeats = 0;
  for (const token of text.match(TOKENS) ?? []) {
    const isRepeat = /[*+{]$/.test(token) && !token.startsWith('\\');
    if (isRepeat) repeats++;
    if (token === '(') groups.push(false);
    else if (token.startsWith(')')) {
      const isBusy = groups.length > 1 && groups.pop() === true;
      if (isBusy && isRepeat) return false;
      groups[groups.length - 1] ||= isBusy || isRepeat;
    } else if (token === '|' || isRepeat) groups[groups.length - 1] = true;
  }
  return repeats <= MOST_REPEATS;
}
