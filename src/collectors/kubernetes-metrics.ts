import { counter, gauge, histogram, type MetricTable, type Writers } from '../contract/metrics.ts';
import type { ClockOffset } from '../sources/kubernetes/clock-offset.ts';

export const KUBERNETES_METRICS = {
  lastActivity: gauge(
    'badgateway_watch_last_activity_timestamp_seconds',
    'Until when everything the API server has to say of the resource is known; verdicts on endpoints need it to be recent.',
    ['resource'],
  ),
  lastSync: gauge(
    'badgateway_watch_last_sync_timestamp_seconds',
    'When the resource was last read as a whole, or compared with a whole list.',
    ['resource'],
  ),
  objects: gauge('badgateway_watch_objects', 'Objects of the resource that are known.', ['resource']),
  synced: gauge(
    'badgateway_watch_synced',
    '1 when all objects that are wanted have been read, 0 while some have not.',
    ['resource'],
  ),
  restarts: counter(
    'badgateway_watch_restarts_total',
    'Lists and watches that came to an end, by reason; ended and idle are usual, every few minutes.',
    ['resource', 'reason'],
  ),
  drift: counter(
    'badgateway_relist_drift_total',
    'Objects that were not as a later list said, though no event had come: lost events. Repaired; must stay 0.',
    ['resource'],
  ),
  autoscalerReplicas: gauge(
    'badgateway_autoscaler_replicas',
    'Replicas of a HorizontalPodAutoscaler of a workload behind a gateway, by state: current, desired, min, max.',
    ['namespace', 'autoscaler', 'state'],
  ),
  autoscalerAtLimit: gauge(
    'badgateway_autoscaler_at_limit',
    '1 while the HorizontalPodAutoscaler would have more replicas than it may (ScalingLimited, TooManyReplicas).',
    ['namespace', 'autoscaler'],
  ),
  autoscalerConditions: gauge(
    'badgateway_autoscaler_condition',
    'Conditions of the HorizontalPodAutoscaler: able_to_scale, scaling_active, scaling_limited; no series: unknown.',
    ['namespace', 'autoscaler', 'condition'],
  ),
  autoscalerScales: counter(
    'badgateway_autoscaler_scales_total',
    'Times that the HorizontalPodAutoscaler has asked for more (up) or fewer (down) replicas.',
    ['namespace', 'autoscaler', 'direction'],
  ),
  autoscalerUpscale: histogram(
    'badgateway_autoscaler_upscale_seconds',
    'Time until more endpoints were ready of what a HorizontalPodAutoscaler scales, since its utilization was first above the target (above_target) and since it asked for more replicas (asked).',
    ['namespace', 'autoscaler', 'since'],
    [5, 10, 20, 30, 60, 90, 120, 180, 240, 300, 600, 1200, 3600],
  ),
  warnings: counter(
    'badgateway_kubernetes_warnings_total',
    'Events of type Warning of pods behind gateways and of gateways, as often as they say that they happened; reasons that explain nothing are other.',
    ['namespace', 'reason'],
  ),
  requests: counter(
    'badgateway_kubernetes_requests_total',
    'Requests to the API server; code is the status, 4xx or 5xx for rare ones, none when there was no answer.',
    ['resource', 'verb', 'code'],
  ),
  clockOffset: gauge(
    'badgateway_api_server_clock_offset_seconds',
    'What the API server’s clock is ahead of ours, by the Date headers of its answers: between least and most (bound). Absent without an answer for half an hour.',
    ['bound'],
  ),
  connections: counter(
    'badgateway_kubernetes_connections_total',
    'Connections opened to the API server, each with a TLS handshake.',
    [],
  ),
} as const satisfies MetricTable;

/** Closed set of the label `code`. */
export function codeClass(status: number): string {
  if (status === 0) return 'none';
  if ([200, 401, 403, 404, 410, 429].includes(status)) return String(status);
  return `${Math.floor(status / 100)}xx`;
}

export function publishOffset(offset: ClockOffset, gauge: Writers<typeof KUBERNETES_METRICS>['clockOffset']): void {
  const bounds = offset.bounds(performance.now());
  for (const [bound, ms] of [
    ['least', bounds?.leastMs],
    ['most', bounds?.mostMs],
  ] as const) {
    if (ms === undefined) gauge.remove({ bound });
    else gauge.set({ bound }, ms / 1000);
  }
}
