import type { Request, RequestHandler, Response } from 'express';
import { isTrustedHost } from './address.ts';
import type { BasicAuth } from './basic-auth.ts';
import type { Handler, HttpWriters } from './http-metrics.ts';
import { requiresAuthentication } from './web-config.ts';
import type { WebConfigStore } from './web-config-store.ts';

const BASE_HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'deny',
};

const DEFAULT_CSP = "default-src 'none'; frame-ancestors 'none'";

export interface GuardOptions {
  readonly store: WebConfigStore | null;
  readonly auth: BasicAuth;
  readonly writers: HttpWriters;
  /** The loopback host of a page, whose Host header is checked while there is no authentication; null elsewhere. */
  readonly onlyHost: string | null;
  /** Content-Security-Policy, unless the web config file sets one. */
  readonly csp?: () => string;
}

/** Runs before every handler: counts, headers, rate limit, Host header, password. */
export function createGuard({ store, auth, writers, onlyHost, csp = () => DEFAULT_CSP }: GuardOptions): RequestHandler {
  return async (request, response, next) => {
    response.on('finish', () => {
      writers.requests.inc({ handler: handlerOf(response), code: String(response.statusCode) });
    });
    store?.refresh();
    response.set(BASE_HEADERS).set('Content-Security-Policy', csp());
    for (const [name, value] of store?.current.headers ?? []) response.set(name, value);
    if (store?.limit?.allow(performance.now()) === false) {
      return sendText(response.set('Retry-After', '1'), 429, 'Too many requests: rate_limit of the web config file.');
    }
    const users = store?.current.users;
    if (users !== undefined && users.size > 0 && !(await authenticate({ auth, users, writers }, request, response)))
      return;
    const open = store === null || !requiresAuthentication(store.current);
    if (open && onlyHost !== null && !isTrustedHost(request.headers.host, onlyHost)) {
      return sendText(
        response,
        421,
        'This page answers to localhost and IP addresses only. Open it as http://127.0.0.1.',
      );
    }
    next();
  };
}

/** Names the handler for the request counter. */
export function markHandler(response: Response, handler: Handler): void {
  response.locals.handler = handler;
}

export function sendText(response: Response, status: number, text: string): void {
  response.status(status).type('text/plain; charset=utf-8').end(`${text}\n`);
}

interface Login {
  readonly auth: BasicAuth;
  readonly users: ReadonlyMap<string, string>;
  readonly writers: HttpWriters;
}

/** False when it has answered. */
async function authenticate(login: Login, request: Request, response: Response): Promise<boolean> {
  const result = await login.auth.check(login.users, request.headers.authorization);
  if (result === 'ok') return true;
  login.writers.authFailures.inc({ reason: result });
  if (result === 'busy') {
    sendText(response.set('Retry-After', '1'), 503, 'Too many passwords are being checked.');
    return false;
  }
  response.set('WWW-Authenticate', 'Basic realm="badgateway", charset="UTF-8"');
  sendText(response, 401, 'Unauthorized');
  return false;
}

function handlerOf(response: Response): Handler {
  return (response.locals.handler as Handler | undefined) ?? 'other';
}
