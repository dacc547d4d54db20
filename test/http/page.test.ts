import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { type PageReport, renderMain, renderPage } from '../../src/http/page.ts';
import { pageCsp } from '../../src/http/page-csp.ts';
import type { StatusReport } from '../../src/http/views.ts';
import { emptyReport, incidentReport } from '../support/http-doubles.ts';
import { emptyPage, incidentPage } from '../support/page-reports.ts';

const NOW = Date.parse('2026-11-21T03:00:00Z');
const VIEW = { nowMs: NOW, refresh: 5, metricsUrl: 'http://127.0.0.1:9502/metrics' };
const HOSTILE = `<script>alert("1")</script>' onload=x \u202e\u0000\u001b[2J ${'A'.repeat(2000)}`;

const of = (status: StatusReport): PageReport => ({ ...emptyPage(), status });
const watching = (report: StatusReport): StatusReport => ({
  ...report,
  collectors: [
    { name: 'nginx_error_log', state: 'ok', detail: '', lastSuccessAt: null, durationMs: null, targets: [] },
  ],
});

describe('renderPage', () => {
  it('shows version, totals, discovery, states and links', () => {
    const page = renderPage(of(incidentReport(NOW)), VIEW);
    for (const text of [
      '0.1.0',
      'Connection refused',
      '1,893',
      'No Envoy admin on ports 15000',
      'not permitted',
      'timeout, next try in 8 s',
      '/var/lib/badgateway, written 1 s ago',
      '<noscript><meta',
      'href="http://127.0.0.1:9502/metrics"',
      'href="/api/v1/status"',
      'href="https://example.org/badgateway"',
      'http-equiv="refresh" content="5"',
    ]) {
      assert.ok(page.includes(text), text);
    }
  });

  it('every link to a cause has its target on the page', () => {
    const page = renderPage(incidentPage(NOW), VIEW);
    const links = [...page.matchAll(/href="#(cause-[a-z_]+)"/g)].map(([, id]) => id);
    assert.ok(links.length > 5);
    for (const id of links) assert.ok(page.includes(`id="${id}"`), id);
  });

  it('has one script and one style that its CSP allows, no attribute of either, and no external request', () => {
    const page = renderPage(incidentPage(NOW), VIEW);
    for (const element of ['script', 'style']) {
      const texts = [...page.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, 'gs'))].map(([, text]) => text);
      const hashes = texts.map((text) => createHash('sha256').update(text).digest('base64'));
      assert.deepEqual(hashes.length, 1);
      assert.ok(pageCsp().includes(`${element}-src 'sha256-${hashes[0]}'`), element);
    }
    assert.ok(!/style="|\son\w+=|src=|url\(|@import/i.test(page.replace(/<script>.*?<\/script>/s, '')));
    assert.ok(!/unsafe|\*|http/.test(pageCsp()), pageCsp());
  });

  it('has landmarks, one first heading, and no step of headings left out', () => {
    const page = renderPage(incidentPage(NOW), VIEW);
    for (const landmark of ['<header', '<nav', '<main', '<footer']) assert.ok(page.includes(landmark), landmark);
    const levels = [...page.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
    assert.equal(levels.filter((level) => level === 1).length, 1);
    levels.forEach((level, at) => {
      assert.ok(level <= (levels[at - 1] ?? 0) + 1, levels.slice(0, at + 1).join());
    });
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    assert.equal(new Set(ids).size, ids.length);
  });

  it('gives the main part alone, the same as on the page', () => {
    const main = renderMain(incidentPage(NOW), NOW);
    assert.match(main, /^<main .*<\/main>$/s);
    assert.ok(renderPage(incidentPage(NOW), VIEW).includes(main));
  });

  it('escapes every text of the report', () => {
    const hostile = JSON.parse(JSON.stringify(incidentReport(NOW)), (key, value) => {
      return typeof value === 'string' &&
        !['state', 'at', 'href', 'lastSuccessAt', 'lastReloadAt', 'cause'].includes(key)
        ? HOSTILE
        : value;
    }) as StatusReport;
    const page = renderPage(
      of({ ...hostile, discovery: [HOSTILE], links: [{ label: HOSTILE, href: 'javascript:alert(1)' }] }),
      { ...VIEW, refresh: null, metricsUrl: `http://x"><script>` },
    );
    assert.ok(page.includes('&lt;script&gt;'));
    assert.ok(!page.includes('<script'));
    assert.ok(!page.includes('javascript:'));
    assert.ok(!/["'] onload/.test(page));
    assert.ok(!/[\u202e\u0000\u001b]/.test(page));
    assert.ok(page.length < 100_000, String(page.length));
  });

  it('says what to do when nothing was found', () => {
    const page = renderPage(of(emptyReport()), VIEW);
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
    const page = renderPage(of(watching(emptyReport())), VIEW);
    assert.ok(page.includes('class="now healthy"'));
  });

  it('shows a refused reload and a failed checkpoint', () => {
    const report = {
      ...watching(emptyReport()),
      config: { source: '/c.yaml', lastReloadSuccessful: false, lastReloadAt: '2026-11-21T02:59:00Z' },
      checkpoint: { state: 'failed', detail: 'disk full' },
    } as const;
    const page = renderPage(of(report), VIEW);
    assert.ok(page.includes('the new version was refused <time '));
    assert.ok(page.includes('disk full'));
    assert.ok(page.includes('class="now look"'));
  });

  it('bounds targets and rows', () => {
    const base = incidentReport(NOW);
    const report = {
      ...base,
      collectors: [
        { ...base.collectors[0], targets: Array.from({ length: 500 }, () => base.collectors[0].targets[0]) },
      ],
      discovery: Array.from({ length: 500 }, (_, at) => `found ${at}`),
      totals: Array.from({ length: 500 }, () => base.totals[0]),
    };
    const page = renderPage(of(report), VIEW);
    assert.equal(page.split('class="target"').length - 1, 20);
    assert.ok(page.includes('and 480 more'));
    assert.equal(page.split('<li>').length - 1, 100);
  });

  it('says once what several collectors found', () => {
    const page = renderPage(of({ ...emptyReport(), discovery: ['one', 'two', 'one'] }), VIEW);
    assert.deepEqual(page.match(/<li>\w+<\/li>/g), ['<li>one</li>', '<li>two</li>']);
  });

  it('stops the refresh when asked', () => {
    const page = renderPage(of(emptyReport()), { ...VIEW, refresh: null });
    assert.ok(!/http-equiv|<script/.test(page));
    assert.ok(page.includes('stopped, <a href="/">go on</a>'));
  });
});
