import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { load } from 'js-yaml';
import { circleOf, type Inhibition, type Labels, problemsOf } from './inhibition.ts';
import { missingProgram } from './programs.ts';
import { ALERTS_DIRECTORY, loadRuleTests } from './rule-files.ts';

const FILE = `${ALERTS_DIRECTORY}/alertmanager.example.yml`;
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

test('amtool accepts the example with its templates', { skip: missingProgram('amtool') }, () => {
  const result = spawnSync('amtool', ['check-config', FILE], { encoding: 'utf8' });
  assert.equal(result.status, 0, result.stdout + result.stderr);
  assert.match(result.stdout, /1 templates\s+SUCCESS/);
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
  test(`inhibition by ${rule.source_matchers[0]} of ${rule.target_matchers[0]} keeps the invariants`, () => {
    assert.deepEqual(problemsOf(rule, firings), []);
  });
}

test('nothing mutes in a circle', () => {
  assert.equal(circleOf(rules, firings), null);
});

const inhibition = (source: string[], target: string[], ...equal: string[]): Inhibition => ({
  source_matchers: source,
  target_matchers: target,
  equal,
});

test('an inhibition that breaks an invariant is found', () => {
  const stale = ['alertname="GatewayStaleUpstream"', 'severity="critical"'];
  const cases: [Inhibition, RegExp][] = [
    // Misspelt on both sides: missing on both sides is equal.
    [
      inhibition(stale, ['alertname="GatewayReplicaDiverged"'], 'gatway'),
      /gatway is on no source.*gatway is on no target.*mute every/,
    ],
    [inhibition(stale, ['alertname="GatewayReplicaDiverged"'], 'gateway', 'upstream'), /upstream is on no target/],
    [inhibition(['alertname="GatewayReplicaDiverged"'], stale, 'gateway'), /is milder than GatewayStaleUpstream/],
    [inhibition(stale, ['alertname="GatewayErrorBudgetBurn"'], 'gateway'), /mutes a page of a symptom/],
    [inhibition(stale, ['alertname=~"Gateway.*"', 'kind="cause"'], 'gateway'), /GatewayStaleUpstream mutes itself/],
    [inhibition(stale, ['alertname=~"GatewayReplicaDiverged|GatewayGone"'], 'gateway'), /no alert GatewayGone/],
    [inhibition(stale, ['alertname="GatewayGone"'], 'gateway'), /matches no alert/],
  ];
  for (const [rule, problem] of cases) assert.match(problemsOf(rule, firings).join('; '), problem);
});

test('a circle over three is found', () => {
  const [a, b, c] = ['GatewayReloadStorm', 'GatewayWorkerPileup', 'GatewayReplicaDiverged'].map((name) => [
    `alertname="${name}"`,
  ]);
  const circle = [inhibition(a, b, 'pod'), inhibition(b, c, 'pod'), inhibition(c, a, 'pod')];
  assert.match(
    circleOf(circle, firings) ?? '',
    /GatewayReloadStorm.* → GatewayWorkerPileup.* → GatewayReplicaDiverged/,
  );
  assert.equal(circleOf(circle.slice(1), firings), null);
});
