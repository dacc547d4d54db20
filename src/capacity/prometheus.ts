import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { whyUnreadable } from '../sources/unreadable.ts';
import { explainFailure, refusalOf } from './prometheus-refusal.ts';

/** Where a Prometheus is and how to get at it. */
export interface PrometheusAccess {
  /** `http://prometheus:9090`, also with a path in front of /api/v1. */
  readonly prometheus: string;
  /** PEM; in place of the usual authorities. */
  readonly caFile?: string;
  readonly user?: string;
  readonly passwordFile?: string;
  readonly bearerFile?: string;
}

/** One series of an answer. */
export interface PrometheusSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** Seconds since 1970 → value. NaN and infinite values are not there. */
  readonly points: ReadonlyMap<number, number>;
}

export interface Range {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly stepSeconds: number;
}

const LARGEST_ANSWER = 64 * 1024 * 1024;
export const LONGEST_WAIT_MS = 120_000;

/** Asks one Prometheus (or what answers like one: Thanos, Mimir, VictoriaMetrics). Every error says what to do. */
export class PrometheusClient {
  readonly #base: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #ca: string | undefined;
  #points = 0;
  #queries = 0;

  /** @throws Error that names the flag. */
  constructor(access: PrometheusAccess) {
    this.#base = readBase(access.prometheus);
    const authorization = readCredentials(access);
    this.#headers = { accept: 'application/json', ...(authorization === null ? {} : { authorization }) };
    this.#ca = access.caFile === undefined ? undefined : readSetting('--ca-file', access.caFile);
  }

  /** Origin and path, without credentials. */
  get place(): string {
    return `${this.#base.origin}${this.#base.pathname.replace(/\/$/, '')}`;
  }

  /** Samples read so far. */
  get points(): number {
    return this.#points;
  }

  get queries(): number {
    return this.#queries;
  }

  async range(query: string, { startSeconds, endSeconds, stepSeconds }: Range): Promise<PrometheusSeries[]> {
    const times = { start: String(startSeconds), end: String(endSeconds), step: String(stepSeconds) };
    return this.#series('/api/v1/query_range', { query, ...times });
  }

  async instant(query: string, atSeconds: number): Promise<PrometheusSeries[]> {
    return this.#series('/api/v1/query', { query, time: String(atSeconds) });
  }

  async #series(path: string, parameters: Readonly<Record<string, string>>): Promise<PrometheusSeries[]> {
    const body = await this.#ask(path, parameters);
    const series = readSeries(body);
    if (series === null) throw new Error(`${this.place}: ${refusalOf({ status: 200, body, hasCredentials: false })}`);
    this.#queries++;
    for (const { points } of series) this.#points += points.size;
    return series;
  }

  async #ask(path: string, parameters: Readonly<Record<string, string>>): Promise<string> {
    const url = new URL(this.#base);
    url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    try {
      const signal = AbortSignal.timeout(LONGEST_WAIT_MS);
      const settings = { agent: false, signal, headers: this.#headers, ca: this.#ca } as const;
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      const outgoing = url.protocol === 'https:' ? httpsRequest(url, settings) : httpRequest(url, settings);
      outgoing.on('response', resolve).on('error', reject).end();
      const response = await promise;
      const body = await readBody(response);
      if (response.statusCode === 200) return body;
      const hasCredentials = this.#headers.authorization !== undefined;
      throw new Error(refusalOf({ status: response.statusCode ?? 0, body, hasCredentials }));
    } catch (error) {
      throw new Error(`${this.place}: ${explainFailure(error as NodeJS.ErrnoException, url)}`, { cause: error });
    }
  }
}

function readBase(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol) || `${url.search}${url.hash}` !== '')
    throw new Error(`--prometheus ${JSON.stringify(text)}: write its address, like http://prometheus:9090`);
  if (url.username !== '' || url.password !== '')
    throw new Error('--prometheus: others can read a password in it; give --user and --password-file');
  if (/\/(api\/v1|graph|query)\b/.test(url.pathname))
    throw new Error(`--prometheus ${JSON.stringify(text)}: leave out ${url.pathname}: only what stands before /api/v1`);
  return url;
}

function readCredentials({ user, passwordFile, bearerFile }: PrometheusAccess): string | null {
  if (bearerFile !== undefined && (user !== undefined || passwordFile !== undefined))
    throw new Error('give --bearer-file, or --user and --password-file, not both');
  if (bearerFile !== undefined) return headerOf('Bearer', readSetting('--bearer-file', bearerFile).trim());
  if (user === undefined && passwordFile === undefined) return null;
  if (user === undefined || passwordFile === undefined)
    throw new Error('--user and --password-file are given together');
  const password = readSetting('--password-file', passwordFile).replace(/\r?\n$/, '');
  return headerOf('Basic', Buffer.from(`${user}:${password}`).toString('base64'));
}

function headerOf(scheme: string, credentials: string): string {
  if (!/^[\x21-\x7e]+$/.test(credentials)) throw new Error('--bearer-file: it holds no token of one line');
  return `${scheme} ${credentials}`;
}

function readSetting(flag: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${flag} ${JSON.stringify(path)}: cannot be read (${whyUnreadable(error)})`);
  }
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LARGEST_ANSWER)
      throw new Error(`the answer is larger than ${LARGEST_ANSWER >> 20} MiB: narrow it with --match or --window`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Null: this is no answer of a Prometheus. */
function readSeries(body: string): PrometheusSeries[] | null {
  try {
    const { status, data } = JSON.parse(body) as { status?: unknown; data?: { result?: unknown } };
    if (status !== 'success' || !Array.isArray(data?.result)) return null;
    return data.result.map(({ metric, values, value }) => ({
      labels: labelsOf(metric),
      points: pointsOf(values ?? [value]),
    }));
  } catch {
    return null;
  }
}

function labelsOf(metric: unknown): Record<string, string> {
  const entries = Object.entries(metric as object).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries);
}

function pointsOf(values: readonly (readonly [number, string])[]): Map<number, number> {
  const points = new Map<number, number>();
  for (const [at, text] of values) {
    const value = Number(text);
    if (Number.isFinite(value) && Number.isFinite(at)) points.set(at, value);
  }
  return points;
}
