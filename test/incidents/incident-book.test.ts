import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explanationOf } from '../../src/causes/index.ts';
import { CAUSES } from '../../src/contract/names.ts';
import { CONDITIONS } from '../../src/contract/upstream.ts';
import { opensIncident } from '../../src/incidents/condition-reasons.ts';
import type { Incident } from '../../src/incidents/incident.ts';
import { API, CART, EDGE, START, Staged } from './staged.ts';

const STALE = explanationOf('stale_endpoint').title;
const conditionsOf = ({ conditions }: Incident) => conditions.map(({ condition }) => condition).sort();
const shares = ({ causes }: Incident) => causes.map(({ cause, count }) => [cause, count]);

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

describe('a bad state without failures', () => {
  for (const condition of CONDITIONS.filter(opensIncident)) {
    it(`${condition} is an incident without a cause, with words and a next step`, () => {
      const incident = new Staged().state(condition, true, { evidence: 'shop/cart:80' }).pass(15).one();
      assert.equal(incident.cause, null);
      assert.equal(incident.failures, 0);
      assert.match(incident.title, /^gateway gw\/edge: .+/);
      assert.doesNotMatch(incident.next, /\$|^$/);
    });
  }

  it('is none before it has held for 15 s: a reload or a rollout that harms nobody', () => {
    const staged = new Staged().state('config_not_loaded').pass(14);
    assert.deepEqual([staged.all(), staged.opened], [[], []]);
    staged.state('config_not_loaded', false).pass(5).state('config_not_loaded').pass(14);
    assert.deepEqual(staged.all(), [], 'it has begun anew');
    const { startedMs } = staged.pass(1).one();
    assert.equal(startedMs, staged.now - 15_000);
    assert.deepEqual(staged.opened, [null]);
  });

  it('stands at once with the failures that it explains', () => {
    const staged = new Staged().state('config_not_loaded').fail('stale_endpoint').pass(1);
    assert.deepEqual(conditionsOf(staged.one()), ['config_not_loaded']);
  });

  for (const condition of CONDITIONS.filter((one) => !opensIncident(one))) {
    it(`${condition} is never an incident by itself, and keeps none open`, () => {
      const say = (staged: Staged, count: number) => staged.state(condition, true, { evidence: `${count} reloads` });
      const staged = say(new Staged(), 30).pass(600);
      assert.deepEqual([staged.all(), staged.opened], [[], []]);
      staged.fail('overload').pass(1);
      assert.deepEqual(conditionsOf(staged.one()), [condition]);
      for (let count = 31; count < 61; count++) say(staged, count).pass(10);
      assert.equal(staged.one().isOpen, false);
      staged.state('worker_pileup').pass(16);
      const [open] = staged.all();
      assert.deepEqual([open.isOpen, conditionsOf(open)], [true, [condition, 'worker_pileup'].sort()]);
      staged.state('worker_pileup', false).pass(60);
      assert.equal(staged.all()[0].isOpen, false);
    });
  }

  it('that has harmed nobody is over one minute after it has ended', () => {
    const staged = new Staged().state('config_not_loaded').pass(20).state('config_not_loaded', false).pass(59);
    assert.equal(staged.one().isOpen, true);
    staged.pass(1);
    assert.equal(staged.one().isOpen, false);
    assert.equal(staged.one().timeline.at(-1)!.text, 'over: 1 min without a bad state, and no request had failed');
    staged.state('config_not_loaded').fail('stale_endpoint').pass(1).state('config_not_loaded', false).pass(298);
    assert.equal(staged.all()[0].isOpen, true, 'with a failure it takes five');
  });

  it('takes the failures that it explains, and keeps its id', () => {
    const staged = new Staged().state('config_not_loaded').pass(30);
    const { id } = staged.one();
    staged.fail('stale_endpoint', 5).pass(1);
    assert.deepEqual([staged.one().id, staged.one().cause], [id, 'stale_endpoint']);
    staged.fail('stale_endpoint', 5, { upstream: API });
    assert.equal(staged.one().failures, 10);
  });

  it('that fits only does not tie two Services together', () => {
    const staged = new Staged()
      .state('token_expired')
      .fail('connection_refused')
      .fail('connection_refused', 1, { upstream: API });
    assert.deepEqual(staged.all().map(conditionsOf), [['token_expired'], ['token_expired']]);
  });

  it('false and unknown open nothing and need no memory', () => {
    const staged = new Staged().state('token_expired', false).state('truth_stale', null);
    assert.deepEqual(staged.all(), []);
  });

  it('holds as long as one replica has it', () => {
    const other = { ...EDGE, pod: 'edge-2' };
    const staged = new Staged().state('config_invalid').state('config_invalid', true, { subject: other });
    staged.pass(600).state('config_invalid', false).pass(600);
    assert.equal(staged.one().conditions[0].isActive, true);
    staged.state('config_invalid', null, { subject: other }).pass(1);
    assert.equal(staged.one().conditions[0].isActive, false);
    assert.equal(staged.one().isOpen, true);
    assert.equal(staged.pass(300).one().isOpen, false);
  });
});

