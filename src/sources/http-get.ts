import { type ClientRequest, type IncomingMessage, request } from 'node:http';

/** Where a local status server listens. */
export type Base = { readonly host: string; readonly port: number } | { readonly socketPath: string };

export interface GetRequest {
  readonly base: Base;
  /** Path and query, sent as is. */
  readonly path: string;
  /** For the whole exchange, not only for silence. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** The consumer keeps no chunk beyond its call: the memory is freed at once. Default: chunks may be kept. */
  readonly isTransient?: boolean;
}

export interface GetResult {
  readonly bytes: number;
  readonly durationMs: number;
}

export type GetFailure = 'unreachable' | 'not_permitted' | 'timeout' | 'too_large' | 'status' | 'aborted' | 'broken';

export class HttpGetError extends Error {
  readonly reason: GetFailure;
  /** The answer's status when `reason` is `status`, else 0. */
  readonly status: number;

  constructor(reason: GetFailure, message: string, detail: { status?: number; cause?: unknown } = {}) {
    super(message, { cause: detail.cause });
    this.name = 'HttpGetError';
    this.reason = reason;
    this.status = detail.status ?? 0;
  }
}

/** After so many bytes the reader gives other work of the event loop its turn. */
const SLICE_BYTES = 256 * 1024;

/** Parses `http://127.0.0.1:9901` and `unix:/run/envoy.sock` (`unix:@name` is Linux' abstract namespace). Throws on anything else. */
export function parseBase(url: string): Base {
  if (url.startsWith('unix:')) {
    const path = url.slice('unix:'.length).replace(/^\/\/(?=\/)/, '');
    if (!/^[/@]./.test(path)) throw new Error(`unix socket URL needs an absolute path: ${JSON.stringify(url)}`);
    return { socketPath: path.startsWith('@') ? `\0${path.slice(1)}` : path };
  }
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const bare = parsed?.protocol === 'http:' && parsed.pathname === '/' && `${parsed.search}${parsed.hash}` === '';
  if (!parsed || !bare || parsed.username !== '' || parsed.password !== '')
    throw new Error(`expected http://HOST:PORT or unix:/PATH, got ${JSON.stringify(url.slice(0, 200))}`);
  return { host: parsed.hostname.replace(/^\[|\]$/g, ''), port: parsed.port === '' ? 80 : Number(parsed.port) };
}

/** True for a unix socket and for a loopback address or `localhost`. */
export function isLocal(base: Base): boolean {
  return 'socketPath' in base || base.host === 'localhost' || base.host === '::1' || /^127(\.\d+){3}$/.test(base.host);
}

export function formatBase(base: Base): string {
  if ('socketPath' in base) return `unix:${base.socketPath.replace(/^\0/, '@')}`;
  return `http://${base.host.includes(':') ? `[${base.host}]` : base.host}:${base.port}`;
}

function classifyConnectError(error: NodeJS.ErrnoException): GetFailure {
  if (error.code === 'EACCES' || error.code === 'EPERM') return 'not_permitted';
  return error.syscall === 'connect' || error.code === 'ENOTFOUND' ? 'unreachable' : 'broken';
}

/**
 * Frees what a network read was stored in without waiting for the garbage collector, which sees only the small wrapper: a
 * body of 100 MB would otherwise be 60 MB of dead buffers. Node reads from a socket into a store of its own each time.
 */
function releaseStore(store: ArrayBufferLike | null): void {
  if (store instanceof ArrayBuffer && store !== Buffer.allocUnsafe(1).buffer) store.transfer(0);
}

/** Streams the body to `onChunk`, byte-capped, in slices so that a long body does not stall the event loop. */
function readBody(
  response: IncomingMessage,
  { maxBytes, isTransient }: GetRequest,
  onChunk: (chunk: Buffer) => void,
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let bytes = 0;
  let slice = 0;
  let store: ArrayBufferLike | null = null;
  response.on('data', (chunk: Buffer) => {
    // One read may hold several chunks; they come in order, so a new store means that the last one is used up.
    if (store !== chunk.buffer) releaseStore(store);
    store = isTransient ? chunk.buffer : null;
    bytes += chunk.length;
    slice += chunk.length;
    if (bytes > maxBytes) return void reject(new HttpGetError('too_large', `answer is larger than ${maxBytes} bytes`));
    try {
      onChunk(chunk);
    } catch (error) {
      return void reject(error);
    }
    if (slice < SLICE_BYTES) return;
    slice = 0;
    response.pause();
    setImmediate(() => response.resume());
  });
  response.on('end', () => resolve(bytes));
  response.on('error', reject);
  response.on('close', () =>
    reject(new HttpGetError('broken', `connection closed after ${bytes} bytes of the answer`)),
  );
  return promise;
}

function openResponse(outgoing: ClientRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  outgoing.on('response', resolve);
  outgoing.on('error', reject);
  outgoing.end();
  return promise;
}

/**
 * One GET without body, redirects or keep-alive; only status 200 is an answer.
 * Errors of `onChunk` (a parser's) pass through unchanged; everything else is an `HttpGetError`.
 */
export async function get(wanted: GetRequest, onChunk: (chunk: Buffer) => void): Promise<GetResult> {
  const { base, path, timeoutMs, signal } = wanted;
  const place = `GET ${formatBase(base)}${path.split('?')[0]}`;
  if (signal.aborted) throw new HttpGetError('aborted', `${place}: cancelled`);
  const startedMs = performance.now();
  const outgoing = request({ ...base, path, method: 'GET', agent: false, headers: { 'accept-encoding': 'identity' } });
  const stopped = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => stopped.reject(new HttpGetError('timeout', `${place}: no complete answer within ${timeoutMs} ms`)),
    timeoutMs,
  );
  const cancel = () => stopped.reject(new HttpGetError('aborted', `${place}: cancelled`));
  signal.addEventListener('abort', cancel, { once: true });
  let inConsumer = false;
  const exchange = async () => {
    const response = await openResponse(outgoing);
    if (response.statusCode !== 200)
      throw new HttpGetError('status', `${place}: status ${response.statusCode}`, { status: response.statusCode ?? 0 });
    return readBody(response, wanted, (chunk) => {
      inConsumer = true;
      onChunk(chunk);
      inConsumer = false;
    });
  };
  try {
    const bytes = await Promise.race([exchange(), stopped.promise]);
    return { bytes, durationMs: performance.now() - startedMs };
  } catch (error) {
    if (inConsumer || error instanceof HttpGetError) throw error;
    const reason = classifyConnectError(error as NodeJS.ErrnoException);
    throw new HttpGetError(reason, `${place}: ${(error as Error).message}`, { cause: error });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
    outgoing.on('error', () => {});
    outgoing.destroy();
  }
}
