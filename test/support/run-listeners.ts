/**
 * The collector `listeners` on what this process sees of the node. For every line on stdin it polls twice and writes what is said then
 * as one line of JSON.
 */
import { createInterface } from 'node:readline';
import { listeners } from '../../src/collectors/listeners.ts';
import type { GatewaySettings } from '../../src/contract/gateway-settings.ts';
import type { ListenAnswer } from '../../src/contract/listener.ts';
import type { Outcome, Target } from '../../src/contract/unit.ts';
import type { ConditionReport, PeerSocket } from '../../src/contract/upstream.ts';
import { Listeners } from '../../src/facts/listeners.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { NodeWatch } from '../../src/sources/node/node-watch.ts';
import { testContext } from './context.ts';

const createListeners = await listeners.load();

export interface ListenersAsk {
  readonly config?: object;
  /** What nginx_config would have reported. */
  readonly settings?: readonly GatewaySettings[];
  /** Addresses that a proxy has as upstreams'. */
  readonly upstreams?: readonly string[];
  readonly at?: readonly PeerSocket[];
}

export interface ListenersSaid {
  readonly user: number;
  readonly outcome: Outcome;
  readonly samples: readonly string[];
  readonly conditions: readonly ConditionReport[];
  readonly answers: readonly ListenAnswer[];
  readonly targets: readonly Target[];
}

async function run({ config = {}, settings = [], upstreams = [], at = [] }: ListenersAsk): Promise<void> {
  // Rounds are an interval apart: that much later is it at each poll.
  let laterMs = 0;
  const clock = { now: () => Date.now() + laterMs };
  const paths = { proc: '/proc', root: '' };
  const registry = new MetricRegistry(clock);
  const facts = new Listeners(clock);
  const conditions = new Map<string, ConditionReport>();
  const watch = new NodeWatch({ paths: () => paths, clock, upstreamAddresses: () => new Set(upstreams) });
  const context = testContext(registry.writers(listeners.metrics), {
    ...{ clock, paths, listeners: facts },
    // The next poll must see what has just been started.
    node: { look: () => watch.look(0), markMoved: () => {} },
    settings: { report: () => {}, all: () => settings },
    conditions: {
      condition: (report) => {
        const { condition, subject } = report;
        conditions.set([condition, ...Object.values(subject)].join(' '), report);
      },
    },
  });
  // Other networks of the machine must not take the time of the test's.
  const parsed = listeners.schema.parse({ interval: '10m', ...config });
  const collector = createListeners(parsed, context);
  const poll = () => {
    laterMs += parsed.interval;
    return collector.poll(new AbortController().signal);
  };
  for await (const _ of createInterface({ input: process.stdin })) {
    await poll();
    const outcome = await poll();
    const text = (await registry.render('text', 'test')).toString();
    const samples = text.split('\n').filter((line) => line.startsWith('badgateway_'));
    const answers = at.map((socket) => facts.at(socket));
    const targets = collector.targets?.() ?? [];
    const said: ListenersSaid = {
      ...{ user: process.getuid!(), outcome, samples },
      ...{ conditions: [...conditions.values()], answers, targets },
    };
    console.log(JSON.stringify(said));
  }
}

if (process.argv[2] !== undefined) await run(JSON.parse(process.argv[2]));
