import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readDashboard } from '../../src/preview/dashboard.ts';
import { askMarks, askPanel, fillVariables, legendOf, type Settings } from '../../src/preview/query.ts';

const SETTINGS: Settings = {
  window: { startSeconds: 1000, endSeconds: 4600, stepSeconds: 12 },
  scrapeSeconds: 15,
  variables: { namespace: 'a.b"c' },
};
const KNOWN = ['datasource', 'namespace', 'gateway'];

describe('queries of a preview', () => {
  it('have figures for Grafana’s variables, the chosen values quoted and all others at "All"', () => {
    const fill = (expr: string) => fillVariables(expr, KNOWN, SETTINGS);
    assert.equal(fill('rate(x[$__rate_interval])'), 'rate(x[60s])');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's variable.
    assert.equal(fill('increase(x[$__range]) + rate(x[${__interval}])'), 'increase(x[3600s]) + rate(x[12s])');
    assert.equal(fill('x{gateway=~"$gateway|"}'), 'x{gateway=~".*|"}');
    assert.equal(fill('x{namespace=~"$namespace"}'), 'x{namespace=~"a\\\\.b\\"c"}');
    assert.equal(fill('label_replace(x, "a", "$1", "b", "(.*)$")'), 'label_replace(x, "a", "$1", "b", "(.*)$")');
    const slow = { ...SETTINGS, window: { ...SETTINGS.window, stepSeconds: 600 } };
    assert.equal(fillVariables('[$__rate_interval]', KNOWN, slow), '[615s]');
  });

  it('ask at the end for tables and over the range for all else; one that fails says why', async () => {
    const panel = readDashboard(
      JSON.stringify({ title: 't', uid: 'u', panels: [{ targets: [{ expr: 'a', instant: true }, { expr: 'b' }] }] }),
    ).panels[0];
    const asked: string[] = [];
    const data = await askPanel(panel, { ...readDashboard('{"title":"t","uid":"u","panels":[]}') }, SETTINGS, {
      instant: async (query, at) => {
        asked.push(`${query} at ${at}`);
        return [];
      },
      range: () => Promise.reject(new Error('too much')),
    });
    assert.deepEqual(asked, ['a at 4600']);
    assert.deepEqual(
      data.answers.map(({ problem }) => problem),
      ['', 'too much'],
    );
  });

  it('marks where annotations begin, not every point of them', async () => {
    const dashboard = readDashboard(
      '{"title":"t","uid":"u","panels":[],"annotations":{"list":[{"name":"R","expr":"r"},{"name":"built in"}]}}',
    );
    const points = new Map([1000, 1012, 1024, 2000, 2012].map((at) => [at, 1]));
    const marks = await askMarks(dashboard, SETTINGS, {
      range: async () => [{ labels: {}, points }],
      instant: async () => [],
    });
    assert.deepEqual(marks, [
      { name: 'R', atSeconds: 1000 },
      { name: 'R', atSeconds: 2000 },
    ]);
  });

  it('name series as Grafana does', () => {
    assert.equal(legendOf('{{pod}} of {{ gateway }} {{none}}', { pod: 'p', gateway: 'g' }), 'p of g');
    assert.equal(legendOf('', { a: '1', b: '2' }), 'a=1 b=2');
  });
});
