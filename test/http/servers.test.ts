import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Servers, ServersOptions } from '../../src/http/servers.ts';
import { createServers } from '../../src/http/servers.ts';
import { ask } from '../support/http-ask.ts';
import type { Doubles } from '../support/http-doubles.ts';
import { createDoubles } from '../support/http-doubles.ts';

let doubles: Doubles;
let servers: Servers;
let metrics: string;
let page: string;

async function start(extra: Partial<ServersOptions> = {}): Promise<void> {
  servers = createServers({ ...doubles, listen: { metrics: '127.0.0.1:0', page: '127.0.0.1:0' }, ...extra });
  await servers.start();
  metrics = servers.addresses().metrics!;
  page = servers.addresses().page!;
}

beforeEach(async () => {
  doubles = createDoubles();
  await start();
});
afterEach(() => servers.stop());

describe('createServers', () => {
  it('names the port in use and the flag, and leaves nothing open', async () => {
    const options = { ...createDoubles(), listen: { metrics: '127.0.0.1:0', page } };
    const second = createServers(options);
    await assert.rejects(
      second.start(),
      new RegExp(`cannot listen on ${page}: port \\d+ is in use .*--web\\.page-address`),
    );
    assert.deepEqual(second.addresses(), { metrics: null, page: null });
  });

  it('names an address of another machine', async () => {
    const other = createServers({ ...createDoubles(), listen: { metrics: '192.0.2.1:9502', page: '127.0.0.1:0' } });
    await assert.rejects(
      other.start(),
      /192\.0\.2\.1 is not an address of this machine; choose another with --web\.listen-address/,
    );
  });

  for (const address of [':9503', '0.0.0.0:9503', '[::]:9503', '10.0.0.1:9503']) {
    it(`does not let the page listen on ${address} without authentication`, () => {
      assert.throws(
        () => createServers({ ...createDoubles(), listen: { metrics: ':0', page: address } }),
        /--web\.page-address .*needs authentication: give a web config file with it \(--web\.config\.file\), or listen on 127\.0\.0\.1:9503/,
      );
    });
  }

  it('listens on every address with an empty host', async () => {
    await servers.stop();
    await start({ listen: { metrics: ':0', page: 'localhost:0' } });
    const port = metrics.slice(metrics.lastIndexOf(':') + 1);
    assert.equal((await ask(`127.0.0.2:${port}`, '/metrics')).status, 200);
  });

  it('gives each page back once, when it has been sent', async () => {
    let released = 0;
    const release = () => {
      released++;
    };
    doubles.metricsSource.render = async () => ({ contentType: 'text/plain', parts: [Buffer.from('page\n')], release });
    for (const encoding of ['identity', 'gzip'])
      await ask(metrics, '/metrics', { headers: { 'accept-encoding': encoding } });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(released, 2);
  });

  it('stop finishes the running answer and refuses new connections', async () => {
    let finish = (): void => undefined;
    doubles.metricsSource.render = () =>
      new Promise(
        (resolve) =>
          (finish = () => resolve({ contentType: 'text/plain', parts: [Buffer.from('late\n')], release: () => {} })),
      );
    const running = ask(metrics, '/metrics');
    await new Promise((resolve) => setTimeout(resolve, 50));
    const stopped = servers.stop();
    await assert.rejects(ask(metrics, '/-/healthy'), /ECONNREFUSED/);
    finish();
    assert.equal((await running).body.toString(), 'late\n');
    await stopped;
  });
});
