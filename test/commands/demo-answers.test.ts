import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { STATUS_PATH, startReplayedAnswers } from '../../src/commands/demo-answers.ts';
import { ENVOY_ADMIN_REQUESTS } from '../../src/sources/http-get-envoy.ts';

describe('replayed answers', () => {
  it('answers what collectors ask with the last bytes given, whatever the query, and nothing else', async (t) => {
    const answers = await startReplayedAnswers();
    t.after(() => answers.close());
    const ask = async (path: string) => {
      const answer = await fetch(answers.url + path);
      return `${answer.status} ${await answer.text()}`;
    };
    assert.equal(await ask(ENVOY_ADMIN_REQUESTS.stats), '404 ');
    for (const request of Object.keys(ENVOY_ADMIN_REQUESTS)) answers.answer(request, Buffer.from('old'));
    for (const request of Object.keys(ENVOY_ADMIN_REQUESTS)) answers.answer(request, Buffer.from(request));
    answers.answer('config_dump', Buffer.from('secret'));
    for (const [request, path] of Object.entries(ENVOY_ADMIN_REQUESTS)) assert.equal(await ask(path), `200 ${request}`);
    assert.equal(await ask('/stats'), '200 stats');
    assert.equal(await ask(STATUS_PATH), '404 ');
    answers.answer('nginx_status', Buffer.from('Active connections: 1'));
    assert.equal(await ask(STATUS_PATH), '200 Active connections: 1');
    assert.equal(await ask('/config_dump'), '404 ');
  });
});
