import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DASHBOARDS, renderDashboard } from '../../dashboards/build.ts';
import { FOREIGN_METRICS, OWN_METRICS, TARGET_LABELS } from '../alerts/known-metrics.ts';
import { parsePromql } from '../alerts/promql.ts';
import { allAlerts, allRules } from '../alerts/rule-files.ts';
import { allExpressions, type DashboardJson, panelsOf, substitute } from './queries.ts';

const recorded = new Set(allRules().flatMap(({ record }) => record ?? []));

for (const name of Object.keys(DASHBOARDS)) {
  const text = renderDashboard(name);
  const dashboard = JSON.parse(text) as DashboardJson;
  const panels = panelsOf(dashboard);

  test(`${name}.json is what the builders make (node dashboards/build.ts)`, () => {
    const path = fileURLToPath(new URL(`../../dashboards/${name}.json`, import.meta.url));
    assert.equal(readFileSync(path, 'utf8'), text);
  });

  test(`${name} can be provisioned by old and new Grafanas`, () => {
    assert.ok(dashboard.schemaVersion >= 39 && dashboard.schemaVersion <= 42);
    assert.equal(dashboard.editable, false);
    assert.ok(dashboard.tags.includes('badgateway'));
    assert.doesNotMatch(text, /"placement":\s*"inControlsMenu"/);
    assert.ok(panels.length > 5 && panels.length <= 20, `${panels.length} panels`);
    const ids = dashboard.panels.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(ids.every((id) => Number.isInteger(id) && id > 0));
  });

  test(`${name} has its data source and its labels as variables, read again when the time changes`, () => {
    const [first, ...queries] = dashboard.templating.list;
    assert.deepEqual([first.type, first.name], ['datasource', 'datasource']);
    for (const variable of queries) {
      assert.equal(variable.refresh, 2, variable.name);
      assert.equal(variable.allValue, '.*', variable.name);
      assert.equal(variable.datasource?.uid, '$datasource', variable.name);
    }
  });

  test(`${name} marks reloads, rollouts and restarts`, () => {
    const { list } = dashboard.annotations;
    const names = list.map((one) => one.name);
    for (const mark of ['Reloads', 'Rollouts', 'Restarts']) assert.ok(names.includes(mark), names.join(', '));
    for (const { name: annotation, enable, iconColor, datasource } of list) {
      assert.equal(enable, true, annotation);
      assert.ok(iconColor, annotation);
      assert.equal(datasource?.uid, '$datasource', annotation);
    }
  });

  for (const panel of panels) {
    test(`${name}: panel "${panel.title}" is complete`, () => {
      assert.ok(panel.title.length > 3);
      assert.match(panel.description, /\.$/, 'the description is a sentence');
      assert.ok(panel.fieldConfig.defaults.unit);
      assert.equal(panel.datasource.uid, '$datasource');
      assert.deepEqual(
        panel.targets.map(({ refId }) => refId),
        [...'ABCDEFGHIJ'].slice(0, panel.targets.length),
      );
      assert.ok(panel.targets.length > 0);
      assert.ok(panel.gridPos.x + panel.gridPos.w <= 24);
      if (panel.type === 'timeseries') assert.equal(panel.options.legend?.showLegend, true);
      for (const target of panel.targets) {
        assert.equal(target.datasource?.uid, '$datasource');
        if (panel.type === 'timeseries') assert.match(target.legendFormat, /\{\{\w+\}\}/);
        assert.match(target.expr, /=~"\$(cluster|gateway|node)[|"]/, 'selects by a variable');
      }
    });
  }

  test(`${name} uses metrics and labels that exist, counters inside rate() or increase()`, () => {
    for (const expr of allExpressions(dashboard)) {
      const { errors, selectors } = parsePromql(substitute(expr));
      assert.equal(errors, 0, expr);
      for (const { metric, labels, inside } of selectors) {
        if (recorded.has(metric)) continue;
        const own = OWN_METRICS.get(metric);
        const known = own ? own.labels : FOREIGN_METRICS.get(metric);
        assert.ok(known !== undefined, `nobody exports ${metric}`);
        for (const label of labels)
          assert.ok(known.includes(label) || TARGET_LABELS.includes(label), `${metric}{${label}}`);
        if (own?.type === 'counter') assert.match(inside, /^(rate|increase)$/, metric);
      }
      for (const [, range] of expr.matchAll(/(?:rate|increase)\([^[]*\[([^\]]+)\]/g)) {
        assert.match(range, /^(\$__rate_interval|\$__range|2m)$/, expr);
      }
    }
  });
}

const dashboards = Object.keys(DASHBOARDS).map((name) => JSON.parse(renderDashboard(name)) as DashboardJson);

/** A link to a dashboard that is not there, or with a variable that it has not, shows everything or nothing. */
function assertLeads(link: string, from: string): void {
  const [, uid, query] = /^\/d\/([^/]+)\/[^?]+(.*)$/.exec(link) ?? [];
  const dashboard = dashboards.find((one) => one.uid === uid);
  assert.ok(dashboard, `${from}: no dashboard ${uid}`);
  const names = dashboard.templating.list.map(({ name }) => name);
  for (const [, name] of query.matchAll(/var-(\w+)=/g)) assert.ok(names.includes(name), `${from}: no variable ${name}`);
}

test('the dashboard that the alerts link to exists, with the variables that they set', () => {
  for (const { alert, annotations } of allAlerts()) assertLeads(annotations.dashboard_url, alert);
});

test('the dashboard that a panel links to exists, with the variables that it sets', () => {
  const panels = dashboards.flatMap(panelsOf);
  const links = panels.flatMap(({ title, fieldConfig }) =>
    (fieldConfig.defaults.links ?? []).map(({ url }) => ({ title, url })),
  );
  assert.ok(links.length > 0);
  for (const { title, url } of links) assertLeads(url, title);
});
