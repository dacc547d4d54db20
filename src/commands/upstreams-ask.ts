import { readFileSync } from 'node:fs';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { METRICS_FLAG, PAGE_FLAG } from '../http/flags.ts';
import { showInvisible } from '../http/html.ts';
import { whyUnreadable } from '../sources/unreadable.ts';

const LARGEST_ANSWER = 64 * 1024 * 1024;
const LONGEST_WAIT_MS = 15_000;
const LONGEST_QUOTE = 300;
const UPSTREAMS_PATH = '/api/v1/upstreams';

export interface AskOptions {
  /** `http://127.0.0.1:9503`, `https://gateway-1:9503`, also with a path in front of ours. */
  readonly url: string;
  /** What is asked for; /api/v1/upstreams without. */
  readonly path?: string;
  /** The flag that gave `url`, for messages. */
  readonly flag?: string;
  /** Parameters of the path. */
  readonly query: Readonly<Record<string, string>>;
  /** PEM; in place of the usual authorities. */
  readonly caFile?: string;
  /** Our own certificate and its key, PEM. */
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly user?: string;
  readonly passwordFile?: string;
}

/** The page does not answer as asked. */
export class AskError extends Error {
  override readonly name = 'AskError';
  /** Of HTTP; null: there was no answer. */
  readonly status: number | null;

  constructor(message: string, status: number | null, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

/** The body of the answer. @throws AskError whose message names the next step. */
export async function askUpstreams(options: AskOptions): Promise<string> {
  const { path = UPSTREAMS_PATH, flag = '--url' } = options;
  const url = readUrl(options, path, flag);
  const credentials = readCredentials(options);
  const identity = readIdentity(options);
  const signal = AbortSignal.timeout(LONGEST_WAIT_MS);
  const headers = { accept: 'application/json', ...(credentials === null ? {} : { authorization: credentials }) };
  const settings = { agent: false, signal, headers } as const;
  try {
    const outgoing =
      url.protocol === 'https:' ? httpsRequest(url, { ...settings, ...identity }) : httpRequest(url, settings);
    const response = await responseOf(outgoing);
    const body = await readBody(response);
    if (response.statusCode === 200) return body;
    const status = response.statusCode ?? 0;
    throw new AskError(refusal({ status, body, path, hasPassword: credentials !== null }), status);
  } catch (error) {
    const status = error instanceof AskError ? error.status : null;
    throw new AskError(`${url.origin}: ${explain(error as NodeJS.ErrnoException, url, flag)}`, status, error);
  }
}

function readUrl({ url: text, query }: AskOptions, path: string, flag: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol) || `${url.search}${url.hash}` !== '')
    throw new Error(`${flag} ${JSON.stringify(text)}: write http://HOST:PORT or https://HOST:PORT of the status page`);
  if (url.username !== '' || url.password !== '')
    throw new Error(`${flag}: others can read a password in it; give --user and --password-file`);
  url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

function readCredentials({ user, passwordFile }: AskOptions): string | null {
  if (user === undefined && passwordFile === undefined) return null;
  if (user === undefined || passwordFile === undefined)
    throw new Error('--user and --password-file are given together');
  const password = readSetting('--password-file', passwordFile).replace(/\r?\n$/, '');
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function readIdentity({ caFile, certFile, keyFile }: AskOptions): { ca?: string; cert?: string; key?: string } {
  if ((certFile === undefined) !== (keyFile === undefined))
    throw new Error('--cert-file and --key-file are given together');
  return {
    ...(caFile === undefined ? {} : { ca: readSetting('--ca-file', caFile) }),
    ...(certFile === undefined ? {} : { cert: readSetting('--cert-file', certFile) }),
    ...(keyFile === undefined ? {} : { key: readSetting('--key-file', keyFile) }),
  };
}

function readSetting(flag: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${flag} ${JSON.stringify(path)}: cannot be read (${whyUnreadable(error)})`);
  }
}

function responseOf(outgoing: ClientRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  outgoing.on('response', resolve).on('error', reject).end();
  return promise;
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LARGEST_ANSWER)
      throw new Error(`the answer is larger than ${LARGEST_ANSWER} bytes: is this badgateway?`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

interface Refusal {
  readonly status: number;
  readonly body: string;
  readonly path: string;
  readonly hasPassword: boolean;
}

function refusal({ status, body, path, hasPassword }: Refusal): string {
  const words = showInvisible(body.slice(0, LONGEST_QUOTE).trim());
  if (status === 401)
    return hasPassword
      ? 'it does not take this user and password (401): see basic_auth_users of its web config file'
      : 'it asks for a password (401): give --user and --password-file';
  if (status === 404)
    return `it has no ${path} (404): is it the address of the page (${PAGE_FLAG}, usually port 9503) and not of the metrics (${METRICS_FLAG}), and a badgateway as new as this one?`;
  if (status === 421) return 'it answers to localhost and IP addresses only (421): give its address, not a name';
  if (status === 429 || status === 503) return `it is busy (${status}): ask again in a moment`;
  return `it answered ${status}: ${words}`;
}

function explain(
  { code = '', name, message }: NodeJS.ErrnoException,
  { protocol, hostname }: URL,
  flag: string,
): string {
  const isTls = protocol === 'https:';
  if (name === 'TimeoutError' || name === 'AbortError')
    return `no complete answer within ${LONGEST_WAIT_MS / 1000} s: is the address right, and no firewall in between?`;
  if (code === 'ECONNREFUSED')
    return `nobody listens there: is badgateway running, and its page at this address (${PAGE_FLAG})? Another one: ${flag}; in a pod: kubectl port-forward POD 9503`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `the name ${hostname} cannot be resolved (${code})`;
  if (isTls) return explainTls(code, flag) ?? message;
  if (code === 'ECONNRESET' || code.startsWith('HPE_'))
    return `it closed the connection (${code}): if it speaks TLS, write https:// in ${flag}`;
  return message;
}

function explainTls(code: string, flag: string): string | null {
  if (code === 'EPROTO' || code.endsWith('WRONG_VERSION_NUMBER'))
    return `it does not speak TLS: write http:// in ${flag}`;
  if (code.endsWith('CERTIFICATE_REQUIRED')) return 'it asks for a client certificate: give --cert-file and --key-file';
  if (code === 'CERT_HAS_EXPIRED') return 'its certificate has expired';
  if (code.endsWith('ALTNAME_INVALID'))
    return `its certificate does not name this host: write one that it names in ${flag}`;
  if (/CERT|SIGNATURE|ISSUER/.test(code) && !code.startsWith('ERR_SSL'))
    return `its certificate is not trusted (${code}): give the authority with --ca-file`;
  return null;
}
