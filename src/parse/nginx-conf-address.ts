import { canonicalIp } from './ip-address.ts';

/**
 * `placeholder`: an address that stands for something else and that no backend has: ingress-nginx's 0.0.0.1, or a socket of
 * the gateway's own that only answers with a code. `variable`: only the running proxy knows.
 */
export type ConfAddressKind = 'ip' | 'unix' | 'hostname' | 'variable' | 'placeholder';

export interface ConfAddress {
  readonly kind: ConfAddressKind;
  /** Canonical IP address without brackets, path of a socket, or name as written; '' for a variable. */
  readonly host: string;
  /** Null: has none (unix), or only the running proxy knows. */
  readonly port: number | null;
  /** Code that a placeholder's socket answers with, else null. */
  readonly code: number | null;
  /** As it stands in the configuration, without scheme. */
  readonly text: string;
  /** What stands behind host and port: `/x`, or after the second colon of `unix:/s:/x`. */
  readonly uri: string;
  /** No port was written, so that `port` is the default. */
  readonly isPortless: boolean;
}

export interface AddressRules {
  /** Null: without a port the address is nothing but a name. */
  readonly defaultPort: number | null;
  /** A path may follow (`uri_part` of ngx_url_t). */
  readonly hasUri: boolean;
}

const HIGHEST_PORT = 65_535;
/** sizeof(sun_path) with the final zero. */
const LONGEST_PATH = 107;
/** NGINX Gateway Fabric and the NGINX Ingress Controller: nginx-500-, -502-, -503- and -418-server.sock. */
const CODE_SOCKET = /\/nginx-([45]\d\d)-server\.sock$/;
const PLACEHOLDER_IP = '0.0.0.1';

/** Reads an address as ngx_parse_url does (src/core/ngx_inet.c); a string is what nginx says of a wrong one. */
export function parseConfAddress(text: string, rules: AddressRules): ConfAddress | string {
  if (text.includes('$')) return variable(text);
  if (/^unix:/i.test(text)) return parseUnix(text, rules);
  return text.startsWith('[') ? parseIpv6(text, rules) : parseInet(text, rules);
}

function variable(text: string): ConfAddress {
  return { kind: 'variable', host: '', port: null, code: null, text, uri: '', isPortless: false };
}

function parseUnix(text: string, { hasUri }: AddressRules): ConfAddress | string {
  const colon = hasUri ? text.indexOf(':', 5) : -1;
  const host = text.slice(5, colon < 0 ? text.length : colon);
  if (host === '') return 'no path in the unix domain socket';
  if (Buffer.byteLength(host) > LONGEST_PATH) return 'too long path in the unix domain socket';
  const code = CODE_SOCKET.exec(host);
  return {
    kind: code === null ? 'unix' : 'placeholder',
    host,
    port: null,
    code: code === null ? null : Number(code[1]),
    text,
    uri: colon < 0 ? '' : text.slice(colon + 1),
    isPortless: true,
  };
}

function parseIpv6(text: string, rules: AddressRules): ConfAddress | string {
  const bracket = text.indexOf(']');
  if (bracket < 0) return 'invalid host';
  const slash = text.indexOf('/', bracket);
  if (slash >= 0 && !rules.hasUri) return 'invalid host';
  const end = slash < 0 ? text.length : slash;
  const rest = text.slice(bracket + 1, end);
  if (rest !== '' && !rest.startsWith(':')) return 'invalid host';
  const port = rest === '' ? rules.defaultPort : parsePort(rest.slice(1));
  if (rest !== '' && port === null) return 'invalid port';
  const inside = text.slice(1, bracket);
  if (inside === '') return 'no host';
  // A zone is allowed in canonicalIp and not in nginx.
  const host = inside.includes('%') || !inside.includes(':') ? null : canonicalIp(inside);
  if (host === null) return 'invalid IPv6 address';
  return { kind: 'ip', host, port, code: null, text, uri: text.slice(end), isPortless: rest === '' };
}

function parseInet(text: string, rules: AddressRules): ConfAddress | string {
  const uri = text.search(/[/?]/);
  if (uri >= 0 && !rules.hasUri) return 'invalid host';
  const end = uri < 0 ? text.length : uri;
  const colon = text.indexOf(':');
  const hasPort = colon >= 0 && colon < end;
  const port = hasPort ? parsePort(text.slice(colon + 1, end)) : rules.defaultPort;
  if (hasPort && port === null) return 'invalid port';
  const name = text.slice(0, hasPort ? colon : end);
  if (name === '') return 'no host';
  const ip = parseIpv4(name);
  const kind = ip === PLACEHOLDER_IP ? 'placeholder' : ip === null ? 'hostname' : 'ip';
  return { kind, host: ip ?? name, port, code: null, text, uri: text.slice(end), isPortless: !hasPort };
}

function parsePort(text: string): number | null {
  const port = /^\d+$/.test(text) && text.length < 16 ? Number(text) : 0;
  return port >= 1 && port <= HIGHEST_PORT ? port : null;
}

/** Four decimal numbers; leading zeros mean nothing (ngx_inet_addr). */
function parseIpv4(text: string): string | null {
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(text)) return null;
  const octets = text.split('.').map(Number);
  return octets.every((octet) => octet <= 255) ? octets.join('.') : null;
}
