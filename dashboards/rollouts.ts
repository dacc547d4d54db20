import { type Dashboard, type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { autoscalers } from './causes.ts';
import { addGateways, frame, nodes } from './frame.ts';
import { CLUSTER, GATEWAY as G, lines, NODE as N, number, QUIET, stackedBars, summary } from './panels.ts';
import { addRollouts } from './upstreams-changes.ts';

const SERVICE = 'upstream_namespace, upstream_service';

/** "Gateways / Rollouts": do deploys fail requests, and what preStop would keep them? */
export function rollouts(): Dashboard {
  const dashboard = addGateways(
    frame(
      'Gateways / Rollouts',
      'badgateway-rollouts',
      'What rollouts cost: failures within and outside of them, death gaps and propagation, the preStop sleep that they ask for, how pods end, autoscalers. Made by badgateway.',
    ),
    'badgateway_(upstream_endpoints|failures_during_rollout_total)',
  ).withVariable(nodes());
  for (const add of [addCost, addRollouts, addEnds, addScaling]) add(dashboard);
  return dashboard.build();
}

function addCost(dashboard: DashboardBuilder): void {
  const during = `sum(increase(badgateway_failures_during_rollout_total{${G}}[$__range]))`;
  dashboard
    .withRow(new RowBuilder('Do rollouts fail requests?'))
    .withPanel(
      number(
        {
          title: 'Failures within rollouts',
          description:
            'Failures of Services while their pods were replaced, or in the minute after, in the time range. 0 is what preStop and readiness are for.',
          unit: 'short',
          width: 4,
          noValue: 'no Service was rolled out',
        },
        during,
        1,
      ),
    )
    .withPanel(
      number(
        {
          title: 'Of all failures',
          description: 'Share of the failures of the time range that happened within rollouts.',
          unit: 'percentunit',
          width: 4,
          noValue: 'no failures',
        },
        `${during} / (sum(increase(badgateway_failures_total{${G}}[$__range])) > 0)`,
        0.5,
      ),
    )
    .withPanel(
      number(
        {
          title: 'Time in rollouts',
          description:
            'How long pods of Services were being replaced in the time range, the minute after included, in sum.',
          unit: 's',
          width: 4,
          noValue: 'no Service was rolled out',
        },
        `sum(increase(badgateway_rollout_seconds_total{${CLUSTER}}[$__range]))`,
        86_400,
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Failures within and outside rollouts',
          description:
            'Failures per second of rollout and per second without one, over an hour; GatewayFailsInRollouts fires when most fall within.',
          unit: 'ops',
          width: 12,
          noValue: 'no Service was rolled out',
        },
        ['during', 'outside'].map((when) => ({
          expr: `gateway_service:badgateway_failures_${when}_rollout:rate1h{${G}}`,
          legend: `{{gateway}} {{upstream_service}} ${when}`,
        })),
      ).height(6),
    );
}

function addEnds(dashboard: DashboardBuilder): void {
  const gaps = (what: string) =>
    `sum by (gateway, reason) (increase(badgateway_endpoint_${what}_unknown_total{${G}}[$__rate_interval])) > 0`;
  dashboard
    .withRow(new RowBuilder('How do pods come and go?'))
    .withPanel(
      summary(
        {
          title: 'Gap and advice by Service',
          description:
            'By Service: the latest death gap, and the preStop sleep that the gaps of a week ask for. A pod that ends sooner than the gap fails requests.',
          unit: 's',
          width: 8,
          height: 8,
          noValue: 'no gap was measured yet',
        },
        ['gateway', 'upstream_namespace', 'upstream_service'],
        [
          {
            name: 'latest gap',
            expr: `max by (gateway, ${SERVICE}) (badgateway_upstream_last_death_gap_seconds{${G}})`,
            unit: 's',
            limit: 15,
          },
          {
            name: 'preStop',
            expr: `max by (gateway, ${SERVICE}) (badgateway_recommended_prestop_seconds{${G}})`,
            unit: 's',
          },
        ],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Readiness changes',
          description:
            'Pods that became ready or were no longer, by workload. Both at once, again and again: probes that flap.',
          unit: 'short',
          width: 8,
          noValue: 'pods are not watched',
        },
        [
          {
            expr: `sum by (namespace, workload, to) (increase(badgateway_pod_readiness_changes_total{${N}}[$__rate_interval]))`,
            legend: '{{namespace}}/{{workload}} {{to}}',
          },
        ],
      ),
    )
    .withPanel(
      stackedBars(
        {
          title: 'Gaps that could not be measured',
          description:
            'Death gaps and propagation times without a figure, by reason: badgateway began later, the watch was behind, the proxy was not read in time.',
          unit: 'short',
          width: 8,
          noValue: QUIET,
        },
        { expr: gaps('death_gap'), legend: 'gap {{gateway}} {{reason}}' },
        { expr: gaps('propagation'), legend: 'propagation {{gateway}} {{reason}}' },
      ),
    );
}

function addScaling(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('Autoscalers'))
    .withPanel(autoscalers({ width: 8 }))
    .withPanel(
      lines(
        {
          title: 'Until there are more endpoints',
          description:
            'Mean of the time range: from the moment when the utilization was first told to be above the target (above_target), and from that when the autoscaler asked for more replicas (asked), until more endpoints were ready.',
          unit: 's',
          width: 8,
          noValue: 'no HorizontalPodAutoscaler has asked for more',
        },
        [{ expr: `${upscale('sum')} / (${upscale('count')} > 0)`, legend: '{{namespace}}/{{autoscaler}} {{since}}' }],
      ),
    )
    .withPanel(
      stackedBars(
        {
          title: 'Scaling, and reloads for it',
          description:
            'Times that autoscalers asked for more (up) or fewer (down) replicas, and reloads that changed nothing but endpoints: flapping of one drives the other.',
          unit: 'short',
          width: 8,
          noValue: 'no HorizontalPodAutoscaler is watched',
        },
        {
          expr: `sum by (namespace, autoscaler, direction) (increase(badgateway_autoscaler_scales_total{${N}}[$__rate_interval]))`,
          legend: '{{namespace}}/{{autoscaler}} {{direction}}',
        },
        {
          expr: `sum by (gateway) (increase(badgateway_gateway_config_reloads_total{${G},kind="endpoints_only"}[$__rate_interval]))`,
          legend: '{{gateway}} endpoints_only reloads',
        },
      ),
    );
}

function upscale(what: 'sum' | 'count'): string {
  return `sum by (namespace, autoscaler, since) (rate(badgateway_autoscaler_upscale_seconds_${what}{${N}}[$__range]))`;
}
