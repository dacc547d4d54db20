import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connection, writeNginx, writeProcess, writeSockets } from '../support/fake-gateway.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { setUp } from './upstream-sockets-rig.ts';

test("nothing is told of the node's network, and why", async (t) => {
  const { fake, poll, collector } = setUp(t);
  writeNginx(fake, 40);
  fake.remove('40/net').shareNamespace('40', '1');
  writeSockets(fake, 40, [connection(50_000, '10.0.0.1:8080')]);
  const { state, detail, told } = await poll();
  assert.deepEqual([state, told], ['absent', []]);
  assert.equal(detail, "nginx 40 is in the node's network, where its sockets cannot be told from others'");
  assert.deepEqual(collector.notes?.(), [detail]);
});

test("nor of our own when that is the machine's first, with pid 1 out of sight", async (t) => {
  const { fake, poll } = setUp(t, {}, new FakeProc(t).namespace('self'));
  writeNginx(fake, 40);
  fake.remove('40/net').shareNamespace('40', 'self').write('sys/net/core/netdev_max_backlog', '1000\n');
  writeSockets(fake, 40, [connection(50_000, '10.0.0.1:8080')]);
  assert.deepEqual((await poll()).told, []);
  fake.remove('sys/net/core/netdev_max_backlog');
  assert.deepEqual((await poll(30_000)).told, ['held nginx nginx 10.0.0.1 8080 0']);
});

test('as a sidecar: the gateway in our own network is our own pod', async (t) => {
  const { POD_NAME, POD_NAMESPACE } = process.env;
  t.after(() => {
    for (const [name, value] of Object.entries({ POD_NAME, POD_NAMESPACE })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  Object.assign(process.env, { POD_NAME: 'edge-6d4b75cb6d-x8k2p', POD_NAMESPACE: 'gw' });
  const { fake, poll } = setUp(t);
  writeNginx(fake, 40);
  fake.remove('40/net').shareNamespace('40', 'self');
  writeSockets(fake, 40, [connection(50_000, '10.0.0.1:8080')]);
  writeNginx(fake, 60);
  writeSockets(fake, 60, [connection(50_000, '10.0.0.2:8080')]);
  assert.deepEqual((await poll()).told.sort(), [
    'held nginx gw/edge-6d4b75cb6d-x8k2p/edge 10.0.0.1 8080 0',
    'held nginx nginx 10.0.0.2 8080 0',
  ]);
});

test('a pid 1 that is nginx itself is its container’s, not the node’s', async (t) => {
  const { fake, poll } = setUp(t, {}, new FakeProc(t).namespace('self'));
  writeNginx(fake, 1);
  writeSockets(fake, 1, [connection(50_000, '10.0.0.1:8080')]);
  assert.deepEqual((await poll()).told, ['held nginx nginx 10.0.0.1 8080 0']);
});

test('a gateway that is gone is no longer told of; another is found at once', async (t) => {
  const { fake, poll, samples } = setUp(t);
  writeNginx(fake, 40);
  writeSockets(fake, 40, [connection(50_000, '10.0.0.1:8080')]);
  await poll();
  fake.remove('40').remove('41');
  assert.deepEqual(await poll(), { state: 'absent', detail: 'no nginx master and no Envoy is visible', told: [] });
  assert.deepEqual(await samples('upstream_socket_peers'), []);
  writeNginx(fake, 70);
  writeSockets(fake, 70, [connection(50_000, '10.0.0.2:8080')]);
  assert.deepEqual((await poll()).told, []);
  assert.deepEqual((await poll(30_000)).told, ['held nginx nginx 10.0.0.2 8080 0']);
});

test('a pid that another process has got is looked at anew', async (t) => {
  const { fake, poll } = setUp(t);
  writeNginx(fake, 40);
  await poll();
  writeProcess(fake, 'sh', 'sh', { pid: 40, startTicks: 999 });
  writeSockets(fake, 40, [connection(50_000, '10.0.0.1:8080', 0)]);
  assert.deepEqual(await poll(), { state: 'absent', detail: 'no nginx master and no Envoy is visible', told: [] });
});

test('one of two masters of a network goes: the other goes on, its old connections stay old', async (t) => {
  const { fake, poll } = setUp(t);
  writeNginx(fake, 40);
  writeNginx(fake, 60);
  fake.remove('60/net').shareNamespace('60', '40');
  for (const pid of [40, 60]) writeSockets(fake, pid, [connection(50_000, '10.0.0.1:8080')]);
  assert.equal((await poll()).told.length, 1);
  fake.remove('40').remove('41');
  assert.deepEqual((await poll()).told, ['held nginx nginx 10.0.0.1 8080 0']);
});
