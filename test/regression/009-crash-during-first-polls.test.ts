import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { App } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

test('where logs were begun is saved before the first polls, which may be slow', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'first-polls-'));
  // A status page that never answers.
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const [file, log, state] = ['config.yaml', 'error.log', 'state'].map((name) => join(directory, name));
  writeFileSync(log, '');
  const collectors = {
    nginx_error_log: { files: [log] },
    nginx_status: { targets: [{ url: `http://127.0.0.1:${port}/` }], timeout: '10s' },
    envoy: { enabled: false },
  };
  const listen = { metrics: '127.0.0.1:0', page: '127.0.0.1:0' };
  writeFileSync(file, JSON.stringify({ listen, checkpoint: { directory: state }, collectors }));
  const load = () => loadConfig({ file, environment: {}, flags: {} });
  const app = new App({ loaded: load(), reload: load, log: silent, version: '0.0.0' });
  let isStarted = false;
  const started = app.start().then(() => {
    isStarted = true;
  });
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await started;
    await app.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  for (const endMs = Date.now() + 8_000; !existsSync(join(state, 'state.json')) && Date.now() < endMs; )
    await delay(10);
  assert.ok(existsSync(join(state, 'state.json')), 'nothing is saved');
  assert.equal(isStarted, false, 'the first polls are over');
});
