import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Insight, knownUpstreams } from '../../src/commands/diagnose-case.ts';
import { askUpstream } from '../../src/commands/diagnose-upstream.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import type { Condition } from '../../src/contract/upstream.ts';
import type {
  AddressStatus,
  CollectorStatus,
  ListedState,
  StatusReport,
  UpstreamsReport,
} from '../../src/http/views.ts';
import type { Incident } from '../../src/incidents/incident.ts';
import { emptyReport, emptyUpstreams } from '../support/http-doubles.ts';
import { staleIncident } from '../support/page-reports.ts';

const AT = Date.parse('2026-11-21T03:00:00Z');
const SUBJECT = { namespace: 'ingress', pod: 'edge-1', container: 'nginx', gateway: 'edge' };

interface Told {
  readonly states?: readonly ListedState[];
  readonly why?: AddressStatus['why'];
  readonly conditions?: Readonly<Record<string, string | false>>;
  /** Of conditions that do not hold. */
  readonly quietEvidence?: string;
  readonly incidents?: readonly Incident[];
  readonly freshness?: 'fresh' | 'stale' | 'unwatched';
  readonly hasService?: boolean;
  readonly collectors?: readonly CollectorStatus[];
  readonly proxy?: 'nginx' | 'envoy';
  readonly insight?: Insight;
  readonly pods?: UpstreamsReport['pods'];
}

const collector = (name: string, state: CollectorStatus['state'], detail = ''): CollectorStatus => {
  return { name, state, detail, lastSuccessAt: null, durationMs: 1, targets: [] };
};
const WATCHING = ['nginx_error_log', 'envoy', 'kubernetes', 'listeners', 'cgroups', 'netstat', 'conntrack'].map(
  (name) => collector(name, 'ok'),
);
/** All that can be told of a gateway in a cluster. */
const QUIET: Readonly<Record<string, false>> = {
  ...{ crash_looping: false, sidecar_down: false, oom_killed: false, listen_queue_overflow: false },
  ...{ syn_queue_full: false, conntrack_full: false, control_plane_down: false, config_not_loaded: false },
};

function upstreamsOf({ states = ['live', 'live'], why = '', conditions = QUIET, ...told }: Told): UpstreamsReport {
  const { freshness = 'fresh', hasService = true, proxy = 'nginx', quietEvidence = '' } = told;
  const addresses = states.map((state, at): AddressStatus => {
    const owner = { pod: `shop/cart-${at + 1}`, isCurrent: state !== 'stale' };
    return { address: `10.0.0.${at + 1}:8080`, state, why, since: null, place: `shop.conf:${at + 1}`, owner };
  });
  const upstream = {
    ...{
      name: 'shop_cart_80',
      isStatic: false,
      driftSince: null,
      slicesChangedAt: null,
      counts: emptyUpstreams().counts,
      addresses,
    },
    service: hasService ? { namespace: 'shop', name: 'cart', port: '80' } : null,
    mapping: { method: 'name', reason: 'its name has no reading' },
  } as const;
  const view = { proxy, subject: SUBJECT, source: 'nginx_config', readAt: '', isOld: false } as const;
  const since = new Date(AT - 60_000).toISOString();
  return {
    ...emptyUpstreams(),
    gateways: [{ ...view, upstreams: [upstream] }],
    cluster: [{ resource: 'endpointslices', freshness, currentAt: null, objects: 1 }],
    pods: told.pods ?? [],
    conditions: Object.entries(conditions).map(([condition, evidence]) => {
      const isActive = evidence !== false;
      return {
        condition: condition as Condition,
        subject: SUBJECT,
        isActive,
        since,
        evidence: evidence || quietEvidence,
      };
    }),
  };
}

function ask(told: Told = {}, asked = 'shop/cart') {
  const upstreams = upstreamsOf(told);
  const { incidents = [], collectors = WATCHING, insight } = told;
  const status: StatusReport = { ...emptyReport(), collectors };
  const looked = { status, upstreams, incidents: { at: '', incidents, total: 1, dropped: 0 } };
  const listening = () => ({ state: 'listening', others: [] }) as const;
  return askUpstream({ looked, asked, atMs: AT, sinceMs: AT - 900_000, insight: insight ?? { listening } });
}

const outcomes = (told: Told, asked?: string) => ask(told, asked).steps.map(({ outcome }) => outcome);
const checks = (told: Told, number: number) => ask(told).steps[number - 1].checks.map(({ text }) => text);

