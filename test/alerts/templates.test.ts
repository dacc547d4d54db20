import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { causesTemplate } from '../../scripts/alert-templates.ts';
import { EXPLANATIONS } from '../../src/causes/explanations.ts';
import { CAUSES } from '../../src/contract/names.ts';
import { missingProgram } from './programs.ts';
import { ALERTS_DIRECTORY } from './rule-files.ts';

const TEMPLATES = `${ALERTS_DIRECTORY}/templates`;
const directory = mkdtempSync(join(tmpdir(), 'badgateway-templates-'));
after(() => rmSync(directory, { recursive: true }));

type Labels = Readonly<Record<string, string>>;
interface Alert {
  readonly status: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly generatorURL?: string;
}

const alertOf = (alertname: string, kind: string, labels: Labels = {}, annotations: Labels = {}): Alert => ({
  status: 'firing',
  labels: { alertname, kind, severity: 'critical', namespace: 'shop', gateway: 'edge', ...labels },
  annotations: {
    summary: `${alertname} in short`,
    description: `${alertname} at length`,
    runbook_url: `docs/runbooks/${alertname}.md`,
    dashboard_url: '/d/x',
    ...annotations,
  },
});

function render(template: string, alerts: readonly Alert[], status = 'firing'): string {
  const data = join(directory, 'data.json');
  const groupLabels = { namespace: 'shop', gateway: 'edge' };
  const empty = { commonLabels: {}, commonAnnotations: {}, externalURL: '' };
  writeFileSync(data, JSON.stringify({ receiver: 'page', status, alerts, groupLabels, ...empty }));
  const result = spawnSync(
    'amtool',
    [
      ...['template', 'render', `--template.glob=${TEMPLATES}/*.tmpl`, `--template.data=${data}`],
      `--template.text={{ template "badgateway.${template}" . }}`,
    ],
    { encoding: 'utf8' },
  );
  assert.equal(result.status, 0, result.stderr);
  return result.stdout.trim();
}

const burn = alertOf('GatewayErrorBudgetBurn', 'symptom', {}, { cause: 'stale_endpoint (40) ', next_step: 'undo it' });
const stale = alertOf('GatewayStaleUpstream', 'cause', {}, { cause: 'stale_endpoint', next_step: 'ask badgateway' });
const attempts = alertOf('GatewayAttemptsFailing', 'cause', { cause: 'dns_failure', severity: 'warning' });

describe('messages', { skip: missingProgram('amtool') }, () => {
  it('have the cause in the title, before the symptom that came first', () => {
    assert.equal(render('title', [burn, stale]), 'shop/edge: GatewayStaleUpstream in short');
    assert.equal(render('title', [burn]), 'shop/edge: GatewayErrorBudgetBurn in short');
  });

  it('say what is over, and of what still fires only that', () => {
    const over = { ...stale, status: 'resolved' };
    assert.equal(render('title', [over], 'resolved'), 'Over: shop/edge: GatewayStaleUpstream in short');
    assert.equal(render('title', [over, burn]), 'shop/edge: GatewayErrorBudgetBurn in short');
    const text = render('text', [over, burn]);
    assert.match(text, /GatewayStaleUpstream \(critical, over\)/);
    assert.ok(!text.includes('ask badgateway'), 'no next step for what is over');
  });

  it('tell causes first, each with evidence, next step and runbook', () => {
    const { title } = EXPLANATIONS.stale_endpoint;
    assert.equal(
      render('text', [burn, { ...stale, generatorURL: 'http://prometheus/graph' }]),
      `GatewayStaleUpstream (critical): GatewayStaleUpstream in short
Cause: stale_endpoint, ${title}
GatewayStaleUpstream at length
Next: ask badgateway
Evidence: /d/x and http://prometheus/graph
Runbook: docs/runbooks/GatewayStaleUpstream.md

GatewayErrorBudgetBurn (critical): GatewayErrorBudgetBurn in short
Cause: stale_endpoint (40)${' '}
GatewayErrorBudgetBurn at length
Next: undo it
Evidence: /d/x
Runbook: docs/runbooks/GatewayErrorBudgetBurn.md`,
    );
  });

  it('take words and next step from the cause where the alert has none', () => {
    const text = render('text', [attempts]);
    assert.ok(text.includes(`Cause: dns_failure, ${EXPLANATIONS.dns_failure.title}\n`), text);
    assert.ok(text.includes(`Next: ${EXPLANATIONS.dns_failure.next}\n`), text);
    const refined = render('text', [alertOf('A', 'cause', { refined_cause: 'oom_killed', cause: 'connection_reset' })]);
    assert.ok(refined.includes(`Next: ${EXPLANATIONS.oom_killed.next}\n`), refined);
  });

  it('send to the runbook where neither is known', () => {
    assert.match(render('text', [alertOf('GatewayX', 'capacity')]), /Next: the first three looks of the runbook\n/);
  });
});

describe('words of causes', () => {
  it('are the generated ones (make docs)', () => {
    assert.ok(readFileSync(`${TEMPLATES}/badgateway-causes.tmpl`, 'utf8') === causesTemplate());
    for (const cause of CAUSES) {
      assert.ok(causesTemplate().includes(`eq $cause "${cause}"`), cause);
      assert.doesNotMatch(EXPLANATIONS[cause].next + EXPLANATIONS[cause].title, /\{\{/, cause);
    }
  });
});
