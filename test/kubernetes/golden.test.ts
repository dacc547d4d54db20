import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CONTRACT } from './contract-cases.ts';
import { Ground } from './contract-ground.ts';
import { endpointSlice, pod, service } from './objects.ts';
import { ask, RawWatch } from './raw-client.ts';
import { SLICES, started } from './started.ts';

describe('the fake API server keeps the contract of a real one', () => {
  for (const { probe, run } of CONTRACT) {
    it(probe, async (t) => {
      const [, target] = await started(t);
      const ground = new Ground(target, 'contract', 20);
      await run(ground);
      await ground.clean();
    });
  }
});

/** Rows of the golden table that a client cannot bring about by itself. */
describe('the fake API server when history is gone', () => {
  it('answers a watch from before its restart with 200 and an ERROR event 410', async (t) => {
    const [server, target] = await started(t, { resourceVersion: 206 });
    server.store.create(endpointSlice({ name: 'cart-1' }));
    await server.restart({ jump: 258 });
    const watch = await RawWatch.open(target, `${SLICES}?watch=true&resourceVersion=207`);
    assert.equal(await watch.end(), 'end');
    assert.equal(watch.status, 200);
    const message = 'too old resource version: 207 (465)';
    assert.deepEqual(watch.events, [
      {
        type: 'ERROR',
        object: {
          ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' },
          message,
          reason: 'Expired',
          code: 410,
        },
      },
    ]);
    assert.equal((await ask(target, SLICES)).json.items.length, 1);
  });

  it('answers a watch from before its window the same way, from within it with the events', async (t) => {
    const [server, target] = await started(t, { resourceVersion: 10, eventWindow: 2 });
    for (const name of ['a-1', 'b-1', 'c-1']) server.store.create(endpointSlice({ name }));
    const tooOld = await RawWatch.open(target, `${SLICES}?watch=1&resourceVersion=10`);
    assert.equal((await tooOld.next(1))[0].object.message, 'too old resource version: 10 (11)');
    const within = await RawWatch.open(target, `${SLICES}?watch=1&resourceVersion=11`);
    const events = await within.next(2);
    assert.deepEqual(
      events.map(({ object }) => object.metadata.name),
      ['b-1', 'c-1'],
    );
  });

  it('answers an expired continue with 410 and a token that goes on from the newest version', async (t) => {
    const [server, target] = await started(t);
    for (const name of ['a-1', 'b-1', 'c-1']) server.store.create(endpointSlice({ name }));
    const first = await ask(target, `${SLICES}?limit=1`);
    server.store.delete(endpointSlice({ name: 'b-1' }));
    server.store.compact();
    const expired = await ask(target, `${SLICES}?limit=1&continue=${first.json.metadata.continue}`);
    assert.deepEqual([expired.status, expired.json.reason, expired.json.code], [410, 'Expired', 410]);
    const rest = await ask(target, `${SLICES}?continue=${expired.json.metadata.continue}`);
    assert.deepEqual(
      rest.json.items.map((item: { metadata: { name: string } }) => item.metadata.name),
      ['c-1'],
    );
  });

  it('keeps the pages of one list at one version while objects come and go', async (t) => {
    const [server, target] = await started(t);
    for (const name of ['a-1', 'b-1', 'c-1']) server.store.create(endpointSlice({ name, addresses: ['10.0.0.1'] }));
    const first = await ask(target, `${SLICES}?limit=1`);
    server.store.delete(endpointSlice({ name: 'b-1' }));
    server.store.update(endpointSlice({ name: 'c-1' }), (draft) => Object.assign(draft, { endpoints: [] }));
    server.store.create(endpointSlice({ name: 'd-1' }));
    const { json } = await ask(target, `${SLICES}?continue=${first.json.metadata.continue}`);
    const seen = json.items.map((item: { metadata: { name: string }; endpoints: object[] }) => [
      item.metadata.name,
      item.endpoints.length,
    ]);
    assert.deepEqual(seen, [
      ['b-1', 1],
      ['c-1', 1],
    ]);
  });

  it('answers resourceVersionMatch=Exact on a compacted version with 410', async (t) => {
    const [server, target] = await started(t);
    const { metadata } = server.store.create(endpointSlice({ name: 'a-1' }));
    server.store.create(service({ name: 'a' }));
    server.store.compact();
    const { status, json } = await ask(
      target,
      `${SLICES}?resourceVersion=${metadata.resourceVersion}&resourceVersionMatch=Exact`,
    );
    assert.deepEqual([status, json.reason], [410, 'Expired']);
    assert.equal(json.message, 'The resourceVersion for the provided list is too old.');
  });

  it('breaks a watch when it is killed, and shows the later change only to who asks again', async (t) => {
    const [server, target] = await started(t);
    const made = server.store.create(pod({ name: 'a', podIP: '10.0.0.1' }));
    const watch = await RawWatch.open(target, `/api/v1/pods?watch=1&resourceVersion=${made.metadata.resourceVersion}`);
    const { port } = new URL(server.url);
    await server.kill();
    assert.equal(await watch.end(), 'ECONNRESET');
    await assert.rejects(ask(target, '/api/v1/pods'), { code: 'ECONNREFUSED' });
    await server.restart();
    assert.equal(new URL(server.url).port, port);
    server.store.update(made, ({ status }) => Object.assign(status, { phase: 'Failed' }));
    assert.equal((await ask(target, '/api/v1/pods')).json.items[0].status.phase, 'Failed');
    assert.deepEqual(watch.events, []);
  });

  it('makes a list wait for a version that is about to come', async (t) => {
    const [server, target] = await started(t, { secondMs: 1000 });
    const answer = ask(target, `${SLICES}?resourceVersion=${server.store.resourceVersion + 1}`);
    await server.counters.nth(1, { verb: 'list' });
    server.store.create(endpointSlice({ name: 'a-1' }));
    assert.equal((await answer).json.items.length, 1);
  });
});

describe('bookmarks of the fake API server', () => {
  it('come before the deadline, at their interval and when told, only to who allows them', async (t) => {
    const [server, target] = await started(t, { bookmarkIntervalSeconds: 4 });
    server.store.create(endpointSlice({ name: 'a-1' }));
    const query = `watch=true&timeoutSeconds=7&resourceVersion=${server.store.resourceVersion}`;
    const allowed = await RawWatch.open(target, `${SLICES}?${query}&allowWatchBookmarks=true`);
    const silent = await RawWatch.open(target, `${SLICES}?${query}`);
    server.watches.sendBookmarks('endpointslices');
    await Promise.all([allowed.end(), silent.end()]);
    const metadata = { resourceVersion: String(server.store.resourceVersion), creationTimestamp: null };
    const head = { kind: 'EndpointSlice', apiVersion: 'discovery.k8s.io/v1', metadata };
    const bookmark = { type: 'BOOKMARK', object: { ...head, addressType: '', endpoints: null, ports: null } };
    assert.deepEqual([allowed.events, silent.events], [[bookmark, bookmark, bookmark], []]);
  });

  it('do not come when they are switched off', async (t) => {
    const [, target] = await started(t, { bookmarkIntervalSeconds: 0 });
    const watch = await RawWatch.open(target, `${SLICES}?watch=true&timeoutSeconds=4&allowWatchBookmarks=true`);
    await watch.end();
    assert.deepEqual(watch.events, []);
  });
});