function failing(cause: Incident['causes'][number]['cause'], evidence = 'proof'): Incident {
  const base = staleIncident(AT);
  const upstream = {
    ...{ upstream: 'shop_cart_80', upstream_namespace: 'shop', upstream_service: 'cart', upstream_port: '80' },
  };
  const places = [{ upstream, peer: '10.0.0.1:8080', count: 12 }];
  return { ...base, cause, causes: [{ cause, count: 12, symptoms: [], upstreams: places, evidence: [evidence] }] };
}

const PENDING = { pod: 'shop/cart-8', phase: 'Pending', text: 'not scheduled: Unschedulable', isStuck: true };
const CREATING = {
  ...{ pod: 'shop/cart-9', phase: 'Pending', text: 'container app waits: ContainerCreating', isStuck: false },
};
const podsOf = (notReady: UpstreamsReport['pods'][number]['notReady'], service = 'shop/cart') => {
  return [{ service, total: notReady.length, isWhole: true, at: new Date(AT).toISOString(), notReady }];
};

const ALL_PASS = Array.from({ length: 7 }, () => 'pass');

describe('the seven steps', () => {
  it('pass where everything is seen and good', () => {
    assert.deepEqual(outcomes({}), ALL_PASS);
  });

  it('find the upstream by block, Service, its port, or address', () => {
    for (const asked of ['shop_cart_80', 'shop/cart', 'shop/cart:80', 'cart', '10.0.0.2:8080'])
      assert.equal(ask({}, asked).gateways.length, 1, asked);
    assert.throws(() => ask({}, 'pay'), /no upstream "pay" is known; there are shop\/cart: badgateway upstreams/);
  });

  it('names those that are like what was asked first', () => {
    const known = (asked: string) => {
      const upstreams = upstreamsOf({});
      const [gateway] = upstreams.gateways;
      const named = (name: string) => ({
        ...gateway.upstreams[0],
        ...{ name: `shop_${name}_80`, service: { namespace: 'shop', name, port: '80' } },
      });
      const gateways = [{ ...gateway, upstreams: ['catalog', 'redis', 'postgres', 'card', 'cart'].map(named) }];
      const incidents = { at: '', incidents: [], total: 0, dropped: 0 };
      const looked = { status: emptyReport(), upstreams: { ...upstreams, gateways }, incidents };
      return knownUpstreams(looked, asked).slice(0, 2);
    };
    assert.deepEqual(known('postgress')[0], 'shop/postgres');
    assert.deepEqual(known('shop/crat')[0], 'shop/cart');
    assert.deepEqual(known('nothing-like-it'), ['shop/catalog', 'shop/redis']);
  });

  it('1: no ready endpoint; then nothing else is looked at', () => {
    const { steps } = ask({ states: ['not_ready', 'stale'] });
    assert.deepEqual(
      steps.map(({ outcome }) => outcome),
      ['fail', ...Array.from({ length: 6 }, () => 'unknown')],
    );
    assert.equal(steps[0].checks[0].text, 'shop/cart has no ready endpoint, 1 more not ready or terminating');
    assert.match(steps[0].checks[0].next ?? '', /kubectl -n shop get endpointslices,pods/);
    assert.deepEqual(steps[3].checks, [
      { outcome: 'unknown', text: 'not looked at: no pod of it is ready, so step 1 comes first' },
    ]);
  });

  it('1: an upstream that lists nothing, of a Service without endpoints', () => {
    const conditions = { ...QUIET, no_endpoints: 'shop/cart:80, shop/pay:80' };
    assert.equal(ask({ states: [], conditions }).steps[0].outcome, 'fail');
  });

  it('1: a pod in CrashLoopBackOff, but only one of its own', () => {
    const looping = (pod: string) => ({ ...QUIET, crash_looping: `${pod} (app): 7 restarts, last exit Error (1)` });
    const { steps } = ask({ conditions: looping('shop/cart-2') });
    assert.deepEqual(
      steps.map(({ outcome }) => outcome),
      ['fail', ...ALL_PASS.slice(1)],
    );
    assert.equal(steps[0].checks[1].next, 'kubectl -n shop logs cart-2 --previous');
    assert.deepEqual(outcomes({ conditions: looping('pay/pay-1') }), ALL_PASS);
  });

  it('1: pods that are Pending and stand in no slice; then nothing else is looked at', () => {
    const conditions = { ...QUIET, no_endpoints: 'shop/cart:80' };
    const { steps } = ask({ states: [], conditions, pods: podsOf([PENDING, CREATING]) });
    assert.equal(
      steps[0].checks.find(({ text }) => text.startsWith('2 of 2'))?.text,
      '2 of 2 pods not ready: shop/cart-8 (Pending, not scheduled: Unschedulable); shop/cart-9 (Pending, container app waits: ContainerCreating)',
    );
    assert.deepEqual(
      steps.map(({ outcome }) => outcome),
      ['fail', ...Array.from({ length: 6 }, () => 'unknown')],
    );
  });

  it('1: a pod that is stuck fails it beside ready ones, one that starts or is of another Service does not', () => {
    assert.deepEqual(outcomes({ pods: podsOf([CREATING]) }), ALL_PASS);
    assert.deepEqual(outcomes({ pods: podsOf([PENDING], 'shop/pay') }), ALL_PASS);
    assert.deepEqual(outcomes({ pods: podsOf([PENDING]) }), ['fail', ...ALL_PASS.slice(1)]);
  });

  it('1: no pod that the Service selects, but only where none is ready', () => {
    const conditions = { ...QUIET, no_endpoints: 'shop/cart:80' };
    assert.match(
      checks({ states: [], conditions, pods: podsOf([]) }, 1).join(),
      /no pod has the labels that shop\/cart selects/,
    );
    assert.deepEqual(outcomes({ pods: podsOf([]) }), ALL_PASS);
  });

  it('2: the container that is not ready is named', () => {
    const text = 'container proxy is not ready';
    const pods = podsOf([{ pod: 'shop/cart-2', phase: 'Running', text, isStuck: false }]);
    assert.equal(
      checks({ states: ['live', 'not_ready'], pods }, 2)[0],
      `1 address not ready: 10.0.0.2:8080 (shop/cart-2: ${text})`,
    );
  });

  it('1: unknown without a source, without a Service, and while the slices are old', () => {
    const collectors = [collector('kubernetes', 'not_permitted', 'endpointslices: forbidden')];
    assert.match(
      checks({ freshness: 'unwatched', collectors }, 1)[0],
      /kubernetes is not permitted \(endpointslices: forbidden\); the rights it needs: docs\/collectors\/kubernetes\.md/,
    );
    const [unmapped] = ask({ hasService: false }, 'shop_cart_80').steps[0].checks;
    assert.equal(unmapped.text, 'no Service is known for it: its name has no reading');
    assert.match(checks({ freshness: 'stale' }, 1)[0], /the EndpointSlices are stale/);
  });

  it('2: an endpoint that is not ready, and a sidecar that is down', () => {
    assert.deepEqual(outcomes({ states: ['live', 'not_ready'] }), ['pass', 'fail', ...ALL_PASS.slice(2)]);
    const conditions = { ...QUIET, sidecar_down: '10.0.0.1:20000 does not listen' };
    assert.match(checks({ conditions }, 2)[1], /^sidecar_down since 02:59:00Z: 10\.0\.0\.1:20000/);
    assert.equal(outcomes({ conditions })[1], 'fail');
  });

  it('3: sockets on loopback only, another port, and those that nobody sees', () => {
    const listening = (_: unknown, address: string) =>
      address === '10.0.0.1:8080'
        ? ({ state: 'bound_to_loopback', others: [] } as const)
        : ({ state: 'port_mismatch', others: [9090] } as const);
    const found = checks({ insight: { listening } }, 3);
    assert.ok(found.includes('10.0.0.1:8080: bound to loopback'));
    assert.ok(found.includes('10.0.0.2:8080: port mismatch, but 9090 does'));
    assert.equal(outcomes({ states: ['live', 'port_drift'] })[2], 'fail');
    assert.equal(outcomes({ insight: { listening: () => null } })[2], 'unknown');
    assert.match(checks({ insight: {} }, 3).join(), /give --no-server on the node of its pods, or --probe/);
  });

  it('3 and 4: what --probe has tried', () => {
    const probed = new Map([
      ['10.0.0.1:8080', null],
      ['10.0.0.2:8080', null],
    ]);
    assert.deepEqual(outcomes({ insight: { probed } }), ALL_PASS);
    const refused = new Map([['10.0.0.1:8080', 'ECONNREFUSED']]);
    assert.ok(
      checks({ insight: { probed: refused } }, 4).includes(
        '10.0.0.1:8080 takes no connection from here (--probe): ECONNREFUSED',
      ),
    );
  });

  it('4: addresses that are no endpoints, and endpoints that it lacks', () => {
    assert.deepEqual(checks({ states: ['live', 'stale', 'missing'] }, 4).slice(0, 2), [
      'the gateway uses addresses that are no endpoints: 10.0.0.2:8080 stale (shop.conf:2)',
      'the gateway lacks 1 ready endpoint',
    ]);
    assert.equal(outcomes({ states: ['unknown'], freshness: 'stale' })[3], 'unknown');
  });

  it('4: a full queue, and no word on failures without a log', () => {
    assert.equal(outcomes({ conditions: { ...QUIET, conntrack_full: '262144 of 262144' } })[3], 'fail');
    const collectors = [collector('nginx_error_log', 'not_permitted', 'EACCES'), ...WATCHING.slice(1)];
    assert.equal(outcomes({ collectors })[3], 'unknown');
  });

  it('5: names that did not resolve', () => {
    assert.equal(outcomes({ incidents: [failing('dns_failure')] })[4], 'fail');
    assert.match(
      checks({ states: [''], why: 'hostname', freshness: 'unwatched' }, 5)[0],
      /^no resolution failed; names: /,
    );
    const collectors = [collector('nginx_error_log', 'failed', 'oops')];
    assert.equal(outcomes({ states: [''], why: 'hostname', freshness: 'unwatched', collectors })[4], 'unknown');
  });

  it('6: what was denied; of Envoy only the destination can say that nothing was', () => {
    assert.equal(outcomes({ incidents: [failing('rbac_denied')] })[5], 'fail');
    assert.equal(outcomes({ proxy: 'envoy' })[5], 'unknown');
    assert.equal(outcomes({ conditions: { ...QUIET, certificate_expired: 'ca.pem' } })[5], 'fail');
  });

  it('6: names the identities that Envoys show', () => {
    const conditions = { ...QUIET, certificate_expired: false } as const;
    const quietEvidence = 'spiffe://mesh/ns/shop/sa/cart until 2026-11-22';
    const texts = checks({ proxy: 'envoy', conditions, quietEvidence }, 6);
    assert.equal(texts[0], `certificates of edge (edge-1): ${quietEvidence}`);
    assert.equal(checks({ proxy: 'envoy', conditions }, 6).length, 1);
  });

  it('7: the control plane, and a configuration that is not in force', () => {
    assert.equal(outcomes({ conditions: { ...QUIET, control_plane_down: 'no ready endpoint' } })[6], 'fail');
    assert.equal(outcomes({ conditions: { ...QUIET, config_not_loaded: 'changed 3 min ago' } })[6], 'fail');
    assert.equal(outcomes({ conditions: {} })[6], 'unknown');
  });

  it('a failure fails the step of its cause and no other, with its evidence and what to do', () => {
    const steps = [
      ...([
        ['no_endpoints', 1],
        ['oom_killed', 2],
        ['connection_refused', 3],
        ['response_timeout', 4],
      ] as const),
      ...([
        ['unidentified', 4],
        ['dns_failure', 5],
        ['upstream_tls', 6],
        ['no_cluster', 7],
      ] as const),
    ];
    for (const [cause, number] of steps) {
      const failed = ask({ incidents: [failing(cause)] }).steps.filter(({ outcome }) => outcome === 'fail');
      assert.deepEqual(
        failed.map((step) => step.number),
        [number],
        cause,
      );
      const check = failed[0].checks.find(({ outcome }) => outcome === 'fail');
      assert.equal(check?.text, `12 failures by ${cause}: proof`);
      assert.notEqual(check?.next, undefined);
    }
  });

  it('failures of another upstream, or from before the time, fail nothing', () => {
    const other = failing('connection_refused');
    const upstream = { ...other.causes[0].upstreams[0].upstream, upstream: 'pay', upstream_service: 'pay' };
    const places = [{ upstream, peer: '10.0.0.1:8080', count: 12 }];
    const elsewhere = { ...other, causes: [{ ...other.causes[0], upstreams: places }] };
    assert.deepEqual(outcomes({ incidents: [elsewhere] }), ALL_PASS);
    assert.deepEqual(outcomes({ incidents: [{ ...other, lastMs: AT - 901_000 }] }), ALL_PASS);
  });

  it('is told from failures alone where no gateway shows its upstreams', () => {
    const incident = failing('connection_refused');
    const places = [{ upstream: UNKNOWN_UPSTREAM, peer: '10.9.9.9:80', count: 12 }];
    const causes = [{ ...incident.causes[0], upstreams: places }];
    const { gateways, steps } = ask({ incidents: [{ ...incident, causes }] }, '10.9.9.9:80');
    assert.deepEqual([gateways, steps[2].outcome], [[], 'fail']);
    assert.match(steps[0].checks[0].text, /known from failed requests only/);
  });
});