describe('how an incident ends', () => {
  it('after five minutes without a failure; then the next failure is another one', () => {
    const staged = new Staged().fail('stale_endpoint').pass(299);
    assert.equal(staged.one().isOpen, true);
    staged.pass(1);
    const first = staged.one();
    assert.deepEqual([first.isOpen, first.rate], [false, 0]);
    staged.fail('stale_endpoint');
    assert.equal(staged.all().length, 2);
    assert.notEqual(staged.all()[0].id, first.id);
    assert.deepEqual(
      staged.all().map(({ isOpen }) => isOpen),
      [true, false],
    );
  });

  it('quiet and again stand in the timeline', () => {
    const staged = new Staged().fail('stale_endpoint').pass(90).fail('stale_endpoint').pass(300);
    assert.deepEqual(
      staged.one().timeline.map(({ kind, text, atMs }) => [kind, text, (atMs - START) / 1000]),
      [
        ['failures', `shop/cart:80: ${STALE}`, 0],
        ['quiet', 'the last failure', 0],
        ['failures', `failures again, shop/cart:80: ${STALE}`, 90],
        ['quiet', 'the last failure', 90],
        ['quiet', 'over: 5 min without a failure and without a bad state', 390],
      ],
    );
  });
});

describe('changes', () => {
  it('of the gateway, the Service and the node from ten minutes before stand in the timeline, others do not', () => {
    const staged = new Staged()
      .done('reload', 'too early')
      .pass(601)
      .done('reload', 'edge was reloaded')
      .done('rollout', 'shop/cart was rolled out', { subject: null, service: 'shop/cart' })
      .done('rollout', 'pay/api was rolled out', { subject: null, service: 'pay/api' })
      .done('restart', 'the node', { subject: null })
      .done('reload', 'another gateway', { subject: { ...EDGE, gateway: 'other' } })
      .pass(60)
      .fail('stale_endpoint')
      .pass(10)
      .done('scale', 'cart: 3 to 5', { subject: null, service: 'shop/cart' });
    const texts = staged.one().timeline.map(({ text }) => text);
    assert.deepEqual(texts, [
      'edge was reloaded',
      'shop/cart was rolled out',
      'the node',
      `shop/cart:80: ${STALE}`,
      'cart: 3 to 5',
    ]);
    staged.fail('connection_refused', 1, { upstream: CART });
    assert.equal(staged.one().timeline.filter(({ text }) => text.includes('reloaded')).length, 1);
  });
});

describe('numbers', () => {
  it('rate of the last minute, and the share of all requests since it began', () => {
    const staged = new Staged();
    staged.requests = 1000;
    staged.fail('stale_endpoint', 60).pass(5).fail('stale_endpoint', 60).pass(1);
    assert.equal(staged.one().rate, 2);
    assert.equal(staged.one().share, 0.12);
    assert.equal(staged.pass(60).one().rate, 0);
    staged.requests = null;
    staged.fail('stale_endpoint').pass(1);
    assert.equal(staged.one().share, null);
    staged.requests = 10;
    staged.fail('stale_endpoint').pass(1);
    assert.equal(staged.one().share, 1);
  });
});

describe('list and get', () => {
  it('open ones first, those with most failures before all; limit and since', () => {
    const staged = new Staged().fail('app_error', 9).pass(400);
    const middle = staged.now;
    staged.fail('app_error', 3).fail('stale_endpoint', 5, { upstream: API }).pass(1);
    assert.deepEqual(
      staged.all().map(({ failures, isOpen }) => [failures, isOpen]),
      [
        [5, true],
        [3, true],
        [9, false],
      ],
    );
    const { incidents, total } = staged.book.list({ limit: 1 });
    assert.deepEqual([incidents.length, incidents[0].failures, total], [1, 5, 3]);
    assert.equal(staged.book.list({ sinceMs: middle }).total, 2);
  });

  it('a merged incident is found by each of its ids', () => {
    const staged = new Staged().fail('stale_endpoint').pass(5).fail('stale_endpoint', 1, { upstream: API });
    const ids = staged.all().map(({ id }) => id);
    assert.equal(ids.length, 2);
    staged.state('control_plane_down').pass(1);
    const { id } = staged.one();
    assert.deepEqual(
      ids.map((one) => staged.book.get(one)?.id),
      [id, id],
    );
    for (const one of ids) assert.match(one, /^i[0-9a-f]{12}$/);
    assert.equal(staged.book.get('i000000000000'), undefined);
  });
});

