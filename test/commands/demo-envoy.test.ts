import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startReplayedEnvoy } from '../../src/commands/demo-envoy.ts';
import { ENVOY_ADMIN_REQUESTS } from '../../src/sources/http-get-envoy.ts';

describe('replayed Envoy', () => {
  it('answers what the collector asks with the last bytes given, whatever the query, and nothing else', async (t) => {
    const envoy = await startReplayedEnvoy();
    t.after(() => envoy.close());
    const ask = async (path: string) => {
      const answer = await fetch(envoy.url + path);
      return `${answer.status} ${await answer.text()}`;
    };
    assert.equal(await ask(ENVOY_ADMIN_REQUESTS.stats), '404 ');
    for (const request of Object.keys(ENVOY_ADMIN_REQUESTS)) envoy.answer(request, Buffer.from('old'));
    for (const request of Object.keys(ENVOY_ADMIN_REQUESTS)) envoy.answer(request, Buffer.from(request));
    envoy.answer('config_dump', Buffer.from('secret'));
    for (const [request, path] of Object.entries(ENVOY_ADMIN_REQUESTS)) assert.equal(await ask(path), `200 ${request}`);
    assert.equal(await ask('/stats'), '200 stats');
    assert.equal(await ask('/config_dump'), '404 ');
  });
});
