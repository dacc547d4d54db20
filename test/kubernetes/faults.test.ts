import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { FaultAction } from './faults.ts';
import { endpointSlice, manySlices, withManagedFields } from './objects.ts';
import type { Answer } from './raw-client.ts';
import { ask, RawWatch } from './raw-client.ts';
import { PODS_PATH, SLICES, started } from './started.ts';

type Seen = (answer: Answer) => unknown;
const REASON: Seen = ({ status, json }) => [status, json.kind, json.code, json.reason];
const RETRY: Seen = ({ status, headers, json }) => [status, headers['retry-after'], json.details.retryAfterSeconds];

const STATUS_ROWS: readonly (readonly [Extract<FaultAction, { kind: 'status' }>, Seen, expected: unknown])[] = [
  [{ kind: 'status', code: 401 }, REASON, [401, 'Status', 401, 'Unauthorized']],
  [{ kind: 'status', code: 403 }, REASON, [403, 'Status', 403, 'Forbidden']],
  [{ kind: 'status', code: 404 }, REASON, [404, 'Status', 404, 'NotFound']],
  [{ kind: 'status', code: 409 }, REASON, [409, 'Status', 409, 'Conflict']],
  [{ kind: 'status', code: 429 }, REASON, [429, 'Status', 429, 'TooManyRequests']],
  [{ kind: 'status', code: 429, retryAfterSeconds: 7 }, RETRY, [429, '7', 7]],
  [{ kind: 'status', code: 500 }, REASON, [500, 'Status', 500, 'InternalError']],
  [{ kind: 'status', code: 503, retryAfterSeconds: 1 }, RETRY, [503, '1', 1]],
  [{ kind: 'status', code: 504 }, REASON, [504, 'Status', 504, 'Timeout']],
  [
    { kind: 'status', code: 429, body: 'text', retryAfterSeconds: 1 },
    ({ headers, body }) => [headers['content-type'], headers['retry-after'], body.toString()],
    ['text/plain; charset=utf-8', '1', 'Too many requests, please try again later.\n'],
  ],
];

describe('a status fault', () => {
  for (const [action, seen, expected] of STATUS_ROWS) {
    it(`${JSON.stringify(action)} for a list and for a watch`, async (t) => {
      const [server, target] = await started(t);
      const fault = server.faults.on(action, { times: 2 });
      assert.deepEqual(seen(await ask(target, SLICES)), expected);
      assert.deepEqual(seen(await ask(target, `${SLICES}?watch=true`)), expected);
      assert.equal((await ask(target, SLICES)).status, 200);
      assert.equal(fault.hits, 2);
      assert.deepEqual(
        server.counters.requests.map(({ verb, code }) => [verb, code]),
        [
          ['list', action.code],
          ['watch', action.code],
          ['list', 200],
        ],
      );
    });
  }

  it('hits what it is for and holds until it is switched off', async (t) => {
    const [server, target] = await started(t);
    const fault = server.faults.on(
      { kind: 'status', code: 503 },
      { verb: 'list', resource: 'pods', namespace: 'shop' },
    );
    const codes = async () => {
      const answers = ['/api/v1/namespaces/shop/pods', '/api/v1/namespaces/other/pods', PODS_PATH, '/api/v1/services'];
      return Promise.all(answers.map(async (path) => (await ask(target, path)).status));
    };
    assert.deepEqual(await codes(), [503, 200, 200, 200]);
    assert.deepEqual(await codes(), [503, 200, 200, 200]);
    fault.off();
    assert.deepEqual(await codes(), [200, 200, 200, 200]);
  });

  it('takes turns with others: one answer, one turn', async (t) => {
    const [server, target] = await started(t);
    server.faults.on({ kind: 'status', code: 500 }, { times: 1 });
    server.faults.on({ kind: 'status', code: 503 }, { times: 1 });
    const codes = [];
    for (let request = 0; request < 3; request += 1) codes.push((await ask(target, SLICES)).status);
    assert.deepEqual(codes, [500, 503, 200]);
    server.faults.on({ kind: 'status', code: 500 });
    server.faults.allOff();
    assert.equal((await ask(target, SLICES)).status, 200);
  });
});

