import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { nginxErrorLog } from '../../src/collectors/nginx-error-log.ts';
import type { Observation } from '../../src/contract/failure.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { testContext } from '../support/context.ts';

const createNginxErrorLog = await nginxErrorLog.load();

const line = (peer: string, level: string, message: string) =>
  `2026/11/21 03:00:00 [${level}] 7#7: *1 ${message} while connecting to upstream, client: 203.0.113.9, server: a, request: "GET /secret HTTP/1.1", upstream: "http://${peer}/secret", host: "secret"\n`;

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

it('gives each failure one of its lines, redacted, and a companion line none', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-samples-'));
  const path = join(directory, 'error.log');
  writeFileSync(path, '');
  const seen: Observation[] = [];
  const registry = new MetricRegistry({ now: Date.now });
  const context = testContext(registry.writers(nginxErrorLog.metrics), {
    sink: { present: () => {}, observe: (one) => void seen.push(one) },
  });
  const collector = createNginxErrorLog(nginxErrorLog.schema.parse({ files: [{ path, gateway: 'edge' }] }), context);
  try {
    await collector.start?.();
    const failing = line('10.0.0.1:80', 'error', 'connect() failed (111: Connection refused)');
    appendFileSync(path, failing.repeat(3) + line('10.0.0.1:80', 'warn', 'upstream server temporarily disabled'));
    await until(() => {
      collector.flush?.();
      return seen.reduce((sum, { count }) => sum + count, 0) === 4;
    });
    const samples = new Map(seen.map(({ symptom, sample }) => [symptom, sample]));
    assert.equal(
      samples.get('connect_refused'),
      '2026/11/21 03:00:00 [error] connect() failed (111: Connection refused) while connecting to upstream, upstream: http://10.0.0.1:80',
    );
    assert.equal(samples.get('peer_marked_down'), undefined);
    // Samples are of one flush: the next failures have lines of their own.
    seen.length = 0;
    appendFileSync(path, failing.replace('03:00:00', '03:00:07'));
    await until(() => {
      collector.flush?.();
      return seen.length > 0;
    });
    assert.match(seen[0].sample ?? '', /^2026\/11\/21 03:00:07 /);
  } finally {
    await collector.stop?.();
    rmSync(directory, { recursive: true });
  }
});

it('says of lines that were there before it came that they are late, and not of those that follow', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-late-'));
  const path = join(directory, 'error.log');
  const failing = line('10.0.0.1:80', 'error', 'connect() failed (111: Connection refused)');
  writeFileSync(path, failing.repeat(2));
  const seen: Observation[] = [];
  const registry = new MetricRegistry({ now: Date.now });
  const context = testContext(registry.writers(nginxErrorLog.metrics), {
    sink: { present: () => {}, observe: (one) => void seen.push(one) },
  });
  const config = nginxErrorLog.schema.parse({ files: [{ path, gateway: 'edge' }], start_at: 'beginning' });
  const collector = createNginxErrorLog(config, context);
  const read = (count: number) =>
    until(() => {
      collector.flush?.();
      return seen.reduce((sum, one) => sum + one.count, 0) === count;
    });
  try {
    await collector.start?.();
    await read(2);
    assert.ok(seen.every(({ isLate }) => isLate));
    await until(() => collector.caughtUp?.() === true);
    collector.flush?.();
    seen.length = 0;
    appendFileSync(path, failing);
    await read(1);
    assert.ok(seen.every(({ isLate }) => isLate === undefined));
  } finally {
    await collector.stop?.();
    rmSync(directory, { recursive: true });
  }
});

it('counts lines when what they say is handed over: of a burst some with each call, each failure once', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-burst-'));
  const path = join(directory, 'error.log');
  const refused = 'connect() failed (111: Connection refused)';
  writeFileSync(path, Array.from({ length: 200 }, (_, i) => line(`10.0.0.${i}:80`, 'error', refused)).join(''));
  const seen: Observation[] = [];
  const registry = new MetricRegistry({ now: Date.now });
  const context = testContext(registry.writers(nginxErrorLog.metrics), {
    sink: { present: () => {}, observe: (one) => void seen.push(one) },
  });
  const config = nginxErrorLog.schema.parse({ files: [{ path, gateway: 'edge' }], start_at: 'beginning' });
  const collector = createNginxErrorLog(config, context);
  const EDGE = { namespace: '', pod: '', container: '', gateway: 'edge' };
  const lines = () => registry.get('badgateway_log_lines_total')?.value({ ...EDGE, result: 'failure' });
  try {
    await collector.start?.();
    await until(() => collector.caughtUp?.() === true);
    assert.equal(collector.flush?.(0), false);
    assert.ok(seen.length > 0 && seen.length < 200, `${seen.length}`);
    assert.equal(lines(), 0);
    assert.equal(collector.flush?.(), true);
    assert.equal(lines(), 200);
    assert.deepEqual(new Set(seen.map(({ peer }) => peer?.address)).size, 200);
    assert.equal(seen.length, 200);
    assert.equal(new Set(seen.map(({ isLate }) => isLate)).size, 1);
  } finally {
    await collector.stop?.();
    rmSync(directory, { recursive: true });
  }
});
