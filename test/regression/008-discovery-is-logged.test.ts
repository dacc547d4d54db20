import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { HARNESS_METRICS, Harness } from '../../src/collectors/harness.ts';
import { nginxErrorLog } from '../../src/collectors/nginx-error-log.ts';
import type { Collector } from '../../src/contract/unit.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { testContext } from '../support/context.ts';

const createNginxErrorLog = await nginxErrorLog.load();

const clock = { now: Date.now };
const silent = { debug() {}, info() {}, warn() {}, error() {} };

test('what discovery found and what not is logged once, and again when it has changed', async (t) => {
  const notes: string[] = ['no running nginx master is visible', 'default places: /var/log/nginx/*error*.log'];
  const collector: Collector = { poll: () => ({ state: 'ok', detail: 'following 1 of 1 files' }), notes: () => notes };
  const logged: unknown[] = [];
  const harness = new Harness({
    name: 'nginx_error_log',
    collector,
    intervalMs: 5,
    writers: new MetricRegistry(clock).writers(HARNESS_METRICS),
    resetGauges() {},
    clock,
    log: { ...silent, info: (fields, sentence) => void (sentence === 'discovery' && logged.push(fields)) },
  });
  t.after(() => harness.stop());
  await harness.begin();
  await harness.run();
  const first = { collector: 'nginx_error_log', found: [...notes] };
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.deepEqual(logged, [first]);
  collector.notes = () => ['nginx master 7: 1 error logs from /etc/nginx/nginx.conf'];
  for (let tries = 0; tries < 100 && logged.length < 2; tries++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(logged.length, 2);
});

test('of several files the one that may not be read is named, with the reason', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'refused-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'a_error.log'), '');
  writeFileSync(join(directory, 'b_error.log'), '');
  chmodSync(join(directory, 'b_error.log'), 0);
  if (process.getuid?.() === 0) {
    // Root reads everything but what is no file.
    rmSync(join(directory, 'b_error.log'));
    symlinkSync('/dev/null', join(directory, 'b_error.log'));
  }
  const collector = createNginxErrorLog(
    nginxErrorLog.schema.parse({ files: [join(directory, '*_error.log')] }),
    testContext(new MetricRegistry(clock).writers(nginxErrorLog.metrics)),
  );
  await collector.start?.();
  const { state, detail } = await collector.poll(new AbortController().signal);
  await collector.stop?.();
  assert.equal(state, 'ok');
  assert.match(detail, /^following 1 of 2 files; .*b_error\.log: /);
});
