import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Servers } from '../../src/http/servers.ts';
import { createServers } from '../../src/http/servers.ts';
import type { StatusSource } from '../../src/http/views.ts';
import { Staged } from '../incidents/staged.ts';
import { ask } from '../support/http-ask.ts';
import { createDoubles } from '../support/http-doubles.ts';

const doubles = createDoubles();
let servers: Servers;
let page: string;
let staged: Staged;

async function start(source: Partial<StatusSource>): Promise<void> {
  const statusSource = Object.assign(Object.create(doubles.statusSource), source) as StatusSource;
  servers = createServers({ ...doubles, statusSource, listen: { metrics: '127.0.0.1:0', page: '127.0.0.1:0' } });
  await servers.start();
  page = servers.addresses().page!;
}

describe('/api/v1/incidents', () => {
  beforeEach(async () => {
    staged = new Staged().fail('stale_endpoint', 214).fail('dns_failure', 2).pass(1);
    await start({
      incidents: (query) => ({ at: '2026-11-21T03:00:00.000Z', ...staged.book.list(query) }),
      incident: (id) => staged.book.get(id),
    });
  });
  afterEach(() => servers.stop());

  it('lists them as JSON, as many as are asked for', async () => {
    const { status, headers, body } = await ask(page, '/api/v1/incidents?limit=1');
    assert.deepEqual([status, headers['content-type']], [200, 'application/json; charset=utf-8']);
    const { at, incidents, total, dropped } = JSON.parse(body.toString());
    assert.deepEqual([at, incidents.length, total, dropped], ['2026-11-21T03:00:00.000Z', 1, 2, 0]);
    assert.deepEqual(incidents[0], JSON.parse(JSON.stringify(staged.all()[0])));
  });

  it('gives one by its id', async () => {
    const [{ id }] = staged.all();
    const { status, body } = await ask(page, `/api/v1/incidents/${id}`);
    assert.deepEqual([status, JSON.parse(body.toString()).id], [200, id]);
  });

  for (const [path, status, sentence] of [
    ['?limit=all', 400, 'Parameter limit is "all": give a whole number from 1 to 1000\n'],
    [
      '/i000000000000',
      404,
      'No incident i000000000000: it never was, or was forgotten. /api/v1/incidents has those that are known.\n',
    ],
    ['/%3Cscript%3E', 404, 'No incident has such an id: it is i and 12 hexadecimal digits.\n'],
  ] as const)
    it(`says what is wrong with ${path}`, async () => {
      const answer = await ask(page, `/api/v1/incidents${path}`);
      assert.deepEqual(
        [answer.status, answer.headers['content-type'], answer.body.toString()],
        [status, 'text/plain; charset=utf-8', sentence],
      );
    });

  it('refuses a foreign Host header and other methods', async () => {
    assert.equal((await ask(page, '/api/v1/incidents', { headers: { Host: 'rebound.example' } })).status, 421);
    assert.equal((await ask(page, '/api/v1/incidents', { method: 'POST' })).status, 405);
  });

  it('counts the answers', async () => {
    const before = doubles.value('badgateway_http_requests_total', { handler: 'incidents', code: '200' }) ?? 0;
    await ask(page, '/api/v1/incidents');
    assert.equal(doubles.value('badgateway_http_requests_total', { handler: 'incidents', code: '200' }), before + 1);
  });
});
