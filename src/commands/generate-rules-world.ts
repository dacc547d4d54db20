import { type Parameter, parameter } from './generate-rules-parameter.ts';

/** The cluster, the gateways' processes and nodes, and badgateway itself. */
export const WORLD_PARAMETERS: readonly Parameter[] = [
  parameter('stale', 'seconds', 30, 'age of an address that is gone: ticket', { GatewayStaleUpstream: ['> $'] }),
  parameter('stale_page', 'seconds', 120, 'age of an address that is gone: page', { GatewayStaleUpstream: ['> $'] }),
  parameter('diverged', 'seconds', 60, 'how long the addresses of a replica that differs have stood', {
    GatewayReplicaDiverged: ['> $'],
  }),
  parameter('death_gap', 'seconds', 15, 'p99 from "no longer ready" to "no longer used"', {
    GatewayDeathGapLong: ['> $', 'limit $'],
  }),
  parameter('death_gaps', 'events', 10, 'gaps of an hour that the p99 needs', { GatewayDeathGapLong: ['> $'] }),
  parameter('reloads', 'events', 20, 'reloads in 5 min, where only workers tell', { GatewayReloadStorm: ['> $'] }),
  parameter('frequent_reloads', 'events', 6, 'reloads in 5 min: more than one a minute', {
    GatewayReloadsFrequent: ['> $'],
  }),
  parameter('scaling_reload_ratio', 'ratio', 0.5, 'share of the reloads that follow autoscalers', {
    GatewayReloadsFollowScaling: ['> $'],
  }),
  parameter('scaling_reloads', 'events', 30, 'reloads of an hour that moved endpoints only', {
    GatewayReloadsFollowScaling: ['> $'],
  }),
  parameter('scalings', 'events', 12, 'changes by autoscalers in an hour', { GatewayReloadsFollowScaling: ['> $'] }),
  parameter('token_left', 'seconds', 300, 'life of a token that is left', { GatewayTokenExpiring: ['< $'] }),
  parameter('updates_failing', 'events', 1, 'updates in 10 min that failed, and none that succeeded', {
    GatewayConfigUpdatesFailing: ['> $'],
  }),
  parameter('changes_missed', 'events', 1, 'changes of endpoints in 15 min that a controller did not deliver', {
    GatewayEndpointChangesMissed: ['> $'],
  }),
  parameter('certificate_days', 'days', 14, 'life of a certificate that is left: ticket', {
    GatewayCertificateExpiring: ['< $ * 86400'],
  }),
  parameter('certificate_page_days', 'days', 2, 'life of a certificate that is left: page', {
    GatewayCertificateExpiring: ['< $ * 86400'],
  }),
  parameter('certificate_short_days', 'days', 28, 'whole life of a certificate up to which its share counts', {
    GatewayCertificateExpiring: ['<= $ * 86400'],
  }),
  parameter('certificate_short_ratio', 'ratio', 0.1, 'share of such a life that is left: ticket', {
    GatewayCertificateExpiring: ['> $'],
  }),
  parameter('certificate_short_page_ratio', 'ratio', 0.05, 'share of such a life that is left: page', {
    GatewayCertificateExpiring: ['> $'],
  }),
  parameter('certificate_page', 'seconds', 900, 'life that is left, of however short a one: page', {
    GatewayCertificateExpiring: ['< $'],
  }),
  parameter('memory', 'bytes', 400_000_000, 'working set of a gateway', {
    GatewayHighMemoryUsage: ['> $', '<= $', 'over $'],
  }),
  parameter('memory_of_limit', 'ratio', 0.5, 'share of the limit below which `memory` is not looked at', {
    GatewayHighMemoryUsage: ['< $'],
  }),
  parameter('memory_ratio', 'ratio', 0.8, 'working set of the limit', { GatewayMemoryNearLimit: ['> $', 'limit ($'] }),
  parameter('memory_forecast_ratio', 'ratio', 0.5, 'share of the limit from which on a forecast is made', {
    GatewayMemoryWillReachLimit: [':ratio > $'],
    GatewayWorkersFillMemory: [':ratio > $'],
  }),
  parameter('old_worker_memory_ratio', 'ratio', 0.2, 'share of the limit that workers hold which are shutting down', {
    GatewayWorkersFillMemory: ['> $'],
  }),
  parameter('restarts', 'events', 2, 'restarts of a gateway in an hour', { GatewayRestarting: ['> $'] }),
  parameter('cpu_throttled_ratio', 'ratio', 0.25, 'share of the periods in which a gateway is throttled', {
    GatewayCpuThrottled: ['> $', 'limit $'],
  }),
  parameter('connections_ratio', 'ratio', 0.9, 'use of worker_connections', {
    GatewayConnectionsNearLimit: ['> $', 'limit $'],
  }),
  parameter('fds_ratio', 'ratio', 0.9, 'open files of a worker', { GatewayFdsNearLimit: ['> $', 'limit $'] }),
  parameter('connections_dropped', 'events', 1, 'connections of clients that nginx dropped in 5 min', {
    GatewayConnectionsDropped: ['> $'],
  }),
  parameter('old_workers', 'factor', 2, 'workers that are shutting down, for each that runs', {
    GatewayWorkerPileup: ['> $', 'limit $'],
  }),
  parameter('pool_ratio', 'ratio', 0.9, 'use of a circuit breaker of Envoy', {
    GatewayUpstreamPoolNearLimit: ['> $', 'limit $'],
  }),
  parameter('keepalive_ratio', 'ratio', 0.9, 'connections open to an upstream of those that nginx keeps', {
    GatewayKeepalivePoolNearLimit: ['> $', 'limit $'],
  }),
  parameter('local_ports_ratio', 'ratio', 0.8, 'use of the local ports towards one address', {
    GatewayLocalPortsHigh: ['> $', 'limit $'],
  }),
  parameter('listen_queue_ratio', 'ratio', 0.8, 'use of an accept queue', {
    GatewayListenQueueFull: ['> $', 'limit $'],
  }),
  parameter('listen_drops', 'events', 1, 'drops in 5 min besides those of full accept queues', {
    GatewayListenDrops: ['> $'],
  }),
  parameter('listen_overflows_ratio', 'ratio', 0.75, 'overflows among drops from which the others are not told', {
    GatewayListenDrops: ['>= $'],
  }),
  parameter('close_wait', 'factor', 100, 'sockets in CLOSE_WAIT', { GatewayCloseWaitLeak: ['> $', 'limit $'] }),
  parameter('close_wait_growth', 'factor', 50, 'more of them in an hour', { GatewayCloseWaitLeak: ['* 3600 > $'] }),
  parameter('conntrack_ratio', 'ratio', 0.75, 'use of a connection tracking table: ticket', {
    GatewayConntrackHigh: ['> $', 'limit $'],
  }),
  parameter('conntrack_page_ratio', 'ratio', 0.9, 'use of a connection tracking table: page', {
    GatewayConntrackFull: ['> $', 'limit $'],
  }),
  parameter('event_loop', 'seconds', 0.5, 'lag of the event loop of a backend (p99) or of badgateway (worst)', {
    GatewayBackendEventLoopLag: ['> $', 'limit $'],
    BadgatewayEventLoopLag: ['> $', 'limit $'],
  }),
  parameter('clock_skew', 'seconds', 2, 'difference of a clock to that of the API server', {
    GatewayClockSkew: ['> $'],
  }),
  parameter('unidentified_ratio', 'ratio', 0.2, 'share of the failures without a cause', {
    BadgatewayUnidentifiedFailures: ['> $'],
  }),
  parameter('unidentified_failures', 'factor', 50, 'failures in an hour that this share needs', {
    BadgatewayUnidentifiedFailures: ['> $'],
  }),
  parameter('unmapped_ratio', 'ratio', 0.2, 'share of the upstreams of which no Service is known', {
    BadgatewayUpstreamsUnmapped: ['> $', 'limit $'],
  }),
  parameter('log_lag', 'seconds', 60, 'how long unread bytes of a log wait', { BadgatewayLogLagging: ['> $'] }),
  parameter('log_lag_size', 'mebibytes', 16, 'unread bytes of a log', { BadgatewayLogLagging: ['> $ * 1024 * 1024'] }),
  parameter('log_told_ratio', 'ratio', 0.5, 'share of the requests that the access log tells', {
    BadgatewayAccessLogIncomplete: ['< $'],
  }),
  parameter('log_told_before', 'ratio', 0.8, 'that share within the day before', {
    BadgatewayAccessLogIncomplete: ['> $', 'more than $'],
  }),
  parameter('log_told_traffic', 'per_second', 1, 'requests below which it is not looked at', {
    BadgatewayAccessLogIncomplete: ['> $'],
  }),
  parameter('watch_quiet', 'seconds', 180, 'a watch of the API server without a byte', {
    BadgatewayWatchStale: ['> $'],
  }),
  parameter('watch_restarts', 'events', 10, 'watches in 15 min that broke', { BadgatewayWatchRestarting: ['> $'] }),
  parameter('access_refused', 'events', 10, 'requests in 15 min without a valid password or certificate', {
    BadgatewayAccessRefused: ['> $'],
  }),
  parameter('conntrack_forecast_ratio', 'ratio', 0.5, 'use of a table from which on a forecast is made', {
    GatewayConntrackFillingUp: [':ratio > $'],
  }),
  parameter('covered_ratio', 'ratio', 0.5, 'share of the nodes with a badgateway from which on the others lack one', {
    BadgatewayNodeUncovered: ['> $'],
  }),
];
