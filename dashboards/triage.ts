import { type Dashboard, type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { failuresByCause, restartsByReason, symptoms } from './causes.ts';
import { addGateways, annotation, frame, nodes, variable } from './frame.ts';
import { CLUSTER, GATEWAY as G, heatmap, lines, NODE as N, QUIET, states, summary, table } from './panels.ts';
import { addBelief } from './triage-belief.ts';

const FAILURES = `badgateway_failures_total{${G},cause=~"$cause"}`;

/** "Gateways / 5xx triage": why did these requests fail, and can the answer be believed? */
export function triage(): Dashboard {
  const dashboard = addGateways(
    frame(
      'Gateways / 5xx triage',
      'badgateway-triage',
      'Why requests fail: causes and symptoms by upstream, what the addresses, pods and networks behind them say at the same time, and how far to believe it. Made by badgateway.',
    ),
    'badgateway_failures_total',
  )
    .withVariable(variable('cause', 'Cause', `label_values(badgateway_failures_total{${CLUSTER}}, cause)`))
    .withVariable(nodes())
    .annotation(
      annotation(
        'OOM kills',
        `sum by (namespace, pod) (increase(badgateway_oom_kills_total{${CLUSTER}}[2m])) > 0`,
        '{{pod}}: a process was killed for memory',
      ),
    );
  for (const add of [addNames, addAddresses, addBehind, addBelief]) add(dashboard);
  return dashboard.build();
}

function addNames(dashboard: DashboardBuilder): void {
  const upstream = 'namespace, gateway, upstream, upstream_namespace, upstream_service, cause';
  dashboard
    .withRow(new RowBuilder('What fails, and why?'))
    .withPanel(
      failuresByCause(
        {
          width: 12,
          link: {
            title: 'Only this cause',
            // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's variable.
            url: '/d/badgateway-triage/gateways-5xx-triage?var-cause=${__field.labels.cause}&${__url_time_range}',
          },
        },
        ',cause=~"$cause"',
      ),
    )
    .withPanel(symptoms({ width: 12 }, ''))
    .withPanel(
      summary(
        {
          title: 'Causes by upstream',
          description:
            'Failures in the time range by upstream and cause, and per second in the last minutes: what goes on is urgent, what has stopped is not. An empty upstream is one that the log line did not name.',
          unit: 'short',
          width: 16,
          height: 9,
          noValue: QUIET,
        },
        upstream.split(', '),
        [
          { name: 'failures', expr: `sum by (${upstream}) (increase(${FAILURES}[$__range])) > 0`, unit: 'short' },
          {
            name: 'per second now',
            expr: `sum by (${upstream}) (rate(${FAILURES}[$__rate_interval])) and sum by (${upstream}) (increase(${FAILURES}[$__range])) > 0`,
            unit: 'ops',
            limit: 0.001,
          },
        ],
      ),
    )
    .withPanel(
      table(
        {
          title: 'Open incidents',
          description:
            'What belongs together, by root cause; an empty cause is a bad state without a failed request. The page of badgateway and `badgateway diagnose` have the evidence.',
          unit: 'short',
          width: 8,
          height: 9,
          noValue: QUIET,
        },
        `sort_desc(sum by (namespace, gateway, cause) (badgateway_incidents_open{${G}}))`,
        ['namespace', 'gateway', 'cause'],
      ),
    )
    .withPanel(failuresByClass());
}

function failuresByClass() {
  const gateway = 'cluster, namespace, pod, gateway';
  const classes = `max by (${gateway}, ingress_class) (badgateway_gateway_class_info{${G}})`;
  const failures = `rate(${FAILURES}[$__rate_interval])`;
  return lines(
    {
      title: 'Failures by ingress class',
      description:
        'Failures per second by the class on the command line of the controller that started nginx (ingress-nginx, F5’s), and gateway; without a class where no such controller started it.',
      unit: 'ops',
      width: 24,
      noValue: QUIET,
    },
    [
      {
        expr: `sum by (gateway, ingress_class) (${failures} * on (${gateway}) group_left (ingress_class) ${classes}) or sum by (gateway) (${failures} unless on (${gateway}) ${classes})`,
        legend: '{{ingress_class}} {{gateway}}',
      },
    ],
  );
}

function addAddresses(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('Do the addresses explain it?'))
    .withPanel(
      states(
        {
          title: 'Upstreams with addresses that should not be in use',
          description:
            'Red while a replica uses an address of the upstream that is gone (stale), somebody else’s (foreign) or on the wrong port. Failures in the same minutes are explained.',
          unit: 'short',
          width: 12,
          noValue: 'no upstream is compared',
        },
        {
          expr: `max by (gateway, pod, upstream) (badgateway_upstream_endpoints{${G},state=~"stale|foreign|port_drift"} > bool 0)`,
          legend: '{{gateway}} {{pod}} {{upstream}}',
        },
        { 0: 'as the cluster says', 1: 'wrong addresses' },
      ),
    )
    .withPanel(
      states(
        {
          title: 'Upstreams with terminating or unready addresses',
          description:
            'Red while pods behind an address end or are not ready: seconds of it are a rollout. Failures in the same minutes are terminating_endpoint or not_ready_endpoint.',
          unit: 'short',
          width: 12,
          noValue: 'no upstream is compared',
        },
        {
          expr: `max by (gateway, upstream) (badgateway_upstream_endpoints{${G},state=~"terminating|not_ready"} > bool 0)`,
          legend: '{{gateway}} {{upstream}}',
        },
        { 0: 'all ready', 1: 'some end or are not ready' },
      ),
    )
    .withPanel(
      heatmap(
        {
          title: 'Death gaps',
          description:
            'How long addresses stayed in use after their pod had lost ready: in that time its requests fail.',
          unit: 's',
          width: 8,
          noValue: 'no endpoint has ended',
        },
        `sum by (le) (increase(badgateway_endpoint_death_gap_seconds_bucket{${G}}[$__rate_interval]))`,
      ),
    )
    .withPanel(
      states(
        {
          title: 'Bad states',
          description: 'Conditions that hold without any request, by gateway and replica. A gap: it cannot be told.',
          unit: 'short',
          width: 16,
          noValue: 'no condition can be told',
        },
        {
          expr: `max by (gateway, pod, condition) (badgateway_condition_active{${G}}) and on (gateway, pod, condition) max by (gateway, pod, condition) (max_over_time(badgateway_condition_active{${G}}[$__range])) > 0`,
          legend: '{{condition}} {{gateway}} {{pod}}',
        },
        { 0: 'no', 1: 'holds' },
      ),
    );
}

