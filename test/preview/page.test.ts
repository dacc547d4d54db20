import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { PrometheusSeries } from '../../src/capacity/prometheus.ts';
import { type PreviewPanel, readDashboard } from '../../src/preview/dashboard.ts';
import { pageHeight, previewPage } from '../../src/preview/page.ts';
import type { Answered } from '../../src/preview/query.ts';

const WINDOW = { startSeconds: 1_800_000_000, endSeconds: 1_800_000_600, stepSeconds: 60 };
const times = Array.from({ length: 10 }, (_, at) => WINDOW.startSeconds + 60 * at);
const series = (labels: Record<string, string>, value = (at: number) => at): PrometheusSeries => ({
  labels,
  points: new Map(times.map((time, at) => [time, value(at)])),
});

function panelOf(type: string, more: object = {}): PreviewPanel {
  const json = {
    title: 'd',
    uid: 'd',
    panels: [{ type, title: 'A <b>panel</b>', gridPos: { x: 0, y: 0, w: 12, h: 8 }, ...more }],
  };
  return readDashboard(JSON.stringify(json)).panels[0];
}

function drawn(
  panel: PreviewPanel,
  answers: readonly Partial<Answered>[],
  marks: { name: string; atSeconds: number }[] = [],
) {
  const dashboard = { ...readDashboard(readFileSync('dashboards/overview.json', 'utf8')), panels: [panel] };
  const target = { expr: 'x', legend: '{{name}}', isInstant: false };
  const all = answers.map((one) => ({ target, series: [], problem: '', ...one }));
  return previewPage({
    dashboard,
    panels: [{ panel, answers: all }],
    marks,
    window: WINDOW,
    place: 'http://p',
    width: 1000,
  });
}

