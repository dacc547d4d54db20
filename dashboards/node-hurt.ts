import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { NETWORK } from './networks.ts';
import { oomKills, SHARES, SUBJECT } from './node-selectors.ts';
import { numbers } from './panels.ts';

export function addNodeHurt(dashboard: DashboardBuilder): void {
  const lost = (metric: string, selector: string) => `sum(increase(badgateway_${metric}{${selector}}[$__range]))`;
  dashboard
    .withRow(new RowBuilder('Does the node hurt a gateway?'))
    .withPanel(
      numbers(
        {
          title: 'Hurt in the time range',
          description:
            'SYNs that listeners dropped, packets that conntrack dropped, processes killed for want of memory, workers that crashed; and ports that a gateway is to listen on and nothing does, now. A number that is not there is not known.',
          unit: 'short',
          width: 12,
          noValue: 'no collector of the node sees anything',
        },
        [
          { expr: lost('listen_drops_total', NETWORK), legend: 'SYNs dropped' },
          { expr: lost('conntrack_drops_total', NETWORK), legend: 'conntrack drops' },
          { expr: `sum(${oomKills('$__range')})`, legend: 'OOM kills' },
          { expr: lost('worker_respawns_total', SUBJECT), legend: 'worker crashes' },
          {
            expr: `count(badgateway_listening{${NETWORK},scope="none"}) or 0 * count(badgateway_listening{${NETWORK}})`,
            legend: 'closed ports',
          },
        ],
        1,
      ),
    )
    .withPanel(
      numbers(
        {
          title: 'Nearest to a limit',
          description:
            'Of each limit the share in use where it is highest: accept queues that are known, conntrack, connections and open files of a worker, memory of a container.',
          unit: 'percentunit',
          width: 12,
          noValue: 'no limit is known',
        },
        [
          { expr: `max(${SHARES.acceptQueue})`, legend: 'accept queue' },
          { expr: `max(${SHARES.conntrack})`, legend: 'conntrack' },
          { expr: `max(${SHARES.connections})`, legend: 'worker connections' },
          { expr: `max(${SHARES.openFiles})`, legend: 'open files' },
          { expr: `max(${SHARES.memory})`, legend: 'memory' },
        ],
        0.9,
      ),
    );
}
