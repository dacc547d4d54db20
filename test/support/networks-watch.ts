import { conntrack } from '../../src/collectors/conntrack.ts';
import { netstat } from '../../src/collectors/netstat.ts';
import { sockstat } from '../../src/collectors/sockstat.ts';
import type { Outcome } from '../../src/contract/unit.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { NodeWatch } from '../../src/sources/node/node-watch.ts';
import { testContext } from './context.ts';
import { EvidenceSeen } from './evidence-seen.ts';

const createSockstat = await sockstat.load();

const createNetstat = await netstat.load();

const createConntrack = await conntrack.load();

/** The three collectors of network namespaces over one look at the node, as the program wires them. */
export class NetworksWatch {
  readonly node: NodeWatch;
  readonly evidence = new EvidenceSeen();
  readonly #registry: MetricRegistry;
  readonly #polls: (() => Promise<Outcome> | Outcome)[];

  /** @param upstreams addresses that proxies use */
  constructor(upstreams: readonly string[], config: object = {}) {
    const clock = { now: () => Date.now() };
    this.#registry = new MetricRegistry(clock);
    const paths = { proc: '/proc', root: '' };
    this.node = new NodeWatch({ paths: () => paths, clock, upstreamAddresses: () => new Set(upstreams) });
    const parts = { clock, paths, node: this.node, evidence: this.evidence };
    const signal = new AbortController().signal;
    // Each poll looks anew.
    const asked = { interval: '50ms', ...config };
    const registry = this.#registry;
    const collectors = [
      createNetstat(netstat.schema.parse(asked), testContext(registry.writers(netstat.metrics), parts)),
      createConntrack(conntrack.schema.parse(asked), testContext(registry.writers(conntrack.metrics), parts)),
      createSockstat(sockstat.schema.parse(asked), testContext(registry.writers(sockstat.metrics), parts)),
    ];
    this.#polls = collectors.map((collector) => () => collector.poll(signal));
  }

  async poll(): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const poll of this.#polls) outcomes.push(await poll());
    return outcomes;
  }

  /** One scrape: the samples by name and labels. */
  async scrape(): Promise<ReadonlyMap<string, number>> {
    const text = (await this.#registry.render('text', 'test')).toString();
    const samples = text.split('\n').filter((line) => line.startsWith('badgateway_'));
    return new Map(samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').pop())]));
  }
}

/** The labels of the namespace that a process is in, as they stand in samples; undefined: it has not been seen. */
export async function labelsOf(watch: NetworksWatch, pid: number): Promise<string> {
  const { networks, processes } = await watch.node.look(0);
  const network = networks.find(({ identity }) => identity === processes.get(pid)?.network);
  if (network === undefined) throw new Error(`the network of ${pid} has not been seen`);
  const { namespace, pod, netns } = network.labels;
  return `{namespace="${namespace}",pod="${pod}",netns="${netns}"}`;
}

// Run by itself: polls twice with the addresses given, and writes what /metrics would show.
if (process.argv[1] === import.meta.filename) {
  const watch = new NetworksWatch(process.argv.slice(2));
  await watch.poll();
  const outcomes = await watch.poll();
  console.log(JSON.stringify({ outcomes, samples: [...(await watch.scrape())] }));
}
