import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { describe, it } from 'node:test';
import { DASHBOARDS, renderDashboard } from '../../dashboards/build.ts';
import { type DashboardJson, panelsOf } from './queries.ts';

const PAGE = readFileSync('docs/dashboards.md', 'utf8');
/** The figures, and the rows of the table of thresholds. */
const FIGURES = [
  'tcp-diagram',
  'listen-overflows',
  'netstat-metrics',
  'ingress-metrics',
  'conntrack-usage',
  'ingress-memory-issue',
  'ingress-reloads',
  'hpa',
  'threshold: gateway memory above 400 MB',
  'threshold: more than one restart an hour',
  'threshold: 502 above 1 %',
  'threshold: connection pool above 90 %',
  'threshold: latency above 500 ms',
  'death gap',
];
const MOST_BYTES = 200_000;
const PNG = '89504e470d0a1a0a';

describe('docs/dashboards.md', () => {
  const part = PAGE.slice(PAGE.indexOf('## Figures of the articles'), PAGE.indexOf('## Change one'));
  const rows = [...part.matchAll(/^\| (.+?) \| (\w+) \| (.+?) \|$/gm)].slice(1).map(([, ...cells]) => cells);

  it('has a panel for each figure', () => {
    for (const figure of FIGURES)
      assert.ok(
        rows.some(([name]) => name.startsWith(figure)),
        figure,
      );
    for (const [name] of rows)
      assert.ok(
        FIGURES.some((figure) => name.startsWith(figure)),
        name,
      );
  });

  for (const [figure, dashboard, title] of rows)
    it(`${figure}: ${dashboard} has "${title}"`, () => {
      assert.ok(Object.hasOwn(DASHBOARDS, dashboard), dashboard);
      const panels = panelsOf(JSON.parse(renderDashboard(dashboard)) as DashboardJson);
      assert.equal(panels.filter((panel) => panel.title === title).length, 1);
    });

  for (const name of Object.keys(DASHBOARDS))
    it(`names ${name} with its file and shows its preview, which is small`, () => {
      assert.ok(PAGE.includes(`(../dashboards/${name}.json)`));
      const picture = `docs/images/dashboard-${name}.png`;
      assert.ok(PAGE.includes(`(images/dashboard-${name}.png)`));
      assert.ok(existsSync(picture), picture);
      assert.equal(readFileSync(picture).subarray(0, 8).toString('hex'), PNG);
      assert.ok(statSync(picture).size < MOST_BYTES, `${statSync(picture).size} bytes`);
    });
});
