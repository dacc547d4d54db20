import type { TestContext } from 'node:test';
import { upstreamSockets } from '../../src/collectors/upstream-sockets.ts';
import type { GatewayNames } from '../../src/contract/gateway-names.ts';
import type { GatewaySettingsBoard } from '../../src/contract/gateway-settings.ts';
import type { AddressSink, SocketsSeen } from '../../src/contract/upstream.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { testContext } from '../support/context.ts';
import { FakeProc } from '../support/fake-proc.ts';

export const createUpstreamSockets = await upstreamSockets.load();

/** The collector on a fake proc, and what it told of addresses since the last poll. */
export function setUp(
  t: TestContext,
  config: object = {},
  fake = new FakeProc(t).namespace('1').namespace('self'),
  given: { readonly names?: GatewayNames; readonly settings?: GatewaySettingsBoard } = {},
) {
  let nowMs = 1_000_000;
  const told: string[] = [];
  const counted = new Map<string, SocketsSeen | null>();
  /** The gauge as a scrape would show it whenever an address was told. */
  const shown: string[] = [];
  const clock = { now: () => nowMs };
  const registry = new MetricRegistry(clock);
  const tell =
    (word: string): AddressSink['used'] =>
    (proxy, { namespace, pod, gateway }, { ip, port }, atMs) => {
      shown.push(registry.get('badgateway_upstream_socket_peers')?.render().bytes.toString() ?? '');
      told.push(
        `${word} ${proxy} ${[namespace, pod, gateway].filter(Boolean).join('/')} ${ip} ${port} ${atMs - nowMs}`,
      );
    };
  const context = testContext(registry.writers(upstreamSockets.metrics), {
    ...{ clock, ...given, paths: { proc: fake.root, root: '' } },
    addresses: {
      used: tell('used'),
      held: tell('held'),
      looked: () => {},
      counted: (key, seen) => void counted.set(key, seen),
    },
  });
  const collector = createUpstreamSockets(upstreamSockets.schema.parse(config), context);
  return {
    fake,
    collector,
    shown,
    counted,
    async poll(afterMs = 10_000) {
      nowMs += afterMs;
      told.length = 0;
      const outcome = await collector.poll(new AbortController().signal);
      return { ...outcome, told: [...told] };
    },
    async samples(family: string) {
      const text = (await registry.render('text', 'test')).toString();
      return text
        .split('\n')
        .filter((line) => line.startsWith(`badgateway_${family}{`))
        .sort();
    },
  };
}
