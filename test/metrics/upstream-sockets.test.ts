import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { PeerSockets, SocketsSeen } from '../../src/contract/upstream.ts';
import type { TrackedUpstream } from '../../src/facts/tracked-upstream.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { UPSTREAM_SOCKET_METRICS, UpstreamSocketSeries } from '../../src/metrics/upstream-sockets.ts';
import { EDGE, view } from '../facts/views.ts';

const peer = (ip: string, active: number, timeWait: number): PeerSockets => ({
  ...{ ip, port: 8080, active, timeWait },
  ...{ lowest: 40_000, highest: 40_000 },
});
const seen = (peers: PeerSockets[], more: Partial<SocketsSeen> = {}): SocketsSeen => {
  return { proxy: 'nginx', subject: EDGE, network: 'n1', peers, isWhole: true, localPorts: null, atMs: 0, ...more };
};

function tracked(name: string, ...hosts: string[]): TrackedUpstream {
  const servers = hosts.map((host) => ({ kind: 'ip', host, port: 8080, place: '', isDraining: false }) as const);
  const of = view({ [name]: [] });
  const service = { service: `shop/${name}`, portName: 'http' };
  return {
    ...{ key: name, view: of, upstream: { name, alias: '', servers } },
    mapped: { service, portNumber: '80', method: 'name', reason: '', isStatic: false },
    compared: {} as never,
  };
}

function setUp() {
  const registry = new MetricRegistry({ now: () => 0 });
  const series = new UpstreamSocketSeries(registry.writers(UPSTREAM_SOCKET_METRICS));
  const lines = async () =>
    (await registry.render('text', 'test'))
      .toString()
      .split('\n')
      .filter((line) => line.startsWith('badgateway_'))
      .map((line) =>
        line.replace(
          /^badgateway_(\w+).*?proxy="nginx",(upstream="(\w*)".*?(,state="(\w+)")?|estimated="(\w+)")} /,
          '$1 $3$6 $5 ',
        ),
      )
      .sort();
  return { series, lines };
}

it('puts the sockets of a gateway to its upstreams; the ports are those of the address that has the most', async () => {
  const { series, lines } = setUp();
  const upstreams = [tracked('cart', '10.0.0.1', '10.0.0.2'), tracked('other', '10.0.0.2', '10.0.0.3')];
  const peers = [peer('10.0.0.1', 2, 20_000), peer('10.0.0.2', 1, 10), peer('10.9.9.9', 4, 5)];
  series.publish([seen(peers)], () => upstreams);
  assert.deepEqual(await lines(), [
    'gateway_local_ports_limit true  28232',
    'upstream_local_ports_in_use   9',
    'upstream_local_ports_in_use cart  20002',
    'upstream_sockets  active 4',
    'upstream_sockets  time_wait 5',
    'upstream_sockets cart active 3',
    'upstream_sockets cart time_wait 20010',
  ]);
});

it('takes away what is gone, and asks for upstreams only when there was a look', async () => {
  const { series, lines } = setUp();
  const one = seen([peer('10.0.0.1', 1, 0)], { localPorts: 8 });
  let asked = 0;
  const upstreams = () => {
    asked++;
    return [tracked('cart', '10.0.0.1')];
  };
  series.publish([one], upstreams);
  series.publish([one], upstreams);
  assert.equal(asked, 1);
  assert.ok((await lines()).includes('gateway_local_ports_limit false  8'));
  series.publish([], upstreams);
  assert.deepEqual(await lines(), []);
});

it('of gateways of one name the ports are not added up: each has its own', async () => {
  const { series, lines } = setUp();
  const looks = [seen([peer('10.0.0.1', 1, 6)]), seen([peer('10.0.0.1', 1, 3)])];
  series.publish(looks, () => [tracked('cart', '10.0.0.1')]);
  assert.ok((await lines()).includes('upstream_local_ports_in_use cart  7'));
  assert.ok((await lines()).includes('upstream_sockets cart time_wait 9'));
});

it('says how many idle connections are kept for an upstream whose sockets are all its own', async () => {
  const { series, lines } = setUp();
  const keeping = (one: TrackedUpstream, keepalive: number): TrackedUpstream => {
    return { ...one, upstream: { ...one.upstream, keepalive } };
  };
  const named = tracked('named', '10.0.0.8');
  const upstreams = [
    keeping(tracked('cart', '10.0.0.1', '10.0.0.2'), 32),
    keeping(tracked('shared', '10.0.0.3', '10.0.0.4'), 16),
    tracked('other', '10.0.0.4'),
    keeping(
      { ...named, upstream: { ...named.upstream, servers: [{ ...named.upstream.servers[0], kind: 'hostname' }] } },
      8,
    ),
  ];
  const kept = async () => (await lines()).filter((line) => line.startsWith('upstream_keepalive_limit'));
  series.publish([seen([peer('10.0.0.1', 60, 0)])], () => upstreams);
  assert.deepEqual(await kept(), ['upstream_keepalive_limit cart  32']);
  series.publish([], () => upstreams);
  assert.deepEqual(await kept(), []);
});
