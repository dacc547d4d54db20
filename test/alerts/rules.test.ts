import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CAUSES, type Cause } from '../../src/contract/names.ts';
import { FOREIGN_METRICS, OWN_METRICS, TARGET_LABELS } from './known-metrics.ts';
import { FRUGAL, missingProgram } from './programs.ts';
import { parsePromql } from './promql.ts';
import {
  ALERTS_DIRECTORY,
  allAlerts,
  allRules,
  loadRuleFiles,
  loadRuleTests,
  RUNBOOKS_DIRECTORY,
} from './rule-files.ts';

const alerts = allAlerts();
const rules = allRules();
const recorded = new Set(rules.flatMap(({ record }) => record ?? []));
const checks = loadRuleTests().flatMap(({ content }) => content.tests.flatMap((one) => one.alert_rule_test));
const expressions = new Map(rules.flatMap(({ record, expr }) => (record === undefined ? [] : [[record, expr]])));
const METRIC = /\b(?:\w+:\w+:\w+|badgateway_\w+)/g;
/** Path of each dashboard as Grafana makes it, and the metrics that stand in it. */
const DASHBOARDS = new Map<string, ReadonlySet<string>>(
  readdirSync('dashboards')
    .filter((file) => file.endsWith('.json'))
    .map((file) => {
      const text = readFileSync(`dashboards/${file}`, 'utf8');
      const { uid, title } = JSON.parse(text) as { readonly uid: string; readonly title: string };
      const slug = title.toLowerCase().replace(/[^a-z0-9]+/g, '-');
      return [`/d/${uid}/${slug}`, new Set(text.match(METRIC))] as const;
    }),
);

/** Those of recording rules too. */
function metricsOf(expr: string): string[] {
  return (expr.match(METRIC) ?? []).flatMap((name) => [name, ...metricsOf(expressions.get(name) ?? '')]);
}

const names = [...new Set(alerts.map(({ alert }) => alert))];

test('there are rules, and promtool finds nothing to complain about', { skip: missingProgram('promtool') }, () => {
  assert.ok(alerts.length > 50);
  const files = loadRuleFiles().map(({ file }) => file);
  const result = spawnSync('promtool', ['check', 'rules', '--lint=all', '--lint-fatal', ...files], {
    cwd: ALERTS_DIRECTORY,
    encoding: 'utf8',
  });
  assert.equal(result.status, 0, result.stdout + result.stderr);
});

for (const { file } of loadRuleTests()) {
  test(`promtool test rules ${file}`, { skip: missingProgram('promtool') }, () => {
    const result = spawnSync('promtool', ['test', 'rules', file], {
      cwd: ALERTS_DIRECTORY,
      encoding: 'utf8',
      env: FRUGAL,
    });
    assert.equal(result.status, 0, result.stdout + result.stderr);
  });
}

test('every tested name is an alert: promtool passes silently on a misspelt one', () => {
  assert.deepEqual(
    checks.map(({ alertname }) => alertname).filter((name) => !names.includes(name)),
    [],
  );
});

