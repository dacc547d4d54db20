import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { GatewaySettings } from '../../src/contract/gateway-settings.ts';
import type { NodeNetwork } from '../../src/contract/node.ts';
import { Conditions } from '../../src/facts/conditions.ts';
import { KernelConditions } from '../../src/facts/kernel-conditions.ts';

const EDGE = { namespace: '', pod: '', container: '', gateway: 'edge' };
const process = {
  ...{ pid: 7, startTicks: 70, parent: 1, comm: 'nginx', network: 'n', podUid: '', containerId: '' },
};

function network(more: Partial<NodeNetwork> = {}): NodeNetwork {
  return {
    ...{ key: 'n', identity: 'n', kind: 'pod', labels: { namespace: 'gw', pod: 'web-7d9f7c5b8d-x2x4z', netns: 'pod' } },
    ...{ podUid: 'u', processes: [process], isGateway: true, isBackend: false, ips: [], hasMoved: false },
    ...{ isRelevant: true, ...more },
  };
}

function setUp(settings: GatewaySettings[] = []) {
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const conditions = new Conditions(clock);
  const kernel = new KernelConditions(clock, conditions, () => settings);
  const look = () => {
    kernel.look();
    return conditions.all().map(({ condition, subject, isActive, evidence }) => {
      return `${subject.gateway} ${condition} ${evidence || isActive}`;
    });
  };
  return { clock, kernel, look };
}

it('tells growth of a counter for two minutes, for the pod that the gateway is', () => {
  const { clock, kernel, look } = setUp();
  kernel.counted(network(), { listen_overflows: 1000 }, 0);
  assert.deepEqual(look(), ['web listen_queue_overflow false'], 'what was before it was watched says nothing');
  clock.nowMs = 5000;
  kernel.counted(network(), { listen_overflows: 1003 }, 5000);
  clock.nowMs = 10_000;
  kernel.counted(network(), { listen_overflows: 1010 }, 10_000);
  const evidence = 'listen overflows of pod gw/web-7d9f7c5b8d-x2x4z grew by 10 to 1010';
  assert.deepEqual(look(), [`web listen_queue_overflow ${evidence}`]);
  clock.nowMs = 130_000;
  assert.deepEqual(look(), ['web listen_queue_overflow false']);
  kernel.uncounted('n', ['listen_overflows']);
  assert.deepEqual(look(), [], 'not known any more');
});

it('names the gateways whose configuration runs in the network, and nobody where none is known', () => {
  const master = { pid: 7, startTicks: 70 };
  const { kernel, look } = setUp([{ subject: EDGE, master, listens: [], workerConnections: null }]);
  const host = network({ kind: 'host', labels: { namespace: '', pod: '', netns: 'host' } });
  kernel.counted(host, { conntrack_drops: 1, syn_queue_drops: 2 }, 0);
  kernel.counted(host, { conntrack_drops: 2, syn_queue_drops: 2 }, 1);
  assert.deepEqual(look(), [
    'edge syn_queue_full false',
    'edge conntrack_full conntrack drops of the node grew by 1 to 2',
  ]);
  kernel.counted(network({ isGateway: false, key: 'other' }), { conntrack_drops: 1 }, 0);
  assert.equal(look().length, 2, 'not a gateway');
  const nobody = setUp();
  nobody.kernel.counted(host, { conntrack_drops: 1 }, 0);
  assert.deepEqual(nobody.look(), []);
});

it('begins anew with a counter that fell', () => {
  const { kernel, look } = setUp();
  kernel.counted(network(), { syn_queue_drops: 10 }, 0);
  kernel.counted(network(), { syn_queue_drops: 3 }, 1);
  assert.deepEqual(look(), ['web syn_queue_full false']);
});
