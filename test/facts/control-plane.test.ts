import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ClusterState } from '../../src/facts/cluster-state.ts';
import { Conditions } from '../../src/facts/conditions.ts';
import { ControlPlane } from '../../src/facts/control-plane.ts';
import { endpoint, slice } from './slices.ts';
import { EDGE, view } from './views.ts';

const CONTROLLER = 'nginx-gateway/ngf';
const AGENT_PORT = 8443;

function setUp() {
  const clock = { nowMs: 1_000_000, now: () => clock.nowMs };
  const none = { namespaces: [], names: [], hasUnnamed: false };
  const cluster = new ClusterState({ clock, staleAfterMs: 600_000, wanted: () => none });
  const conditions = new Conditions(clock);
  const plane = new ControlPlane({ clock, cluster, sink: conditions, controllers: [CONTROLLER] });
  const set = (ready: boolean) =>
    cluster.set(
      'endpointslices',
      slice('c', [endpoint('10.9.0.1', { ready })], {
        service: CONTROLLER,
        ports: [{ name: 'agent-grpc', number: AGENT_PORT }],
      }),
    );
  const look = (views = [view({})]) => {
    plane.look(views);
    return Object.fromEntries(conditions.all().map(({ condition, isActive }) => [condition, isActive]));
  };
  return { clock, cluster, plane, set, look, conditions };
}

it('says that the controller is down only when its Service is known and has no ready endpoint', () => {
  const { cluster, set, look } = setUp();
  assert.deepEqual(look(), {}, 'no view of the cluster');
  cluster.current('endpointslices', 1_000_000);
  assert.deepEqual(look(), {}, 'no such Service');
  cluster.set('services', {
    key: CONTROLLER,
    ports: [],
    clusterIps: [],
    externalName: '',
    publishNotReadyAddresses: false,
  });
  assert.deepEqual(look(), { control_plane_down: true });
  set(true);
  assert.deepEqual(look(), { control_plane_down: false });
  set(false);
  assert.deepEqual(look(), { control_plane_down: true });
  assert.deepEqual(look([]), {}, 'the gateway is gone');
});

for (const ip of ['10.9.0.1', '10.96.0.9'])
  it(`says that a gateway has lost its connection to the controller at ${ip}, once it has had one`, () => {
    const { clock, cluster, plane, set, look } = setUp();
    const ports = [{ name: 'agent-grpc', port: AGENT_PORT, targetPort: AGENT_PORT }];
    cluster.set('services', {
      ...{ key: CONTROLLER, ports, clusterIps: ['10.96.0.9'], externalName: '', publishNotReadyAddresses: false },
    });
    set(true);
    look();
    const at = (seconds: number, ...peers: { ip: string; port: number }[]) => {
      clock.nowMs = 1_000_000 + seconds * 1000;
      for (const peer of peers) plane.held('nginx', EDGE, peer, clock.nowMs);
      plane.looked('nginx', EDGE, clock.nowMs);
      return look().control_plane_disconnected;
    };
    assert.equal(at(0), undefined, 'never seen: it may need none');
    assert.equal(at(10, { ip, port: AGENT_PORT }), false);
    assert.equal(at(20, { ip, port: 80 }), false);
    assert.equal(at(39), false);
    assert.equal(at(40), true);
    assert.equal(at(41, { ip, port: AGENT_PORT }), false);
    clock.nowMs += 60_000;
    assert.equal(look().control_plane_disconnected, undefined, 'nobody has looked at its sockets');
  });
