import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { probeEnvoy } from '../../src/collectors/envoy-discovery.ts';
import { serveAdmin } from '../support/envoy-admin.ts';

const limits = { timeoutMs: 20_000, maxBytes: 1e5, signal: new AbortController().signal };

describe('probeEnvoy', () => {
  it('asks for /server_info only and knows an Envoy by its answer', async (test) => {
    const admin = await serveAdmin(test);
    const base = { host: '127.0.0.1', port: admin.port };
    assert.deepEqual(await probeEnvoy(base, limits), { base, isEnvoy: true, detail: 'found Envoy 1.36.4' });
    admin.answers['/server_info'] = (response) => void response.end('{"version":"2.1"}');
    assert.match((await probeEnvoy(base, limits)).detail, /answers, but not as an Envoy$/);
    admin.answers['/server_info'] = (response) => void response.writeHead(404).end();
    assert.match((await probeEnvoy(base, limits)).detail, /status 404$/);
    assert.deepEqual([...new Set(admin.log)], ['/server_info', 'end']);
  });

  it('says that nothing listens', async () => {
    const probe = await probeEnvoy({ host: '127.0.0.1', port: 1 }, limits);
    assert.deepEqual([probe.isEnvoy, probe.detail], [false, 'nothing listens on http://127.0.0.1:1']);
  });
});
