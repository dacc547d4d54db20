import { isIP } from 'node:net';
import type { GatewaySettings, ListenInUse } from '../contract/gateway-settings.ts';
import { isAnyIp } from '../parse/ip-address.ts';
import type { ListeningSocket } from '../parse/listening-sockets.ts';

/** A TCP socket that a gateway is to listen on. */
export interface ExpectedSocket {
  /** As in ListenInUse. */
  readonly host: string;
  readonly port: number;
  /** `file:line`; '' when no configuration names it. */
  readonly place: string;
  /** What nginx asks the kernel for. */
  readonly backlog: number;
}

export interface Expected {
  readonly sockets: readonly ExpectedSocket[];
  /** Ports of ranges that are too many to look at. */
  readonly skipped: number;
}

/** NGX_LISTEN_BACKLOG of nginx on Linux (src/os/unix/ngx_linux_config.h). */
const DEFAULT_BACKLOG = 511;
const MOST_SOCKETS = 64;

/** The sockets that the configuration names; `fallbackPorts` on all addresses when it names only unix sockets. */
export function expectedOf({ listens }: GatewaySettings, fallbackPorts: readonly number[]): Expected {
  const tcp = listens.filter(({ kind }) => kind === 'tcp');
  if (tcp.length === 0) return { sockets: listens.length === 0 ? [] : onPorts(fallbackPorts), skipped: 0 };
  const found = new Map<string, ExpectedSocket>();
  const skipped = new Set<string>();
  for (const listen of tcp) {
    for (const port of portsIn(listen)) {
      const key = `${listen.host} ${port}`;
      const known = found.get(key);
      // Of several servers at one socket one says the backlog.
      const backlog = listen.backlog ?? known?.backlog ?? DEFAULT_BACKLOG;
      const socket = { host: listen.host, port, place: known?.place ?? listen.place, backlog };
      if (known !== undefined || found.size < MOST_SOCKETS) found.set(key, socket);
      else skipped.add(key);
    }
  }
  return { sockets: [...found.values()], skipped: skipped.size };
}

export function onPorts(ports: readonly number[]): ExpectedSocket[] {
  return ports.map((port) => ({ host: '0.0.0.0', port, place: '', backlog: DEFAULT_BACKLOG }));
}

/** nginx makes no socket of its own for an address when another server listens on the same port of all addresses. */
export function isOpen({ host, port }: ExpectedSocket, sockets: readonly ListeningSocket[]): boolean {
  return sockets.some((socket) => {
    if (socket.port !== port) return false;
    if (isIP(host) === 0 || socket.ip === host) return true;
    // A socket at :: takes IPv4 too when it is configured with ipv6only=off.
    return isAnyIp(socket.ip) && (socket.ip === '::' || !host.includes(':'));
  });
}

function* portsIn({ port, lastPort }: ListenInUse): Generator<number> {
  if (port === null) return;
  for (let at = port; at <= Math.min(lastPort ?? port, 65_535); at++) yield at;
}
