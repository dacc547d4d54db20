import { isIP } from 'node:net';

/** Where a listener binds. An empty host is every address. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** The way out of an address that is none. */
export const ADDRESS_FORM = 'write HOST:PORT, for example :9502, 127.0.0.1:9503, localhost:9503 or [::1]:9503';

/** As `readListenAddress`; `setting` is the flag that the error names. */
export function parseListenAddress(text: string, setting: string): ListenAddress {
  const address = readListenAddress(text);
  if (address !== undefined) return address;
  throw new Error(`${setting}: cannot listen on ${JSON.stringify(text.slice(0, 100))}: ${ADDRESS_FORM}`);
}

/** Reads `:9502`, `127.0.0.1:9503`, `[::1]:9503` or `localhost:9503`. */
export function readListenAddress(text: string): ListenAddress | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  const host = bracketed ?? plain ?? '';
  const valid = bracketed === undefined ? host === '' || isHostName(host) || isIP(host) === 4 : isIP(bracketed) === 6;
  return digits === undefined || port > 65_535 || !valid ? undefined : { host, port };
}

/** True for names and addresses that only this machine (or pod) reaches. */
export function isLoopback(host: string): boolean {
  const name = bareHost(host);
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

/**
 * Whether a page without authentication on loopback may answer this Host header. A foreign name that resolves to
 * 127.0.0.1 is DNS rebinding; an IP literal cannot be rebound.
 */
export function isTrustedHost(header: string | undefined, listenHost: string): boolean {
  const name = bareHost((header ?? '').replace(/:\d{0,5}$/, ''));
  return name !== '' && (isIP(name) !== 0 || name === 'localhost' || name === bareHost(listenHost));
}

/** `host:port` as a URL wants it. */
export function formatHostPort(host: string, port: number): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

function bareHost(host: string): string {
  return host
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
}

function isHostName(host: string): boolean {
  return host.length <= 253 && /^[a-z0-9]([a-z0-9_.-]*[a-z0-9])?$/i.test(host) && !/^[\d.]+$/.test(host);
}
