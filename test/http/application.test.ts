import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createApplication, healthy } from '../../src/http/application.ts';
import { sendText } from '../../src/http/guard.ts';
import { ask } from '../support/http-ask.ts';
import { createDoubles } from '../support/http-doubles.ts';

const doubles = createDoubles();
const app = createApplication(
  (_request, _response, next) => next(),
  [
    healthy,
    {
      path: '/-/reload',
      handler: 'reload',
      method: 'POST',
      answer: (_request, response) => sendText(response, 200, 'done'),
    },
    { path: '/broken', handler: 'other', method: 'GET', answer: () => Promise.reject(new Error('disk /secret')) },
  ],
  doubles.log,
);
const server = createServer(app);
let at: string;
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  at = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

describe('createApplication', () => {
  for (const [method, path, status] of [
    ['GET', '/-/healthy', 200],
    ['HEAD', '/-/healthy', 200],
    ['POST', '/-/healthy', 405],
    ['OPTIONS', '/-/healthy', 405],
    ['POST', '/-/reload', 200],
    ['HEAD', '/-/reload', 405],
    ['GET', '/-/healthy/', 404],
    ['GET', '/-/healthy?x=1', 200],
    ['GET', '/%ff', 404],
    ['GET', '//-/healthy', 404],
    ['GET', '/broken', 500],
  ] as const) {
    it(`${method} ${path} is ${status}`, async () => assert.equal((await ask(at, path, { method })).status, status));
  }

  it('lists the paths for an unknown one, without repeating it', async () => {
    assert.equal(
      (await ask(at, '/<b>')).body.toString(),
      'Not found. There is:\n  GET /-/healthy\n  POST /-/reload\n  GET /broken\n',
    );
  });

  it('keeps the reason of a failure in the log', async () => {
    const { body } = await ask(at, '/broken');
    assert.equal(body.toString(), 'Internal error; the log has the reason.\n');
    assert.deepEqual(doubles.logged.at(-1), {
      level: 'error',
      fields: { path: '/broken', error: 'disk /secret' },
      sentence: 'request failed',
    });
  });

  it('does not tell its software', async () =>
    assert.equal((await ask(at, '/-/healthy')).headers['x-powered-by'], undefined));
});
