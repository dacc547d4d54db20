import type { ConfListen } from '../parse/nginx-conf-listen.ts';
import { type ConfPlace, quoted } from '../parse/nginx-conf-problem.ts';
import type { AuditInput } from './input.ts';

/** NGX_LISTEN_BACKLOG on Linux (src/os/unix/ngx_linux_config.h). */
export const DEFAULT_BACKLOG = 511;

export interface InventoryListen extends ConfPlace {
  /** `0.0.0.0:80`, `[::]:443`, `unix:/run/x.sock` */
  readonly address: string;
  readonly backlog: number;
  readonly isDefaultBacklog: boolean;
  /** What the accept queue holds; null: net.core.somaxconn is not known. */
  readonly effectiveBacklog: number | null;
}

/** Sockets that connections are accepted on, each once: of servers that share one, any may say its backlog. */
export function listeningSockets(listens: readonly ConfListen[]): ConfListen[] {
  const sockets = new Map<string, ConfListen>();
  for (const listen of listens) {
    if (listen.isUdp || listen.parameters.includes('quic')) continue;
    const key = addressText(listen);
    const known = sockets.get(key);
    if (known === undefined || (known.backlog === null && listen.backlog !== null)) sockets.set(key, listen);
  }
  return [...sockets.values()];
}

/** For people: a long name is cut. */
export function addressText({ host, port, lastPort }: ConfListen): string {
  const name = quoted(host).slice(1, -1);
  if (port === null) return `unix:${name}`;
  return `${name.includes(':') ? `[${name}]` : name}:${port}${lastPort === null ? '' : `-${lastPort}`}`;
}

export function listenInventory({ settings, facts: { somaxconn } }: AuditInput): InventoryListen[] {
  return listeningSockets(settings.listens).map((listen) => {
    const backlog = listen.backlog ?? DEFAULT_BACKLOG;
    return {
      ...{ address: addressText(listen), backlog, isDefaultBacklog: listen.backlog === null },
      effectiveBacklog: somaxconn.isKnown ? Math.min(backlog, somaxconn.value) : null,
      ...{ file: listen.file, line: listen.line },
    };
  });
}
