import { readIncidents, readStatus, readUpstreams } from './diagnose-answer.ts';
import type { Looked } from './diagnose-report.ts';
import { AskError, type AskOptions, askUpstreams } from './upstreams-ask.ts';

export const DEFAULT_SERVER = 'http://127.0.0.1:9503';
const FLAG = '--server';
const MOST_INCIDENTS = '1000';

export type ServerAccess = Omit<AskOptions, 'path' | 'flag' | 'query'>;

/** What a running badgateway knows. @throws AskError whose message names the next step. */
export async function askServer(access: ServerAccess, sinceMs: number): Promise<Looked> {
  const ask = (path: string, query = {}) => askUpstreams({ ...access, path, query, flag: FLAG });
  // First the one that any badgateway answers: what is wrong with the address is said of it.
  const status = readStatus(await ask('/api/v1/status'));
  if (status === null) throw notOurs(access, '/api/v1/status');
  const upstreams = readUpstreams(await ask('/api/v1/upstreams'));
  if (upstreams === null) throw notOurs(access, '/api/v1/upstreams');
  const since = new Date(sinceMs).toISOString();
  const incidents = readIncidents(await ask('/api/v1/incidents', { since, limit: MOST_INCIDENTS }));
  if (incidents === null) throw notOurs(access, '/api/v1/incidents');
  return { status, upstreams, incidents };
}

/** Nobody listens at the usual address, or not a badgateway: then the command looks by itself. */
export function isNobody(error: unknown): boolean {
  return error instanceof AskError && (error.status === null || error.status === 404);
}

function notOurs({ url }: ServerAccess, path: string): AskError {
  return new AskError(`${url}: the answer is not that of ${path}: is this badgateway, of this version?`, null);
}