describe('listeners', () => {
  it('hear of what has changed since the last look, and of nothing after they have gone', () => {
    const staged = new Staged().fail('app_error');
    const heard: string[] = [];
    const stop = staged.book.onChange(({ failures, isOpen }) => void heard.push(`${failures} ${isOpen}`));
    staged.pass(2);
    assert.deepEqual(heard, []);
    staged.fail('app_error').fail('app_error').pass(3);
    assert.deepEqual(heard, ['3 true']);
    stop();
    staged.fail('app_error').pass(1);
    assert.deepEqual(heard, ['3 true']);
  });

  it('hear of quiet and of the end', () => {
    const staged = new Staged();
    const heard: boolean[] = [];
    staged.book.onChange(({ isOpen }) => void heard.push(isOpen));
    staged.fail('app_error').pass(301);
    assert.deepEqual(heard, [true, true, false]);
  });
});

describe('memory', () => {
  const upstream = (i: number) => ({ ...CART, upstream_service: `s${i}` });

  it('is bounded: closed ones go before open ones, explained ones before unidentified ones, and each is counted', () => {
    const staged = new Staged();
    const failAll = (from: number, to: number) => {
      for (let i = from; i < to; i++) staged.fail('app_error', 1, { upstream: upstream(i) });
    };
    staged.fail('unidentified', 1, { upstream: upstream(0) }).pass(1);
    failAll(1, 100);
    staged.pass(400);
    failAll(1000, 1100);
    staged.pass(400);
    failAll(2000, 2060);
    assert.deepEqual([staged.all().length, staged.droppedCount, staged.book.list().dropped], [200, 60, 60]);
    assert.equal(staged.all().filter(({ isOpen }) => isOpen).length, 60);
    assert.ok(staged.all().some(({ cause }) => cause === 'unidentified'));
    // One that had to go begins anew.
    failAll(50, 51);
    assert.deepEqual([staged.all().length, staged.droppedCount], [200, 61]);
  });

  it('of more than a hundred Services that fail at once the others are one incident for each cause', () => {
    const staged = new Staged();
    for (let i = 0; i < 100; i++) staged.fail('app_error', 1, { upstream: upstream(i) });
    for (let i = 100; i < 5000; i++)
      staged.fail(i % 2 === 0 ? 'connect_timeout' : 'no_endpoints', 1, { upstream: upstream(i) });
    // Failures of one Service stay one incident.
    staged.fail('no_endpoints', 1, { upstream: upstream(102) }).fail('no_endpoints', 1, { upstream: upstream(7) });
    const incidents = staged.all();
    assert.equal(incidents.length, 102);
    assert.deepEqual([staged.opened.length, staged.droppedCount], [102, 0]);
    const many = incidents.filter(({ failures }) => failures > 2);
    assert.deepEqual(
      many.map(({ causes }) => causes.map(({ cause, count }) => `${cause} ${count}`)),
      [['connect_timeout 2450', 'no_endpoints 1'], ['no_endpoints 2450']],
    );
    staged.pass(400).fail('app_error', 1, { upstream: upstream(4000) });
    assert.equal(staged.all().find(({ isOpen }) => isOpen)?.failures, 1, 'when they are over, one has its own again');
  });

  it('within one incident: 10,000 addresses, sentences, changes and Services', () => {
    const staged = new Staged().state('token_expired');
    for (let i = 0; i < 10_000; i++) {
      const evidence = [`sentence-${i} ${'x'.repeat(2000)}`];
      staged.fail('stale_endpoint', 1, {
        upstream: upstream(i),
        peer: `10.0.${i >> 8}.${i & 255}`,
        evidence,
        sample: `line-${i}`,
      });
      staged.done('reload', `reload ${i}`);
    }
    const incident = staged.one();
    assert.equal(incident.failures, 10_000);
    assert.deepEqual([incident.timeline.length, incident.samples.length, incident.affected.length], [100, 10, 20]);
    assert.equal(incident.samples[0], 'line-9999');
    assert.ok(JSON.stringify(incident).length < 40_000);
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

describe('what began is told once', () => {
  it('with the cause that was known then', () => {
    const staged = new Staged().fail('app_error').fail('app_error').state('worker_pileup').pass(15);
    assert.deepEqual(staged.opened, ['app_error', null]);
    assert.deepEqual(
      staged.book.open().map(({ gateway, cause }) => [gateway, cause]),
      [
        ['edge', 'app_error'],
        ['edge', null],
      ],
    );
  });
});

function orders<T>(events: readonly T[]): T[][] {
  if (events.length <= 1) return [[...events]];
  return events.flatMap((first, index) =>
    orders(events.filter((_, other) => other !== index)).map((rest) => [first, ...rest]),
  );
}
