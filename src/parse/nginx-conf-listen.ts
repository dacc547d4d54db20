import { parseConfAddress } from './nginx-conf-address.ts';
import type { ConfPlace } from './nginx-conf-problem.ts';
import type { ConfModule, Directive } from './nginx-conf-tree.ts';
import { parseCount } from './nginx-conf-units.ts';

/** A `listen`. Several servers may have the same socket; one of them says its backlog. */
export interface ConfListen extends ConfPlace {
  readonly module: ConfModule['module'];
  /** IP address, `0.0.0.0` for `*` and for a port alone, hostname, or path of a unix socket. */
  readonly host: string;
  /** Null: a unix socket. A range has its last port too. */
  readonly port: number | null;
  readonly lastPort: number | null;
  /** Null: 511 on Linux (NGX_LISTEN_BACKLOG), cut to net.core.somaxconn. */
  readonly backlog: number | null;
  readonly isUdp: boolean;
  readonly reuseport: boolean;
  readonly parameters: readonly string[];
}

/** Null when the address cannot be read. */
export function readListen({ args, file, line }: Directive, module: ConfModule['module']): ConfListen | null {
  const [text = '', ...parameters] = args;
  const [first, last] = splitRange(text);
  const whole = parseCount(first) !== null ? `0.0.0.0:${first}` : first.replace(/^\*(?=:|$)/, '0.0.0.0');
  const address = parseConfAddress(whole, { defaultPort: module === 'http' ? 80 : null, hasUri: false });
  if (typeof address === 'string' || address.kind === 'variable') return null;
  const backlog = parameters.find((parameter) => parameter.startsWith('backlog='));
  return {
    ...{ module, host: address.host, port: address.port, file, line, parameters },
    lastPort: last,
    backlog: backlog === undefined ? null : parseCount(backlog.slice('backlog='.length)),
    isUdp: parameters.includes('udp'),
    reuseport: parameters.includes('reuseport'),
  };
}

/** `8000-8010` and `10.0.0.1:8000-8010`: the address of the first port, and the last port. */
function splitRange(text: string): [first: string, last: number | null] {
  const dash = text.lastIndexOf('-');
  const last = parseCount(text.slice(dash + 1));
  const port = text.slice(text.lastIndexOf(':') + 1, dash);
  if (dash < 0 || last === null || parseCount(port) === null || /^unix:/i.test(text)) return [text, null];
  return [text.slice(0, dash), last];
}
