import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { notKnown } from '../../src/audit/fact.ts';
import { readInventory } from '../../src/audit/inventory.ts';
import { auditInput } from '../support/audit.ts';

const fixture = (name: string) => readFileSync(`test/fixtures/audit/${name}.conf`, 'utf8');
const set = (value: string) => ({ value, isDefault: false });
const usual = (value: string) => ({ value, isDefault: true });

test('the recommended upstream of the gateway report, value by value', () => {
  const { upstreams } = readInventory(auditInput(fixture('report-after')));
  const [{ proxy, ...upstream }] = upstreams;
  assert.deepEqual(upstream, {
    ...{ name: 'api_gateway', module: 'http', balancing: 'least_conn', servers: 1, file: '/nginx.conf', line: 8 },
    ...{ weight: [1], max_fails: [3], fail_timeout_seconds: [30], places: 2 },
    block: { keepalive: set('32'), keepalive_requests: set('100'), keepalive_timeout: set('60s') },
  });
  assert.deepEqual(proxy.next_upstream, [usual('error timeout'), set('error timeout http_502 http_503 http_504')]);
  assert.deepEqual(proxy.next_upstream_tries, [usual('0'), set('2')]);
  assert.deepEqual(proxy.next_upstream_timeout, [usual('0'), set('10s')]);
  assert.deepEqual(proxy.read_timeout, [usual('60s'), set('60s')]);
  assert.deepEqual(proxy.connect_timeout, [usual('60s'), set('30s')]);
  assert.deepEqual(proxy.buffering, [set('off'), set('on')]);
  assert.deepEqual([proxy.buffer_size[1], proxy.buffers[1]], [set('4k'), set('8 4k')]);
});

test('settings of the workers, as in the ingress of the outage', () => {
  const { main } = readInventory(auditInput(fixture('outage')));
  assert.deepEqual(main, {
    ...{ worker_processes: set('auto'), worker_rlimit_nofile: set('1047552'), worker_shutdown_timeout: set('10s') },
    ...{ worker_connections: set('16384'), multi_accept: set('on'), use: set('epoll') },
  });
  const { main: defaults } = readInventory(auditInput('events {}'));
  assert.deepEqual(
    Object.values(defaults).map(({ isDefault }) => isDefault),
    [true, true, true, true, true, true],
  );
});

test('the effective backlog is the smaller of both, and unknown when one is', () => {
  const text = 'http { server { listen 80; listen 81 backlog=9000; listen unix:/s; } }';
  const short = (facts = {}) =>
    readInventory(auditInput(text, facts)).listens.map(({ address, backlog, effectiveBacklog }) => [
      address,
      backlog,
      effectiveBacklog,
    ]);
  assert.deepEqual(short(), [
    ['0.0.0.0:80', 511, 511],
    ['0.0.0.0:81', 9000, 4096],
    ['unix:/s', 511, 511],
  ]);
  assert.deepEqual(
    short({ somaxconn: notKnown('elsewhere') }).map(([, , effective]) => effective),
    [null, null, null],
  );
});

test('weights of a canary and the path of a cache', () => {
  const { upstreams, caches } = readInventory(auditInput(fixture('edge')));
  assert.deepEqual(upstreams.find(({ name }) => name === 'canary')?.weight, [3, 1]);
  assert.deepEqual(caches, [{ directive: 'proxy_cache_path', path: '/var/cache/nginx', file: '/nginx.conf', line: 1 }]);
});

test('values are cut, and no header is among them', () => {
  const inventory = JSON.stringify(readInventory(auditInput(fixture('report-before'))));
  assert.doesNotMatch(inventory, /Bearer|not-to-be-printed/);
  const long = `worker_shutdown_timeout ${'9'.repeat(500)};`;
  assert.ok(readInventory(auditInput(long)).main.worker_shutdown_timeout.value.length < 100);
});
