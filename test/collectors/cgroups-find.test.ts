import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Candidate, type FindOptions, findCandidates, labelsOf } from '../../src/collectors/cgroups-find.ts';
import type { NodeNetwork, NodeProcess } from '../../src/contract/node.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { lookOf, networkOf, processOf } from '../support/node-look.ts';

const UID = '8712f785-1a3e-41ec-a00b-e2dcc77431cb';
const [A, B, PAUSE] = ['a', 'b', 'c'].map((letter) => letter.repeat(64));
const PODS = new Map([[UID, { namespace: 'edge', pod: 'web-6d4cf56db6-x2bcd' }]]);
const GATEWAY = { isGateway: true, isBackend: false } as const;

/** Process 7 is a master, 8 a worker. */
function rig(t: TestContext, parts: Partial<FindOptions> = {}, awaited: ReadonlySet<string> = new Set()) {
  const proc = new FakeProc(t)
    .write('7/cmdline', 'nginx: master process /usr/sbin/nginx -c /etc/edge.conf\0')
    .write('8/cmdline', 'nginx: worker process\0');
  const none = { own: { namespace: '', pod: '' }, settings: [] };
  const options = { proc: openProcfs(proc.root), ...none, ...parts };
  const say = (one: Candidate) => [one.process.pid, ...Object.values(labelsOf(one, new Map([[A, 'nginx']])))].join(' ');
  return (...networks: NodeNetwork[]) => findCandidates(lookOf({ networks, pods: PODS, awaited }), options).map(say);
}

const process = (pid: number, parts: Partial<NodeProcess> = {}) => processOf({ pid, startTicks: 1, ...parts });
const master = (parts = {}) => process(7, { comm: 'nginx', ...parts });
const worker = (parts = {}) => process(8, { comm: 'nginx', parent: 7, ...parts });
const network = (processes: readonly NodeProcess[], parts: Partial<NodeNetwork> = {}) =>
  networkOf({ processes, isBackend: true, ...parts });

test('the containers of a pod, without its sandbox; gateways first', (t) => {
  const find = rig(t);
  const backend = network([
    process(3, { comm: 'pause', containerId: PAUSE, podUid: 'u' }),
    process(4, { containerId: B, podUid: 'u' }),
    process(5, { containerId: B, podUid: 'u' }),
  ]);
  const of = { containerId: A, podUid: UID };
  const others = [process(9, { containerId: B, podUid: UID }), process(10)];
  const gateway = network([master(of), worker(of), ...others], GATEWAY);
  assert.deepEqual(find(backend, gateway), [
    '7 edge web-6d4cf56db6-x2bcd nginx web',
    `9 edge web-6d4cf56db6-x2bcd ${B.slice(0, 12)} web`,
    `4 default app ${B.slice(0, 12)} `,
  ]);
  assert.deepEqual(find(network(backend.processes, { isBackend: false })), []);
});

test("in the node's network only gateways, each with its own pod's name or none", (t) => {
  const find = rig(t);
  const other = process(4, { containerId: B, podUid: 'kube-proxy' });
  const host = (...processes: NodeProcess[]) => network([...processes, other], { kind: 'host', isGateway: true });
  const of = { containerId: A, podUid: UID };
  assert.deepEqual(find(host(master(of), worker(of))), ['7 edge web-6d4cf56db6-x2bcd nginx web']);
  // A name that is not known.
  assert.deepEqual(find(host(master({ ...of, podUid: 'u' }))), ['7  u nginx edge']);
  // A systemd unit: the name of its configuration.
  assert.deepEqual(find(host(master(), worker())), ['7    edge']);
  assert.deepEqual(find(host(process(6, { comm: 'envoy' }))), ['6    envoy']);
  assert.deepEqual(find(host(worker())), []);
  const names = {
    ofMasters: (pids: readonly number[]) => new Map(pids.map((pid) => [pid, { gateway: `g${pid}`, why: '' }])),
  };
  assert.deepEqual(rig(t, { names })(host(master(), worker())), ['7    g7'], 'the name that it was given');
  assert.deepEqual(
    rig(t, { names })(host(master(of), worker(of))),
    ['7 edge web-6d4cf56db6-x2bcd nginx g7'],
    'in a pod too, as everything else that is told of this nginx',
  );
});

test('a gateway in a pod whose name may still come is left out, a backend and our own pod are not', (t) => {
  const awaited = new Set(['u']);
  const gateway = [master({ containerId: A, podUid: 'u' })];
  const backend = network([process(4, { containerId: B, podUid: 'u' })]);
  assert.deepEqual(rig(t, {}, awaited)(network(gateway, GATEWAY), backend), [`4 default app ${B.slice(0, 12)} `]);
  const own = { namespace: 'edge', pod: 'web-1' };
  assert.deepEqual(rig(t, { own }, awaited)(network(gateway, { kind: 'process', ...GATEWAY })), [
    '7 edge web-1 nginx web',
  ]);
});

test('a container outside of Kubernetes keeps the name of its configuration', (t) => {
  const labels = { namespace: '', pod: A.slice(0, 12), netns: 'container' } as const;
  const docker = network([master({ containerId: A })], { kind: 'container', labels, ...GATEWAY });
  assert.deepEqual(rig(t)(docker), [`7  ${A.slice(0, 12)} nginx edge`]);
});

test('in our own network it is our pod', (t) => {
  const find = rig(t, { own: { namespace: 'edge', pod: 'web-1' } });
  assert.deepEqual(find(network([master({ containerId: A })], { kind: 'process', ...GATEWAY })), [
    '7 edge web-1 nginx web',
  ]);
});

test('what nginx_config calls the gateway of this master is its name', (t) => {
  const known = (subject: object) => ({
    subject: { namespace: '', pod: '', container: '', gateway: 'shop-edge', ...subject },
    ...{ master: { pid: 7, startTicks: 1 }, listens: [], workerConnections: null },
  });
  const of = (parts: Partial<NodeProcess>) => network([master(parts)], { kind: 'other', ...GATEWAY });
  const find = rig(t, { settings: [known({})] });
  assert.deepEqual(find(of({})), ['7    shop-edge']);
  assert.deepEqual(find(of({ startTicks: 2 })), ['7    edge']);
  // A pod that is known is never left out, unless another one is configured.
  assert.deepEqual(find(of({ podUid: UID })), ['7 edge web-6d4cf56db6-x2bcd  web']);
  const configured = rig(t, { settings: [known({ namespace: 'a', pod: 'b' })] });
  assert.deepEqual(configured(of({ podUid: UID })), ['7 a b  shop-edge']);
});
