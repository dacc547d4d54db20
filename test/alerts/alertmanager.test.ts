import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { load } from 'js-yaml';
import { missingProgram } from './programs.ts';
import { ALERTS_DIRECTORY, allAlerts, loadRuleTests } from './rule-files.ts';

const FILE = `${ALERTS_DIRECTORY}/alertmanager.example.yml`;
const SEVERITIES = ['info', 'warning', 'critical'];
type Labels = Readonly<Record<string, string>>;
interface Inhibition {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
  readonly equal: readonly string[];
}
const config = load(readFileSync(FILE, 'utf8')) as { route: { group_by: string[] }; inhibit_rules: Inhibition[] };
const rules = config.inhibit_rules;

/** One firing of each alert and severity, labels as promtool has proved them. */
const firings: Labels[] = loadRuleTests().flatMap(({ content }) =>
  content.tests.flatMap(({ alert_rule_test }) =>
    alert_rule_test.flatMap(({ alertname, exp_alerts }) =>
      (exp_alerts ?? []).map(({ exp_labels }) => ({ alertname, ...exp_labels })),
    ),
  ),
);

/** Reads `name="value"` and `name=~"a|b"`. */
function matches(labels: Labels, matchers: readonly string[]): boolean {
  return matchers.every((matcher) => {
    const [, name, operator, value] = /^(\w+)(=~?)"(.*)"$/.exec(matcher) ?? [];
    assert.ok(name, `unknown matcher ${matcher}`);
    return operator === '=' ? labels[name] === value : new RegExp(`^(?:${value})$`).test(labels[name] ?? '');
  });
}

test('amtool accepts the example', { skip: missingProgram('amtool') }, () => {
  const result = spawnSync('amtool', ['check-config', FILE], { encoding: 'utf8' });
  assert.equal(result.status, 0, result.stdout + result.stderr);
});

for (const [receiver, labels] of [
  ['page', ['alertname=GatewayNoLiveUpstreams', 'severity=critical', 'kind=symptom']],
  ['ticket', ['alertname=NginxBadGateway', 'severity=warning', 'kind=symptom']],
  ['ticket', ['alertname=GatewayFailuresByCause', 'severity=info', 'kind=cause']],
  ['nobody', ['alertname=NginxStatusCodesMissing', 'severity=info', 'kind=meta']],
  ['page', ['alertname=GatewayForeignUpstream', 'severity=critical', 'kind=cause']],
  ['page', ['alertname=GatewayNoReadyEndpoints', 'severity=critical', 'kind=cause']],
  ['nobody', ['alertname=GatewayNoReadyEndpoints', 'severity=info', 'kind=cause']],
] as const) {
  test(`${labels[0]}, ${labels[1]} goes to ${receiver}`, { skip: missingProgram('amtool') }, () => {
    const args = ['config', 'routes', 'test', `--config.file=${FILE}`, `--verify.receivers=${receiver}`];
    const result = spawnSync('amtool', [...args, 'component=badgateway', ...labels], { encoding: 'utf8' });
    assert.equal(result.status, 0, result.stdout + result.stderr);
  });
}

test('one incident is one message', () => {
  assert.deepEqual(config.route.group_by, ['cluster', 'namespace', 'gateway']);
});

for (const rule of rules) {
  const sources = firings.filter((labels) => matches(labels, rule.source_matchers));
  const targets = firings.filter((labels) => matches(labels, rule.target_matchers));

  test(`inhibition by ${rule.source_matchers[0]} keeps the invariants`, () => {
    assert.ok(sources.length > 0 && targets.length > 0, 'matches no alert');
    for (const matcher of [...rule.source_matchers, ...rule.target_matchers]) {
      for (const name of /^alertname=~?"(.*)"$/.exec(matcher)?.[1].split('|') ?? []) {
        assert.ok(
          allAlerts().some(({ alert }) => alert === name),
          `no alert ${name}`,
        );
      }
    }
    for (const source of sources) {
      assert.ok(!matches(source, rule.target_matchers), `${source.alertname} mutes itself`);
      for (const target of targets) {
        assert.ok(
          SEVERITIES.indexOf(source.severity) >= SEVERITIES.indexOf(target.severity),
          `${source.alertname} is milder`,
        );
        assert.ok(target.kind !== 'symptom' || source.kind === 'symptom', 'a cause must not mute a symptom');
        // Missing on both sides counts as equal: then something else has to tell them apart.
        const equal = rule.equal.filter((label) => label in source && label in target);
        assert.ok(equal.length > 0, `${source.alertname} would mute every ${target.alertname}`);
      }
    }
  });

  test(`what ${rule.source_matchers[0]} has in "equal" is a label of its alerts`, () => {
    for (const label of rule.equal.filter((name) => name !== 'cluster' && name !== 'node')) {
      assert.ok(
        sources.some((labels) => label in labels),
        `${label} is on no source`,
      );
      assert.ok(
        targets.some((labels) => label in labels),
        `${label} is on no target`,
      );
    }
  });
}

test('nothing mutes in a circle', () => {
  const key = ({ alertname, severity }: Labels) => `${alertname}/${severity}`;
  const edges = new Map<string, Set<string>>();
  for (const rule of rules) {
    for (const source of firings.filter((labels) => matches(labels, rule.source_matchers))) {
      const muted = firings.filter((labels) => matches(labels, rule.target_matchers)).map(key);
      edges.set(key(source), new Set([...(edges.get(key(source)) ?? []), ...muted]));
    }
  }
  const visit = (node: string, path: readonly string[]): void => {
    assert.ok(!path.includes(node), `circle: ${[...path, node].join(' → ')}`);
    for (const next of edges.get(node) ?? []) visit(next, [...path, node]);
  };
  for (const node of edges.keys()) visit(node, []);
});
