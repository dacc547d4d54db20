import type { AuditRule, WorkloadRule } from '../rule.ts';
import { backlogBelowSomaxconn } from './backlog-below-somaxconn.ts';
import { cacheOnEphemeralDisk } from './cache-on-ephemeral-disk.ts';
import { conntrackBucketsLow } from './conntrack-buckets-low.ts';
import { conntrackTimeoutEstablished } from './conntrack-timeout-established.ts';
import { gracefulShutdownMissing } from './graceful-shutdown-missing.ts';
import { headerBuffersSmall } from './header-buffers-small.ts';
import { httpToDatabasePort } from './http-to-database-port.ts';
import { longTimeouts } from './long-timeouts.ts';
import { meshServiceAccount } from './mesh-service-account.ts';
import { meshTokenMissing } from './mesh-token-missing.ts';
import { nextUpstreamNonIdempotent } from './next-upstream-non-idempotent.ts';
import { portRangeNarrow } from './port-range-narrow.ts';
import { prestopBelowGap } from './prestop-below-gap.ts';
import { prestopExceedsGrace } from './prestop-exceeds-grace.ts';
import { prestopMissing } from './prestop-missing.ts';
import { readinessProbeMissing } from './readiness-probe-missing.ts';
import { retryUnbounded } from './retry-unbounded.ts';
import { rlimitNofileLow } from './rlimit-nofile-low.ts';
import { shutdownTimeoutAbsent } from './shutdown-timeout-absent.ts';
import { targetPortNotListening } from './target-port-not-listening.ts';
import { upstreamHostnameWithoutResolver } from './upstream-hostname-without-resolver.ts';
import { upstreamWithoutKeepalive } from './upstream-without-keepalive.ts';
import { websocketHeadersGlobal } from './websocket-headers-global.ts';
import { workersAboveCpuLimit } from './workers-above-cpu-limit.ts';

/** Every rule for nginx configurations, in the order of the report. A new one is one line here. */
export const AUDIT_RULES: readonly AuditRule[] = [
  backlogBelowSomaxconn,
  workersAboveCpuLimit,
  rlimitNofileLow,
  shutdownTimeoutAbsent,
  longTimeouts,
  websocketHeadersGlobal,
  upstreamWithoutKeepalive,
  upstreamHostnameWithoutResolver,
  nextUpstreamNonIdempotent,
  retryUnbounded,
  headerBuffersSmall,
  cacheOnEphemeralDisk,
  httpToDatabasePort,
  portRangeNarrow,
  conntrackBucketsLow,
  conntrackTimeoutEstablished,
];

/** Every rule for workloads behind gateways, likewise. */
export const WORKLOAD_RULES: readonly WorkloadRule[] = [
  prestopMissing,
  prestopExceedsGrace,
  prestopBelowGap,
  gracefulShutdownMissing,
  readinessProbeMissing,
  targetPortNotListening,
  meshTokenMissing,
  meshServiceAccount,
];
