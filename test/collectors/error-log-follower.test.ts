import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
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

const count = (seen: readonly Observation[]) => seen.reduce((sum, one) => sum + one.count, 0);

/** Follows a log that says `text`, and what it observes. */
async function follow(t: TestContext, text: string, startAt: 'beginning' | 'end') {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-error-log-'));
  const path = join(directory, 'error.log');
  writeFileSync(path, text);
  const seen: Observation[] = [];
  const registry = new MetricRegistry({ now: Date.now });
  const context = testContext(registry.writers(nginxErrorLog.metrics), {
    sink: { present: () => {}, observe: (one) => void seen.push(one) },
  });
  const config = nginxErrorLog.schema.parse({ files: [{ path, gateway: 'edge' }], start_at: startAt });
  const collector = createNginxErrorLog(config, context);
  t.after(async () => {
    await collector.stop?.();
    rmSync(directory, { recursive: true });
  });
  await collector.start?.();
  return {
    ...{ path, seen, registry, collector },
    /** Until so many failures are observed. */
    read: (failures: number) =>
      until(() => {
        collector.flush?.();
        return count(seen) === failures;
      }),
  };
}

it('gives each failure one of its lines, redacted, and a companion line none', async (t) => {
  const { path, seen, read } = await follow(t, '', 'end');
  const failing = line('10.0.0.1:80', 'error', 'connect() failed (111: Connection refused)');
  appendFileSync(path, failing.repeat(3) + line('10.0.0.1:80', 'warn', 'upstream server temporarily disabled'));
  await read(4);
  const samples = new Map(seen.map(({ symptom, sample }) => [symptom, sample]));
  assert.equal(
    samples.get('connect_refused'),
    '2026/11/21 03:00:00 [error] connect() failed (111: Connection refused) while connecting to upstream, upstream: http://10.0.0.1:80',
  );
  assert.equal(samples.get('peer_marked_down'), undefined);
  // Samples are of one flush: the next failures have lines of their own.
  seen.length = 0;
  appendFileSync(path, failing.replace('03:00:00', '03:00:07'));
  await read(1);
  assert.match(seen[0].sample ?? '', /^2026\/11\/21 03:00:07 /);
});

it('says which failures are datagrams that were refused, however many there are', async (t) => {
  const { path, seen, read } = await follow(t, '', 'end');
  const datagram = (i: number) =>
    `2026/11/21 03:00:00 [error] 7#7: *${i} recv() failed (111: Connection refused) while proxying connection, udp client: 10.9.9.9, server: 0.0.0.0:53, upstream: "10.0.0.${i}:53", bytes from/to client:1/0, bytes from/to upstream:0/1\n`;
  const tcp = line('10.0.0.1:53', 'error', 'connect() failed (111: Connection refused)');
  appendFileSync(path, Array.from({ length: 20 }, (_, i) => datagram(i)).join('') + tcp);
  await read(21);
  assert.equal(seen.filter(({ detail }) => detail === 'datagram_refused').length, 20);
  assert.deepEqual(new Set(seen.map(({ symptom }) => symptom)), new Set(['connect_refused']));
});

it('says of lines that were there before it came that they are late, and not of those that follow', async (t) => {
  const failing = line('10.0.0.1:80', 'error', 'connect() failed (111: Connection refused)');
  const { path, seen, collector, read } = await follow(t, failing.repeat(2), 'beginning');
  await read(2);
  assert.ok(seen.every(({ isLate }) => isLate));
  await until(() => collector.caughtUp?.() === true);
  collector.flush?.();
  seen.length = 0;
  appendFileSync(path, failing);
  await read(1);
  assert.ok(seen.every(({ isLate }) => isLate === undefined));
});

/** As many failures as there are addresses. */
const burst = (addresses: number) =>
  Array.from({ length: addresses }, (_, i) =>
    line(`10.0.0.${i}:80`, 'error', 'connect() failed (111: Connection refused)'),
  ).join('');

it('counts lines when what they say is handed over: of a burst some with each call, each failure once', async (t) => {
  const { seen, registry, collector } = await follow(t, burst(200), 'beginning');
  const EDGE = { namespace: '', pod: '', container: '', gateway: 'edge' };
  const lines = () => registry.get('badgateway_log_lines_total')?.value({ ...EDGE, result: 'failure' });
  await until(() => collector.caughtUp?.() === true);
  assert.equal(collector.flush?.(0), false);
  assert.ok(seen.length > 0 && seen.length < 200, `${seen.length}`);
  assert.equal(lines(), 0);
  assert.equal(collector.flush?.(), true);
  assert.equal(lines(), 200);
  assert.deepEqual(new Set(seen.map(({ peer }) => peer?.address)).size, 200);
  assert.equal(seen.length, 200);
  assert.equal(new Set(seen.map(({ isLate }) => isLate)).size, 1);
});

it('hands over all that was read when it stops, each failure once', async (t) => {
  const { seen, collector } = await follow(t, burst(200), 'beginning');
  await until(() => collector.caughtUp?.() === true);
  assert.equal(collector.flush?.(0), false);
  await collector.stop?.();
  assert.deepEqual([seen.length, count(seen)], [200, 200]);
});
