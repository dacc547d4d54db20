import { readFileSync } from 'node:fs';
import { type OutgoingHttpHeaders, validateHeaderName, validateHeaderValue } from 'node:http';
import { durationMs } from '../contract/schema.ts';
import { showInvisible } from '../http/html.ts';
import { whyUnreadable } from '../sources/unreadable.ts';
import type { LoadOptions } from './verify-load.ts';

/** As the command line has them. */
export interface VerifyFlags {
  readonly url: string;
  readonly qps?: string;
  readonly duration?: string;
  readonly method?: string;
  /** `Name: value` */
  readonly header?: readonly string[];
  /** `200`, `200,204`, `2xx` */
  readonly expect?: string;
  readonly maxFailures?: string;
  readonly timeout?: string;
  readonly caFile?: string;
  readonly json?: boolean;
}

export interface VerifyPlan {
  readonly load: Omit<LoadOptions, 'signal'>;
  readonly expect: string;
  readonly isExpected: (code: number) => boolean;
  readonly maxFailures: number;
}

export const USUAL = { qps: '10', duration: '60s', method: 'GET', expect: '200', maxFailures: '0', timeout: '10s' };
export const MOST_QPS = 1000;
const LEAST_QPS = 0.01;
const LONGEST_MS = 3_600_000;
const MOST_UNDER_WAY = 1000;
const EXPECTED = /^([1-5]\d\d|[1-5]xx)(,([1-5]\d\d|[1-5]xx))*$/;

/** @throws Error whose message names the flag and what to write. */
export function readPlan(flags: VerifyFlags): VerifyPlan {
  const { qps, duration, method, expect, maxFailures, timeout } = { ...USUAL, ...flags };
  if (!EXPECTED.test(expect)) throw new Error(`--expect ${quoted(expect)}: write codes like 200, 200,204 or 2xx`);
  if (!/^[A-Z]+$/.test(method) || method === 'CONNECT')
    throw new Error(`--method ${quoted(method)}: write a method like GET, HEAD or POST`);
  const allowed = expect.split(',');
  return {
    load: {
      ...{ url: readUrl(flags.url), method, headers: readHeaders(flags.header ?? []), ca: readCa(flags.caFile) },
      qps: numberOf('--qps', qps, { least: LEAST_QPS, most: MOST_QPS }),
      durationMs: timeOf('--duration', duration, LONGEST_MS),
      timeoutMs: timeOf('--timeout', timeout, LONGEST_MS),
      mostUnderWay: MOST_UNDER_WAY,
    },
    expect,
    isExpected: (code) => allowed.includes(String(code)) || allowed.includes(`${Math.floor(code / 100)}xx`),
    maxFailures: wholeOf('--max-failures', maxFailures),
  };
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw new Error(`${quoted(text)}: write a whole URL, like http://shop.example/cart or https://10.0.0.7:8443/`);
  if (url.username !== '' || url.password !== '')
    throw new Error('the URL has a password, which others can read; where one is needed: --header "Authorization: …"');
  return url;
}

/** One that comes several times is sent several times. */
function readHeaders(lines: readonly string[]): OutgoingHttpHeaders {
  const headers: Record<string, string | string[]> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const [name, value] = [line.slice(0, Math.max(0, colon)).trim(), line.slice(colon + 1).trim()];
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      // Not the value: it may be a secret.
      throw new Error(`--header ${quoted(name)}: write "Name: value", without control characters`);
    }
    const key = name.toLowerCase();
    const known = headers[key];
    if (key === 'host' && known !== undefined) throw new Error('--header "Host": there can be one');
    headers[key] = known === undefined ? value : [known, value].flat();
  }
  return { 'user-agent': 'badgateway-verify', ...headers };
}

function readCa(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`--ca-file ${quoted(path)}: cannot be read (${whyUnreadable(error)})`);
  }
}

function numberOf(flag: string, text: string, { least, most }: { least: number; most: number }): number {
  const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= least && number <= most))
    throw new Error(`${flag} ${quoted(text)}: write a number between ${least} and ${most}`);
  return number;
}

function wholeOf(flag: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${flag} ${quoted(text)}: write a whole number like 0 or 5`);
  return Number(text);
}

function timeOf(flag: string, text: string, mostMs: number): number {
  const read = durationMs(1, mostMs).safeParse(text);
  if (!read.success) throw new Error(`${flag} ${quoted(text)}: write a time like 500ms, 60s or 5m, at most 1h`);
  return read.data;
}

function quoted(text: string): string {
  return showInvisible(JSON.stringify(text));
}
