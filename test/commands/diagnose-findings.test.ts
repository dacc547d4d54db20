import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findingsOf } from '../../src/commands/diagnose-findings.ts';
import type { ConditionStatus, UpstreamsReport } from '../../src/http/views.ts';
import type { Incident } from '../../src/incidents/incident.ts';
import { driftReport, emptyReport, emptyUpstreams } from '../support/http-doubles.ts';
import { overflowIncident, quietIncidents, staleIncident } from '../support/page-incidents.ts';

const AT = Date.parse('2026-11-21T03:00:00Z');
const SPAN = { atMs: AT, sinceMs: AT - 900_000 };

function find(incidents: readonly Incident[], upstreams: UpstreamsReport = emptyUpstreams()) {
  const report = { at: upstreams.at, incidents, total: incidents.length, dropped: 0 };
  return findingsOf({ status: emptyReport(), upstreams, incidents: report }, SPAN);
}

function condition(of: Partial<ConditionStatus> & Pick<ConditionStatus, 'condition'>): ConditionStatus {
  const subject = { namespace: 'ingress', pod: 'edge-1', container: 'nginx', gateway: 'edge' };
  return { subject, isActive: true, since: new Date(AT - 60_000).toISOString(), evidence: 'so it is', ...of };
}

describe('findings of diagnose', () => {
  it('what fails now stands before bad states, drift and what is over, the larger share first', () => {
    const [state] = quietIncidents(AT);
    const small = { ...overflowIncident(AT), share: 0.001 };
    const over = { ...staleIncident(AT, 'i000000000001'), isOpen: false, lastMs: AT - 400_000, failures: 99_999 };
    const findings = find([over, state, small, staleIncident(AT)], { ...driftReport(AT), conditions: [] });
    assert.deepEqual(
      findings.map(({ kind, id, isNow }) => [kind, id, isNow]),
      [
        ['incident', 'i3f9a0c21b7de', true],
        ['incident', 'i7b12e5d0a94c', true],
        ['incident', state.id, true],
        ['drift', null, true],
        ['incident', 'i000000000001', false],
      ],
    );
  });

  it('an open incident without a failure in the last minute does not fail now', () => {
    const [finding] = find([{ ...staleIncident(AT), lastMs: AT - 61_000 }]);
    assert.equal(finding.isNow, false);
  });

  it('leaves out what was over before the time, and keeps a state that holds since before it', () => {
    const old = { ...staleIncident(AT), isOpen: false, lastMs: SPAN.sinceMs - 1 };
    const [state] = quietIncidents(AT);
    assert.deepEqual(
      find([old, { ...state, lastMs: SPAN.sinceMs - 1 }]).map(({ id }) => id),
      [state.id],
    );
  });

  it('a state that no incident tells of is a finding with words and a next step, one for all replicas', () => {
    const one = condition({ condition: 'config_invalid', evidence: 'nginx.conf:7' });
    const other = { ...one, subject: { ...one.subject, pod: 'edge-2' }, since: new Date(AT - 90_000).toISOString() };
    const quiet = condition({ condition: 'conntrack_full', isActive: false });
    const [finding, ...rest] = find([], { ...emptyUpstreams(), conditions: [one, other, quiet] });
    assert.deepEqual([rest, finding.kind, finding.isNow], [[], 'condition', true]);
    assert.equal(finding.title, 'gateway ingress/edge: its configuration is refused (nginx.conf:7)');
    assert.match(finding.next, /nginx -t/);
    assert.equal(finding.startedAt, other.since);
  });

  it('a state that an incident of the gateway holds is told once', () => {
    const held = { condition: 'token_expired', isActive: true, sinceMs: AT - 60_000, evidence: '' } as const;
    const incident = { ...staleIncident(AT), conditions: [held] };
    const conditions = [condition({ condition: 'token_expired' })];
    assert.equal(find([incident], { ...emptyUpstreams(), conditions }).length, 1);
  });

  it('states that can explain the failures come before those that cannot', () => {
    const conditions = [condition({ condition: 'certificate_expired' }), condition({ condition: 'token_expired' })];
    const findings = find([staleIncident(AT)], { ...emptyUpstreams(), conditions });
    assert.deepEqual(
      findings.slice(1).map(({ conditions: [{ condition: name }] }) => name),
      ['token_expired', 'certificate_expired'],
    );
  });

  it('a state that a newer badgateway knows is told by its name', () => {
    const conditions = [condition({ condition: 'moon_full' as 'truth_stale' })];
    const [finding] = find([], { ...emptyUpstreams(), conditions });
    assert.equal(finding.title, 'gateway edge: moon_full (so it is)');
  });

  it('drift names the addresses and their lines, unless failures are charged to it', () => {
    const upstreams = { ...driftReport(AT, 'cart'), conditions: [] };
    const [drift] = find([], upstreams);
    assert.equal(
      drift.title,
      'shop/cart: nginx cart (edge-1) uses 2 addresses that are no endpoint of it; no request has failed yet',
    );
    assert.deepEqual(drift.evidence, [
      '10.2.71.14:8080 is stale, last of pod shop/cart-7, cart:88',
      '10.2.71.15:8080 is foreign, now of pod shop/cart, cart:88',
    ]);
    const charged = { ...staleIncident(AT), gateway: 'cart' };
    assert.deepEqual(
      find([charged], upstreams).map(({ kind }) => kind),
      ['incident'],
    );
  });
});
