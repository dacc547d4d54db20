import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { moved, sum } from '../support/badgateway.ts';
import { askTimes } from '../support/envoy-ask.ts';
import { skipWithoutEnvoy } from '../support/envoy-binary.ts';
import { fileLog, freePorts, type RunningEnvoy, startEnvoy } from '../support/envoy-rig.ts';
import { NAMESPACE, readyPod, serviceOf, sliceOf } from '../support/truth-objects.ts';
import { TruthRig } from '../support/truth-rig.ts';

const CART = 'outbound|80||cart.shop.svc.cluster.local';

/** A pod's: of loopback it never is. */
const address = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === 'IPv4' && !one.internal)?.address as string;
const skip = skipWithoutEnvoy() || (address === undefined && 'no address but that of loopback');

/** Nothing but the log is read of this Envoy, which writes it every 10 s. */
describe('causes by the access log of a real Envoy alone [ci]', { skip }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'envoy-access-cause-'));
  const path = join(directory, 'access.log');
  let envoy: RunningEnvoy;
  let rig: TruthRig;
  let listenPort: number;
  let backend: Server;
  let port: number;
  let healthy: Server;
  let other: number;

  const slice = () => sliceOf('cart-a', [readyPod(address)], [{ name: 'http', port }]);

  before(async () => {
    const [front, admin] = await freePorts(2);
    listenPort = front;
    const serve = async () => {
      const server = createServer((_, response) => response.end('ok')).listen(0, address);
      await once(server, 'listening');
      return [server, (server.address() as AddressInfo).port] as const;
    };
    [backend, port] = await serve();
    [healthy, other] = await serve();
    writeFileSync(path, '');
    const json = {
      ...{ start: '%START_TIME%', took: '%DURATION%', code: '%RESPONSE_CODE%', flags: '%RESPONSE_FLAGS%' },
      ...{ host: '%UPSTREAM_HOST%', cluster: '%UPSTREAM_CLUSTER%', why: '%UPSTREAM_TRANSPORT_FAILURE_REASON%' },
    };
    envoy = await startEnvoy({
      ...{
        listenPort,
        admin: { port: admin },
        clusters: [
          { name: CART, hosts: [{ address, port }] },
          { name: 'pay', hosts: [{ address, port: other }] },
        ],
      },
      routes: [
        { prefix: '/pay', route: { cluster: 'pay' } },
        { prefix: '/', route: { cluster: CART } },
      ],
      accessLogs: [fileLog(path, { json })],
    });
    rig = await TruthRig.start({
      // Addresses alone do not say where to look.
      kubernetes: { namespaces: [NAMESPACE] },
      objects: [
        serviceOf('cart'),
        slice(),
        serviceOf('pay'),
        sliceOf('pay-a', [readyPod(address)], [{ name: 'http', port: other }]),
      ],
      collectors: {
        nginx_config: { enabled: false },
        envoy_access_log: { files: [{ path, gateway: 'edge', format: { json } }] },
      },
    });
  });
  after(async () => {
    await rig?.stop();
    await envoy?.stop();
    for (const server of [backend, healthy]) server?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  async function eventually(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!(await isSo().catch(() => false))) {
      assert.ok(Date.now() < deadline, `waited in vain until ${what}: ${rig.program.output}`);
      await delay(200);
    }
  }

  it('an address that its Service does not have any more', async () => {
    await eventually('it has caught up', async () => (await rig.program.scrape()).size > 0);
    for (const path of ['/', '/pay']) assert.deepEqual(await askTimes(2, listenPort, path), [200, 200]);
    await eventually('the log has said what Envoy uses', async () => {
      const { body } = await rig.program.get('/api/v1/upstreams', { page: true });
      return (JSON.parse(body) as { counts: { live: number } }).counts.live === 2;
    });
    const before = await rig.program.scrape();
    rig.api.store.update(slice(), (draft) => Object.assign(draft, { endpoints: [readyPod('10.2.30.9')] }));
    backend.close();
    backend.closeAllConnections();
    // A slice that is being rewritten proves nothing.
    await delay(3_000);
    assert.deepEqual(await askTimes(4, listenPort, '/'), [503, 503, 503, 503]);
    const failures = async () => sum(await rig.program.scrape(), 'badgateway_failures_total') >= 4;
    await eventually('all have their cause', failures);
    const samples = await rig.program.scrape();
    assert.deepEqual(moved(before, samples, 'badgateway_failures_total', 'cause'), { stale_endpoint: 4 });
    assert.deepEqual(moved(before, samples, 'badgateway_failures_total', 'upstream_service'), { cart: 4 });
    assert.equal(sum(samples, 'badgateway_requests_total', 'code="503"'), 4);
    assert.deepEqual(moved(before, samples, 'badgateway_failures_total', 'upstream'), { [CART]: 4 });
  });
});
