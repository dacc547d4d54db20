import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gaugesSection } from '../../src/http/page-gauges.ts';
import { sparkline } from '../../src/http/page-sparkline.ts';
import { busyHistory, quietHistory } from '../support/page-history.ts';

const titles = (text: string) =>
  [...text.matchAll(/<tr><td>([\w ]+?)(?: <span class="pill \w+">([\w ]+)<\/span>)?<\/td>/g)].map(([, title, mark]) =>
    mark ? `${title}: ${mark}` : title,
  );

describe('gauges of the page', () => {
  it('put what grows or is high first, and one of each kind in sight', () => {
    const { text } = gaugesSection(busyHistory());
    assert.deepEqual(titles(text.split('<details')[0]), [
      'Accept queue overflows: growing',
      'Accept queue: high',
      'Connections of the fullest worker: high',
      'Tracked connections',
      'Open files of the fullest worker',
      'Drops by listeners',
      'Drops by conntrack',
    ]);
    assert.match(text, /<summary>3 more gauges, all quiet<\/summary>/);
    assert.match(text, /<b>\+225<\/b> SYNs in 5 min<span[^>]*>, \+225 in 30 min/);
    assert.match(text, /<b>129<\/b> of 128 connections \(100\.7 %\)<span[^>]*>, peak 129</);
    assert.match(text, /<bdi>pay\/payments-0, port 9090<\/bdi>/);
    assert.match(text, /<bdi>host network<\/bdi>/);
  });

  it('say that a number is not known, and never 0 for it', () => {
    const rows = quietHistory().rows.map((row) => ({ ...row, values: row.values.with(119, Number.NaN) }));
    const { text } = gaugesSection({ rows, leftOut: 0 });
    assert.equal(text.match(/not known/g)?.length, rows.length);
    assert.ok(!text.includes('<b>'));
  });

  it('bound their rows and say what is left out', () => {
    const [first] = busyHistory().rows;
    const { text } = gaugesSection({ rows: Array.from({ length: 448 }, () => first), leftOut: 7 });
    assert.equal(titles(text).length, 24 + 76);
    assert.match(text, /and 348 more in \/metrics/);
    assert.match(text, /7 more series not remembered/);
    assert.match(gaugesSection({ rows: [], leftOut: 0 }).text, /Nothing is measured yet/);
  });
});

describe('sparkline', () => {
  const path = (values: number[], top = 0) => /d="([^"]*)"/.exec(sparkline(Float32Array.from(values), top).text)?.[1];
  it('runs from edge to edge, the largest value on top', () => assert.equal(path([0, 5, 10]), 'M0 22.5L60 12 120 1.5'));
  it('leaves out what is not known', () => assert.equal(path([1, Number.NaN, 1]), 'M0 1.5h.5M120 1.5h.5'));
  it('is flat below a limit that is far', () => assert.equal(path([1, 1], 1000), 'M0 22.5L120 22.5'));
  it('draws nothing of nothing', () => assert.equal(path([Number.NaN, Number.NaN]), ''));
});
