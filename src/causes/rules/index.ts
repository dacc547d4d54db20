import type { CauseRule } from '../rule.ts';
import { appError } from './app-error.ts';
import { boundToLoopback } from './bound-to-loopback.ts';
import { connectTimeout } from './connect-timeout.ts';
import { conntrackFull } from './conntrack-full.ts';
import { conntrackInsertFailed } from './conntrack-insert-failed.ts';
import { dnsFailure } from './dns-failure.ts';
import { ephemeralPortsExhausted } from './ephemeral-ports-exhausted.ts';
import { foreignEndpoint } from './foreign-endpoint.ts';
import { listenQueueOverflow } from './listen-queue-overflow.ts';
import { noEndpoints } from './no-endpoints.ts';
import { noHealthyUpstream } from './no-healthy-upstream.ts';
import { noLiveUpstreams } from './no-live-upstreams.ts';
import { noRouteToHost } from './no-route-to-host.ts';
import { notListening } from './not-listening.ts';
import { notReadyEndpoint } from './not-ready-endpoint.ts';
import { oomKilled } from './oom-killed.ts';
import { portMismatch } from './port-mismatch.ts';
import { rbacDenied } from './rbac-denied.ts';
import { sidecarDown } from './sidecar-down.ts';
import { staleEndpoint } from './stale-endpoint.ts';
import { synQueueFull } from './syn-queue-full.ts';
import { terminatingEndpoint } from './terminating-endpoint.ts';
import { unidentified } from './unidentified.ts';

/** The most specific first: the first proof counts. After them comes what the symptom alone proves (general.ts). */
export const CAUSE_RULES: readonly CauseRule[] = [
  sidecarDown,
  // Wrong address: nothing that is known of the namespace behind it explains anything.
  foreignEndpoint,
  // Somebody answered.
  appError,
  staleEndpoint,
  // Nothing was sent.
  ephemeralPortsExhausted,
  noRouteToHost,
  // What happened in the peer's pod or on the way.
  oomKilled,
  rbacDenied,
  boundToLoopback,
  listenQueueOverflow,
  synQueueFull,
  conntrackFull,
  conntrackInsertFailed,
  // What the peer was to its Service.
  terminatingEndpoint,
  portMismatch,
  notReadyEndpoint,
  notListening,
  // Consequences, charged to what went before where that is known.
  dnsFailure,
  noLiveUpstreams,
  noHealthyUpstream,
  noEndpoints,
  connectTimeout,
  // Instead of what the symptom alone would say.
  unidentified,
];
