import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IncidentRecord } from '../../src/incidents/incident-record.ts';
import { API, EDGE, START, verdict } from './staged.ts';

const record = (id = 'i000000000001', startedMs = START) =>
  new IncidentRecord({ id, namespace: 'gw', gateway: 'edge', startedMs }, startedMs);

describe('an incident that grows', () => {
  it('keeps what was said, where and with what evidence, for each cause', () => {
    const one = record();
    one.add(verdict('stale_endpoint', 3, { evidence: ['first', 'second'], sample: 'a' }));
    one.add(verdict('stale_endpoint', 4, { evidence: ['third', 'first'], symptom: 'host_unreachable', sample: 'b' }));
    const { causes, samples, failures, proxy } = one.render(START);
    assert.deepEqual([failures, proxy, samples], [7, 'nginx', ['b', 'a']]);
    assert.deepEqual(causes[0].evidence, ['first', 'third', 'second']);
    assert.deepEqual(causes[0].symptoms, [
      { symptom: 'host_unreachable', count: 4 },
      { symptom: 'connect_refused', count: 3 },
    ]);
    assert.deepEqual(
      causes[0].upstreams.map(({ upstream, peer, count }) => [upstream.upstream, peer, count]),
      [['shop_cart_80', '10.2.71.14:8080', 7]],
    );
  });

  it('says whether a verdict brought something new', () => {
    const one = record();
    assert.deepEqual(
      [
        one.add(verdict('app_error', 1)),
        one.add(verdict('app_error', 1)),
        one.add(verdict('app_error', 1, { upstream: API })),
        one.add(verdict('connection_reset', 1, { upstream: API })),
      ],
      [true, false, true, true],
    );
  });

  it('its version grows with every change and with nothing else', () => {
    const one = record();
    const versions = [one.version];
    one.add(verdict('app_error', 1));
    versions.push(one.version);
    one.look(START + 1000, () => null);
    one.confirm(START + 2000);
    one.render(START);
    versions.push(one.version);
    assert.ok(versions[1] > versions[0]);
    assert.equal(versions[2], versions[1]);
  });

  it('takes in another one: nothing is counted twice or lost', () => {
    const [one, other] = [record(), record('i000000000002', START + 5000)];
    one.add(verdict('stale_endpoint', 3));
    other.add(verdict('stale_endpoint', 4, { upstream: API, atMs: START + 5000 }));
    other.add(verdict('app_error', 2, { upstream: API, atMs: START + 6000, subject: { ...EDGE, pod: 'edge-2' } }));
    other.begin({ condition: 'token_expired', subject: EDGE, sinceMs: START + 5000, evidence: '' }, START + 5000);
    one.absorb(other);
    const { failures, causes, subjects, conditions, lastMs, affected, rate } = one.render(START + 6000);
    assert.deepEqual([failures, subjects.length, conditions.length, lastMs - START], [9, 2, 1, 6000]);
    assert.deepEqual(
      causes.map(({ cause, count }) => [cause, count]),
      [
        ['stale_endpoint', 7],
        ['app_error', 2],
      ],
    );
    assert.deepEqual(affected, ['pay/api:80', 'shop/cart:80']);
    assert.equal(rate, 9 / 60);
    assert.deepEqual([...one.formerIds], ['i000000000002']);
  });

  it('hears of a change once', () => {
    const one = record();
    const change = { kind: 'reload', atMs: START, subject: EDGE, service: '', text: 'reloaded' } as const;
    one.change(change);
    one.change(change);
    one.change({ ...change, atMs: START + 1000 });
    assert.deepEqual(
      one.render(START).timeline.map(({ text }) => text),
      ['reloaded (2 times, last at 03:00:01)'],
    );
  });
});
