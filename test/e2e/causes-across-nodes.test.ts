import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { dump, load } from 'js-yaml';
import { ALERTS_DIRECTORY, type Rule, type RuleFile } from '../alerts/rule-files.ts';
import { ask, tally } from '../faults/traffic.ts';
import { Badgateway, labelOf, moved, type Samples, sum } from '../support/badgateway.ts';
import { netnsMissing } from '../support/netns.ts';
import { skipWithout } from '../support/programs.ts';
import { type RunningPrometheus, startPrometheus } from '../support/prometheus.ts';
import { cgroupsMissing } from '../support/test-cgroup.ts';
import type { TestNode } from '../support/test-node.ts';
import { POD, TwoNodes } from '../support/two-nodes.ts';

const skip = netnsMissing() || cgroupsMissing() || skipWithout('nginx', 'nsenter', 'unshare', 'prometheus');
const SERVICE = { upstream_namespace: 'shop', upstream_service: 'cart', upstream_port: '80' };
const REQUESTS = 40;
const EVERY_SECOND = { interval: '1s' };
const OVERFLOWS = 'badgateway_listen_overflows_total';
const INFO = 'badgateway_upstream_endpoint_info';
/** As Prometheus knows them: agents of two nodes, and one that sees both sides. */
const [TWO_NODES, ONE_NODE] = ['two-nodes', 'one-node'];

interface AgentOptions {
  readonly world: TwoNodes;
  /** Whose processes it sees; none: all of this machine. */
  readonly node?: TestNode;
  readonly name: string;
  /** It has the logs and the configuration of the gateway. */
  readonly hasGateway: boolean;
}

async function startAgent(t: TestContext, { world, node, name, hasGateway }: AgentOptions): Promise<Badgateway> {
  const { api, config, errorLog, root } = world;
  const agent = await Badgateway.create();
  t.after(() => agent.dispose());
  agent.prefix = node?.prefix ?? [];
  const kubeconfig = join(agent.directory, 'kubeconfig');
  writeFileSync(kubeconfig, api.kubeconfig());
  const nginx = {
    nginx_error_log: { files: [{ path: errorLog, gateway: 'edge' }] },
    nginx_config: { ...EVERY_SECOND, files: [{ path: config, gateway: 'edge' }] },
  };
  const off = { enabled: false };
  const collectors = {
    ...(hasGateway ? nginx : { nginx_error_log: off, nginx_config: off }),
    ...{ envoy: off, kubernetes: { kubeconfig, node_name: name } },
    ...{ netstat: EVERY_SECOND, listeners: EVERY_SECOND, conntrack: EVERY_SECOND, cgroups: EVERY_SECOND },
  };
  const paths = { proc: '/proc', ...(hasGateway ? {} : { root }) };
  return await agent.serve({ role: 'agent', paths, collectors });
}

/** The shipped rules at seconds instead of minutes: only the times are changed. */
function hasten(rule: Rule): Rule {
  const { keep_firing_for, ...rest } = rule as Rule & { keep_firing_for?: string };
  return { ...rest, expr: rule.expr.replaceAll('[5m]', '[30s]') };
}

async function watchWithPrometheus(t: TestContext, agents: Readonly<Record<string, readonly Badgateway[]>>) {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-rules-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const { groups } = load(readFileSync(`${ALERTS_DIRECTORY}/causes.rules.yaml`, 'utf8')) as RuleFile;
  const hasty = groups.map((group) => ({ ...group, interval: '1s', rules: group.rules.map(hasten) }));
  writeFileSync(join(directory, 'rules.yaml'), dump({ groups: hasty }));
  const prometheus = await startPrometheus({
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [join(directory, 'rules.yaml')],
    scrape_configs: [
      {
        ...{ job_name: 'badgateway', honor_labels: true },
        static_configs: Object.entries(agents).map(([cluster, of]) => {
          return { targets: of.map(({ ports }) => `127.0.0.1:${ports.metrics}`), labels: { cluster } };
        }),
      },
    ],
  });
  t.after(() => prometheus.stop());
  await prometheus.waitUntilUp();
  return prometheus;
}

const holds = (samples: Samples, family: string, labels: Readonly<Record<string, string>>) =>
  [...samples.keys()].filter(
    (name) =>
      name.startsWith(`${family}{`) && Object.entries(labels).every(([label, value]) => labelOf(name, label) === value),
  );

async function untilAllIsKnown(edge: Badgateway, cart: Badgateway, both: Badgateway): Promise<void> {
  const endpoint = { ...SERVICE, endpoint_namespace: 'shop', endpoint_pod: POD };
  for (const one of [edge, both])
    await one.until(async () => holds(await one.scrape(), INFO, endpoint).length === 1, 'it knows the pod');
  await both.until(async () => holds(await both.scrape(), OVERFLOWS, { pod: POD }).length === 1, 'its queue is seen');
  const polled = 'badgateway_collector_last_success_timestamp_seconds';
  for (const collector of ['netstat', 'kubernetes'])
    await cart.until(
      async () => sum(await cart.scrape(), polled, `collector="${collector}"`) > 0,
      `${collector} has polled`,
    );
}

