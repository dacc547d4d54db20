import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { controllerLog } from '../../src/collectors/controller-log.ts';
import type { Collector } from '../../src/contract/unit.ts';
import type { ConditionReport } from '../../src/contract/upstream.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { testContext } from '../support/context.ts';

const createControllerLog = await controllerLog.load();

const POD = 'nginx-gateway_ngf-nginx-gateway-fabric-6d9f7c5b8d-x2x4z_0f2b1c3d-1111-2222-3333-444455556666';
const EXPIRED =
  '2026-11-21T12:00:00.000000000Z stderr F {"msg":"error validating connection","error":"rpc error: code = Unauthenticated desc = invalid authorization: [invalid bearer token, service account token has expired]"}\n';
const UPDATED = '2026-11-21T12:00:01.000000000Z stderr F {"msg":"NGINX configuration was successfully updated"}\n';

async function setUp(t: TestContext, subjects: readonly string[] = []) {
  const root = mkdtempSync(join(tmpdir(), 'badgateway-controller-'));
  const directory = join(root, 'var/log/pods', POD, 'nginx-gateway');
  const clock = { aheadMs: 0, now: () => Date.now() + clock.aheadMs };
  const registry = new MetricRegistry(clock);
  const conditions: ConditionReport[] = [];
  const settings = subjects.map((gateway) => ({
    ...{ subject: { namespace: '', pod: '', container: '', gateway }, master: null, listens: [] },
    workerConnections: null,
  }));
  const unit: Collector = createControllerLog(
    controllerLog.schema.parse({ files: [join(root, 'var/log/pods/*/nginx-gateway/*.log')] }),
    testContext(registry.writers(controllerLog.metrics), {
      clock,
      conditions: { condition: (report) => void conditions.push(report) },
      settings: { report: () => {}, all: () => settings },
    }),
  );
  t.after(async () => {
    await unit.stop?.();
    rmSync(root, { recursive: true });
  });
  await unit.start?.();
  const events = () =>
    Object.fromEntries(
      [...registry.get('badgateway_controller_log_events_total')!.entries()].map(({ labels, value }) => [
        labels.event,
        value,
      ]),
    );
  const until = async (isDone: () => boolean) => {
    for (const endMs = Date.now() + 20_000; !isDone() && Date.now() < endMs; ) await delay(20);
    assert.ok(isDone());
  };
  return { directory, unit, clock, conditions, events, until, poll: () => unit.poll(AbortSignal.abort()) };
}

test('follows a controller that comes later, and says that the token of its agent is refused', async (t) => {
  const { directory, clock, conditions, events, until, poll } = await setUp(t, ['edge']);
  assert.equal((await poll()).state, 'absent');
  assert.equal(conditions.length, 0, 'no controller is seen: nothing is known');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, '0.log'), UPDATED);
  assert.equal((await poll()).state, 'ok');
  appendFileSync(join(directory, '0.log'), EXPIRED + UPDATED);
  await until(() => events().token_rejected === 1 && events().updated >= 1);
  await poll();
  const { condition, subject, isActive, evidence } = conditions.at(-1)!;
  assert.deepEqual([condition, subject.gateway, isActive], ['token_expired', 'edge', true]);
  assert.match(
    evidence,
    /^nginx-gateway\/ngf-nginx-gateway-fabric-\S+ refused the token of a gateway's agent \d s ago/,
  );
  clock.aheadMs = 301_000;
  await poll();
  assert.equal(conditions.at(-1)!.isActive, false, 'an agent that is refused tries again sooner');
});

test('refuses a bad glob by name', () => {
  const { error } = controllerLog.schema.safeParse({ files: ['var/log/*.log'] });
  assert.match(error!.message, /absolute path/);
});