describe('the page of a preview', () => {
  it('says that it is none of Grafana, runs no script and loads nothing', () => {
    const text = drawn(panelOf('timeseries'), [{ series: [series({ name: 'a' })] }]);
    assert.match(text, /<strong>preview, not Grafana<\/strong>/);
    assert.match(text, /default-src 'none'/);
    assert.doesNotMatch(text, /<script|<link|url\(|src="http/);
    assert.match(text, /2027-01-15 08:00 to 2027-01-15 08:10 UTC/);
  });

  it('shows names from labels and titles as text', () => {
    for (const type of ['timeseries', 'stat', 'bargauge', 'heatmap', 'state-timeline']) {
      const text = drawn(panelOf(type), [
        { series: [series({ name: '<img src=x onerror=alert(1)>', le: '1' }), series({ name: 'b', le: '2' })] },
      ]);
      assert.doesNotMatch(text, /<img|<b>panel/, type);
      assert.ok(text.includes('A &lt;b&gt;panel'), type);
    }
  });

  it('draws a line for each series and no more than forty', () => {
    const many = Array.from({ length: 60 }, (_, at) => series({ name: `s${at}` }));
    const text = drawn(panelOf('timeseries'), [{ series: many }]);
    assert.equal(text.match(/<path /g)?.length, 40);
    assert.ok(text.includes('and 20 more'));
  });

  it('breaks a line where there is no value, and marks what annotations say', () => {
    const gap = series({ name: 'a' });
    const points = new Map([...gap.points].filter((_, at) => at < 3 || at > 7));
    const marks = [{ name: 'Reloads', atSeconds: times[2] }];
    const text = drawn(panelOf('timeseries'), [{ series: [{ ...gap, points }] }], marks);
    assert.equal(/<path d="([^"]*)"/.exec(text)?.[1].match(/M/g)?.length, 2);
    assert.ok(text.includes('<title>Reloads</title>'));
  });

  it('stacks bars: the next begins where the one before ends', () => {
    const fieldConfig = { defaults: { min: 0, custom: { stacking: { mode: 'normal' } } } };
    const text = drawn(panelOf('timeseries', { fieldConfig }), [
      { series: [series({ name: 'a' }, () => 1), series({ name: 'b' }, () => 1)] },
    ]);
    const groups = [...text.matchAll(/<g fill="[^"]*">(.*?)<\/g>/gs)].map(
      ([, body]) => /y="([\d.]+)"[^>]*height="([\d.]+)"/.exec(body)!,
    );
    const [lower, upper] = groups.map(([, y, height]) => ({ y: Number(y), height: Number(height) }));
    assert.ok(Math.abs(upper.y + upper.height - lower.y) < 0.3, JSON.stringify({ lower, upper }));
  });

  it('colours numbers by the thresholds', () => {
    const thresholds = {
      steps: [
        { value: null, color: 'green' },
        { value: 5, color: 'red' },
      ],
    };
    const of = (value: number) =>
      drawn(panelOf('stat', { fieldConfig: { defaults: { thresholds } } }), [
        { series: [series({ name: 'a' }, () => value)] },
      ]);
    assert.match(of(4), /color:#37872d;font-size:\d+px">4</);
    assert.match(of(5), /color:#c4162a;font-size:\d+px">5</);
  });

  it('takes the buckets of a heatmap apart, from the lowest at the bottom', () => {
    const buckets = [series({ le: '+Inf' }, () => 7), series({ le: '0.5' }, () => 2), series({ le: '1' }, () => 2)];
    const text = drawn(panelOf('heatmap', { fieldConfig: { defaults: { unit: 's' } } }), [{ series: buckets }]);
    const rows = [
      ...text.matchAll(/<text [^>]*text-anchor="end"[^>]*>([^<]*)<\/text>((?:<rect [^>]*>(?:<\/rect>)?)*)/g),
    ];
    assert.deepEqual(
      rows.map(([, name, cells]) => [name, (cells.match(/<rect/g) ?? []).length]),
      [
        ['+Inf', 1],
        ['1 s', 0],
        ['500 ms', 1],
      ],
    );
  });

  it('says why a panel is empty, or what Prometheus said', () => {
    const panel = panelOf('timeseries', { fieldConfig: { defaults: { noValue: 'no Envoy' } } });
    assert.match(drawn(panel, [{}]), /class="none">no Envoy</);
    assert.match(drawn(panel, [{ problem: 'it refused <this>' }]), /class="problem">it refused &lt;this&gt;</);
  });

  it('joins the queries of a table by their labels, in order, with names, units and the highest first', () => {
    const panel = readDashboard(readFileSync('dashboards/overview.json', 'utf8')).panels.find(
      ({ title }) => title === 'Gateways',
    )!;
    const one = (labels: Record<string, string>, value: number) => ({ labels, points: new Map([[1, value]]) });
    const text = drawn(panel, [
      { series: [one({ namespace: 'a', gateway: 'x' }, 3), one({ namespace: 'a', gateway: 'y' }, 9)] },
      { series: [one({ namespace: 'a', gateway: 'y' }, 2000)] },
      { series: [one({ namespace: 'a', gateway: 'x' }, 0.5)] },
    ]);
    const cells = [...text.matchAll(/<t[hd][^>]*>([^<]*)<\/t[hd]>/g)].map(([, cell]) => cell);
    assert.deepEqual(cells.slice(0, 7), [
      'namespace',
      'gateway',
      'failures',
      'requests/s',
      '5xx',
      'p95',
      'open incidents',
    ]);
    assert.deepEqual(cells.slice(7, 19), ['a', 'y', '9', '2 K req/s', '', '', '', 'a', 'x', '3', '', '50 %']);
  });
});

describe('the committed dashboards', () => {
  const files = readdirSync('dashboards').filter((name) => name.endsWith('.json'));
  for (const file of files)
    it(`${file}: every panel is one that a preview draws, at a place of its own`, () => {
      const dashboard = readDashboard(readFileSync(`dashboards/${file}`, 'utf8'));
      const panels = dashboard.panels.map((panel) => ({ panel, answers: [] }));
      const text = previewPage({ dashboard, panels, marks: [], window: WINDOW, place: 'http://p', width: 1600 });
      assert.doesNotMatch(text, /are not drawn in a preview/);
      assert.equal(text.match(/<section /g)?.length, dashboard.panels.filter(({ type }) => type !== 'row').length);
      const cells = dashboard.panels.flatMap(({ place: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, at) => `${x + (at % w)}/${y + Math.floor(at / w)}`),
      );
      assert.equal(new Set(cells).size, cells.length, 'none covers another');
      assert.ok(pageHeight({ panels }) < 4000);
    });
});