describe('410 in its three shapes', () => {
  it('event: 200 and an ERROR event, for watches only', async (t) => {
    const [server, target] = await started(t);
    server.faults.on({ kind: 'expired', shape: 'event' }, { times: 1 });
    assert.equal((await ask(target, SLICES)).status, 200);
    const watch = await RawWatch.open(target, `${SLICES}?watch=true&resourceVersion=100`);
    assert.equal(await watch.end(), 'end');
    assert.deepEqual([watch.status, watch.events[0].type, watch.events[0].object.code], [200, 'ERROR', 410]);
  });

  it('http: status 410 for a watch', async (t) => {
    const [server, target] = await started(t);
    server.faults.on({ kind: 'expired', shape: 'http' }, { verb: 'watch' });
    const answer = await ask(target, `${SLICES}?watch=true&resourceVersion=100`);
    assert.deepEqual(REASON(answer), [410, 'Status', 410, 'Expired']);
    assert.equal(answer.json.message, 'too old resource version: 100 (100)');
  });

  it('continue: status 410 with a token that works, for lists with a continue only', async (t) => {
    const [server, target] = await started(t);
    for (const name of ['a-1', 'b-1']) server.store.create(endpointSlice({ name }));
    server.faults.on({ kind: 'expired', shape: 'continue' }, { times: 1 });
    const first = await ask(target, `${SLICES}?limit=1`);
    const expired = await ask(target, `${SLICES}?limit=1&continue=${first.json.metadata.continue}`);
    assert.deepEqual(REASON(expired), [410, 'Status', 410, 'Expired']);
    const rest = await ask(target, `${SLICES}?continue=${expired.json.metadata.continue}`);
    assert.deepEqual(
      rest.json.items.map((item: { metadata: { name: string } }) => item.metadata.name),
      ['b-1'],
    );
  });

  it('in the middle of an open stream, for all watches', async (t) => {
    const [server, target] = await started(t);
    const watch = await RawWatch.open(target, `${SLICES}?watch=true&resourceVersion=100`);
    server.store.create(endpointSlice({ name: 'a-1' }));
    server.watches.expire();
    assert.equal(await watch.end(), 'end');
    assert.deepEqual(
      watch.events.map(({ type }) => type),
      ['ADDED', 'ERROR'],
    );
  });
});

describe('bodies', () => {
  it('are compressed for who accepts it, from a size on', async (t) => {
    const [server, target] = await started(t, { gzipFromBytes: 2000 });
    const headers = { 'accept-encoding': 'gzip' };
    const small = await ask(target, SLICES, { headers });
    for (const slice of manySlices(10, 5)) server.store.create(withManagedFields(slice));
    const plain = await ask(target, SLICES);
    const packed = await ask(target, SLICES, { headers });
    const encodings = [small, plain, packed].map((answer) => answer.headers['content-encoding']);
    assert.deepEqual(encodings, [undefined, undefined, 'gzip']);
    assert.deepEqual(gunzipSync(packed.body), plain.body);
    assert.ok(packed.body.length < plain.body.length / 3);
    assert.ok(plain.json.items[0].metadata.managedFields[0].fieldsV1);
  });

  it('of huge lists come whole', async (t) => {
    const [server, target] = await started(t);
    for (const slice of manySlices(1000, 100)) server.store.create(slice);
    const { json, body } = await ask(target, SLICES);
    const addresses = json.items.flatMap((item: { endpoints: { addresses: string[] }[] }) =>
      item.endpoints.map((endpoint) => endpoint.addresses[0]),
    );
    assert.equal(new Set(addresses).size, 100_000);
    assert.ok(body.length > 5_000_000);
  });

  it('can be late', async (t) => {
    const [server, target] = await started(t);
    server.faults.on({ kind: 'delay', ms: 40 }, { times: 1 });
    const began = performance.now();
    assert.equal((await ask(target, SLICES)).status, 200);
    assert.ok(performance.now() - began >= 39);
  });
});
