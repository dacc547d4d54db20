import * as z from 'zod';
import { type Base, formatBase, parseBase } from '../sources/http-get.ts';

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
