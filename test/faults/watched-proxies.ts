import type { EnvoyGateway } from './gateway-envoy.ts';
import { ATTEMPTS, type NginxGateway } from './gateway-nginx.ts';
import type { Sight } from './scene-options.ts';

/** Between two polls of an Envoy; the default leaves no room for a verdict within 10 s of the failure. */
const ENVOY_INTERVAL = '2s';
/** Between two looks at an access log. */
const LOG_INTERVAL = '1s';
const OFF = { enabled: false };
/** Without discovery: the gateways of other faults run beside this one. */
const NONE = { nginx_error_log: OFF, nginx_access_log: OFF, nginx_config: OFF, envoy: OFF, envoy_access_log: OFF };

export interface Sidecar {
  readonly envoy: EnvoyGateway;
  readonly name: string;
  readonly namespace: string;
}

interface Watched {
  readonly nginx: NginxGateway | undefined;
  readonly envoy: EnvoyGateway | undefined;
  readonly sidecars: readonly Sidecar[];
  readonly without: readonly Sight[];
}

/** The collectors of the proxies of one fault. */
export function watchedProxies({ nginx, envoy, sidecars, without }: Watched): object {
  return {
    ...NONE,
    ...(nginx && nginxLogs(nginx, without.includes('access-log'))),
    ...admins(envoy, sidecars),
    ...(envoy?.log && accessLog(envoy)),
  };
}

function nginxLogs({ errorLog, accessLog: path, config }: NginxGateway, isErrorLogAlone: boolean): object {
  return {
    nginx_error_log: { files: [{ path: errorLog, gateway: 'edge' }] },
    // Both logs tell of what fails: nothing may be counted twice.
    nginx_access_log: isErrorLogAlone
      ? OFF
      : { files: [{ path, gateway: 'edge', format: 'attempts' }], formats: { attempts: ATTEMPTS } },
    nginx_config: { files: [{ path: config, gateway: 'edge' }] },
  };
}

function admins(edge: EnvoyGateway | undefined, sidecars: readonly Sidecar[]): object {
  const targets = [
    ...(edge === undefined ? [] : [{ url: `unix:${edge.admin}`, gateway: 'edge' }]),
    ...sidecars.map(({ envoy, name, namespace }) => {
      return { url: `unix:${envoy.admin}`, gateway: name, namespace, pod: name };
    }),
  ];
  return targets.length === 0 ? {} : { envoy: { interval: ENVOY_INTERVAL, discover: false, targets } };
}

function accessLog({ accessLog: path, log: format }: EnvoyGateway): object {
  return { envoy_access_log: { interval: LOG_INTERVAL, files: [{ path, gateway: 'edge', format }] } };
}
