import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { netstat } from '../../src/collectors/netstat.ts';
import { sockstat } from '../../src/collectors/sockstat.ts';
import type { NodeNetwork } from '../../src/contract/node.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { testContext } from '../support/context.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { lookOf, networkOf, processOf } from '../support/node-look.ts';

const createSockstat = await sockstat.load();

const createNetstat = await netstat.load();

/** The collector over a look that the test writes, each time anew. */
function setting(t: TestContext, unit: typeof netstat | typeof sockstat = netstat, config: object = {}) {
  const proc = new FakeProc(t);
  const registry = new MetricRegistry({ now: () => Date.now() });
  const seen: { networks: NodeNetwork[]; moved: string[] } = { networks: [], moved: [] };
  const node = {
    look: async () => {
      await setTimeout(10);
      return lookOf({ networks: seen.networks });
    },
    markMoved: (key: string) => void seen.moved.push(key),
  };
  const parts = { paths: { proc: proc.root, root: '' }, node };
  const context = testContext(registry.writers(unit.metrics), parts);
  const collector =
    unit === netstat
      ? createNetstat(netstat.schema.parse(config), context as Parameters<typeof createNetstat>[1])
      : createSockstat(sockstat.schema.parse(config), context as Parameters<typeof createSockstat>[1]);
  const network = (pid: number, parts: Partial<NodeNetwork>) => {
    const identity = openProcfs(proc.root).identity(`${pid}/net/netstat`) ?? null;
    return networkOf({ processes: [processOf({ pid, network: identity })], ...parts });
  };
  const poll = async () => {
    const outcome = await collector.poll(new AbortController().signal);
    const text = (await registry.render('text', 'test')).toString();
    const samples = text.split('\n').filter((line) => line.startsWith('badgateway_'));
    const value = (family: string, pod: string) =>
      samples.find((line) => line.startsWith(`badgateway_${family}{`) && line.includes(`pod="${pod}"`))?.split(' ')[1];
    return { outcome, samples, value };
  };
  return { proc, seen, network, poll, registry };
}

const drops = (count: number) => `TcpExt: ListenDrops\nTcpExt: ${count}\n`;
const labels = (pod: string) => ({ namespace: 'shop', pod, netns: 'pod' }) as const;

