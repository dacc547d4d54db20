import { NGINX_UPSTREAM } from './fault.ts';
import type { NginxWorld } from './gateway-nginx.ts';

export interface ToServers {
  readonly location?: string;
  readonly upstream?: string;
  readonly main?: string;
  readonly events?: string;
  readonly http?: string;
  readonly user?: string;
}

/** Server lines (`10.0.0.1:8080 max_fails=0`) of one upstream, and all goes there. */
export function nginxWorld(
  servers: readonly string[],
  { location = '', upstream = NGINX_UPSTREAM, http = '', ...more }: ToServers = {},
): NginxWorld {
  const lines = servers.map((server) => `server ${server};`).join(' ');
  return {
    ...more,
    http: `${http} upstream ${upstream} { ${lines} }`,
    server: `location / { proxy_pass http://${upstream}; ${location} }`,
  };
}
