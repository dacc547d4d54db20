import type { ConfFile } from './nginx-conf-problem.ts';
import { type ConfReadOptions, readNginxConf } from './nginx-conf-reader.ts';
import type { NginxConf } from './nginx-conf-tree.ts';
import { matchesWildcard } from './nginx-conf-wildcard.ts';

/** What `nginx -T` writes before each file (src/core/nginx.c); the file's own bytes follow, then a line feed. */
const HEADER = /^# configuration file ([^\n]+):\r?$/gm;

/**
 * Splits the output of `nginx -T`, with or without the words of `nginx -t` before it. Each file stands there once, so that a
 * second header of the same path is a comment of the file it is in. Empty when there is no header.
 */
export function splitNginxDump(text: string): ConfFile[] {
  const starts: { path: string; header: number; from: number }[] = [];
  const seen = new Set<string>();
  for (const match of text.matchAll(HEADER)) {
    if (seen.has(match[1])) continue;
    seen.add(match[1]);
    starts.push({ path: match[1], header: match.index, from: match.index + match[0].length + 1 });
  }
  return starts.map(({ path, from }, index) => {
    const end = starts[index + 1]?.header ?? text.length;
    return { path, text: text.slice(from, Math.max(from, end - 1)) };
  });
}

/** Reads the output of `nginx -T`: the first file is the main one, includes are looked for among the others. Null: no such text. */
export function readNginxDump(text: string, options: Omit<ConfReadOptions, 'resolve'> = {}): NginxConf | null {
  const files = splitNginxDump(text);
  if (files.length === 0) return null;
  const byPath = new Map(files.map((file) => [file.path, file]));
  const resolve = (pattern: string): ConfFile[] => {
    const exact = byPath.get(pattern);
    if (exact !== undefined) return [exact];
    if (!/[*?[]/.test(pattern)) return [];
    const found = files.filter(({ path }) => matchesWildcard(path, pattern));
    // glob(3) sorts, in nginx by bytes: it never calls setlocale().
    return found.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  };
  return readNginxConf(files[0], { ...options, resolve });
}
