import { type ConfAddress, parseConfAddress } from './nginx-conf-address.ts';
import { type ConfPlace, quoted } from './nginx-conf-problem.ts';
import type { Directive } from './nginx-conf-tree.ts';
import { parseCount, parseSeconds } from './nginx-conf-units.ts';

/** One `server` line of an upstream, or what a `proxy_pass` names. */
export interface UpstreamServer extends ConfPlace {
  readonly address: ConfAddress;
  readonly parameters: ServerParameters;
}

export interface ServerParameters {
  readonly weight: number;
  readonly maxFails: number;
  readonly failTimeoutSeconds: number;
  /** 0: no limit. */
  readonly maxConns: number;
  /** NGINX Plus. */
  readonly slowStartSeconds: number;
  readonly backup: boolean;
  readonly down: boolean;
  /** NGINX Plus; in nginx since sticky sessions came there. */
  readonly drain: boolean;
  /** A hostname is resolved again and again; without it once, when the configuration is loaded. */
  readonly resolve: boolean;
  /** Name for SRV records, '' for none. */
  readonly service: string;
  /** NGINX Plus: what sticky sessions call this server, '' for none. */
  readonly route: string;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Parameters = Mutable<ServerParameters>;

export type Complain = (kind: 'invalid_address' | 'invalid_parameter' | 'host_not_found', message: string) => void;

/** nginx's; one object for all servers that have no parameters, which are most. */
export const DEFAULT_PARAMETERS: ServerParameters = {
  weight: 1,
  maxFails: 1,
  failTimeoutSeconds: 10,
  maxConns: 0,
  slowStartSeconds: 0,
  backup: false,
  down: false,
  drain: false,
  resolve: false,
  service: '',
  route: '',
};

/** Takes a parameter's value, or answers false when it is wrong. */
const VALUES: Readonly<Record<string, (into: Parameters, value: string) => boolean>> = {
  weight: (into, value) => take(parseCount(value), (count) => (into.weight = count)) && into.weight > 0,
  max_fails: (into, value) => take(parseCount(value), (count) => (into.maxFails = count)),
  max_conns: (into, value) => take(parseCount(value), (count) => (into.maxConns = count)),
  fail_timeout: (into, value) => take(parseSeconds(value), (seconds) => (into.failTimeoutSeconds = seconds)),
  slow_start: (into, value) => take(parseSeconds(value), (seconds) => (into.slowStartSeconds = seconds)),
  service: (into, value) => take(value || null, (name) => (into.service = name)),
  route: (into, value) => take(value || null, (name) => (into.route = name)),
};
const FLAGS = new Set(['backup', 'down', 'drain', 'resolve']);

function take<T>(value: T | null, assign: (value: T) => void): boolean {
  if (value !== null) assign(value);
  return value !== null;
}

/**
 * Reads one `server` line (ngx_http_upstream_server, ngx_stream_upstream_server). What is wrong goes to `complain`; a server
 * whose address is wrong is null, a wrong parameter is left out.
 */
export function readUpstreamServer(
  { args, file, line }: Pick<Directive, 'args' | 'file' | 'line'>,
  module: 'http' | 'stream',
  complain: Complain,
): UpstreamServer | null {
  if (args.length === 0) {
    complain('invalid_parameter', 'invalid number of arguments in "server" directive');
    return null;
  }
  const text = args[0];
  const parameters = readParameters(args.slice(1), complain);
  const address = parseConfAddress(text, { defaultPort: module === 'http' ? 80 : null, hasUri: false });
  const wrong = typeof address === 'string' ? address : serverProblem(address, parameters);
  if (wrong !== null) complain('invalid_address', `${wrong} in upstream ${quoted(text)}`);
  if (typeof address === 'string') return null;
  if (address.kind === 'variable') complain('host_not_found', `host not found in upstream ${quoted(text)}`);
  return { address, parameters, file, line };
}

function readParameters(words: readonly string[], complain: Complain): ServerParameters {
  if (words.length === 0) return DEFAULT_PARAMETERS;
  const parameters: Parameters = { ...DEFAULT_PARAMETERS };
  for (const word of words) {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.slice(0, equals);
    if (equals < 0 && FLAGS.has(name)) parameters[name as 'backup' | 'down' | 'drain' | 'resolve'] = true;
    else if (equals < 0 || !Object.hasOwn(VALUES, name) || !VALUES[name](parameters, word.slice(equals + 1)))
      complain('invalid_parameter', `invalid parameter ${quoted(word)}`);
  }
  if (parameters.weight === 0) parameters.weight = DEFAULT_PARAMETERS.weight;
  return parameters;
}

function serverProblem(address: ConfAddress, { service, resolve }: ServerParameters): string | null {
  if (address.kind === 'variable') return null;
  if (service === '')
    return address.port === null && address.kind !== 'unix' && address.code === null ? 'no port' : null;
  if (!resolve) return 'service requires "resolve" parameter';
  if (!address.isPortless) return 'service may not have port';
  return address.kind === 'hostname' ? null : 'service requires domain name';
}
