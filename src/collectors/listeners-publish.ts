import type { Writers } from '../contract/metrics.ts';
import type { NodeNetwork } from '../contract/node.ts';
import type { ExpectedHere } from './listeners-gateways.ts';
import type { LISTENERS_METRICS } from './listeners-metrics.ts';
import type { ListeningPort } from './listeners-ports.ts';
import type { Somaxconn } from './listeners-somaxconn.ts';

const MOST_PORTS = 64;
const MOST_NAMED = 8;

export interface NetworkPorts {
  readonly network: NodeNetwork;
  /** Every port that listens is among them. */
  readonly isWhole: boolean;
  /** Read just now. */
  readonly isNew: boolean;
  readonly ports: ReadonlyMap<number, ListeningPort>;
  readonly expected: ExpectedHere;
  readonly somaxconn: () => Somaxconn;
}

/** The series of one network: the ports that its gateways are to listen on first, of the others the lowest. */
export function publishPorts(metrics: Writers<typeof LISTENERS_METRICS>, of: NetworkPorts): void {
  const { network, isWhole, isNew, ports, expected } = of;
  const wanted = [...new Set([...expected.sockets.map(({ port }) => port), ...ports.keys()])];
  for (const port of wanted.slice(0, MOST_PORTS)) {
    const labels = { ...network.labels, port: String(port) };
    const listening = ports.get(port);
    if (listening !== undefined) {
      metrics.listening.set({ ...labels, scope: listening.scope }, 1);
      if (isNew) metrics.queue.set(labels, listening.queue);
    } else if (isWhole) metrics.listening.set({ ...labels, scope: 'none' }, 0);
  }
  publishLimits(metrics, of);
  metrics.skipped.inc({ reason: 'port_limit' }, Math.max(0, wanted.length - MOST_PORTS) + expected.skipped);
}

/** Of backends nobody says which backlog they asked for: no limit. */
function publishLimits(metrics: Writers<typeof LISTENERS_METRICS>, of: NetworkPorts): void {
  const { network, ports, expected } = of;
  const backlogs = new Map<number, number>();
  for (const { port, backlog } of expected.sockets) {
    const known = backlogs.get(port);
    if (ports.has(port)) backlogs.set(port, Math.min(backlog, known ?? backlog));
  }
  if (backlogs.size === 0) return;
  const { value, isAssumed } = of.somaxconn();
  for (const [port, backlog] of backlogs) {
    const labels = { ...network.labels, port: String(port), estimated: String(isAssumed) };
    metrics.limit.set(labels, Math.min(backlog, value));
  }
}

/** For the page. */
export function describePorts(ports: ReadonlyMap<number, ListeningPort>, expected: ExpectedHere): string {
  const closed = [...new Set(expected.sockets.map(({ port }) => port))].filter((port) => !ports.has(port));
  const named = [...ports].slice(0, MOST_NAMED).map(([port, { scope }]) => `${port} (${scope})`);
  const more = ports.size > MOST_NAMED ? ` and ${ports.size - MOST_NAMED} more` : '';
  const listens = named.length === 0 ? 'nothing listens' : `listens on ${named.join(', ')}${more}`;
  return closed.length === 0 ? listens : `${listens}; not on ${closed.slice(0, MOST_NAMED).join(', ')}`;
}