test('relevant networks of pods beside the node, others with scope: all', async (t) => {
  for (const [scope, expected] of [
    ['relevant', ['gw']],
    ['all', ['app', 'gw']],
  ] as const) {
    const { proc, seen, network, poll } = setting(t, netstat, { scope });
    proc.namespace('1').namespace('40').namespace('50');
    seen.networks = [
      network(40, { labels: labels('gw'), isGateway: true, isRelevant: true }),
      network(50, { labels: labels('app') }),
      network(1, { kind: 'host', labels: { namespace: '', pod: '', netns: 'host' } }),
    ];
    const { samples, outcome } = await poll();
    const pods = samples.flatMap(
      (line) => /^badgateway_listen_drops_total{namespace="shop",pod="(\w+)"/.exec(line)?.[1] ?? [],
    );
    assert.deepEqual(pods.sort(), expected);
    assert.equal(
      samples.filter((line) => line.startsWith('badgateway_listen_drops_total')).length,
      expected.length + 1,
    );
    assert.match(outcome.detail, new RegExp(`${expected.length} of ${expected.length} relevant networks`));
  }
});

test('a network that is shown as the node’s or ours is not shown again under another name', async (t) => {
  const { proc, seen, network, poll } = setting(t);
  proc.namespace('self');
  proc.shareNamespace('40', 'self');
  seen.networks = [network(40, { labels: labels('own'), isRelevant: true })];
  const { samples } = await poll();
  assert.deepEqual(
    samples.filter((line) => line.startsWith('badgateway_listen_drops_total')).map((line) => line.split(' ')[0]),
    ['badgateway_listen_drops_total{namespace="",pod="",netns="process"}'],
  );
});

test('a scrape in the middle of a poll sees what the poll before saw, not half of the next', async (t) => {
  for (const unit of [netstat, sockstat]) {
    const { proc, seen, network, poll, registry } = setting(t, unit, { scope: 'all' });
    proc.namespace('1').namespace('40').namespace('50');
    seen.networks = [network(40, { labels: labels('a') }), network(50, { labels: labels('b') })];
    const count = async () => (await registry.render('text', 'test')).toString().split('\n').length;
    await poll();
    const whole = await count();
    const polling = poll();
    assert.equal(await count(), whole);
    await polling;
    assert.equal(await count(), whole);
  }
});

test('growth is told; series begin with what was counted before', async (t) => {
  const { proc, seen, network, poll } = setting(t);
  proc.namespace('1').write('40/net/netstat', drops(7));
  seen.networks = [network(40, { key: 'k', labels: labels('app') })];
  assert.equal((await poll()).value('listen_drops_total', 'app'), undefined);
  assert.deepEqual(seen.moved, []);
  proc.write('40/net/netstat', drops(9));
  await poll();
  assert.deepEqual(seen.moved, ['k']);
  seen.networks = [network(40, { key: 'k', labels: labels('app'), isRelevant: true, hasMoved: true })];
  assert.equal((await poll()).value('listen_drops_total', 'app'), '7');
  assert.equal((await poll()).value('listen_drops_total', 'app'), '9');
});

test('what was counted before it was first seen is no growth', async (t) => {
  const { proc, seen, network, poll } = setting(t);
  proc.namespace('1').write('40/net/netstat', drops(7));
  seen.networks = [network(40, { labels: labels('app') })];
  await poll();
  await poll();
  assert.deepEqual(seen.moved, []);
});

test('series end with their network; a pid that is another process’s now shows nothing', async (t) => {
  const { proc, seen, network, poll } = setting(t);
  proc.namespace('1').write('40/net/netstat', drops(7)).write('50/net/netstat', drops(8));
  const networks = [
    network(40, { labels: labels('a'), isRelevant: true }),
    network(50, { labels: labels('b'), isRelevant: true }),
  ];
  seen.networks = networks;
  assert.equal((await poll()).value('listen_drops_total', 'a'), '7');
  seen.networks = networks.slice(1);
  const left = await poll();
  assert.deepEqual([left.value('listen_drops_total', 'a'), left.value('listen_drops_total', 'b')], [undefined, '8']);
  // Made before the old one goes, so that it has another inode.
  proc.write('60/net/netstat', drops(1_000)).remove('50').shareNetwork('50', '60');
  assert.equal((await poll()).value('listen_drops_total', 'b'), undefined);
});

test('a member that has ended: the next one is read', async (t) => {
  const { proc, seen, network, poll } = setting(t);
  proc.namespace('1').write('41/net/netstat', drops(7));
  const one = network(41, { labels: labels('a'), isRelevant: true });
  const ended = processOf({ ...one.processes[0], pid: 40 });
  seen.networks = [{ ...one, processes: [ended, ...one.processes] }];
  assert.equal((await poll()).value('listen_drops_total', 'a'), '7');
});

const ROW = (state: string) =>
  `   0: 0100007F:0050 0100007F:C000 ${state} 00000000:00000000 00:00000000 00000000     0        0 1 1 0 20 4 30 10 -1\n`;

test('CLOSE_WAIT of gateways and of our own namespace, of both families, counted once in a minute', async (t) => {
  const { proc, seen, network, poll } = setting(t, sockstat);
  proc.namespace('self').namespace('40').namespace('50');
  for (const pid of ['self', '40', '50']) proc.write(`${pid}/net/tcp`, `  sl\n${ROW('08')}${ROW('01')}${ROW('08')}`);
  proc.write('40/net/tcp6', '');
  proc.shareNetwork('30', 'self').write('30/net/tcp', `  sl\n${ROW('08')}`);
  seen.networks = [
    network(40, { labels: labels('gw'), isGateway: true, isRelevant: true }),
    network(50, { labels: labels('app'), isBackend: true, isRelevant: true }),
    network(30, { kind: 'process', labels: { namespace: '', pod: '', netns: 'process' } }),
  ];
  const { samples } = await poll();
  const closeWaits = (lines: readonly string[]) =>
    lines.filter((line) => line.startsWith('badgateway_tcp_sockets_close_wait'));
  const expected = [
    'badgateway_tcp_sockets_close_wait{namespace="shop",pod="gw",netns="pod"} 2',
    'badgateway_tcp_sockets_close_wait{namespace="",pod="",netns="process"} 1',
  ];
  assert.deepEqual(closeWaits(samples), expected);
  proc.write('40/net/tcp', '  sl\n');
  assert.deepEqual(closeWaits((await poll()).samples), expected);
});
