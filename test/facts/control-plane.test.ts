import assert from 'node:assert/strict';
import { it } from 'node:test';
import { AGENT_PORT, CONTROLLER, planeRig, START_MS } from './control-plane-rig.ts';
import { EDGE } from './views.ts';

it('says that the controller is down only when its Service is known and has no ready endpoint', () => {
  const { service, controllers, look, current } = planeRig();
  const down = () => look([]).control_plane_down;
  assert.equal(down(), undefined, 'no view of the cluster');
  current();
  assert.equal(down(), undefined, 'no such Service');
  service();
  assert.equal(down(), true);
  controllers({ a: true });
  assert.equal(down(), false);
  controllers({ a: false });
  assert.equal(down(), true);
  assert.deepEqual(look([], []), {}, 'the gateway is gone');
});

for (const ip of ['10.9.0.1', '10.96.0.9'])
  it(`says that a gateway has lost its connection to the controller at ${ip}, once it has had one`, () => {
    const { clock, plane, service, controllers, look } = planeRig();
    service(['10.96.0.9']);
    controllers({ a: true });
    look();
    const at = (seconds: number, ...peers: { ip: string; port: number }[]) => {
      clock.nowMs = START_MS + seconds * 1000;
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

it('takes the absence of every controller for one that is down, as long as the Services are current', () => {
  const found = { controllers: [] as string[], absence: null as string | null };
  const { look, current, clock, conditions, service, controllers } = planeRig(found);
  assert.deepEqual(look([]), {}, 'not known');
  found.absence = 'no Service in namespace nginx-gateway has a label of a controller';
  assert.deepEqual(look([]), {}, 'no view of the cluster');
  current();
  assert.equal(look([]).control_plane_down, true);
  assert.match(conditions.all()[0].evidence, /^no Service in namespace nginx-gateway .*: changes of endpoints do not/);
  clock.nowMs += 700_000;
  assert.deepEqual(look([]), {}, 'the Services are old');
  Object.assign(found, { controllers: [CONTROLLER], absence: null });
  service();
  controllers({ a: true });
  current();
  assert.equal(look([]).control_plane_down, false);
});
