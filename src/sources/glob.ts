import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const MAGIC = /[*?[{]/;
/** `[a-z]`, `[!x]`. */
const SET = /\[!?[^\]]+\]/g;
const SET_OR_SIGN = new RegExp(`${SET.source}|[\\s\\S]`, 'g');
/** More alternatives than this in one pattern's braces are not expanded. */
const BRACE_LIMIT = 64;
/** A directory changed this recently may change again without a new time stamp. */
const RACY_MS = 2_000;

interface Listing {
  readonly mtimeMs: number;
  readonly readAtMs: number;
  readonly names: readonly string[];
}

/** `{a,b}` written out; braces do not nest. */
function expandBraces(pattern: string): string[] {
  const match = /^(.*?)\{([^{}]*)\}(.*)$/s.exec(pattern);
  if (!match) return [pattern];
  const all = match[2].split(',').flatMap((one) => expandBraces(match[1] + one + match[3]));
  return all.slice(0, BRACE_LIMIT);
}

function segmentRegExp(segment: string): RegExp {
  const source = segment.replace(SET_OR_SIGN, (token) => {
    if (token === '*') return '[^/]*';
    if (token === '?') return '[^/]';
    if (token.length > 1) return `[${token.slice(1, -1).replace(/^!/, '^').replaceAll('\\', '\\\\')}]`;
    return token.replace(/[\\^$.|+()[\]{}]/, '\\$&');
  });
  const hidden = segment.startsWith('.') ? '' : '(?!\\.)';
  try {
    return new RegExp(`^${hidden}${source}$`, 's');
  } catch {
    throw new Error(`glob has a bad range in brackets: ${segment.slice(0, 200)}`);
  }
}

/**
 * What is wrong with a pattern that was written as one; null: nothing. A path that was found is not asked of: a bracket or brace without its
 * partner is a sign like any other in it.
 */
export function globProblem(pattern: string): string | null {
  try {
    new Glob(pattern);
  } catch (error) {
    return (error as Error).message;
  }
  for (const segment of expandBraces(pattern).flatMap((one) => one.split('/'))) {
    const [sign] = /[[{]/.exec(segment.replace(SET, '')) ?? [];
    if (sign === undefined) continue;
    const partner = sign === '[' ? ']' : '}';
    return `glob has a ${sign} without its ${partner} in ${segment.slice(0, 200)}; the sign itself is written [${sign}]`;
  }
  return null;
}

type Segment = string | RegExp;

interface Into {
  readonly found: Set<string>;
  readonly limit: number;
}

/**
 * Finds the files of one pattern again and again. A directory is read again only when its time stamp moved, so that a scan
 * of an unchanged tree costs one stat per directory. Never descends deeper than the pattern has segments.
 */
export class Glob {
  readonly magic: boolean;
  readonly #patterns: readonly (readonly Segment[])[];
  readonly #listings = new Map<string, Listing>();

  /** @throws when the pattern is empty, relative, or has `**` or a bad bracket. */
  constructor(pattern: string) {
    if (!pattern.startsWith('/')) throw new Error(`glob must be an absolute path: ${pattern.slice(0, 200)}`);
    if (pattern.includes('**')) throw new Error(`glob must not contain **: ${pattern.slice(0, 200)}`);
    this.magic = MAGIC.test(pattern);
    this.#patterns = expandBraces(pattern).map((one) =>
      one
        .split('/')
        .filter((segment) => segment !== '')
        .map((segment) => (MAGIC.test(segment) ? segmentRegExp(segment) : segment)),
    );
  }

  /** Paths that match now, sorted; directories, links and missing plain paths included. At most `limit`. */
  scan(limit: number): string[] {
    const found = new Set<string>();
    for (const segments of this.#patterns) this.#walk('/', segments, { found, limit });
    return [...found].sort();
  }

  matches(path: string): boolean {
    const names = path.split('/').filter((name) => name !== '');
    return this.#patterns.some(
      (segments) =>
        segments.length === names.length &&
        segments.every((segment, at) =>
          typeof segment === 'string' ? segment === names[at] : segment.test(names[at]),
        ),
    );
  }

  #walk(directory: string, segments: readonly Segment[], into: Into): void {
    if (into.found.size >= into.limit) return;
    const [first, ...rest] = segments;
    if (first === undefined) {
      into.found.add(directory);
    } else if (typeof first === 'string') {
      this.#walk(join(directory, first), rest, into);
    } else {
      for (const name of this.#list(directory)) {
        if (first.test(name)) this.#walk(join(directory, name), rest, into);
      }
    }
  }

  #list(directory: string): readonly string[] {
    const mtimeMs = mtimeOf(directory);
    const known = this.#listings.get(directory);
    if (known && known.mtimeMs === mtimeMs && known.readAtMs - mtimeMs > RACY_MS) return known.names;
    const readAtMs = Date.now();
    const names = mtimeMs < 0 ? [] : readNames(directory);
    if (mtimeMs < 0) this.#listings.delete(directory);
    else this.#listings.set(directory, { mtimeMs, readAtMs, names });
    return names;
  }
}

function readNames(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

/** -1 when there is no such directory or it may not be looked at. */
function mtimeOf(directory: string): number {
  try {
    return statSync(directory, { throwIfNoEntry: false })?.mtimeMs ?? -1;
  } catch {
    return -1;
  }
}
