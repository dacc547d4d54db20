import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { nginxStatus } from '../../src/collectors/nginx-status.ts';
import { startUnit } from '../support/poll.ts';

const PAGE =
  'Active connections: 7 \nserver accepts handled requests\n 100 98 500 \nReading: 1 Writing: 2 Waiting: 4 \n';

async function serve(t: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

const configErrors = (config: object) =>
  nginxStatus.schema.safeParse(config).error?.issues.map((issue) => issue.message);

test('nothing configured is absent, with the way out', async () => {
  const unit = await startUnit(nginxStatus, {});
  assert.deepEqual(await unit.poll(), {
    state: 'absent',
    detail: 'no target configured; add collectors.nginx_status.targets',
  });
  assert.deepEqual(await unit.samples(), []);
});

test('seven numbers become samples with the labels of the target', async (t) => {
  const port = await serve(t, (request, response) => response.end(request.url === '/status?x=1' ? PAGE : 'no'));
  const url = `http://127.0.0.1:${port}/status?x=1`;
  const unit = await startUnit(nginxStatus, { targets: [{ url, gateway: 'edge', namespace: 'shop', pod: 'edge-1' }] });
  assert.deepEqual(await unit.poll(), { state: 'ok', detail: '1 of 1 targets answer' });
  const labels = 'namespace="shop",pod="edge-1",container="",gateway="edge"';
  assert.deepEqual(await unit.samples(), [
    `badgateway_nginx_connections_accepted_total{${labels}} 100`,
    `badgateway_nginx_connections_handled_total{${labels}} 98`,
    `badgateway_nginx_connections{${labels},state="active"} 7`,
    `badgateway_nginx_connections{${labels},state="reading"} 1`,
    `badgateway_nginx_connections{${labels},state="waiting"} 4`,
    `badgateway_nginx_connections{${labels},state="writing"} 2`,
    `badgateway_nginx_requests_total{${labels}} 500`,
    `badgateway_nginx_up{${labels}} 1`,
  ]);
  assert.deepEqual(unit.collector.targets?.(), [
    { name: `http://127.0.0.1:${port}/status`, state: 'ok', detail: 'answers' },
  ]);
});

test('a target that stops answering is up 0 and nothing else; the other goes on', async (t) => {
  let page = PAGE;
  const changing = await serve(t, (_, response) => response.end(page));
  const steady = await serve(t, (_, response) => response.end(PAGE));
  const unit = await startUnit(nginxStatus, {
    targets: [
      { url: `http://127.0.0.1:${changing}/a`, gateway: 'changing' },
      { url: `http://127.0.0.1:${steady}/b`, gateway: 'steady' },
    ],
  });
  await unit.poll();
  page = '<html>our shop</html>';
  const outcome = await unit.poll();
  assert.equal(outcome.state, 'ok');
  assert.match(outcome.detail, /^1 of 2 targets answer; not a stub_status page/);
  const changed = (await unit.samples()).filter((line) => line.includes('gateway="changing"'));
  assert.deepEqual(changed, ['badgateway_nginx_up{namespace="",pod="",container="",gateway="changing"} 0']);
  assert.equal((await unit.samples('badgateway_nginx_connections{')).length, 4);
});

test('refused, an error status, a silent server and a long page are up 0 within the timeout', async (t) => {
  const closed = await freePort();
  const forbidden = await serve(t, (_, response) => response.writeHead(403).end());
  const long = await serve(t, (_, response) => response.end('x'.repeat(10_000)));
  const silent = createNetServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  t.after(() => silent.close());
  const ports = { closed, forbidden, long, silent: (silent.address() as AddressInfo).port };
  const targets = Object.entries(ports).map(([gateway, port]) => ({ url: `http://127.0.0.1:${port}/`, gateway }));
  const unit = await startUnit(nginxStatus, { targets, timeout: '100ms' });
  const startedMs = performance.now();
  assert.match((await unit.poll()).detail, /^0 of 4 targets answer/);
  assert.ok(performance.now() - startedMs < 2000);
  assert.deepEqual(
    (await unit.samples()).map((line) => line.replace(/.*gateway="(\w+)"\} /, '$1 ')),
    ['closed 0', 'forbidden 0', 'long 0', 'silent 0'],
  );
});

test('a bad target is refused before anything starts', () => {
  assert.deepEqual(configErrors({ targets: [{ url: 'http://10.0.0.1:80/s' }] }), [
    'is not loopback or a unix socket; set allow_remote: true',
  ]);
  assert.equal(configErrors({ targets: [{ url: 'http://10.0.0.1:80/s' }], allow_remote: true }), undefined);
  for (const url of ['https://127.0.0.1/s', 'http://u:secret@127.0.0.1/s', 'unix:/run/s.sock', 'status', 'unix:x:/s']) {
    const [message] = configErrors({ targets: [{ url }] }) ?? [];
    assert.ok(message, url);
    assert.ok(!message.includes('secret'));
  }
  const twice = { url: 'http://127.0.0.1:80/s' };
  assert.match(configErrors({ targets: [twice, twice] })?.[0] ?? '', /^another target has the same gateway/);
});

const nginx = ['/usr/sbin/nginx', '/usr/local/nginx/sbin/nginx'].find(existsSync);

test('real nginx over TCP and a unix socket counts our own requests', {
  skip: !nginx && 'nginx is not installed',
}, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-'));
  const free = await freePort();
  const socket = join(directory, 'status.sock');
  const status = 'location = /nginx_status { stub_status; } location / { return 200; }';
  writeFileSync(
    join(directory, 'nginx.conf'),
    `daemon off; pid ${directory}/pid; error_log ${directory}/error.log; events {}
     http { access_log off; server { listen 127.0.0.1:${free}; ${status} } server { listen unix:${socket}; ${status} } }`,
  );
  const server = spawn(nginx ?? '', ['-p', directory, '-c', join(directory, 'nginx.conf')], { stdio: 'ignore' });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  t.after(async () => {
    server.kill('SIGTERM');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  });
  while (!existsSync(socket) || !existsSync(join(directory, 'pid'))) await delay(20);

  const unit = await startUnit(nginxStatus, {
    targets: [
      { url: `http://127.0.0.1:${free}/nginx_status`, gateway: 'tcp' },
      { url: `unix:${socket}:/nginx_status`, gateway: 'unix' },
    ],
  });
  const requests = async () => {
    assert.deepEqual(await unit.poll(), { state: 'ok', detail: '2 of 2 targets answer' });
    const values = (await unit.samples('badgateway_nginx_requests_total')).map((line) => Number(line.split(' ')[1]));
    return Math.max(...values);
  };
  const before = await requests();
  for (let sent = 0; sent < 10; sent++) await fetchText(`http://127.0.0.1:${free}/`);
  // Each poll is two requests itself: the ten, the rest of the first poll's and this poll's.
  assert.equal((await requests()) - before, 12);
});

async function freePort(): Promise<number> {
  const probe = createNetServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

function fetchText(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => response.resume().once('end', resolve)).once('error', reject);
  });
}
