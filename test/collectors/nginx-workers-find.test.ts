import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { findNginx, settingsOf } from '../../src/collectors/nginx-workers-find.ts';
import type { GatewayNames } from '../../src/contract/gateway-names.ts';
import type { GatewaySettings } from '../../src/contract/gateway-settings.ts';
import type { NodeView } from '../../src/contract/node.ts';
import { NodeWatch } from '../../src/sources/node/node-watch.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { writeNginx } from '../support/fake-gateway.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { networkOf, nodeOf, processOf } from '../support/node-look.ts';

const NOBODY = { namespace: '', pod: '' };
const NOWHERE = { ...NOBODY, container: '' };
const HOST = '9 1 8:1 / / rw\n';

interface Known {
  readonly own?: typeof NOBODY;
  readonly node?: NodeView;
  readonly names?: GatewayNames;
  readonly notes?: string[];
  readonly onAwaited?: (pid: number) => void;
}

async function find(fake: FakeProc, { own = NOBODY, node, names, notes = [], onAwaited }: Known = {}) {
  const paths = { proc: fake.root, root: '' };
  const real = new NodeWatch({
    paths: () => paths,
    clock: { now: () => Date.now() },
    upstreamAddresses: () => new Set(),
  });
  return await findNginx(
    openProcfs(fake.root),
    { paths, own, names, node: node ?? real, ...(onAwaited && { onAwaited }) },
    notes,
  );
}

const base = (t: TestContext) => new FakeProc(t).namespace('1').namespace('self');

test('one of another network is alone there, one of the node’s is not', async (t) => {
  const fake = base(t);
  writeNginx(fake, 40, 'nginx: master process nginx -c /etc/nginx/edge.conf');
  writeNginx(fake, 60);
  fake.remove('60/net').shareNamespace('60', '1');
  assert.deepEqual(await find(fake), [
    { pid: 40, startTicks: 140, subject: { ...NOWHERE, gateway: 'edge' }, isAlone: true },
    { pid: 60, startTicks: 160, subject: { ...NOWHERE, gateway: 'nginx' }, isAlone: false },
  ]);
});

test('one that was given a name has that, before its configuration is read, as its log has it; also in a pod', async (t) => {
  const fake = base(t);
  for (const pid of [40, 60]) writeNginx(fake, pid);
  const names = { ofMasters: () => new Map([[60, { gateway: 'edge', why: '' }]]) };
  const processes = [40, 60].map((pid) => processOf({ pid, comm: 'nginx', startTicks: 100 + pid, podUid: `u${pid}` }));
  const pods = new Map([40, 60].map((pid) => [`u${pid}`, { namespace: 'shop', pod: `web-${pid}` }]));
  const node = nodeOf({ networks: [networkOf({ processes })], pods });
  assert.deepEqual(
    (await find(fake, { names, node })).map(({ subject }) => subject),
    [
      { namespace: 'shop', pod: 'web-40', container: '', gateway: 'web' },
      { ...NOWHERE, gateway: 'edge' },
    ],
  );
});

test('a sidecar’s gateway is in its own pod; on the node’s network nothing says so', async (t) => {
  const own = { namespace: 'edge', pod: 'edge-5b7d8c9f6-x2bcd' };
  const fake = base(t);
  writeNginx(fake, 40);
  fake.remove('40/net').shareNamespace('40', 'self');
  const subject = { ...own, container: '', gateway: 'edge' };
  assert.deepEqual((await find(fake, { own }))[0].subject, subject);
  fake.remove('self').shareNamespace('self', '1').remove('40/net').shareNamespace('40', '1');
  fake.write('1/mountinfo', HOST).write('40/mountinfo', HOST);
  assert.deepEqual((await find(fake, { own }))[0].subject, { ...NOWHERE, gateway: 'nginx' });
  // With files of its own it is a container's: a sidecar that shares the node's network sees no other nginx than its pod's.
  fake.write('40/mountinfo', '88 1 0:123 / / rw\n');
  assert.deepEqual((await find(fake, { own }))[0].subject, subject);
});

test('the agent knows the pod by the look at the node, unless it saw another process', async (t) => {
  const fake = base(t);
  writeNginx(fake, 40);
  const name = { namespace: 'edge', pod: 'edge-5b7d8c9f6-x2bcd' };
  const nodeWith = (startTicks: number) => {
    const process = processOf({ pid: 40, comm: 'nginx', startTicks, podUid: 'u1' });
    return nodeOf({ networks: [networkOf({ processes: [process] })], pods: new Map([['u1', name]]) });
  };
  assert.deepEqual((await find(fake, { node: nodeWith(140) }))[0].subject, { ...name, container: '', gateway: 'edge' });
  assert.deepEqual((await find(fake, { node: nodeWith(139) }))[0].subject, { ...NOWHERE, gateway: 'nginx' });
});

test('who runs its configuration is told by pid and start', () => {
  const master = { pid: 40, startTicks: 140 };
  const said = (pid: number, startTicks: number): GatewaySettings => ({
    subject: { namespace: '', pod: '', container: '', gateway: 'shop' },
    ...{ master: { pid, startTicks }, listens: [], workerConnections: 20 },
  });
  const board = (...all: GatewaySettings[]) => ({ report: () => {}, all: () => all });
  assert.equal(settingsOf(master, board(said(40, 139), said(41, 140), { ...said(0, 0), master: null })), null);
  const mine = said(40, 140);
  assert.equal(settingsOf(master, board(said(40, 139), mine)), mine);
});

test('one in a pod whose name may still come is left out, and told', async (t) => {
  const fake = base(t);
  writeNginx(fake, 40);
  const process = processOf({ pid: 40, comm: 'nginx', startTicks: 140, podUid: 'u1' });
  const node = nodeOf({ networks: [networkOf({ processes: [process] })], awaited: new Set(['u1']) });
  const awaited: number[] = [];
  const notes: string[] = [];
  assert.deepEqual(await find(fake, { node, notes, onAwaited: (pid) => awaited.push(pid) }), []);
  assert.deepEqual([awaited, notes], [[40], ['nginx master 40: the name of its pod is not known yet']]);
  const names = { ofMasters: () => new Map([[40, { gateway: 'edge', why: '' }]]) };
  assert.deepEqual((await find(fake, { node, names }))[0].subject, { ...NOWHERE, gateway: 'edge' });
});
