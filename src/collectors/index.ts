import { audit } from './audit.ts';
import { backendLog } from './backend-log.ts';
import { cgroups } from './cgroups.ts';
import { conntrack } from './conntrack.ts';
import { controllerLog } from './controller-log.ts';
import { endpointsFile } from './endpoints-file.ts';
import { envoy } from './envoy.ts';
import { envoyAccessLog } from './envoy-access-log.ts';
import { expiry } from './expiry.ts';
import { healthProbe } from './health-probe.ts';
import { ingressNginx } from './ingress-nginx.ts';
import { kubernetes } from './kubernetes.ts';
import { listeners } from './listeners.ts';
import { netstat } from './netstat.ts';
import { nginxAccessLog } from './nginx-access-log.ts';
import { nginxConfig } from './nginx-config.ts';
import { nginxErrorLog } from './nginx-error-log.ts';
import { nginxPlus } from './nginx-plus.ts';
import { nginxStatus } from './nginx-status.ts';
import { nginxWorkers } from './nginx-workers.ts';
import { sockstat } from './sockstat.ts';
import { upstreamSockets } from './upstream-sockets.ts';

/** Every collector, in the order of the documentation. A new one is one line here. */
export const COLLECTORS = [
  nginxErrorLog,
  nginxAccessLog,
  envoy,
  envoyAccessLog,
  netstat,
  conntrack,
  sockstat,
  nginxStatus,
  healthProbe,
  nginxConfig,
  ingressNginx,
  nginxPlus,
  upstreamSockets,
  nginxWorkers,
  cgroups,
  listeners,
  kubernetes,
  endpointsFile,
  controllerLog,
  backendLog,
  expiry,
  audit,
] as const;
