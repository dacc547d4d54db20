import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import type { Incident } from '../../src/incidents/incident.ts';
import { staleIncident } from '../support/page-incidents.ts';
import { ALL_PASS, AT, ask, checks, collector, outcomes, QUIET, WATCHING } from './told-upstreams.ts';

function failing(cause: Incident['causes'][number]['cause'], evidence = 'proof'): Incident {
  const base = staleIncident(AT);
  const upstream = {
    ...{ upstream: 'shop_cart_80', upstream_namespace: 'shop', upstream_service: 'cart', upstream_port: '80' },
  };
  const places = [{ upstream, peer: '10.0.0.1:8080', count: 12 }];
  return { ...base, cause, causes: [{ cause, count: 12, symptoms: [], upstreams: places, evidence: [evidence] }] };
}

describe('steps 3 to 7', () => {
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
