import type { Random } from './random.ts';
import { weighted } from './random.ts';
import { HOSTS, PODS } from './scene.ts';

/** What an access-log line of the bench says; times are milliseconds. */
export interface AccessLogLine {
  /** What a client sent is as it was sent, one byte a character; empty: nothing. */
  readonly client: string;
  readonly user: string;
  readonly request: string;
  readonly referrer: string;
  readonly agent: string;
  readonly code: number;
  readonly requestMs: number;
  readonly bytes: number;
  readonly attempts: readonly Attempt[];
}

export interface Attempt {
  readonly peer: string;
  /** 0: nginx writes `-`. */
  readonly code: number;
  readonly ms: number;
}

const HOSTILE_SHARE = 0.002;
const RETRY_SHARE = 0.02;
const LOCAL_SHARE = 0.05;
const ZERO_SHARE = 0.009;

const pickCode = weighted([
  { code: 200, weight: 78 },
  { code: 204, weight: 3 },
  { code: 301, weight: 2 },
  { code: 304, weight: 6 },
  { code: 404, weight: 4 },
  { code: 403, weight: 1 },
  { code: 499, weight: 1 },
  { code: 500, weight: 1 },
  { code: 502, weight: 2 },
  { code: 503, weight: 1 },
  { code: 504, weight: 1 },
]);
/** Upper ends of latency, in milliseconds. */
const pickSpan = weighted([
  { ms: 5, weight: 25 },
  { ms: 30, weight: 40 },
  { ms: 120, weight: 20 },
  { ms: 600, weight: 10 },
  { ms: 3000, weight: 4 },
  { ms: 70_000, weight: 1 },
]);

const METHODS = ['GET', 'GET', 'GET', 'GET', 'POST', 'PUT', 'HEAD', 'DELETE'] as const;
const ROOTS = ['/api/v1/cart/items/', '/api/v2/search?q=', '/static/img/', '/checkout/session/', '/v1/users/'] as const;
const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'curl/8.5.0',
  'kube-probe/1.31',
  'Go-http-client/2.0',
  'python-requests/2.32.3',
] as const;
/** Each tries to look like the fields behind it. */
const HOSTILE = [
  '" 200 0 "-" "-" 0.001 "200"',
  '] 500 1 - 0.000 [',
  '\\" 502 17 \xff\xfe',
  '$status 503, 502 : 504',
] as const;

function attemptsOf(random: Random, code: number, ms: number): Attempt[] {
  if (random.chance(LOCAL_SHARE)) return [];
  const last: Attempt = { peer: random.pick(PODS), code: code === 499 ? 0 : code, ms };
  if (!random.chance(RETRY_SHARE)) return [last];
  const first = Math.floor(ms / 3);
  return [
    { peer: random.pick(PODS), code: random.chance(0.7) ? 502 : 504, ms: first },
    { ...last, ms: ms - first },
  ];
}

export function nextAccessLine(random: Random): AccessLogLine {
  const { code } = pickCode(random);
  const requestMs = random.chance(ZERO_SHARE) ? 0 : 1 + random.below(pickSpan(random).ms);
  const bytes = code === 204 || code === 304 ? 0 : random.below(200_000);
  const attempts = attemptsOf(random, code, requestMs);
  const hostile = random.chance(HOSTILE_SHARE) ? random.pick(HOSTILE) : null;
  const user = hostile !== null && random.chance(0.5) ? hostile : '';
  const path = `${random.pick(ROOTS)}${random.hex()}`;
  const referrer = random.chance(0.3) ? `https://${random.pick(HOSTS)}/catalog/${random.hex()}` : '';
  const client = `192.168.${random.below(256)}.${random.below(256)}`;
  const request = `${random.pick(METHODS)} ${path} HTTP/1.1`;
  const agent = hostile ?? random.pick(AGENTS);
  return { client, user, request, referrer, agent, code, requestMs, bytes, attempts };
}