/** What became of the requests; a new series stands at 0 until Prometheus has read it, too. */
async function causesOf(agent: Badgateway, before: Samples): Promise<Readonly<Record<string, number>>> {
  let causes: Readonly<Record<string, number>> = {};
  await agent.scrapeAfterLines(REQUESTS);
  const areShown = async () => {
    causes = moved(before, await agent.scrape(), 'badgateway_failures_total', 'cause');
    return Object.values(causes).reduce((total, count) => total + count, 0) >= REQUESTS;
  };
  await agent.until(areShown, 'all are shown');
  return causes;
}

/** What Prometheus has raised since the start. */
async function raised(prometheus: RunningPrometheus): Promise<Readonly<Record<string, string>>[]> {
  const all = await prometheus.query('last_over_time(ALERTS{alertname="GatewayFailuresExplainedByPod"}[10m])');
  return all.map(({ metric }) => metric);
}

test('a queue overflows on another node: Prometheus joins what two agents saw; one that sees both needs no rule [ci]', {
  skip,
}, async (t) => {
  const world = await TwoNodes.start(t);
  const { nodes, front } = world;
  const edge = await startAgent(t, { world, node: nodes[0], name: 'node-a', hasGateway: true });
  const cart = await startAgent(t, { world, node: nodes[1], name: 'node-b', hasGateway: false });
  const both = await startAgent(t, { world, name: 'node-b', hasGateway: true });
  await untilAllIsKnown(edge, cart, both);
  const prometheus = await watchWithPrometheus(t, { [TWO_NODES]: [edge, cart], [ONE_NODE]: [both] });
  assert.deepEqual(tally((await ask(front, { count: 5 })).statuses), { 200: 5 });
  const before = { edge: await edge.scrape(), both: await both.scrape() };

  await world.hang();
  const { statuses } = await ask(front, { count: REQUESTS, together: REQUESTS });
  assert.deepEqual(tally(statuses), { 504: REQUESTS });
  const causes = await causesOf(edge, before.edge);
  t.diagnostic(`the gateway's agent says ${JSON.stringify(causes)}`);
  const { connect_timeout = 0, response_timeout = 0, ...others } = causes;
  assert.deepEqual(others, {});
  assert.equal(connect_timeout + response_timeout, REQUESTS);
  assert.ok(connect_timeout > REQUESTS / 2);
  const samples = await edge.scrape();
  const counted = { ...SERVICE, cause: 'connect_timeout', gateway: 'edge' };
  assert.equal(holds(samples, 'badgateway_failures_total', counted).length, 1);
  assert.deepEqual(holds(samples, OVERFLOWS, { pod: POD }), [], 'it does not see the other node');
  const seen = async () => sum(await cart.scrape(), OVERFLOWS, `namespace="shop",pod="${POD}"`);
  await cart.until(async () => (await seen()) >= REQUESTS / 2, "the agent of the pod's node has seen why");
  t.diagnostic(`the agent of the pod's node says ${await seen()} overflows`);
  assert.deepEqual(
    [holds(await cart.scrape(), INFO, {}), sum(await cart.scrape(), 'badgateway_failures_total')],
    [[], 0],
  );

  const isRaised = async () => (await raised(prometheus)).some(({ alertstate }) => alertstate === 'firing');
  await edge.until(isRaised, 'the alert fires');

  const own = await causesOf(both, before.both);
  t.diagnostic(`an agent that sees both says ${JSON.stringify(own)}`);
  assert.ok((own.listen_queue_overflow ?? 0) >= connect_timeout);
  assert.equal((own.listen_queue_overflow ?? 0) + (own.response_timeout ?? 0), REQUESTS);
  // It had all that the rule wants but failures without a precise cause.
  const evidence = `service:badgateway_pod_evidence:increase5m{cluster="${ONE_NODE}",upstream_service="cart"}`;
  const precise = `increase(badgateway_failures_total{cluster="${ONE_NODE}",cause="listen_queue_overflow"}[30s]) > 4.5`;
  const often = `count_over_time(${evidence}[1m]) >= 5`;
  for (const expression of [precise, often])
    await both.until(async () => (await prometheus.query(expression)).length > 0, expression);
  const alerts = (await raised(prometheus)).map(
    ({ alertname, alertstate, component, kind, severity, ...rest }) => rest,
  );
  t.diagnostic(`raised ${JSON.stringify(alerts)}`);
  const labels = { gateway: 'edge', refined_cause: 'listen_queue_overflow', ...SERVICE };
  assert.deepEqual(alerts, [{ __name__: 'ALERTS', cluster: TWO_NODES, ...labels }]);
});
