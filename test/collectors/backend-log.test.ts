import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { backendLog } from '../../src/collectors/backend-log.ts';
import type { Pod } from '../../src/contract/cluster.ts';
import type { Change } from '../../src/contract/evidence.ts';
import type { Collector } from '../../src/contract/unit.ts';
import type { ProxiedPods } from '../../src/contract/workloads.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { testContext } from '../support/context.ts';

const createBackendLog = await backendLog.load();

const NOON = Date.UTC(2026, 10, 21, 12);
const UID = '0f2b1c3d-1111-2222-3333-444455556666';
const DOUBLE = 'http: superfluous response.WriteHeader call from main.secret (main.go:14)';
const line = (content: string, seconds = 0) =>
  `2026-11-21T11:59:${String(seconds).padStart(2, '0')}.123456789Z stderr F ${content}\n`;

function setUp(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'badgateway-backend-'));
  t.after(() => rmSync(root, { recursive: true }));
  const clock = { ms: NOON, now: () => clock.ms };
  const registry = new MetricRegistry(clock);
  const changes: Change[] = [];
  const service = { key: 'shop/cart', ports: null, recommendedPreStopSeconds: null };
  const pods = [{ pod: { key: 'shop/cart-7d9', uid: UID } as Pod, services: [service], listens: () => ({}) as never }];
  const world: { proxied: ProxiedPods | null } = { proxied: { isKnown: true, pods } };
  const unit: Collector = createBackendLog(
    backendLog.schema.parse({ max_bytes: '64KiB', directory: join(root, 'var/log/pods') }),
    testContext(registry.writers(backendLog.metrics), {
      clock,
      evidence: { counted: () => {}, uncounted: () => {}, ended: () => {}, changed: (one) => void changes.push(one) },
      workloads: { proxied: () => world.proxied, unready: () => [], gateways: () => [] },
    }),
  );
  const logOf = (pod: string, container: string, name = '0.log') => {
    const directory = join(root, 'var/log/pods', pod, container);
    mkdirSync(directory, { recursive: true });
    return join(directory, name);
  };
  return {
    ...{ world, changes, clock, logOf },
    log: logOf(`shop_cart-7d9_${UID}`, 'app'),
    poll: async () => await unit.poll(AbortSignal.abort()),
    counted: () =>
      [...registry.get('badgateway_backend_log_events_total')!.entries()].map(({ labels, value }) => [
        labels.upstream_service,
        labels.event,
        value,
      ]),
  };
}

test('is off until it is asked for', () => assert.equal(backendLog.schema.parse({}).enabled, false));

test('what a backend writes while it is watched is counted and told as a change of its Service, in our words', async (t) => {
  const { log, poll, changes, counted } = setUp(t);
  writeFileSync(log, line(DOUBLE));
  assert.deepEqual(await poll(), { state: 'ok', detail: 'reads 1 log of 1 pod' });
  assert.deepEqual(changes, [], 'what was there before is not read');
  appendFileSync(log, line('GET / 200', 1) + line(DOUBLE, 2) + line(DOUBLE, 3));
  await poll();
  const text = 'container app of pod shop/cart-7d9 answered a request twice (Go: response.WriteHeader), by its log';
  assert.deepEqual(changes, [
    { kind: 'warning', subject: null, service: 'shop/cart', atMs: NOON - 58_000 + 123, text },
  ]);
  assert.deepEqual(counted(), [['cart', 'double_write', 2]]);
});

test('the same is told once a minute, with how often it was', async (t) => {
  const { log, poll, changes, clock } = setUp(t);
  writeFileSync(log, '');
  await poll();
  for (let at = 0; at < 7; at++) {
    appendFileSync(log, line(DOUBLE) + line('panic: boom'));
    await poll();
    clock.ms += 10_000;
  }
  const double = changes.filter(({ text }) => text.includes('twice')).map(({ text }) => /\(x\d+\)$/.exec(text)?.[0]);
  assert.deepEqual(double, [undefined, '(x6)']);
  assert.equal(changes.filter(({ text }) => text.includes('panicked')).length, 2);
});

test('a container that starts again is read from the begin of its new log; other pods are not opened', async (t) => {
  const { log, logOf, poll, changes } = setUp(t);
  writeFileSync(log, '');
  const other = logOf(`shop_stock-1_${UID}`, 'app');
  writeFileSync(other, '');
  await poll();
  appendFileSync(other, line('panic: boom'));
  writeFileSync(
    logOf(`shop_cart-7d9_${UID}`, 'app', '1.log'),
    line('Error: listen EADDRINUSE: address already in use'),
  );
  await poll();
  assert.deepEqual(
    changes.map(({ text }) => text),
    ['container app of pod shop/cart-7d9 could not listen: its address is in use, by its log'],
  );
});

test('says why it reads nothing', async (t) => {
  const { world, poll, log } = setUp(t);
  assert.equal((await poll()).state, 'absent');
  writeFileSync(log, '');
  assert.equal((await poll()).state, 'ok');
  world.proxied = { isKnown: false, why: 'pods are not read yet' };
  assert.match((await poll()).detail, /not known: pods are not read yet$/);
  world.proxied = null;
  assert.match((await poll()).detail, /collectors\.kubernetes must be enabled/);
});
