import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { NETWORK, NETWORK_LABELS, NETWORK_LEGEND, networkRate } from './networks.ts';
import { FORECASTS, SHARES } from './node-selectors.ts';
import { lines, QUIET, table } from './panels.ts';

const legend = NETWORK_LEGEND;
const rate = (metric: string) => networkRate(metric, NETWORK);

export function addListenQueues(dashboard: DashboardBuilder): void {
  const port = `${NETWORK_LABELS}, port`;
  const length = `max by (${port}) (badgateway_listen_queue_length{${NETWORK}}) > 0`;
  dashboard
    .withRow(new RowBuilder('Listen queues'))
    .withPanel(
      lines(
        {
          title: 'Listen overflows and drops',
          description:
            'SYNs dropped per pod, retransmits included: overflows for a full accept queue, SYN queue for a full one without cookies, drops for any reason, the others among them.',
          unit: 'pps',
          width: 8,
          noValue: 'no network is seen',
        },
        [
          { expr: rate('listen_overflows_total'), legend: `overflows ${legend}` },
          { expr: rate('listen_drops_total'), legend: `drops ${legend}` },
          { expr: rate('syn_queue_drops_total'), legend: `SYN queue ${legend}` },
        ],
        0.01,
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Waiting to be accepted',
          description:
            'Connections in the accept queue of each port, a look every 15 s, and the limit where it is known: the smaller of backlog and somaxconn, 511 in an nginx that sets none. At the limit SYNs are dropped.',
          unit: 'short',
          width: 8,
          noValue: QUIET,
        },
        [
          { expr: `topk(10, ${length})`, legend: `{{port}} ${legend}` },
          {
            expr: `max by (${port}) (badgateway_listen_queue_limit{${NETWORK}}) and ${length}`,
            legend: `limit {{port}} ${legend}`,
          },
        ],
      ),
    )
    .withPanel(
      table(
        {
          title: 'Ports closed or on loopback only',
          description:
            'Scope none, value 0: a gateway is to listen there and nothing does, also when nginx has only its unix socket. Scope loopback: other pods cannot reach it, which is usual for status and admin ports; the node’s are left out.',
          unit: 'short',
          width: 8,
          height: 8,
          noValue: QUIET,
        },
        `max by (${port}, scope) (badgateway_listening{${NETWORK},scope="none"} or badgateway_listening{${NETWORK},scope="loopback",netns!="host"})`,
        ['pod', 'netns', 'instance', 'port', 'scope'],
      ),
    );
}

export function addConnects(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('Connect trouble'))
    .withPanel(
      lines(
        {
          title: 'Connects that fail',
          description:
            'SYNs sent again (no answer), connects that were refused, established connections that were reset, and resets sent, by network namespace.',
          unit: 'pps',
          width: 8,
          noValue: 'no network is seen',
        },
        [
          { expr: rate('syn_retransmits_total'), legend: `SYN retransmits ${legend}` },
          { expr: rate('tcp_attempt_failures_total'), legend: `failed connects ${legend}` },
          { expr: rate('tcp_established_resets_total'), legend: `resets ${legend}` },
          { expr: rate('tcp_resets_sent_total'), legend: `resets sent ${legend}` },
        ],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Loss and SYN cookies',
          description:
            'Segments sent again, retransmission timeouts, connections given up after the last of them, and SYN cookies sent because a SYN queue was full.',
          unit: 'pps',
          width: 8,
          noValue: 'no network is seen',
        },
        [
          { expr: rate('tcp_segments_retransmitted_total'), legend: `retransmits ${legend}` },
          { expr: rate('tcp_timeouts_total'), legend: `timeouts ${legend}` },
          { expr: rate('tcp_aborts_on_timeout_total'), legend: `given up ${legend}` },
          { expr: rate('syn_cookies_sent_total'), legend: `SYN cookies ${legend}` },
        ],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Sockets that linger',
          description:
            'TIME_WAIT holds a port each; CLOSE_WAIT that only rises is a process that does not close what its clients gave up (gateways, a look a minute); orphans are closed and not yet done.',
          unit: 'short',
          width: 8,
          noValue: 'no network is seen',
        },
        [lingering('time_wait', 'TIME_WAIT'), lingering('close_wait', 'CLOSE_WAIT'), lingering('orphaned', 'orphaned')],
      ),
    );
}

function lingering(state: string, name: string) {
  return {
    expr: `max by (${NETWORK_LABELS}) (badgateway_tcp_sockets_${state}{${NETWORK}})`,
    legend: `${name} ${legend}`,
  };
}

export function addConntrack(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('Connection tracking'))
    .withPanel(
      lines(
        {
          title: 'conntrack in use',
          description:
            'Entries of the limit per network namespace, and where they are in an hour if it goes on as in the last half hour; alerts at 75 % and 90 %.',
          unit: 'percentunit',
          width: 12,
          noValue: 'conntrack not loaded',
        },
        [
          { expr: SHARES.conntrack, legend },
          { expr: FORECASTS.conntrack, legend: `in an hour ${legend}` },
        ],
        0.9,
      ),
    )
    .withPanel(
      lines(
        {
          title: 'conntrack losses',
          description:
            'Packets dropped for want of an entry, unreplied entries evicted early (alone no outage), and inserts that failed: NAT ports used up, or a race.',
          unit: 'pps',
          width: 12,
          noValue: 'conntrack not loaded',
        },
        [
          { expr: rate('conntrack_drops_total'), legend: `drops ${legend}` },
          { expr: rate('conntrack_early_drops_total'), legend: `early drops ${legend}` },
          { expr: rate('conntrack_insert_failures_total'), legend: `insert failures ${legend}` },
        ],
      ),
    );
}
