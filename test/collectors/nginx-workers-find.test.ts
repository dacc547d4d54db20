import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { findNginx, nginxSubject, settingsOf } from '../../src/collectors/nginx-workers-find.ts';
import type { GatewayNames } from '../../src/contract/gateway-names.ts';
import type { GatewaySettings } from '../../src/contract/gateway-settings.ts';
import type { NodeView } from '../../src/contract/node.ts';
import { NodeWatch } from '../../src/sources/node/node-watch.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { writeNginx } from '../support/fake-gateway.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { networkOf, nodeOf, processOf } from '../support/node-look.ts';

const NOBODY = { namespace: '', pod: '' };

interface Known {
  readonly own?: typeof NOBODY;
  readonly node?: NodeView;
  readonly names?: GatewayNames;
}

async function find(fake: FakeProc, { own = NOBODY, node, names }: Known = {}) {
  const paths = { proc: fake.root, root: '' };
  const real = new NodeWatch({
    paths: () => paths,
    clock: { now: () => Date.now() },
    upstreamAddresses: () => new Set(),
  });
  return await findNginx(openProcfs(fake.root), { paths, own, names, node: node ?? real }, []);
}

const base = (t: TestContext) => new FakeProc(t).namespace('1').namespace('self');

test('one of another network is alone there, one of the node’s is not', async (t) => {
  const fake = base(t);
  writeNginx(fake, 40, 'nginx: master process nginx -c /etc/nginx/edge.conf');
  writeNginx(fake, 60);
  fake.remove('60/net').shareNamespace('60', '1');
  assert.deepEqual(await find(fake), [
    { pid: 40, startTicks: 140, name: 'edge', pod: null, isAlone: true },
    { pid: 60, startTicks: 160, name: 'nginx', pod: null, isAlone: false },
  ]);
});

test('one that was given a name has it outside of pods, before its configuration is read', async (t) => {
  const fake = base(t);
  for (const pid of [40, 60]) writeNginx(fake, pid);
  const names = { ofMasters: () => new Map([[60, { gateway: 'edge', why: '' }]]) };
  const found = await find(fake, { names });
  assert.deepEqual(
    found.map((master) => nginxSubject(master, null).gateway),
    ['nginx', 'edge'],
  );
});

test('a sidecar’s gateway is in its own pod; on the node’s network nothing says so', async (t) => {
  const own = { namespace: 'edge', pod: 'edge-5b7d8c9f6-x2bcd' };
  const fake = base(t);
  writeNginx(fake, 40);
  fake.remove('40/net').shareNamespace('40', 'self');
  assert.deepEqual((await find(fake, { own }))[0].pod, own);
  fake.remove('self').shareNamespace('self', '1').remove('40/net').shareNamespace('40', '1');
  assert.equal((await find(fake, { own }))[0].pod, null);
});

test('the agent knows the pod by the look at the node, unless it saw another process', async (t) => {
  const fake = base(t);
  writeNginx(fake, 40);
  const name = { namespace: 'edge', pod: 'edge-5b7d8c9f6-x2bcd' };
  const nodeWith = (startTicks: number) => {
    const process = processOf({ pid: 40, comm: 'nginx', startTicks, podUid: 'u1' });
    return nodeOf({ networks: [networkOf({ processes: [process] })], pods: new Map([['u1', name]]) });
  };
  assert.deepEqual((await find(fake, { node: nodeWith(140) }))[0].pod, name);
  assert.equal((await find(fake, { node: nodeWith(139) }))[0].pod, null);
});

test('who runs its configuration is told by pid and start', () => {
  const master = { pid: 40, startTicks: 140, name: 'nginx', pod: null, isAlone: true };
  const said = (pid: number, startTicks: number): GatewaySettings => ({
    subject: { namespace: '', pod: '', container: '', gateway: 'shop' },
    ...{ master: { pid, startTicks }, listens: [], workerConnections: 20 },
  });
  const board = (...all: GatewaySettings[]) => ({ report: () => {}, all: () => all });
  assert.equal(settingsOf(master, board(said(40, 139), said(41, 140), { ...said(0, 0), master: null })), null);
  const mine = said(40, 140);
  assert.equal(settingsOf(master, board(said(40, 139), mine)), mine);
  assert.equal(nginxSubject(master, null).gateway, 'nginx');
  assert.equal(nginxSubject(master, mine).gateway, 'shop');
});

test('a pod that is known is not left out because the configuration names none', () => {
  const subject = { namespace: '', pod: '', container: '', gateway: 'shop' };
  const settings = { subject, master: null, listens: [], workerConnections: null };
  const pod = { namespace: 'edge', pod: 'web-0' };
  const master = { pid: 40, startTicks: 140, name: 'nginx', pod, isAlone: true };
  assert.deepEqual(nginxSubject(master, settings), { ...pod, container: '', gateway: 'web' });
  const named = { ...settings, subject: { ...subject, pod: 'web-0', container: 'proxy' } };
  assert.equal(nginxSubject(master, named), named.subject);
});
