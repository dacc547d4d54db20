import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { nginxErrorLog } from '../../src/collectors/nginx-error-log.ts';
import type { Observation } from '../../src/contract/failure.ts';
import type { Collector } from '../../src/contract/unit.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { testContext } from '../support/context.ts';

const createNginxErrorLog = await nginxErrorLog.load();

const line = (peer: string, errno = '111: Connection refused') =>
  `2026/11/21 03:00:00 [error] 7#7: *1 connect() failed (${errno}) while connecting to upstream, client: 1.2.3.4, server: a, request: "GET / HTTP/1.1", upstream: "http://${peer}/", host: "a"\n`;

describe('nginx_error_log', () => {
  let directory: string;
  let collector: Collector;
  let registry: MetricRegistry;
  let seen: Observation[];
  let present: string[];

  async function start(config: object): Promise<void> {
    registry = new MetricRegistry({ now: Date.now });
    seen = [];
    present = [];
    const context = testContext(registry.writers(nginxErrorLog.metrics), {
      sink: { present: (_, { gateway }) => void present.push(gateway), observe: (one) => void seen.push(one) },
      paths: { proc: '/proc', root: directory },
    });
    collector = createNginxErrorLog(nginxErrorLog.schema.parse(config), context);
    await collector.start?.();
  }

  async function until(condition: () => boolean): Promise<void> {
    for (let tries = 0; tries < 200 && !condition(); tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      collector.flush?.();
    }
    assert.ok(condition());
  }

  const total = () => seen.reduce((sum, { count }) => sum + count, 0);
  const linesRead = (gateway: string, result: string) =>
    registry.get('badgateway_log_lines_total')?.value({ namespace: '', pod: '', container: '', gateway, result });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'badgateway-log-'));
  });
  afterEach(async () => {
    await collector.stop?.();
    rmSync(directory, { recursive: true });
  });

  it('turns lines into one observation per symptom and peer', async () => {
    const path = join(directory, 'error.log');
    writeFileSync(path, line('10.0.0.1:80') + line('10.0.0.1:80') + line('[::1]:81', '113: No route to host'));
    await start({ files: [{ path, gateway: 'edge' }], start_at: 'beginning' });
    await until(() => total() === 3);
    assert.deepEqual(
      seen.map(({ symptom, peer, count, subject, failure }) => [symptom, peer, count, subject.gateway, failure]),
      [
        ['connect_refused', { scheme: '', address: '10.0.0.1', port: 80 }, 2, 'edge', true],
        ['host_unreachable', { scheme: '', address: '::1', port: 81 }, 1, 'edge', true],
      ],
    );
    assert.deepEqual(present, ['edge']);
    assert.equal(linesRead('edge', 'failure'), 3);
    assert.equal((await collector.poll(new AbortController().signal)).state, 'ok');
    const subject = { namespace: '', pod: '', container: '', gateway: 'edge' };
    assert.equal(registry.get('badgateway_log_files')?.value({ ...subject, state: 'following' }), 1);
  });

  it('begins at the end of a file that was there before, and reads what comes', async () => {
    const path = join(directory, 'error.log');
    writeFileSync(path, line('10.0.0.1:80'));
    await start({ files: [path] });
    appendFileSync(path, line('10.0.0.2:80'));
    await until(() => total() === 1);
    assert.equal(seen[0].peer?.address, '10.0.0.2');
  });

  it('names the pod by the path of a CRI log', async () => {
    const pod = join(
      directory,
      'var/log/pods/shop_edge-nginx-7d9c6f4b8-x2x5z_0f1e2d3c-1111-2222-3333-444455556666/nginx',
    );
    mkdirSync(pod, { recursive: true });
    writeFileSync(join(pod, '0.log'), `2026-11-21T03:00:00.1Z stderr F ${line('10.0.0.1:80')}`);
    await start({ files: [join(directory, 'var/log/pods/*/*/*.log')], start_at: 'beginning' });
    await until(() => total() === 1);
    assert.deepEqual(seen[0].subject, {
      namespace: 'shop',
      pod: 'edge-nginx-7d9c6f4b8-x2x5z',
      container: 'nginx',
      gateway: 'edge-nginx',
    });
  });

  it('says what to do when there is nothing to follow', async () => {
    await start({ files: [join(directory, 'none/*.log')] });
    const outcome = await collector.poll(new AbortController().signal);
    assert.equal(outcome.state, 'absent');
    assert.match(outcome.detail, /no file matches/);
    await collector.stop?.();
    await start({ discover: false });
    assert.match((await collector.poll(new AbortController().signal)).detail, /discovery is off/);
  });
});
