import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CAUSES } from '../../src/contract/names.ts';
import type { Incident } from '../../src/incidents/incident.ts';
import { API, EDGE, Staged } from './staged.ts';

const conditionsOf = ({ conditions }: Incident) => conditions.map(({ condition }) => condition).sort();
const shares = ({ causes }: Incident) => causes.map(({ cause, count }) => [cause, count]);

function orders<T>(events: readonly T[]): T[][] {
  if (events.length <= 1) return [[...events]];
  return events.flatMap((first, index) =>
    orders(events.filter((_, other) => other !== index)).map((rest) => [first, ...rest]),
  );
}

describe('what is one incident', () => {
  it('502s, unreachable addresses, an expired token and no listening socket, in whatever order they come (A19)', () => {
    const events = [
      (staged: Staged) => staged.fail('stale_endpoint', 40, { symptom: 'connect_refused' }),
      (staged: Staged) => staged.fail('stale_endpoint', 60, { symptom: 'host_unreachable', upstream: API }),
      (staged: Staged) => staged.state('token_expired'),
      (staged: Staged) => staged.state('gateway_not_listening'),
    ];
    for (const order of orders(events)) {
      const staged = new Staged();
      for (const event of order) event(staged.pass(2));
      staged.pass(3);
      const incident = staged.one();
      assert.equal(incident.cause, 'stale_endpoint');
      assert.equal(incident.failures, 100);
      assert.deepEqual(conditionsOf(incident), ['gateway_not_listening', 'token_expired']);
      assert.match(incident.title, /^pay\/api and 1 more: 100 failures .*token .* has expired.*does not listen/);
      assert.match(incident.next, /rollout restart deployment\/edge/);
    }
  });

  it('the same with general causes, when nothing could prove more', () => {
    for (const order of orders([
      (staged: Staged) => staged.fail('connection_refused', 40),
      (staged: Staged) => staged.fail('no_route_to_host', 60, { symptom: 'host_unreachable' }),
      (staged: Staged) => staged.state('token_expired'),
      (staged: Staged) => staged.state('gateway_not_listening'),
    ])) {
      const staged = new Staged();
      for (const event of order) event(staged.pass(2));
      assert.equal(staged.one().failures, 100);
    }
  });

  it('two Services with problems of their own are two', () => {
    const staged = new Staged()
      .fail('stale_endpoint', 10)
      .fail('app_error', 7, { upstream: API, symptom: 'upstream_5xx' });
    assert.deepEqual(
      staged.all().map(({ cause, failures, affected }) => [cause, failures, affected]),
      [
        ['stale_endpoint', 10, ['shop/cart:80']],
        ['app_error', 7, ['pay/api:80']],
      ],
    );
  });

  it('they stay two when the token expires, which explains one of them', () => {
    const staged = new Staged()
      .fail('stale_endpoint', 10)
      .fail('app_error', 7, { upstream: API, symptom: 'upstream_5xx' })
      .state('token_expired');
    assert.deepEqual(
      staged.all().map((incident) => [incident.cause, conditionsOf(incident)]),
      [
        ['stale_endpoint', ['token_expired']],
        ['app_error', []],
      ],
    );
  });

  it('a mixture at one Service is one, with its shares', () => {
    const staged = new Staged().fail('stale_endpoint', 30).fail('connection_refused', 70, { peer: '10.2.71.15' });
    assert.deepEqual(shares(staged.one()), [
      ['stale_endpoint', 30],
      ['connection_refused', 70],
    ]);
    assert.match(staged.one().title, /, 10\.2\.71\.14:8080 \(30 %\), connection refused \(70 %\)$/);
  });

  it("the gateway's own trouble is one over all upstreams, beside a Service's", () => {
    const staged = new Staged()
      .fail('fds_exhausted', 3)
      .fail('worker_connections_exhausted', 4, { upstream: API })
      .fail('dns_failure', 2)
      .fail('app_error', 1);
    const causes = staged.all().map(({ causes }) => causes.map(({ cause }) => cause).sort());
    assert.deepEqual(causes.sort(), [
      ['app_error'],
      ['dns_failure'],
      ['fds_exhausted', 'worker_connections_exhausted'],
    ]);
  });

  it("the sidecars of two Services are two, the gateway's own is one over both", () => {
    const peers = new Staged().fail('sidecar_down', 3).fail('sidecar_down', 4, { upstream: API }).pass(20);
    assert.deepEqual(
      peers
        .all()
        .map(({ failures, affected }) => [failures, affected])
        .sort(),
      [
        [3, ['shop/cart:80']],
        [4, ['pay/api:80']],
      ],
    );
    for (const order of orders([
      (staged: Staged) => staged.fail('sidecar_down', 3),
      (staged: Staged) => staged.fail('sidecar_down', 4, { upstream: API }),
      (staged: Staged) => staged.state('sidecar_down', true, { evidence: 'nothing listens on port 15001 any more' }),
    ])) {
      const staged = new Staged();
      for (const event of order) event(staged.pass(2));
      assert.deepEqual([staged.one().failures, conditionsOf(staged.one())], [7, ['sidecar_down']]);
    }
  });

  it('an expired token does not tie timeouts of two Services together: they may be slow', () => {
    for (const order of orders([
      (staged: Staged) => staged.fail('connect_timeout', 3, { symptom: 'connect_timeout' }),
      (staged: Staged) => staged.fail('connect_timeout', 4, { symptom: 'connect_timeout', upstream: API }),
      (staged: Staged) => staged.state('token_expired'),
    ])) {
      const staged = new Staged();
      for (const event of order) event(staged.pass(2));
      assert.deepEqual(
        staged
          .all()
          .map(({ failures }) => failures)
          .sort(),
        [3, 4],
      );
      for (const { next } of staged.all()) assert.doesNotMatch(next, /rollout restart/);
    }
  });

  it('a controller that came back and delivered nothing is named, with all Services that it concerns', () => {
    const evidence =
      'no resync since the controller nginx-gateway/ngf started at 2026-11-21T03:00:05Z: 10.2.71.14:8080 of shop_cart_80';
    for (const order of orders([
      (staged: Staged) => staged.fail('stale_endpoint', 3),
      (staged: Staged) => staged.fail('stale_endpoint', 4, { upstream: API }),
      (staged: Staged) => staged.state('not_resynced', true, { evidence }),
    ])) {
      const staged = new Staged();
      for (const event of order) event(staged.pass(2));
      assert.equal(staged.one().failures, 7);
      assert.match(
        staged.one().title,
        /not resynced \(no resync since the controller nginx-gateway\/ngf started at 2026-11-21T03:00:05Z/,
      );
      assert.match(staged.one().next, /badgateway remedy gw\/edge$/);
    }
  });

  it('a quarter of refused connections at a stale address is not why most answers are late', () => {
    const staged = new Staged()
      .fail('stale_endpoint', 26)
      .fail('response_timeout', 74, { symptom: 'response_timeout', peer: '10.2.71.15' });
    assert.equal(staged.one().cause, 'response_timeout');
    assert.match(staged.one().title, /\(74 %\), address of no endpoint \(26 %\)$/);
  });

  it('replicas are one gateway, workloads are not', () => {
    const staged = new Staged()
      .fail('stale_endpoint')
      .fail('stale_endpoint', 1, { subject: { ...EDGE, pod: 'edge-2' } })
      .fail('stale_endpoint', 1, { subject: { ...EDGE, gateway: 'other', pod: 'other-1' } });
    assert.deepEqual(
      staged.all().map(({ gateway, subjects }) => [gateway, subjects.map(({ pod }) => pod)]),
      [
        ['edge', ['edge-1', 'edge-2']],
        ['other', ['other-1']],
      ],
    );
  });

  it('fifty unknown addresses with one cause are one', () => {
    const staged = new Staged();
    const upstream = { upstream: '', upstream_namespace: '', upstream_service: '', upstream_port: '' };
    for (let i = 0; i < 50; i++) staged.fail('connect_timeout', 1, { upstream, peer: `10.0.0.${i}` });
    assert.equal(staged.one().failures, 50);
    assert.equal(staged.one().causes[0].upstreams.length, 20);
  });

  it('a Service without endpoints has its failures, and no others', () => {
    const staged = new Staged()
      .fail('no_endpoints', 5, { symptom: 'no_live_upstreams' })
      .fail('no_live_upstreams', 5, { upstream: API })
      .state('no_endpoints', true, { evidence: 'shop/cart:80, shop/idle:8080' });
    const [cart, api] = staged.all();
    assert.deepEqual([conditionsOf(cart), conditionsOf(api)], [['no_endpoints'], []]);
    assert.equal(staged.all().length, 2);
  });

  it('a listen queue that overflows, a probe that fails and a restart say that restarts make it worse (C4)', () => {
    const staged = new Staged().state('listen_queue_overflow').pass(20);
    staged
      .done('warning', 'Unhealthy: Readiness probe failed')
      .pass(20)
      .done('restart', 'edge-1: nginx was restarted')
      .pass(1);
    const incident = staged.one();
    assert.match(incident.title, /listen queue is full; restarts make it worse$/);
    assert.deepEqual(
      incident.timeline.map(({ kind }) => kind),
      ['condition', 'warning', 'restart'],
    );
  });
});

describe('every cause', () => {
  for (const cause of CAUSES) {
    it(`${cause} has a title and a next step`, () => {
      const incident = new Staged()
        .fail(cause, 214)
        .pass(300 - 1)
        .fail(cause)
        .one();
      assert.match(incident.title, /^shop\/cart: 215 failures in 5 min at gateway gw\/edge: \S/);
      assert.ok(incident.next.length > 20);
    });
  }
});
