import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { headlinePart, type PageData, summarize } from '../../src/http/page-headline.ts';
import { driftReport } from '../support/http-doubles.ts';
import { quietIncidents } from '../support/page-incidents.ts';
import { blindPage, emptyPage, healthyPage, incidentPage } from '../support/page-reports.ts';

const NOW = Date.parse('2026-11-21T03:00:00Z');
const healthy = healthyPage(NOW);
const kindOf = (data: PageData) => summarize(data, NOW).kind;

describe('the headline', () => {
  it('says what fails, how much, since when and the next command', () => {
    const { text } = headlinePart(incidentPage(NOW), NOW);
    for (const part of [
      'class="now incident"',
      '</svg>Incident</p>',
      '<div role="status" aria-live="polite"><h1 id="headline">nginx edge sends requests for shop/cart',
      '<b>1,893 failures</b>, now 12 failures/s, 1.8 % of its requests.',
      'And 2 more incidents',
      '<code class="cmd">kubectl -n ingress exec deploy/edge -- nginx -s reload</code>',
    ])
      assert.ok(text.includes(part), `${part} in ${text}`);
  });

  it('says of a bad state that no request has failed', () => {
    const [condition] = quietIncidents(NOW);
    const headline = summarize({ ...healthy, incidents: [condition] }, NOW);
    assert.deepEqual(
      [headline.kind, headline.detail.text.startsWith('No request has failed yet.')],
      ['incident', true],
    );
  });

  it('is blind, not healthy, where sources are silent, and says what is not seen', () => {
    const { text } = headlinePart(blindPage(NOW), NOW);
    for (const part of [
      'class="now blind"',
      '</svg>Blind</p>',
      'Failures may go unseen: 3 sources are silent',
      'failures that Envoy counts',
    ])
      assert.ok(text.includes(part), `${part} in ${text}`);
    assert.ok(!/healthy|Healthy/.test(text));
  });

  it('is blind where nothing is watched, or nothing that sees failures', () => {
    assert.equal(summarize(emptyPage(), NOW).title, 'Nothing is watched, so nothing can be seen');
    const collectors = healthy.status.collectors.filter(({ name }) => name === 'netstat');
    const headline = summarize({ ...healthy, status: { ...healthy.status, collectors } }, NOW);
    assert.deepEqual([headline.kind, headline.title], ['blind', 'No failed request can be seen now']);
  });

  it('says beside an incident what is not seen', () => {
    const { text } = headlinePart({ ...blindPage(NOW), incidents: incidentPage(NOW).incidents }, NOW);
    assert.ok(text.includes('class="now incident"') && text.includes('Not seen now:'), text);
  });

  it('asks for a look at addresses that should not be in use, at rights, and at badgateway', () => {
    const drift = summarize({ ...healthy, upstreams: driftReport(NOW) }, NOW);
    assert.deepEqual(
      [drift.kind, drift.title],
      ['look', 'No failure in the last 5 minutes, but 2 addresses in use should not be'],
    );
    const { status } = healthy;
    const barred = {
      ...status,
      collectors: [...status.collectors, { ...status.collectors[2], state: 'not_permitted' as const }],
    };
    assert.equal(kindOf({ ...healthy, status: barred }), 'look');
    const refused = { ...status, config: { ...status.config, lastReloadSuccessful: false } };
    assert.equal(kindOf({ ...healthy, status: refused }), 'look');
    const unsaved = { ...status, checkpoint: { state: 'failed', detail: 'disk full' } as const };
    assert.equal(kindOf({ ...healthy, status: unsaved }), 'look');
  });

  it('is healthy only when everything is seen, and says what that rests on', () => {
    const { text } = headlinePart(healthy, NOW);
    for (const part of [
      'class="now healthy"',
      '</svg>Healthy</p>',
      '8 sources are being watched, and none is silent',
      '61 of 61 compared addresses',
      'The last incident ended',
    ])
      assert.ok(text.includes(part), `${part} in ${text}`);
    assert.ok(!text.includes('Not seen'));
  });
});
