import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GatewaySettings } from '../../src/contract/gateway-settings.ts';
import { connection, writeNginx, writeProcess, writeSockets } from '../support/fake-gateway.ts';
import { setUp } from './upstream-sockets-rig.ts';

test('tells what nginx connects to: at first old connections, then new ones since the look before', async (t) => {
  const { fake, poll, samples, collector } = setUp(t);
  writeNginx(fake, 40);
  writeSockets(fake, 40, [connection(50_000, '10.0.0.1:8080')], [connection(50_001, 'fd00::1:8080')]);
  assert.deepEqual(await poll(), {
    state: 'ok',
    detail: '1 gateway connects to 2 addresses',
    told: ['held nginx nginx 10.0.0.1 8080 0', 'held nginx nginx fd00::1 8080 0'],
  });
  writeSockets(fake, 40, [connection(50_000, '10.0.0.1:8080'), connection(50_002, '10.0.0.2:8080')], []);
  assert.deepEqual((await poll()).told, ['used nginx nginx 10.0.0.2 8080 -10000', 'held nginx nginx 10.0.0.1 8080 0']);
  assert.deepEqual(await samples('upstream_socket_peers'), [
    'badgateway_upstream_socket_peers{namespace="",pod="",container="",gateway="nginx",proxy="nginx"} 2',
  ]);
  assert.deepEqual(collector.targets?.(), [
    { name: 'nginx (nginx 40)', state: 'ok', detail: 'connects to 2 addresses' },
  ]);
});

test('has the name that nginx_config has for an nginx that was given one', async (t) => {
  const names = { ofMasters: () => new Map([[40, { gateway: 'edge', why: '' }]]) };
  const { fake, poll } = setUp(t, {}, undefined, { names });
  for (const [pid, peer] of [[40, '10.0.0.1:80'] as const, [50, '10.0.0.2:80'] as const]) {
    writeNginx(fake, pid);
    writeSockets(fake, pid, [connection(50_000, peer)]);
  }
  assert.deepEqual((await poll()).told, ['held nginx edge 10.0.0.1 80 0', 'held nginx nginx 10.0.0.2 80 0']);
});

test('takes the name that nginx_config says, at once', async (t) => {
  const all: GatewaySettings[] = [];
  const { fake, poll, counted } = setUp(t, {}, undefined, { settings: { report: () => {}, all: () => all } });
  writeNginx(fake, 40);
  writeSockets(fake, 40, [connection(50_000, '10.0.0.1:80')]);
  assert.deepEqual((await poll()).told, ['held nginx nginx 10.0.0.1 80 0']);
  const subject = { namespace: '', pod: '', container: '', gateway: 'edge' };
  all.push({ subject, master: { pid: 40, startTicks: 140 }, listens: [], workerConnections: null });
  assert.deepEqual((await poll()).told, ['held nginx edge 10.0.0.1 80 0']);
  assert.deepEqual(
    [...counted.values()].map((seen) => seen?.subject.gateway),
    [undefined, 'edge'],
  );
});

test('counts what takes a local port towards an address, of anybody, and forgets a gateway that is gone', async (t) => {
  const { fake, poll, counted } = setUp(t);
  writeNginx(fake, 40);
  const waiting = { ...connection(50_001, '10.0.0.1:8080', 0), state: 6 };
  const rows = [
    connection(50_000, '10.0.0.1:8080'),
    ...[waiting, { ...waiting, localPort: 50_002 }],
    connection(50_003, '10.0.0.2:8080', 7),
  ];
  writeSockets(fake, 40, rows);
  await poll();
  const [seen] = counted.values();
  assert.deepEqual(seen?.peers, [
    { ip: '10.0.0.1', port: 8080, active: 1, timeWait: 2, lowest: 50_000, highest: 50_002 },
    { ip: '10.0.0.2', port: 8080, active: 1, timeWait: 0, lowest: 50_003, highest: 50_003 },
  ]);
  assert.deepEqual([seen?.isWhole, seen?.localPorts], [true, null]);
  fake.remove('40').remove('41');
  await poll();
  assert.deepEqual([...counted.values()], [null]);
});

test('an Envoy, and an nginx with a configuration of another name', async (t) => {
  const { fake, poll } = setUp(t);
  writeProcess(fake, 'envoy', '/usr/local/bin/envoy', { pid: 50, uid: 1337 });
  fake.namespace('50');
  writeSockets(fake, 50, [connection(50_000, '10.0.0.1:80', 1337), connection(50_001, '10.0.0.2:80', 0)]);
  writeNginx(fake, 60, 'nginx: master process nginx -c /etc/nginx/edge.conf');
  writeSockets(fake, 60, [connection(50_000, '10.0.0.3:80')]);
  assert.deepEqual((await poll()).told.sort(), ['held envoy envoy 10.0.0.1 80 0', 'held nginx edge 10.0.0.3 80 0']);
});

test('a scrape in the middle of a poll sees what the poll before saw, not half of the next', async (t) => {
  const { fake, poll, samples, shown } = setUp(t);
  writeNginx(fake, 40);
  writeNginx(fake, 60, 'nginx: master process nginx -c /etc/nginx/edge.conf');
  for (const pid of [40, 60]) writeSockets(fake, pid, [connection(50_000, '10.0.0.1:8080')]);
  await poll();
  const before = await samples('upstream_socket_peers');
  assert.equal(before.length, 2);
  shown.length = 0;
  await poll(30_000);
  const seen = shown.map((page) => page.trim().split('\n').sort());
  assert.deepEqual(seen, [before, before]);
  assert.deepEqual(await samples('upstream_socket_peers'), before);
});

test('a table that is too long is read to the limit, and that is counted and said', async (t) => {
  const { fake, poll, samples, collector } = setUp(t, { max_table_bytes: '64KiB' });
  writeNginx(fake, 40);
  const many = Array.from({ length: 1000 }, (_, index) =>
    connection(40_000 + index, `10.1.${index >> 8}.${index & 255}:80`),
  );
  writeSockets(fake, 40, many);
  await samples('upstream_sockets_skipped_total');
  const { told } = await poll();
  assert.ok(told.length > 300 && told.length < 600, `${told.length} addresses`);
  assert.match(collector.targets?.()[0].detail ?? '', /longer than max_table_bytes$/);
  await poll();
  assert.deepEqual(await samples('upstream_sockets_skipped_total'), [
    'badgateway_upstream_sockets_skipped_total{reason="malformed"} 0',
    'badgateway_upstream_sockets_skipped_total{reason="peer_limit"} 0',
    'badgateway_upstream_sockets_skipped_total{reason="table_limit"} 2',
  ]);
});

test('rows that are no socket are counted', async (t) => {
  const { fake, poll, samples } = setUp(t);
  writeNginx(fake, 40);
  await samples('upstream_sockets_skipped_total');
  fake.write('40/net/tcp', 'no table\n').write('40/net/tcp6', 'nor this\n');
  assert.equal((await poll()).state, 'ok');
  const skipped = await samples('upstream_sockets_skipped_total');
  assert.ok(skipped.includes('badgateway_upstream_sockets_skipped_total{reason="malformed"} 2'), skipped.join());
});
