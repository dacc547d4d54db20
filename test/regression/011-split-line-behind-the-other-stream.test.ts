import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { nginxErrorLog } from '../../src/collectors/nginx-error-log.ts';
import type { Observation } from '../../src/contract/failure.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { testContext } from '../support/context.ts';

const createNginxErrorLog = await nginxErrorLog.load();
const TIME = '2026-11-22T03:00:00.000000001Z';
const failure = (peer: string) =>
  `2026/11/22 03:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 203.0.113.9, server: a, request: "GET / HTTP/1.1", upstream: "http://${peer}/", host: "a"`;

/**
 * Blocks of 72 KiB were read while code was cold. A split error line whose rest comes behind 100 KiB of the other stream filled such a block, so
 * it was skipped with all that came between, as if it were one line without end.
 */
it('a split line waits for its rest behind 100 KiB of the other stream, and nothing between is skipped', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-split-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'edge_web_0/nginx/0.log');
  mkdirSync(dirname(path), { recursive: true });
  const [first, second] = [failure('10.0.0.1:80'), failure('10.0.0.2:80')];
  const between = `${TIME} stdout F ${'x'.repeat(150)}\n`.repeat(550);
  const split = [`${TIME} stderr P ${first.slice(0, 60)}\n`, `${TIME} stderr F ${first.slice(60)}\n`];
  writeFileSync(path, `${split[0]}${between}${split[1]}${TIME} stderr F ${second}\n`);
  const registry = new MetricRegistry({ now: Date.now });
  const seen: Observation[] = [];
  const context = testContext(registry.writers(nginxErrorLog.metrics), {
    sink: { present: () => {}, observe: (one) => void seen.push(one) },
  });
  const config = nginxErrorLog.schema.parse({ files: [{ path, gateway: 'edge' }], start_at: 'beginning' });
  const collector = createNginxErrorLog(config, context);
  t.after(() => collector.stop?.());
  await collector.start?.();
  for (let turns = 0; seen.length < 2 && turns < 500; turns++) {
    collector.flush?.();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.deepEqual(seen.map(({ peer }) => peer?.address).sort(), ['10.0.0.1', '10.0.0.2']);
  const subject = { namespace: '', pod: '', container: '', gateway: 'edge' };
  assert.equal(registry.get('badgateway_log_skipped_bytes_total')?.value(subject), undefined);
});
