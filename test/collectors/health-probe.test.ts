import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { healthProbe } from '../../src/collectors/health-probe.ts';
import { freePort } from '../support/freeport.ts';
import { startUnit } from '../support/poll.ts';

const SUCCESS = 'badgateway_health_probe_success{';

async function serve(t: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

const labelsOf = (gateway: string) => `namespace="",pod="",container="",gateway="${gateway}"`;

describe('health_probe', () => {
  it('without targets it is absent, with the way out', async () => {
    const unit = await startUnit(healthProbe, {});
    assert.deepEqual(await unit.poll(), {
      state: 'absent',
      detail: 'no target configured; add collectors.health_probe.targets',
    });
    assert.deepEqual(await unit.samples(), []);
  });

  it('is well from 200 to 399, whatever the body, and not otherwise', async (t) => {
    const port = await serve(t, ({ url = '' }, response) =>
      response.writeHead(Number(url.slice(1))).end('x'.repeat(100_000)),
    );
    const statuses = [200, 204, 301, 399, 400, 404, 500, 503];
    const targets = statuses.map((status) => ({ url: `http://127.0.0.1:${port}/${status}`, gateway: `g${status}` }));
    const unit = await startUnit(healthProbe, { targets });
    const { state, detail } = await unit.poll();
    assert.deepEqual([state, detail], ['ok', '4 of 8 targets are well; status 400']);
    assert.deepEqual(
      await unit.samples(SUCCESS),
      statuses.map((status) => `${SUCCESS}${labelsOf(`g${status}`)}} ${status < 400 ? 1 : 0}`),
    );
    assert.deepEqual(unit.collector.targets?.()[7], {
      ...{ name: `http://127.0.0.1:${port}/503`, state: 'failed', detail: 'status 503' },
    });
  });

  it('refused and silent are not well; a silent one is given up after the timeout', async (t) => {
    const closed = await freePort();
    const silent = createNetServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    t.after(() => silent.close());
    const unit = await startUnit(healthProbe, {
      timeout: '200ms',
      targets: [
        { url: `http://127.0.0.1:${closed}/`, gateway: 'closed' },
        { url: `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`, gateway: 'silent' },
      ],
    });
    assert.match((await unit.poll()).detail, /^0 of 2 targets are well; .*ECONNREFUSED/);
    const both = [`${SUCCESS}${labelsOf('closed')}} 0`, `${SUCCESS}${labelsOf('silent')}} 0`];
    assert.deepEqual(await unit.samples(SUCCESS), both);
    const [line] = await unit.samples(`badgateway_health_probe_duration_seconds{${labelsOf('silent')}`);
    assert.ok(Number(line.split(' ').at(-1)) >= 0.19, line);
  });

  it('refuses targets elsewhere, twice the same, and with a password', () => {
    const errorsOf = (...targets: object[]) =>
      healthProbe.schema.safeParse({ targets }).error?.issues.map(({ message }) => message);
    const here = { url: 'http://127.0.0.1:80/health', gateway: 'edge' };
    assert.deepEqual(errorsOf(here), undefined);
    assert.deepEqual(errorsOf(here, here), ['another target has the same gateway, namespace, pod and container']);
    assert.match(errorsOf({ ...here, url: 'http://10.0.0.1/health' })![0], /allow_remote/);
    assert.match(errorsOf({ ...here, url: 'http://me:secret@127.0.0.1/health' })![0], /without user and password$/);
  });
});
