import { counter, gauge, type MetricTable, type Writers } from '../contract/metrics.ts';
import type { NodeLook } from '../contract/node.ts';

export const NETWORK_METRICS = {
  networks: gauge(
    'badgateway_network_namespaces',
    'Network namespaces with a process in them that are seen on the node, by whose they are.',
    ['kind'],
  ),
  skipped: counter(
    'badgateway_network_namespaces_skipped_total',
    'Network namespaces that were relevant and not published, each once; limit: there were 200 already.',
    ['reason'],
  ),
} as const satisfies MetricTable;

const KINDS = ['host', 'process', 'pod', 'container', 'other'] as const;
/** Nobody looks any more: what was seen is no longer so. */
const STALE_AFTER_MS = 300_000;

/** Shows how many networks of each kind the last look saw; none when nobody has looked for long. */
export function publishNetworks(
  { networks }: Writers<typeof NETWORK_METRICS>,
  look: NodeLook | undefined,
  nowMs: number,
): void {
  networks.reset();
  if (look === undefined || nowMs - look.atMs > STALE_AFTER_MS) return;
  for (const kind of KINDS) networks.set({ kind }, look.networks.filter((one) => one.kind === kind).length);
}
