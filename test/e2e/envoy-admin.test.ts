import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { askTimes } from '../support/envoy-ask.ts';
import { skipWithoutEnvoy } from '../support/envoy-binary.ts';
import { watchEnvoy } from '../support/envoy-collect.ts';
import { freePorts, startEnvoy } from '../support/envoy-rig.ts';

const skip = skipWithoutEnvoy();

describe('envoy collector over a unix socket [ci]', { skip }, () => {
  it('counts refused requests of an Envoy whose admin interface is a unix socket', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'envoy-e2e-'));
    const [listenPort, closed] = await freePorts(2);
    const path = join(directory, 'admin.sock');
    const clusters = [{ name: 'refused', hosts: [{ port: closed }] }];
    const running = await startEnvoy({
      listenPort,
      admin: { path },
      clusters,
      routes: [{ prefix: '/', route: { cluster: 'refused' } }],
    });
    try {
      const watch = watchEnvoy({
        discover: false,
        targets: [{ url: `unix:${path}`, namespace: 'shop', pod: 'edge-0' }],
      });
      await watch.poll();
      assert.deepEqual(await askTimes(4, listenPort, '/'), [503, 503, 503, 503]);
      await watch.poll();
      assert.deepEqual(watch.failures('refused'), { connect_refused: 4 });
      assert.deepEqual(watch.observations[0].subject, {
        namespace: 'shop',
        pod: 'edge-0',
        container: '',
        gateway: 'envoy',
      });
    } finally {
      await running.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

describe('envoy collector over a hot restart [ci]', { skip }, () => {
  it('does not count again what the old process had counted, and counts what the new one sees', async () => {
    const [listenPort, closed, port] = await freePorts(3);
    const clusters = [{ name: 'refused', hosts: [{ port: closed }] }];
    const spec = { listenPort, admin: { port }, clusters, routes: [{ prefix: '/', route: { cluster: 'refused' } }] };
    const shared = [
      '--base-id',
      String(1000 + (process.pid % 30_000)),
      '--drain-time-s',
      '1',
      '--parent-shutdown-time-s',
      '2',
    ];
    const parent = await startEnvoy(spec, [...shared, '--restart-epoch', '0']);
    const watch = watchEnvoy({ discover: false, targets: [{ url: `http://127.0.0.1:${port}` }] });
    const startOf = async () =>
      Number((await watch.samples('badgateway_envoy_start_timestamp_seconds'))[0].split(' ')[1]);
    try {
      await delay(3000);
      await watch.poll();
      await askTimes(3, listenPort, '/');
      await watch.poll();
      assert.deepEqual(watch.failures('refused'), { connect_refused: 3 });
      const start = await startOf();
      const child = await startEnvoy(spec, [...shared, '--restart-epoch', '1']);
      try {
        let counted = 0;
        const pollAll = async () => {
          watch.clock.ms = Date.now();
          // While the admin port changes hands a poll may be refused.
          await watch.poll().catch((error: Error) => assert.match(error.message, /no Envoy answers/));
          counted += watch.failures('refused').connect_refused ?? 0;
        };
        for (let tries = 0; tries < 60 && Math.abs((await startOf()) - start) < 2; tries++) {
          await delay(100);
          await pollAll();
        }
        assert.ok(Math.abs((await startOf()) - start) >= 2, 'the new process never answered');
        assert.equal(counted, 0);
        await askTimes(2, listenPort, '/');
        for (let polls = 0; polls < 3; polls++) await pollAll();
        assert.equal(counted, 2);
      } finally {
        await child.stop();
      }
    } finally {
      await parent.stop();
    }
  });
});