function addBehind(dashboard: DashboardBuilder): void {
  const evidence = `sum by (upstream_namespace, upstream_service, refined_cause) (service:badgateway_pod_evidence:increase5m{${CLUSTER}})`;
  dashboard
    .withRow(new RowBuilder('What happened behind the gateway?'))
    .withPanel(
      lines(
        {
          title: 'Evidence in pods behind upstreams',
          description:
            'Overflows, drops and OOM kills in 5 min in the pods of a Service, whichever node they are on: what failures of that Service are refined with.',
          unit: 'short',
          width: 8,
          noValue: QUIET,
        },
        [
          {
            expr: evidence,
            legend: '{{upstream_service}} {{refined_cause}}',
          },
        ],
      ),
    )
    .withPanel(restartsByReason({ width: 8 }, N))
    .withPanel(
      lines(
        {
          title: 'Warnings of Kubernetes',
          description:
            'Events of type Warning about gateways and the pods behind them, by reason: probes that fail, images and volumes that are not there.',
          unit: 'short',
          width: 8,
          noValue: 'none, or events are not watched (collectors.kubernetes.events)',
        },
        [
          {
            expr: `sum by (namespace, reason) (increase(badgateway_kubernetes_warnings_total{${N}}[$__rate_interval]))`,
            legend: '{{namespace}} {{reason}}',
          },
        ],
      ),
    );
}
