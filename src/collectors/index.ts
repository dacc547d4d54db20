import { conntrack } from './conntrack.ts';
import { envoy } from './envoy.ts';
import { netstat } from './netstat.ts';
import { nginxErrorLog } from './nginx-error-log.ts';
import { nginxStatus } from './nginx-status.ts';
import { sockstat } from './sockstat.ts';

/** Every collector, in the order of the documentation. A new one is one line here. */
export const COLLECTORS = [nginxErrorLog, envoy, netstat, conntrack, sockstat, nginxStatus] as const;
