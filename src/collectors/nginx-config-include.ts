import { matchesWildcard } from '../parse/nginx-conf-wildcard.ts';
import type { HostFiles } from '../sources/nginx-discovery-files.ts';

export interface Expanded {
  /** In the order in which nginx includes them: by bytes, as glob(3) without a locale. */
  readonly paths: readonly string[];
  /** Every directory that was listed or could not be: a change in one of them can change `paths`. */
  readonly directories: readonly string[];
  /** There were more than `limit`. */
  readonly isCut: boolean;
}

const MAGIC = /[*?[\\]/;

/** What the pattern of an `include` names now, as the host sees it; `pattern` is absolute. Links stay inside the host's root. */
export function expandInclude(host: HostFiles, pattern: string, limit: number): Expanded {
  const segments = pattern.split('/').filter((segment) => segment !== '');
  const paths: string[] = [];
  const directories: string[] = [];
  let isCut = false;

  function walk(directory: string, depth: number): void {
    if (depth === segments.length) {
      if (paths.length >= limit) isCut = true;
      else paths.push(directory);
      return;
    }
    const segment = segments[depth];
    const isLast = depth === segments.length - 1;
    if (!MAGIC.test(segment)) {
      const path = `${directory}/${segment}`;
      if (isLast) directories.push(directory || '/');
      if (!isLast || host.kindOf(path) !== 'missing') walk(path, depth + 1);
      return;
    }
    directories.push(directory || '/');
    for (const name of listOf(host, directory || '/')) {
      if (isCut) return;
      if (matchesWildcard(name, segment)) walk(`${directory}/${name}`, depth + 1);
    }
  }

  walk('', 0);
  return { paths: sortByBytes(paths), directories, isCut };
}

/** Empty when it cannot be listed: glob(3) passes over such a directory too. */
function listOf(host: HostFiles, directory: string): string[] {
  try {
    return host.list(directory);
  } catch {
    return [];
  }
}

function sortByBytes(paths: string[]): string[] {
  return paths.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