for (const name of names) {
  test(`${name} has a firing and a silent case`, () => {
    const own = checks.filter(({ alertname }) => alertname === name);
    assert.ok(
      own.some(({ exp_alerts }) => (exp_alerts ?? []).length > 0),
      'no firing case',
    );
    assert.ok(
      own.some(({ exp_alerts }) => (exp_alerts ?? []).length === 0),
      'no silent case',
    );
  });

  test(`${name} has a runbook with the four headings`, () => {
    const path = `${RUNBOOKS_DIRECTORY}/${name}.md`;
    assert.ok(existsSync(path), `${path} is missing`);
    const page = readFileSync(path, 'utf8');
    const headings = [/^# (.*)/.exec(page)?.[1], ...[...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)];
    assert.deepEqual(headings, [name, 'Meaning', 'Impact', 'Diagnosis', 'Mitigation']);
  });
}

test('every runbook belongs to an alert', () => {
  const pages = readdirSync(RUNBOOKS_DIRECTORY).filter((file) => file !== 'README.md');
  assert.deepEqual(pages.map((file) => file.replace('.md', '')).sort(), [...names].sort());
});

test('labels and annotations are complete', () => {
  for (const { alert, labels, annotations } of alerts) {
    const { refined_cause: refined, ...usual } = labels;
    assert.deepEqual(Object.keys(usual), ['severity', 'component', 'kind'], alert);
    assert.ok(refined === undefined || CAUSES.includes(refined as Cause), alert);
    assert.match(labels.severity, /^(critical|warning|info)$/, alert);
    assert.equal(labels.component, 'badgateway', alert);
    assert.match(labels.kind, /^(symptom|cause|capacity|meta)$/, alert);
    const { cause, next_step: next, ...always } = annotations;
    assert.deepEqual(Object.keys(always), ['summary', 'description', 'runbook_url', 'dashboard_url'], alert);
    assert.ok(cause === undefined || cause.includes('{{') || CAUSES.includes(cause as Cause), alert);
    // Who is woken has to know what to do first.
    assert.ok(labels.severity !== 'critical' || next !== undefined, `${alert}: no next step`);
    assert.equal(annotations.runbook_url, `docs/runbooks/${alert}.md`);
    assert.ok(DASHBOARDS.has(annotations.dashboard_url.split('?')[0]), `${alert}: ${annotations.dashboard_url}`);
    assert.match(annotations.dashboard_url, /^[^?]+(\?var-|$)/, alert);
    assert.ok(!/\n/.test(annotations.summary) && annotations.summary.length < 160, alert);
  }
});

test('an alert leads to a dashboard that shows what it is about, wherever there is one', () => {
  for (const { alert, expr, annotations } of alerts) {
    const names = metricsOf(expr);
    const showing = [...DASHBOARDS].filter(([, shown]) => names.some((name) => shown.has(name))).map(([link]) => link);
    const link = annotations.dashboard_url.split('?')[0];
    assert.ok(showing.length === 0 || showing.includes(link), `${alert}: ${link}; its metrics are on ${showing}`);
  }
});

test('labels that annotations use without asking are in the output of every tested firing', () => {
  for (const { alert, annotations } of alerts) {
    const text = Object.values(annotations).join('\n');
    const guarded = new Set([...text.matchAll(/with \$labels\.(\w+)/g)].map(([, label]) => label));
    const used = new Set([...text.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label));
    for (const { exp_alerts } of checks.filter(({ alertname }) => alertname === alert)) {
      for (const { exp_labels, exp_annotations } of exp_alerts ?? []) {
        // Outside Kubernetes a gateway has no namespace and no pod: an empty text, tested below.
        const missing = [...used].filter((label) => !guarded.has(label) && !(label in exp_labels));
        assert.deepEqual(
          missing.filter((label) => label !== 'namespace' && label !== 'pod'),
          [],
          alert,
        );
        assert.doesNotMatch(Object.values(exp_annotations ?? {}).join(), /<no value>|\{\{|error expanding/, alert);
      }
    }
  }
});

test('the names of recording rules are level:metric:operations', () => {
  for (const name of recorded) assert.match(name, /^[a-z_]+:[a-z_]+:[a-z0-9_]+$/);
});

for (const { record, alert, expr } of rules) {
  test(`${record ?? alert} uses metrics and labels that exist, counters inside rate() or increase()`, () => {
    const { errors, selectors } = parsePromql(expr);
    assert.equal(errors, 0, 'not understood');
    assert.ok(selectors.length > 0);
    for (const { metric, labels, inside, isRange } of selectors) {
      if (recorded.has(metric)) continue;
      const own = OWN_METRICS.get(metric);
      const known = own ? own.labels : FOREIGN_METRICS.get(metric);
      assert.ok(known !== undefined, `nobody exports ${metric}`);
      for (const label of labels)
        assert.ok(known.includes(label) || TARGET_LABELS.includes(label), `${metric}{${label}}`);
      const isCounter = own ? own.type === 'counter' : metric.endsWith('_total');
      if (isCounter && isRange) assert.match(inside, /^(rate|increase|last_over_time)$/, metric);
      // Which series exist is a question that may be put to a counter, what it stands at is not.
      if (isCounter && !isRange)
        assert.match(expr, new RegExp(`(group by [^\\n]*|unless on [^\\n]*)\\(?${metric}`), metric);
    }
  });
}

test('a label that a value is in would give a new alert at each evaluation', () => {
  for (const { alert, labels } of alerts)
    assert.ok(!Object.values(labels).some((value) => value.includes('{{')), alert);
});

test('absent series are waited for', () => {
  for (const { alert, expr, for: wait } of alerts) {
    if (/absent\(|vector\(0\)/.test(expr)) assert.match(wait ?? '', /^\d+m$/, alert);
  }
});
