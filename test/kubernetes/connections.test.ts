import assert from 'node:assert/strict';
import { Agent } from 'node:https';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { endpointSlice } from './objects.ts';
import { ask, RawWatch } from './raw-client.ts';
import { eventually, SLICES, started } from './started.ts';

const WATCH = `${SLICES}?watch=true&resourceVersion=100`;

describe('counters', () => {
  it('tell kept connections from new ones', async (t) => {
    const [server, target] = await started(t);
    const agent = new Agent({ keepAlive: true });
    t.after(() => agent.destroy());
    for (let request = 0; request < 3; request += 1) await ask({ ...target, agent }, SLICES);
    assert.deepEqual([server.counters.connections, server.counters.tlsHandshakes], [1, 1]);
    await ask(target, `${SLICES}?limit=5`);
    assert.deepEqual([server.counters.connections, server.counters.tlsHandshakes], [2, 2]);
    assert.deepEqual(
      server.counters.requests.map(({ connection }) => connection),
      [1, 1, 1, 2],
    );
    assert.deepEqual(server.counters.requests.at(-1)!.query, { limit: '5' });
  });

  it('tell open watches and requests by verb, resource and code', async (t) => {
    const [server, target] = await started(t);
    const watch = await RawWatch.open(target, WATCH);
    assert.deepEqual([server.watches.open, server.counters.openConnections], [1, 1]);
    await ask(target, '/api/v1/namespaces/shop/pods/nobody');
    assert.equal(server.counters.count({ verb: 'get', resource: 'pods', name: 'nobody', code: 404 }), 1);
    assert.equal(server.counters.count({ verb: 'watch', resource: 'endpointslices', code: 200 }), 1);
    watch.close();
    await watch.end();
    await server.counters.nth(1, { verb: 'get' });
    await eventually(() => server.watches.open === 0 && server.counters.openConnections === 0);
  });

  it('wait for a request, but not for ever', async (t) => {
    const [server] = await started(t);
    await assert.rejects(server.counters.nth(1, { verb: 'list' }, 10), /0 of 1 requests/);
  });
});

describe('half-open', () => {
  it('stall: a request is taken and never answered', async (t) => {
    const [server, target] = await started(t);
    server.faults.on({ kind: 'stall' }, { times: 1 });
    await assert.rejects(ask(target, SLICES, { timeoutMs: 1000 }), /timeout/);
    assert.equal(server.counters.requests[0].code, 0);
    assert.equal((await ask(target, SLICES)).status, 200);
  });

  it('freeze: watches fall silent, connections are taken, until it thaws; what was held stays so', async (t) => {
    const [server, target] = await started(t);
    const watch = await RawWatch.open(target, WATCH);
    t.after(() => watch.close());
    server.faults.on({ kind: 'status', code: 500 });
    server.freeze();
    server.store.create(endpointSlice({ name: 'a-1' }));
    await assert.rejects(ask(target, SLICES, { timeoutMs: 1000 }), /timeout/);
    assert.equal(server.counters.tlsHandshakes, 1);
    server.faults.allOff();
    server.thaw();
    assert.equal((await ask(target, SLICES)).json.items.length, 1);
    assert.deepEqual([watch.events, watch.ended], [[], undefined]);
  });

  it('freeze: a kept connection takes requests and never answers, whatever else is switched on', async (t) => {
    const [server, target] = await started(t);
    const agent = new Agent({ keepAlive: true });
    t.after(() => agent.destroy());
    await ask({ ...target, agent }, SLICES);
    server.faults.on({ kind: 'status', code: 500 });
    server.freeze();
    await assert.rejects(ask({ ...target, agent }, SLICES, { timeoutMs: 1000 }), /timeout/);
    assert.equal(server.counters.count({ code: 0 }), 1);
  });

  it('the TLS handshake can be left unanswered', async (t) => {
    const [server, target] = await started(t);
    server.holdHandshakes(true);
    await assert.rejects(ask(target, SLICES, { timeoutMs: 1000 }), /timeout/);
    assert.deepEqual([server.counters.connections, server.counters.tlsHandshakes], [1, 0]);
    server.holdHandshakes(false);
    assert.equal((await ask(target, SLICES)).status, 200);
  });
});

describe('connections and processes', () => {
  it('all connections can be reset while the port stays open', async (t) => {
    const [server, target] = await started(t);
    const watch = await RawWatch.open(target, WATCH);
    server.resetConnections();
    assert.equal(await watch.end(), 'ECONNRESET');
    assert.equal((await ask(target, SLICES)).status, 200);
  });

  it('a restart that loses the store begins with lower versions, no objects, and waits for none that clients know', async (t) => {
    const [server, target] = await started(t, { resourceVersion: 5000 });
    server.store.create(endpointSlice({ name: 'a-1' }));
    await server.restart({ store: 'lose', jump: 7 });
    const { json } = await ask(target, SLICES);
    assert.deepEqual([json.items, json.metadata.resourceVersion], [[], '7']);
    assert.equal((await ask(target, `${SLICES}?resourceVersion=5001`)).status, 504);
    const from = (version: number) =>
      RawWatch.open(target, `${SLICES}?watch=true&resourceVersion=${version}&timeoutSeconds=50`);
    const watches = [await from(7), await from(8), await from(5001)];
    server.store.create(endpointSlice({ name: 'b-1' }));
    for (const watch of watches) assert.equal(await watch.end(), 'end');
    assert.deepEqual(
      watches.map(({ events }) => events.length),
      [1, 0, 0],
    );
  });

  it('another authority: who trusts the old one is out, kept connections go on', async (t) => {
    const [server, target] = await started(t);
    const watch = await RawWatch.open(target, WATCH);
    const { ca } = server.rotateCertificates();
    await assert.rejects(ask(target, SLICES), /certificate|self-signed|unable to verify/);
    await eventually(() => server.counters.failedHandshakes === 1 || server.counters.openConnections === 1);
    assert.equal((await ask({ ...target, ca }, SLICES)).status, 200);
    server.store.create(endpointSlice({ name: 'a-1' }));
    assert.equal((await watch.next(1)).length, 1);
    server.rotateCertificates({ dropConnections: true });
    assert.equal(await watch.end(), 'ECONNRESET');
  });

  it('a connection that says nothing does not keep the server from stopping', async (t) => {
    const [server] = await started(t);
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    const gone = new Promise((resolve) => socket.on('error', resolve).on('close', resolve));
    await eventually(() => server.counters.openConnections === 1);
    await server.stop();
    await gone;
    assert.equal(server.counters.openConnections, 0);
  });
});
