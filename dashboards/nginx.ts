import { type Dashboard, type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { answersByCode, failuresByCause, symptoms } from './causes.ts';
import { addGateways, annotation, frame, nodes, variable } from './frame.ts';
import { addControllers } from './nginx-controllers.ts';
import { SHARES, SUBJECT } from './node-selectors.ts';
import { addWorkers } from './node-workers.ts';
import { CLUSTER, GATEWAY as G, lines, QUIET, stackedBars, states } from './panels.ts';

const NGINX = ',proxy="nginx"';
const NO_STATUS = 'no stub_status';

/** "Gateways / NGINX": requests, connections, workers, reloads and memory of nginx. */
export function nginx(): Dashboard {
  const dashboard = addGateways(
    frame(
      'Gateways / NGINX',
      'badgateway-nginx',
      'nginx: requests and connections against their limits, workers that run and that shut down, reloads and what they changed, memory against the limit. Made by badgateway.',
    ),
    'badgateway_(workers|nginx_up|log_lines_total|nginx_access_log_lines_total)',
  )
    .withVariable(
      variable(
        'pod',
        'Pod',
        `label_values(badgateway_workers{${CLUSTER},namespace=~"$namespace",gateway=~"$gateway"}, pod)`,
      ),
    )
    .withVariable(nodes())
    .annotation(
      annotation(
        'Worker crashes',
        `sum by (gateway, pod) (increase(badgateway_worker_respawns_total{${SUBJECT}}[2m])) > 0`,
        'a worker of {{gateway}} {{pod}} crashed',
      ),
    );
  for (const add of [addRequests, addWorkers, addReloads, addMemory, addFailures, addControllers]) add(dashboard);
  return dashboard.build();
}

function addRequests(dashboard: DashboardBuilder): void {
  const rate = (metric: string) => `sum by (gateway, pod) (rate(badgateway_nginx_${metric}{${G}}[$__rate_interval]))`;
  dashboard
    .withRow(new RowBuilder('Requests and connections'))
    .withPanel(
      lines(
        {
          title: 'Requests and new connections',
          description:
            'From stub_status, of any code. Many requests on few connections are clients that keep theirs; connections that were accepted and not handled were closed at a limit.',
          unit: 'ops',
          width: 8,
          noValue: NO_STATUS,
        },
        [
          { expr: rate('requests_total'), legend: 'requests {{gateway}} {{pod}}' },
          { expr: rate('connections_accepted_total'), legend: 'accepted {{gateway}} {{pod}}' },
          {
            expr: `${rate('connections_accepted_total')} - ${rate('connections_handled_total')}`,
            legend: 'turned away {{gateway}} {{pod}}',
          },
        ],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Connections by state',
          description:
            'Of clients: active, and of them reading, writing (also those that wait for an upstream) and waiting (keepalive). Upstream connections are not among them.',
          unit: 'short',
          width: 8,
          noValue: NO_STATUS,
        },
        [{ expr: `sum by (gateway, state) (badgateway_nginx_connections{${G}})`, legend: '{{gateway}} {{state}}' }],
      ),
    )
    .withPanel(answersByCode({ width: 8 }, NGINX));
}

function addReloads(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('Reloads and configuration'))
    .withPanel(
      stackedBars(
        {
          title: 'Reloads by what they changed',
          description:
            'changed, endpoints_only (only servers of upstreams differ) or reordered (nothing differs: unnecessary, GatewayNoopReloads). Each reload starts new workers beside the old ones.',
          unit: 'short',
          width: 8,
          noValue: 'no configuration is read',
        },
        {
          expr: `sum by (kind) (increase(badgateway_gateway_config_reloads_total{${G}}[$__rate_interval]))`,
          legend: '{{kind}}',
        },
      ),
    )
    .withPanel(
      states(
        {
          title: 'Configuration and listeners',
          description:
            'Red while the configuration on disk is invalid or newer than the one that runs, nothing listens, workers pile up or reloads storm. A gap: it cannot be told.',
          unit: 'short',
          width: 8,
          noValue: 'no condition can be told',
        },
        {
          expr: `max by (gateway, pod, condition) (badgateway_condition_active{${G},condition=~"config_invalid|config_not_loaded|gateway_not_listening|worker_pileup|worker_crashed|reload_storm|noop_reloads"})`,
          legend: '{{condition}} {{gateway}} {{pod}}',
        },
        { 0: 'no', 1: 'holds' },
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Age of the configuration in use',
          description:
            'Time since the addresses in use last changed, by replica, and problems of the configuration on disk. One replica above the others was left behind.',
          unit: 's',
          width: 8,
          noValue: 'no configuration is read',
        },
        [
          {
            expr: `time() - max by (gateway, pod) (badgateway_upstreams_last_change_timestamp_seconds{${G}})`,
            legend: '{{gateway}} {{pod}}',
          },
        ],
      ),
    );
}

function addMemory(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('Memory'))
    .withPanel(
      lines(
        {
          title: 'Memory of the limit',
          description:
            'Working set of each container as a share of its limit. Steps up at each reload are old workers that do not end; at 100 % the kernel kills.',
          unit: 'percentunit',
          width: 12,
          noValue: 'no cgroup is seen, or no limit',
        },
        [{ expr: SHARES.memory, legend: '{{gateway}} {{pod}} {{container}}' }],
        0.8,
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Memory in use and its limit',
          description: 'Working set and limit of each container in bytes; GatewayHighMemoryUsage fires above 400 MB.',
          unit: 'bytes',
          width: 12,
          noValue: 'no cgroup is seen',
        },
        [
          {
            expr: `max by (gateway, pod, container) (badgateway_memory_working_set_bytes{${SUBJECT}})`,
            legend: '{{gateway}} {{pod}} {{container}}',
          },
          {
            expr: `max by (gateway, pod, container) (badgateway_memory_limit_bytes{${SUBJECT}})`,
            legend: 'limit {{gateway}} {{pod}} {{container}}',
          },
        ],
        400_000_000,
      ),
    );
}

function addFailures(dashboard: DashboardBuilder): void {
  const link = {
    title: '5xx triage of this gateway',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's variable.
    url: '/d/badgateway-triage/gateways-5xx-triage?${__all_variables}&${__url_time_range}',
  };
  dashboard
    .withRow(new RowBuilder('What it says'))
    .withPanel(failuresByCause({ width: 8, link }, NGINX))
    .withPanel(symptoms({ width: 8 }, NGINX))
    .withPanel(
      lines(
        {
          title: 'Error log',
          description:
            'Lines read per second by what they are: failure and symptom are counted as such, nothing is nginx’s and no failure, the others could not be read as an error line.',
          unit: 'ops',
          width: 8,
          noValue: QUIET,
        },
        [
          {
            expr: `sum by (gateway, result) (rate(badgateway_log_lines_total{${G}}[$__rate_interval]))`,
            legend: '{{gateway}} {{result}}',
          },
        ],
      ),
    );
}
