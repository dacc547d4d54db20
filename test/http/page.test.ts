import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Cause } from '../../src/contract/names.ts';
import { renderPage, summarize } from '../../src/http/page.ts';
import type { StatusReport, VerdictStatus } from '../../src/http/views.ts';
import { driftReport, emptyReport, emptyUpstreams, incidentReport } from '../support/http-doubles.ts';

const NOW = Date.parse('2026-11-21T03:00:00Z');
const VIEW = { nowMs: NOW, refresh: 5, metricsUrl: 'http://127.0.0.1:9502/metrics' };
const HOSTILE = `<script>alert("1")</script>' onload=x \u202e\u0000\u001b[2J ${'A'.repeat(2000)}`;

const watching = (report: StatusReport): StatusReport => ({
  ...report,
  collectors: [{ name: 'netstat', state: 'ok', detail: '', lastSuccessAt: null, durationMs: null, targets: [] }],
});

describe('renderPage', () => {
  it('shows version, verdicts, peers, counts, evidence, totals, discovery, states and links', () => {
    const page = renderPage(incidentReport(NOW), emptyUpstreams(), VIEW);
    for (const text of [
      '0.1.0',
      'Connection refused',
      '10.2.71.14:8080',
      '>214<',
      'errno 111 while connecting',
      '1,893',
      'No Envoy admin on ports 15000',
      'not permitted',
      'timeout, next try in 8 s',
      '/var/lib/badgateway, written 1 s ago',
      'href="http://127.0.0.1:9502/metrics"',
      'href="/api/v1/status"',
      'href="https://example.org/badgateway"',
      'http-equiv="refresh" content="5"',
    ]) {
      assert.ok(page.includes(text), text);
    }
  });

  it('every link to a cause has its target on the page', () => {
    const page = renderPage(incidentReport(NOW), emptyUpstreams(), VIEW);
    const links = [...page.matchAll(/href="#(cause-[a-z_]+)"/g)].map(([, id]) => id);
    assert.ok(links.length > 5);
    for (const id of links) assert.ok(page.includes(`id="${id}"`), id);
  });

  it('has no script, no inline style attribute and no external request', () => {
    const page = renderPage(incidentReport(NOW), emptyUpstreams(), VIEW);
    assert.ok(!/<script|style="|\son\w+=|src=|url\(|@import/i.test(page));
  });

  it('escapes every text of the report', () => {
    const hostile = JSON.parse(JSON.stringify(incidentReport(NOW)), (key, value) => {
      return typeof value === 'string' && !['state', 'at', 'href', 'lastSuccessAt', 'lastReloadAt'].includes(key)
        ? HOSTILE
        : value;
    }) as StatusReport;
    const page = renderPage(
      { ...hostile, discovery: [HOSTILE], links: [{ label: HOSTILE, href: 'javascript:alert(1)' }] },
      emptyUpstreams(),
      { ...VIEW, metricsUrl: `http://x"><script>` },
    );
    assert.ok(page.includes('&lt;script&gt;'));
    assert.ok(!page.includes('<script'));
    assert.ok(!page.includes('javascript:'));
    assert.ok(!/["'] onload/.test(page));
    assert.ok(!/[\u202e\u0000\u001b]/.test(page));
    assert.ok(page.length < 100_000, String(page.length));
  });

  it('says what to do when nothing was found', () => {
    const page = renderPage(emptyReport(), emptyUpstreams(), VIEW);
    for (const text of [
      'Nothing is watched',
      'No gateway found',
      'No collector is enabled',
      'None counted',
      'no directory given',
    ]) {
      assert.ok(page.includes(text), text);
    }
    assert.ok(!page.includes('id="cause-'));
  });

  it('says that it watches when nothing failed', () => {
    const page = renderPage(watching(emptyReport()), emptyUpstreams(), VIEW);
    assert.ok(page.includes('No failure seen yet'));
    assert.ok(page.includes('class="now good"'));
  });

  it('shows a refused reload and a failed checkpoint', () => {
    const report = {
      ...watching(emptyReport()),
      config: { source: '/c.yaml', lastReloadSuccessful: false, lastReloadAt: '2026-11-21T02:59:00Z' },
      checkpoint: { state: 'failed', detail: 'disk full' },
    } as const;
    const page = renderPage(report, emptyUpstreams(), VIEW);
    assert.ok(page.includes('the new version was refused 60 s ago'));
    assert.ok(page.includes('disk full'));
    assert.ok(page.includes('class="now warn"'));
  });

  it('bounds verdicts, targets and rows', () => {
    const base = incidentReport(NOW);
    const report = {
      ...base,
      verdicts: Array.from({ length: 500 }, () => base.verdicts[0]),
      collectors: [
        { ...base.collectors[0], targets: Array.from({ length: 500 }, () => base.collectors[0].targets[0]) },
      ],
      discovery: Array.from({ length: 500 }, (_, at) => `found ${at}`),
      totals: Array.from({ length: 500 }, () => base.totals[0]),
    };
    const page = renderPage(report, emptyUpstreams(), VIEW);
    assert.equal(page.split('class="verdict"').length - 1, 50);
    assert.equal(page.split('class="target"').length - 1, 20);
    assert.ok(page.includes('and 480 more'));
    assert.equal(page.split('<li>').length - 1, 100);
  });

  it('says once what several collectors found', () => {
    const page = renderPage({ ...emptyReport(), discovery: ['one', 'two', 'one'] }, emptyUpstreams(), VIEW);
    assert.deepEqual(page.match(/<li>\w+<\/li>/g), ['<li>one</li>', '<li>two</li>']);
  });

  it('stops the refresh when asked', () => {
    const page = renderPage(emptyReport(), emptyUpstreams(), { ...VIEW, refresh: null });
    assert.ok(!page.includes('http-equiv'));
    assert.ok(page.includes('refresh is stopped'));
  });
});

describe('summarize', () => {
  const verdict = (cause: Cause, secondsAgo: number, count: number): VerdictStatus => ({
    ...incidentReport(NOW).verdicts[0],
    cause,
    count,
    at: new Date(NOW - secondsAgo * 1000).toISOString(),
  });

  it('names the cause with most failures of the last five minutes, and how many others', () => {
    const verdicts = [verdict('connect_timeout', 1, 2), verdict('dns_failure', 200, 9), verdict('overload', 400, 5000)];
    const headline = summarize({ ...emptyReport(), verdicts }, emptyUpstreams(), NOW);
    assert.deepEqual([headline.kind, headline.title], ['bad', 'Failing: name not resolved and 1 more']);
    assert.match(headline.detail, /: 9 failures, last 3 min ago\. The gateway could not resolve the name/);
    assert.match(headline.next ?? '', /RESOLVER/);
  });

  it('is quiet about older failures', () => {
    assert.equal(
      summarize({ ...watching(emptyReport()), verdicts: [verdict('overload', 301, 1)] }, emptyUpstreams(), NOW).kind,
      'good',
    );
  });

  it('warns about what is not seen', () => {
    const headline = summarize({ ...incidentReport(NOW), verdicts: [] }, emptyUpstreams(), NOW);
    assert.deepEqual(
      [headline.kind, headline.detail],
      ['warn', 'Not seen: envoy_clusters (failed), conntrack (not permitted)'],
    );
  });

  it('warns about addresses that should not be in use, unless something fails', () => {
    const drift = driftReport(NOW);
    const headline = summarize(watching(emptyReport()), drift, NOW);
    assert.deepEqual(
      [headline.kind, headline.title],
      ['warn', 'No failure in the last 5 minutes, but 2 addresses in use should not be'],
    );
    assert.equal(summarize(incidentReport(NOW), drift, NOW).kind, 'bad');
  });

  it('is not content with an old view of the cluster', () => {
    const drift = driftReport(NOW);
    const [slices, ...rest] = drift.cluster;
    const counts = { ...emptyUpstreams().counts, unknown: 4 };
    const old = { ...drift, counts, cluster: [{ ...slices, freshness: 'stale' as const }, ...rest] };
    const headline = summarize(watching(emptyReport()), old, NOW);
    assert.deepEqual([headline.kind, /current 2 s ago/.test(headline.detail)], ['warn', true]);
    assert.equal(summarize(watching(emptyReport()), { ...old, counts: emptyUpstreams().counts }, NOW).kind, 'good');
  });
});
