import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { incidentsSection, rankIncidents } from '../../src/http/page-incidents.ts';
import { overflowIncident, quietIncidents, staleIncident } from '../support/page-incidents.ts';

const NOW = Date.parse('2026-11-21T03:00:00Z');
const stale = staleIncident(NOW);
const overflow = overflowIncident(NOW);
const [condition, over] = quietIncidents(NOW);
const HOSTILE = `</bdi></details><script>alert("1")</script><a href="javascript:x">\u202e\u001b ${'A'.repeat(65_536)}`;

describe('incidents of the page', () => {
  it('are ranked: failing by rate, bad states, what is over', () =>
    assert.deepEqual(
      rankIncidents([over, condition, overflow, { ...over, lastMs: NOW }, stale]).map(({ id, lastMs }) => [
        id,
        lastMs === NOW,
      ]),
      [
        [stale.id, false],
        [overflow.id, false],
        [condition.id, false],
        [over.id, true],
        [over.id, false],
      ],
    ));

  it('show cause, evidence, timeline, shares, places and log lines', () => {
    const { text } = incidentsSection([stale], 1, NOW);
    for (const part of [
      `<article class="card incident" id="${stale.id}"`,
      '<code class="dim">stale_endpoint</code>',
      'nginx ingress/edge</bdi> → <bdi>shop/cart:80',
      'left the EndpointSlices of shop/cart at 02:55:31',
      '>02:55:38</time> <span class="tag">failures</span>',
      '>1,702</td>',
      '>89.9 %</td>',
      'taken down by 14 failures',
      '<code>10.2.71.14:8080</code>',
      'Where: 2 addresses, 2 replicas of the gateway',
      '2 log lines, without request data',
      'href="#cause-no_live_upstreams"',
    ])
      assert.ok(text.includes(part), `${part} in ${text}`);
  });

  it('name a gateway without a name of its own once', () => {
    const where = (incident: Partial<typeof stale>) =>
      /<span class="dim"><bdi>([^<]*)<\/bdi>/.exec(incidentsSection([{ ...stale, ...incident }], 1, NOW).text)?.[1];
    assert.equal(where({ proxy: 'nginx', gateway: 'nginx', namespace: '' }), 'nginx');
    assert.equal(where({ proxy: 'nginx', gateway: 'nginx', namespace: 'ingress' }), 'nginx ingress/nginx');
    assert.equal(where({ proxy: null, gateway: 'edge', namespace: '' }), 'edge');
  });

  it('leave sentence, next step and figures of the first to the headline, and give those of the others', () => {
    const { text } = incidentsSection([stale, overflow], 2, NOW);
    assert.equal(text.split('class="next"').length - 1, 1);
    assert.match(
      text,
      /<h3[^>]*>pay\/payments does not accept.*<code class="cmd">kubectl -n pay scale.*3\.1 failures\/s.*not known/s,
    );
  });

  it('fold what is over, and the fourth open one', () => {
    const many = [stale, overflow, condition, { ...overflow, id: 'iffffffffffff' }, over];
    const { text } = incidentsSection(many, 5, NOW);
    assert.match(text, /<details class="card incident" id="iffffffffffff">/);
    assert.match(
      text,
      /<details class="card over" id="incidents-over"><summary>1 incident over<\/summary><details class="card incident"/,
    );
    assert.match(text, /<h2[^>]*>Incidents<span class="dim">4 open/);
    assert.match(text, /No request has failed yet/);
  });

  it('say how many are not shown, and that none is open', () => {
    const many = Array.from({ length: 200 }, (_, at) => ({ ...stale, id: `i${at}` }));
    assert.match(incidentsSection(many, 1000, NOW).text, /and 970 more incidents, see/);
    assert.match(incidentsSection([], 0, NOW).text, /none is open/);
  });

  it('stay bounded and harmless whatever they hold', () => {
    const hostile = JSON.parse(JSON.stringify(stale), (key, value) =>
      typeof value === 'string' && !['id', 'cause', 'kind', 'symptom'].includes(key) ? HOSTILE : value,
    ) as typeof stale;
    const wide = {
      ...hostile,
      timeline: Array.from({ length: 100 }, () => hostile.timeline[0]),
      samples: Array.from({ length: 10 }, () => HOSTILE),
      affected: Array.from({ length: 20 }, () => HOSTILE),
    };
    const all = Array.from({ length: 200 }, (_, at) => ({ ...wide, id: `i${at}` }));
    const { text } = incidentsSection(all, 200, NOW);
    assert.ok(!/<script|<a href="javascript|[\u202e\u001b]/.test(text));
    assert.ok(text.length < 500_000, String(text.length));
    assert.equal(text.split('id="i').length - 1 >= 30, true);
  });
});
