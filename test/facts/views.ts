import type { ServerInUse, UpstreamsView } from '../../src/contract/upstream.ts';

export const EDGE = { namespace: 'gw', pod: 'edge-1', container: 'nginx', gateway: 'edge' };

/** `10.0.0.1:8080`, `[fd00::1]:80` or `unix:/path`. */
export function server(text: string, more: Partial<ServerInUse> = {}): ServerInUse {
  const base = { place: '', isDraining: false, ...more };
  if (text.startsWith('unix:')) return { kind: 'unix', host: text.slice(5), port: null, ...base };
  const colon = text.lastIndexOf(':');
  return { kind: 'ip', host: text.slice(0, colon).replace(/[[\]]/g, ''), port: Number(text.slice(colon + 1)), ...base };
}

/** A view of the gateway edge with one upstream for each entry: name → addresses. */
export function view(
  upstreams: Readonly<Record<string, readonly string[]>>,
  more: Partial<UpstreamsView> = {},
): UpstreamsView {
  return {
    proxy: 'nginx',
    subject: EDGE,
    source: 'nginx_config',
    upstreams: Object.entries(upstreams).map(([name, servers]) => ({
      name,
      alias: '',
      servers: servers.map((text) => server(text)),
    })),
    readAtMs: 0,
    ...more,
  };
}
