import * as z from 'zod';
import { SUBJECT_LABELS, type Subject } from '../contract/metrics.ts';
import { type Base, formatBase, isLocal, parseBase } from '../sources/http-get.ts';

/** A page of a server. */
export interface HttpPlace {
  readonly base: Base;
  /** With query. */
  readonly path: string;
}

/** `http://HOST:PORT/PATH` or `unix:/SOCKET:/PATH`. */
export const httpPlace = z
  .string()
  .max(1024)
  .transform((url, context): HttpPlace => {
    try {
      return parsePlace(url);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });

/** Refuses pages elsewhere unless that is allowed, and two targets with the same labels. */
export function checkPlaces(
  { targets, allow_remote }: { targets: readonly (Subject & { url: HttpPlace })[]; allow_remote: boolean },
  context: z.RefinementCtx,
): void {
  const seen = new Set<string>();
  for (const [at, { url, ...subject }] of targets.entries()) {
    const complain = (key: string, message: string) =>
      context.addIssue({ code: 'custom', path: ['targets', at, key], message });
    if (!allow_remote && !isLocal(url.base))
      complain('url', 'is not loopback or a unix socket; set allow_remote: true');
    const identity = SUBJECT_LABELS.map((name) => subject[name]).join('\n');
    if (seen.has(identity)) complain('gateway', 'another target has the same gateway, namespace, pod and container');
    seen.add(identity);
  }
}

/** Without its query. */
export function formatPlace({ base, path }: HttpPlace): string {
  return formatBase(base) + ('socketPath' in base ? ':' : '') + path.split('?')[0];
}

/** @throws with what is expected instead; never repeats the URL, which may hold a password. */
function parsePlace(url: string): HttpPlace {
  const socket = /^(unix:[^:]+):(\/[\x21-\x7e]*)$/.exec(url);
  if (socket !== null) return { base: parseBase(socket[1]), path: socket[2] };
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed?.protocol !== 'http:' || parsed.username !== '' || parsed.password !== '') {
    throw new Error('must be http://HOST:PORT/PATH or unix:/SOCKET:/PATH, without user and password');
  }
  return { base: parseBase(parsed.origin), path: parsed.pathname + parsed.search };
}
