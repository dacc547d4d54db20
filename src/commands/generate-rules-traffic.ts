import { each, type Parameter, parameter } from './generate-rules-parameter.ts';

const BUDGETS = ['GatewayErrorBudgetBurn', 'GatewayServiceErrorBudgetBurn'];
const RATIOS = ['GatewayErrorRatioHigh', 'NginxBadGateway', 'GatewayServerErrorsHigh', 'GatewayServiceErrorsHigh'];
const LATENCIES = ['GatewayLatencyHigh', 'GatewayUpstreamLatencyHigh', 'GatewayQueueBehindSlowUpstream'];

/** What clients get, and what attempts take. */
export const TRAFFIC_PARAMETERS: readonly Parameter[] = [
  parameter('error_ratio', 'ratio', 0.01, 'share of the answers that are 5xx, or one of 502, 503 and 504', {
    ...each(RATIOS, '> $', 'limit $', 'above $ by'),
    GatewayErrorsLowTraffic: ['> $', 'more than $'],
  }),
  parameter(
    'error_traffic',
    'per_second',
    0.2,
    'requests below which a share of errors is not looked at',
    each(RATIOS, '> $'),
  ),
  parameter('errors', 'events', 5, 'errors in 5 min that a share needs besides', each(RATIOS, '> $')),
  parameter('errors_low_traffic', 'events', 3, 'errors in 15 min where there is little traffic', {
    GatewayErrorsLowTraffic: ['> $'],
  }),
  parameter('low_traffic', 'per_second', 2, 'requests from which on a count of errors is not looked at', {
    GatewayErrorsLowTraffic: ['rate5m > $'],
  }),
  parameter(
    'burn_fast',
    'factor',
    14.4,
    'how many times too fast a budget is spent over 1 h and 5 min: page',
    each(BUDGETS, '> $', 'limit $'),
  ),
  parameter('burn_slow', 'factor', 6, 'the same over 6 h and 30 min: page', each(BUDGETS, '> $', 'limit $')),
  parameter('burn_ticket', 'factor', 1, 'the same over 3 d and 6 h: ticket', each(BUDGETS, '> $', 'limit $')),
  parameter(
    'burn_errors',
    'events',
    10,
    '5xx in the hour (page) or the day (ticket) that a budget needs besides',
    each(BUDGETS, '> $'),
  ),
  parameter('failed_attempts', 'events', 5, 'failed attempts of one cause in 10 min', {
    GatewayAttemptsFailing: ['> $'],
  }),
  parameter('failed_attempt_ratio', 'ratio', 0.001, 'share of the requests below which failed attempts are no ticket', {
    GatewayAttemptsFailing: ['< $'],
  }),
  parameter('told_failures', 'events', 5, 'failures of one cause in 10 min that are told beside a symptom', {
    GatewayFailuresByCause: ['> $'],
  }),
  parameter('failed_connects', 'events', 1, 'connections in 10 min that Envoy did not get', {
    GatewayConnectsFailing: ['> $'],
  }),
  parameter('unanswered', 'events', 5, 'requests in 5 min that found no server of an upstream', {
    GatewayNoLiveUpstreams: ['> $'],
    GatewayNoReadyEndpoints: ['> $'],
  }),
  parameter('explained_failures', 'events', 5, 'failures in 5 min that a pod on another node explains', {
    GatewayFailuresExplainedByPod: ['> $'],
  }),
  parameter('rollout_failure_ratio', 'ratio', 0.8, 'share of the failures of a Service that fell into its rollouts', {
    GatewayFailsInRollouts: [':ratio1h > $'],
  }),
  parameter('rollout_failures', 'events', 10, 'failures in rollouts of an hour', { GatewayFailsInRollouts: ['> $'] }),
  parameter('rollout_seconds', 'seconds', 1800, 'rollout in an hour above which it is no exception', {
    GatewayFailsInRollouts: ['< $'],
  }),
  parameter(
    'latency',
    'seconds',
    0.5,
    'p95 of answers and of attempts; exact at a bound of a bucket',
    each(LATENCIES, '> $', 'longer than $'),
  ),
  parameter('latency_traffic', 'per_second', 0.2, 'requests or attempts below which a quantile is not looked at', {
    ...each(LATENCIES.slice(0, 2), '} > $'),
  }),
  parameter('retries', 'factor', 1.2, 'attempts for each request', { GatewayRetriesHigh: ['> $', 'limit $'] }),
  parameter('retry_traffic', 'per_second', 0.2, 'attempts below which retries are not looked at', {
    GatewayRetriesHigh: ['> $'],
  }),
  parameter('unsafe_retries', 'events', 5, 'POST or PATCH requests sent again in 15 min', {
    GatewayUnsafeRetries: ['> $'],
  }),
  parameter('not_reused_ratio', 'ratio', 0.8, 'share of the attempts that open a connection of their own', {
    GatewayUpstreamConnectionsNotReused: ['> $'],
  }),
  parameter('not_reused_traffic', 'per_second', 1, 'attempts below which reuse is not looked at', {
    GatewayUpstreamConnectionsNotReused: ['> $'],
  }),
  parameter('not_reused_before', 'ratio', 0.5, 'that share in the day before, above which nothing has changed', {
    GatewayUpstreamConnectionsNotReused: ['< $'],
  }),
  parameter('upgrades_dropped', 'events', 10, 'WebSockets that end within 5 min beside a reload', {
    GatewayUpgradesDroppedAtReload: ['> $'],
  }),
  parameter('rollout_error_ratio', 'ratio', 0.001, 'failures in rollouts, of the requests that are usual', {
    GatewayRolloutErrors: ['> $', 'limit $'],
  }),
  parameter('rollout_errors', 'events', 5, 'failures in rollouts of an hour that this share needs', {
    GatewayRolloutErrors: ['> $'],
  }),
];
