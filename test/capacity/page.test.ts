import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rankActions } from '../../src/capacity/actions.ts';
import { forecast } from '../../src/capacity/forecast.ts';
import type { Row } from '../../src/capacity/history.ts';
import { jsonOf } from '../../src/capacity/json.ts';
import { markdownOf } from '../../src/capacity/markdown.ts';
import { pageOf } from '../../src/capacity/page.ts';
import type { CapacityReport } from '../../src/capacity/report.ts';
import { RESOURCES } from '../../src/capacity/resources.ts';

const EVIL = '<img src=x onerror=alert(1)>"\'&|`[a](http://evil)\u202e';

function rowOf(
  id: string,
  peak: (at: number) => number | null,
  limit: number | null = 1000,
  labels: Row['labels'] = { gateway: EVIL, namespace: 'edge' },
): Row {
  const days = Array.from({ length: 28 }, (_, at) => ({ peak: peak(at), trough: 0, limit }));
  const week = days.slice(-7).flatMap((day) => day.peak ?? []);
  return {
    resource: RESOURCES.find((resource) => resource.id === id)!,
    ...{ labels, days, limit, largestLimit: null, losses: null, isShare: false },
    latest: days[27].peak,
    weekPeak: week.length === 0 ? null : Math.max(...week),
    forecast: forecast(days, limit),
  };
}

function reportOf(rows: readonly Row[], missing: CapacityReport['missing'] = []): CapacityReport {
  return {
    place: 'http://prometheus:9090',
    window: { days: 28, endSeconds: 1_790_000_000, matchers: '', given: {}, mostRows: 200 },
    ...{ rows, missing, actions: rankActions(rows, null), notes: [`gone: ${EVIL}`], queries: 9, points: 99 },
  };
}

const GROWING = rowOf('worker_connections', (at) => 530 + 10 * at);
const ALL = reportOf(
  [GROWING, rowOf('memory', () => 5e8, null), rowOf('conntrack', (at) => (at < 25 ? null : 500))],
  [{ resource: RESOURCES[4], why: `none ${EVIL}` }],
);

describe('pageOf', () => {
  const page = pageOf(ALL);

  it('takes names for text', () => {
    assert.ok(page.includes('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;|'));
    assert.doesNotMatch(page, /<img|\u202e/);
  });

  it('loads nothing and runs nothing', () => {
    assert.match(page, /content="default-src 'none'; style-src 'unsafe-inline'"/);
    assert.doesNotMatch(page, /<script|<link|<iframe|<[^>]+\s(src|href)=|url\(|@import/i);
  });

  it('draws each row: its days, its limit, and what is foreseen', () => {
    const charts = page.split('<figure').slice(1);
    assert.equal(charts.length, 3);
    assert.equal(charts[0].match(/class="bar"/g)?.length, 28);
    assert.match(charts[0], /<line class="ahead" .*if it goes on as seen/);
    assert.match(charts[0], /class="limit"/);
    assert.doesNotMatch(charts[1], /class="limit"/);
    assert.equal(charts[2].match(/class="gap"/g)?.length, 25);
    assert.doesNotMatch(page, /NaN|Infinity|undefined|…/);
  });

  it('draws a limit that changed every day', () => {
    const days = GROWING.days.map((day, at) => ({ ...day, limit: 1000 + (at % 2) }));
    const chart = pageOf(reportOf([{ ...GROWING, days }])).split('<figure')[1];
    assert.equal(/class="limit" d="([^"]*)"/.exec(chart)![1].match(/L/g)!.length, 2 * 27 + 1);
  });

  it('says that nothing was seen instead of that all is well', () => {
    assert.match(pageOf(reportOf([])), /Nothing can be said: nothing was seen/);
    assert.match(
      pageOf(reportOf([rowOf('memory', () => 5, 100)], ALL.missing)),
      /as far as can be told\. 1 resources were not seen/,
    );
  });
});

describe('markdownOf', () => {
  it('lets no name leave its cell or become markup', () => {
    const lines = markdownOf(ALL)
      .split('\n')
      .filter((line) => line.startsWith('| worker connections'));
    assert.equal(lines.length, 1);
    assert.equal(lines[0].match(/(?<!\\)\|/g)?.length, 8);
    assert.doesNotMatch(markdownOf(ALL), /(?<!\\)<img|(?<!\\)\[a|\u202e/);
  });

  it('says days, doubts and settings', () => {
    const text = markdownOf(ALL);
    assert.match(text, /\+70\/week +\| 20 +\|/);
    assert.match(
      text,
      /1\. \*\*soon\*\*: .*full in 20 days at this growth\. Change worker_connections \(nginx, events\): 1000 → 2300\./,
    );
    assert.match(text, /not enough data/);
    assert.match(text, /no limit known/);
  });
});

describe('jsonOf', () => {
  it('has rows, actions, and what is missing', () => {
    const read = JSON.parse(jsonOf(ALL));
    assert.equal(read.rows[0].forecast.shape, 'growth');
    assert.equal(Math.round(read.rows[0].forecast.daysLeft.estimate), 20);
    assert.equal(read.rows[0].days.length, 28);
    assert.deepEqual(read.actions[0].setting, 'worker_connections (nginx, events): 1000 → 2300');
    assert.deepEqual(
      read.missing.map(({ resource }: { resource: string }) => resource),
      ['listen_queue'],
    );
  });
});

describe('rankActions', () => {
  const at = (row: Row) => rankActions([row], 65_536)[0];

  it('puts hits first, then what is full soon, then what is only full', () => {
    const lost = { ...rowOf('conntrack', () => 100), losses: 3 };
    const order = rankActions([rowOf('open_files', () => 850), GROWING, lost], null).map(({ row }) => row.resource.id);
    assert.deepEqual(order, ['conntrack', 'worker_connections', 'open_files']);
  });

  it('reckons room for 90 days and 30 % above, and what it costs', () => {
    // (800 + 900) × 1.3
    assert.equal(at(GROWING).value, 2300);
    const tracked = at({ ...rowOf('conntrack', () => 262_000, 262_144) });
    assert.equal(tracked.value, 350_000);
    // 350,000 × 384 B and 65,536 × 8 B
    assert.match(tracked.cost, /about 129 MiB/);
  });

  it('asks for nothing when nothing is near', () => {
    assert.deepEqual(rankActions([rowOf('memory', () => 5, 100)], null), []);
  });

  it('gives no larger limit to a leak', () => {
    const leak = { ...GROWING, forecast: { ...GROWING.forecast, shape: 'sawtooth' as const, isCertain: false } };
    assert.equal(at(leak).value, null);
  });
});
