import type * as z from 'zod';
import { unionWords } from './mistake-words.ts';

/** One mistake in a configuration: where, what stands there, and the way out. */
export interface Problem {
  readonly path: string;
  readonly value: string;
  readonly message: string;
}

const LONGEST_VALUE = 80;
const SECRET_KEYS = /password|secret|token|key/i;

/** All problems of one source (a file, the environment) at once. */
export class ConfigError extends Error {
  readonly source: string;
  readonly problems: readonly Problem[];

  constructor(source: string, problems: readonly Problem[]) {
    const lines = problems.map(
      ({ path, value, message }) => `  ${path || '(top level)'}${value === '' ? '' : ` = ${value}`}: ${message}`,
    );
    super(`${source}: ${problems.length} problem${problems.length === 1 ? '' : 's'}\n${lines.join('\n')}`);
    this.name = 'ConfigError';
    this.source = source;
    this.problems = problems;
  }
}

export function problemsOf(error: z.ZodError, input: unknown, knownPaths: readonly string[]): Problem[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.join('.');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => unknownKey(path === '' ? key : `${path}.${key}`, knownPaths));
    }
    return [{ path, value: show(path, valueAt(input, issue.path)), message: hideCredentials(messageOf(issue)) }];
  });
}

function unknownKey(path: string, knownPaths: readonly string[]): Problem {
  const near = nearest(path, knownPaths);
  const wayOut = near === undefined ? 'remove it; docs/configuration.md lists every key' : `did you mean ${near}?`;
  return { path, value: '', message: `unknown key; ${wayOut}` };
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union' && issue.errors.length > 0) return unionWords(issue.errors);
  return issue.message;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], input);
}

function show(path: string, value: unknown): string {
  if (value === undefined) return '';
  if (SECRET_KEYS.test(path)) return '(not shown)';
  const text = hideCredentials(JSON.stringify(value) ?? String(value));
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

function hideCredentials(text: string): string {
  return text.replaceAll(/\/\/[^/@\s"]*@/g, '//(not shown)@');
}

/** The known path with the smallest edit distance, when it is close. */
export function nearest(path: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  // What stands before the last dot is mostly right: its letters allow no more errors in the last word.
  const word = path.slice(path.lastIndexOf('.') + 1);
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(path, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
