import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CheckpointRelay } from '../../src/checkpoint-relay.ts';
import { nginxErrorLog } from '../../src/collectors/nginx-error-log.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { testContext } from '../support/context.ts';

const createNginxErrorLog = await nginxErrorLog.load();

const LINE =
  '2026/11/21 03:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 1.2.3.4, server: a, request: "GET / HTTP/1.1", upstream: "http://10.0.0.1:80/", host: "a"\n';

/** With a directory at a default place, discovery was done once and for all: an nginx started after us stayed unseen. */
test('a log that discovery finds later is followed, beside those found before, each line once', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'found-later-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const first = join(root, 'var/log/nginx/error.log');
  const later = join(root, 'usr/local/nginx/logs/error.log');
  mkdirSync(join(root, 'var/log/nginx'), { recursive: true });
  mkdirSync(join(root, 'proc'));
  writeFileSync(first, '');
  let now = Date.now();
  let seen = 0;
  const context = testContext(new MetricRegistry({ now: () => now }).writers(nginxErrorLog.metrics), {
    sink: {
      present() {},
      observe({ count }) {
        seen += count;
      },
    },
    clock: { now: () => now },
    paths: { proc: join(root, 'proc'), root },
    checkpoint: new CheckpointRelay({ register() {} }),
  });
  const collector = createNginxErrorLog(nginxErrorLog.schema.parse({}), context);
  await collector.start?.();
  t.after(() => collector.stop?.());
  const until = async (total: number) => {
    for (let tries = 0; tries < 200 && seen < total; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      collector.flush?.();
    }
    assert.equal(seen, total);
  };
  appendFileSync(first, LINE);
  await until(1);
  mkdirSync(join(root, 'usr/local/nginx/logs'), { recursive: true });
  writeFileSync(later, '');
  now += 30_000;
  await collector.poll(new AbortController().signal);
  appendFileSync(later, LINE.repeat(3));
  appendFileSync(first, LINE);
  await until(5);
  assert.deepEqual(
    collector
      .targets?.()
      .map(({ name }) => name)
      .sort(),
    [later, first],
  );
});
